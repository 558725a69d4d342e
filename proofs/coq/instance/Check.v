(** * The check, and its soundness

    Input, besides the data and the claim: for every row x an integer vector u with [u ≈ 2^ku x / |x|], and row
    i of an integer matrix L. Both may come from anywhere. The check encloses, in interval arithmetic,

    - the distance of [u / 2^ku] from [x / |x|], so that chords of unit vectors are known from exact integer
      inner products of the u, up to the sum of two such distances;
    - by [profile_chord], the kernel's entry, scaled by [2^-(w_i + w_j)], w_i the binary magnitude of |x_i|;
    - its difference from the exact integer product [(L Lᵀ)_ij / 4^kl], on the diagonal plus
      [sigma 4^-w_i + n delta];

    and accepts if all these differences are at most delta. How rows of integers are stored and multiplied is
    left open: [exact] describes it. *)

From Coq Require Import ZArith Reals Lra Lia List Bool.
From Interval Require Import Basic Xreal Sig Interval Float_full.
From NTK Require Import Spec.
From NTK.instance Require Import Sums Angle Rows Enclosure.
Import ListNotations.
Open Scope R_scope.

Module Check (F : FloatOps with Definition sensible_format := true).
Module Export E := Enclosure F.

(** ** Exact inner products of stored rows *)

Record exact := Exact {
  stored : Type;                            (* a row of integers *)
  product : Type;                           (* an inner product *)
  admissible : stored -> bool;              (* are its numbers small enough? *)
  integers : stored -> list Z;              (* the integers it stands for *)
  multiply : stored -> stored -> product;
  negative : product -> bool;               (* its sign; only a hint *)
  value : product -> I.type;                (* encloses it *)
  chord : bool -> product -> product -> product -> I.type;  (* encloses xx + yy -/+ 2xy from xx, yy, xy *)
  square : list Z -> Z }.

Record sound (X : exact) : Prop := Sound {
  value_sound : forall r s, admissible X r = true -> admissible X s = true ->
    encloses (value X (multiply X r s)) (IZR (zdot (integers X r) (integers X s)));
  chord_sound : forall o r s, admissible X r = true -> admissible X s = true ->
    encloses (chord X o (multiply X r r) (multiply X s s) (multiply X r s))
      (IZR (zdot (integers X r) (integers X r)) + IZR (zdot (integers X s) (integers X s))
       + 2 * (if o then 1 else -1) * IZR (zdot (integers X r) (integers X s)));
  square_sound : forall l, square X l = zdot l l }.

(** What the check is asked. *)
Record question := Question {
  is_normalized : bool;
  n : nat; d : nat;
  sigma_m : Z; sigma_e : Z;                 (* sigma = sigma_m 2^sigma_e *)
  delta_m : Z; delta_e : Z;
  ku : Z; kl : Z }.

Section Check.
Variables (X : exact) (prec : I.precision) (q : question).

Record item := Item {
  short : bool;                             (* enough columns, and admissible *)
  magnitude : Z;                            (* w *)
  scaled_norm : I.type;                     (* |x| 2^-w, or 1 *)
  deviation : I.type;                       (* | x/|x| - u/2^ku | *)
  direction : stored X; direction_square : product X;
  factor : stored X }.

Section Row.
Variables (length_i scale_i : I.type).
(** [Σ (z_k / length - u_k scale)²]; no number if the lists differ in length. *)
Fixpoint deviation_square (z u : list Z) : I.type :=
  match z, u with
  | [], [] => I.fromZ prec 0
  | a :: z', b :: u' => I.add prec
      (I.sqr prec (I.sub prec (I.div prec (I.fromZ prec a) length_i) (I.mul prec (I.fromZ prec b) scale_i)))
      (deviation_square z' u')
  | _, _ => I.nai
  end.
End Row.

Definition make_item (one scale_i : I.type) (row : Z * list Z) (u l : stored X) : item :=
  let (e, z) := row in
  let z2 := square X z in
  let w := (e + Z.log2 z2 / 2 + 1)%Z in
  let length_i := I.sqrt prec (I.fromZ prec z2) in
  {| short := (Nat.leb (length z) (d q) && (0 <? z2)%Z && admissible X u && admissible X l)%bool;
     magnitude := if is_normalized q then 0%Z else w;
     scaled_norm := if is_normalized q then one else I.mul prec length_i (pow2 prec (e - w));
     deviation := I.sqrt prec (deviation_square length_i scale_i z (integers X u));
     direction := u; direction_square := multiply X u u; factor := l |}.

Fixpoint make_items (one scale_i : I.type) (rows : list (Z * list Z)) (us ls : list (stored X)) : list item :=
  match rows, us, ls with
  | row :: rows', u :: us', l :: ls' => make_item one scale_i row u l :: make_items one scale_i rows' us' ls'
  | _, _, _ => []
  end.

Section Entries.
Variables (zero one half two unit inv_pi ku_scale kl_scale bound shift : I.type).

Definition entry_i (opposite : bool) (scale t : I.type) : option I.type :=
  let t2 := I.sqr prec t in
  let c2 := I.sub prec one t2 in
  if positive_i c2 then
    let a := I.mul prec (I.atan prec (I.div prec t (I.sqrt prec c2))) inv_pi in
    let g := I.mul prec scale (I.sub prec one (I.mul prec two t2)) in
    Some (if opposite then I.neg (I.mul prec g a) else I.mul prec g (I.sub prec half a))
  else None.

Definition small (difference : I.type) : bool := I.subset (I.abs difference) bound.

