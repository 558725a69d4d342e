(** * T8: mini-batch stochastic gradient descent under PL*

    Liu, Zhu, Belkin 2022, Theorem 7, with the radius by Chebyshev (1/√δ) instead of Markov (1/δ). The law
    of the stochastic gradient at [w] is an expectation functional [Ex w] (linear, monotone, of total
    mass 1): every finite probability space gives one, and so do nested draws. The process is stopped
    when it leaves the closed ball; [killed k f w] is [E (f(w_k) 1{w_0..w_k in the ball})] started at
    [w], [exit_prob k w] the probability to have left by step [k].

    - [sgd_contraction]: [E (L_k 1{all inside}) <= Q^k L_0], [Q = 1 - 2 eta mu + eta² S (c1 mu + c2 kappa²)];
    - [sgd_stays]: [P(exit) <= delta] if [Rad >= eta √(V L_0) / ((1 - √Q) √delta)], [V = 2 (c1 Lam² + c2 kappa²)].

    [c1], [c2] describe the sampling: [E ‖g‖² <= c1 ‖grad‖² + 2 c2 kappa² L]. [SgdBatch.v] computes them for
    b draws with replacement: [c1 = 1 - 1/b], [c2 = n/b]. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct.
Open Scope R_scope.

(** ** Expectations *)

Record Expectation {T : Type} (Ex : (T -> R) -> R) : Prop := {
  ex_plus : forall f g, Ex (fun t => f t + g t) = Ex f + Ex g;
  ex_scal : forall a f, Ex (fun t => a * f t) = a * Ex f;
  ex_mono : forall f g, (forall t, f t <= g t) -> Ex f <= Ex g;
  ex_one : Ex (fun _ => 1) = 1 }.

(** A finite probability space. *)
Theorem finite_expectation {T : Type} (N : nat) (p : nat -> R) (v : nat -> T) :
  (forall i, (i < N)%nat -> 0 <= p i) -> rsum N p = 1 ->
  Expectation (fun f : T -> R => rsum N (fun i => p i * f (v i))).
Proof.
intros Hp H1. split.
- intros f g. rewrite <- rsum_plus. apply rsum_ext. intros; ring.
- intros a f. rewrite <- rsum_scal. apply rsum_ext. intros; ring.
- intros f g H. apply rsum_le. intros i Hi. apply Rmult_le_compat_l; auto.
- transitivity (rsum N p); [|exact H1]. apply rsum_ext. intros; ring.
Qed.

Section Laws.
Context {T : Type} (Ex : (T -> R) -> R) (HEx : Expectation Ex).

Lemma ex_const a : Ex (fun _ => a) = a.
Proof.
transitivity (Ex (fun _ => a * 1)); [|rewrite (ex_scal _ HEx), (ex_one _ HEx); ring].
apply Rle_antisym; apply (ex_mono _ HEx); intros; lra.
Qed.

Lemma ex_ext f g : (forall t, f t = g t) -> Ex f = Ex g.
Proof. intros H. apply Rle_antisym; apply (ex_mono _ HEx); intros t; rewrite H; lra. Qed.

Lemma ex_pos f : (forall t, 0 <= f t) -> 0 <= Ex f.
Proof. intros H. rewrite <- (ex_const 0). now apply (ex_mono _ HEx). Qed.

(** Cauchy–Schwarz, then Minkowski, for a sum [a + x + y] with a constant. *)
Lemma ex_cauchy_schwarz x y : (Ex (fun t => x t * y t)) ^ 2 <= Ex (fun t => x t ^ 2) * Ex (fun t => y t ^ 2).
Proof.
set (A := Ex (fun t => x t ^ 2)). set (B := Ex (fun t => x t * y t)). set (C := Ex (fun t => y t ^ 2)).
assert (Q : forall s r, 0 <= s * s * A + 2 * (s * r) * B + r * r * C).
{ intros s r. assert (P : 0 <= Ex (fun t => (s * x t + r * y t) ^ 2)) by (apply ex_pos; intros; apply pow2_ge_0).
  rewrite (ex_ext _ (fun t => s * s * x t ^ 2 + (2 * (s * r) * (x t * y t) + r * r * y t ^ 2))) in P by (intros; ring).
  rewrite !(ex_plus _ HEx), !(ex_scal _ HEx) in P. fold A B C in P. lra. }
assert (PA : 0 <= A) by (apply ex_pos; intros; apply pow2_ge_0).
assert (PC : 0 <= C) by (apply ex_pos; intros; apply pow2_ge_0).
destruct (Rle_lt_or_eq_dec _ _ PA) as [P|E].
- assert (H := Q (- B) A). assert (0 <= A * (A * C - B ^ 2)) by nra.
  assert (0 <= A * C - B ^ 2); [|lra]. apply Rmult_le_reg_l with A; auto. lra.
- rewrite <- E in *. destruct (Req_dec B 0) as [Z|Z]; [rewrite Z; lra|]. exfalso.
  assert (H := Q (- (C + 1) / (2 * B)) 1).
  replace (- (C + 1) / (2 * B) * (- (C + 1) / (2 * B)) * 0 + 2 * (- (C + 1) / (2 * B) * 1) * B + 1 * 1 * C) with (-1) in H by (field; auto). lra.
Qed.

Lemma ex_product_le x y : (forall t, 0 <= x t) -> (forall t, 0 <= y t) ->
  Ex (fun t => x t * y t) <= sqrt (Ex (fun t => x t ^ 2)) * sqrt (Ex (fun t => y t ^ 2)).
Proof.
intros Hx Hy. assert (P : 0 <= Ex (fun t => x t * y t)) by (apply ex_pos; intros; now apply Rmult_le_pos).
rewrite <- sqrt_mult_alt by (apply ex_pos; intros; apply pow2_ge_0).
rewrite <- (sqrt_pow2 _ P). apply sqrt_le_1_alt, ex_cauchy_schwarz.
Qed.

Lemma ex_minkowski a x y X Y : 0 <= a -> (forall t, 0 <= x t) -> (forall t, 0 <= y t) -> 0 <= X -> 0 <= Y ->
  Ex (fun t => x t ^ 2) <= X ^ 2 -> Ex (fun t => y t ^ 2) <= Y ^ 2 ->
  Ex (fun t => (a + x t + y t) ^ 2) <= (a + X + Y) ^ 2.
Proof.
intros Ha Hx Hy PX PY HX HY.
rewrite (ex_ext _ (fun t => a ^ 2 + (x t ^ 2 + (y t ^ 2 + (2 * a * (x t * 1) + (2 * a * (y t * 1) + 2 * (x t * y t))))))) by (intros; ring).
rewrite !(ex_plus _ HEx), !(ex_scal _ HEx), ex_const.
assert (S1 : forall z Z, 0 <= Z -> Ex (fun t => z t ^ 2) <= Z ^ 2 -> sqrt (Ex (fun t => z t ^ 2)) <= Z).
{ intros z Z PZ H. rewrite <- (sqrt_pow2 Z) by auto. now apply sqrt_le_1_alt. }
assert (One : sqrt (Ex (fun _ => 1 ^ 2)) = 1).
{ rewrite ex_const. replace (1 ^ 2) with 1 by ring. apply sqrt_1. }
assert (T1 : Ex (fun t => x t * 1) <= X).
{ eapply Rle_trans; [apply (ex_product_le x (fun _ => 1)); auto; intros; lra|]. rewrite One, Rmult_1_r. now apply S1. }
assert (T2 : Ex (fun t => y t * 1) <= Y).
{ eapply Rle_trans; [apply (ex_product_le y (fun _ => 1)); auto; intros; lra|]. rewrite One, Rmult_1_r. now apply S1. }
assert (T3 : Ex (fun t => x t * y t) <= X * Y).
{ eapply Rle_trans; [apply (ex_product_le x y); auto|]. apply Rmult_le_compat; auto; apply sqrt_pos. }
assert (2 * a * Ex (fun t => x t * 1) <= 2 * a * X) by (apply Rmult_le_compat_l; lra).
assert (2 * a * Ex (fun t => y t * 1) <= 2 * a * Y) by (apply Rmult_le_compat_l; lra).
lra.
Qed.

End Laws.

(** ** The stopped process *)

Section Sgd.
Context {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HV : IsInner V ip).
Variables (L : V -> R) (G : V -> V) (Ex : V -> (V -> R) -> R) (w0 : V).
Variables (eta mu S Lam2 c1 c2 kappa2 Rad : R).
Notation inside w := (norm (minus w w0) <= Rad).
Notation next w g := (minus w (scal eta g)).

Definition in_ball (w : V) : bool := if Rle_dec (norm (minus w w0)) Rad then true else false.

Fixpoint killed (k : nat) (f : V -> R) (w : V) : R :=
  if in_ball w then match k with O => f w | Datatypes.S k => Ex w (fun g => killed k f (next w g)) end else 0.

Fixpoint exit_prob (k : nat) (w : V) : R :=
  if in_ball w then match k with O => 0 | Datatypes.S k => Ex w (fun g => exit_prob k (next w g)) end else 1.

(** [E (l_k²)], [l] the length of the path up to and including the step that leaves. *)
Fixpoint path_sq (k : nat) (w : V) (l : R) : R :=
  if in_ball w then match k with O => l ^ 2 | Datatypes.S k => Ex w (fun g => path_sq k (next w g) (l + eta * norm g)) end
  else l ^ 2.

Notation Q := (1 - 2 * eta * mu + eta ^ 2 * S * (c1 * mu + c2 * kappa2)).
Notation VV := (2 * (c1 * Lam2 + c2 * kappa2)).

Hypothesis HEx : forall w, Expectation (Ex w).
Hypothesis Heta : 0 < eta.
Hypothesis Hmu : 0 <= mu.
Hypothesis HSpos : 0 < S.
Hypothesis Hc1 : 0 <= c1.
Hypothesis Hc2 : 0 <= c2.
Hypothesis Hkappa : 0 <= kappa2.
Hypothesis HLS : Lam2 <= S.
Hypothesis HLam : 0 <= Lam2.
Hypothesis Hstep : eta * S * c1 <= 2.
Hypothesis HQ : 0 <= Q < 1.
Hypothesis Lpos : forall w, 0 <= L w.
Hypothesis Hunbiased : forall w, inside w -> Ex w (fun g => ip (G w) g) = norm (G w) ^ 2.
Hypothesis Hsecond : forall w, inside w -> Ex w (fun g => norm g ^ 2) <= c1 * norm (G w) ^ 2 + 2 * c2 * kappa2 * L w.
Hypothesis Hsmooth : forall w h, inside w -> inside (minus w h) -> L (minus w h) <= L w - ip (G w) h + S / 2 * norm h ^ 2.
Hypothesis Hupper : forall w, inside w -> norm (G w) ^ 2 <= 2 * Lam2 * L w.
Hypothesis HPL : forall w, inside w -> 2 * mu * L w <= norm (G w) ^ 2.

Let ind (w : V) : R := if in_ball w then 1 else 0.

Lemma in_ball_spec w : in_ball w = true -> inside w.
Proof. unfold in_ball. destruct (Rle_dec (norm (minus w w0)) Rad); [auto | discriminate]. Qed.

(** One step: [E (L(w') 1{w' inside}) <= Q L(w)]. That the upper bound [Y] is non-negative is what
    allows the indicator to be dropped. *)
Lemma sgd_step w : inside w -> Ex w (fun g => L (next w g) * ind (next w g)) <= Q * L w.
Proof.
intros Hw. set (Y := fun g : V => L w + (- eta * ip (G w) g + S / 2 * eta ^ 2 * norm g ^ 2)).
assert (HY : forall g, L (next w g) * ind (next w g) <= Y g).
{ intros g. unfold ind. destruct (in_ball (next w g)) eqn:B.
  - rewrite Rmult_1_r. apply in_ball_spec in B. eapply Rle_trans; [apply (Hsmooth w (scal eta g) Hw B)|].
    unfold Y. rewrite (ip_scal_r ip HV), (norm_sq_scal ip HV). lra.
  - rewrite Rmult_0_r. unfold Y.
    assert (Sq : 0 <= norm (minus (scal (S * eta) g) (G w)) ^ 2) by apply pow2_ge_0.
    rewrite (norm_sq_minus ip HV), (norm_sq_scal ip HV), (ip_scal _ _ HV), (ip_sym _ _ HV) in Sq.
    assert (U := Hupper w Hw). assert (P := Lpos w).
    assert (U2 : norm (G w) ^ 2 <= 2 * S * L w) by (eapply Rle_trans; [exact U|]; apply Rmult_le_compat_r; lra).
    apply Rmult_le_reg_l with (2 * S); [lra|]. rewrite Rmult_0_r.
    replace (2 * S * (L w + (- eta * ip (G w) g + S / 2 * eta ^ 2 * norm g ^ 2))) with
      (2 * S * L w - norm (G w) ^ 2 + ((S * eta) ^ 2 * norm g ^ 2 - 2 * (S * eta * ip (G w) g) + norm (G w) ^ 2)) by field.
    lra. }
eapply Rle_trans; [apply (ex_mono _ (HEx w)); exact HY|]. unfold Y.
rewrite (ex_plus _ (HEx w)), (ex_plus _ (HEx w)), !(ex_scal _ (HEx w)), (ex_const _ (HEx w)), Hunbiased by auto.
assert (A := Hsecond w Hw). assert (P := HPL w Hw).
assert (B : S / 2 * eta ^ 2 * Ex w (fun g => norm g ^ 2) <= S / 2 * eta ^ 2 * (c1 * norm (G w) ^ 2 + 2 * c2 * kappa2 * L w)).
{ apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra | apply pow2_ge_0] | exact A]. }
assert (C : eta * (1 - eta * S * c1 / 2) * (2 * mu * L w) <= eta * (1 - eta * S * c1 / 2) * norm (G w) ^ 2).
{ apply Rmult_le_compat_l; [apply Rmult_le_pos; lra | exact P]. }
nra.
Qed.

