(** * Non-linear least squares under PL*

    Liu, Zhu, Belkin 2022, Theorems 4 and 6, for [L = ‖F - y‖²/2] with [F] differentiable between
    real Hilbert spaces: PL* is a bound on the least singular value of the adjoint Jacobian, and
    [sigma_ball] carries it from the centre over the ball. [MainTheorem.v] has the sharp version. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed InnerProduct PLStar PLStarSmooth.
Open Scope R_scope.

Section Half.
Context {W : NormedModule R_AbsRing} (ipW : W -> W -> R) (HW : IsInner W ipW).

(** The gradient of [r ↦ ‖r‖²/2] is [r]. *)
Lemma half_sq_diff (r : W) :
  filterdiff (fun z : W => norm z ^ 2 / 2) (locally r) (fun h : W => ipW r h).
Proof.
split; [exact (ip_linear ipW HW r)|].
intros x Hx. apply (is_filter_lim_locally_unique (V := W)) in Hx. subst x.
intros eps. apply (locally_le_locally_norm (V := W)). exists eps. intros y Hy.
unfold ball_norm in Hy.
set (h := minus y r) in *.
assert (E : norm y ^ 2 = norm r ^ 2 + 2 * ipW r h + norm h ^ 2).
{ rewrite <- (norm_sq_plus ipW HW r h). do 2 f_equal. symmetry. exact (plus_minus r y). }
assert (E2 : minus (minus (norm y ^ 2 / 2) (norm r ^ 2 / 2)) (ipW r h) = norm h ^ 2 / 2).
{ rewrite E. unfold minus, plus, opp; simpl. field. }
change (norm (minus (minus (norm y ^ 2 / 2) (norm r ^ 2 / 2)) (ipW r h)) <= eps * norm h).
rewrite E2. assert (P := norm_ge_0 h).
change (Rabs (norm h ^ 2 / 2) <= eps * norm h). rewrite Rabs_pos_eq by nra. nra.
Qed.
End Half.

(** [J w] is the derivative of [F] at [w], [Jt w] its adjoint; [sigma_min (Jt w)² >= mu] on the ball,
    and the gradient [Jt (F - y)] is [beta]-Lipschitz there. *)
Theorem least_squares_gd {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}
  (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V) (eta beta mu Rad : R) :
  let L := fun w : V => norm (minus (F w) y) ^ 2 / 2 in
  let G := fun w : V => Jt w (minus (F w) y) in
  0 < eta -> 0 < beta -> eta <= / beta -> 0 < mu ->
  (* J w is the Frechet derivative of F, Jt w its adjoint *)
  (forall w : V, norm (minus w w0) <= Rad -> filterdiff F (locally w) (J w)) ->
  (forall (w h : V) (z : W), norm (minus w w0) <= Rad -> ipW (J w h) z = ipV h (Jt w z)) ->
  (* sigma_min (J(w)^T)^2 >= mu on the ball *)
  (forall (w : V) (z : W), norm (minus w w0) <= Rad -> mu * norm z ^ 2 <= norm (Jt w z) ^ 2) ->
  (* grad L is beta-Lipschitz on the ball *)
  (forall w w' : V, norm (minus w w0) <= Rad -> norm (minus w' w0) <= Rad ->
     norm (minus (G w) (G w')) <= beta * norm (minus w w')) ->
  2 * sqrt (2 * L w0 / mu) <= Rad ->
  let w := gd G w0 eta in
  (forall k, norm (minus (w k) w0) <= Rad) /\
  (forall k, L (w k) <= (1 - eta * mu) ^ k * L w0) /\
  exists ws : V, filterlim w eventually (locally ws) /\ norm (minus ws w0) <= Rad /\
    (forall k, norm (minus ws (w k)) <= 2 * sqrt (2 / mu) * sqrt ((1 - eta * mu) ^ k * L w0)) /\
    F ws = y.
Proof.
intros L G He Hb Heb Hm HF HA Hs HG HR w.
assert (Lp : forall w, 0 <= L w).
{ intros x. unfold L. assert (P := pow2_ge_0 (norm (minus (F x) y))). lra. }
assert (Hgrad : forall x : V, norm (minus x w0) <= Rad -> filterdiff L (locally x) (fun h : V => ipV (G x) h)).
{ intros x Hx.
  assert (D1 : filterdiff (fun x : V => minus (F x) y) (locally x) (J x)).
  { apply (filterdiff_ext_lin (U := V) (V := W) _ (fun h : V => minus (J x h) zero)).
    - apply (filterdiff_minus_fct (U := V) (V := W) (F := locally x) F (fun _ : V => y)); auto.
      apply (filterdiff_const (U := V) (V := W)).
    - intros h. unfold minus. rewrite opp_zero. apply plus_zero_r. }
  apply (filterdiff_ext_lin (U := V) (V := R_NormedModule) _ (fun h : V => ipW (minus (F x) y) (J x h))).
  - apply (filterdiff_comp' (U := V) (V := W) (W := R_NormedModule) (fun x : V => minus (F x) y)
      (fun z : W => norm z ^ 2 / 2) x); auto. exact (half_sq_diff ipW HW (minus (F x) y)).
  - intros h. unfold G. rewrite (ip_sym _ _ HW), (HA x h _ Hx). apply HV. }
assert (HPL : forall x : V, norm (minus x w0) <= Rad -> 2 * mu * L x <= norm (G x) ^ 2).
{ intros x Hx. eapply Rle_trans; [|exact (Hs x _ Hx)]. apply Req_le. unfold L. field. }
destruct (plstar_gd_smooth ipV HV L G w0 eta beta mu Rad He Hb Heb Hm Lp Hgrad HG HPL HR)
  as [C1 [C2 [ws [C3 [C4 [C5 C6]]]]]].
split; [exact C1|split; [exact C2|]].
exists ws. repeat split; auto.
unfold L in C6. assert (Z : norm (minus (F ws) y) = 0) by nra.
now apply (dist_zero (V := W)).
Qed.

(** Weyl's inequality in the form used throughout: [sigma_min (Jt w) >= s0 - lip ‖w - w0‖], hence
    [mu <= lambda_min (K w)] on the ball when [sqrt mu <= s0 - lip Rad]. *)
Theorem sigma_ball {V W : NormedModule R_AbsRing} (Jt : V -> W -> V) (w0 : V) (s0 lip Rad mu : R) :
  0 <= lip -> 0 <= mu -> sqrt mu <= s0 - lip * Rad ->
  (forall z, s0 * norm z <= norm (Jt w0 z)) ->
  (forall w z, norm (minus w w0) <= Rad -> norm (minus (Jt w z) (Jt w0 z)) <= lip * norm (minus w w0) * norm z) ->
  forall w z, norm (minus w w0) <= Rad -> mu * norm z ^ 2 <= norm (Jt w z) ^ 2.
Proof.
intros Hl Hm Hmu H0 HL w z Hw.
assert (T := norm_triangle_inv (Jt w0 z) (Jt w z)).
assert (A := H0 z). assert (B := HL w z Hw).
rewrite (dist_sym (Jt w z)) in B.
assert (P := norm_ge_0 z). assert (Q := norm_ge_0 (Jt w z)).
assert (C : lip * norm (minus w w0) * norm z <= lip * Rad * norm z).
{ apply Rmult_le_compat_r; auto. now apply Rmult_le_compat_l. }
assert (D : sqrt mu * norm z <= norm (Jt w z)).
{ assert (E := Rle_abs (norm (Jt w0 z) - norm (Jt w z))).
  assert (T' : norm (Jt w0 z) - norm (Jt w z) <= norm (minus (Jt w0 z) (Jt w z))) by (eapply Rle_trans; [exact E | exact T]).
  assert (sqrt mu * norm z <= (s0 - lip * Rad) * norm z) by (apply Rmult_le_compat_r; auto). lra. }
rewrite <- (sqrt_sqrt mu) by auto.
replace (sqrt mu * sqrt mu * norm z ^ 2) with ((sqrt mu * norm z) ^ 2) by ring.
apply pow_incr. split; auto. apply Rmult_le_pos; auto. apply sqrt_pos.
Qed.