Definition pair_ok (p r : item) : bool :=
  let g := multiply X (direction p) (direction r) in
  let opposite := negative X g in
  let c := I.sqrt prec (I.mul prec (chord X opposite (direction_square p) (direction_square r) g) ku_scale) in
  let t := I.mul prec half (I.add prec c (I.mul prec unit (I.add prec (deviation p) (deviation r)))) in
  match entry_i opposite (I.mul prec (scaled_norm p) (scaled_norm r)) t with
  | Some h => small (I.sub prec h (I.mul prec (value X (multiply X (factor p) (factor r))) kl_scale))
  | None => false
  end.

Definition single_ok (p : item) : bool :=
  (short p &&
   small (I.sub prec (I.mul prec half (I.sqr prec (scaled_norm p)))
     (I.add prec (I.mul prec (value X (multiply X (factor p) (factor p))) kl_scale)
        (I.add prec (dyadic_i prec (sigma_m q) (sigma_e q - 2 * magnitude p)) shift))))%bool.
End Entries.

Definition check (rows : list (Z * list Z)) (us ls : list (stored X)) : bool :=
  let one := I.fromZ prec 1 in
  let two := I.fromZ prec 2 in
  let half := I.div prec one two in
  let inv_pi := I.div prec one (I.pi prec) in
  let delta := dyadic_i prec (delta_m q) (delta_e q) in
  let shift := I.mul prec (I.fromZ prec (Z.of_nat (n q))) delta in
  let items := make_items one (pow2 prec (- ku q)) rows us ls in
  ((0 <=? delta_m q)%Z && Nat.eqb (length rows) (n q) && Nat.eqb (length items) (n q) &&
   all_pairs (single_ok half (pow2 prec (- (2 * kl q))) (ceiling delta) shift)
     (pair_ok one half two (unit_i prec) inv_pi (pow2 prec (- (2 * ku q))) (pow2 prec (- (2 * kl q))) (ceiling delta))
     items)%bool.

(** ** Soundness *)

Hypothesis HX : sound X.

Lemma deviation_square_encloses length_i scale_i len c z u m : len <> 0 -> encloses length_i len ->
  encloses scale_i c -> (length z <= m)%nat ->
  encloses (deviation_square length_i scale_i z u)
    (rsum m (fun k => (at_ z k / len - at_ u k * c) * (at_ z k / len - at_ u k * c))).
Proof.
intros Hlen Hl Hc. revert u m. induction z as [|a z IH]; intros [|b u] m Hm; cbn [deviation_square];
  try apply nai_encloses.
- rewrite (rsum_ext m _ (fun _ => 0)); [rewrite rsum_zero; apply fromZ_encloses|].
  intros k _. rewrite at_nil. field. assumption.
- destruct m as [|m]; [simpl in Hm; lia|]. rewrite rsum_shift.
  apply add_encloses; [|apply (IH u m); simpl in Hm; lia].
  apply sqr_encloses, sub_encloses; [apply div_encloses | apply mul_encloses]; auto; apply fromZ_encloses.
Qed.

Lemma entry_encloses one half two inv_pi scale_i o t_i h s t :
  encloses one 1 -> encloses half (/ 2) -> encloses two 2 -> encloses inv_pi (/ PI) ->
  encloses scale_i s -> encloses t_i t -> entry_i one half two inv_pi o scale_i t_i = Some h ->
  t * t < 1 /\ encloses h (s * chord_profile o t).
Proof.
intros H1 H2 H3 H4 Hs Ht. unfold entry_i. cbv zeta.
set (c2 := I.sub prec one (I.sqr prec t_i)).
assert (Hc : encloses c2 (1 - t * t)) by (apply sub_encloses, sqr_encloses; assumption).
destruct (positive_i c2) eqn:S; [|discriminate]. assert (P := positive_sound _ _ Hc S).
intros [= <-]. split; [lra|].
assert (Ha : encloses (I.mul prec (I.atan prec (I.div prec t_i (I.sqrt prec c2))) inv_pi) (arc t * / PI)).
{ apply mul_encloses, H4. apply atan_encloses, div_encloses; [apply Rgt_not_eq; now apply sqrt_lt_R0 | assumption |].
  now apply sqrt_encloses. }
assert (Hg : encloses (I.mul prec scale_i (I.sub prec one (I.mul prec two (I.sqr prec t_i)))) (s * (1 - 2 * (t * t)))).
{ apply mul_encloses, sub_encloses, mul_encloses, sqr_encloses; assumption. }
unfold chord_profile. destruct o.
- replace (s * - ((1 - 2 * (t * t)) * arc t * / PI)) with (- (s * (1 - 2 * (t * t)) * (arc t * / PI))) by ring.
  now apply neg_encloses, mul_encloses.
- rewrite <- Rmult_assoc. apply mul_encloses; [assumption|]. now apply sub_encloses.
Qed.

Definition no_item : stored X -> stored X -> item := fun u l => make_item I.nai I.nai (0%Z, []) u l.

Lemma make_items_nth one scale_i rows us ls i dft : (i < length (make_items one scale_i rows us ls))%nat ->
  exists u l, nth i (make_items one scale_i rows us ls) dft = make_item one scale_i (nth i rows (0%Z, [])) u l /\
    nth_error ls i = Some l.
Proof.
revert us ls i. induction rows as [|row rows IH]; intros [|u us] [|l ls] i Hi; simpl in Hi; try lia.
destruct i as [|i]; [now exists u, l|]. apply (IH us ls i). simpl in Hi. lia.
Qed.
End Check.
End Check.