Lemma killed_pos k f w : (forall x, 0 <= f x) -> 0 <= killed k f w.
Proof.
intros Hf. revert w. induction k as [|k IH]; intros w; simpl; destruct (in_ball w); try lra; auto.
apply (ex_pos _ (HEx w)). intros g. apply IH.
Qed.

(** ** T8: expected contraction while inside *)
Theorem sgd_contraction k w : killed k L w <= Q ^ k * L w.
Proof.
revert w. induction k as [|k IH]; intros w; cbn [killed].
- destruct (in_ball w); [simpl; lra|]. simpl. rewrite Rmult_1_l. apply Lpos.
- destruct (in_ball w) eqn:B; [|apply Rmult_le_pos; [apply pow_le; lra | apply Lpos]].
  apply in_ball_spec in B.
  assert (H : Ex w (fun g => killed k L (next w g)) <= Ex w (fun g => Q ^ k * (L (next w g) * ind (next w g)))).
  { apply (ex_mono _ (HEx w)). intros g. unfold ind. destruct (in_ball (next w g)) eqn:B2.
    - rewrite Rmult_1_r. apply IH.
    - destruct k; cbn [killed]; rewrite B2, !Rmult_0_r; lra. }
  eapply Rle_trans; [exact H|]. rewrite (ex_scal _ (HEx w)).
  replace (Q ^ Datatypes.S k * L w) with (Q ^ k * (Q * L w)) by (rewrite <- (tech_pow_Rmult Q k); ring).
  apply Rmult_le_compat_l; [apply pow_le; lra | now apply sgd_step].
