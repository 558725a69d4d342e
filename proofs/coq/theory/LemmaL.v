(** * Lemma L: one step of gradient descent on the residual of a linearised model

    For a self-adjoint [K] with [sigma² <= K <= 1/eta],
    [‖(I - eta K) e‖ <= ‖e‖ - eta sigma ‖K^(1/2) e‖]. (proofs of T1⁺.) No square root of an operator
    and no spectral theorem is used: [‖K^(1/2) e‖² = ⟨K e, e⟩], and the one operator inequality that
    is needed, [(K - sigma²)(1/eta - K) >= 0], is [psd_square_le]. So it holds in any real
    inner-product space. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed InnerProduct.
Open Scope R_scope.

Section SelfAdjoint.
Context {W : NormedModule R_AbsRing} (ip : W -> W -> R) (HW : IsInner W ip).

(** [0 <= A <= c] implies [A² <= c A]. *)
Lemma psd_square_le (A : W -> W) (c : R) : adjoint ip ip A A ->
  (forall z, 0 <= ip (A z) z) -> (forall z, ip (A z) z <= c * norm z ^ 2) ->
  forall z, norm (A z) ^ 2 <= c * ip (A z) z.
Proof.
intros HA H0 Hc z. set (N := norm (A z) ^ 2). set (a := ip (A z) z). set (b := ip (A (A z)) (A z)).
assert (Q : forall t, 0 <= a + 2 * t * N + t ^ 2 * b).
{ intros t. assert (T := H0 (plus z (scal t (A z)))).
  rewrite (adjoint_plus ip ip HW HW A A HA), (adjoint_scal ip ip HW HW A A HA) in T.
  rewrite (ip_plus _ _ HW), !(ip_plus_r ip HW), !(ip_scal _ _ HW), !(ip_scal_r ip HW) in T.
  rewrite (HA (A z) z), (ip_norm _ _ HW) in T. fold a b N in T. nra. }
assert (Hb : b <= c * N) by apply Hc. assert (PN : 0 <= N) by apply pow2_ge_0.
assert (Pa : 0 <= a) by apply H0. assert (Pb : 0 <= b) by apply H0.
destruct (Rle_lt_or_eq_dec _ _ PN) as [P|<-].
- destruct (Rle_lt_dec c 0) as [C|C].
  + exfalso. assert (b = 0) by nra. assert (T := Q (- (a + 1) / (2 * N))). rewrite H in T.
    replace (a + 2 * (- (a + 1) / (2 * N)) * N + (- (a + 1) / (2 * N)) ^ 2 * 0) with (-1) in T by (field; lra). lra.
  + assert (T := Q (- / c)). replace (a + 2 * - / c * N + (- / c) ^ 2 * b) with ((a * c - 2 * N + b / c) / c) in T by (field; lra).
    assert (b / c <= N). { apply Rmult_le_reg_r with c; auto. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
    assert (0 <= a * c - 2 * N + b / c); [|nra].
    apply Rmult_le_reg_r with (/ c); [now apply Rinv_0_lt_compat|]. rewrite Rmult_0_l. exact T.
- assert (T := Hc z). fold a in T. destruct (Rle_lt_dec 0 c) as [C|C]; [now apply Rmult_le_pos|].
  assert (E := pow2_ge_0 (norm z)). assert (a = 0) by nra. rewrite H. lra.
Qed.

Theorem lemma_L (K : W -> W) (sigma eta : R) (e : W) : adjoint ip ip K K ->
  0 <= sigma -> 0 < eta ->
  (forall z, sigma ^ 2 * norm z ^ 2 <= ip (K z) z) ->
  (forall z, eta * ip (K z) z <= norm z ^ 2) ->
  let g := sqrt (ip (K e) e) in
  eta * sigma * g <= norm e /\ norm (minus e (scal eta (K e))) <= norm e - eta * sigma * g.
Proof.
intros HK Hs He Hlo Hhi g.
set (A := fun z => minus (K z) (scal (sigma ^ 2) z)).
assert (HA : adjoint ip ip A A).
{ intros x z. unfold A. rewrite (ip_minus_l ip HW), (ip_minus_r ip HW), (ip_scal _ _ HW), (ip_scal_r ip HW).
  now rewrite (HK x z). }
assert (EA : forall z, ip (A z) z = ip (K z) z - sigma ^ 2 * norm z ^ 2).
{ intros z. unfold A. now rewrite (ip_minus_l ip HW), (ip_scal _ _ HW), (ip_norm _ _ HW). }
assert (Q : norm (A e) ^ 2 <= (/ eta - sigma ^ 2) * ip (A e) e).
{ apply psd_square_le; auto.
  - intros z. rewrite EA. assert (H := Hlo z). lra.
  - intros z. rewrite EA, Rmult_minus_distr_r. apply Rplus_le_compat_r.
    apply Rmult_le_reg_l with eta; auto. rewrite <- Rmult_assoc, Rinv_r, Rmult_1_l by lra. apply Hhi. }
unfold A at 1 in Q. rewrite (norm_sq_minus ip HW), (norm_sq_scal ip HW), (ip_scal_r ip HW), EA in Q.
set (x := norm e) in *. set (N2 := norm (K e) ^ 2) in *.
assert (Px : 0 <= x) by apply norm_ge_0. assert (Pg : 0 <= g) by apply sqrt_pos.
assert (G0 : 0 <= ip (K e) e).
{ eapply Rle_trans; [|apply Hlo]. apply Rmult_le_pos; apply pow2_ge_0. }
assert (Eg : ip (K e) e = g ^ 2) by (unfold g; now rewrite pow2_sqrt).
rewrite Eg in Q.
assert (Q2 : eta * N2 <= (eta * sigma ^ 2 + 1) * g ^ 2 - sigma ^ 2 * x ^ 2).
{ apply Rmult_le_compat_l with (r := eta) in Q; [|lra].
  replace (eta * ((/ eta - sigma ^ 2) * (g ^ 2 - sigma ^ 2 * x ^ 2))) with
    ((1 - eta * sigma ^ 2) * (g ^ 2 - sigma ^ 2 * x ^ 2)) in Q by (field; lra). nra. }
assert (H1 : eta * sigma * g <= x).
{ assert (A1 := Hlo e). assert (A2 := Hhi e). fold x in A1, A2. rewrite Eg in A1, A2.
  apply Rsqr_incr_0_var; auto. unfold Rsqr.
  assert (sigma * x <= g) by (apply Rsqr_incr_0_var; auto; unfold Rsqr; nra).
  assert (eta * g ^ 2 <= x ^ 2) by lra.
  assert (A3 : eta * sigma ^ 2 * x ^ 2 <= x ^ 2) by (apply Rle_trans with (eta * g ^ 2); nra).
  replace (eta * sigma * g * (eta * sigma * g)) with ((eta * sigma ^ 2) * (eta * g ^ 2)) by ring.
  apply Rle_trans with ((eta * sigma ^ 2) * x ^ 2); [|lra].
  apply Rmult_le_compat_l; [|lra]. apply Rmult_le_pos; [lra | apply pow2_ge_0]. }
split; auto. apply Rsqr_incr_0_var; [|lra]. rewrite !Rsqr_pow2.
rewrite (norm_sq_minus ip HW), (norm_sq_scal ip HW), (ip_scal_r ip HW), (ip_sym _ _ HW e (K e)), Eg.
fold x. fold N2.
assert (R1 : eta ^ 2 * N2 <= eta * ((eta * sigma ^ 2 + 1) * g ^ 2 - sigma ^ 2 * x ^ 2)) by nra.
assert (R2 : 0 <= eta * (g - sigma * x) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
nra.
Qed.

End SelfAdjoint.

(** The same for a tangent kernel [K = J Jᵀ], where [‖K^(1/2) e‖ = ‖Jᵀ e‖]. *)
Section Jacobian.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).

Lemma kernel_form (J : V -> W) (Jt : W -> V) : adjoint ipV ipW J Jt ->
  forall z, ipW (J (Jt z)) z = norm (Jt z) ^ 2.
Proof. intros HJ z. now rewrite HJ, (ip_norm _ _ HV). Qed.

Lemma kernel_adjoint (J : V -> W) (Jt : W -> V) : adjoint ipV ipW J Jt ->
  adjoint ipW ipW (fun z => J (Jt z)) (fun z => J (Jt z)).
Proof. intros HJ x z. rewrite HJ, (ip_sym _ _ HW x), HJ. apply HV. Qed.

Theorem lemma_L_jacobian (J : V -> W) (Jt : W -> V) (sigma eta : R) (e : W) : adjoint ipV ipW J Jt ->
  0 <= sigma -> 0 < eta ->
  (forall z, sigma * norm z <= norm (Jt z)) ->
  (forall z, eta * norm (Jt z) ^ 2 <= norm z ^ 2) ->
  eta * sigma * norm (Jt e) <= norm e /\
  norm (minus e (scal eta (J (Jt e)))) <= norm e - eta * sigma * norm (Jt e).
Proof.
intros HJ Hs He Hlo Hhi.
destruct (lemma_L ipW HW (fun z => J (Jt z)) sigma eta e) as [A B]; auto.
- now apply kernel_adjoint.
- intros z. rewrite (kernel_form J Jt HJ). rewrite <- Rpow_mult_distr. apply pow_incr. split; [|apply Hlo].
  apply Rmult_le_pos; auto. apply norm_ge_0.
- intros z. rewrite (kernel_form J Jt HJ). apply Hhi.
- rewrite (kernel_form J Jt HJ), sqrt_pow2 in A, B by apply norm_ge_0. now split.
Qed.

End Jacobian.
