(** * The residual of least squares along gradient descent

    What T1⁺, T1 and T1ε share. [F : V -> W] between real inner-product spaces, [e w = F w - y],
    [grad w = (J w)ᵀ (e w)] the gradient of [‖e‖²/2], the iteration [gd] with step [eta], and the
    length of its path. The hypotheses on [F] on a ball are collected in [Smooth]; it follows from a
    Lipschitz derivative ([smooth_of_lipschitz]). *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation.
Open Scope R_scope.

Section Residual.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).

Definition residual (F : V -> W) (y : W) (w : V) : W := minus (F w) y.

Definition grad (F : V -> W) (y : W) (Jt : V -> W -> V) (w : V) : V := Jt w (residual F y w).

(** Length of the first [k] steps, [rho_k = sum_{j<k} eta ‖grad w_j‖]. *)
Definition path (G : V -> V) (w0 : V) (eta : R) (k : nat) : R :=
  rsum k (fun j => eta * norm (G (gd G w0 eta j))).

(** H1 and H3 on the closed ball of radius [Rad] around [w0]: [J] has adjoint [Jt], differs from its
    value at the centre by at most [beta0 ‖w - w0‖], linearises with error [beta/2 ‖g‖²], and has
    norm at most [Lam]. Operator norms are spelled out on vectors. *)
Record Smooth (F : V -> W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V) (beta beta0 Lam Rad : R) : Prop := {
  sm_adj : forall w, norm (minus w w0) <= Rad -> adjoint ipV ipW (J w) (Jt w);
  sm_centre : forall w z, norm (minus w w0) <= Rad ->
    norm (minus (Jt w z) (Jt w0 z)) <= beta0 * norm (minus w w0) * norm z;
  sm_lin : forall w g, norm (minus w w0) <= Rad -> norm (minus (minus w g) w0) <= Rad ->
    norm (minus (F (minus w g)) (minus (F w) (J w g))) <= beta / 2 * norm g ^ 2;
  sm_norm : forall w z, norm (minus w w0) <= Rad -> norm (Jt w z) <= Lam * norm z }.

Theorem smooth_of_lipschitz F J Jt (w0 : V) (beta Lam Rad : R) : 0 <= beta -> 0 <= Lam -> 0 <= Rad ->
  (forall w, norm (minus w w0) <= Rad -> filterdiff F (locally w) (J w)) ->
  (forall w, norm (minus w w0) <= Rad -> adjoint ipV ipW (J w) (Jt w)) ->
  (forall w w' h, norm (minus w w0) <= Rad -> norm (minus w' w0) <= Rad ->
     norm (minus (J w h) (J w' h)) <= beta * norm (minus w w') * norm h) ->
  (forall w h, norm (minus w w0) <= Rad -> norm (J w h) <= Lam * norm h) ->
  Smooth F J Jt w0 beta beta Lam Rad.
Proof.
intros Hb HL HR Hd Ha Hl Hn.
assert (H0 : norm (minus w0 w0) <= Rad) by (rewrite (dist_self w0); lra).
split; auto.
- intros w z Hw. apply (adjoint_dist ipV ipW HV HW (J w) (Jt w) (J w0) (Jt w0)); auto.
  apply Rmult_le_pos; auto. apply norm_ge_0.
- intros w g Hw Hg. exact (linearisation_error ipV ipW HV HW F J w0 beta Rad Hd Hl w g Hw Hg).
- intros w z Hw. apply (adjoint_norm ipV ipW HV HW (J w) (Jt w)); auto.
Qed.

