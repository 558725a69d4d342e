(** * The check with integers and floats of any size on machine words

    For matrices that are too nearly singular for float64: nearly parallel rows. The assumptions are those of
    [Machine.v] without the floats. *)

From Coq Require Import ZArith Reals Lra List Bool Uint63 Sint63.
From Bignums Require Import BigZ.
From Interval Require Import Basic Xreal Sig Interval Specific_bigint Specific_ops.
From NTK Require Import Spec.
From NTK.instance Require Import Sums Angle Rows Check.
Import ListNotations.
Open Scope R_scope.

Module Floats := SpecificFloat BigIntRadix2.
Module Checker := Check Floats.
Export Checker.

Notation int := Uint63.int.

Fixpoint big_dot (x y : list BigZ.t) : BigZ.t :=
  match x, y with a :: x', b :: y' => BigZ.add (BigZ.mul a b) (big_dot x' y') | _, _ => BigZ.zero end.

Lemma big_dot_spec x y : BigZ.to_Z (big_dot x y) = zdot (map BigZ.to_Z x) (map BigZ.to_Z y).
Proof.
revert y; induction x as [|a x IH]; intros [|b y]; simpl; auto. now rewrite BigZ.spec_add, BigZ.spec_mul, IH.
Qed.

Definition wide (prec : Floats.precision) : exact := {|
  stored := list BigZ.t;
  product := BigZ.t;
  admissible := fun _ => true;
  integers := map BigZ.to_Z;
  multiply := big_dot;
  negative := fun g => BigZ.ltb g BigZ.zero;
  value := fun g => I.fromZ prec (BigZ.to_Z g);
  chord := fun (o : bool) xx yy xy => I.fromZ prec (BigZ.to_Z
    (let s := BigZ.add xx yy in let t := BigZ.add xy xy in if o then BigZ.add s t else BigZ.sub s t));
  square := fun l => let x := map BigZ.of_Z l in BigZ.to_Z (big_dot x x) |}.

Lemma wide_sound prec : sound (wide prec).
Proof.
split; simpl.
- intros r s _ _. rewrite big_dot_spec. apply fromZ_encloses.
- intros o r s _ _.
  match goal with |- encloses (I.fromZ _ ?z) ?t => replace t with (IZR z) end; [apply fromZ_encloses|].
  destruct o; rewrite ?BigZ.spec_sub, !BigZ.spec_add, !big_dot_spec, ?minus_IZR, !plus_IZR; ring.
- intros l. rewrite big_dot_spec, map_map. rewrite (map_ext _ (fun z => z)); [now rewrite map_id|].
  intros z. apply BigZ.spec_of_Z.
Qed.

(** A number is packed as two words: [(w1 - 2^61) 2^61 + w2]. *)
Definition of_word (w : int) : BigZ.t := BigZ.of_Z (Uint63.to_Z w).
Section Unpack.
Variables base : BigZ.t.
Fixpoint unpack_with (ws : list int) : list BigZ.t :=
  match ws with
  | w1 :: w2 :: ws' => BigZ.add (BigZ.mul (BigZ.sub (of_word w1) base) base) (of_word w2) :: unpack_with ws'
  | _ => []
  end.
End Unpack.
Definition unpack : list int -> list BigZ.t := unpack_with (BigZ.of_Z (2 ^ 61)).

(** [bits]: the precision of the intervals. *)
Definition accept (bits : positive) (q : question) (rows : list (list (Z * Z))) (us ls : list (list int)) : bool :=
  let prec := Floats.PtoP bits in
  check (wide prec) prec q (map align rows) (map unpack us) (map unpack ls).

Theorem accept_sound bits q rows us ls : accept bits q rows us ls = true ->
  lambda_min_ge (n q) (gram (d q) (if is_normalized q then normalized (d q) (matrix rows) else matrix rows))
    (dyadic (sigma_m q) (sigma_e q)).
Proof. apply check_sound, wide_sound. Qed.
