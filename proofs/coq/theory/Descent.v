(** * The descent of the residual at steps up to 2/S

    [‖e(w - t grad)‖² <= ‖e‖² - t (2 - t S) ‖grad‖²] for [S >= Lam² + beta ‖e‖]: the descent lemma for
    least squares, from the linearisation error and the Lipschitz constant of [F] instead of an
    integral. Used by T1, T1ε, T6 and T12. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation Residual.
Open Scope R_scope.

Section Descent.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V).
Variables (beta beta0 Lam Rad : R).
Hypothesis HS : Smooth ipV ipW F J Jt w0 beta beta0 Lam Rad.
Hypothesis Hbeta : 0 <= beta.
Hypothesis HLam : 0 <= Lam.
Notation e := (residual F y).
Notation G := (grad F y Jt).
Notation B w := (norm (minus w w0) <= Rad).

Lemma sm_norm_J w h : B w -> norm (J w h) <= Lam * norm h.
Proof.
intros Hw. assert (HA := sm_adj _ _ _ _ _ _ _ _ _ _ HS w Hw).
apply (adjoint_norm ipW ipV HW HV (Jt w) (J w)); auto.
- intros z x. apply (adjoint_sym ipV ipW HV HW (J w) (Jt w) HA).
- intros z. exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS w z Hw).
Qed.

(** One piece of the segment. *)
Lemma lipschitz_piece w g : B w -> B (minus w g) ->
  norm (minus (F (minus w g)) (F w)) <= Lam * norm g + beta / 2 * norm g ^ 2.
Proof.
intros Hw Hg. assert (A := sm_lin _ _ _ _ _ _ _ _ _ _ HS w g Hw Hg). assert (N := sm_norm_J w g Hw).
assert (E : minus (F (minus w g)) (F w) = minus (minus (F (minus w g)) (minus (F w) (J w g))) (J w g)).
{ apply (ip_ext ipW HW). intros z. rewrite !(ip_minus_l ipW HW). ring. }
rewrite E. eapply Rle_trans; [exact (norm_minus_le _ _)|]. lra.
Qed.

(** [F] is [Lam]-Lipschitz on the ball: cut the segment into [N] pieces and let [N] grow. *)
Theorem smooth_lipschitz w g : B w -> B (minus w g) -> norm (minus (F (minus w g)) (F w)) <= Lam * norm g.
Proof.
intros Hw Hg. set (N2 := beta / 2 * norm g ^ 2).
assert (P2 : 0 <= N2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]). assert (Pg := norm_ge_0 g).
assert (K : forall N : nat, norm (minus (F (minus w g)) (F w)) <= Lam * norm g + N2 * / INR (S N)).
{ intros N. set (h := / INR (S N)).
  assert (PN : 0 < INR (S N)) by (apply lt_0_INR; lia).
  assert (Ph : 0 < h) by now apply Rinv_0_lt_compat.
  assert (Hh : INR (S N) * h = 1) by (apply Rinv_r; lra).
  assert (Bi : forall i, (i <= S N)%nat -> B (minus w (scal (INR i * h) g))).
  { intros i Hi. apply (ball_segment ipV HV); auto. apply le_INR in Hi. assert (Pi := pos_INR i).
    split; [nra|]. rewrite <- Hh. apply Rmult_le_compat_r; lra. }
  assert (T : forall i, (i <= S N)%nat ->
    norm (minus (F (minus w (scal (INR i * h) g))) (F w)) <= INR i * (Lam * (h * norm g) + N2 * h ^ 2)).
  { intros i. induction i as [|i IH]; intros Hi.
    - change (INR 0) with 0. rewrite Rmult_0_l, (minus_scal_0 w g), (dist_self (F w)). lra.
    - specialize (IH ltac:(lia)).
      assert (Es : minus w (scal (INR (S i) * h) g) = minus (minus w (scal (INR i * h) g)) (scal h g)).
      { apply (ip_ext ipV HV). intros z. rewrite !(ip_minus_l ipV HV), !(ip_scal _ _ HV), S_INR. ring. }
      assert (Ns : norm (scal h g) <= h * norm g) by (apply norm_scal_pos; lra).
      assert (P := lipschitz_piece (minus w (scal (INR i * h) g)) (scal h g) (Bi i ltac:(lia))).
      rewrite <- Es in P. specialize (P (Bi (S i) Hi)).
      assert (Q : norm (scal h g) ^ 2 <= h ^ 2 * norm g ^ 2).
      { rewrite <- Rpow_mult_distr. apply pow_incr. split; [apply norm_ge_0 | auto]. }
      assert (A1 : Lam * norm (scal h g) <= Lam * (h * norm g)) by now apply Rmult_le_compat_l.
      assert (A2 : beta / 2 * norm (scal h g) ^ 2 <= N2 * h ^ 2).
      { unfold N2. apply Rle_trans with (beta / 2 * (h ^ 2 * norm g ^ 2)); [apply Rmult_le_compat_l; lra | lra]. }
      assert (T := dist_triangle (F (minus w (scal (INR (S i) * h) g))) (F (minus w (scal (INR i * h) g))) (F w)).
      rewrite S_INR in *. lra. }
  specialize (T (S N) (le_n _)). rewrite Hh in T.
  replace (scal (1 : R) g) with g in T by (symmetry; exact (scal_one (K := R_Ring) g)).
  eapply Rle_trans; [exact T|].
  replace (INR (S N) * (Lam * (h * norm g) + N2 * h ^ 2)) with
    ((INR (S N) * h) * (Lam * norm g) + (INR (S N) * h) * (N2 * h)) by ring.
  rewrite Hh. lra. }
