(** * The rows [x_1, ..., x_n] of a data matrix: its spectral norm and its quartic form

    T2: [q_X² = max_{‖v‖=1} sum_i (x_i·v)⁴ <= lambda_max (G∘G) <= (b ‖X‖)²], and the two
    consequences of it (for Frobenius-normalised weights) that bound the Lipschitz constant of the
    Jacobian of a two-layer network. The rows are vectors of any real inner-product space. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct Euclidean.
Open Scope R_scope.

Fixpoint vsum {U : NormedModule R_AbsRing} (n : nat) (f : nat -> U) : U :=
  match n with O => zero | S m => plus (vsum m f) (f m) end.

Section Rows.
Context {U : NormedModule R_AbsRing} (ip : U -> U -> R) (HU : IsInner U ip).

Lemma ip_vsum n (f : nat -> U) z : ip (vsum n f) z = rsum n (fun i => ip (f i) z).
Proof.
induction n as [|n IH]; simpl; [apply (ip_zero_l ip HU)|]. now rewrite (ip_plus _ _ HU), IH.
Qed.

Lemma ip_vsum_r n (f : nat -> U) z : ip z (vsum n f) = rsum n (fun i => ip z (f i)).
Proof.
rewrite (ip_sym _ _ HU), ip_vsum. apply rsum_ext. intros i _. apply HU.
Qed.

Variables (n : nat) (X : nat -> U).

(** [‖X v‖² <= X2 ‖v‖²]: [X2] bounds the square of the spectral norm of [X]. *)
Definition spectral_sq (X2 : R) : Prop := forall v, rsum n (fun i => ip (X i) v ^ 2) <= X2 * norm v ^ 2.

(** [sum_i (x_i·v)⁴ <= q2 ‖v‖⁴]: [q2] bounds [q_X²]. *)
Definition quartic (q2 : R) : Prop := forall v, rsum n (fun i => ip (X i) v ^ 4) <= q2 * norm v ^ 4.

(** [‖Xᵀ‖ = ‖X‖]. *)
Lemma spectral_dual X2 (u : nat -> R) : 0 <= X2 -> spectral_sq X2 ->
  norm (vsum n (fun i => scal (u i) (X i))) ^ 2 <= X2 * rsum n (fun i => u i * u i).
Proof.
intros P H. set (r := vsum n (fun i => scal (u i) (X i))).
assert (Er : norm r ^ 2 = rsum n (fun i => u i * ip (X i) r)).
{ rewrite <- (ip_norm _ _ HU). unfold r at 1. rewrite ip_vsum. apply rsum_ext. intros i _. apply HU. }
assert (C := rsum_cauchy_schwarz n u (fun i => ip (X i) r)). cbv beta in C. rewrite <- Er in C.
assert (A := H r). cbv beta in A. rewrite (rsum_ext n _ (fun i => ip (X i) r * ip (X i) r)) in A by (intros; ring).
set (s := rsum n (fun i => u i * u i)) in *.
assert (Ps : 0 <= s) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
assert (T : (norm r ^ 2) ^ 2 <= s * (X2 * norm r ^ 2)).
{ eapply Rle_trans; [exact C|]. now apply Rmult_le_compat_l. }
set (t := norm r ^ 2) in *. assert (Pt : 0 <= t) by apply pow2_ge_0.
destruct Pt as [Pt|Zt]; [|rewrite <- Zt; now apply Rmult_le_pos].
apply Rmult_le_reg_r with t; auto. nra.
Qed.

(** [q_X <= b ‖X‖], [b = max ‖x_i‖]. *)
Theorem quartic_spectral b X2 : spectral_sq X2 -> (forall i, (i < n)%nat -> norm (X i) <= b) -> quartic (b ^ 2 * X2).
Proof.
intros H Hb v.
apply Rle_trans with (rsum n (fun i => (b ^ 2 * norm v ^ 2) * ip (X i) v ^ 2)).
- apply rsum_le. intros i Hi.
  replace (ip (X i) v ^ 4) with (ip (X i) v ^ 2 * ip (X i) v ^ 2) by ring.
  apply Rmult_le_compat_r; [apply pow2_ge_0|].
  rewrite <- Rpow_mult_distr, <- (pow2_abs (ip (X i) v)). apply pow_incr. split; [apply Rabs_pos|].
  eapply Rle_trans; [apply (cauchy_schwarz ip HU)|].
  apply Rmult_le_compat_r; [apply norm_ge_0 | auto].
- rewrite rsum_scal. assert (A := H v).
  assert (P : 0 <= b ^ 2 * norm v ^ 2) by (apply Rmult_le_pos; apply pow2_ge_0).
  apply Rmult_le_compat_l with (r := b ^ 2 * norm v ^ 2) in A; auto.
  eapply Rle_trans; [exact A|]. right. ring.
Qed.

(** The quartic form over a family of vectors [g_1..g_m]: [sum_i (sum_r (x_i·g_r)²)² <= q2 (sum_r ‖g_r‖²)²]. *)
Lemma quartic_family q2 m (g : nat -> U) : quartic q2 ->
  rsum n (fun i => rsum m (fun r => ip (X i) (g r) ^ 2) ^ 2) <= q2 * rsum m (fun r => norm (g r) ^ 2) ^ 2.
Proof.
intros H. induction m as [|m IH].
- cbn [Spec.rsum]. rewrite (rsum_ext n _ (fun _ => 0)) by (intros; ring). rewrite rsum_zero. right; ring.
- cbn [Spec.rsum].
  set (A := fun i => rsum m (fun r => ip (X i) (g r) ^ 2)) in *.
  set (B := fun i => ip (X i) (g m) ^ 2).
  set (a := rsum m (fun r => norm (g r) ^ 2)) in *. set (b := norm (g m) ^ 2).
  assert (Pa : 0 <= a) by (apply rsum_nonneg; intros; apply pow2_ge_0).
  assert (Pb : 0 <= b) by apply pow2_ge_0.
  assert (HB : rsum n (fun i => B i * B i) <= q2 * b ^ 2).
  { assert (T := H (g m)). replace (q2 * b ^ 2) with (q2 * norm (g m) ^ 4) by (unfold b; ring).
    eapply Rle_trans; [|exact T]. right. apply rsum_ext. intros. unfold B. ring. }
  assert (HA : rsum n (fun i => A i * A i) <= q2 * a ^ 2).
  { eapply Rle_trans; [|exact IH]. right. apply rsum_ext. intros. unfold A. cbv beta. ring. }
  assert (C := rsum_cauchy_schwarz n A B).
  set (SA := rsum n (fun i => A i * A i)) in *. set (SB := rsum n (fun i => B i * B i)) in *.
  set (SAB := rsum n (fun i => A i * B i)) in *.
  assert (PA : 0 <= SA) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
  assert (PB : 0 <= SB) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
  assert (E : rsum n (fun i => (A i + B i) ^ 2) = SA + 2 * SAB + SB).
  { unfold SA, SAB, SB. rewrite <- rsum_scal, <- !rsum_plus. apply rsum_ext. intros. ring. }
  change (rsum n (fun i => (A i + B i) ^ 2) <= q2 * (a + b) ^ 2). rewrite E.
  assert (M : SAB <= q2 * (a * b)).
  { destruct (Rle_lt_dec 0 q2) as [Pq|Nq].
    - assert (0 <= q2 * (a * b)) by (apply Rmult_le_pos; auto; now apply Rmult_le_pos).
      apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2.
      eapply Rle_trans; [exact C|].
      apply Rle_trans with ((q2 * a ^ 2) * (q2 * b ^ 2)); [|right; ring].
      apply Rmult_le_compat; auto.
    - (* q2 < 0 only if every vector is zero *)
      assert (a = 0). { assert (0 <= - q2 * a ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
        assert (q2 * a ^ 2 = 0) by nra. apply Rmult_integral in H1. destruct H1 as [Z|Z]; [lra|nra]. }
      assert (b = 0). { assert (0 <= - q2 * b ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]).
        assert (q2 * b ^ 2 = 0) by nra. apply Rmult_integral in H2. destruct H2 as [Z|Z]; [lra|nra]. }
      assert (SA = 0) by (rewrite H0 in HA; nra). assert (SB = 0) by (rewrite H1 in HB; nra).
      rewrite H0, H1, H2, H3 in *. assert (SAB ^ 2 <= 0) by lra. nra. }
  nra.
Qed.

(** The bilinear version. *)
Lemma quartic_family_pair q2 m (g h : nat -> U) : 0 <= q2 -> quartic q2 ->
  rsum n (fun i => rsum m (fun r => Rabs (ip (X i) (g r)) * Rabs (ip (X i) (h r))) ^ 2) <=
  q2 * rsum m (fun r => norm (g r) ^ 2) * rsum m (fun r => norm (h r) ^ 2).
Proof.
intros Pq H.
set (P := fun i => rsum m (fun r => ip (X i) (g r) ^ 2)). set (Q := fun i => rsum m (fun r => ip (X i) (h r) ^ 2)).
set (a := rsum m (fun r => norm (g r) ^ 2)). set (b := rsum m (fun r => norm (h r) ^ 2)).
assert (Pa : 0 <= a) by (apply rsum_nonneg; intros; apply pow2_ge_0).
assert (Pb : 0 <= b) by (apply rsum_nonneg; intros; apply pow2_ge_0).
apply Rle_trans with (rsum n (fun i => P i * Q i)).
- apply rsum_le. intros i _.
  eapply Rle_trans; [apply (rsum_cauchy_schwarz m)|]. right. f_equal.
  + apply rsum_ext. intros r _. rewrite <- (pow2_abs (ip (X i) (g r))). ring.
  + apply rsum_ext. intros r _. rewrite <- (pow2_abs (ip (X i) (h r))). ring.
- assert (C := rsum_cauchy_schwarz n P Q).
  assert (HP := quartic_family q2 m g H). assert (HQ := quartic_family q2 m h H).
  rewrite (rsum_ext n _ (fun i => P i * P i)) in HP by (intros; unfold P; ring).
  rewrite (rsum_ext n _ (fun i => Q i * Q i)) in HQ by (intros; unfold Q; ring).
  fold a in HP. fold b in HQ.
  assert (PP : 0 <= rsum n (fun i => P i * P i)) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
  assert (PQ : 0 <= rsum n (fun i => Q i * Q i)) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
  assert (0 <= q2 * a * b) by (apply Rmult_le_pos; auto; now apply Rmult_le_pos).
  apply Rsqr_incr_0_var; auto. rewrite !Rsqr_pow2.
  eapply Rle_trans; [exact C|].
  apply Rle_trans with ((q2 * a ^ 2) * (q2 * b ^ 2)); [|right; ring].
  apply Rmult_le_compat; auto.
Qed.

End Rows.
