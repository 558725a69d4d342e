(** * Interval arithmetic on real numbers

    coq-interval states its operations on extended reals; here they are restated for reals, whatever the
    floats [F] underneath. [encloses X x] says that the real number x lies in the interval X. *)

From Coq Require Import ZArith Reals Lra List.
From Interval Require Import Basic Xreal Sig Interval Float_full.
From NTK Require Import Spec.
From NTK.instance Require Import Sums Rows.
Import ListNotations.
Open Scope R_scope.

Module Enclosure (F : FloatOps with Definition sensible_format := true).
Module I := FloatIntervalFull F.

Definition encloses (X : I.type) (x : R) : Prop := contains (I.convert X) (Xreal x).

Lemma nai_encloses x : encloses I.nai x.
Proof. unfold encloses. now rewrite I.nai_correct. Qed.

Section Precision.
Variable prec : I.precision.

Lemma fromZ_encloses z : encloses (I.fromZ prec z) (IZR z).
Proof. apply I.fromZ_correct. Qed.
Lemma add_encloses X Y x y : encloses X x -> encloses Y y -> encloses (I.add prec X Y) (x + y).
Proof. apply (I.add_correct prec X Y (Xreal x) (Xreal y)). Qed.
Lemma sub_encloses X Y x y : encloses X x -> encloses Y y -> encloses (I.sub prec X Y) (x - y).
Proof. apply (I.sub_correct prec X Y (Xreal x) (Xreal y)). Qed.
Lemma mul_encloses X Y x y : encloses X x -> encloses Y y -> encloses (I.mul prec X Y) (x * y).
Proof. apply (I.mul_correct prec X Y (Xreal x) (Xreal y)). Qed.
Lemma neg_encloses X x : encloses X x -> encloses (I.neg X) (- x).
Proof. apply (I.neg_correct X (Xreal x)). Qed.
Lemma abs_encloses X x : encloses X x -> encloses (I.abs X) (Rabs x).
Proof. apply (I.abs_correct X (Xreal x)). Qed.
Lemma sqr_encloses X x : encloses X x -> encloses (I.sqr prec X) (x * x).
Proof. apply (I.sqr_correct prec X (Xreal x)). Qed.
Lemma sqrt_encloses X x : encloses X x -> encloses (I.sqrt prec X) (sqrt x).
Proof. apply (I.sqrt_correct prec X (Xreal x)). Qed.
Lemma atan_encloses X x : encloses X x -> encloses (I.atan prec X) (atan x).
Proof. apply (I.atan_correct prec X (Xreal x)). Qed.
Lemma div_encloses X Y x y : y <> 0 -> encloses X x -> encloses Y y -> encloses (I.div prec X Y) (x / y).
Proof.
intros H HX HY. generalize (I.div_correct prec X Y (Xreal x) (Xreal y) HX HY).
unfold encloses. simpl. unfold Xdiv'. now rewrite is_zero_false.
Qed.

(** [2^e] and [m 2^e]. *)
Definition pow2 (e : Z) : I.type := I.power_int prec (I.fromZ prec 2) e.
Definition dyadic_i (m e : Z) : I.type := I.mul prec (I.fromZ prec m) (pow2 e).
Lemma pow2_encloses e : encloses (pow2 e) (powerRZ 2 e).
Proof.
assert (H := I.power_int_correct prec e _ _ (I.fromZ_correct prec 2)).
unfold encloses, pow2. destruct e as [|p|p]; simpl in *; auto.
rewrite is_zero_false in H by lra. exact H.
Qed.
Lemma dyadic_encloses m e : encloses (dyadic_i m e) (dyadic m e).
Proof. apply mul_encloses; [apply fromZ_encloses | apply pow2_encloses]. Qed.

Definition unit_i : I.type := I.join (I.fromZ prec (-1)) (I.fromZ prec 1).
(** The hull of -1 and 1 holds what lies between. *)
Lemma unit_encloses x : Rabs x <= 1 -> encloses unit_i x.
Proof.
intros H. assert (P := Rle_abs x). assert (Q := Rle_abs (- x)). rewrite Rabs_Ropp in Q. unfold encloses.
apply contains_connected with (-1) 1; [| | lra]; apply I.join_correct; [left | right]; apply fromZ_encloses.
Qed.

(** A number within [r] of [y]. *)
Lemma around_encloses Y E x y r : encloses Y y -> encloses E r -> Rabs (x - y) <= r ->
  encloses (I.add prec Y (I.mul prec unit_i E)) x.
Proof.
intros HY HE H. destruct (Req_dec r 0) as [->|Hr].
- assert (Rabs (x - y) = 0) as Z by (apply Rle_antisym; [assumption | apply Rabs_pos]).
  replace x with (y + 0 * 0).
  + apply add_encloses, mul_encloses; auto. apply unit_encloses. rewrite Rabs_R0. lra.
  + destruct (Req_dec (x - y) 0) as [E0|E0]; [lra | now apply Rabs_no_R0 in E0].
- replace x with (y + (x - y) / r * r) by (field; assumption).
  assert (0 < r) by (assert (P := Rabs_pos (x - y)); lra).
  apply add_encloses, mul_encloses; auto. apply unit_encloses.
  unfold Rdiv. rewrite Rabs_mult, (Rabs_pos_eq (/ r)) by (left; now apply Rinv_0_lt_compat).
  apply Rmult_le_reg_r with r; [assumption|]. rewrite Rmult_assoc, Rinv_l by assumption. lra.
Qed.
End Precision.

(** Is the number surely positive? *)
Definition positive_i (X : I.type) : bool := match I.sign_strict X with Xgt => true | _ => false end.
Lemma positive_sound X x : encloses X x -> positive_i X = true -> 0 < x.
Proof.
intros H. unfold positive_i. assert (S := I.sign_strict_correct X).
destruct (I.sign_strict X); try discriminate. intros _. now destruct (S _ H).
Qed.

(** Is it surely at most the number in B? [ceiling B] is computed once. *)
Definition ceiling (B : I.type) : I.type := I.lower_complement B.
Lemma below_sound X B x b : encloses X x -> encloses B b -> I.subset X (ceiling B) = true -> x <= b.
Proof.
intros HX HB H. apply (I.lower_complement_correct B b x HB). exact (I.subset_correct _ _ _ HX H).
Qed.
End Enclosure.
