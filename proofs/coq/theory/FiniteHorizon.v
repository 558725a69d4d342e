(** * T6: gradient descent over a finite horizon, without a smallest eigenvalue

    Su, Yang 2019's regime, elementary version with explicit constants: gradient descent on a smooth
    model follows the linear dynamics of its initial kernel up to time [T = k eta] within
    [(4/3) Lam beta E² T^(3/2)/√c + (1/2) Lam beta eta E² T^(1/2)/√c], inside the ball of radius
    [E √(T/c)]. [LinearDynamics.low_rank_rate] bounds what the linear dynamics has achieved by then. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation LemmaL Residual Descent KernelPerturbation.
Open Scope R_scope.

(** ** Gradient descent up to a finite time *)

(** Cauchy–Schwarz for a path, one step at a time. *)
Lemma path_cauchy (r t A h g : R) : 0 <= r -> 0 <= t -> 0 <= A -> 0 <= h -> 0 <= g ->
  r ^ 2 <= t * A -> (r + h * g) ^ 2 <= (t + h) * (A + h * g ^ 2).
Proof.
intros Hr Ht HA Hh Hg H.
assert (B : 2 * r * g <= t * g ^ 2 + A).
{ apply Rsqr_incr_0_var; [|assert (0 <= t * g ^ 2) by (apply Rmult_le_pos; [auto | apply pow2_ge_0]); lra].
  unfold Rsqr. assert (C := pow2_ge_0 (t * g ^ 2 - A)). assert (D := pow2_ge_0 g).
  assert (r ^ 2 * g ^ 2 <= t * A * g ^ 2) by now apply Rmult_le_compat_r. nra. }
assert (h * (2 * r * g) <= h * (t * g ^ 2 + A)) by now apply Rmult_le_compat_l. nra.
Qed.

(** [sum_{j<k} √j <= (2/3) k^(3/2)]. *)
Lemma sqrt_sum k : rsum k (fun j => sqrt (INR j)) <= 2 / 3 * (INR k * sqrt (INR k)).
Proof.
induction k as [|k IH]; [simpl; lra|]. cbn [Spec.rsum].
assert (Pk := pos_INR k). set (a := sqrt (INR k)) in *. set (b := sqrt (INR (S k))).
assert (Ea : a * a = INR k) by now apply sqrt_sqrt. assert (Eb : b * b = INR (S k)) by (apply sqrt_sqrt, pos_INR).
assert (Pa : 0 <= a) by apply sqrt_pos. assert (Pb : 0 <= b) by apply sqrt_pos.
rewrite S_INR in Eb. rewrite <- Ea in IH. rewrite S_INR. rewrite <- Ea in Eb |- *.
assert (Hab : a <= b) by nra.
(* (2/3)(b³ - a³) >= a (b² - a²) for a <= b *)
assert (0 <= (b - a) ^ 2 * (2 * b + a)) by (apply Rmult_le_pos; [apply pow2_ge_0 | lra]).
assert (E : a = a * (b * b - a * a)) by (rewrite Eb; ring). rewrite E at 1. rewrite <- Eb. nra.
Qed.

Section Horizon.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V).
Variables (beta Lam eta Sm : R) (K : nat).
Notation e := (residual F y).
Notation G := (grad F y Jt).
Notation w := (gd G w0 eta).
Notation rho := (path G w0 eta).
Notation E := (norm (e w0)).
Notation c := (2 - eta * Sm).
Notation T := (INR K * eta).
Notation RT := (E * sqrt (T / c)).
Hypothesis HS : Smooth ipV ipW F J Jt w0 beta beta Lam RT.
Hypothesis Hbeta : 0 <= beta.
Hypothesis HLam : 0 <= Lam.
Hypothesis Heta : 0 < eta.
Hypothesis HSm : Lam ^ 2 + beta * E <= Sm.
Hypothesis Hc : 0 < c.

