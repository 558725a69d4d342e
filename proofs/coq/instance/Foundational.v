(** * The check on Coq's own integers: no machine arithmetic, hence none in the theorem's assumptions *)

From Coq Require Import ZArith Reals Lra List Bool.
From Interval Require Import Basic Xreal Sig Interval Specific_stdz Specific_ops.
From NTK Require Import Spec.
From NTK.instance Require Import Sums Angle Rows Check.
Import ListNotations.
Open Scope R_scope.

Module Floats := SpecificFloat StdZRadix2.
Module Checker := Check Floats.
Export Checker.

(** Rows are lists of integers, inner products integers. *)
Definition plain (prec : Floats.precision) : exact := {|
  stored := list Z;
  product := Z;
  admissible := fun _ => true;
  integers := fun l => l;
  multiply := zdot;
  negative := fun g => (g <? 0)%Z;
  value := fun g => I.fromZ prec g;
  chord := fun (o : bool) xx yy xy => I.fromZ prec (xx + yy + (if o then 2 else -2) * xy);
  square := fun l => zdot l l |}.

Lemma plain_sound prec : sound (plain prec).
Proof.
split; simpl.
- intros. apply fromZ_encloses.
- intros o r s _ _. replace (_ + _ + _) with (IZR (zdot r r + zdot s s + (if o then 2 else -2) * zdot r s)).
  + apply fromZ_encloses.
  + rewrite !plus_IZR, mult_IZR. destruct o; simpl; ring.
- reflexivity.
Qed.

(** [bits]: the precision of the intervals. *)
Definition accept (bits : positive) (q : question) (rows : list (list (Z * Z))) (us ls : list (list Z)) : bool :=
  let prec := Floats.PtoP bits in check (plain prec) prec q (map align rows) us ls.

Theorem accept_sound bits q rows us ls : accept bits q rows us ls = true ->
  lambda_min_ge (n q) (gram (d q) (if is_normalized q then normalized (d q) (matrix rows) else matrix rows))
    (dyadic (sigma_m q) (sigma_e q)).
Proof. apply check_sound, plain_sound. Qed.