Qed.

(** ** T8: the iterates stay *)

Let s (k : nat) : R := rsum k (fun j => sqrt Q ^ j).

Lemma s_step k : s (Datatypes.S k) = 1 + sqrt Q * s k.
Proof.
unfold s. rewrite rsum_head. simpl (sqrt Q ^ 0). f_equal. rewrite <- rsum_scal. apply rsum_ext. intros; simpl; ring.
Qed.

Lemma s_pos k : 0 <= s k.
Proof. apply rsum_nonneg. intros. apply pow_le, sqrt_pos. Qed.

Lemma s_bound k : s k * (1 - sqrt Q) <= 1.
Proof.
assert (E : s k * (1 - sqrt Q) = 1 - sqrt Q ^ k).
{ induction k as [|k IH]; [unfold s; simpl; ring|].
  assert (A : s (Datatypes.S k) = s k + sqrt Q ^ k) by reflexivity. rewrite A, Rmult_plus_distr_r, IH. simpl. ring. }
rewrite E. assert (A : 0 <= sqrt Q ^ k) by apply pow_le, sqrt_pos. lra.
Qed.

Lemma VV_pos : 0 <= VV.
Proof. assert (0 <= c1 * Lam2) by now apply Rmult_le_pos. assert (0 <= c2 * kappa2) by now apply Rmult_le_pos. lra. Qed.

