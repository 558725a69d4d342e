(** * The width of the ReLU theorem, by interval arithmetic on Coq's own integers *)

From Coq Require Import ZArith Reals Lra Lia List Bool.
From Interval Require Import Basic Xreal Sig Interval.
From NTK Require Import Spec SpecWidth.
From NTK.instance Require Import Sums Angle Rows.
From NTK.instance Require Foundational Width.
Import ListNotations Foundational.Checker.
Open Scope R_scope.

Section Width.
Variable prec : I.precision.

Definition number (p : Z * Z) : R := dyadic (fst p) (snd p).
Definition number_i (p : Z * Z) : I.type := dyadic_i prec (fst p) (snd p).
Lemma number_encloses p : encloses (number_i p) (number p).
Proof. apply dyadic_encloses. Qed.

Definition less_i (X Y : I.type) : bool := positive_i (I.sub prec Y X).
Lemma less_sound X Y x y : encloses X x -> encloses Y y -> less_i X Y = true -> x < y.
Proof.
intros HX HY H. apply Rminus_gt_0_lt. apply Rlt_gt. refine (positive_sound _ _ _ H). now apply sub_encloses.
Qed.

Variables (n q : nat) (rows : list (Z * list Z)) (delta lambda0 eps delta1 r kappa : Z * Z) (m : Z).

Definition relu_width_ok : bool :=
  let z k := I.fromZ prec k in
  let nn := z (Z.of_nat n) in
  let N := I.div prec (z m) (z 2%Z) in
  let d := number_i delta in let l := number_i lambda0 in let e := number_i eps in
  let d1 := number_i delta1 in let R := number_i r in let k := number_i kappa in
  let one := z 1%Z in
  let p := I.mul prec R (I.sqrt prec (I.div prec (z 2%Z) (I.pi prec))) in
  let rest := I.sub prec one e in
  let mu := I.sub prec (I.mul prec rest l) (I.mul prec (I.mul prec (z 2%Z) k) nn) in
  let ln := I.ln prec in
  (forallb (fun row => Nat.leb (length (snd row)) q) rows && Nat.eqb (length rows) n && (0 <? Z.of_nat n)%Z &&
   Z.even m && less_i (z 0%Z) l && less_i d one &&
   less_i (z 0%Z) e && less_i e one && less_i (z 0%Z) d1 && less_i d1 d && less_i (z 0%Z) R && less_i p k && less_i k one &&
   less_i (z 0%Z) mu &&
   less_i (ln (I.div prec nn d1))
     (I.mul prec (I.div prec (I.mul prec N l) nn) (I.add prec e (I.mul prec rest (ln rest)))) &&
   less_i (ln (I.div prec nn (I.sub prec d d1)))
     (I.mul prec N (I.add prec (I.mul prec k (ln (I.div prec k p)))
       (I.mul prec (I.sub prec one k) (ln (I.div prec (I.sub prec one k) (I.sub prec one p)))))) &&
   less_i (I.mul prec (Width.total_i prec rows) nn) (I.mul prec (z m) (I.sqr prec (I.mul prec R mu))))%bool.

Lemma relu_width_integer : relu_width_ok = true ->
  relu_width n (total_square n q (integer_matrix rows)) (number delta) (number lambda0) m.
Proof.
unfold relu_width_ok. cbv zeta.
set (d := number_i delta). set (l := number_i lambda0). set (e := number_i eps).
set (d1 := number_i delta1). set (Ri := number_i r). set (k := number_i kappa).
set (p := I.mul prec Ri (I.sqrt prec (I.div prec (I.fromZ prec 2) (I.pi prec)))).
set (rest := I.sub prec (I.fromZ prec 1) e).
set (mu := I.sub prec (I.mul prec rest l) (I.mul prec (I.mul prec (I.fromZ prec 2) k) (I.fromZ prec (Z.of_nat n)))).
assert (Hd : encloses d (number delta)) by apply number_encloses.
assert (Hl : encloses l (number lambda0)) by apply number_encloses.
assert (He : encloses e (number eps)) by apply number_encloses.
assert (Hd1 : encloses d1 (number delta1)) by apply number_encloses.
assert (HR : encloses Ri (number r)) by apply number_encloses.
assert (Hk : encloses k (number kappa)) by apply number_encloses.
assert (H0 : encloses (I.fromZ prec 0) 0) by apply fromZ_encloses.
assert (H1 : encloses (I.fromZ prec 1) 1) by apply fromZ_encloses.
assert (H2 : encloses (I.fromZ prec 2) 2) by apply fromZ_encloses.
assert (Hm : encloses (I.fromZ prec m) (IZR m)) by apply fromZ_encloses.
assert (Hn : encloses (I.fromZ prec (Z.of_nat n)) (INR n)) by (rewrite INR_IZR_INZ; apply fromZ_encloses).
assert (Ppi := PI_RGT_0).
assert (Hp : encloses p (number r * sqrt (2 / PI))).
{ apply mul_encloses; [assumption|]. apply sqrt_encloses, div_encloses; [lra | assumption | apply I.pi_correct]. }
assert (Hrest : encloses rest (1 - number eps)) by now apply sub_encloses.
assert (Hmu : encloses mu ((1 - number eps) * number lambda0 - 2 * number kappa * INR n)).
{ apply sub_encloses; [now apply mul_encloses|]. apply mul_encloses; [now apply mul_encloses | assumption]. }
intros H. repeat (apply andb_prop in H as [H ?]).
repeat match goal with G : less_i ?X ?Y = true |- _ => revert G end.
match goal with G : Nat.eqb _ _ = true |- _ => apply Nat.eqb_eq in G; rename G into Hlen end.
match goal with G : (0 <? Z.of_nat n)%Z = true |- _ => apply Z.ltb_lt, IZR_lt in G; rewrite <- INR_IZR_INZ in G; rename G into Pn end.
assert (Ey := Width.total_encloses prec q rows H). rewrite Hlen in Ey.
set (y2 := total_square n q (integer_matrix rows)) in *.
intros Gl Gd Ge Ge1 Gd1 Gdd Gr Gp Gk Gmu Gc Gf Gm.
apply (less_sound _ _ 0 (number lambda0)) in Gl; [|assumption|assumption].
apply (less_sound _ _ (number delta) 1) in Gd; [|assumption|assumption].
apply (less_sound _ _ 0 (number eps)) in Ge; [|assumption|assumption].
apply (less_sound _ _ (number eps) 1) in Ge1; [|assumption|assumption].
apply (less_sound _ _ 0 (number delta1)) in Gd1; [|assumption|assumption].
apply (less_sound _ _ (number delta1) (number delta)) in Gdd; [|assumption|assumption].
apply (less_sound _ _ 0 (number r)) in Gr; [|assumption|assumption].
apply (less_sound _ _ (number r * sqrt (2 / PI)) (number kappa)) in Gp; [|assumption|assumption].
apply (less_sound _ _ (number kappa) 1) in Gk; [|assumption|assumption].
apply (less_sound _ _ 0 ((1 - number eps) * number lambda0 - 2 * number kappa * INR n)) in Gmu; [|assumption|assumption].
assert (Pq : 0 < number r * sqrt (2 / PI)).
{ apply Rmult_lt_0_compat; [assumption|]. apply sqrt_lt_R0, Rdiv_lt_0_compat; lra. }
split; [assumption|]. split; [assumption|]. split; [assumption|].
exists (number eps), (number delta1), (number r), (number kappa). cbv zeta.
set (P := number r * sqrt (2 / PI)) in *.
repeat match goal with |- _ /\ _ => split end; try assumption.
- left. refine (less_sound _ _ _ _ _ _ Gc).
  + apply Width.ln_encloses; [now apply Rdiv_lt_0_compat|]. apply div_encloses; [lra | assumption | assumption].
  + apply mul_encloses.
    * apply div_encloses; [lra | | assumption]. apply mul_encloses; [|assumption].
      apply div_encloses; [lra | assumption | assumption].
    * apply add_encloses; [assumption|]. apply mul_encloses; [assumption|]. apply Width.ln_encloses; [lra | assumption].
- left. refine (less_sound _ _ _ _ _ _ Gf).
  + apply Width.ln_encloses; [apply Rdiv_lt_0_compat; lra|]. apply div_encloses; [lra | assumption |]. now apply sub_encloses.
  + apply mul_encloses; [apply div_encloses; [lra | assumption | assumption]|]. apply add_encloses; apply mul_encloses.
    * assumption.
    * apply Width.ln_encloses; [apply Rdiv_lt_0_compat; lra|]. apply div_encloses; [lra | assumption | assumption].
    * now apply sub_encloses.
    * apply Width.ln_encloses; [apply Rdiv_lt_0_compat; lra|].
      apply div_encloses; [lra | |]; now apply sub_encloses.
- left. refine (less_sound _ _ _ _ _ _ Gm).
  + now apply mul_encloses.
  + apply mul_encloses; [assumption|]. set (w := number r * _).
    replace (w ^ 2) with (w * w) by ring. apply sqr_encloses. now apply mul_encloses.
Qed.
End Width.

Theorem relu_width_sound bits n q rows delta lambda0 eps delta1 r kappa m :
  relu_width_ok (Foundational.Floats.PtoP bits) n q (map align rows) delta lambda0 eps delta1 r kappa m = true ->
  relu_width n (total_square n q (matrix rows)) (dyadic (fst delta) (snd delta)) (dyadic (fst lambda0) (snd lambda0)) m.
Proof. intros H. rewrite matrix_align. exact (relu_width_integer _ _ _ _ _ _ _ _ _ _ _ H). Qed.
