(** * Rows of integers, and a check of all pairs of a list *)

From Coq Require Import ZArith Reals Lra Lia List Bool FunctionalExtensionality.
From NTK Require Import Spec.
From NTK.instance Require Import Sums Angle.
Import ListNotations.
Open Scope R_scope.

Fixpoint zdot (x y : list Z) : Z :=
  match x, y with a :: x', b :: y' => (a * b + zdot x' y')%Z | _, _ => 0%Z end.

Definition at_ (x : list Z) (k : nat) : R := IZR (nth k x 0%Z).

Lemma at_nil k : at_ [] k = 0.
Proof. now destruct k. Qed.

Lemma zdot_sym x y : zdot x y = zdot y x.
Proof. revert y; induction x as [|a x IH]; intros [|b y]; simpl; auto. rewrite IH. ring. Qed.

Lemma zdot_rsum m x y : (length x <= m)%nat -> IZR (zdot x y) = rsum m (fun k => at_ x k * at_ y k).
Proof.
revert m y; induction x as [|a x IH]; intros m y Hm.
- simpl. symmetry. rewrite (rsum_ext m _ (fun _ => 0)); [apply rsum_zero|].
  intros i _. rewrite at_nil. ring.
- destruct y as [|b y].
  + simpl zdot. symmetry. rewrite (rsum_ext m _ (fun _ => 0)); [apply rsum_zero|].
    intros i _. rewrite at_nil. ring.
  + destruct m as [|m]; [simpl in Hm; lia|]. rewrite rsum_shift. simpl zdot.
    rewrite plus_IZR, mult_IZR, (IH m) by (simpl in Hm; lia). reflexivity.
Qed.

(** ** Powers of two *)

Lemma pow2_pos e : 0 < powerRZ 2 e.
Proof. apply powerRZ_lt. lra. Qed.
Lemma pow2_sum a b : powerRZ 2 (a + b) = powerRZ 2 a * powerRZ 2 b.
Proof. apply powerRZ_add. lra. Qed.
Lemma pow2_inv a : powerRZ 2 (- a) * powerRZ 2 a = 1.
Proof. rewrite <- pow2_sum. replace (- a + a)%Z with 0%Z by ring. reflexivity. Qed.

(** ** Rows of integers with a common exponent *)

Definition integer_matrix (rows : list (Z * list Z)) : nat -> nat -> R :=
  fun i k => let row := nth i rows (0%Z, []) in dyadic (nth k (snd row) 0%Z) (fst row).

Fixpoint least_exponent (row : list (Z * Z)) : Z :=
  match row with [] => 0%Z | [(_, e)] => e | (_, e) :: row' => Z.min e (least_exponent row') end.
Definition align (row : list (Z * Z)) : Z * list Z :=
  let f := least_exponent row in (f, map (fun p => Z.shiftl (fst p) (snd p - f)) row).

Lemma least_exponent_le row m e : In (m, e) row -> (least_exponent row <= e)%Z.
Proof.
induction row as [|[m' e'] row IH]; [easy|]. intros [H|H].
- injection H as _ <-. destruct row; cbn [least_exponent]; lia.
- specialize (IH H). destruct row; [easy|]. cbn [least_exponent] in *. lia.
Qed.

Lemma matrix_align rows : matrix rows = integer_matrix (map align rows).
Proof.
apply functional_extensionality; intros i. apply functional_extensionality; intros k.
unfold matrix, integer_matrix. change (0%Z, []) with (align []). rewrite map_nth.
set (row := nth i rows []). unfold align. cbn [fst snd]. set (f := least_exponent row).
destruct (Nat.lt_ge_cases k (length row)) as [H|H].
- rewrite (nth_indep _ 0%Z (Z.shiftl (fst (0, 0)%Z) (snd (0, 0)%Z - f))) by now rewrite map_length.
  rewrite (map_nth (fun p => Z.shiftl (fst p) (snd p - f))).
  assert (I := nth_In row (0%Z, 0%Z) H). destruct (nth k row (0%Z, 0%Z)) as [m e]. cbn [fst snd].
  apply least_exponent_le in I. fold f in I. unfold dyadic. rewrite Z.shiftl_mul_pow2, mult_IZR by lia.
  replace (IZR (2 ^ (e - f))) with (powerRZ 2 (e - f)).
  + rewrite Rmult_assoc, <- powerRZ_add by lra. do 2 f_equal. ring.
  + rewrite <- (Z2Nat.id (e - f)) by lia. rewrite <- pow_powerRZ, pow_IZR. reflexivity.