Lemma path_sq_bound k w l : 0 <= l -> path_sq k w l <= (l + eta * sqrt VV * s k * sqrt (L w)) ^ 2.
Proof.
assert (PV := sqrt_pos VV). assert (PVV := VV_pos).
assert (Triv : forall k w l, 0 <= l -> l ^ 2 <= (l + eta * sqrt VV * s k * sqrt (L w)) ^ 2).
{ intros j x r Hr. apply pow_incr. split; auto.
  assert (0 <= eta * sqrt VV * s j * sqrt (L x)); [|lra].
  apply Rmult_le_pos; [|apply sqrt_pos]. apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply s_pos]. }
revert w l. induction k as [|k IH]; intros w l Hl; cbn [path_sq].
- destruct (in_ball w); now apply Triv.
- destruct (in_ball w) eqn:B; [|now apply Triv]. apply in_ball_spec in B.
  set (tail := fun g => eta * sqrt VV * s k * sqrt (L (next w g) * ind (next w g))).
  assert (Pt : forall g, 0 <= tail g).
  { intros g. unfold tail. apply Rmult_le_pos; [|apply sqrt_pos]. apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply s_pos]. }
  assert (H : Ex w (fun g => path_sq k (next w g) (l + eta * norm g)) <= Ex w (fun g => (l + eta * norm g + tail g) ^ 2)).
  { apply (ex_mono _ (HEx w)). intros g.
    assert (Pl : 0 <= l + eta * norm g) by (assert (0 <= eta * norm g) by (apply Rmult_le_pos; [lra | apply norm_ge_0]); lra).
    unfold tail, ind. destruct (in_ball (next w g)) eqn:B2.
    - rewrite Rmult_1_r. now apply IH.
    - assert (Eq : path_sq k (next w g) (l + eta * norm g) = (l + eta * norm g) ^ 2) by (destruct k; cbn [path_sq]; now rewrite B2).
      rewrite Eq, Rmult_0_r, sqrt_0, Rmult_0_r, Rplus_0_r. lra. }
  eapply Rle_trans; [exact H|].
  set (X := eta * sqrt VV * sqrt (L w)). set (Y := eta * sqrt VV * s k * (sqrt Q * sqrt (L w))).
  replace (l + eta * sqrt VV * s (Datatypes.S k) * sqrt (L w)) with (l + X + Y) by (rewrite s_step; unfold X, Y; ring).
  assert (PL := sqrt_pos (L w)). assert (PQ := sqrt_pos Q). assert (Psk := s_pos k).
  apply (ex_minkowski _ (HEx w) l (fun g => eta * norm g) tail); auto.
  + intros g. apply Rmult_le_pos; [lra | apply norm_ge_0].
  + unfold X. apply Rmult_le_pos; auto. apply Rmult_le_pos; lra.
  + unfold Y. apply Rmult_le_pos; [apply Rmult_le_pos; auto; apply Rmult_le_pos; lra | now apply Rmult_le_pos].
  + rewrite (ex_ext _ (HEx w) _ (fun g => eta ^ 2 * norm g ^ 2)) by (intros; ring). rewrite (ex_scal _ (HEx w)).
    unfold X. rewrite !Rpow_mult_distr, (pow2_sqrt VV), (pow2_sqrt (L w)) by auto. rewrite Rmult_assoc.
    apply Rmult_le_compat_l; [apply pow2_ge_0|]. eapply Rle_trans; [apply (Hsecond w B)|].
    assert (U := Hupper w B). assert (c1 * norm (G w) ^ 2 <= c1 * (2 * Lam2 * L w)) by now apply Rmult_le_compat_l. lra.
  + assert (Pind : forall g, 0 <= L (next w g) * ind (next w g)).
    { intros g. apply Rmult_le_pos; auto. unfold ind. destruct (in_ball (next w g)); lra. }
    rewrite (ex_ext _ (HEx w) _ (fun g => (eta * sqrt VV * s k) ^ 2 * (L (next w g) * ind (next w g)))).
    2: { intros g. unfold tail. rewrite Rpow_mult_distr, pow2_sqrt by auto. easy. }
    rewrite (ex_scal _ (HEx w)).
    assert (EY : (sqrt Q * sqrt (L w)) ^ 2 = Q * L w) by (rewrite Rpow_mult_distr, pow2_sqrt, pow2_sqrt by (auto; lra); easy).
    replace (Y ^ 2) with ((eta * sqrt VV * s k) ^ 2 * (Q * L w)) by (rewrite <- EY; unfold Y; ring).
    apply Rmult_le_compat_l; [apply pow2_ge_0 | now apply sgd_step].
