(** * The required width, by interval arithmetic on Coq's own integers *)

From Coq Require Import ZArith Reals Lra Lia List Bool.
From Interval Require Import Basic Xreal Sig Interval.
From NTK Require Import Spec SpecWidth.
From NTK.instance Require Import Sums Angle Rows.
From NTK.instance Require Foundational.
Import ListNotations Foundational.Checker.
Open Scope R_scope.

Section Width.
Variable prec : I.precision.

Fixpoint total_i (rows : list (Z * list Z)) : I.type :=
  match rows with
  | [] => I.fromZ prec 0
  | (e, z) :: rows' => I.add prec (dyadic_i prec (zdot z z) (e + e)) (total_i rows')
  end.

Lemma total_encloses q rows : forallb (fun row => Nat.leb (length (snd row)) q) rows = true ->
  encloses (total_i rows) (total_square (length rows) q (integer_matrix rows)).
Proof.
induction rows as [|[e z] rows IH]; intros H; [apply fromZ_encloses|].
simpl in H. apply andb_prop in H as [Hz H]. apply Nat.leb_le in Hz.
unfold total_square. cbn [length]. rewrite rsum_shift. cbn [total_i]. apply add_encloses; [|exact (IH H)].
rewrite (matrix_square q ((e, z) :: rows) 0 Hz). cbn [nth fst snd].
replace (powerRZ 2 e * powerRZ 2 e * IZR (zdot z z)) with (dyadic (zdot z z) (e + e))
  by (unfold dyadic; rewrite pow2_sum; ring).
apply dyadic_encloses.
Qed.

Lemma ln_encloses X x : 0 < x -> encloses X x -> encloses (I.ln prec X) (ln x).
Proof.
intros P H. assert (K := I.ln_correct prec X (Xreal x) H). unfold encloses.
simpl in K. unfold Xln' in K. now rewrite is_positive_true in K.
Qed.

Definition width_ok (n q : nat) (rows : list (Z * list Z)) (dm de sm se m : Z) : bool :=
  let z k := I.fromZ prec k in
  let N := z (Z.of_nat n) in
  let NN := I.sqr prec N in
  let delta := dyadic_i prec dm de in
  let l := dyadic_i prec sm se in
  let l2 := I.sqr prec l in
  let E := I.div prec (I.mul prec (z 3%Z) (I.add prec (total_i rows) (I.div prec N (z 2%Z)))) delta in
  let R := I.div prec (I.mul prec (I.mul prec (I.sqrt prec (I.mul prec (z 2%Z) (I.pi prec))) delta) l)
             (I.mul prec (z 48%Z) (I.add prec NN (I.mul prec N (I.sqrt prec N)))) in
  (forallb (fun row => Nat.leb (length (snd row)) q) rows && Nat.eqb (length rows) n && (0 <? Z.of_nat n)%Z &&
   (0 <? sm)%Z && (0 <? dm)%Z && positive_i (I.sub prec (z 1%Z) delta) &&
   positive_i (I.sub prec (z m) (I.div prec (I.mul prec (I.mul prec (z 8%Z) NN)
     (I.ln prec (I.div prec (I.mul prec (z 6%Z) NN) delta))) l2)) &&
   positive_i (I.sub prec (z m) (I.div prec (I.mul prec (I.mul prec (z 16%Z) N) E) (I.mul prec l2 (I.sqr prec R)))))%bool.
End Width.

Theorem width_sound bits n q rows dm de sm se m :
  width_ok (Foundational.Floats.PtoP bits) n q (map align rows) dm de sm se m = true ->
  du2019_gd_width n (total_square n q (matrix rows)) (dyadic dm de) (dyadic sm se) m.
