(** * A two-layer network's numbers, enclosed

    From the exact weights, data and targets, all entries of the tangent kernel and the residual are enclosed in
    interval arithmetic; three integer matrices L, which may come from anywhere, show the bounds of eigenvalues
    ([psd_sound], by [Sums.lambda_min_of_factor]); the rest are six comparisons of numbers. *)

From Coq Require Import ZArith Reals Lra Lia List Bool.
From Interval Require Import Basic Xreal Sig Interval Float_full.
From NTK Require Import Spec.
From NTK Require SpecNetwork.
From NTK.instance Require Import Sums Angle Rows Enclosure.
From NTK.theory Require Import Activations SmoothNetworks.
Import ListNotations.
Open Scope R_scope.

(** A number as the file has it. *)
Definition num (p : Z * Z) : R := dyadic (fst p) (snd p).

Lemma num_nonneg p : (0 <=? fst p)%Z = true -> 0 <= num p.
Proof. intros H. apply Z.leb_le, IZR_le in H. apply Rmult_le_pos; [assumption | left; apply pow2_pos]. Qed.
Lemma num_positive p : (0 <? fst p)%Z = true -> 0 < num p.
Proof. intros H. apply Z.ltb_lt, IZR_lt in H. apply Rmult_lt_0_compat; [assumption | apply pow2_pos]. Qed.

(** Output weights [c_r = v_r], or [alpha v_r / sqrt m] in the parametrisation of the papers. *)
Definition outer_weight (m : nat) (alpha : option (Z * Z)) (v : list (list (Z * Z))) (r : nat) : R :=
  match alpha with None => matrix v 0 r | Some a => num a / sqrt (INR m) * matrix v 0 r end.
Definition target (y : list (list (Z * Z))) (offset : Z * Z) (i : nat) : R := matrix y i 0 - num offset.

Record question := Question {
  dim : nat; width : nat; size : nat;
  alpha : option (Z * Z); offset : Z * Z;
  eta : Z * Z; kappa : Z * Z; quartic : Z * Z; largest : Z * Z; beta : Z * Z; lam0 : Z * Z; residual : Z * Z }.

(** A tolerance and a factor: [A - sigma - n delta ≈ L Lᵀ / 4^scale]. *)
Record witness := Witness { tolerance : Z * Z; scale : Z; factor : list (list Z) }.

Module Weights (F : FloatOps with Definition sensible_format := true).
Module Export E := Enclosure F.

Section Precision.
Variable prec : I.precision.