Qed.

Lemma exit_path k w l : norm (minus w w0) <= l -> 0 <= Rad -> exit_prob k w * Rad ^ 2 <= path_sq k w l.
Proof.
intros Hl HR. revert w l Hl. induction k as [|k IH]; intros w l Hl; cbn [exit_prob path_sq]; destruct (in_ball w) eqn:B.
- rewrite Rmult_0_l. apply pow2_ge_0.
- unfold in_ball in B. destruct (Rle_dec (norm (minus w w0)) Rad) as [_|N]; [discriminate|].
  rewrite Rmult_1_l. apply pow_incr. lra.
- rewrite Rmult_comm, <- (ex_scal _ (HEx w)). apply (ex_mono _ (HEx w)). intros g. rewrite Rmult_comm. apply IH.
  assert (T := dist_triangle (next w g) w w0). assert (D := step_dist w g eta (Rlt_le _ _ Heta)). lra.
- unfold in_ball in B. destruct (Rle_dec (norm (minus w w0)) Rad) as [_|N]; [discriminate|].
  rewrite Rmult_1_l. apply pow_incr. lra.
Qed.

Theorem sgd_stays (delta : R) : 0 < delta -> 0 < Rad -> eta * sqrt (VV * L w0) / ((1 - sqrt Q) * sqrt delta) <= Rad ->
  forall k, exit_prob k w0 <= delta.
