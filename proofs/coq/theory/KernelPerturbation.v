(** * T4K: gradient descent at kernel level

    The residual of a ReLU network obeys [e_{k+1} = e_k - eta K0 e_k - eta N_k e_k], [K0] the initial
    tangent kernel and [N_k] the effect of the neurons that have flipped, which is small as long as
    the neurons have moved little, that is as long as [eta sum ‖e_j‖] is small. This file is about
    that recursion; [ReluNetwork.v] derives it.

    (one step) [‖e_{k+1}‖ <= (1 - eta (lam0 - eps)) ‖e_k‖];
    (a) the self-consistent form; (b) the deviation from the linear dynamics [et_k = (I - eta K0)^k e_0],
    with no condition and [lam0 = 0] allowed (T6 for ReLU networks). *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct LemmaL.
Open Scope R_scope.

Section Kernel.
Context {W : NormedModule R_AbsRing} (ip : W -> W -> R) (HW : IsInner W ip).
Variables (K0 : W -> W) (lam0 eta : R).
Hypothesis HK : adjoint ip ip K0 K0.
Hypothesis Heta : 0 < eta.
Hypothesis Hlam0 : 0 <= lam0.
Hypothesis Hlo : forall z, lam0 * norm z ^ 2 <= ip (K0 z) z.
Hypothesis Hhi : forall z, eta * ip (K0 z) z <= norm z ^ 2.

Definition linear_step (z : W) : W := minus z (scal eta (K0 z)).

(** [‖I - eta K0‖ <= 1 - eta lam0]. *)
Theorem linear_contraction z : norm (linear_step z) <= (1 - eta * lam0) * norm z.
Proof.
assert (S1 : sqrt lam0 ^ 2 = lam0) by now apply pow2_sqrt.
destruct (lemma_L ip HW K0 (sqrt lam0) eta z) as [_ A]; auto.
- apply sqrt_pos.
- intros x. rewrite S1. apply Hlo.
- eapply Rle_trans; [exact A|].
  assert (B : sqrt lam0 * norm z <= sqrt (ip (K0 z) z)).
  { rewrite <- (sqrt_pow2 (norm z)) by apply norm_ge_0. rewrite <- sqrt_mult_alt by auto. apply sqrt_le_1_alt, Hlo. }
  assert (eta * sqrt lam0 * (sqrt lam0 * norm z) <= eta * sqrt lam0 * sqrt (ip (K0 z) z)).
  { apply Rmult_le_compat_l; auto. apply Rmult_le_pos; [lra | apply sqrt_pos]. }
  replace (eta * sqrt lam0 * (sqrt lam0 * norm z)) with (eta * sqrt lam0 ^ 2 * norm z) in H by ring.
  rewrite S1 in H. lra.
Qed.

Lemma linear_step_minus x z : minus (linear_step x) (linear_step z) = linear_step (minus x z).
Proof.
apply (ip_ext ip HW). intros u. unfold linear_step.
rewrite !(ip_minus_l ip HW), !(ip_scal _ _ HW), !(HK _ u), (ip_minus_l ip HW). ring.
Qed.

(** ** One step *)
Theorem kernel_step e e' n eps : minus (linear_step e) (scal eta n) = e' ->
  norm n <= eps * norm e -> norm e' <= (1 - eta * (lam0 - eps)) * norm e.
Proof.
intros <- Hn. eapply Rle_trans; [exact (norm_minus_le _ _)|].
assert (A := linear_contraction e). assert (B := norm_scal_pos eta n (Rlt_le _ _ Heta)).
assert (eta * norm n <= eta * (eps * norm e)) by (apply Rmult_le_compat_l; lra). lra.
Qed.

Variables (e : nat -> W) (N : nat -> W -> W) (et : nat -> W).
Hypothesis He : forall k, e (S k) = minus (linear_step (e k)) (scal eta (N k (e k))).
Hypothesis Het : forall k, et (S k) = linear_step (et k).
Hypothesis Het0 : et O = e O.

Lemma dev_step k eps : norm (N k (e k)) <= eps * norm (e k) ->
  norm (minus (e (S k)) (et (S k))) <=
  (1 - eta * lam0) * norm (minus (e k) (et k)) + eta * (eps * norm (e k)).
Proof.
intros Hn. rewrite He, Het.
assert (E : minus (minus (linear_step (e k)) (scal eta (N k (e k)))) (linear_step (et k)) =
  minus (linear_step (minus (e k) (et k))) (scal eta (N k (e k)))).
{ rewrite <- linear_step_minus. apply (ip_ext ip HW). intros u. rewrite !(ip_minus_l ip HW). ring. }
rewrite E. eapply Rle_trans; [exact (norm_minus_le _ _)|].
apply Rplus_le_compat; [apply linear_contraction|].
eapply Rle_trans; [apply (norm_scal_pos eta (N k (e k))); lra|]. apply Rmult_le_compat_l; lra.
Qed.

(** ** T4K (b)

    [eps k] may depend on everything that happened before step [k] is complete: it is asked to bound
    [N_k e_k] only once [tau k >= eta sum_{j<=k} ‖e_j‖] is known. *)
Theorem kernel_deviation (dev eps tau : nat -> R) :
  dev O = 0 ->
  (forall k, tau k = rsum (S k) (fun j => eta * (norm (et j) + dev j))) ->
  (forall k, dev (S k) = (1 - eta * lam0) * dev k + eta * (eps k * (norm (et k) + dev k))) ->
  (forall k, 0 <= eps k) ->
  (forall k, rsum (S k) (fun j => eta * norm (e j)) <= tau k -> norm (N k (e k)) <= eps k * norm (e k)) ->
  forall k, norm (minus (e k) (et k)) <= dev k /\ rsum (S k) (fun j => eta * norm (e j)) <= tau k.
Proof.
intros D0 Htau Hdev Heps HN.
assert (Q : 0 <= 1 - eta * lam0 \/ forall z : W, norm z = 0).
{ destruct (Rle_lt_dec 0 (1 - eta * lam0)) as [A|A]; [now left | right].
  intros z. assert (B := linear_contraction z). assert (C := norm_ge_0 (linear_step z)). assert (D := norm_ge_0 z). nra. }
assert (Main : forall k, forall j, (j <= k)%nat -> norm (minus (e j) (et j)) <= dev j).
{ intros k. induction k as [|k IH]; intros j Hj.
  - replace j with O by lia. rewrite Het0, (dist_self (e O)), D0. lra.
  - destruct (Nat.eq_dec j (S k)) as [->|Ne]; [|apply IH; lia].
    assert (T : rsum (S k) (fun j => eta * norm (e j)) <= tau k).
    { rewrite Htau. apply rsum_le. intros i Hi. apply Rmult_le_compat_l; [lra|].
      assert (A := norm_le_dist (e i) (et i)). assert (B := IH i ltac:(lia)). lra. }
    assert (A := dev_step k (eps k) (HN k T)). rewrite Hdev.
    assert (B := IH k (le_n _)).
    assert (C : norm (e k) <= norm (et k) + dev k) by (assert (A1 := norm_le_dist (e k) (et k)); lra).
    assert (eta * (eps k * norm (e k)) <= eta * (eps k * (norm (et k) + dev k))).
    { apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_l; auto. }
    destruct Q as [Q|Q].
    + assert ((1 - eta * lam0) * norm (minus (e k) (et k)) <= (1 - eta * lam0) * dev k) by now apply Rmult_le_compat_l. lra.
    + (* the space is trivial: everything is zero *)
      assert (Z : forall i, (i <= k)%nat -> dev i = 0).
      { intros i. induction i as [|i IHi]; intros Hi; [auto|]. rewrite Hdev, (IHi ltac:(lia)), Q. ring. }
      rewrite (Z k (le_n _)), (Q (minus (e (S k)) (et (S k)))), (Q (et k)). right. ring. }
intros k. split; [now apply (Main k)|].
rewrite Htau. apply rsum_le. intros i Hi. apply Rmult_le_compat_l; [lra|].
assert (A := norm_le_dist (e i) (et i)). assert (B := Main k i ltac:(lia)). lra.
Qed.

(** ** T4K (a)

    [taut] bounds the linear path [eta sum ‖et_j‖] (by [‖e0‖/lam0], or better with alignment). *)
Theorem kernel_convergence (eps taut : R) : 0 <= eps < lam0 ->
  (forall k, rsum k (fun j => eta * norm (et j)) <= taut) ->
  (forall k, rsum (S k) (fun j => eta * norm (e j)) <= taut / (1 - eps / lam0) ->
     norm (N k (e k)) <= eps * norm (e k)) ->
  forall k, rsum (S k) (fun j => eta * norm (e j)) <= taut / (1 - eps / lam0) /\
            norm (e (S k)) <= (1 - eta * (lam0 - eps)) * norm (e k).
Proof.
intros Heps Htau HN. assert (Pl : 0 < lam0) by lra.
set (T := taut / (1 - eps / lam0)) in *.
assert (Pq : 0 < 1 - eps / lam0).
{ apply Rmult_lt_reg_r with lam0; auto. rewrite Rmult_0_l. replace ((1 - eps / lam0) * lam0) with (lam0 - eps) by (field; lra). lra. }
assert (ET : taut + eps / lam0 * T = T) by (unfold T; field; split; [lra|]; intros Z; assert (1 - eps / lam0 = 0) by (rewrite <- (Rinv_r lam0) by lra; unfold Rdiv; replace eps with lam0 by lra; ring); lra).
assert (Pt : 0 <= taut) by (assert (A := Htau O); exact A).
assert (PT : 0 <= T) by (apply Rmult_le_pos; [auto | left; now apply Rinv_0_lt_compat]).
set (D := fun j => norm (minus (e j) (et j))).
(* eta lam0 sum_{j<=k} D_j <= eta eps sum_{j<k} ‖e_j‖ *)
assert (Sum : forall k, (forall j, (j < k)%nat -> norm (N j (e j)) <= eps * norm (e j)) ->
  eta * lam0 * rsum k D + D k <= eta * eps * rsum k (fun j => norm (e j))).
{ intros k. induction k as [|k IH]; intros H.
  - cbn [Spec.rsum]. unfold D. rewrite Het0, (dist_self (e O)). lra.
  - specialize (IH ltac:(intros; apply H; lia)). assert (A := dev_step k eps (H k ltac:(lia))).
    cbn [Spec.rsum]. fold (D k) in A. fold (D (S k)) in A. lra. }
assert (Path : forall k, (forall j, (j < k)%nat -> norm (N j (e j)) <= eps * norm (e j)) ->
  rsum k (fun j => eta * norm (e j)) <= T -> rsum (S k) (fun j => eta * norm (e j)) <= T).
{ intros k H HT.
  assert (A : rsum (S k) (fun j => eta * norm (e j)) <= rsum (S k) (fun j => eta * norm (et j)) + eta * rsum (S k) D).
  { rewrite <- rsum_scal, <- rsum_plus. apply rsum_le. intros j _.
    assert (B := norm_le_dist (e j) (et j)). fold (D j) in B. assert (eta * norm (e j) <= eta * (D j + norm (et j))) by (apply Rmult_le_compat_l; lra). lra. }
  assert (B := Htau (S k)). assert (C := Sum k H).
  assert (Dk : 0 <= D k) by apply norm_ge_0.
  assert (Q1 : eta * lam0 <= 1 \/ D k = 0).
  { destruct (Rle_lt_dec (eta * lam0) 1) as [L|L]; [now left | right].
    assert (B1 := linear_contraction (minus (e k) (et k))). fold (D k) in B1.
    assert (B2 := norm_ge_0 (linear_step (minus (e k) (et k)))). nra. }
  assert (C2 : eta * lam0 * rsum (S k) D <= eta * eps * rsum k (fun j => norm (e j))).
  { cbn [Spec.rsum]. destruct Q1 as [Q1|Q1].
    - assert (eta * lam0 * D k <= 1 * D k) by (apply Rmult_le_compat_r; auto). lra.
    - rewrite Q1 in *. lra. }
  rewrite rsum_scal in HT.
  assert (C3 : eta * rsum (S k) D <= eps / lam0 * T).
  { apply Rmult_le_reg_l with lam0; auto. replace (lam0 * (eps / lam0 * T)) with (eps * T) by (field; lra).
    apply Rle_trans with (eps * (eta * rsum k (fun j => norm (e j)))); [lra|]. apply Rmult_le_compat_l; lra. }
  lra. }
assert (All : forall k, (forall j, (j < k)%nat -> norm (N j (e j)) <= eps * norm (e j)) /\ rsum k (fun j => eta * norm (e j)) <= T).
{ intros k. induction k as [|k [IH1 IH2]].
  - split; [intros j Hj; lia | exact PT].
  - assert (P := Path k IH1 IH2). split; auto. intros j Hj.
    destruct (Nat.eq_dec j k) as [->|Ne]; [now apply HN | apply IH1; lia]. }
intros k. destruct (All (S k)) as [A B]. split; auto.
apply (kernel_step (e k) (e (S k)) (N k (e k)) eps); auto.
Qed.

(** The linear path: [eta sum ‖et_j‖ <= ‖e0‖/lam0]. *)
Lemma linear_path k : 0 < lam0 -> rsum k (fun j => eta * norm (et j)) <= norm (e O) / lam0.
Proof.
intros Pl.
assert (A : lam0 * rsum k (fun j => eta * norm (et j)) + norm (et k) <= norm (e O)).
{ induction k as [|k IH]; [cbn [Spec.rsum]; rewrite Het0; lra|]. cbn [Spec.rsum].
  assert (B := linear_contraction (et k)). rewrite <- Het in B. lra. }
assert (B := norm_ge_0 (et k)). apply Rmult_le_reg_l with lam0; auto.
replace (lam0 * (norm (e O) / lam0)) with (norm (e O)) by (field; lra). lra.
Qed.

End Kernel.