Proof.
intros H. unfold width_ok in H. cbv zeta in H. set (prec := Foundational.Floats.PtoP bits) in *.
repeat (apply andb_prop in H as [H ?]).
match goal with H : Nat.eqb _ _ = true |- _ => apply Nat.eqb_eq in H; rename H into Hlen end.
repeat match goal with H : (0 <? _)%Z = true |- _ => apply Z.ltb_lt, IZR_lt in H end.
match goal with H : 0 < IZR (Z.of_nat n) |- _ => rewrite <- INR_IZR_INZ in H; rename H into PN end.
assert (Pl : 0 < dyadic sm se) by (apply Rmult_lt_0_compat; [assumption | apply pow2_pos]).
assert (Pd : 0 < dyadic dm de) by (apply Rmult_lt_0_compat; [assumption | apply pow2_pos]).
assert (El := dyadic_encloses prec sm se). assert (Ed := dyadic_encloses prec dm de).
assert (EN := fromZ_encloses prec (Z.of_nat n)). rewrite <- INR_IZR_INZ in EN.
assert (Ey := total_encloses prec q (map align rows) H). rewrite Hlen, <- matrix_align in Ey.
unfold du2019_gd_width. cbv zeta. set (y2 := total_square n q (matrix rows)) in *. set (N := INR n) in *.
set (l := dyadic sm se) in *. set (delta := dyadic dm de) in *. clearbody y2 l delta N.
assert (PNN : 0 < N * N) by now apply Rmult_lt_0_compat.
assert (Pq : 0 < sqrt N) by now apply sqrt_lt_R0.
assert (Pi := PI_RGT_0). assert (P2 : 0 < sqrt (2 * PI)) by (apply sqrt_lt_R0; lra).
assert (PR : 0 < sqrt (2 * PI) * delta * l / (48 * (N * N + N * sqrt N))).
{ assert (0 < N * sqrt N) by now apply Rmult_lt_0_compat.
  apply Rdiv_lt_0_compat; [repeat apply Rmult_lt_0_compat; assumption | lra]. }
assert (Pll : 0 < l * l) by now apply Rmult_lt_0_compat.
assert (Q : 0 < N * sqrt N) by now apply Rmult_lt_0_compat.
repeat split; try assumption.
- assert (0 < 1 - delta); [|lra].
  eapply positive_sound; [|match goal with H : positive_i (I.sub _ (I.fromZ _ 1%Z) _) = true |- _ => exact H end].
  apply sub_encloses; [apply fromZ_encloses | assumption].
- left. apply Rminus_gt_0_lt, Rlt_gt. eapply positive_sound; [|match goal with H : positive_i (I.sub _ _ (I.div _ (I.mul _ _ (I.ln _ _)) _)) = true |- _ => exact H end].
  repeat first [assumption | apply fromZ_encloses | apply sub_encloses | apply div_encloses; [lra | |]
    | apply sqr_encloses | apply ln_encloses; [apply Rdiv_lt_0_compat; lra |] | apply mul_encloses].
- apply Rminus_gt_0_lt, Rlt_gt. eapply positive_sound; [|match goal with H : positive_i (I.sub _ _ (I.div _ (I.mul _ (I.mul _ _ _) _) (I.mul _ _ _))) = true |- _ => exact H end].
  set (R := sqrt (2 * PI) * delta * l / (48 * (N * N + N * sqrt N))) in *.
  assert (PR2 : 0 < l * l * (R * R)) by (apply Rmult_lt_0_compat; [|apply Rmult_lt_0_compat]; assumption).
  apply sub_encloses; [apply fromZ_encloses|]. apply div_encloses; [lra | |].
  + repeat first [assumption | apply fromZ_encloses | apply div_encloses; [lra | |] | apply add_encloses | apply mul_encloses].
  + apply mul_encloses; [now apply sqr_encloses|]. apply sqr_encloses. unfold R.
    repeat first [assumption | apply fromZ_encloses | apply I.pi_correct | apply div_encloses; [lra | |]
      | apply sqr_encloses | apply sqrt_encloses | apply add_encloses | apply mul_encloses].
Qed.
