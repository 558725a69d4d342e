(** * T6, the linear part: dynamics of a fixed kernel, with a perturbation, and on a subspace

    [et_k = (I - eta K0)^k e_0]. [perturbed_linear]: linear dynamics plus a perturbation,
    [e_{k+1} = (I - eta K0) e_k - eta n_k], stays within [eta sum ‖n_j‖] of it. [low_rank_rate]:
    [‖et_k‖² <= (1 - eta lam)^(2k) ‖P e0‖² + ‖(I-P) e0‖²], [P] a spectral projector of [K0] with [K0 >= lam] on
    its range: Su, Yang 2019's rate, which needs no smallest eigenvalue. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct KernelPerturbation.
Open Scope R_scope.

Section Linear.
Context {W : NormedModule R_AbsRing} (ip : W -> W -> R) (HW : IsInner W ip).
Variables (K0 : W -> W) (eta : R).
Hypothesis HK : adjoint ip ip K0 K0.
Hypothesis Heta : 0 < eta.
Hypothesis Hlo : forall z, 0 <= ip (K0 z) z.
Hypothesis Hhi : forall z, eta * ip (K0 z) z <= norm z ^ 2.

Lemma linear_nonexpansive z : norm (linear_step K0 eta z) <= norm z.
Proof.
eapply Rle_trans; [apply (linear_contraction ip HW K0 0 eta HK Heta (Rle_refl 0)); auto|].
- intros x. rewrite Rmult_0_l. apply Hlo.
- lra.
Qed.

Theorem perturbed_linear (e et n : nat -> W) (nu : nat -> R) (K : nat) :
  (forall k, (k < K)%nat -> e (S k) = minus (linear_step K0 eta (e k)) (scal eta (n k))) ->
  (forall k, et (S k) = linear_step K0 eta (et k)) -> et O = e O ->
  (forall k, (k < K)%nat -> norm (n k) <= nu k) ->
  forall k, (k <= K)%nat -> norm (minus (e k) (et k)) <= eta * rsum k nu.
Proof.
intros He Het H0 Hn k. induction k as [|k IH]; intros Hk.
- rewrite H0, (dist_self (e O)). simpl. lra.
- specialize (IH ltac:(lia)). rewrite He, Het by lia.
  assert (E : minus (minus (linear_step K0 eta (e k)) (scal eta (n k))) (linear_step K0 eta (et k)) =
    minus (linear_step K0 eta (minus (e k) (et k))) (scal eta (n k))).
  { rewrite <- (linear_step_minus ip HW K0 eta HK). apply (ip_ext ip HW). intros u. rewrite !(ip_minus_l ip HW). ring. }
  rewrite E. eapply Rle_trans; [exact (norm_minus_le _ _)|].
  assert (A := linear_nonexpansive (minus (e k) (et k))). assert (B := norm_scal_pos eta (n k) (Rlt_le _ _ Heta)).
  assert (C : eta * norm (n k) <= eta * nu k) by (apply Rmult_le_compat_l; [lra | apply Hn; lia]).
  cbn [Spec.rsum]. lra.
Qed.

(** ** Low-rank rate *)

Variables (P : W -> W) (lam : R).
Hypothesis HP : adjoint ip ip P P.
Hypothesis HPP : forall z, P (P z) = P z.
Hypothesis HPK : forall z, P (K0 z) = K0 (P z).
Hypothesis Hlam : 0 <= lam.
Hypothesis Hlam1 : eta * lam <= 1.
Hypothesis HPlo : forall z, lam * norm (P z) ^ 2 <= ip (K0 (P z)) (P z).

Let Pc (z : W) : W := minus z (P z).

Lemma pythagoras z : norm z ^ 2 = norm (P z) ^ 2 + norm (Pc z) ^ 2.
Proof.
unfold Pc. rewrite (norm_sq_minus ip HW), (ip_sym _ _ HW z), <- (ip_norm _ _ HW (P z)), (HP z (P z)), HPP.
rewrite (ip_sym _ _ HW z), <- (ip_norm _ _ HW z). ring.
Qed.

(** [K' = K0 P + lam (I - P)] is at least [lam] everywhere. *)
Lemma range_contraction z : norm (linear_step K0 eta (P z)) <= (1 - eta * lam) * norm (P z).
Proof.
set (K' := fun z => plus (K0 (P z)) (scal lam (Pc z))).
assert (HK' : adjoint ip ip K' K').
{ intros h x. unfold K', Pc. rewrite (ip_plus _ _ HW), (ip_plus_r ip HW), (ip_scal _ _ HW), (ip_scal_r ip HW).
  rewrite (ip_minus_l ip HW), (ip_minus_r ip HW), (HK (P h) x), (HP h (K0 x)), HPK, (HP h x). ring. }
assert (EK : forall x, ip (K' x) x = ip (K0 (P x)) (P x) + lam * norm (Pc x) ^ 2).
{ intros x. unfold K'. rewrite (ip_plus _ _ HW), (ip_scal _ _ HW). f_equal.
  - transitivity (ip (P (K0 (P x))) x); [now rewrite HPK, HPP|]. now rewrite HP.
  - f_equal. rewrite <- (ip_norm _ _ HW). unfold Pc. rewrite !(ip_minus_l ip HW), !(ip_minus_r ip HW), !HP, HPP. ring. }
assert (T := linear_contraction ip HW K' lam eta HK' Heta Hlam).
assert (E : linear_step K' eta (P z) = linear_step K0 eta (P z)).
{ unfold linear_step, K', Pc. rewrite HPP. f_equal. f_equal.
  assert (Z : minus (P z) (P z) = zero) by (unfold minus; apply plus_opp_r). rewrite Z.
  apply (ip_ext ip HW). intros u. rewrite (ip_plus _ _ HW), (ip_scal _ _ HW), (ip_zero_l ip HW). ring. }
rewrite <- E. apply T.
- intros x. rewrite EK, (pythagoras x). assert (A := HPlo x). lra.
- intros x. rewrite EK, (pythagoras x). assert (A := Hhi (P x)).
  assert (B : eta * lam * norm (Pc x) ^ 2 <= 1 * norm (Pc x) ^ 2) by (apply Rmult_le_compat_r; [apply pow2_ge_0 | auto]). lra.
Qed.

Lemma P_step z : P (linear_step K0 eta z) = linear_step K0 eta (P z).
Proof.
apply (ip_ext ip HW). intros u. unfold linear_step.
rewrite HP, !(ip_minus_l ip HW), !(ip_scal _ _ HW), <- !HP, HPK. ring.
Qed.

Lemma Pc_step z : Pc (linear_step K0 eta z) = linear_step K0 eta (Pc z).
Proof. unfold Pc. rewrite P_step. now rewrite (linear_step_minus ip HW K0 eta HK). Qed.

Theorem low_rank_rate (et : nat -> W) : (forall k, et (S k) = linear_step K0 eta (et k)) ->
  forall k, norm (et k) ^ 2 <= (1 - eta * lam) ^ (2 * k) * norm (P (et O)) ^ 2 + norm (minus (et O) (P (et O))) ^ 2.
Proof.
intros Het k. rewrite (pythagoras (et k)). apply Rplus_le_compat.
- rewrite Nat.mul_comm, pow_mult, <- Rpow_mult_distr. apply pow_incr. split; [apply norm_ge_0|].
  induction k as [|k IH]; [simpl; lra|]. rewrite Het, P_step.
  assert (A := range_contraction (et k)). cbn [pow]. rewrite Rmult_assoc.
  eapply Rle_trans; [exact A|]. apply Rmult_le_compat_l; [lra | exact IH].
- apply pow_incr. split; [apply norm_ge_0|]. fold (Pc (et O)).
  induction k as [|k IH]; [lra|]. rewrite Het, Pc_step. eapply Rle_trans; [apply linear_nonexpansive | exact IH].
Qed.

End Linear.
