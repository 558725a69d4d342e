(** * T4K for a two-layer ReLU network, from its actual weights

    Du, Zhai, Póczos, Singh 2019, Theorem 4.1, at kernel level and with explicit constants. Let [k_i] count
    the neurons whose margin on [x_i] is at most [r], and [eps >= lambda_max [kappa² |G_ij| (k_i + k_j)]].
    If [eps < lam0 <= lambda_min (K0)] and [kappa ‖X‖ E/(lam0 - eps) <= r], then every neuron stays within
    [r] of its start, the residual contracts by [1 - eta (lam0 - eps)] at every step, and the weights
    converge to weights that interpolate. [ReluTrains.relu_network_trains] says it on the statement page's terms. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Spec SpecNetwork.
From NTK.theory Require Import FiniteSum Normed InnerProduct LemmaL Euclidean DataMatrix MatrixFacts MatrixOperator
  KernelPerturbation Relu.
Open Scope R_scope.

Section Relu.
Context {U : NormedModule R_AbsRing} (ip : U -> U -> R) (HU : IsInner U ip).
Variables (n m : nat) (x : nat -> U) (y c : nat -> R) (s0 eta : R) (w : nat -> nat -> U).
Notation crd := (coord (U := R_CompleteNormedModule) n).

Definition pre (t i r : nat) : R := ip (w t r) (x i).
Definition res (t : nat) : Rn n := vec n (fun i => rsum m (fun r => c r * relu (pre t i r)) - y i).

Hypothesis Hs0 : 0 <= s0 <= 1.
Hypothesis Heta : 0 < eta.
Hypothesis Hw : forall t r, (r < m)%nat -> w (S t) r = minus (w t r)
  (scal eta (vsum (S n) (fun i => scal (crd (res t) i * (c r * step s0 (pre t i r))) (x i)))).

Let G (i j : nat) : R := ip (x i) (x j).
Definition relu_kernel (i j : nat) : R :=
  G i j * rsum m (fun r => c r ^ 2 * (step s0 (pre 0 i r) * step s0 (pre 0 j r))).
Definition step_kernel (t i j : nat) : R :=
  G i j * rsum m (fun r => c r ^ 2 * (quotient s0 (pre t i r) (pre (S t) i r) * step s0 (pre t j r))).

Lemma pre_step t i r : (r < m)%nat -> pre (S t) i r - pre t i r =
  - eta * (c r * rsum (S n) (fun j => crd (res t) j * step s0 (pre t j r) * G i j)).
Proof.
intros Hr. unfold pre at 1 2. rewrite Hw by auto.
rewrite (ip_minus_l ip HU), (ip_scal _ _ HU), (ip_vsum ip HU).
assert (E : c r * rsum (S n) (fun j => crd (res t) j * step s0 (pre t j r) * G i j) =
  rsum (S n) (fun j => ip (scal (crd (res t) j * (c r * step s0 (pre t j r))) (x j)) (x i))).
{ rewrite <- rsum_scal. apply rsum_ext. intros j _. rewrite (ip_scal _ _ HU). unfold G.
  rewrite (ip_sym _ _ HU (x j)). ring. }
rewrite E. ring.
Qed.

Lemma res_step t i : (i < S n)%nat -> crd (res (S t)) i =
  crd (res t) i - eta * rsum (S n) (fun j => step_kernel t i j * crd (res t) j).
Proof.
intros Hi. unfold res at 1 2. rewrite !coord_vec by lia.
assert (E : rsum m (fun r => c r * relu (pre (S t) i r)) - rsum m (fun r => c r * relu (pre t i r)) =
  - eta * rsum (S n) (fun j => step_kernel t i j * crd (res t) j)); [|lra].
rewrite <- rsum_minus.
rewrite (rsum_ext m _ (fun r => rsum (S n) (fun j => - eta * (G i j * (c r ^ 2 *
  (quotient s0 (pre t i r) (pre (S t) i r) * step s0 (pre t j r))) * crd (res t) j)))).
- rewrite rsum_swap, <- rsum_scal. apply rsum_ext. intros j _. unfold step_kernel.
  rewrite <- rsum_scal, <- rsum_scal_r, <- rsum_scal. apply rsum_ext. intros r _. ring.
- intros r Hr. rewrite <- Rmult_minus_distr_l, (quotient_spec s0 (pre t i r)), pre_step by auto.
  rewrite <- rsum_scal, <- rsum_scal, <- rsum_scal, <- rsum_scal. apply rsum_ext. intros j _. ring.
Qed.

Let N (t : nat) (i j : nat) : R := step_kernel t i j - relu_kernel i j.

Lemma res_recursion t : res (S t) =
  minus (linear_step (matop n relu_kernel) eta (res t)) (scal eta (matop n (N t) (res t))).
Proof.
apply (coord_ext (U := R_CompleteNormedModule) n). intros i Hi. rewrite res_step by lia. unfold linear_step.
rewrite !(coord_minus (U := R_CompleteNormedModule)), !(coord_scal (U := R_CompleteNormedModule)), !coord_matop by lia.
match goal with |- _ = ?rhs => change rhs with
  (crd (res t) i - eta * rsum (S n) (fun j => relu_kernel i j * crd (res t) j) - eta * rsum (S n) (fun j => N t i j * crd (res t) j)) end.
unfold N. rewrite (rsum_ext (S n) (fun j => (step_kernel t i j - relu_kernel i j) * crd (res t) j)
  (fun j => step_kernel t i j * crd (res t) j - relu_kernel i j * crd (res t) j)) by (intros; ring).
rewrite rsum_minus. match goal with |- ?a = ?b => change (@eq R a b) end. ring.
Qed.

Variables (kappa X2 : R).
Hypothesis HX2 : 0 <= X2.
Hypothesis Hspec : spectral_sq ip (S n) x X2.
Hypothesis Hc : forall r, (r < m)%nat -> Rabs (c r) <= kappa.

(** The squared gradient of one neuron. *)
Lemma neuron_gradient (z : Rn n) (s : nat -> R) (cr : R) : Rabs cr <= kappa -> (forall i, 0 <= s i <= 1) ->
  norm (vsum (S n) (fun i => scal (crd z i * (cr * s i)) (x i))) ^ 2 <= X2 * (kappa ^ 2 * norm z ^ 2).
Proof.
intros Hcr Hs. eapply Rle_trans; [apply (spectral_dual ip HU (S n) x X2); auto|].
apply Rmult_le_compat_l; auto. rewrite (Rn_norm n), <- rsum_scal. apply rsum_le. intros i _.
replace (crd z i * (cr * s i) * (crd z i * (cr * s i))) with (Rabs cr ^ 2 * s i ^ 2 * (crd z i * crd z i)) by (rewrite pow2_abs; ring).
apply Rmult_le_compat_r; [apply Rle_0_sqr|]. rewrite <- (Rmult_1_r (kappa ^ 2)).
apply Rmult_le_compat; try apply pow2_ge_0.
- apply pow_incr. split; [apply Rabs_pos | auto].
- replace 1 with (1 ^ 2) by ring. apply pow_incr. apply Hs.
Qed.

Lemma neuron_step t r : (r < m)%nat ->
  norm (minus (w (S t) r) (w t r)) <= kappa * sqrt X2 * (eta * norm (res t)).
Proof.
intros Hr. assert (Pk : 0 <= kappa) by (eapply Rle_trans; [apply Rabs_pos | apply (Hc r Hr)]).
rewrite Hw by auto. eapply Rle_trans; [apply step_dist; lra|].
assert (B := neuron_gradient (res t) (fun i => step s0 (pre t i r)) (c r) (Hc r Hr) (fun i => step_range s0 _ Hs0)).
set (v := vsum (S n) (fun i => scal (crd (res t) i * (c r * step s0 (pre t i r))) (x i))) in *.
assert (C : norm v <= kappa * sqrt X2 * norm (res t)).
{ assert (P2 := sqrt_pos X2). assert (P3 := norm_ge_0 (res t)).
  apply Rsqr_incr_0_var; [|apply Rmult_le_pos; auto; now apply Rmult_le_pos].
  rewrite !Rsqr_pow2, !Rpow_mult_distr, pow2_sqrt by auto. lra. }
apply Rmult_le_compat_l with (r := eta) in C; [|lra]. lra.
Qed.

Lemma neuron_move t r : (r < m)%nat ->
  norm (minus (w t r) (w 0%nat r)) <= kappa * sqrt X2 * rsum t (fun j => eta * norm (res j)).
Proof.
intros Hr. induction t as [|t IH]; [rewrite (dist_self (w 0%nat r)); cbn [Spec.rsum]; lra|].
cbn [Spec.rsum].
assert (T := dist_triangle (w (S t) r) (w t r) (w 0%nat r)). assert (A := neuron_step t r Hr). lra.
Qed.

Lemma relu_kernel_sym : symmetric (S n) relu_kernel.
Proof.
intros i j _ _. unfold relu_kernel, G. rewrite (ip_sym _ _ HU). f_equal. apply rsum_ext. intros r _. ring.
Qed.

(** [‖K0‖ <= kappa² m ‖X‖²]. *)
Lemma relu_kernel_max (z : Rn n) : ipn n (matop n relu_kernel z) z <= kappa ^ 2 * INR m * X2 * norm z ^ 2.
Proof.
rewrite matop_form.
assert (E : qform (S n) relu_kernel (crd z) =
  rsum m (fun r => norm (vsum (S n) (fun i => scal (crd z i * (c r * step s0 (pre 0 i r))) (x i))) ^ 2)).
{ unfold qform. rewrite (rsum_ext m _ (fun r => rsum (S n) (fun i => rsum (S n) (fun j =>
    crd z i * crd z j * (G i j * (c r ^ 2 * (step s0 (pre 0 i r) * step s0 (pre 0 j r)))))))).
  - symmetry. rewrite rsum_swap. apply rsum_ext. intros i _. rewrite rsum_swap. apply rsum_ext. intros j _.
    unfold relu_kernel. rewrite <- rsum_scal, <- rsum_scal. easy.
  - intros r _. rewrite <- (ip_norm _ _ HU), (ip_vsum ip HU). apply rsum_ext. intros i _.
    rewrite (ip_vsum_r ip HU). apply rsum_ext. intros j _. rewrite (ip_scal _ _ HU), (ip_scal_r ip HU). unfold G. ring. }
rewrite E. apply Rle_trans with (rsum m (fun _ => X2 * (kappa ^ 2 * norm z ^ 2))).
- apply rsum_le. intros r Hr. apply (neuron_gradient z (fun i => step s0 (pre 0 i r))); auto.
  intros i. now apply step_range.
- rewrite rsum_const. right. ring.
Qed.

Variables (r0 : R) (k : nat -> R) (eps lam0 E : R).
Hypothesis Hcount : forall i, (i < S n)%nat ->
  rsum m (fun r => if Rle_dec (Rabs (pre 0 i r)) (r0 * norm (x i)) then 1 else 0) <= k i.
Hypothesis Heps : 0 <= eps < lam0.
Hypothesis Hmax : lambda_max_le (S n) (fun i j => kappa ^ 2 * Rabs (G i j) * (k i + k j)) eps.
Hypothesis Hmin : lambda_min_ge (S n) relu_kernel lam0.
Hypothesis Hstep : eta * (kappa ^ 2 * INR m * X2) <= 1.
Hypothesis HE : norm (res 0) <= E.
Hypothesis Hr0 : kappa * sqrt X2 * (E / (lam0 - eps)) <= r0.
Hypothesis Hm : (0 < m)%nat.

Let kappa_pos : 0 <= kappa.
Proof. exact (Rle_trans _ _ _ (Rabs_pos _) (Hc 0%nat Hm)). Qed.

(** While neurons stay within [r0], at the beginning and at the end of the step, [‖N_t‖ <= eps]. *)
Lemma flips_bounded t (z : Rn n) :
  (forall r, (r < m)%nat -> norm (minus (w t r) (w 0%nat r)) <= r0) ->
  (forall r, (r < m)%nat -> norm (minus (w (S t) r) (w 0%nat r)) <= r0) ->
  norm (matop n (N t) z) <= eps * norm z.
Proof.
intros H1 H2. apply (matop_norm n (N t) (fun i j => kappa ^ 2 * Rabs (G i j) * (k i + k j))); auto; try lra.
- intros i j _ _. unfold G. rewrite (ip_sym _ _ HU). ring.
- intros i j Hi Hj. unfold N, step_kernel, relu_kernel. rewrite <- Rmult_minus_distr_l, Rabs_mult.
  rewrite (Rmult_comm (kappa ^ 2)), Rmult_assoc. apply Rmult_le_compat_l; [apply Rabs_pos|].
  set (fl := fun i r => if Rle_dec (Rabs (pre 0 i r)) (r0 * norm (x i)) then 1 else 0).
  eapply Rle_trans; [apply (flip_sum m (fun r => c r ^ 2) _ _ _ _ (fl i) (fl j) (kappa ^ 2))|].
  + intros r Hr. split; [apply pow2_ge_0|]. rewrite <- pow2_abs. apply pow_incr. split; [apply Rabs_pos | auto].
  + intros r _. now apply quotient_range.
  + intros r _. now apply step_range.
  + intros r _. now apply step_range.
  + intros r _. now apply step_range.
  + intros r Hr. unfold fl. destruct (Rle_dec (Rabs (pre 0 i r)) (r0 * norm (x i))) as [_|Nf]; [now left | right].
    apply Rnot_le_lt in Nf. split; auto. apply quotient_same.
    * apply (flip_margin ip HU (w t r) (w 0%nat r) (x i) r0); auto.
    * apply (flip_margin ip HU (w (S t) r) (w 0%nat r) (x i) r0); auto.
  + intros r Hr. unfold fl. destruct (Rle_dec (Rabs (pre 0 j r)) (r0 * norm (x j))) as [_|Nf]; [now left | right].
    apply Rnot_le_lt in Nf. split; auto. apply step_same.
    apply (flip_margin ip HU (w t r) (w 0%nat r) (x j) r0); auto.
  + apply Rmult_le_compat_l; [apply pow2_ge_0|]. apply Rplus_le_compat; apply Hcount; auto.
Qed.

Fixpoint lin (t : nat) : Rn n := match t with O => res 0 | S t => linear_step (matop n relu_kernel) eta (lin t) end.

(** ** T4K (a) *)
Theorem relu_gd t :
  norm (res (S t)) <= (1 - eta * (lam0 - eps)) * norm (res t) /\
  rsum (S t) (fun j => eta * norm (res j)) <= E / (lam0 - eps) /\
  (forall r, (r < m)%nat -> norm (minus (w t r) (w 0%nat r)) <= r0).
Proof.
assert (Pl : 0 < lam0) by lra. assert (PE : 0 <= E) by exact (Rle_trans _ _ _ (norm_ge_0 _) HE).
assert (HK := matop_adjoint n relu_kernel relu_kernel_sym).
assert (Hlo : forall z : Rn n, lam0 * norm z ^ 2 <= ipn n (matop n relu_kernel z) z).
{ intros z. rewrite matop_form, (Rn_norm n). apply Hmin. }
assert (Hhi : forall z : Rn n, eta * ipn n (matop n relu_kernel z) z <= norm z ^ 2).
{ intros z. apply Rle_trans with (eta * (kappa ^ 2 * INR m * X2 * norm z ^ 2)).
  - apply Rmult_le_compat_l; [lra | apply relu_kernel_max].
  - rewrite <- Rmult_assoc. rewrite <- (Rmult_1_l (norm z ^ 2)) at 2. apply Rmult_le_compat_r; [apply pow2_ge_0 | lra]. }
assert (Htaut : forall j, rsum j (fun i => eta * norm (lin i)) <= E / lam0).
{ intros j. eapply Rle_trans; [apply (linear_path (ipn n) (ipn_inner n) (matop n relu_kernel) lam0 eta HK Heta (Rlt_le _ _ Pl) Hlo Hhi res lin); auto|].
  unfold Rdiv. apply Rmult_le_compat_r; [left; now apply Rinv_0_lt_compat | exact HE]. }
assert (ET : E / lam0 / (1 - eps / lam0) = E / (lam0 - eps)) by (field; lra).
assert (Hmove : forall j, rsum j (fun i => eta * norm (res i)) <= E / (lam0 - eps) ->
  forall r, (r < m)%nat -> norm (minus (w j r) (w 0%nat r)) <= r0).
{ intros j Hj r Hr. eapply Rle_trans; [now apply neuron_move|]. eapply Rle_trans; [|exact Hr0].
  apply Rmult_le_compat_l; auto. apply Rmult_le_pos; [auto | apply sqrt_pos]. }
assert (Mono : forall j, rsum j (fun i => eta * norm (res i)) <= rsum (S j) (fun i => eta * norm (res i))).
{ intros j. cbn [Spec.rsum]. assert (0 <= eta * norm (res j)) by (apply Rmult_le_pos; [lra | apply norm_ge_0]). lra. }
assert (Main := kernel_convergence (ipn n) (ipn_inner n) (matop n relu_kernel) lam0 eta HK Heta (Rlt_le _ _ Pl) Hlo Hhi
  res (fun j => matop n (N j)) lin res_recursion (fun _ => eq_refl) eq_refl eps (E / lam0) Heps Htaut).
rewrite ET in Main. destruct (Main) with (k := t) as [A B].
{ intros j Hj. apply flips_bounded; apply Hmove; auto. eapply Rle_trans; [apply Mono | exact Hj]. }
split; [exact B|]. split; [exact A|]. apply Hmove. eapply Rle_trans; [apply Mono | exact A].
Qed.

End Relu.
