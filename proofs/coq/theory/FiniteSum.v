(** * Finite sums [f 0 + ... + f (n-1)]

    The vectors of the matrix facts are functions on [nat] of which the first [n] values count, as on
    the statement page [Spec.v], whose [rsum] this is. *)

From Coq Require Import Reals Lra Lia Psatz.
From NTK Require Spec.
Open Scope R_scope.

Notation rsum := Spec.rsum.

Lemma rsum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> rsum n f = rsum n g.
Proof. induction n as [|n IH]; intros H; simpl; [easy|]. rewrite IH, H; auto. Qed.

Lemma rsum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> rsum n f <= rsum n g.
Proof.
induction n as [|n IH]; intros H; simpl; [lra|].
assert (A := H n ltac:(lia)). assert (B : rsum n f <= rsum n g) by (apply IH; auto). lra.
Qed.

Lemma rsum_zero n : rsum n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [easy|]. rewrite IH. ring. Qed.

Lemma rsum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= rsum n f.
Proof. intros H. rewrite <- (rsum_zero n). now apply rsum_le. Qed.

Lemma rsum_const n c : rsum n (fun _ => c) = INR n * c.
Proof. induction n as [|n IH]; [simpl; ring|]. cbn [Spec.rsum]. rewrite IH, S_INR. ring. Qed.

Lemma rsum_plus n f g : rsum n (fun i => f i + g i) = rsum n f + rsum n g.
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma rsum_minus n f g : rsum n (fun i => f i - g i) = rsum n f - rsum n g.
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma rsum_scal n c f : rsum n (fun i => c * f i) = c * rsum n f.
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma rsum_scal_r n c f : rsum n (fun i => f i * c) = rsum n f * c.
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma rsum_swap n m (f : nat -> nat -> R) :
  rsum n (fun i => rsum m (fun j => f i j)) = rsum m (fun j => rsum n (fun i => f i j)).
Proof.
induction n as [|n IH]; cbn [Spec.rsum].
- now rewrite rsum_zero.
- now rewrite IH, <- rsum_plus.
Qed.

Lemma rsum_mult n m f g : rsum n f * rsum m g = rsum n (fun i => rsum m (fun j => f i * g j)).
Proof.
rewrite <- rsum_scal_r. apply rsum_ext. intros i _. now rewrite rsum_scal.
Qed.

Lemma rsum_abs n f : Rabs (rsum n f) <= rsum n (fun i => Rabs (f i)).
Proof.
induction n as [|n IH]; simpl; [rewrite Rabs_R0; lra|].
eapply Rle_trans; [apply Rabs_triang|]. lra.
Qed.

Lemma rsum_term n f i : (forall j, (j < n)%nat -> 0 <= f j) -> (i < n)%nat -> f i <= rsum n f.
Proof.
induction n as [|n IH]; intros H Hi; [lia|]. simpl.
destruct (Nat.eq_dec i n) as [->|Ne].
- assert (P : 0 <= rsum n f) by (apply rsum_nonneg; auto). lra.
- assert (A : f i <= rsum n f) by (apply IH; [auto | lia]). assert (P := H n ltac:(lia)). lra.
Qed.

Lemma rsum_sq_zero n f : rsum n (fun i => f i * f i) = 0 -> forall i, (i < n)%nat -> f i = 0.
Proof.
intros H i Hi.
assert (A : f i * f i <= rsum n (fun j => f j * f j)).
{ apply (rsum_term n (fun j => f j * f j)); auto. intros j _. nra. }
nra.
Qed.

(** Cauchy–Schwarz. *)
Lemma rsum_cauchy_schwarz n f g :
  rsum n (fun i => f i * g i) ^ 2 <= rsum n (fun i => f i * f i) * rsum n (fun i => g i * g i).
Proof.
set (a := rsum n (fun i => f i * f i)). set (b := rsum n (fun i => f i * g i)).
set (c := rsum n (fun i => g i * g i)).
assert (Q : forall s t, 0 <= s * s * a + 2 * (s * t) * b + t * t * c).
{ intros s t.
  replace (s * s * a + 2 * (s * t) * b + t * t * c) with
    (rsum n (fun i => (s * f i + t * g i) * (s * f i + t * g i))).
  - apply rsum_nonneg. intros i _. apply Rle_0_sqr.
  - unfold a, b, c. rewrite <- !rsum_scal, <- !rsum_plus. apply rsum_ext. intros i _. ring. }
assert (Pa : 0 <= a) by (apply rsum_nonneg; intros i _; nra).
destruct (Rle_lt_or_eq_dec _ _ Pa) as [P|E].
- assert (T := Q (- b) a). assert (0 <= a * (a * c - b ^ 2)) by nra.
  assert (0 <= a * c - b ^ 2); [|lra]. apply Rmult_le_reg_l with a; auto. lra.
- assert (Z : b = 0).
  { unfold b. rewrite <- (rsum_zero n). apply rsum_ext. intros i Hi.
    rewrite (rsum_sq_zero n f (eq_sym E) i Hi). ring. }
  rewrite Z, <- E. lra.
Qed.

(** Cauchy–Schwarz with square roots: the form of a chain of estimates. *)
Lemma rsum_cauchy_schwarz_sqrt n f g :
  Rabs (rsum n (fun i => f i * g i)) <=
  sqrt (rsum n (fun i => f i * f i)) * sqrt (rsum n (fun i => g i * g i)).
Proof.
rewrite <- sqrt_mult_alt by (apply rsum_nonneg; intros; nra).
rewrite <- (sqrt_pow2 (Rabs (rsum n (fun i => f i * g i)))) by apply Rabs_pos.
apply sqrt_le_1_alt. rewrite pow2_abs. apply rsum_cauchy_schwarz.
Qed.

(** Telescoping. *)
Lemma rsum_telescope n u : rsum n (fun i => u (S i) - u i) = u n - u O.
Proof. induction n as [|n IH]; simpl; [ring|]. rewrite IH. ring. Qed.

Lemma rsum_head n f : rsum (S n) f = f O + rsum n (fun i => f (S i)).
Proof. induction n as [|n IH]; [simpl; ring|]. cbn [Spec.rsum] in *. rewrite IH. ring. Qed.
