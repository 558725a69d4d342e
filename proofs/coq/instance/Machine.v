(** * The check on the processor's integers and floats

    Fast; the theorem's assumptions then include that Coq's primitive 63-bit integers and float64 compute what
    its specification of them says. *)

From Coq Require Import ZArith Reals Lra Lia List Bool Uint63 Sint63.
From Bignums Require Import BigZ.
From Interval Require Import Basic Xreal Sig Interval Primitive_ops.
From NTK Require Import Spec.
From NTK.instance Require Import Sums Angle Rows Limbs Check.
Import ListNotations.
Open Scope R_scope.

Module Floats := PrimitiveFloat.
Module Checker := Check Floats.
Export Checker.

(** ** Machine integers as intervals *)

Definition point (f : Floats.type) : I.type := I.bnd f f.
Definition signed_i (prec : Floats.precision) (i : int) : I.type :=
  if Uint63.leb i 9007199254740992%uint63 then point (PrimFloat.of_uint63 i)
  else if Uint63.leb (- i)%uint63 9007199254740992%uint63 then point (PrimFloat.opp (PrimFloat.of_uint63 (- i)%uint63))
  else I.fromZ prec (signed i).

Lemma point_encloses f x : Floats.toX f = Xreal x -> encloses (point f) x.
Proof.
intros H. assert (R : Floats.classify f = Freal).
{ assert (A := Floats.real_correct f). rewrite H, Floats.classify_correct in A. now destruct (Floats.classify f). }
unfold encloses, point. rewrite I.bnd_correct.
- rewrite H. simpl. lra.
- unfold I.valid_lb. change I.F.valid_lb with Floats.valid_lb. now rewrite Floats.valid_lb_correct, R.
- unfold I.valid_ub. change I.F.valid_ub with Floats.valid_ub. now rewrite Floats.valid_ub_correct, R.
Qed.

Lemma small_signed i : Uint63.leb i 9007199254740992%uint63 = true ->
  signed i = Uint63.to_Z i /\ (Uint63.to_Z i <= 2 ^ 53)%Z.
Proof.
intros H. apply Uint63.leb_spec in H. change (Uint63.to_Z 9007199254740992) with (2 ^ 53)%Z in H.
split; [|assumption]. unfold Sint63.to_Z.
replace (Uint63.ltb i Sint63.min_int) with true; [reflexivity|]. symmetry. apply Uint63.ltb_spec.
change (Uint63.to_Z Sint63.min_int) with (2 ^ 62)%Z. lia.
Qed.

Lemma signed_encloses prec i : encloses (signed_i prec i) (IZR (signed i)).
Proof.
unfold signed_i. destruct (Uint63.leb i 9007199254740992) eqn:H.
- destruct (small_signed i H) as [-> B]. apply point_encloses. now apply Floats.of_int63_exact.
- destruct (Uint63.leb (- i)%uint63 9007199254740992) eqn:K; [|apply fromZ_encloses].
  destruct (small_signed _ K) as [E B]. apply point_encloses. rewrite Floats.toX_neg, Floats.of_int63_exact by assumption.
  rewrite <- E. simpl. rewrite <- opp_IZR. do 2 f_equal. apply Z.opp_inj. rewrite Z.opp_involutive.
  apply Sint63.to_Z_opp. intros ->. discriminate H || (vm_compute in K; discriminate K).
Qed.

(** ** Rows of limbs *)

Section Rows.
Variables (prec : Floats.precision) (b : int).
Let bz := Uint63.to_Z b.

Section Scales.
Variables (once twice : I.type).
Definition sums_i (s : sums) : I.type :=
  I.add prec (I.add prec (I.mul prec (signed_i prec (high s)) twice) (I.mul prec (signed_i prec (middle s)) once))
    (signed_i prec (low s)).
End Scales.

Definition combine (o : bool) (xx yy xy : int) : int :=
  (if o then xx + yy + (xy + xy) else xx + yy - (xy + xy))%uint63.
Definition combine_sums (o : bool) (xx yy xy : sums) : sums :=
  Sums (combine o (high xx) (high yy) (high xy)) (combine o (middle xx) (middle yy) (middle xy))
    (combine o (low xx) (low yy) (low xy)).