Lemma exp_encloses X x : encloses X x -> encloses (I.exp prec X) (exp x).
Proof. apply (I.exp_correct prec X (Xreal x)). Qed.
Lemma ln_encloses X x : 0 < x -> encloses X x -> encloses (I.ln prec X) (ln x).
Proof.
intros P H. assert (K := I.ln_correct prec X (Xreal x) H). unfold encloses.
simpl in K. unfold Xln' in K. now rewrite is_positive_true in K.
Qed.
(** [m 2^e] by one division or multiplication: the processor's floats round a power at every step. *)
Definition num_i (p : Z * Z) : I.type :=
  let (m, e) := p in
  if (e <? 0)%Z then I.div prec (I.fromZ prec m) (I.fromZ prec (2 ^ (- e))) else I.fromZ prec (m * 2 ^ e).
Lemma num_encloses p : encloses (num_i p) (num p).
Proof.
destruct p as [m e]. unfold num_i, num, dyadic. cbn [fst snd]. destruct (Z.ltb_spec e 0) as [H|H].
- assert (P : IZR (2 ^ (- e)) = powerRZ 2 (- e)).
  { rewrite <- (Z2Nat.id (- e)) by lia. rewrite <- pow_powerRZ, pow_IZR. reflexivity. }
  replace (IZR m * powerRZ 2 e) with (IZR m / IZR (2 ^ (- e))).
  + apply div_encloses; [rewrite P; apply Rgt_not_eq, pow2_pos | apply fromZ_encloses | apply fromZ_encloses].
  + rewrite P. assert (Q := pow2_inv e). assert (Q2 := pow2_pos (- e)). apply Rmult_eq_reg_r with (powerRZ 2 (- e)); [|lra].
    rewrite Rmult_assoc, (Rmult_comm (powerRZ 2 e)), Q. field. lra.
- replace (IZR m * powerRZ 2 e) with (IZR (m * 2 ^ e)); [apply fromZ_encloses|].
  rewrite mult_IZR. f_equal. rewrite <- (Z2Nat.id e) by lia. rewrite <- pow_powerRZ, pow_IZR. reflexivity.
Qed.

(** ** Lists of enclosures *)

Definition holds (X : list I.type) (n : nat) (x : nat -> R) : Prop :=
  length X = n /\ forall k, (k < n)%nat -> encloses (nth k X I.nai) (x k).

Lemma holds_ext X n x z : (forall k, (k < n)%nat -> x k = z k) -> holds X n x -> holds X n z.
Proof. intros H [L P]. split; auto. intros k Hk. rewrite <- H by auto. auto. Qed.

Lemma holds_map (f : I.type -> I.type) (g : R -> R) X n x :
  (forall Y y, encloses Y y -> encloses (f Y) (g y)) -> holds X n x -> holds (map f X) n (fun k => g (x k)).
Proof.
intros H [L P]. split; [now rewrite map_length|]. intros k Hk.
rewrite (nth_indep _ I.nai (f I.nai)) by (rewrite map_length; lia). rewrite map_nth. auto.
Qed.

Lemma holds_each (f : I.type -> I.type) X n x z :
  (forall k Y, (k < n)%nat -> encloses Y (x k) -> encloses (f Y) (z k)) -> holds X n x -> holds (map f X) n z.
Proof.
intros H [L P]. split; [now rewrite map_length|]. intros k Hk.
rewrite (nth_indep _ I.nai (f I.nai)) by (rewrite map_length; lia). rewrite map_nth. auto.
Qed.

Fixpoint map2 (f : I.type -> I.type -> I.type) (X Y : list I.type) : list I.type :=
  match X, Y with a :: X', b :: Y' => f a b :: map2 f X' Y' | _, _ => [] end.
Lemma holds_map2 f g X Y n x y : (forall A B a b, encloses A a -> encloses B b -> encloses (f A B) (g a b)) ->
  holds X n x -> holds Y n y -> holds (map2 f X Y) n (fun k => g (x k) (y k)).
Proof.
intros H. revert Y n x y. induction X as [|A X IH]; intros [|B Y] n x y [LX PX] [LY PY]; simpl in *.
- split; auto. intros k Hk. lia.
- lia.
- lia.
- destruct n as [|n]; [lia|]. destruct (IH Y n (fun k => x (S k)) (fun k => y (S k))) as [L P].
  + split; [lia|]. intros k Hk. apply (PX (S k)). lia.
  + split; [lia|]. intros k Hk. apply (PY (S k)). lia.
  + split; [simpl; lia|]. intros [|k] Hk; [apply H; [apply (PX O) | apply (PY O)]; lia | apply P; lia].
Qed.

Definition sum_i (X : list I.type) : I.type := fold_right (I.add prec) (I.fromZ prec 0) X.
Lemma sum_holds X n x : holds X n x -> encloses (sum_i X) (rsum n x).
Proof.
revert n x. induction X as [|A X IH]; intros n x [L P]; simpl in L; subst n; [apply fromZ_encloses|].
rewrite rsum_shift. apply add_encloses; [apply (P O); simpl; lia|].
apply IH. split; auto. intros k Hk. apply (P (S k)). simpl. lia.
Qed.

Definition dot_i (X Y : list I.type) : I.type := sum_i (map2 (I.mul prec) X Y).
Lemma dot_holds X Y n x y : holds X n x -> holds Y n y -> encloses (dot_i X Y) (rsum n (fun k => x k * y k)).
Proof.
intros HX HY. apply sum_holds. apply (holds_map2 (I.mul prec) Rmult); auto. intros. now apply mul_encloses.
Qed.

Definition table (T : list (list I.type)) (n m : nat) (x : nat -> nat -> R) : Prop :=
  length T = n /\ forall i, (i < n)%nat -> holds (nth i T []) m (x i).

Lemma table_map (f : list I.type -> list I.type) (g : (nat -> R) -> nat -> R) T n m p x :
  (forall Y y, holds Y m y -> holds (f Y) p (g y)) -> table T n m x -> table (map f T) n p (fun i => g (x i)).
Proof.
intros H [L P]. split; [now rewrite map_length|]. intros i Hi.
rewrite (nth_indep _ [] (f [])) by (rewrite map_length; lia). rewrite map_nth. auto.
Qed.

Definition read (rows : list (list (Z * Z))) : list (list I.type) :=
  map (map num_i) rows.
Definition shaped (n d : nat) (rows : list (list (Z * Z))) : bool :=
  (Nat.eqb (length rows) n && forallb (fun row => Nat.eqb (length row) d) rows)%bool.
Lemma read_table n d rows : shaped n d rows = true -> table (read rows) n d (matrix rows).
Proof.
intros H. apply andb_prop in H as [L H]. apply Nat.eqb_eq in L. rewrite forallb_forall in H.
split; [unfold read; now rewrite map_length|]. intros i Hi.
assert (K := H _ (nth_In rows [] (n := i) ltac:(lia))). apply Nat.eqb_eq in K.
unfold read. rewrite (nth_indep _ [] (map num_i [])) by (rewrite map_length; lia).
rewrite map_nth. split; [now rewrite map_length|]. intros k Hk.
rewrite (nth_indep _ I.nai (num_i (0%Z, 0%Z))) by (rewrite map_length; lia).
rewrite map_nth. unfold matrix. assert (N := num_encloses (nth k (nth i rows []) (0%Z, 0%Z))).
now destruct (nth k (nth i rows []) (0%Z, 0%Z)).
Qed.

(** ** Comparisons *)

Definition le_i (X B : I.type) : bool := I.subset X (ceiling B).
Lemma le_sound X B x b : encloses X x -> encloses B b -> le_i X B = true -> x <= b.
Proof. intros HX HB. exact (below_sound X B x b HX HB). Qed.

(** ** Eigenvalues from a factor *)

Definition psd_ok (n : nat) (entry : nat -> nat -> I.type) (sigma : Z * Z) (w : witness) : bool :=
  let delta_i := num_i (tolerance w) in
  let shift_i := I.add prec (num_i sigma) (I.mul prec (I.fromZ prec (Z.of_nat n)) delta_i) in
  let unit := num_i (1, - (2 * scale w))%Z in
  let bound := ceiling delta_i in
  ((0 <=? fst (tolerance w))%Z &&
   forallb (fun i => let Li := nth i (factor w) [] in
     forallb (fun j =>
       let product := I.mul prec (I.fromZ prec (zdot Li (nth j (factor w) []))) unit in
       let expected := if Nat.eqb i j then I.add prec product shift_i else product in
       I.subset (I.abs (I.sub prec (entry i j) expected)) bound) (seq 0 (S i))) (seq 0 n))%bool.

Lemma psd_sound n (A : nat -> nat -> R) entry sigma w :
  (forall i j, (i < n)%nat -> (j < n)%nat -> encloses (entry i j) (A i j)) -> (forall i j, A i j = A j i) ->
  psd_ok n entry sigma w = true -> lambda_min_ge n A (num sigma).
Proof.
intros HA Hsym H. unfold psd_ok in H. cbv zeta in H. apply andb_prop in H as [Hd H].
set (delta := num (tolerance w)). assert (Hdelta := num_encloses (tolerance w)). fold delta in Hdelta.
destruct (longest (factor w)) as [m Hm].
set (L := fun i k => at_ (nth i (factor w) []) k * powerRZ 2 (- scale w)).
apply (lambda_min_of_factor n m A L (fun _ => 1) _ delta).
{ now apply num_nonneg. }
{ intros. lra. }
assert (HLL : forall i j, rsum m (fun k => L i k * L j k) =
  IZR (zdot (nth i (factor w) []) (nth j (factor w) [])) * powerRZ 2 (- (2 * scale w))).
{ intros i j. rewrite (zdot_rsum m) by apply Hm. rewrite <- rsum_scal_r. apply rsum_ext; intros k _. unfold L.
  replace (- (2 * scale w))%Z with (- scale w + - scale w)%Z by ring. rewrite pow2_sum. ring. }
assert (G : forall i j, (j <= i)%nat -> (i < n)%nat ->
  Rabs (A i j - (rsum m (fun k => L i k * L j k) + (if Nat.eqb i j then num sigma + INR n * delta else 0))) <= delta).
{ intros i j Hj Hi. rewrite forallb_forall in H. assert (K := H i ltac:(apply in_seq; lia)).
  rewrite forallb_forall in K. specialize (K j ltac:(apply in_seq; lia)). cbv beta zeta in K.
  eapply below_sound; [apply abs_encloses | exact Hdelta | exact K].
  apply sub_encloses; [apply HA; lia|]. rewrite HLL.
  assert (P := mul_encloses prec _ _ _ _ (fromZ_encloses prec (zdot (nth i (factor w) []) (nth j (factor w) [])))
    (num_encloses (1, - (2 * scale w))%Z)).
  replace (num (1, - (2 * scale w))%Z) with (powerRZ 2 (- (2 * scale w))) in P by (unfold num, dyadic; cbn [fst snd]; ring).
  destruct (Nat.eqb i j).
  - apply add_encloses; [exact P|]. apply add_encloses; [apply num_encloses|].
    apply mul_encloses; [|exact Hdelta]. rewrite INR_IZR_INZ. apply fromZ_encloses.
  - rewrite Rplus_0_r. exact P. }
intros i j Hi Hj. rewrite !Rmult_1_l, Rmult_1_r. destruct (Nat.le_gt_cases j i) as [Q|Q]; [now apply G|].
rewrite (Hsym i j). assert (K := G j i ltac:(lia) Hj). rewrite Nat.eqb_sym in K.
rewrite (rsum_ext m _ (fun k => L j k * L i k)) by (intros; ring). exact K.
Qed.

(** ** The network *)

Section Network.
(** Of each pre-activation a core is computed, of which the value and the slope are functions. *)
Variables (phi dphi core_of : R -> R) (core value slope : I.type -> I.type) (B1sq B2sq : R) (B1sq_i B2sq_i : I.type).
Hypothesis core_sound : forall Y t, encloses Y t -> encloses (core Y) (core_of t).
Hypothesis value_sound : forall Y t, encloses Y (core_of t) -> encloses (value Y) (phi t).
Hypothesis slope_sound : forall Y t, encloses Y (core_of t) -> encloses (slope Y) (dphi t).
Hypothesis B1_sound : encloses B1sq_i B1sq.
Hypothesis B2_sound : encloses B2sq_i B2sq.

Variables (q : question) (data targets outer weights : list (list (Z * Z))).
Variables (in_kernel in_gram in_quartic : witness).
Let n := size q.
Let d := dim q.
Let m := width q.
Let c := outer_weight m (alpha q) outer.
Let y := target targets (offset q).
Let real (p : Z * Z) : I.type := num_i p.

Definition outer_i : list I.type :=
  let v := nth 0 (read outer) [] in
  match alpha q with
  | None => v
  | Some a => let s := I.div prec (num_i a) (I.sqrt prec (I.fromZ prec (Z.of_nat (width q)))) in
      map (I.mul prec s) v
  end.
Definition negated (p : Z * Z) : Z * Z := (- fst p, snd p)%Z.

Definition check : bool :=
  let X := read data in
  let W := read weights in
  let C := outer_i in
  let C2 := map (I.sqr prec) C in
  let P := map (fun x => map (fun w => core (dot_i w x)) W) X in
  let S := map (map slope) P in
  let SC := map (fun s => map2 (I.mul prec) C2 s) S in
  let G := map (fun x => map (fun z => dot_i x z) X) X in
  let gram i j := nth j (nth i G []) I.nai in
  let misfits := map (fun p => dot_i C (map value p)) P in
  let shifted := map2 (I.sub prec) misfits
    (map (fun row => I.sub prec (nth 0 row I.nai) (real (offset q))) (read targets)) in
  let k2 := I.sqr prec (real (kappa q)) in
  (shaped (size q) (dim q) data && shaped (size q) 1 targets && shaped 1 (width q) outer &&
   shaped (width q) (dim q) weights &&
   Nat.ltb 0 (dim q) && Nat.ltb 0 (width q) && Nat.ltb 0 (size q) &&
   (0 <? fst (eta q))%Z && (0 <? fst (lam0 q))%Z && (0 <=? fst (beta q))%Z && (0 <=? fst (residual q))%Z &&
   (0 <=? fst (quartic q))%Z && (0 <=? fst (largest q))%Z &&
   forallb (fun a => le_i (I.abs a) (real (kappa q))) C &&
   psd_ok (size q) (fun i j => I.neg (gram i j)) (negated (largest q)) in_gram &&
   psd_ok (size q) (fun i j => I.neg (I.sqr prec (gram i j))) (negated (quartic q)) in_quartic &&
   le_i (I.mul prec (I.mul prec k2 B2sq_i) (real (quartic q))) (I.sqr prec (real (beta q))) &&
   le_i (I.mul prec (real (eta q)) (I.mul prec (I.mul prec k2 B1sq_i)
     (I.mul prec (I.fromZ prec (Z.of_nat (width q))) (real (largest q))))) (I.fromZ prec 1) &&
   le_i (sum_i (map (I.sqr prec) shifted)) (I.sqr prec (real (residual q))) &&
   psd_ok (size q) (fun i j => I.mul prec (gram i j) (dot_i (nth i SC []) (nth j S []))) (lam0 q) in_kernel &&
   le_i (I.mul prec (I.mul prec (I.fromZ prec 2) (real (beta q))) (real (residual q))) (real (lam0 q)))%bool.

Lemma outer_holds : shaped 1 m outer = true -> (0 < m)%nat -> holds outer_i m c.
Proof.
intros H Hm. destruct (read_table 1 m outer H) as [_ T]. specialize (T 0%nat ltac:(lia)).
unfold outer_i, c, outer_weight. destruct (alpha q) as [a|]; [|exact T].
assert (P : 0 < INR m) by now apply lt_0_INR.
apply (holds_map _ (fun v => num a / sqrt (INR m) * v)); [|exact T].
intros Y v HY. apply mul_encloses; [|exact HY].
apply div_encloses; [apply Rgt_not_eq; now apply sqrt_lt_R0 | apply num_encloses | apply sqrt_encloses].
rewrite INR_IZR_INZ. apply fromZ_encloses.
Qed.

Lemma min_to_max (A : nat -> nat -> R) p : lambda_min_ge n (fun i j => - A i j) (num (negated p)) ->
  SpecNetwork.lambda_max_le n A (num p).
Proof.
intros H v. specialize (H v). unfold num, negated, dyadic in *. cbn [fst snd] in H. rewrite opp_IZR in H.
assert (E : qform n (fun i j => - A i j) v = - qform n A v).
{ unfold qform. transitivity (rsum n (fun i => -1 * rsum n (fun j => v i * v j * A i j))).
  - apply rsum_ext; intros i _. rewrite <- rsum_scal. apply rsum_ext; intros j _. ring.
  - rewrite rsum_scal. ring. }
rewrite E in H. lra.
Qed.

Local Opaque shaped psd_ok le_i.
Theorem check_certified : check = true ->
  certified d m n (matrix data) y c (matrix weights) (num (eta q)) (num (kappa q)) (num (quartic q)) (num (largest q))
    (num (beta q)) (num (lam0 q)) (num (residual q)) phi dphi B1sq B2sq.
Proof.
unfold check. cbv zeta. set (X := read data). set (W := read weights).
set (C2 := map (I.sqr prec) outer_i).
set (P := map (fun x => map (fun w => core (dot_i w x)) W) X).
set (S := map (map slope) P).
set (SC := map (fun s => map2 (I.mul prec) C2 s) S).
set (G := map (fun x => map (fun z => dot_i x z) X) X).
set (gram := fun i j => nth j (nth i G []) I.nai).
intros H. repeat (apply andb_prop in H as [H ?]).
assert (SX : shaped n d data = true) by assumption. assert (SW : shaped m d weights = true) by assumption.
assert (ST : shaped n 1 targets = true) by assumption. assert (SO : shaped 1 m outer = true) by assumption.
repeat match goal with H : Nat.ltb _ _ = true |- _ => apply Nat.ltb_lt in H end.
assert (TX := read_table n d data SX). fold X in TX. assert (TW := read_table m d weights SW). fold W in TW.
assert (TT := read_table n 1 targets ST).
assert (HC := outer_holds SO ltac:(assumption)).
assert (TP : table P n m (fun i r => core_of (dot d (matrix weights r) (matrix data i)))).
{ apply (table_map _ (fun x r => core_of (dot d (matrix weights r) x)) X n d m (matrix data)); [|exact TX].
  intros Y x HY. destruct TW as [LW TW]. split; [now rewrite map_length|]. intros r Hr.
  rewrite (nth_indep _ I.nai ((fun w => core (dot_i w Y)) [])) by (rewrite map_length; lia).
  rewrite (map_nth (fun w => core (dot_i w Y))). apply core_sound, dot_holds; auto. }
assert (TS : table S n m (fun i r => dphi (dot d (matrix weights r) (matrix data i)))).
{ destruct TP as [LP TP]. split; [unfold S; now rewrite map_length|]. intros i Hi. unfold S.
  rewrite (nth_indep _ [] (map slope [])) by (rewrite map_length; lia). rewrite map_nth.
  apply holds_each with (2 := TP i Hi). intros k Y _ HY. now apply slope_sound. }
assert (TSC : table SC n m (fun i r => c r ^ 2 * dphi (dot d (matrix weights r) (matrix data i)))).
{ apply (table_map _ (fun z r => c r ^ 2 * z r) S n m m _) with (2 := TS).
  intros Y z HY. apply (holds_map2 _ Rmult); [intros; now apply mul_encloses | | exact HY].
  apply (holds_ext _ _ (fun r => c r * c r)); [intros; ring|].
  apply (holds_map _ (fun u => u * u)); [intros; now apply sqr_encloses | exact HC]. }
assert (HG : forall i j, (i < n)%nat -> (j < n)%nat -> encloses (gram i j) (dot d (matrix data i) (matrix data j))).
{ assert (TG : table G n n (fun i j => dot d (matrix data i) (matrix data j))).
  { apply (table_map _ (fun x j => dot d x (matrix data j)) X n d n (matrix data)); [|exact TX].
    intros Y x HY. destruct TX as [LX TX]. split; [now rewrite map_length|]. intros j Hj.
    rewrite (nth_indep _ I.nai ((fun z => dot_i Y z) [])) by (rewrite map_length; lia).
    rewrite (map_nth (fun z => dot_i Y z)). apply dot_holds; auto. }
  intros i j Hi Hj. destruct TG as [_ TG]. destruct (TG i Hi) as [_ K]. apply K; exact Hj. }
assert (Hres : holds (map2 (I.sub prec) (map (fun p => dot_i outer_i (map value p)) P)
    (map (fun row => I.sub prec (nth 0 row I.nai) (real (offset q))) (read targets))) n
    (fun i => SpecNetwork.misfit d m (matrix data) y c phi (matrix weights) i)).
{ apply (holds_map2 _ Rminus); [intros; now apply sub_encloses | |].
  - destruct TP as [LP TP]. split; [now rewrite map_length|]. intros i Hi.
    rewrite (nth_indep _ I.nai ((fun p => dot_i outer_i (map value p)) [])) by (rewrite map_length; lia).
    rewrite (map_nth (fun p => dot_i outer_i (map value p))). apply dot_holds; [exact HC|].
    apply holds_each with (2 := TP i Hi). intros k Y _ HY. now apply value_sound.
  - destruct TT as [LT TT]. split; [now rewrite map_length|]. intros i Hi.
    rewrite (nth_indep _ I.nai ((fun row => I.sub prec (nth 0 row I.nai) (real (offset q))) [])) by (rewrite map_length; lia).
    rewrite (map_nth (fun row => I.sub prec (nth 0 row I.nai) (real (offset q)))).
    apply sub_encloses; [|apply num_encloses]. destruct (TT i Hi) as [_ K]. apply K. lia. }
unfold certified. repeat match goal with |- _ /\ _ => split end; auto using num_nonneg, num_positive.
- intros r Hr. match goal with H : forallb _ outer_i = true |- _ => rewrite forallb_forall in H; rename H into HK end.
  destruct HC as [LC HC]. eapply le_sound; [apply abs_encloses, HC; exact Hr | apply (num_encloses (kappa q)) |].
  apply HK, nth_In. unfold m in *. lia.
- apply min_to_max. match goal with H : psd_ok _ _ (negated (largest q)) _ = true |- _ => refine (psd_sound _ _ _ _ _ _ _ H) end.
  + intros i j Hi Hj. apply neg_encloses. exact (HG i j Hi Hj).
  + intros i j. now rewrite (dot_sym d (matrix data i)).
- apply min_to_max. match goal with H : psd_ok _ _ (negated (quartic q)) _ = true |- _ => refine (psd_sound _ _ _ _ _ _ _ H) end.
  + intros i j Hi Hj. apply neg_encloses. replace (dot d (matrix data i) (matrix data j) ^ 2) with
      (dot d (matrix data i) (matrix data j) * dot d (matrix data i) (matrix data j)) by ring.
    apply sqr_encloses. exact (HG i j Hi Hj).
  + intros i j. now rewrite (dot_sym d (matrix data i)).
- match goal with H : le_i (I.mul prec (I.mul prec (I.sqr prec (real (kappa q))) B2sq_i) _) _ = true |- _ =>
    apply le_sound with (3 := H) end.
  + apply mul_encloses; [apply mul_encloses; [|exact B2_sound] | apply num_encloses].
    replace (num (kappa q) ^ 2) with (num (kappa q) * num (kappa q)) by ring. apply sqr_encloses, num_encloses.
  + replace (num (beta q) ^ 2) with (num (beta q) * num (beta q)) by ring. apply sqr_encloses, num_encloses.
- match goal with H : le_i (I.mul prec (real (eta q)) _) _ = true |- _ => apply le_sound with (3 := H) end;
    [|apply fromZ_encloses].
  apply mul_encloses; [apply num_encloses|]. apply mul_encloses; [apply mul_encloses; [|exact B1_sound] |].
  + replace (num (kappa q) ^ 2) with (num (kappa q) * num (kappa q)) by ring. apply sqr_encloses, num_encloses.
  + apply mul_encloses; [|apply num_encloses]. rewrite INR_IZR_INZ. apply fromZ_encloses.
- match goal with H : le_i (sum_i _) _ = true |- _ => apply le_sound with (3 := H) end.
  + apply sum_holds. apply (holds_map _ (fun u => u * u)) with (2 := Hres). intros; now apply sqr_encloses.
  + replace (num (residual q) ^ 2) with (num (residual q) * num (residual q)) by ring. apply sqr_encloses, num_encloses.
- match goal with H : psd_ok _ _ (lam0 q) _ = true |- _ => refine (psd_sound _ _ _ _ _ _ _ H) end.
  + intros i j Hi Hj. unfold SpecNetwork.kernel. apply mul_encloses; [exact (HG i j Hi Hj)|].
    destruct TSC as [_ TSC]. destruct TS as [_ TS].
    assert (K := dot_holds _ _ _ _ _ (TSC i Hi) (TS j Hj)). cbv beta in K.
    match type of K with encloses _ ?a => match goal with |- encloses _ ?b => replace b with a end end; [exact K|].
    apply rsum_ext; intros r _. ring.
  + intros i j. unfold SpecNetwork.kernel. rewrite (dot_sym d (matrix data i)). f_equal.
    apply rsum_ext; intros r _. ring.
- match goal with H : le_i (I.mul prec (I.mul prec (I.fromZ prec 2) _) _) _ = true |- _ => apply le_sound with (3 := H) end;
    [|apply num_encloses].
  apply mul_encloses; [apply mul_encloses; [apply fromZ_encloses|] |]; apply num_encloses.
Qed.
End Network.
End Precision.
End Weights.
