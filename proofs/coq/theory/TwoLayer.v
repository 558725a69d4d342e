(** * T2: the two-layer network, and T1⁺ for it

    [F_i(W) = sum_r c_r phi (w_r·x_i)], first layer trained, [|c_r| <= kappa]; in the papers
    [c_r = alpha a_r / sqrt m], [|a_r| = 1], so [kappa = alpha / sqrt m]. With [|phi'| <= B1] and
    [phi'] [B2]-Lipschitz, on the whole weight space

    - [beta = kappa B2 q_X], [q_X² <= q2] ([DataMatrix.quartic]): T2;
    - [Lam = kappa sqrt m B1 ‖X‖].

    Both are established for [Smooth] directly, by Taylor's formula in one variable, so the network
    needs no differentiability in the weight space: [Smooth] says that [net_d] is its derivative.
    There are [m+1] neurons and [n+1] samples ([Pow _ m], [Rn n]). *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation Residual Euclidean DataMatrix MainTheorem.
Open Scope R_scope.

Section TwoLayer.
Context {U : CompleteNormedModule R_AbsRing} (ip : U -> U -> R) (HU : IsInner U ip).
Variables (m n : nat) (X : nat -> U) (c : nat -> R) (phi dphi : R -> R).

Definition net (W : Pow U m) : Rn n :=
  vec n (fun i => rsum (S m) (fun r => c r * phi (ip (coord m W r) (X i)))).

(** Its derivative at [W] in the direction [H], and the adjoint of that. *)
Definition net_d (W H : Pow U m) : Rn n :=
  vec n (fun i => rsum (S m) (fun r => c r * dphi (ip (coord m W r) (X i)) * ip (coord m H r) (X i))).

Definition net_t (W : Pow U m) (z : Rn n) : Pow U m :=
  vec m (fun r => vsum (S n) (fun i => scal (c r * dphi (ip (coord m W r) (X i)) * coord n z i) (X i))).

Let ipW := ipp (U := U) ip m.
Let HW : IsInner (Pow U m) ipW := ipp_inner ip HU m.

Lemma ipn_vec (f : nat -> R) (z : Rn n) : ipn n (vec n f) z = rsum (S n) (fun i => f i * coord n z i).
Proof.
unfold ipn. rewrite ipp_rsum. apply rsum_ext. intros i Hi. rewrite coord_vec by lia. easy.
Qed.

Lemma net_adjoint W : adjoint ipW (ipn n) (net_d W) (net_t W).
Proof.
intros H z. unfold net_d. rewrite ipn_vec. unfold ipW. rewrite ipp_rsum.
rewrite (rsum_ext (S n) _ (fun i => rsum (S m) (fun r =>
  c r * dphi (ip (coord m W r) (X i)) * ip (coord m H r) (X i) * coord n z i))).
2: { intros i _. symmetry. apply rsum_scal_r. }
rewrite rsum_swap. apply rsum_ext. intros r Hr. unfold net_t. rewrite coord_vec by lia.
rewrite (ip_vsum_r ip HU). apply rsum_ext. intros i _. rewrite (ip_scal_r ip HU). ring.
Qed.

(** The tangent kernel: [‖J(W)ᵀ z‖² = sum_ij z_i z_j K_ij]. *)
Definition net_kernel (W : Pow U m) (i j : nat) : R :=
  ip (X i) (X j) * rsum (S m) (fun r => c r ^ 2 * (dphi (ip (coord m W r) (X i)) * dphi (ip (coord m W r) (X j)))).

Lemma net_kernel_form W z : norm (net_t W z) ^ 2 =
  rsum (S n) (fun i => rsum (S n) (fun j => coord n z i * coord n z j * net_kernel W i j)).
Proof.
rewrite (norm_rsum ip HU m).
rewrite (rsum_ext (S m) _ (fun r => rsum (S n) (fun i => rsum (S n) (fun j =>
  coord n z i * coord n z j * ip (X i) (X j) *
    (c r ^ 2 * (dphi (ip (coord m W r) (X i)) * dphi (ip (coord m W r) (X j)))))))).
2: { intros r Hr. unfold net_t. rewrite coord_vec by lia. rewrite <- (ip_norm _ _ HU), (ip_vsum ip HU).
  apply rsum_ext. intros i _. rewrite (ip_vsum_r ip HU). apply rsum_ext. intros j _.
  rewrite (ip_scal _ _ HU), (ip_scal_r ip HU). ring. }
rewrite rsum_swap. apply rsum_ext. intros i _. rewrite rsum_swap. apply rsum_ext. intros j _.
rewrite rsum_scal. unfold net_kernel. ring.
Qed.

Variables (kappa B1 B2 : R).
Hypothesis Hc : forall r, (r < S m)%nat -> Rabs (c r) <= kappa.
Hypothesis Hphi : forall t, is_derive phi t (dphi t).
Hypothesis HB1 : forall t, Rabs (dphi t) <= B1.
Hypothesis HB2 : forall s t, Rabs (dphi s - dphi t) <= B2 * Rabs (s - t).

Lemma kappa_pos : 0 <= kappa.
Proof. eapply Rle_trans; [apply Rabs_pos | apply (Hc O); lia]. Qed.

Lemma B1_pos : 0 <= B1.
Proof. eapply Rle_trans; [apply Rabs_pos | apply (HB1 0)]. Qed.

Lemma B2_pos : 0 <= B2.
Proof. assert (A := HB2 1 0). assert (P := Rabs_pos (dphi 1 - dphi 0)). rewrite Rminus_0_r, Rabs_R1 in A. lra. Qed.

(** Taylor's formula with the remainder of a Lipschitz derivative. *)
Lemma phi_taylor p d : Rabs (phi (p - d) - (phi p - dphi p * d)) <= B2 / 2 * d ^ 2.
Proof.
assert (T := linearisation_error (V := R_NormedModule) (W := R_NormedModule) Rmult Rmult ipR_inner ipR_inner
  phi (fun w h => dphi w * h) p B2 (Rabs d)).
assert (E : norm (minus (phi (minus p d)) (minus (phi p) (dphi p * d))) <= B2 / 2 * norm d ^ 2).
{ apply T.
  - intros w _. apply (filterdiff_ext_lin (U := R_NormedModule) (V := R_NormedModule) _ (fun h : R => scal h (dphi w))).
    + apply Hphi.
    + intros h. apply Rmult_comm.
  - intros w w' h _ _. change (Rabs (dphi w * h - dphi w' * h) <= B2 * Rabs (w - w') * Rabs h).
    rewrite <- Rmult_minus_distr_r, Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos | apply HB2].
  - rewrite (dist_self (V := R_NormedModule)). apply Rabs_pos.
  - rewrite (minus_minus_l (V := R_NormedModule)), norm_opp. apply Rle_refl. }
change (Rabs (phi (p - d) - (phi p - dphi p * d)) <= B2 / 2 * Rabs d ^ 2) in E. now rewrite pow2_abs in E.
Qed.

(** A bound on a vector of R^(n+1) from bounds on its entries. *)
Lemma vec_norm_le (f : nat -> R) (b : nat -> R) (s : R) : 0 <= s ->
  (forall i, (i < S n)%nat -> Rabs (f i) <= b i) -> rsum (S n) (fun i => b i ^ 2) <= s ^ 2 ->
  norm (vec n f : Rn n) <= s.
Proof.
intros Hs Hb H. apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2, (Rn_norm n).
eapply Rle_trans; [|exact H]. apply rsum_le. intros i Hi. rewrite coord_vec by lia.
assert (A := Hb i Hi). assert (P := Rabs_pos (f i)).
replace (f i * f i) with (Rabs (f i) ^ 2) by (rewrite pow2_abs; ring). now apply pow_incr.
Qed.

Variables (q2 X2 : R).
Hypothesis Hq2 : 0 <= q2.
Hypothesis HX2 : 0 <= X2.
Hypothesis Hquartic : quartic ip (S n) X q2.
Hypothesis Hspectral : spectral_sq ip (S n) X X2.

Let beta := kappa * B2 * sqrt q2.
Let Lam := kappa * B1 * sqrt (INR (S m) * X2).

(** The linearisation error: [beta/2 ‖H‖²]. *)
Lemma net_linearisation W H :
  norm (minus (net (minus W H)) (minus (net W) (net_d W H))) <= beta / 2 * norm H ^ 2.
Proof.
assert (Pk := kappa_pos). assert (PB := B2_pos). assert (Ps := sqrt_pos q2).
set (b := fun i => kappa * (B2 / 2) * rsum (S m) (fun r => ip (X i) (coord m H r) ^ 2)).
set (f := fun i => rsum (S m) (fun r => c r * (phi (ip (coord m W r) (X i) - ip (coord m H r) (X i)) -
  (phi (ip (coord m W r) (X i)) - dphi (ip (coord m W r) (X i)) * ip (coord m H r) (X i))))).
assert (E : minus (net (minus W H)) (minus (net W) (net_d W H)) = vec n f).
{ apply (coord_ext (U := R_CompleteNormedModule) n). intros i Hi.
  rewrite (coord_minus (U := R_CompleteNormedModule)), (coord_minus (U := R_CompleteNormedModule)).
  unfold net, net_d. rewrite !(coord_vec (U := R_CompleteNormedModule)) by auto. unfold f.
  match goal with |- minus ?a (minus ?b ?d) = _ => change (a - (b - d) = f i) end.
  unfold f. rewrite <- !rsum_minus. apply rsum_ext. intros r _.
  rewrite (coord_minus (U := U)), (ip_minus_l ip HU). ring. }
rewrite E. apply (vec_norm_le f b).
- apply Rmult_le_pos; [|apply pow2_ge_0]. unfold beta.
  assert (0 <= kappa * B2 * sqrt q2) by (apply Rmult_le_pos; auto; now apply Rmult_le_pos). lra.
- intros i _. unfold f, b. eapply Rle_trans; [apply rsum_abs|]. rewrite <- rsum_scal.
  apply rsum_le. intros r Hr. rewrite Rabs_mult, Rmult_assoc.
  apply Rmult_le_compat; try apply Rabs_pos; auto.
  eapply Rle_trans; [apply phi_taylor|]. rewrite (ip_sym _ _ HU (X i)). lra.
- unfold b. rewrite (rsum_ext (S n) _ (fun i => (kappa * (B2 / 2)) ^ 2 *
    rsum (S m) (fun r => ip (X i) (coord m H r) ^ 2) ^ 2)) by (intros; ring).
  rewrite rsum_scal. assert (A := quartic_family ip (S n) X q2 (S m) (coord m H) Hquartic).
  rewrite <- (norm_rsum ip HU m H) in A.
  apply Rle_trans with ((kappa * (B2 / 2)) ^ 2 * (q2 * (norm H ^ 2) ^ 2)).
  + apply Rmult_le_compat_l; [apply pow2_ge_0 | exact A].
  + right. unfold beta. rewrite <- (sqrt_sqrt q2) at 1 by auto. field.
Qed.

(** T2: the adjoint Jacobian is [beta]-Lipschitz. *)
Lemma net_lipschitz W W' z :
  norm (minus (net_t W z) (net_t W' z)) <= beta * norm (minus W W') * norm z.
Proof.
assert (Pk := kappa_pos). assert (PB := B2_pos). assert (Ps := sqrt_pos q2).
set (D := minus W W'). set (r0 := minus (net_t W z) (net_t W' z)).
assert (Pb : 0 <= beta) by (unfold beta; apply Rmult_le_pos; auto; now apply Rmult_le_pos).
assert (PD := norm_ge_0 D). assert (Pz := norm_ge_0 z). assert (Pr := norm_ge_0 r0).
apply (norm_le_of_ip ipW HW); [apply Rmult_le_pos; auto; now apply Rmult_le_pos|].
set (t := fun i => rsum (S m) (fun r => Rabs (ip (X i) (coord m D r)) * Rabs (ip (X i) (coord m r0 r)))).
assert (E : ipW r0 r0 = rsum (S n) (fun i => coord n z i * rsum (S m) (fun r =>
  c r * (dphi (ip (coord m W r) (X i)) - dphi (ip (coord m W' r) (X i))) * ip (coord m r0 r) (X i)))).
{ unfold r0 at 1. rewrite (ip_minus_l ipW HW), !(ip_sym _ _ HW _ r0), <- !net_adjoint.
  unfold net_d. rewrite !ipn_vec, <- rsum_minus. apply rsum_ext. intros i _.
  rewrite <- Rmult_minus_distr_r, <- rsum_minus, Rmult_comm. f_equal. apply rsum_ext. intros r _. ring. }
rewrite E.
assert (T : rsum (S n) (fun i => coord n z i * rsum (S m) (fun r =>
  c r * (dphi (ip (coord m W r) (X i)) - dphi (ip (coord m W' r) (X i))) * ip (coord m r0 r) (X i)))
  <= rsum (S n) (fun i => Rabs (coord n z i) * (kappa * B2 * t i))).
{ apply rsum_le. intros i _. eapply Rle_trans; [apply Rle_abs|]. rewrite Rabs_mult.
  apply Rmult_le_compat_l; [apply Rabs_pos|]. eapply Rle_trans; [apply rsum_abs|].
  unfold t. rewrite <- rsum_scal. apply rsum_le. intros r Hr. rewrite !Rabs_mult.
  rewrite (ip_sym _ _ HU (X i) (coord m r0 r)), <- Rmult_assoc.
  apply Rmult_le_compat_r; [apply Rabs_pos|]. rewrite Rmult_assoc.
  apply Rmult_le_compat; try apply Rabs_pos; auto.
  eapply Rle_trans; [apply HB2|]. apply Rmult_le_compat_l; auto.
  unfold D. rewrite (coord_minus (U := U)), (ip_sym _ _ HU (X i)), (ip_minus_l ip HU). apply Rle_refl. }
eapply Rle_trans; [exact T|].
rewrite (rsum_ext (S n) _ (fun i => (kappa * B2) * (Rabs (coord n z i) * t i))) by (intros; ring).
rewrite rsum_scal.
assert (C := rsum_cauchy_schwarz (S n) (fun i => Rabs (coord n z i)) t).
assert (Q := quartic_family_pair ip (S n) X q2 (S m) (coord m D) (coord m r0) Hq2 Hquartic).
rewrite <- !(norm_rsum ip HU m) in Q. fold t in Q.
rewrite (rsum_ext (S n) _ (fun i => t i * t i)) in Q by (intros; unfold t; ring).
cbv beta in C.
rewrite (rsum_ext (S n) (fun i => Rabs (coord n z i) * Rabs (coord n z i)) (fun i => coord n z i * coord n z i)) in C.
2: { intros i _. rewrite <- Rabs_mult. apply Rabs_pos_eq. apply Rle_0_sqr. }
rewrite <- (Rn_norm n) in C.
set (s := rsum (S n) (fun i => Rabs (coord n z i) * t i)) in *.
assert (S1 : s <= norm z * (sqrt q2 * norm D * norm r0)).
{ assert (0 <= norm z * (sqrt q2 * norm D * norm r0)) by (apply Rmult_le_pos; auto; apply Rmult_le_pos; auto; now apply Rmult_le_pos).
  apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2. eapply Rle_trans; [exact C|].
  apply Rle_trans with (norm z ^ 2 * (q2 * norm D ^ 2 * norm r0 ^ 2)).
  - apply Rmult_le_compat_l; [apply pow2_ge_0 | exact Q].
  - right. rewrite <- (sqrt_sqrt q2) at 1 by auto. ring. }
apply Rle_trans with ((kappa * B2) * (norm z * (sqrt q2 * norm D * norm r0))).
- apply Rmult_le_compat_l; auto. now apply Rmult_le_pos.
- right. unfold beta. ring.
Qed.

(** H3 everywhere: [Lam = kappa sqrt m B1 ‖X‖]. *)
Lemma net_norm W z : norm (net_t W z) <= Lam * norm z.
Proof.
assert (Pk := kappa_pos). assert (PB := B1_pos). assert (Pz := norm_ge_0 z).
assert (PI : 0 <= INR (S m)) by apply pos_INR.
assert (PL : 0 <= Lam) by (unfold Lam; apply Rmult_le_pos; [now apply Rmult_le_pos | apply sqrt_pos]).
apply Rsqr_incr_0_var; [|now apply Rmult_le_pos]. rewrite !Rsqr_pow2, (norm_rsum ip HU m).
apply Rle_trans with (rsum (S m) (fun _ => kappa ^ 2 * B1 ^ 2 * X2 * norm z ^ 2)).
- apply rsum_le. intros r Hr. unfold net_t. rewrite coord_vec by lia.
  eapply Rle_trans; [apply (spectral_dual ip HU (S n) X X2); auto|].
  replace (kappa ^ 2 * B1 ^ 2 * X2 * norm z ^ 2) with (X2 * (kappa ^ 2 * B1 ^ 2 * norm z ^ 2)) by ring.
  apply Rmult_le_compat_l; auto. rewrite (Rn_norm n), <- rsum_scal. apply rsum_le. intros i _.
  set (p := dphi (ip (coord m W r) (X i))). set (zi := coord n z i).
  replace (c r * p * zi * (c r * p * zi)) with (Rabs (c r) ^ 2 * Rabs p ^ 2 * (zi * zi)) by (rewrite !pow2_abs; ring).
  apply Rmult_le_compat_r; [apply Rle_0_sqr|].
  apply Rmult_le_compat; try apply pow2_ge_0; apply pow_incr; split; try apply Rabs_pos; auto. apply HB1.
- rewrite rsum_const. right. unfold Lam. rewrite !Rpow_mult_distr, pow2_sqrt; [ring|]. now apply Rmult_le_pos.
Qed.

(** H1 and H3, on every ball. *)
Theorem net_smooth W0 Rad b L : beta <= b -> Lam <= L -> Smooth ipW (ipn n) net net_d net_t W0 b b L Rad.
Proof.
intros Hb HL. apply (smooth_weaken (V := Pow U m) ipW (ipn n) net net_d net_t W0 beta b beta b Lam L); auto.
split; intros.
- apply net_adjoint.
- apply net_lipschitz.
- apply net_linearisation.
- apply net_norm.
Qed.

Variables (y : Rn n) (W0 : Pow U m) (b sigma0 eta : R).

(** T1⁺ and T2 together: gradient descent on a two-layer network, from its actual weights. The
    hypotheses are numbers: [h <= 1/2], [eta <= 1/Lam²], and [lambda_min (K W0) >= sigma0²]. *)
Theorem two_layer_gd :
  0 < eta -> 0 < sigma0 -> 0 <= b ->
  kappa ^ 2 * B2 ^ 2 * q2 <= b ^ 2 ->
  eta * (kappa ^ 2 * B1 ^ 2 * (INR (S m) * X2)) <= 1 ->
  2 * b * norm (residual net y W0) <= sigma0 ^ 2 ->
  (forall z : Rn n, sigma0 ^ 2 * rsum (S n) (fun i => coord n z i * coord n z i) <=
     rsum (S n) (fun i => rsum (S n) (fun j => coord n z i * coord n z j * net_kernel W0 i j))) ->
  kantorovich_conclusion net y net_t W0 eta b sigma0.
Proof.
intros He Hs Pb Hb Hst Hh HK.
assert (Pk := kappa_pos). assert (P1 := B1_pos). assert (P2 := B2_pos). assert (PI : 0 <= INR (S m)) by apply pos_INR.
apply (kantorovich_gd_smooth ipW HW (ipn n) (ipn_inner n) net y net_d net_t W0 eta b sigma0 Lam); auto.
- unfold Lam. apply Rmult_le_pos; [now apply Rmult_le_pos | apply sqrt_pos].
- unfold Lam. rewrite !Rpow_mult_distr, pow2_sqrt by now apply Rmult_le_pos. exact Hst.
- apply net_smooth; [|lra]. apply Rsqr_incr_0_var; auto. unfold beta.
  rewrite !Rsqr_pow2, !Rpow_mult_distr, pow2_sqrt; auto.
- intros z. apply Rsqr_incr_0_var; [|apply norm_ge_0]. rewrite !Rsqr_pow2, Rpow_mult_distr, (Rn_norm n), net_kernel_form.
  apply HK.
Qed.

End TwoLayer.