(** [sum_{i<j} eta ‖grad_i‖²]. *)
Let A (j : nat) : R := rsum j (fun i => eta * norm (G (w i)) ^ 2).
Definition on_time (j : nat) : Prop := rho j ^ 2 <= INR j * eta * A j /\ norm (e (w j)) ^ 2 <= E ^ 2 - c * A j.

Let A_pos j : 0 <= A j.
Proof. apply rsum_nonneg. intros i _. apply Rmult_le_pos; [lra | apply pow2_ge_0]. Qed.

Let E_pos : 0 <= E := norm_ge_0 (e w0).

Let Tc_pos : 0 <= T / c.
Proof. apply Rmult_le_pos; [apply Rmult_le_pos; [apply pos_INR | lra] | left; now apply Rinv_0_lt_compat]. Qed.

Lemma A_bound j : on_time j -> A j <= E ^ 2 / c.
Proof.
intros [_ H]. assert (P := pow2_ge_0 (norm (e (w j)))). apply Rmult_le_reg_r with c; auto.
unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra.
Qed.

Lemma on_time_norm j : on_time j -> norm (e (w j)) <= E.
Proof.
intros [_ H]. apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2.
assert (0 <= c * A j) by (apply Rmult_le_pos; [lra | auto]). lra.
Qed.

Lemma on_time_path j : on_time j -> rho j <= E * sqrt (INR j * eta / c).
Proof.
intros Hj. assert (P0 : 0 <= rho j) by (apply path_pos; lra). assert (B := A_bound j Hj).
assert (Pj := pos_INR j).
assert (Q : 0 <= INR j * eta / c) by (apply Rmult_le_pos; [apply Rmult_le_pos; lra | left; now apply Rinv_0_lt_compat]).
apply Rsqr_incr_0_var; [|apply Rmult_le_pos; [auto | apply sqrt_pos]].
rewrite !Rsqr_pow2, Rpow_mult_distr, pow2_sqrt by auto.
destruct Hj as [H1 _]. eapply Rle_trans; [exact H1|].
replace (E ^ 2 * (INR j * eta / c)) with (INR j * eta * (E ^ 2 / c)) by (unfold Rdiv; ring).
apply Rmult_le_compat_l; auto. apply Rmult_le_pos; lra.
Qed.

Lemma on_time_ball j : on_time j -> (j <= K)%nat -> norm (minus (w j) w0) <= RT.
Proof.
intros Hj Hk. eapply Rle_trans; [apply path_dist_centre; lra|]. eapply Rle_trans; [now apply on_time_path|].
apply Rmult_le_compat_l; auto. apply sqrt_le_1_alt. unfold Rdiv. apply Rmult_le_compat_r; [left; now apply Rinv_0_lt_compat|].
apply Rmult_le_compat_r; [lra | now apply le_INR].
Qed.

(** A shortened step that stays in the ball. *)
Lemma partial_step j t : on_time j -> (j <= K)%nat -> 0 <= t <= eta ->
  norm (minus (minus (w j) (scal t (G (w j)))) w0) <= RT ->
  (rho j + t * norm (G (w j))) ^ 2 <= (INR j * eta + t) * (A j + t * norm (G (w j)) ^ 2) /\
  norm (e (minus (w j) (scal t (G (w j))))) ^ 2 <= E ^ 2 - c * (A j + t * norm (G (w j)) ^ 2).