- rewrite !nth_overflow by (rewrite ?map_length; assumption). unfold dyadic. now rewrite !Rmult_0_l.
Qed.

Section Data.
Variables (d : nat) (rows : list (Z * list Z)) (i : nat).
Let e := fst (nth i rows (0%Z, [])).
Let z := snd (nth i rows (0%Z, [])).
Hypothesis short : (length z <= d)%nat.
Hypothesis positive : 0 < IZR (zdot z z).

Lemma matrix_entry k : integer_matrix rows i k = powerRZ 2 e * at_ z k.
Proof. unfold integer_matrix, dyadic, at_. fold e z. ring. Qed.
Lemma matrix_square : dot d (integer_matrix rows i) (integer_matrix rows i) = powerRZ 2 e * powerRZ 2 e * IZR (zdot z z).
Proof.
rewrite (zdot_rsum d) by assumption. unfold dot. rewrite <- rsum_scal. apply rsum_ext; intros k _.
rewrite matrix_entry. ring.
Qed.
Lemma matrix_positive : 0 < dot d (integer_matrix rows i) (integer_matrix rows i).
Proof.
rewrite matrix_square. assert (P := pow2_pos e).
apply Rmult_lt_0_compat; [now apply Rmult_lt_0_compat | assumption].
Qed.
Lemma matrix_norm : norm d (integer_matrix rows i) = sqrt (IZR (zdot z z)) * powerRZ 2 e.
Proof.
unfold norm. rewrite matrix_square. assert (P := pow2_pos e).
rewrite sqrt_mult, sqrt_square by nra. ring.
Qed.
Lemma normalized_entry k : normalized d (integer_matrix rows) i k = at_ z k / sqrt (IZR (zdot z z)).
Proof.
unfold normalized. rewrite matrix_norm, matrix_entry. assert (P := pow2_pos e).
assert (Q := sqrt_lt_R0 _ positive). field. lra.
Qed.
End Data.

(** ** Every item against itself and against every later one *)

Section Pairs.
Context {A : Type} (single : A -> bool) (pair : A -> A -> bool).
Fixpoint all_pairs (l : list A) : bool :=
  match l with [] => true | a :: r => if single a then if forallb (pair a) r then all_pairs r else false else false end.

Lemma all_pairs_single l i a : all_pairs l = true -> nth_error l i = Some a -> single a = true.
Proof.
revert i; induction l as [|b l IH]; intros i H Hi; [destruct i; discriminate|]. simpl in H.
destruct (single b) eqn:S; [|discriminate]. destruct (forallb (pair b) l); [|discriminate].
destruct i as [|i]; [now injection Hi as <- | now apply (IH i)].
Qed.
Lemma all_pairs_pair l i j a b : all_pairs l = true -> (i < j)%nat ->
  nth_error l i = Some a -> nth_error l j = Some b -> pair a b = true.
Proof.
revert i j; induction l as [|c l IH]; intros i j H Hij Hi Hj; [destruct i; discriminate|]. simpl in H.
destruct (single c); [|discriminate]. destruct (forallb (pair c) l) eqn:P; [|discriminate].
destruct j as [|j]; [lia|]. destruct i as [|i].
- injection Hi as <-. rewrite forallb_forall in P. apply P. exact (nth_error_In l j Hj).
- apply (IH i j); auto; lia.
Qed.
End Pairs.

Lemma longest (l : list (list Z)) : exists m, forall i, (length (nth i l []) <= m)%nat.
Proof.
induction l as [|x l [m IH]]; [exists O; intros [|i]; simpl; lia|].
exists (max (length x) m). intros [|i]; simpl; [lia | specialize (IH i); lia].
Qed.