assert (L : is_lim_seq (fun N => Lam * norm g + N2 * / INR (S N)) (Lam * norm g)).
{ replace (Finite (Lam * norm g)) with (Finite (Lam * norm g + N2 * 0)) by (f_equal; ring).
  apply is_lim_seq_plus'; [apply is_lim_seq_const|]. apply is_lim_seq_mult'; [apply is_lim_seq_const|].
  apply (is_lim_seq_incr_1 (fun N => / INR N)).
  apply (is_lim_seq_inv INR p_infty); [apply is_lim_seq_INR | discriminate]. }
apply (is_lim_seq_le (fun _ => norm (minus (F (minus w g)) (F w))) _ (norm (minus (F (minus w g)) (F w))) (Lam * norm g) K); auto.
apply is_lim_seq_const.
Qed.

(** The descent lemma for least squares. *)
Theorem residual_descent w t S : 0 <= t -> B w -> B (minus w (scal t (G w))) ->
  Lam ^ 2 + beta * norm (e w) <= S ->
  norm (e (minus w (scal t (G w)))) ^ 2 <= norm (e w) ^ 2 - t * (2 - t * S) * norm (G w) ^ 2.
Proof.
intros Ht Hw Hw' HSs. set (g := norm (G w)). assert (Pg : 0 <= g) by apply norm_ge_0.
set (h := scal t (G w)). assert (Nh : norm h <= t * g) by (apply norm_scal_pos; auto). assert (Ph := norm_ge_0 h).
assert (HA := sm_adj _ _ _ _ _ _ _ _ _ _ HS w Hw).
set (d := minus (F (minus w h)) (F w)). set (r := minus (F (minus w h)) (minus (F w) (J w h))).
assert (Ed : e (minus w h) = plus (e w) d).
{ apply (ip_ext ipW HW). intros z. unfold residual, d. rewrite (ip_plus _ _ HW), !(ip_minus_l ipW HW). ring. }
assert (Edr : d = minus r (J w h)).
{ apply (ip_ext ipW HW). intros z. unfold d, r. rewrite !(ip_minus_l ipW HW). ring. }
assert (D : norm d <= Lam * (t * g)).
{ eapply Rle_trans; [exact (smooth_lipschitz w h Hw Hw')|]. now apply Rmult_le_compat_l. }
assert (Rr : norm r <= beta / 2 * (t * g) ^ 2).
{ eapply Rle_trans; [exact (sm_lin _ _ _ _ _ _ _ _ _ _ HS w h Hw Hw')|].
  apply Rmult_le_compat_l; [lra | now apply pow_incr]. }
assert (EJ : ipW (e w) (J w h) = t * g ^ 2).
{ rewrite (ip_sym _ _ HW), HA. unfold h. rewrite (ip_scal _ _ HV).
  change (Jt w (e w)) with (G w). rewrite (ip_norm _ _ HV). reflexivity. }
assert (I : ipW (e w) d <= norm (e w) * (beta / 2 * (t * g) ^ 2) - t * g ^ 2).
{ rewrite Edr, (ip_minus_r ipW HW), EJ. assert (A := ip_le ipW HW (e w) r).
  assert (norm (e w) * norm r <= norm (e w) * (beta / 2 * (t * g) ^ 2)) by (apply Rmult_le_compat_l; [apply norm_ge_0 | auto]). lra. }
rewrite Ed, (norm_sq_plus ipW HW).
assert (D2 : norm d ^ 2 <= Lam ^ 2 * (t * g) ^ 2).
{ rewrite <- Rpow_mult_distr. apply pow_incr. split; [apply norm_ge_0 | auto]. }
assert (T : (Lam ^ 2 + beta * norm (e w)) * (t * g) ^ 2 <= S * (t * g) ^ 2) by (apply Rmult_le_compat_r; [apply pow2_ge_0 | auto]).
nra.
Qed.

(** The same as a decrease of the norm, when [‖grad‖ >= sigma ‖e‖]. *)
Lemma residual_decrease w t S sigma : 0 <= t -> B w -> B (minus w (scal t (G w))) ->
  Lam ^ 2 + beta * norm (e w) <= S -> 0 <= 2 - t * S -> sigma * norm (e w) <= norm (G w) ->
  norm (e (minus w (scal t (G w)))) <= norm (e w) - (2 - t * S) / 2 * (t * norm (G w)) * sigma.
Proof.
intros Ht Hw Hw' HSs Hc Hs. assert (D := residual_descent w t S Ht Hw Hw' HSs).
set (g := norm (G w)) in *. set (x := norm (e w)) in *. set (x' := norm (e (minus w (scal t (G w))))) in *.
set (c := 2 - t * S) in *.
assert (Pg : 0 <= g) by apply norm_ge_0. assert (Px : 0 <= x) by apply norm_ge_0. assert (Px' : 0 <= x') by apply norm_ge_0.
assert (T0 : 0 <= t * c * g ^ 2) by (apply Rmult_le_pos; [now apply Rmult_le_pos | apply pow2_ge_0]).
assert (Lx : x' <= x) by (apply Rsqr_incr_0_var; auto; rewrite !Rsqr_pow2; lra).
destruct Px as [Px|Zx].
- assert (T1 : t * c * g * (sigma * x) <= t * c * g ^ 2).
  { replace (t * c * g ^ 2) with (t * c * g * g) by ring. apply Rmult_le_compat_l; auto.
    apply Rmult_le_pos; auto. now apply Rmult_le_pos. }
  assert (T2 : (x - x') * (x + x') <= (x - x') * (2 * x)) by (apply Rmult_le_compat_l; lra).
  apply Rmult_le_reg_r with (2 * x); [lra|]. nra.
- (* a zero residual: the gradient vanishes too *)
  assert (g = 0).
  { apply Rle_antisym; auto. unfold g, grad. eapply Rle_trans; [exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS w (e w) Hw)|].
    fold x. rewrite <- Zx. lra. }
  rewrite H, <- Zx. rewrite H in D. nra.
Qed.

End Descent.
