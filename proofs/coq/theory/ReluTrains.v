(** * A two-layer ReLU network trains: T4K on the statement page's own terms

    The hypotheses are numbers: how many neurons have margin at most [r] on each input ([k]), the
    largest eigenvalue [eps] of [kappa² |G_ij| (k_i + k_j)], [lambda_min (K w0) >= lam0 > eps],
    [‖e0‖ <= E], [lambda_max (XXᵀ) <= X2], the step size and [kappa √X2 E/(lam0 - eps) <= r]. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Spec SpecNetwork.
From NTK.theory Require Import FiniteSum Normed InnerProduct Residual Euclidean DataMatrix MatrixFacts MatrixOperator
  Relu ReluNetwork Network.
Open Scope R_scope.

Lemma rsum_lim n (f : nat -> nat -> R) (l : nat -> R) : (forall i, (i < n)%nat -> is_lim_seq (f i) (l i)) ->
  is_lim_seq (fun t => rsum n (fun i => f i t)) (rsum n l).
Proof.
induction n as [|n IH]; intros H; cbn [Spec.rsum]; [apply is_lim_seq_const|].
apply is_lim_seq_plus'; [apply IH; auto | auto].
Qed.

Lemma relu_lim (u : nat -> R) (l : R) : is_lim_seq u l -> is_lim_seq (fun t => relu (u t)) (relu l).
Proof.
intros H. apply is_lim_seq_spec. apply is_lim_seq_spec in H. intros eps. destruct (H eps) as [K HK].
exists K. intros t Ht. eapply Rle_lt_trans; [|exact (HK t Ht)].
rewrite (quotient_spec 0 l (u t)), Rabs_mult. rewrite <- (Rmult_1_l (Rabs (u t - l))) at 2.
apply Rmult_le_compat_r; [apply Rabs_pos|].
assert (Q := quotient_range 0 l (u t) ltac:(lra)). rewrite Rabs_pos_eq; lra.
Qed.

Section Trains.
Variables (d m n : nat) (X : nat -> nat -> R) (y c : nat -> R) (s0 eta : R) (w0 : nat -> nat -> R).
Notation train := (SpecNetwork.train (S d) m (S n) X y c relu (step s0) eta w0).
Notation misfit := (SpecNetwork.misfit (S d) m X y c relu).
Let x (i : nat) : Rn d := vec d (X i).
Let w (t r : nat) : Rn d := vec d (train t r).
Notation Res := (res (ipn d) n m x y c w).

Lemma pre_dot t i r : pre (ipn d) x w t i r = Spec.dot (S d) (train t r) (X i).
Proof. apply ipn_dot. Qed.

Lemma res_coord t i : (i < S n)%nat -> coord n (Res t) i = misfit (train t) i.
Proof.
intros Hi. unfold res. rewrite coord_vec by lia. unfold SpecNetwork.misfit, SpecNetwork.predict. f_equal.
apply rsum_ext. intros r _. now rewrite pre_dot.
Qed.

Lemma res_sq t : norm (Res t) ^ 2 = rsum (S n) (fun i => misfit (train t) i * misfit (train t) i).
Proof. rewrite Rn_norm. apply rsum_ext. intros i Hi. now rewrite res_coord. Qed.

Lemma w_recursion t r : w (S t) r = minus (w t r)
  (scal eta (vsum (S n) (fun i => scal (coord n (Res t) i * (c r * step s0 (pre (ipn d) x w t i r))) (x i)))).
Proof.
apply (coord_ext (U := R_CompleteNormedModule) d). intros k Hk.
rewrite (coord_minus (U := R_CompleteNormedModule)), (coord_scal (U := R_CompleteNormedModule)).
unfold w at 1 2. rewrite !coord_vec by lia. rewrite coord_vsum.
match goal with |- _ = minus ?a (scal eta ?b) => change (minus a (scal eta b)) with (a - eta * b) end.
cbn [SpecNetwork.train]. f_equal. f_equal. apply rsum_ext. intros i Hi.
rewrite (coord_scal (U := R_CompleteNormedModule)), res_coord, pre_dot by auto. unfold x. rewrite coord_vec by lia.
match goal with |- _ = scal ?a ?b => change (scal a b) with (a * b) end. ring.
Qed.

Lemma kernel_relu i j :
  relu_kernel (ipn d) m x c s0 w i j = SpecNetwork.kernel (S d) m X c (step s0) w0 i j.
Proof.
unfold relu_kernel, SpecNetwork.kernel. unfold x at 1 2. rewrite ipn_dot. f_equal.
apply rsum_ext. intros r _. now rewrite !pre_dot.
Qed.

Lemma w_dist t r v : norm (minus (w t r) (vec d v : Rn d)) ^ 2 = rsum (S d) (fun k => (train t r k - v k) ^ 2).
Proof.
rewrite Rn_norm. apply rsum_ext. intros k Hk. rewrite (coord_minus (U := R_CompleteNormedModule)).
unfold w. rewrite !coord_vec by lia. match goal with |- minus ?a ?b * _ = _ => change (minus a b) with (a - b) end. ring.
Qed.

Lemma relu_network_trains_S (kappa X2 r0 eps lam0 E : R) (k : nat -> R) :
  0 <= s0 <= 1 -> 0 < eta -> (0 < m)%nat -> 0 <= X2 -> 0 <= E -> 0 <= r0 -> 0 <= eps < lam0 ->
  (forall r, (r < m)%nat -> Rabs (c r) <= kappa) ->
  lambda_max_le (S n) (fun i j => Spec.dot (S d) (X i) (X j)) X2 ->
  (forall i, (i < S n)%nat -> rsum m (fun r =>
     if Rle_dec (Rabs (Spec.dot (S d) (w0 r) (X i))) (r0 * Spec.norm (S d) (X i)) then 1 else 0) <= k i) ->
  lambda_max_le (S n) (fun i j => kappa ^ 2 * Rabs (Spec.dot (S d) (X i) (X j)) * (k i + k j)) eps ->
  lambda_min_ge (S n) (SpecNetwork.kernel (S d) m X c (step s0) w0) lam0 ->
  eta * (kappa ^ 2 * INR m * X2) <= 1 ->
  rsum (S n) (fun i => misfit w0 i * misfit w0 i) <= E ^ 2 ->
  kappa * sqrt X2 * (E / (lam0 - eps)) <= r0 ->
  SpecNetwork.relu_trains (S d) m (S n) X y c relu (step s0) eta (lam0 - eps) r0 w0.
Proof.
intros Hs He Hm HX PE Pr0 Heps Hc HG Hk Hmax Hmin Hst HE Hr.
assert (HX' := spectral_of_gram d (S n) X X2 HX HG).
assert (Hcount : forall i, (i < S n)%nat ->
  rsum m (fun r => if Rle_dec (Rabs (pre (ipn d) x w 0 i r)) (r0 * norm (x i)) then 1 else 0) <= k i).
{ intros i Hi. eapply Rle_trans; [|apply (Hk i Hi)]. right. apply rsum_ext. intros r _. rewrite pre_dot.
  replace (norm (x i)) with (Spec.norm (S d) (X i)); [easy|].
  unfold Spec.norm. rewrite <- ipn_dot, (ip_norm _ _ (ipn_inner d)). apply sqrt_pow2, norm_ge_0. }
assert (Hmax' : lambda_max_le (S n) (fun i j => kappa ^ 2 * Rabs (ipn d (x i) (x j)) * (k i + k j)) eps).
{ intros v. eapply Rle_trans; [|apply Hmax]. right. apply rsum_ext. intros i _. apply rsum_ext. intros j _.
  unfold x. now rewrite ipn_dot. }
assert (Hmin' : lambda_min_ge (S n) (relu_kernel (ipn d) m x c s0 w) lam0).
{ intros v. eapply Rle_trans; [apply Hmin|]. right. apply rsum_ext. intros i _. apply rsum_ext. intros j _.
  now rewrite kernel_relu. }
assert (HE' : norm (Res 0) <= E).
{ apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2, res_sq. exact HE. }
assert (Main := relu_gd (ipn d) (ipn_inner d) n m x y c s0 eta w Hs He (fun t r _ => w_recursion t r)
  kappa X2 HX HX' Hc r0 k eps lam0 E Hcount Heps Hmax' Hmin' Hst HE' Hr Hm).
set (a := eta * (lam0 - eps)) in *. assert (Pa : 0 < a) by (apply Rmult_lt_0_compat; lra).
assert (Rate : forall t, norm (Res t) <= Rabs (1 - a) ^ t * norm (Res 0)).
{ intros t. induction t as [|t IH]; [simpl; lra|]. destruct (Main t) as [A _].
  eapply Rle_trans; [exact A|]. cbn [pow]. rewrite Rmult_assoc.
  apply Rle_trans with (Rabs (1 - a) * norm (Res t)); [apply Rmult_le_compat_r; [apply norm_ge_0 | apply Rle_abs]|].
  apply Rmult_le_compat_l; [apply Rabs_pos | exact IH]. }
assert (Hball : forall t r, (r < m)%nat -> norm (minus (w t r) (vec d (w0 r) : Rn d)) <= r0).
{ intros t r Hrm. destruct (Main t) as [_ [_ B]]. exact (B r Hrm). }
assert (Lim0 : is_lim_seq (fun t => norm (Res t)) 0).
{ apply (geometric_lim _ a O Pa); [intros t; apply norm_ge_0|]. intros t _. apply (Main t). }
(* each neuron has a path of finite length *)
assert (Conv : forall r, (r < m)%nat -> exists l : Rn d, filterlim (fun t => w t r) eventually (locally l)).
{ intros r Hrm.
  destruct (finite_path_converges (V := Rn d) (fun t => w t r)
    (fun t => kappa * sqrt X2 * rsum t (fun j => eta * norm (Res j))) r0) as [l [Hl _]].
  - intros t. cbn [Spec.rsum].
    assert (A := neuron_step (ipn d) (ipn_inner d) n m x y c s0 eta w Hs He (fun t r _ => w_recursion t r) kappa X2 HX HX' Hc t r Hrm).
    eapply Rle_trans; [exact A|]. right. ring.
  - intros t. eapply Rle_trans; [|exact Hr]. apply Rmult_le_compat_l.
    + apply Rmult_le_pos; [exact (Rle_trans _ _ _ (Rabs_pos _) (Hc 0%nat Hm)) | apply sqrt_pos].
    + destruct (Main t) as [_ [B _]]. eapply Rle_trans; [|exact B]. cbn [Spec.rsum].
      assert (0 <= eta * norm (Res t)) by (apply Rmult_le_pos; [lra | apply norm_ge_0]). lra.
  - now exists l. }
assert (Ch : forall M, (M <= m)%nat -> exists L : nat -> Rn d, forall r, (r < M)%nat ->
  filterlim (fun t => w t r) eventually (locally (L r))).
{ intros M. induction M as [|M IH]; intros HM; [exists (fun _ => zero); intros r Hrm; lia|].
  destruct IH as [L HL]; [lia|]. destruct (Conv M ltac:(lia)) as [l Hl].
  exists (fun r => if Nat.eq_dec r M then l else L r). intros r Hrm.
  destruct (Nat.eq_dec r M) as [->|Ne]; [exact Hl | apply HL; lia]. }
destruct (Ch m (le_n _)) as [L HL].
assert (CL : forall r k, (r < m)%nat -> (k < S d)%nat -> is_lim_seq (fun t => train t r k) (coord d (L r) k)).
{ intros r j Hrm Hj. assert (A := lim_dist_0 (V := Rn d) (fun t => w t r) (L r) (HL r Hrm)).
  apply is_lim_seq_spec. intros e. apply is_lim_seq_spec in A. destruct (A e) as [K HK'].
  exists K. intros t Ht. specialize (HK' t Ht). rewrite Rminus_0_r, Rabs_pos_eq in HK' by apply norm_ge_0.
  eapply Rle_lt_trans; [|exact HK'].
  assert (B := coord_norm_le (U := R_CompleteNormedModule) Rmult ipR_inner d (minus (w t r) (L r)) j ltac:(lia)).
  eapply Rle_trans; [|exact B]. rewrite (coord_minus (U := R_CompleteNormedModule)). unfold w. rewrite coord_vec by lia.
  apply Rle_refl. }
split; [|split].
- intros t. unfold SpecNetwork.loss. assert (A := Rate t).
  assert (Et : rsum (S n) (fun i => misfit (train t) i * misfit (train t) i) = norm (Res t) ^ 2) by (symmetry; apply res_sq).
  assert (E0 : rsum (S n) (fun i => misfit w0 i * misfit w0 i) = norm (Res 0) ^ 2) by exact (eq_sym (res_sq 0)).
  rewrite Et, E0.
  assert (B : norm (Res t) ^ 2 <= (Rabs (1 - a) ^ t * norm (Res 0)) ^ 2) by (apply pow_incr; split; [apply norm_ge_0 | auto]).
  rewrite Rpow_mult_distr, <- pow_mult, Nat.mul_comm, pow_mult, pow2_abs, <- pow_mult in B.
  apply Rle_trans with (/ 2 * ((1 - a) ^ (2 * t) * norm (Res 0) ^ 2)); [apply Rmult_le_compat_l; lra|].
  right. change (eta * (lam0 - eps)) with a. generalize ((1 - a) ^ (2 * t)) (norm (Res 0) ^ 2). intros p q. ring.
- intros t r Hrm. rewrite <- w_dist. apply pow_incr. split; [apply norm_ge_0 | apply Hball; auto].
- exists (fun r j => coord d (L r) j). split; [|split].
  + intros r j Hrm Hj. apply is_lim_seq_Reals. now apply CL.
  + intros r Hrm.
    assert (B : norm (minus (L r) (vec d (w0 r) : Rn d)) <= r0).
    { apply (dist_le_lim (V := Rn d) (fun t => w t r) (L r) _ r0 O (HL r Hrm)). intros t _. now apply Hball. }
    assert (E2 : norm (minus (L r) (vec d (w0 r) : Rn d)) ^ 2 = rsum (S d) (fun j => (coord d (L r) j - w0 r j) ^ 2)).
    { rewrite Rn_norm. apply rsum_ext. intros j Hj. rewrite (coord_minus (U := R_CompleteNormedModule)), coord_vec by lia.
      match goal with |- minus ?p ?q * _ = _ => change (minus p q) with (p - q) end. ring. }
    rewrite <- E2. apply pow_incr. split; [apply norm_ge_0 | exact B].
  + intros i Hi.
    assert (L1 : is_lim_seq (fun t => misfit (train t) i) (misfit (fun r j => coord d (L r) j) i)).
    { unfold SpecNetwork.misfit, SpecNetwork.predict. apply is_lim_seq_minus'; [|apply is_lim_seq_const].
      apply (rsum_lim m (fun r t => c r * relu (Spec.dot (S d) (train t r) (X i)))). intros r Hrm.
      apply is_lim_seq_mult'; [apply is_lim_seq_const|]. apply relu_lim.
      apply (rsum_lim (S d) (fun j t => train t r j * X i j)). intros j Hj.
      apply is_lim_seq_mult'; [now apply CL | apply is_lim_seq_const]. }
    assert (L2 : is_lim_seq (fun t => misfit (train t) i) 0).
    { apply is_lim_seq_abs_0. apply (is_lim_seq_le_le (fun _ => 0) _ (fun t => norm (Res t))).
      - intros t. split; [apply Rabs_pos|]. rewrite <- res_coord by auto.
        exact (coord_norm_le (U := R_CompleteNormedModule) Rmult ipR_inner n (Res t) i ltac:(lia)).
      - apply is_lim_seq_const.
      - exact Lim0. }
    assert (Eq := is_lim_seq_unique _ _ L1). rewrite (is_lim_seq_unique _ _ L2) in Eq. injection Eq as Eq.
    unfold SpecNetwork.misfit in Eq. lra.
Qed.

End Trains.

(** ** T4K (a), for a two-layer ReLU network, from its weights *)
Theorem relu_network_trains (d m n : nat) (X : nat -> nat -> R) (y c : nat -> R) (s0 eta : R) (w0 : nat -> nat -> R)
  (kappa X2 r0 eps lam0 E : R) (k : nat -> R) :
  (0 < d)%nat -> (0 < m)%nat -> (0 < n)%nat ->
  0 <= s0 <= 1 -> 0 < eta -> 0 <= X2 -> 0 <= E -> 0 <= r0 -> 0 <= eps < lam0 ->
  (forall r, (r < m)%nat -> Rabs (c r) <= kappa) ->
  lambda_max_le n (fun i j => Spec.dot d (X i) (X j)) X2 ->
  (* at most [k i] neurons have margin <= r0 on input i *)
  (forall i, (i < n)%nat -> rsum m (fun r =>
     if Rle_dec (Rabs (Spec.dot d (w0 r) (X i))) (r0 * Spec.norm d (X i)) then 1 else 0) <= k i) ->
  lambda_max_le n (fun i j => kappa ^ 2 * Rabs (Spec.dot d (X i) (X j)) * (k i + k j)) eps ->
  lambda_min_ge n (SpecNetwork.kernel d m X c (step s0) w0) lam0 ->
  eta * (kappa ^ 2 * INR m * X2) <= 1 ->
  rsum n (fun i => SpecNetwork.misfit d m X y c relu w0 i * SpecNetwork.misfit d m X y c relu w0 i) <= E ^ 2 ->
  kappa * sqrt X2 * (E / (lam0 - eps)) <= r0 ->
  SpecNetwork.relu_trains d m n X y c relu (step s0) eta (lam0 - eps) r0 w0.
Proof.
destruct d as [|d]; [lia|]. destruct n as [|n]; [lia|]. intros _ Hm _ Hs He HX PE Pr Heps.
now apply relu_network_trains_S.
Qed.
