(** * T1: gradient descent at larger steps, [eta < 2/S]

    Liu, Zhu, Belkin 2022, Theorem 6 is the case [c = 1]. With [S >= Lam² + beta E], [c = 2 - eta S > 0] and
    [beta0 E/sigma0² <= c/4], the iterates stay within
    [R* = (4E/c)/(sigma0 + sqrt (sigma0² - 4 beta0 E/c))], and
    [‖e_{k+1}‖² <= (1 - c eta (sigma0 - beta0 rho_k)²) ‖e_k‖²]; the limit interpolates, also at equality.
    [beta0] is the Lipschitz constant from the centre only (H1c), [beta] that between any two points. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation Residual Descent MainTheorem Euclidean.
Open Scope R_scope.

Section Larger.
Context {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}.
Context (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW).
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V).
Variables (beta beta0 Lam sigma0 eta S : R).

Notation e := (residual F y).
Notation G := (grad F y Jt).
Notation w := (gd G w0 eta).
Notation rho := (path G w0 eta).
Notation E := (norm (e w0)).
Notation c := (2 - eta * S).
Notation E' := (2 * E / c).
Notation Rs := (kant_radius sigma0 beta0 E').
Notation q := (kant_q sigma0 beta0 E').
Notation sigma k := (sigma0 - beta0 * rho k).

Hypothesis Heta : 0 < eta.
Hypothesis Hbeta : 0 <= beta.
Hypothesis Hbeta0 : 0 <= beta0.
Hypothesis HLam : 0 <= Lam.
Hypothesis Hsigma0 : 0 < sigma0.
Hypothesis HSE : Lam ^ 2 + beta * E <= S.
Hypothesis Hc : 0 < c.
Hypothesis Hh : 4 * beta0 * E / c <= sigma0 ^ 2.
Hypothesis HS : Smooth ipV ipW F J Jt w0 beta beta0 Lam Rs.
Hypothesis HK : forall z, sigma0 * norm z <= norm (Jt w0 z).

Let E'_pos : 0 <= E'.
Proof.
apply Rmult_le_pos; [assert (P := norm_ge_0 (e w0)); lra | left; now apply Rinv_0_lt_compat].
Qed.

Let Hh' : 2 * beta0 * E' <= sigma0 ^ 2.
Proof. replace (2 * beta0 * E') with (4 * beta0 * E / c) by (field; lra). exact Hh. Qed.

Let S_pos : 0 <= S.
Proof.
assert (0 <= beta * E) by (apply Rmult_le_pos; [auto | apply norm_ge_0]). assert (A := pow2_ge_0 Lam). lra.
Qed.

Let Rs_pos : 0 <= Rs.
Proof. now apply radius_pos. Qed.

Let rim : 0 <= sigma0 - beta0 * Rs.
Proof. rewrite radius_sigma by auto. apply root_pos. Qed.

Definition fine (k : nat) : Prop := rho k <= Rs /\ norm (e (w k)) <= c / 2 * q (rho k) /\ norm (e (w k)) <= E.

Lemma fine_ball k : fine k -> norm (minus (w k) w0) <= Rs.
Proof. intros [H _]. eapply Rle_trans; [apply (path_dist_centre (V := V)); lra | exact H]. Qed.

Lemma fine_sigma k : fine k -> 0 <= sigma k.
Proof. intros [H _]. assert (A := rim). nra. Qed.

Lemma fine_weyl k : fine k -> forall z, sigma k * norm z <= norm (Jt (w k) z).
Proof.
intros Hk z.
assert (A := sigma_min_ball (V := V) ipV ipW F J Jt w0 beta beta0 Lam Rs sigma0 HS (w k) z HK (fine_ball k Hk)).
eapply Rle_trans; [|exact A]. apply Rmult_le_compat_r; [apply norm_ge_0|].
assert (B : norm (minus (w k) w0) <= rho k) by (apply (path_dist_centre (V := V)); lra).
assert (beta0 * norm (minus (w k) w0) <= beta0 * rho k) by now apply Rmult_le_compat_l. lra.
Qed.

(** A (shortened) step that stays inside. *)
Lemma fine_decrease k t : fine k -> 0 <= t <= eta -> rho k + t * norm (G (w k)) <= Rs ->
  norm (e (minus (w k) (scal t (G (w k))))) <=
  norm (e (w k)) - (2 - t * S) / 2 * (t * norm (G (w k))) * sigma k.
Proof.
intros Hk Ht Hr.
assert (Hw' : norm (minus (minus (w k) (scal t (G (w k)))) w0) <= Rs).
{ assert (A := dist_triangle (V := V) (minus (w k) (scal t (G (w k)))) (w k) w0).
  assert (B := step_dist (V := V) (w k) (G (w k)) t (proj1 Ht)).
  assert (C : norm (minus (w k) w0) <= rho k) by (apply (path_dist_centre (V := V)); lra).
  eapply Rle_trans; [exact A|]. eapply Rle_trans; [apply Rplus_le_compat; [exact B | exact C]|]. lra. }
apply (residual_decrease (V := V) ipV ipW HV HW F y J Jt w0 beta beta0 Lam Rs HS Hbeta HLam (w k) t S (sigma k)); auto.
- apply Ht.
- now apply fine_ball.
- destruct Hk as [_ [_ H]]. assert (beta * norm (e (w k)) <= beta * E) by now apply Rmult_le_compat_l. lra.
- assert (t * S <= eta * S) by (apply Rmult_le_compat_r; lra). lra.
- now apply fine_weyl.
Qed.

Lemma fine_no_jump k : fine k -> rho (Datatypes.S k) <= Rs.
Proof.
intros Hk. rewrite path_S. set (g := norm (G (w k))).
destruct (Rle_lt_dec (rho k + eta * g) Rs) as [Ok|Bad]; auto. exfalso.
assert (Pg0 : 0 <= g) by apply norm_ge_0.
assert (Hq := proj1 (proj2 Hk)). rewrite q_left in Hq by auto.
assert (Pe := norm_ge_0 (e (w k))).
assert (Q0 : 0 <= beta0 / 2 * (Rs - rho k) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
assert (Hq2 : norm (e (w k)) <= c / 2 * (sigma k * (Rs - rho k))).
{ eapply Rle_trans; [exact Hq|]. apply Rmult_le_compat_l; lra. }
destruct (Rle_lt_or_eq_dec _ _ (proj1 Hk)) as [Lt|Eq].
- assert (Ps : 0 < sigma k).
  { assert (A := rim). destruct Hbeta0 as [Pb|Zb].
    - assert (beta0 * rho k < beta0 * Rs) by now apply Rmult_lt_compat_l. lra.
    - rewrite <- Zb. lra. }
  assert (Pg : 0 < g). { destruct Pg0 as [P|Z]; auto. rewrite <- Z in Bad. lra. }
  set (t := (Rs - rho k) / g).
  assert (Etg : t * g = Rs - rho k) by (unfold t; field; lra).
  assert (Pt : 0 < t) by (apply Rdiv_lt_0_compat; lra).
  assert (Ht : t < eta) by (apply Rmult_lt_reg_r with g; lra).
  assert (D := fine_decrease k t Hk ltac:(lra) ltac:(fold g; lra)). fold g in D. rewrite Etg in D.
  assert (Pn := norm_ge_0 (e (minus (w k) (scal t (G (w k)))))).
  assert (P1 : 0 < sigma k * (Rs - rho k)) by (apply Rmult_lt_0_compat; lra).
  (* at the rim the residual would be negative, as soon as S > 0; and if S = 0, it is zero beyond *)
  destruct (Rle_lt_or_eq_dec _ _ S_pos) as [PS|ZS].
  + assert (t * S < eta * S) by now apply Rmult_lt_compat_r.
    assert ((eta * S - t * S) * (sigma k * (Rs - rho k)) > 0) by (apply Rmult_lt_0_compat; lra). lra.
  + (* S = 0: Lam = 0, and then the gradient is zero *)
    assert (L0 : Lam ^ 2 <= 0).
    { assert (0 <= beta * E) by (apply Rmult_le_pos; [auto | apply norm_ge_0]). lra. }
    assert (Zl : Lam = 0) by nra.
    assert (A := sm_norm _ _ _ _ _ _ _ _ _ _ HS (w k) (e (w k)) (fine_ball k Hk)). rewrite Zl, Rmult_0_l in A.
    assert (g <= 0) by exact A. lra.
- assert (Ze : norm (e (w k)) = 0) by (rewrite <- Eq in Hq2; replace (rho k - rho k) with 0 in Hq2 by ring; lra).
  assert (A := sm_norm _ _ _ _ _ _ _ _ _ _ HS (w k) (e (w k)) (fine_ball k Hk)). rewrite Ze, Rmult_0_r in A.
  assert (g <= 0) by exact A. assert (g = 0) by lra. rewrite H0 in Bad. lra.
Qed.

Theorem all_fine k : fine k.
Proof.
induction k as [|k IH].
- unfold fine, path. simpl. split; [auto|]. split; [|lra]. unfold kant_q. right. field. lra.
- assert (Hr := fine_no_jump k IH). rewrite path_S in Hr.
  assert (D := fine_decrease k eta IH ltac:(lra) Hr).
  change (minus (w k) (scal eta (G (w k)))) with (w (Datatypes.S k)) in D.
  assert (Ps := fine_sigma k IH). set (g := norm (G (w k))) in *.
  assert (Pd : 0 <= eta * g) by (apply Rmult_le_pos; [lra | apply norm_ge_0]).
  assert (P1 : 0 <= c / 2 * (eta * g) * sigma k) by (apply Rmult_le_pos; auto; apply Rmult_le_pos; lra).
  split; [now rewrite path_S|]. destruct IH as [_ [H1 H2]]. split; [|lra].
  rewrite path_S. fold g. eapply Rle_trans; [exact D|].
  assert (Q : q (rho k) - sigma k * (eta * g) <= q (rho k + eta * g)).
  { unfold kant_q. assert (0 <= beta0 / 2 * (eta * g) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]). lra. }
  apply Rmult_le_compat_l with (r := c / 2) in Q; lra.
Qed.

Lemma t1_rate k : norm (e (w (Datatypes.S k))) ^ 2 <= (1 - c * eta * sigma k ^ 2) * norm (e (w k)) ^ 2.
Proof.
assert (Hk := all_fine k). assert (Hk' := all_fine (Datatypes.S k)).
assert (D : norm (e (w (Datatypes.S k))) ^ 2 <= norm (e (w k)) ^ 2 - eta * c * norm (G (w k)) ^ 2).
{ apply (residual_descent (V := V) ipV ipW HV HW F y J Jt w0 beta beta0 Lam Rs HS Hbeta HLam (w k) eta S); auto.
  - lra.
  - now apply fine_ball.
  - exact (fine_ball (Datatypes.S k) Hk').
  - destruct Hk as [_ [_ H]]. assert (beta * norm (e (w k)) <= beta * E) by now apply Rmult_le_compat_l. lra. }
assert (Wl : (sigma k * norm (e (w k))) ^ 2 <= norm (G (w k)) ^ 2).
{ apply pow_incr. split; [apply Rmult_le_pos; [now apply fine_sigma | apply norm_ge_0] | now apply fine_weyl]. }
rewrite Rpow_mult_distr in Wl.
assert (eta * c * (sigma k ^ 2 * norm (e (w k)) ^ 2) <= eta * c * norm (G (w k)) ^ 2).
{ apply Rmult_le_compat_l; auto. apply Rmult_le_pos; lra. }
lra.
Qed.

Lemma t1_rate_mu k : 1 - c * eta * sigma k ^ 2 <= 1 - c * eta * (sigma0 - beta0 * Rs) ^ 2.
Proof.
assert (A := rim). destruct (all_fine k) as [H _].
assert (beta0 * rho k <= beta0 * Rs) by now apply Rmult_le_compat_l.
assert ((sigma0 - beta0 * Rs) ^ 2 <= sigma k ^ 2) by (apply pow_incr; lra).
assert (c * eta * (sigma0 - beta0 * Rs) ^ 2 <= c * eta * sigma k ^ 2).
{ apply Rmult_le_compat_l; auto. apply Rmult_le_pos; lra. } lra.
Qed.

Lemma t1_residual_lim : is_lim_seq (fun k => norm (e (w k))) 0.
Proof.
assert (Hf : ex_finite_lim_seq rho).
{ apply ex_finite_lim_seq_incr with Rs; [intros n; apply (path_mono (V := V)); [lra | lia] | intros n; apply all_fine]. }
destruct Hf as [r Hr].
assert (Lr : forall k, rho k <= r).
{ intros k. apply (is_lim_seq_le_loc (fun _ => rho k) rho (rho k) r); [|apply is_lim_seq_const|exact Hr].
  exists k. intros n Hn. apply (path_mono (V := V)); [lra | auto]. }
assert (LR : r <= Rs).
{ apply (is_lim_seq_le rho (fun _ => Rs) r Rs); [intros n; apply all_fine | exact Hr | apply is_lim_seq_const]. }
destruct (Rle_lt_or_eq_dec _ _ LR) as [Lt|Eq].
- assert (Ps : 0 < sigma0 - beta0 * r).
  { assert (A := rim). destruct Hbeta0 as [Pb|Zb].
    - assert (beta0 * r < beta0 * Rs) by now apply Rmult_lt_compat_l. lra.
    - rewrite <- Zb. lra. }
  assert (L2 : is_lim_seq (fun k => norm (e (w k)) ^ 2) 0).
  { apply (geometric_lim _ (c * eta * (sigma0 - beta0 * r) ^ 2) O).
    - apply Rmult_lt_0_compat; [apply Rmult_lt_0_compat; auto | now apply pow_lt].
    - intros k. apply pow2_ge_0.
    - intros k _. eapply Rle_trans; [apply t1_rate|]. apply Rmult_le_compat_r; [apply pow2_ge_0|].
      assert (beta0 * rho k <= beta0 * r) by (apply Rmult_le_compat_l; auto).
      assert ((sigma0 - beta0 * r) ^ 2 <= sigma k ^ 2) by (apply pow_incr; lra).
      assert (c * eta * (sigma0 - beta0 * r) ^ 2 <= c * eta * sigma k ^ 2).
      { apply Rmult_le_compat_l; auto. apply Rmult_le_pos; lra. } lra. }
  apply (is_lim_seq_ext (fun k => sqrt (norm (e (w k)) ^ 2))).
  { intros k. apply sqrt_pow2, norm_ge_0. }
  rewrite <- sqrt_0. apply (is_lim_seq_continuous sqrt _ 0); [|exact L2]. apply continuity_pt_sqrt. lra.
- apply (is_lim_seq_le_le (fun _ => 0) _ (fun k => c / 2 * q (rho k))).
  + intros k. split; [apply norm_ge_0 | apply all_fine].
  + apply is_lim_seq_const.
  + replace (Finite 0) with (Finite (c / 2 * q Rs)) by (rewrite radius_root by auto; f_equal; ring).
    rewrite <- Eq. unfold kant_q. apply is_lim_seq_mult'; [apply is_lim_seq_const|].
    apply is_lim_seq_plus'.
    * apply is_lim_seq_minus'; [apply is_lim_seq_const|].
      apply is_lim_seq_mult'; [apply is_lim_seq_const | exact Hr].
    * apply is_lim_seq_mult'; [apply is_lim_seq_const|].
      apply (is_lim_seq_ext (fun k => rho k * (rho k * 1))); [intros n; simpl; ring|].
      apply is_lim_seq_mult'; auto. apply is_lim_seq_mult'; auto. apply is_lim_seq_const.
Qed.

Lemma t1_solution : exists ws : V, filterlim w eventually (locally ws) /\
  (forall k, norm (minus ws (w k)) <= Rs - rho k) /\ norm (minus ws w0) <= Rs /\ F ws = y.
Proof.
destruct (finite_path_converges (V := V) w rho Rs) as [ws [H1 H2]].
{ intros k. rewrite path_S. assert (A := gd_S_dist (V := V) G w0 eta k (Rlt_le _ _ Heta)).
  replace (rho k + eta * norm (G (w k)) - rho k) with (eta * norm (G (w k))) by ring. exact A. }
{ intros k. apply all_fine. }
assert (B : norm (minus ws w0) <= Rs).
{ apply (dist_le_lim (V := V) w ws w0 Rs O H1). intros k _. apply fine_ball, all_fine. }
exists ws. repeat split; auto.
apply (limit_interpolates (V := V) ipV ipW HV HW F y J Jt w0 beta beta0 Lam Rs HS w ws); auto.
- intros k. apply fine_ball, all_fine.
- exact t1_residual_lim.
Qed.

End Larger.

(** ** T1 *)
Theorem larger_steps_gd {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}
  (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V)
  (eta beta beta0 sigma0 Lam S : R) :
  let e := residual F y in
  let E := norm (e w0) in
  let c := 2 - eta * S in
  let Rs := 2 * (2 * E / c) / (sigma0 + sqrt (sigma0 ^ 2 - 2 * beta0 * (2 * E / c))) in
  0 < eta -> 0 <= beta -> 0 <= beta0 -> 0 < sigma0 -> 0 <= Lam ->
  Lam ^ 2 + beta * E <= S -> 0 < c ->                             (* eta < 2/S *)
  4 * beta0 * E / c <= sigma0 ^ 2 ->                              (* h <= c/4 *)
  Smooth ipV ipW F J Jt w0 beta beta0 Lam Rs ->
  (forall z, sigma0 * norm z <= norm (Jt w0 z)) ->
  let w := gd (grad F y Jt) w0 eta in
  let rho := path (grad F y Jt) w0 eta in
  let mu := (sigma0 - beta0 * Rs) ^ 2 in
  (forall k, norm (minus (w k) w0) <= rho k /\ rho k <= Rs) /\
  (forall k, norm (e (w (Datatypes.S k))) ^ 2 <= (1 - c * eta * (sigma0 - beta0 * rho k) ^ 2) * norm (e (w k)) ^ 2) /\
  (forall k, 1 - c * eta * (sigma0 - beta0 * rho k) ^ 2 <= 1 - c * eta * mu) /\
  exists ws, filterlim w eventually (locally ws) /\ norm (minus ws w0) <= Rs /\
    (forall k, norm (minus ws (w k)) <= Rs - rho k) /\ F ws = y.
Proof.
intros e E c Rs He Hb Hb0 Hs HL HSE Hc Hh SS HK w rho mu.
assert (AF := all_fine ipV HV ipW HW F y J Jt w0 beta beta0 Lam sigma0 eta S He Hb Hb0 HL Hs HSE Hc Hh SS HK).
split; [|split; [|split]].
- intros k. split; [apply (path_dist_centre (V := V)); lra | apply (AF k)].
- exact (t1_rate ipV HV ipW HW F y J Jt w0 beta beta0 Lam sigma0 eta S He Hb Hb0 HL Hs HSE Hc Hh SS HK).
- exact (t1_rate_mu ipV HV ipW HW F y J Jt w0 beta beta0 Lam sigma0 eta S He Hb Hb0 HL Hs HSE Hc Hh SS HK).
- destruct (t1_solution ipV HV ipW HW F y J Jt w0 beta beta0 Lam sigma0 eta S He Hb Hb0 HL Hs HSE Hc Hh SS HK)
    as [ws [A [B [C D]]]]. exists ws. auto.
Qed.