Proof.
intros Hd HR HRad k.
assert (Sq1 : sqrt Q < 1) by (apply Rlt_le_trans with (sqrt 1); [apply sqrt_lt_1_alt; lra | rewrite sqrt_1; lra]).
assert (Pd : 0 < sqrt delta) by now apply sqrt_lt_R0.
assert (A := exit_path k w0 0 ltac:(rewrite (dist_self w0); lra) ltac:(lra)).
assert (B := path_sq_bound k w0 0 (Rle_refl 0)). rewrite Rplus_0_l in B.
assert (C : eta * sqrt VV * s k * sqrt (L w0) <= Rad * sqrt delta).
{ rewrite sqrt_mult_alt in HRad by apply VV_pos.
  assert (PV := sqrt_pos VV). assert (PL := sqrt_pos (L w0)).
  apply Rle_trans with (eta * (sqrt VV * sqrt (L w0)) / ((1 - sqrt Q) * sqrt delta) * sqrt delta).
  - replace (eta * (sqrt VV * sqrt (L w0)) / ((1 - sqrt Q) * sqrt delta) * sqrt delta) with
      (eta * (sqrt VV * sqrt (L w0)) * / (1 - sqrt Q)) by (field; split; lra).
    replace (eta * sqrt VV * s k * sqrt (L w0)) with (eta * (sqrt VV * sqrt (L w0)) * s k) by ring.
    apply Rmult_le_compat_l; [apply Rmult_le_pos; [lra | now apply Rmult_le_pos]|].
    apply Rmult_le_reg_r with (1 - sqrt Q); [lra|]. rewrite Rinv_l by lra. apply s_bound.
  - apply Rmult_le_compat_r; lra. }
assert (D : (eta * sqrt VV * s k * sqrt (L w0)) ^ 2 <= (Rad * sqrt delta) ^ 2).
{ apply pow_incr. split; auto. apply Rmult_le_pos; [|apply sqrt_pos].
  apply Rmult_le_pos; [apply Rmult_le_pos; [lra | apply sqrt_pos] | apply s_pos]. }
assert (E2 : (Rad * sqrt delta) ^ 2 = Rad ^ 2 * delta) by (rewrite Rpow_mult_distr, pow2_sqrt by lra; easy).
apply Rmult_le_reg_r with (Rad ^ 2); [now apply pow_lt|]. lra.
Qed.

End Sgd.