Lemma smooth_shrink F J Jt (w0 : V) (beta beta0 Lam Rad Rad' : R) : Rad' <= Rad ->
  Smooth F J Jt w0 beta beta0 Lam Rad -> Smooth F J Jt w0 beta beta0 Lam Rad'.
Proof.
intros H [A B C D]. split.
- intros w Hw. apply A. lra.
- intros w z Hw. apply B. lra.
- intros w g Hw Hg. apply C; lra.
- intros w z Hw. apply D. lra.
Qed.

Lemma smooth_weaken F J Jt (w0 : V) (beta beta' beta0 beta0' Lam Lam' Rad : R) :
  beta <= beta' -> beta0 <= beta0' -> Lam <= Lam' ->
  Smooth F J Jt w0 beta beta0 Lam Rad -> Smooth F J Jt w0 beta' beta0' Lam' Rad.
Proof.
intros H1 H2 H3 [A B C D]. split; auto.
- intros w z Hw. eapply Rle_trans; [now apply B|].
  apply Rmult_le_compat_r; [apply norm_ge_0|]. apply Rmult_le_compat_r; [apply norm_ge_0 | auto].
- intros w g Hw Hg. eapply Rle_trans; [now apply C|]. apply Rmult_le_compat_r; [apply pow2_ge_0 | lra].
- intros w z Hw. eapply Rle_trans; [now apply D|]. apply Rmult_le_compat_r; [apply norm_ge_0 | auto].
Qed.

Section Step.
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V).
Variables (beta beta0 Lam Rad sigma0 eta : R).
Hypothesis HS : Smooth F J Jt w0 beta beta0 Lam Rad.
Notation e := (residual F y).
Notation G := (grad F y Jt).

(** Weyl: [sigma_min (J(w)ᵀ) >= sigma0 - beta0 ‖w - w0‖]. *)
Theorem sigma_min_ball w z : (forall z, sigma0 * norm z <= norm (Jt w0 z)) ->
  norm (minus w w0) <= Rad -> (sigma0 - beta0 * norm (minus w w0)) * norm z <= norm (Jt w z).
Proof.
intros H0 Hw. assert (A := sm_centre _ _ _ _ _ _ _ _ HS w z Hw).
rewrite (dist_sym (Jt w z)) in A. assert (B := norm_le_dist (Jt w0 z) (Jt w z)). assert (C := H0 z). lra.
Qed.

(** One step: the residual is that of the linear model, up to the linearisation error. *)
Lemma residual_step w t : 0 <= t -> norm (minus w w0) <= Rad ->
  norm (minus (minus w (scal t (G w))) w0) <= Rad ->
  norm (e (minus w (scal t (G w)))) <=
  norm (minus (e w) (scal t (J w (G w)))) + beta / 2 * norm (scal t (G w)) ^ 2.
Proof.
intros Ht Hw Hw'. assert (HA := sm_adj _ _ _ _ _ _ _ _ HS w Hw).
assert (E : e (minus w (scal t (G w))) = plus (minus (e w) (scal t (J w (G w))))
  (minus (F (minus w (scal t (G w)))) (minus (F w) (J w (scal t (G w)))))).
{ apply (ip_ext ipW HW). intros z. rewrite (adjoint_scal ipV ipW HV HW (J w) (Jt w) HA).
  unfold residual. rewrite (ip_plus _ _ HW), !(ip_minus_l ipW HW), (ip_scal _ _ HW). ring. }
rewrite E. eapply Rle_trans; [exact (norm_plus_le _ _)|].
apply Rplus_le_compat_l. exact (sm_lin _ _ _ _ _ _ _ _ HS w (scal t (G w)) Hw Hw').
Qed.

(** A limit of points of the ball whose residuals vanish interpolates. *)
Lemma limit_interpolates (u : nat -> V) (ws : V) : 0 <= beta -> 0 <= Lam ->
  (forall k, norm (minus (u k) w0) <= Rad) -> norm (minus ws w0) <= Rad ->
  filterlim u eventually (locally ws) -> is_lim_seq (fun k => norm (e (u k))) 0 -> F ws = y.
Proof.
intros Hb HL Hu Hws Hlim He. apply dist_zero.
assert (HA := sm_adj _ _ _ _ _ _ _ _ HS ws Hws).
assert (HJ : forall h, norm (J ws h) <= Lam * norm h).
{ intros h. apply (adjoint_norm ipW ipV HW HV (Jt ws) (J ws)); auto.
  - intros z x. apply (adjoint_sym ipV ipW HV HW (J ws) (Jt ws) HA).
  - intros z. exact (sm_norm _ _ _ _ _ _ _ _ HS ws z Hws). }
assert (K : forall k, norm (minus (F ws) y) <=
  norm (e (u k)) + (beta / 2 * norm (minus (u k) ws) + Lam) * norm (minus (u k) ws)).
{ intros k. set (g := minus ws (u k)).
  assert (Eu : minus ws g = u k).
  { apply (ip_ext ipV HV). intros z. unfold g. rewrite !(ip_minus_l ipV HV). ring. }
  assert (Hg : norm (minus (minus ws g) w0) <= Rad) by (rewrite Eu; apply Hu).
  assert (A := sm_lin _ _ _ _ _ _ _ _ HS ws g Hws Hg). rewrite Eu in A.
  assert (Ng : norm g = norm (minus (u k) ws)) by apply dist_sym. rewrite <- Ng.
  assert (B := HJ g).
  assert (E : minus (F ws) y = plus (e (u k)) (minus (J ws g) (minus (F (u k)) (minus (F ws) (J ws g))))).
  { apply (ip_ext ipW HW). intros z. unfold residual.
    rewrite (ip_plus _ _ HW), !(ip_minus_l ipW HW). ring. }
  rewrite E. eapply Rle_trans; [exact (norm_plus_le _ _)|].
  assert (C := norm_minus_le (J ws g) (minus (F (u k)) (minus (F ws) (J ws g)))).
  replace (norm g ^ 2) with (norm g * norm g) in A by ring. nra. }
assert (L : is_lim_seq (fun k => norm (e (u k)) + (beta / 2 * norm (minus (u k) ws) + Lam) * norm (minus (u k) ws)) 0).
{ assert (D := lim_dist_0 u ws Hlim).
  replace 0 with (0 + (beta / 2 * 0 + Lam) * 0) by ring.
  apply is_lim_seq_plus'; auto. apply is_lim_seq_mult'; auto.
  apply is_lim_seq_plus'; [|apply is_lim_seq_const].
  apply is_lim_seq_mult'; [apply is_lim_seq_const | auto]. }
apply Rle_antisym; [|apply norm_ge_0].
apply (is_lim_seq_le (fun _ => norm (minus (F ws) y)) _ (norm (minus (F ws) y)) 0 K); auto.
apply is_lim_seq_const.
Qed.

End Step.

Lemma path_S G (w0 : V) eta k : path G w0 eta (S k) = path G w0 eta k + eta * norm (G (gd G w0 eta k)).
Proof. reflexivity. Qed.

Lemma path_pos G (w0 : V) eta k : 0 <= eta -> 0 <= path G w0 eta k.
Proof. intros He. apply rsum_nonneg. intros i _. apply Rmult_le_pos; auto. apply norm_ge_0. Qed.

Lemma path_mono G (w0 : V) eta k j : 0 <= eta -> (k <= j)%nat -> path G w0 eta k <= path G w0 eta j.
Proof.
intros He. induction 1 as [|j _ IH]; [lra|]. rewrite path_S.
assert (0 <= eta * norm (G (gd G w0 eta j))) by (apply Rmult_le_pos; auto; apply norm_ge_0). lra.
Qed.

Lemma path_dist_centre G (w0 : V) eta k : 0 <= eta -> norm (minus (gd G w0 eta k) w0) <= path G w0 eta k.
Proof.
intros He. induction k as [|k IH].
- simpl. rewrite (dist_self w0). unfold path. simpl. lra.
- rewrite path_S. assert (T := dist_triangle (gd G w0 eta (S k)) (gd G w0 eta k) w0).
  assert (D := gd_S_dist G w0 eta k He). lra.
Qed.

End Residual.

(** A non-negative sequence contracted by at least a fixed factor tends to 0. *)
Lemma geometric_lim (x : nat -> R) (a : R) (N : nat) : 0 < a ->
  (forall k, 0 <= x k) -> (forall k, (N <= k)%nat -> x (S k) <= (1 - a) * x k) -> is_lim_seq x 0.
Proof.
intros Ha Hx Hc. apply (is_lim_seq_incr_n x N 0).
destruct (Rle_lt_dec a 1) as [H1|H1].
- assert (B : forall k, x (k + N)%nat <= (1 - a) ^ k * x N).
  { intros k. induction k as [|k IH]; [simpl; lra|]. cbn [Nat.add].
    eapply Rle_trans; [apply Hc; lia|]. cbn [pow]. rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra | exact IH]. }
  apply is_lim_seq_le_le with (u := fun _ => 0) (w := fun k => (1 - a) ^ k * x N); [auto| |].
  + apply is_lim_seq_const.
  + replace (Finite 0) with (Rbar_mult 0 (x N)) by (simpl; f_equal; ring).
    apply is_lim_seq_scal_r, is_lim_seq_geom. rewrite Rabs_pos_eq; lra.
- apply is_lim_seq_incr_1. apply is_lim_seq_ext with (fun _ => 0); [|apply is_lim_seq_const].
  intros k. assert (A := Hc (k + N)%nat ltac:(lia)). assert (B := Hx (k + N)%nat). assert (C := Hx (S k + N)%nat).
  cbn [Nat.add] in *. nra.
Qed.
