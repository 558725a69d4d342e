(** * Gradient descent under PL*, descent assumed

    Liu, Zhu, Belkin, "Loss landscapes and optimization in over-parameterized non-linear systems
    and neural networks" (2022), Theorem 6, in the abstract form: in any complete real normed
    space, a non-negative [L] that satisfies [2 mu L <= ‖G‖²] on the closed ball of radius
    [2 sqrt (2 L(w0) / mu)], and decreases by [eta/2 ‖G‖²] along the iteration [w - eta G(w)], is
    driven to zero at the rate [(1 - eta mu)^k], inside the ball.

    [G] is any map here. [PLStarSmooth.v] takes it to be the gradient and derives the descent. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed.
Open Scope R_scope.

(** ** The iteration *)

Section Iteration.
Context {V : NormedModule R_AbsRing}.

Definition gd_step (G : V -> V) (eta : R) (w : V) : V := minus w (scal eta (G w)).

Fixpoint gd (G : V -> V) (w0 : V) (eta : R) (k : nat) : V :=
  match k with O => w0 | S k => gd_step G eta (gd G w0 eta k) end.

Lemma gd_S_dist G w0 eta k : 0 <= eta ->
  norm (minus (gd G w0 eta (S k)) (gd G w0 eta k)) <= eta * norm (G (gd G w0 eta k)).
Proof. intros H. now apply step_dist. Qed.

End Iteration.

(** ** The length of one step, in terms of the square root of the loss *)

Lemma step_length (t mu L0 L1 g : R) :
  0 <= t -> 0 < mu -> 0 <= L0 -> 0 <= L1 -> 0 <= g ->
  L1 <= L0 - t / 2 * g ^ 2 -> 2 * mu * L0 <= g ^ 2 ->
  t * g <= 2 * sqrt (2 / mu) * (sqrt L0 - sqrt L1).
Proof.
intros Ht Hmu H0 H1 Hg Hd Hpl.
set (s := sqrt (2 / mu)). set (a := sqrt L0). set (b := sqrt L1).
assert (Ea : a * a = L0) by (apply sqrt_sqrt; auto).
assert (Eb : b * b = L1) by (apply sqrt_sqrt; auto).
assert (Pa : 0 <= a) by apply sqrt_pos. assert (Pb : 0 <= b) by apply sqrt_pos.
assert (H2 : 0 < 2 / mu) by (apply Rdiv_lt_0_compat; lra).
assert (Es : s * s = 2 / mu) by (apply sqrt_sqrt; lra).
assert (Ps : 0 < s) by now apply sqrt_lt_R0.
assert (Esm : s * s * mu = 2) by (rewrite Es; field; lra).
assert (Hba : b <= a).
{ apply sqrt_le_1; auto. assert (0 <= t / 2 * g ^ 2) by (apply Rmult_le_pos; [lra | nra]). lra. }
destruct (Rle_lt_or_eq_dec _ _ Hg) as [Pg|<-].
- assert (H2a : 2 * a <= g * s).
  { apply Rsqr_incr_0_var; [unfold Rsqr | nra].
    replace (g * s * (g * s)) with (g ^ 2 * (s * s)) by ring.
    apply Rle_trans with (2 * mu * L0 * (s * s)).
    - rewrite <- Ea. replace (2 * mu * (a * a) * (s * s)) with (2 * (s * s * mu) * (a * a)) by ring.
      rewrite Esm. lra.
    - apply Rmult_le_compat_r; nra. }
  assert (H3 : t / 2 * g ^ 2 <= (a - b) * (g * s)).
  { apply Rle_trans with ((a - b) * (2 * a)).
    - apply Rle_trans with ((a - b) * (a + b)); [nra | apply Rmult_le_compat_l; lra].
    - apply Rmult_le_compat_l; lra. }
  apply Rmult_le_reg_r with (g / 2); [lra|]. nra.
- rewrite Rmult_0_r. apply Rmult_le_pos; [nra | lra].
Qed.

(** ** The invariant and its consequences *)

Section PLstar.
Context {V : CompleteNormedModule R_AbsRing}.
Variables (L : V -> R) (G : V -> V) (w0 : V) (eta mu Rad : R).
Notation w := (gd G w0 eta).
Notation inball x := (norm (minus x w0) <= Rad).

Let c := 2 * sqrt (2 / mu).

Hypothesis Heta : 0 < eta.
Hypothesis Hmu : 0 < mu.
Hypothesis Lpos : forall x, 0 <= L x.
Hypothesis HPL : forall x, inball x -> 2 * mu * L x <= norm (G x) ^ 2.
Hypothesis HR : c * sqrt (L w0) <= Rad.

(** Descent is asked along the trajectory only, and only while it is known to be inside. *)
Hypothesis Hdesc : forall k, inball (w k) ->
  norm (minus (w k) w0) <= c * (sqrt (L w0) - sqrt (L (w k))) ->
  L (w (S k)) <= L (w k) - eta / 2 * norm (G (w k)) ^ 2.

Lemma c_pos : 0 < c.
Proof. unfold c. apply Rmult_lt_0_compat; [lra|]. apply sqrt_lt_R0, Rdiv_lt_0_compat; lra. Qed.

Lemma gd_inv k : inball (w k) /\ norm (minus (w k) w0) <= c * (sqrt (L w0) - sqrt (L (w k))).
Proof.
assert (Pc := c_pos).
induction k as [|k [IH1 IH2]].
- simpl. rewrite (dist_self (V := V)). split; [|lra].
  assert (0 <= c * sqrt (L w0)); [|lra]. apply Rmult_le_pos; [lra | apply sqrt_pos].
- assert (D := Hdesc k IH1 IH2).
  assert (S1 := step_length eta mu (L (w k)) (L (w (S k))) (norm (G (w k)))
     (Rlt_le _ _ Heta) Hmu (Lpos _) (Lpos _) (norm_ge_0 _) D (HPL _ IH1)). fold c in S1.
  assert (T : norm (minus (w (S k)) w0) <= norm (minus (w (S k)) (w k)) + norm (minus (w k) w0)).
  { apply (dist_triangle (V := V)). }
  assert (D2 : norm (minus (w (S k)) (w k)) <= eta * norm (G (w k))).
  { apply (gd_S_dist (V := V)). lra. }
  assert (B : norm (minus (w (S k)) w0) <= c * (sqrt (L w0) - sqrt (L (w (S k))))) by lra.
  split; auto. assert (P := sqrt_pos (L (w (S k)))). assert (0 <= c * sqrt (L (w (S k)))); [|lra].
  apply Rmult_le_pos; lra.
Qed.

Lemma gd_in k : inball (w k).
Proof. apply gd_inv. Qed.

Lemma gd_desc k : L (w (S k)) <= L (w k) - eta / 2 * norm (G (w k)) ^ 2.
Proof. destruct (gd_inv k). auto. Qed.

Lemma gd_contr k : L (w (S k)) <= (1 - eta * mu) * L (w k).
Proof. assert (D := gd_desc k). assert (P := HPL _ (gd_in k)). nra. Qed.

(** A factor [1 - eta mu < 0] is possible only if the loss is zero from the start. *)
Lemma gd_zero : 1 - eta * mu < 0 -> forall j, L (w j) = 0.
Proof.
intros Hq j. assert (D := gd_contr j). assert (P1 := Lpos (w j)). assert (P2 := Lpos (w (S j))). nra.
Qed.

Lemma gd_rate k : L (w k) <= (1 - eta * mu) ^ k * L w0.
Proof.
destruct (Rle_lt_dec 0 (1 - eta * mu)) as [Hq|Hq].
- induction k; [simpl; lra|]. assert (D := gd_contr k).
  eapply Rle_trans; [exact D|]. simpl. rewrite Rmult_assoc. now apply Rmult_le_compat_l.
- rewrite (gd_zero Hq). assert (E := gd_zero Hq O). simpl in E. rewrite E. lra.
Qed.

Lemma L_lim : is_lim_seq (fun k => L (w k)) 0.
Proof.
destruct (Rle_lt_dec 0 (1 - eta * mu)) as [Hq|Hq].
- apply is_lim_seq_le_le with (u := fun _ => 0) (w := fun k => (1 - eta * mu) ^ k * L w0).
  + intros k. split; [apply Lpos | apply gd_rate].
  + apply is_lim_seq_const.
  + replace (Finite 0) with (Rbar_mult 0 (L w0)) by (simpl; f_equal; ring).
    apply is_lim_seq_scal_r. apply is_lim_seq_geom. rewrite Rabs_pos_eq; auto.
    assert (0 < eta * mu) by now apply Rmult_lt_0_compat. lra.
- apply is_lim_seq_ext with (fun _ => 0); [|apply is_lim_seq_const].
  intros j. symmetry. now apply gd_zero.
Qed.

Lemma gd_converges :
  exists ws : V, filterlim w eventually (locally ws) /\ inball ws /\
    (forall k, norm (minus ws (w k)) <= c * sqrt ((1 - eta * mu) ^ k * L w0)) /\
    (filterlim L (within (fun x => inball x) (locally ws)) (locally (L ws)) -> L ws = 0).
Proof.
assert (Pc := c_pos).
destruct (finite_path_converges (V := V) w (fun k => c * (sqrt (L w0) - sqrt (L (w k)))) (c * sqrt (L w0)))
  as [ws [H1 H2]].
{ intros k.
  assert (S1 := step_length eta mu (L (w k)) (L (w (S k))) (norm (G (w k)))
     (Rlt_le _ _ Heta) Hmu (Lpos _) (Lpos _) (norm_ge_0 _) (gd_desc k) (HPL _ (gd_in k))). fold c in S1.
  eapply Rle_trans; [apply (gd_S_dist (V := V)); lra|]. simpl. simpl in S1. lra. }
{ intros k. assert (0 <= c * sqrt (L (w k))); [|lra]. apply Rmult_le_pos; [lra | apply sqrt_pos]. }
exists ws. split; auto. split; [|split].
- apply (dist_le_lim (V := V) w ws w0 Rad O H1). intros k _. apply gd_in.
- intros k. eapply Rle_trans; [apply H2|].
  apply Rle_trans with (c * sqrt (L (w k))); [lra|].
  apply Rmult_le_compat_l; [lra|]. apply sqrt_le_1_alt. apply gd_rate.
- intros HL. assert (E : is_lim_seq (fun k => L (w k)) (L ws)).
  { apply (filterlim_comp _ _ _ w L eventually (within (fun x => inball x) (locally ws))); auto.
    intros P HP. generalize (H1 _ HP). unfold filtermap. apply filter_imp. intros k Hk. apply Hk, gd_in. }
  assert (U := is_lim_seq_unique _ _ E). rewrite (is_lim_seq_unique _ _ L_lim) in U. now injection U.
Qed.

End PLstar.

Lemma pl_radius (mu l : R) : 0 < mu -> 2 * sqrt (2 * l / mu) = 2 * sqrt (2 / mu) * sqrt l.
Proof.
intros Hm. rewrite Rmult_assoc, <- sqrt_mult_alt.
- do 2 f_equal. field. lra.
- left; apply Rdiv_lt_0_compat; lra.
Qed.

(** ** Liu–Zhu–Belkin, Theorem 6, in a complete normed space *)
Theorem plstar_gd {V : CompleteNormedModule R_AbsRing} (L : V -> R) (G : V -> V) (w0 : V) (eta mu Rad : R) :
  0 < eta -> 0 < mu ->
  (forall w, 0 <= L w) ->
  (* descent, on the ball *)
  (forall w, norm (minus w w0) <= Rad -> L (minus w (scal eta (G w))) <= L w - eta / 2 * norm (G w) ^ 2) ->
  (* PL*, on the ball *)
  (forall w, norm (minus w w0) <= Rad -> 2 * mu * L w <= norm (G w) ^ 2) ->
  2 * sqrt (2 * L w0 / mu) <= Rad ->
  let w := gd G w0 eta in
  (forall k, norm (minus (w k) w0) <= Rad) /\
  (forall k, L (w k) <= (1 - eta * mu) ^ k * L w0) /\
  exists ws, filterlim w eventually (locally ws) /\ norm (minus ws w0) <= Rad /\
    (forall k, norm (minus ws (w k)) <= 2 * sqrt (2 / mu) * sqrt ((1 - eta * mu) ^ k * L w0)) /\
    (filterlim L (within (fun w => norm (minus w w0) <= Rad) (locally ws)) (locally (L ws)) -> L ws = 0).
Proof.
intros He Hm Lp Hd Hp HR w. rewrite (pl_radius mu (L w0) Hm) in HR.
assert (Hd' : forall k, norm (minus (gd G w0 eta k) w0) <= Rad ->
  norm (minus (gd G w0 eta k) w0) <= 2 * sqrt (2 / mu) * (sqrt (L w0) - sqrt (L (gd G w0 eta k))) ->
  L (gd G w0 eta (S k)) <= L (gd G w0 eta k) - eta / 2 * norm (G (gd G w0 eta k)) ^ 2).
{ intros k Hk _. now apply Hd. }
split; [|split].
- exact (gd_in L G w0 eta mu Rad He Hm Lp Hp HR Hd').
- exact (gd_rate L G w0 eta mu Rad He Hm Lp Hp HR Hd').
- exact (gd_converges L G w0 eta mu Rad He Hm Lp Hp HR Hd').
Qed.