Proof.
intros Hj Hk Ht Hb. assert (Pj := pos_INR j). split.
- apply path_cauchy; auto; try lra; [apply path_pos; lra | apply Rmult_le_pos; lra | apply norm_ge_0 | apply Hj].
- assert (D := residual_descent ipV ipW HV HW F y J Jt w0 beta beta Lam RT HS Hbeta HLam (w j) t Sm (proj1 Ht) (on_time_ball j Hj Hk) Hb).
  assert (N := on_time_norm j Hj). assert (beta * norm (e (w j)) <= beta * E) by now apply Rmult_le_compat_l.
  specialize (D ltac:(lra)). destruct Hj as [_ H2].
  assert (P0 : 0 <= Lam ^ 2) by apply pow2_ge_0. assert (P1 : 0 <= beta * E) by now apply Rmult_le_pos.
  assert (t * Sm <= eta * Sm) by (apply Rmult_le_compat_r; lra).
  assert (P2 : 0 <= t * norm (G (w j)) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
  assert (c * (t * norm (G (w j)) ^ 2) <= (2 - t * Sm) * (t * norm (G (w j)) ^ 2)) by (apply Rmult_le_compat_r; lra). lra.
Qed.

Theorem all_on_time j : (j <= K)%nat -> on_time j.
Proof.
induction j as [|j IH]; intros Hk.
- unfold on_time, path, A. simpl. split; lra.
- specialize (IH ltac:(lia)). assert (Pj := pos_INR j).
  set (g := norm (G (w j))). assert (Pg : 0 <= g) by apply norm_ge_0.
  assert (Pr : 0 <= rho j) by (apply path_pos; lra).
  assert (In : norm (minus (w (S j)) w0) <= RT).
  { assert (B0 : forall t, 0 <= t -> norm (minus (minus (w j) (scal t (G (w j)))) w0) <= rho j + t * g).
    { intros t Ht. assert (T1 := dist_triangle (minus (w j) (scal t (G (w j)))) (w j) w0).
      assert (T2 := step_dist (w j) (G (w j)) t Ht). assert (T3 := path_dist_centre G w0 eta j (Rlt_le _ _ Heta)). fold g in T2. lra. }
    destruct (Rle_lt_dec (rho j + eta * g) RT) as [Ok|Bad].
    { eapply Rle_trans; [apply (B0 eta); lra | exact Ok]. }
    exfalso.
    assert (Rj : rho j <= E * sqrt (INR j * eta / c)) by now apply on_time_path.
    assert (Lt : INR j < INR K) by (apply lt_INR; lia).
    assert (Sq : sqrt (INR j * eta / c) < sqrt (T / c)).
    { apply sqrt_lt_1_alt. split.
      - apply Rmult_le_pos; [apply Rmult_le_pos; lra | left; now apply Rinv_0_lt_compat].
      - unfold Rdiv. apply Rmult_lt_compat_r; [now apply Rinv_0_lt_compat|]. now apply Rmult_lt_compat_r. }
    assert (RjT : rho j <= RT) by (eapply Rle_trans; [exact Rj|]; apply Rmult_le_compat_l; [auto | lra]).
    assert (Pg1 : 0 < g). { destruct Pg as [P|Z]; auto. rewrite <- Z in Bad. lra. }
    set (t := (RT - rho j) / g).
    assert (Etg : rho j + t * g = RT) by (unfold t; field; lra).
    assert (Pt : 0 <= t) by (apply Rmult_le_pos; [lra | left; now apply Rinv_0_lt_compat]).
    assert (Ht : t < eta) by (apply Rmult_lt_reg_r with g; lra).
    assert (B1 : norm (minus (minus (w j) (scal t (G (w j)))) w0) <= RT) by (rewrite <- Etg; now apply B0).
    destruct (partial_step j t IH ltac:(lia) ltac:(lra) B1) as [C1 C2]. fold g in C1, C2. rewrite Etg in C1.
    assert (PE := pow2_ge_0 (norm (e (minus (w j) (scal t (G (w j))))))).
    assert (C3 : A j + t * g ^ 2 <= E ^ 2 / c).
    { apply Rmult_le_reg_r with c; auto. unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
    rewrite Rpow_mult_distr, pow2_sqrt in C1 by auto.
    assert (C4 : E ^ 2 * (T / c) <= (INR j * eta + t) * (E ^ 2 / c)).
    { eapply Rle_trans; [exact C1|]. apply Rmult_le_compat_l; auto. assert (0 <= INR j * eta) by (apply Rmult_le_pos; lra). lra. }
    assert (C5 : INR j * eta + t < T).
    { assert (INR (S j) <= INR K) by (apply le_INR; lia). rewrite S_INR in H.
      assert ((INR j + 1) * eta <= INR K * eta) by (apply Rmult_le_compat_r; lra). lra. }
    assert (PE2 : 0 < E ^ 2).
    { destruct E_pos as [P|Z]; [now apply pow_lt|]. exfalso.
      assert (N := on_time_norm j IH). rewrite <- Z in N.
      assert (B := sm_norm _ _ _ _ _ _ _ _ _ _ HS (w j) (e (w j)) (on_time_ball j IH ltac:(lia))).
      assert (Pe := norm_ge_0 (e (w j))). assert (Ez : norm (e (w j)) = 0) by lra. rewrite Ez, Rmult_0_r in B.
      assert (g <= 0) by exact B. lra. }
    assert (PEc : 0 < E ^ 2 / c) by (apply Rdiv_lt_0_compat; auto).
    replace (E ^ 2 * (T / c)) with (T * (E ^ 2 / c)) in C4 by (unfold Rdiv; ring).
    assert ((INR j * eta + t) * (E ^ 2 / c) < T * (E ^ 2 / c)) by now apply Rmult_lt_compat_r. lra. }
  destruct (partial_step j eta IH ltac:(lia) ltac:(lra) In) as [C1 C2].
  unfold on_time. rewrite path_S, S_INR.
  assert (EA : A (S j) = A j + eta * norm (G (w j)) ^ 2) by reflexivity. rewrite EA.
  split; [|exact C2]. replace ((INR j + 1) * eta) with (INR j * eta + eta) by ring. exact C1.
Qed.

Notation K0 := (fun z => J w0 (Jt w0 z)).

Let ball0 : norm (minus w0 w0) <= RT.
Proof. rewrite (dist_self w0). apply Rmult_le_pos; [auto | apply sqrt_pos]. Qed.

(** What is not linear in one step. *)
Definition nonlinear (j : nat) : W := scal (/ eta) (minus (linear_step K0 eta (e (w j))) (e (w (S j)))).

Lemma nonlinear_spec j : e (w (S j)) = minus (linear_step K0 eta (e (w j))) (scal eta (nonlinear j)).
Proof.
apply (ip_ext ipW HW). intros z. unfold nonlinear. rewrite !(ip_minus_l ipW HW), !(ip_scal _ _ HW), !(ip_minus_l ipW HW). field. lra.
Qed.

Lemma nonlinear_bound j : (j < K)%nat ->
  norm (nonlinear j) <= beta * Lam * E * (2 * rho j + (eta * norm (G (w j))) / 2).
Proof.
intros Hj. assert (Hon := all_on_time j ltac:(lia)). assert (Hon' := all_on_time (S j) Hj).
assert (Bj := on_time_ball j Hon ltac:(lia)). assert (Bj' := on_time_ball (S j) Hon' Hj).
set (x := w j) in *. set (ej := e x). set (g := G x).
assert (HA := sm_adj _ _ _ _ _ _ _ _ _ _ HS x Bj). assert (HA0 := sm_adj _ _ _ _ _ _ _ _ _ _ HS w0 ball0).
assert (Nx : norm ej <= E) by now apply on_time_norm.
assert (Dx : norm (minus x w0) <= rho j) by (apply path_dist_centre; lra).
assert (Pr : 0 <= rho j) by (apply path_pos; lra). assert (Pe := norm_ge_0 ej). assert (Pg := norm_ge_0 g).
set (r := minus (F (w (S j))) (minus (F x) (J x (scal eta g)))).
assert (Hr : norm r <= beta / 2 * (eta * norm g) ^ 2).
{ eapply Rle_trans; [exact (sm_lin _ _ _ _ _ _ _ _ _ _ HS x (scal eta g) Bj Bj')|].
  apply Rmult_le_compat_l; [lra|]. apply pow_incr. split; [apply norm_ge_0 | apply norm_scal_pos; lra]. }
(* eta n = eta [J (Jᵀ - J0ᵀ) e + (J - J0) J0ᵀ e] - r *)
assert (D1 : norm (minus (Jt x ej) (Jt w0 ej)) <= beta * rho j * E).
{ eapply Rle_trans; [exact (sm_centre _ _ _ _ _ _ _ _ _ _ HS x ej Bj)|].
  apply Rmult_le_compat; auto; [apply Rmult_le_pos; [auto | apply norm_ge_0] | apply Rmult_le_compat_l; auto]. }
assert (D2 : norm (J x (minus (Jt x ej) (Jt w0 ej))) <= Lam * (beta * rho j * E)).
{ eapply Rle_trans; [exact (sm_norm_J ipV ipW HV HW F J Jt w0 beta beta Lam RT HS HLam x _ Bj)|]. now apply Rmult_le_compat_l. }
assert (D3 : norm (minus (J x (Jt w0 ej)) (J w0 (Jt w0 ej))) <= beta * rho j * (Lam * E)).
{ assert (T1 : forall h, norm (minus (J x h) (J w0 h)) <= beta * norm (minus x w0) * norm h).
  { intros h. apply (adjoint_dist ipW ipV HW HV (Jt x) (J x) (Jt w0) (J w0)).
    - apply Rmult_le_pos; [auto | apply norm_ge_0].
    - intros a b. apply (adjoint_sym ipV ipW HV HW (J x) (Jt x) HA).
    - intros a b. apply (adjoint_sym ipV ipW HV HW (J w0) (Jt w0) HA0).
    - intros z. exact (sm_centre _ _ _ _ _ _ _ _ _ _ HS x z Bj). }
  eapply Rle_trans; [apply T1|]. apply Rmult_le_compat.
  - apply Rmult_le_pos; [auto | apply norm_ge_0].
  - apply norm_ge_0.
  - now apply Rmult_le_compat_l.
  - eapply Rle_trans; [exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS w0 ej ball0)|]. now apply Rmult_le_compat_l. }
assert (Ng : norm g <= Lam * E).
{ eapply Rle_trans; [exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS x ej Bj)|]. now apply Rmult_le_compat_l. }
assert (En : nonlinear j = minus (plus (J x (minus (Jt x ej) (Jt w0 ej))) (minus (J x (Jt w0 ej)) (J w0 (Jt w0 ej)))) (scal (/ eta) r)).
{ apply (ip_ext ipW HW). intros z. unfold nonlinear, linear_step, r.
  assert (Ee : e (w (S j)) = minus (F (w (S j))) y) by reflexivity. rewrite Ee.
  rewrite !(ip_minus_l ipW HW), (ip_plus _ _ HW), !(ip_scal _ _ HW), !(ip_minus_l ipW HW), !(ip_scal _ _ HW), !(HA _ z), !(ip_minus_l ipV HV), (ip_scal _ _ HV).
  fold x. change (e x) with ej. unfold ej at 1, residual at 1. fold x. rewrite (ip_minus_l ipW HW).
  change g with (Jt x ej). field. lra. }
rewrite En. eapply Rle_trans; [exact (norm_minus_le _ _)|].
eapply Rle_trans; [apply Rplus_le_compat; [eapply Rle_trans; [exact (norm_plus_le _ _)|apply Rplus_le_compat; [exact D2 | exact D3]]|]|].
- apply Rle_trans with (/ eta * (beta / 2 * (eta * norm g) ^ 2)).
  + eapply Rle_trans; [apply norm_scal_pos; left; now apply Rinv_0_lt_compat|].
    apply Rmult_le_compat_l; [left; now apply Rinv_0_lt_compat | exact Hr].
  + apply Req_le. reflexivity.
- replace (/ eta * (beta / 2 * (eta * norm g) ^ 2)) with (beta / 2 * (eta * norm g) * norm g) by (field; lra).
  assert (0 <= beta / 2 * (eta * norm g)) by (apply Rmult_le_pos; [lra | apply Rmult_le_pos; lra]).
  assert (beta / 2 * (eta * norm g) * norm g <= beta / 2 * (eta * norm g) * (Lam * E)) by now apply Rmult_le_compat_l. lra.
Qed.

Fixpoint lin_dyn (k : nat) : W := match k with O => e w0 | S k => linear_step K0 eta (lin_dyn k) end.

Theorem horizon_deviation :
  norm (minus (e (w K)) (lin_dyn K)) <=
  4 / 3 * Lam * beta * E ^ 2 * (T * sqrt (T / c)) + / 2 * Lam * beta * eta * E ^ 2 * sqrt (T / c).
Proof.
assert (HA0 := sm_adj _ _ _ _ _ _ _ _ _ _ HS w0 ball0).
assert (PS : Lam ^ 2 <= Sm) by (assert (0 <= beta * E) by (now apply Rmult_le_pos); lra).
(* eta K0 <= 2 is enough for the norm of I - eta K0; the step condition gives it *)
assert (Non : forall z, norm (linear_step K0 eta z) <= norm z).
{ intros z. apply Rsqr_incr_0_var; [|apply norm_ge_0]. rewrite !Rsqr_pow2. unfold linear_step.
  rewrite (norm_sq_minus ipW HW), (norm_sq_scal ipW HW), (ip_scal_r ipW HW), (ip_sym _ _ HW z), (kernel_form ipV ipW HV (J w0) (Jt w0) HA0).
  assert (B := sm_norm_J ipV ipW HV HW F J Jt w0 beta beta Lam RT HS HLam w0 (Jt w0 z) ball0).
  assert (B2 : norm (J w0 (Jt w0 z)) ^ 2 <= Lam ^ 2 * norm (Jt w0 z) ^ 2).
  { rewrite <- Rpow_mult_distr. apply pow_incr. split; [apply norm_ge_0 | exact B]. }
  assert (B3 : eta ^ 2 * norm (J w0 (Jt w0 z)) ^ 2 <= eta ^ 2 * (Lam ^ 2 * norm (Jt w0 z) ^ 2)) by (apply Rmult_le_compat_l; [apply pow2_ge_0 | auto]).
  assert (B4 : eta * (eta * Lam ^ 2) * norm (Jt w0 z) ^ 2 <= eta * 2 * norm (Jt w0 z) ^ 2).
  { apply Rmult_le_compat_r; [apply pow2_ge_0|]. apply Rmult_le_compat_l; [lra|].
    assert (eta * Lam ^ 2 <= eta * Sm) by (apply Rmult_le_compat_l; lra). lra. }
  nra. }
assert (HK := kernel_adjoint ipV ipW HV HW (J w0) (Jt w0) HA0).
set (nu := fun j => beta * Lam * E * (2 * rho j + (eta * norm (G (w j))) / 2)).
assert (Dev : forall k, (k <= K)%nat -> norm (minus (e (w k)) (lin_dyn k)) <= eta * rsum k nu).
{ intros k. induction k as [|k IH]; intros Hk.
  - simpl. rewrite (dist_self (e w0)). lra.
  - specialize (IH ltac:(lia)). rewrite nonlinear_spec. cbn [lin_dyn].
    assert (Ed : minus (minus (linear_step K0 eta (e (w k))) (scal eta (nonlinear k))) (linear_step K0 eta (lin_dyn k)) =
      minus (linear_step K0 eta (minus (e (w k)) (lin_dyn k))) (scal eta (nonlinear k))).
    { rewrite <- (linear_step_minus ipW HW K0 eta HK). apply (ip_ext ipW HW). intros u. rewrite !(ip_minus_l ipW HW). ring. }
    rewrite Ed. eapply Rle_trans; [exact (norm_minus_le _ _)|].
    assert (B1 := Non (minus (e (w k)) (lin_dyn k))). assert (B2 := norm_scal_pos eta (nonlinear k) (Rlt_le _ _ Heta)).
    assert (B3 : eta * norm (nonlinear k) <= eta * nu k) by (apply Rmult_le_compat_l; [lra | apply nonlinear_bound; lia]).
    cbn [Spec.rsum]. lra. }
eapply Rle_trans; [apply (Dev K (le_n _))|].
assert (En : rsum K nu = beta * Lam * E * (2 * rsum K rho + rho K / 2)).
{ assert (Eh : rsum K (fun j => eta * norm (G (w j)) / 2) = rho K / 2).
  { unfold Rdiv. rewrite rsum_scal_r. reflexivity. }
  unfold nu. rewrite rsum_scal, rsum_plus, rsum_scal, Eh. reflexivity. }
rewrite En.
assert (RK := on_time_path K (all_on_time K (le_n _))).
assert (Sum : rsum K rho <= 2 / 3 * (INR K * (E * sqrt (T / c)))).
{ apply Rle_trans with (rsum K (fun j => E * sqrt (eta / c) * sqrt (INR j))).
  - apply rsum_le. intros j Hj. eapply Rle_trans; [apply (on_time_path j (all_on_time j ltac:(lia)))|].
    right. rewrite Rmult_assoc. f_equal. rewrite <- sqrt_mult_alt by (left; now apply Rdiv_lt_0_compat). f_equal. unfold Rdiv. ring.
  - rewrite rsum_scal. assert (B := sqrt_sum K).
    assert (P : 0 <= E * sqrt (eta / c)) by (apply Rmult_le_pos; [auto | apply sqrt_pos]).
    apply Rmult_le_compat_l with (r := E * sqrt (eta / c)) in B; auto. eapply Rle_trans; [exact B|]. right.
    replace (T / c) with (eta / c * INR K) by (unfold Rdiv; ring).
    rewrite (sqrt_mult_alt (eta / c)) by (left; now apply Rdiv_lt_0_compat). ring. }
assert (Pc : 0 <= beta * Lam * E) by (apply Rmult_le_pos; auto; now apply Rmult_le_pos).
apply Rle_trans with (eta * (beta * Lam * E * (2 * (2 / 3 * (INR K * (E * sqrt (T / c)))) + E * sqrt (T / c) / 2))).
- apply Rmult_le_compat_l; [lra|]. apply Rmult_le_compat_l; auto. lra.
- right. field.
Qed.

End Horizon.

(** ** T6, elementary version *)
Theorem finite_horizon_gd {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R)
  (HV : IsInner V ipV) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V) (beta Lam eta S : R) (k : nat) :
  let E := norm (residual F y w0) in
  let c := 2 - eta * S in
  let T := INR k * eta in
  Smooth ipV ipW F J Jt w0 beta beta Lam (E * sqrt (T / c)) ->
  0 <= beta -> 0 <= Lam -> 0 < eta -> Lam ^ 2 + beta * E <= S -> 0 < c ->
  let w := gd (grad F y Jt) w0 eta in
  (forall j, (j <= k)%nat -> norm (minus (w j) w0) <= E * sqrt (T / c) /\ norm (residual F y (w j)) <= E) /\
  norm (minus (residual F y (w k)) (lin_dyn F y J Jt w0 eta k)) <=
    4 / 3 * Lam * beta * E ^ 2 * (T * sqrt (T / c)) + / 2 * Lam * beta * eta * E ^ 2 * sqrt (T / c).
Proof.
intros E c T HS Hb HL He HSm Hc w. split.
- intros j Hj. assert (A := all_on_time ipV ipW HV HW F y J Jt w0 beta Lam eta S k HS Hb HL He HSm Hc j Hj). split.
  + exact (on_time_ball F y Jt w0 eta S k He Hc j A Hj).
  + exact (on_time_norm F y Jt w0 eta S He Hc j A).
- exact (horizon_deviation ipV ipW HV HW F y J Jt w0 beta Lam eta S k HS Hb HL He HSm Hc).
Qed.