Fixpoint big_square (l : list Z) : BigZ.t :=
  match l with [] => BigZ.zero | a :: l' => let x := BigZ.of_Z a in BigZ.add (BigZ.mul x x) (big_square l') end.

Definition machine (once twice : I.type) : exact := {|
  stored := limbs;
  product := sums;
  admissible := admit b;
  integers := value_of bz;
  Checker.multiply := Limbs.multiply;
  negative := fun g => Uint63.leb 4611686018427387904%uint63 (high g);
  value := sums_i once twice;
  chord := fun o xx yy xy => sums_i once twice (combine_sums o xx yy xy);
  square := fun l => BigZ.to_Z (big_square l) |}.

Variables (once twice : I.type).
Hypothesis Honce : encloses once (IZR (2 ^ bz)).
Hypothesis Htwice : encloses twice (IZR (2 ^ bz * 2 ^ bz)).

Lemma sums_encloses x y z : (Z.abs x < 2 ^ 62)%Z -> (Z.abs y < 2 ^ 62)%Z -> (Z.abs z < 2 ^ 62)%Z ->
  encloses (sums_i once twice (Sums (word x) (word y) (word z))) (IZR (x * 2 ^ bz * 2 ^ bz + y * 2 ^ bz + z)).
Proof.
intros Hx Hy Hz. unfold sums_i. cbn [high middle low].
rewrite !plus_IZR. rewrite <- Z.mul_assoc, (mult_IZR x), (mult_IZR y).
repeat apply add_encloses; try apply mul_encloses; try assumption.
- rewrite <- (signed_word x) at 2 by lia. apply signed_encloses.
- rewrite <- (signed_word y) at 2 by lia. apply signed_encloses.
- rewrite <- (signed_word z) at 2 by lia. apply signed_encloses.
Qed.

Lemma combine_word o x y z : combine o (word x) (word y) (word z) = word (x + y + 2 * (if o then 1 else -1) * z).
Proof.
unfold combine. destruct o; rewrite !word_add, ?word_sub; f_equal; ring.
Qed.

Lemma big_square_spec l : BigZ.to_Z (big_square l) = zdot l l.
Proof.
induction l as [|a l IH]; simpl; auto. now rewrite BigZ.spec_add, BigZ.spec_mul, !BigZ.spec_of_Z, IH.
Qed.

Lemma machine_sound : sound (machine once twice).
Proof.
split; simpl.
- intros r s Hr Hs. rewrite multiply_word, zdot_value. destruct (products_bound b r s Hr Hs) as (A & B & C).
  apply sums_encloses; lia.
- intros o r s Hr Hs. rewrite !multiply_word. unfold combine_sums. cbn [high middle low]. rewrite !combine_word.
  destruct (products_bound b r s Hr Hs) as (A1 & B1 & C1).
  destruct (products_bound b r r Hr Hr) as (A2 & B2 & C2).
  destruct (products_bound b s s Hs Hs) as (A3 & B3 & C3).
  match goal with |- encloses (sums_i _ _ (Sums (word ?x) (word ?y) (word ?z))) ?t =>
    replace t with (IZR (x * 2 ^ bz * 2 ^ bz + y * 2 ^ bz + z)) end.
  + apply sums_encloses; destruct o; lia.
  + rewrite !zdot_value. fold bz. destruct o;
      rewrite ?plus_IZR, ?mult_IZR, ?plus_IZR, ?mult_IZR, ?plus_IZR, ?mult_IZR; ring.
- apply big_square_spec.
Qed.
End Rows.

(** [b]: size of a limb. The rows of [us] and [ls] come packed, one machine word a number. *)
Definition accept (b : int) (q : question) (rows : list (list (Z * Z))) (us ls : list (list int)) : bool :=
  let prec := Floats.PtoP 53 in
  let bz := Uint63.to_Z b in
  check (machine prec b (I.fromZ prec (2 ^ bz)) (I.fromZ prec (2 ^ bz * 2 ^ bz))) prec q (map align rows)
    (map (unpack b) us) (map (unpack b) ls).

Theorem accept_sound b q rows us ls : accept b q rows us ls = true ->
  lambda_min_ge (n q) (gram (d q) (if is_normalized q then normalized (d q) (matrix rows) else matrix rows))
    (dyadic (sigma_m q) (sigma_e q)).
Proof. apply check_sound, machine_sound; apply fromZ_encloses. Qed.
