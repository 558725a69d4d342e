(** * The suprema B1, B2 of the smooth activations

    Of each: the derivative, [|phi'| <= B1], and [|phi'(s) - phi'(t)| <= B2 |s - t|], as
    [Network.network_trains] asks. tanh: B1 = 1, B2 = 4/(3√3). Softplus: 1, 1/4. erf: 2/√π,
    √(8/(π e)). B2 enters through its square, to stay free of roots. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

(** A bounded second derivative makes the first Lipschitz. *)
Lemma lipschitz_of_derive (f df : R -> R) (B : R) :
  (forall t, is_derive f t (df t)) -> (forall t, Rabs (df t) <= B) ->
  forall s t, Rabs (f s - f t) <= B * Rabs (s - t).
Proof.
intros D HB s t. destruct (MVT_gen f t s df) as [u [_ E]].
- intros x _. apply D.
- intros x _. apply continuity_pt_filterlim. apply (ex_derive_continuous f). eexists. apply D.
- rewrite E, Rabs_mult. apply Rmult_le_compat_r; [apply Rabs_pos | apply HB].
Qed.

Lemma abs_le_of_sq (a B : R) : 0 <= B -> a ^ 2 <= B ^ 2 -> Rabs a <= B.
Proof.
intros HB H. apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2, pow2_abs. exact H.
Qed.

(** ** tanh *)

Definition dtanh (t : R) : R := 1 - tanh t ^ 2.

Lemma cosh_pos t : 0 < cosh t.
Proof. unfold cosh. assert (A := exp_pos t). assert (B := exp_pos (- t)). lra. Qed.

Lemma cosh_sq t : cosh t ^ 2 = 1 + sinh t ^ 2.
Proof.
unfold cosh, sinh. assert (E : exp t * exp (- t) = 1) by (rewrite <- exp_plus, Rplus_opp_r; apply exp_0). nra.
Qed.

Theorem tanh_derive t : is_derive tanh t (dtanh t).
Proof.
assert (P := cosh_pos t). unfold tanh, dtanh, tanh.
apply is_derive_Reals.
replace (1 - (sinh t / cosh t) ^ 2) with ((cosh t * cosh t - sinh t * sinh t) / Rsqr (cosh t)) by (unfold Rsqr; field; lra).
apply (derivable_pt_lim_div sinh cosh t (cosh t) (sinh t)); [apply derivable_pt_lim_sinh | apply derivable_pt_lim_cosh | lra].
Qed.

Lemma tanh_sq t : 0 <= tanh t ^ 2 <= 1.
Proof.
split; [apply pow2_ge_0|]. assert (P := cosh_pos t). unfold tanh.
replace ((sinh t / cosh t) ^ 2) with (sinh t ^ 2 / cosh t ^ 2) by (field; lra).
assert (Q : 0 < cosh t ^ 2) by now apply pow_lt.
apply Rmult_le_reg_r with (cosh t ^ 2); auto. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. rewrite cosh_sq. lra.
Qed.

Theorem tanh_B1 t : Rabs (dtanh t) <= 1.
Proof. unfold dtanh. assert (A := tanh_sq t). rewrite Rabs_pos_eq; lra. Qed.

Theorem tanh_B2 (B2 : R) : 0 <= B2 -> 16 / 27 <= B2 ^ 2 ->
  forall s t, Rabs (dtanh s - dtanh t) <= B2 * Rabs (s - t).
Proof.
intros P HB. apply lipschitz_of_derive with (df := fun t => - (2 * tanh t * dtanh t)).
- intros t. unfold dtanh at 1.
  replace (- (2 * tanh t * dtanh t)) with (0 - (dtanh t * tanh t + tanh t * dtanh t)) by ring.
  apply (is_derive_ext (fun t => 1 - tanh t * tanh t)); [intros u; simpl; ring|].
  apply (is_derive_minus (fun _ => 1) (fun t => tanh t * tanh t)); [apply @is_derive_const|].
  apply (is_derive_mult tanh tanh); try apply tanh_derive. intros a b. apply Rmult_comm.
- intros t. apply abs_le_of_sq; auto. eapply Rle_trans; [|exact HB]. unfold dtanh.
  assert (A := tanh_sq t). set (u := tanh t ^ 2) in *.
  replace ((- (2 * tanh t * (1 - u))) ^ 2) with (4 * (u * (1 - u) ^ 2)) by (unfold u; ring).
  (* u (1-u)² <= 4/27 :  4/27 - u(1-u)² = (u - 1/3)² (4/3 - u) *)
  assert (E : 4 / 27 - u * (1 - u) ^ 2 = (u - / 3) ^ 2 * (4 / 3 - u)) by field.
  assert (0 <= (u - / 3) ^ 2 * (4 / 3 - u)) by (apply Rmult_le_pos; [apply pow2_ge_0 | lra]). lra.
Qed.

(** ** Softplus *)

Definition softplus (t : R) : R := ln (1 + exp t).
Definition logistic (t : R) : R := exp t / (1 + exp t).

Theorem softplus_derive t : is_derive softplus t (logistic t).
Proof.
assert (P := exp_pos t). unfold softplus, logistic. auto_derive; [lra|]. field. lra.
Qed.

Lemma logistic_range t : 0 <= logistic t <= 1.
Proof.
assert (P := exp_pos t). unfold logistic. split.
- apply Rmult_le_pos; [lra|]. left. apply Rinv_0_lt_compat. lra.
- apply Rmult_le_reg_r with (1 + exp t); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Theorem softplus_B1 t : Rabs (logistic t) <= 1.
Proof. assert (A := logistic_range t). rewrite Rabs_pos_eq; lra. Qed.

Theorem softplus_B2 s t : Rabs (logistic s - logistic t) <= / 4 * Rabs (s - t).
Proof.
revert s t. apply lipschitz_of_derive with (df := fun t => logistic t * (1 - logistic t)).
- intros t. assert (P := exp_pos t). unfold logistic. auto_derive; [lra|]. field. lra.
- intros t. assert (A := logistic_range t). assert (B := pow2_ge_0 (logistic t - / 2)).
  rewrite Rabs_pos_eq; [lra | apply Rmult_le_pos; lra].
Qed.

(** ** erf *)

Definition gauss (t : R) : R := 2 / sqrt PI * exp (- t ^ 2).
Definition erf (t : R) : R := RInt gauss 0 t.

Lemma gauss_derive t : is_derive gauss t (- (2 * t) * gauss t).
Proof. unfold gauss. auto_derive; auto. match goal with |- ?a = ?b => change (@eq R a b) end. simpl. ring. Qed.

Theorem erf_derive t : is_derive erf t (gauss t).
Proof.
assert (C : forall x, continuous gauss x) by (intros x; apply (ex_derive_continuous gauss); eexists; apply gauss_derive).
apply (is_derive_RInt gauss erf 0 t); [|apply C].
exists (mkposreal 1 Rlt_0_1). intros x _. apply (RInt_correct (V := R_CompleteNormedModule) gauss 0 x). apply (ex_RInt_continuous (V := R_CompleteNormedModule)). intros z _. apply C.
Qed.

Lemma sqrt_PI_pos : 0 < sqrt PI.
Proof. apply sqrt_lt_R0, PI_RGT_0. Qed.

Theorem erf_B1 t : Rabs (gauss t) <= 2 / sqrt PI.
Proof.
assert (P := sqrt_PI_pos). unfold gauss.
assert (Q : 0 < 2 / sqrt PI) by (apply Rdiv_lt_0_compat; lra). assert (A := exp_pos (- t ^ 2)).
rewrite Rabs_pos_eq by (apply Rmult_le_pos; lra).
rewrite <- (Rmult_1_r (2 / sqrt PI)) at 2. apply Rmult_le_compat_l; [lra|].
rewrite <- exp_0. destruct (Req_dec t 0) as [->|N].
- right. f_equal. ring.
- left. apply exp_increasing. assert (0 < t ^ 2) by (apply pow2_gt_0; auto). lra.
Qed.

(** [x <= exp (x - 1)]. *)
Lemma exp_ge x : x <= exp (x - 1).
Proof.
destruct (Req_dec x 1) as [->|N]; [replace (1 - 1) with 0 by ring; rewrite exp_0; lra|].
assert (A := exp_ineq1 (x - 1) ltac:(lra)). lra.
Qed.

Theorem erf_B2 (B2 : R) : 0 <= B2 -> 8 / (PI * exp 1) <= B2 ^ 2 ->
  forall s t, Rabs (gauss s - gauss t) <= B2 * Rabs (s - t).
Proof.
intros P HB. apply lipschitz_of_derive with (df := fun t => - (2 * t) * gauss t); [apply gauss_derive|].
intros t. apply abs_le_of_sq; auto. eapply Rle_trans; [|exact HB].
assert (Q := PI_RGT_0). assert (Es : sqrt PI ^ 2 = PI) by (apply pow2_sqrt; lra). assert (Qs := sqrt_PI_pos).
assert (E1 := exp_pos 1). assert (Ex := exp_pos (- (2 * t ^ 2))).
assert (Eg : (- (2 * t) * gauss t) ^ 2 = 8 / PI * ((2 * t ^ 2) * exp (- (2 * t ^ 2)))).
{ unfold gauss. replace (- (2 * t ^ 2)) with (- t ^ 2 + - t ^ 2) by ring. rewrite exp_plus.
  rewrite <- Es at 2. field. lra. }
rewrite Eg. replace (8 / (PI * exp 1)) with (8 / PI * / exp 1) by (field; split; lra).
apply Rmult_le_compat_l; [left; apply Rdiv_lt_0_compat; lra|].
apply Rle_trans with (exp (2 * t ^ 2 - 1) * exp (- (2 * t ^ 2))).
- apply Rmult_le_compat_r; [lra | apply exp_ge].
- rewrite <- exp_plus. replace (2 * t ^ 2 - 1 + - (2 * t ^ 2)) with (- (1)) by ring. rewrite exp_Ropp. lra.
Qed.
