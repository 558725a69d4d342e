(** * A two-layer network trains: T1⁺ and T2 on the statement page's own terms

    [network_trains] has numbers for hypotheses and nothing else: [lambda_min (K w0) >= lam0],
    [‖e0‖² <= E²], [lambda_max (XXᵀ) <= X2], [lambda_max (XXᵀ ∘ XXᵀ) <= q2], bounds of the activation,
    and the inequalities [2 beta E <= lam0] (that is h <= 1/2) and [eta kappa² B1² m X2 <= 1]. The work is
    to carry [TwoLayer.two_layer_gd] from the spaces [Pow (Rn d) m] to plain functions. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Spec SpecNetwork.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation Residual Euclidean DataMatrix MainTheorem TwoLayer.
Open Scope R_scope.

(** ** Rows as vectors *)

Lemma ipn_dot d (f g : nat -> R) : ipn d (vec d f) (vec d g) = Spec.dot (S d) f g.
Proof.
unfold ipn, Spec.dot. rewrite ipp_rsum. apply rsum_ext. intros i Hi. now rewrite !coord_vec by lia.
Qed.

Section Data.
Variables (d n : nat) (X : nat -> nat -> R).
Let x (i : nat) : Rn d := vec d (X i).
Let G (i j : nat) : R := Spec.dot (S d) (X i) (X j).

Lemma gram_form (u : nat -> R) : norm (vsum n (fun i => scal (u i) (x i))) ^ 2 = Spec.qform n G u.
Proof.
rewrite <- (ip_norm _ _ (ipn_inner d)), (ip_vsum _ (ipn_inner d)). apply rsum_ext. intros i _.
rewrite (ip_vsum_r _ (ipn_inner d)). apply rsum_ext. intros j _.
rewrite (ip_scal _ _ (ipn_inner d)), (ip_scal_r _ (ipn_inner d)). unfold x. rewrite ipn_dot. unfold G. ring.
Qed.

(** [‖X‖² = lambda_max (XXᵀ)]. *)
Theorem spectral_of_gram X2 : 0 <= X2 -> SpecNetwork.lambda_max_le n G X2 -> spectral_sq (ipn d) n x X2.
Proof.
intros P H v. set (u := fun i => ipn d (x i) v).
set (s := rsum n (fun i => u i * u i)).
assert (Es : rsum n (fun i => ipn d (x i) v ^ 2) = s) by (apply rsum_ext; intros; unfold u; ring).
rewrite Es. assert (Ps : 0 <= s) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
set (r := vsum n (fun i => scal (u i) (x i))).
assert (E1 : ipn d r v = s).
{ unfold r. rewrite (ip_vsum _ (ipn_inner d)). apply rsum_ext. intros i _. apply (ip_scal _ _ (ipn_inner d)). }
assert (E2 : norm r ^ 2 <= X2 * s) by (unfold r; rewrite gram_form; apply H).
assert (C := ip_le (ipn d) (ipn_inner d) r v). rewrite E1 in C.
assert (Pr := norm_ge_0 r). assert (Pv := norm_ge_0 v).
destruct Ps as [Ps|Zs]; [|rewrite <- Zs; apply Rmult_le_pos; auto; apply pow2_ge_0].
assert (C2 : s ^ 2 <= norm r ^ 2 * norm v ^ 2) by (rewrite <- Rpow_mult_distr; apply pow_incr; lra).
apply Rmult_le_reg_l with s; auto.
apply Rle_trans with (norm r ^ 2 * norm v ^ 2); [lra|].
apply Rle_trans with ((X2 * s) * norm v ^ 2); [|lra]. apply Rmult_le_compat_r; [apply pow2_ge_0 | exact E2].
Qed.

(** T2: [q_X² <= lambda_max (G∘G)]. *)
Theorem quartic_of_gram q2 : 0 <= q2 -> SpecNetwork.lambda_max_le n (fun i j => G i j ^ 2) q2 -> quartic (ipn d) n x q2.
Proof.
intros P H v. set (t := fun i => ipn d (x i) v ^ 2).
set (s := rsum n (fun i => t i * t i)).
assert (Es : rsum n (fun i => ipn d (x i) v ^ 4) = s) by (apply rsum_ext; intros; unfold t; ring).
rewrite Es. assert (Ps : 0 <= s) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
(* M = sum_i t_i x_i x_iᵀ, entrywise; s = <M, v vᵀ> *)
set (M := fun k l => rsum n (fun i => t i * (X i k * X i l))).
set (vk := coord (U := R_CompleteNormedModule) d v).
assert (Ex : forall i, ipn d (x i) v = rsum (S d) (fun k => X i k * vk k)).
{ intros i. unfold ipn. rewrite ipp_rsum. apply rsum_ext. intros k Hk. unfold x. now rewrite coord_vec by lia. }
assert (E1 : s = rsum (S d) (fun k => rsum (S d) (fun l => M k l * (vk k * vk l)))).
{ unfold s, M.
  rewrite (rsum_ext (S d) _ (fun k => rsum n (fun i => rsum (S d) (fun l => t i * (X i k * X i l) * (vk k * vk l))))).
  2: { intros k _. rewrite (rsum_swap n). apply rsum_ext. intros l _. symmetry. apply rsum_scal_r. }
  rewrite rsum_swap. apply rsum_ext. intros i _.
  assert (E : t i = rsum (S d) (fun k => rsum (S d) (fun l => X i k * vk k * (X i l * vk l)))).
  { unfold t. rewrite Ex. rewrite <- rsum_mult. ring. }
  rewrite E at 2. rewrite <- rsum_scal. apply rsum_ext. intros k _. rewrite <- rsum_scal.
  apply rsum_ext. intros l _. ring. }
assert (E2 : rsum (S d) (fun k => rsum (S d) (fun l => M k l * M k l)) = Spec.qform n (fun i j => G i j ^ 2) t).
{ unfold M, Spec.qform.
  rewrite (rsum_ext (S d) _ (fun k => rsum n (fun i => rsum n (fun j => rsum (S d) (fun l =>
     t i * (X i k * X i l) * (t j * (X j k * X j l))))))).
  2: { intros k _. rewrite (rsum_ext (S d) _ (fun l => rsum n (fun i => rsum n (fun j =>
        t i * (X i k * X i l) * (t j * (X j k * X j l)))))).
      2: { intros l _. apply rsum_mult. }
      rewrite rsum_swap. apply rsum_ext. intros i _. apply rsum_swap. }
  rewrite rsum_swap. apply rsum_ext. intros i _. rewrite rsum_swap. apply rsum_ext. intros j _.
  assert (EG : G i j ^ 2 = rsum (S d) (fun k => rsum (S d) (fun l => X i k * X j k * (X i l * X j l)))).
  { rewrite <- rsum_mult. unfold G, Spec.dot. ring. }
  rewrite EG, <- rsum_scal. apply rsum_ext. intros k _. rewrite <- rsum_scal. apply rsum_ext. intros l _. ring. }
assert (E3 : norm v ^ 2 = rsum (S d) (fun k => vk k * vk k)) by apply Rn_norm.
assert (C : s ^ 2 <= (q2 * s) * norm v ^ 4).
{ set (A := fun k => sqrt (rsum (S d) (fun l => M k l * M k l))).
  assert (Nv := norm_ge_0 v).
  assert (S1 : Rabs s <= rsum (S d) (fun k => A k * (Rabs (vk k) * norm v))).
  { rewrite E1. eapply Rle_trans; [apply rsum_abs|]. apply rsum_le. intros k _.
    rewrite (rsum_ext (S d) _ (fun l => vk k * (M k l * vk l))) by (intros; ring).
    rewrite rsum_scal, Rabs_mult.
    assert (T := rsum_cauchy_schwarz_sqrt (S d) (M k) vk).
    rewrite <- E3, sqrt_pow2 in T by auto. fold (A k) in T.
    apply Rmult_le_compat_l with (r := Rabs (vk k)) in T; [|apply Rabs_pos]. lra. }
  assert (T := rsum_cauchy_schwarz (S d) A (fun k => Rabs (vk k) * norm v)). cbv beta in T.
  rewrite (rsum_ext (S d) (fun k => A k * A k) (fun k => rsum (S d) (fun l => M k l * M k l))) in T.
  2: { intros k _. unfold A. apply sqrt_sqrt. apply rsum_nonneg. intros; apply Rle_0_sqr. }
  rewrite (rsum_ext (S d) (fun k => Rabs (vk k) * norm v * (Rabs (vk k) * norm v)) (fun k => norm v ^ 2 * (vk k * vk k))) in T.
  2: { intros k _. replace (vk k * vk k) with (Rabs (vk k) ^ 2) by (rewrite pow2_abs; ring). ring. }
  rewrite rsum_scal, <- E3, E2 in T. assert (Ht := H t). fold s in Ht.
  rewrite (Rabs_pos_eq s) in S1 by auto.
  assert (S2 : s ^ 2 <= rsum (S d) (fun k => A k * (Rabs (vk k) * norm v)) ^ 2) by (apply pow_incr; lra).
  eapply Rle_trans; [exact S2|]. eapply Rle_trans; [exact T|].
  replace (norm v ^ 2 * norm v ^ 2) with (norm v ^ 4) by ring.
  apply Rmult_le_compat_r; [apply pow_le; auto | exact Ht]. }
destruct Ps as [Ps|Zs]; [|rewrite <- Zs; apply Rmult_le_pos; auto; apply pow_le, norm_ge_0].
apply Rmult_le_reg_l with s; auto. lra.
Qed.

End Data.

(** ** The network *)

Section Network.
Variables (d m n : nat) (X : nat -> nat -> R) (y : nat -> R) (c : nat -> R) (phi dphi : R -> R).
Variables (w0 : nat -> nat -> R) (eta : R).

Let x (i : nat) : Rn d := vec d (X i).
Let weights (w : nat -> nat -> R) : Pow (Rn d) m := vec m (fun r => vec d (w r)).
Let Y : Rn n := vec n y.

Notation predict := (SpecNetwork.predict (S d) (S m) c phi).
Notation misfit := (SpecNetwork.misfit (S d) (S m) X y c phi).
Notation train := (SpecNetwork.train (S d) (S m) (S n) X y c phi dphi eta w0).
Notation N := (net (U := Rn d) (ipn d) m n x c phi).
Notation Nt := (net_t (U := Rn d) (ipn d) m n x c dphi).
Notation W := (gd (grad N Y Nt) (weights w0) eta).

Lemma weights_row w r : (r < S m)%nat -> coord m (weights w) r = vec d (w r).
Proof. intros H. unfold weights. rewrite coord_vec by lia. easy. Qed.

Lemma weights_dot w r i : (r < S m)%nat -> ipn d (coord m (weights w) r) (x i) = Spec.dot (S d) (w r) (X i).
Proof. intros H. rewrite weights_row by auto. apply ipn_dot. Qed.

Lemma net_predict w i : (i < S n)%nat -> coord n (N (weights w)) i = predict w (X i).
Proof.
intros Hi. unfold net. rewrite coord_vec by lia. apply rsum_ext. intros r Hr. now rewrite weights_dot.
Qed.

Lemma residual_misfit w i : (i < S n)%nat -> coord n (residual N Y (weights w)) i = misfit w i.
Proof.
intros Hi. unfold residual. rewrite (coord_minus (U := R_CompleteNormedModule)), net_predict by auto.
unfold Y. rewrite coord_vec by lia. easy.
Qed.

Lemma residual_sq w : norm (residual N Y (weights w)) ^ 2 = rsum (S n) (fun i => misfit w i * misfit w i).
Proof. rewrite Rn_norm. apply rsum_ext. intros i Hi. now rewrite residual_misfit. Qed.

Lemma residual_loss w : norm (residual N Y (weights w)) ^ 2 = 2 * SpecNetwork.loss (S d) (S m) (S n) X y c phi w.
Proof. rewrite residual_sq. unfold SpecNetwork.loss. field. Qed.

Lemma distance_weights v w : norm (minus (weights v) (weights w)) ^ 2 = SpecNetwork.distance_sq (S d) (S m) v w.
Proof.
rewrite (norm_rsum (ipn d) (ipn_inner d) m). apply rsum_ext. intros r Hr.
rewrite (coord_minus (U := Rn d)), !weights_row by auto. rewrite Rn_norm. apply rsum_ext. intros k Hk.
rewrite (coord_minus (U := R_CompleteNormedModule)), !coord_vec by lia.
change (minus (v r k) (w r k)) with (v r k - w r k). ring.
Qed.

Lemma coord_vsum K (f : nat -> Rn d) k : coord d (vsum K f) k = rsum K (fun i => coord d (f i) k).
Proof.
induction K as [|K IH].
- simpl. clear. revert k. induction d as [|d' IH]; intros k; [easy|]. destruct k as [|k]; [easy|]. exact (IH k).
- cbn [vsum Spec.rsum]. rewrite (coord_plus (U := R_CompleteNormedModule)), IH. easy.
Qed.

Lemma gradient_coord w r k : (r < S m)%nat -> (k < S d)%nat ->
  coord d (coord m (grad N Y Nt (weights w)) r) k =
  SpecNetwork.gradient (S d) (S m) (S n) X y c phi dphi w r k.
Proof.
intros Hr Hk. unfold grad, net_t. rewrite coord_vec, coord_vsum by lia. apply rsum_ext. intros i Hi.
rewrite (coord_scal (U := R_CompleteNormedModule)), weights_dot, residual_misfit by auto.
unfold x. rewrite coord_vec by lia.
change (c r * dphi (Spec.dot (S d) (w r) (X i)) * misfit w i * X i k =
  misfit w i * (c r * dphi (Spec.dot (S d) (w r) (X i)) * X i k)). ring.
Qed.

(** The two iterations are the same. *)
Lemma gd_train t : W t = weights (train t).
Proof.
induction t as [|t IH]; [easy|].
cbn [gd]. unfold gd_step. rewrite IH.
apply (coord_ext (U := Rn d) m). intros r Hr. rewrite (coord_minus (U := Rn d)), (coord_scal (U := Rn d)).
rewrite !weights_row by lia.
apply (coord_ext (U := R_CompleteNormedModule) d). intros k Hk.
rewrite (coord_minus (U := R_CompleteNormedModule)), (coord_scal (U := R_CompleteNormedModule)).
rewrite !coord_vec by lia. rewrite gradient_coord by lia. easy.
Qed.

Lemma kernel_spec w i j : (i < S n)%nat -> (j < S n)%nat ->
  net_kernel (U := Rn d) (ipn d) m x c dphi (weights w) i j = SpecNetwork.kernel (S d) (S m) X c dphi w i j.
Proof.
intros Hi Hj. unfold net_kernel, SpecNetwork.kernel. unfold x at 1 2. rewrite ipn_dot. f_equal.
apply rsum_ext. intros r Hr. now rewrite !weights_dot.
Qed.

(** A point of the weight space as plain weights. *)
Lemma weights_onto (ws : Pow (Rn d) m) : weights (fun r k => coord d (coord m ws r) k) = ws.
Proof.
apply (coord_ext (U := Rn d) m). intros r Hr. rewrite weights_row by lia.
apply (coord_ext (U := R_CompleteNormedModule) d). intros k Hk. now rewrite coord_vec by lia.
Qed.

Variables (kappa B1 B2 q2 X2 beta lam0 E : R).

Lemma network_trains_S :
  0 < eta -> 0 < lam0 -> 0 <= beta -> 0 <= E -> 0 <= q2 -> 0 <= X2 ->
  (forall r, (r < S m)%nat -> Rabs (c r) <= kappa) ->
  (forall t, is_derive phi t (dphi t)) ->
  (forall t, Rabs (dphi t) <= B1) ->
  (forall s t, Rabs (dphi s - dphi t) <= B2 * Rabs (s - t)) ->
  SpecNetwork.lambda_max_le (S n) (fun i j => Spec.dot (S d) (X i) (X j)) X2 ->
  SpecNetwork.lambda_max_le (S n) (fun i j => Spec.dot (S d) (X i) (X j) ^ 2) q2 ->
  kappa ^ 2 * B2 ^ 2 * q2 <= beta ^ 2 ->
  eta * (kappa ^ 2 * B1 ^ 2 * (INR (S m) * X2)) <= 1 ->
  rsum (S n) (fun i => misfit w0 i * misfit w0 i) <= E ^ 2 ->
  Spec.lambda_min_ge (S n) (SpecNetwork.kernel (S d) (S m) X c dphi w0) lam0 ->
  2 * beta * E <= lam0 ->
  SpecNetwork.trains (S d) (S m) (S n) X y c phi dphi eta
    (lam0 - 2 * beta * E) (2 * E / (sqrt lam0 + sqrt (lam0 - 2 * beta * E))) w0.
Proof.
intros He Hl Hb PE Hq HX Hc Hphi H1 H2 HG HG2 Hbeta Hst HE HK Hh.
set (E0 := norm (residual N Y (weights w0))).
assert (P0 : 0 <= E0) by apply norm_ge_0.
assert (E0E : E0 <= E).
{ apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2. unfold E0. now rewrite residual_sq. }
assert (Sl : sqrt lam0 ^ 2 = lam0) by (apply pow2_sqrt; lra).
assert (Ps : 0 < sqrt lam0) by now apply sqrt_lt_R0.
assert (bE : 2 * beta * E0 <= 2 * beta * E) by (apply Rmult_le_compat_l; lra).
assert (T := two_layer_gd (U := Rn d) (ipn d) (ipn_inner d) m n x c phi dphi kappa B1 B2 Hc Hphi H1 H2
  q2 X2 Hq HX (quartic_of_gram d (S n) X q2 Hq HG2) (spectral_of_gram d (S n) X X2 HX HG)
  Y (weights w0) beta (sqrt lam0) eta He Ps Hb Hbeta Hst).
fold E0 in T. rewrite Sl in T. specialize (T ltac:(lra)).
destruct T as [C1 [_ [_ [_ [C5 [ws [C6 [C7 [_ C8]]]]]]]]].
{ intros z. rewrite (rsum_ext (S n) (fun i => rsum (S n) (fun j => _)) (fun i => rsum (S n) (fun j =>
    coord n z i * coord n z j * SpecNetwork.kernel (S d) (S m) X c dphi w0 i j))).
  - exact (HK (coord n z)).
  - intros i Hi. apply rsum_ext. intros j Hj. now rewrite kernel_spec. }
fold E0 in C1, C5, C7. rewrite Sl in C1, C5, C7.
set (mu := lam0 - 2 * beta * E) in *. set (mu0 := lam0 - 2 * beta * E0) in *.
set (Rs := 2 * E / (sqrt lam0 + sqrt mu)). set (Rs0 := 2 * E0 / (sqrt lam0 + sqrt mu0)) in *.
assert (Hmu : 0 <= mu <= mu0) by (unfold mu, mu0; lra).
assert (Hrad : Rs0 <= Rs).
{ assert (Q : sqrt mu <= sqrt mu0) by (apply sqrt_le_1_alt; lra). assert (Q0 := sqrt_pos mu).
  unfold Rs, Rs0, Rdiv. apply Rmult_le_compat; try lra.
  - left. apply Rinv_0_lt_compat. lra.
  - apply Rinv_le_contravar; lra. }
assert (Hball : forall v, norm (minus (weights v) (weights w0)) <= Rs0 ->
  SpecNetwork.distance_sq (S d) (S m) v w0 <= Rs ^ 2).
{ intros v Hv. rewrite <- distance_weights. apply pow_incr. split; [apply norm_ge_0 | lra]. }
split; [|split].
- intros t. assert (A := C5 t). rewrite gd_train in A.
  assert (Pt := norm_ge_0 (residual N Y (weights (train t)))).
  assert (B : norm (residual N Y (weights (train t))) ^ 2 <= ((1 - eta * mu) ^ t * E0) ^ 2).
  { destruct P0 as [P0|Z0].
    - assert (Q1 : 0 <= 1 - eta * mu0).
      { assert (A1 := C5 1%nat). assert (PA := norm_ge_0 (residual N Y (W 1))). rewrite pow_1 in A1.
        apply Rmult_le_reg_r with E0; auto. rewrite Rmult_0_l. lra. }
      assert (Q2 : 0 <= 1 - eta * mu0 <= 1 - eta * mu).
      { split; auto. assert (eta * mu <= eta * mu0) by (apply Rmult_le_compat_l; lra). lra. }
      apply pow_incr. split; auto. eapply Rle_trans; [exact A|].
      apply Rmult_le_compat_r; [lra|]. now apply pow_incr.
    - rewrite <- Z0, Rmult_0_r in *. assert (Zt : norm (residual N Y (weights (train t))) = 0) by lra.
      rewrite Zt. lra. }
  rewrite residual_loss, Rpow_mult_distr in B. unfold E0 in B. rewrite residual_loss in B.
  rewrite <- pow_mult, Nat.mul_comm in B. lra.
- intros t. apply Hball. rewrite <- gd_train. destruct (C1 t) as [A1 A2]. exact (Rle_trans _ _ _ A1 A2).
- exists (fun r k => coord d (coord m ws r) k). split; [|split].
  + intros r k Hr Hk. apply is_lim_seq_Reals.
    assert (L := lim_dist_0 (V := Pow (Rn d) m) W ws C6).
    apply is_lim_seq_spec. intros eps. apply is_lim_seq_spec in L. destruct (L eps) as [K HK'].
    exists K. intros t Ht. specialize (HK' t Ht). rewrite Rminus_0_r, Rabs_pos_eq in HK' by apply norm_ge_0.
    eapply Rle_lt_trans; [|exact HK'].
    assert (A := coord_norm_le (U := Rn d) (ipn d) (ipn_inner d) m (minus (W t) ws) r ltac:(lia)).
    eapply Rle_trans; [|exact A].
    assert (B := coord_norm_le (U := R_CompleteNormedModule) Rmult ipR_inner d (coord m (minus (W t) ws) r) k ltac:(lia)).
    eapply Rle_trans; [|exact B].
    rewrite (coord_minus (U := Rn d)), (coord_minus (U := R_CompleteNormedModule)), gd_train, weights_row, coord_vec by lia.
    apply Rle_refl.
  + apply Hball. now rewrite weights_onto.
  + intros i Hi. rewrite <- net_predict, weights_onto, C8 by auto. unfold Y. apply coord_vec. lia.
Qed.

End Network.

(** ** T1⁺ with T2, for a two-layer network, from its weights *)
Theorem network_trains (d m n : nat) (X : nat -> nat -> R) (y c : nat -> R) (phi dphi : R -> R)
  (w0 : nat -> nat -> R) (eta kappa B1 B2 q2 X2 beta lam0 E : R) :
  (0 < d)%nat -> (0 < m)%nat -> (0 < n)%nat ->
  0 < eta -> 0 < lam0 -> 0 <= beta -> 0 <= E -> 0 <= q2 -> 0 <= X2 ->
  (* the network: |c_r| <= kappa, |phi'| <= B1, phi' is B2-Lipschitz *)
  (forall r, (r < m)%nat -> Rabs (c r) <= kappa) ->
  (forall t, is_derive phi t (dphi t)) ->
  (forall t, Rabs (dphi t) <= B1) ->
  (forall s t, Rabs (dphi s - dphi t) <= B2 * Rabs (s - t)) ->
  (* the data: ‖X‖² and q_X² *)
  SpecNetwork.lambda_max_le n (fun i j => Spec.dot d (X i) (X j)) X2 ->
  SpecNetwork.lambda_max_le n (fun i j => Spec.dot d (X i) (X j) ^ 2) q2 ->
  (* the constants: beta, the step size, the residual, the smallest eigenvalue, h <= 1/2 *)
  kappa ^ 2 * B2 ^ 2 * q2 <= beta ^ 2 ->
  eta * (kappa ^ 2 * B1 ^ 2 * (INR m * X2)) <= 1 ->
  rsum n (fun i => SpecNetwork.misfit d m X y c phi w0 i * SpecNetwork.misfit d m X y c phi w0 i) <= E ^ 2 ->
  Spec.lambda_min_ge n (SpecNetwork.kernel d m X c dphi w0) lam0 ->
  2 * beta * E <= lam0 ->
  SpecNetwork.trains d m n X y c phi dphi eta
    (lam0 - 2 * beta * E) (2 * E / (sqrt lam0 + sqrt (lam0 - 2 * beta * E))) w0.
Proof.
destruct d as [|d]; [lia|]. destruct m as [|m]; [lia|]. destruct n as [|n]; [lia|]. intros _ _ _.
apply network_trains_S.
Qed.
