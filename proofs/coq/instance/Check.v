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
  let e := fst row in
  let z := snd row in
  let z2 := square X z in
  let w := (e + Z.log2 z2 / 2 + 1)%Z in
  let length_i := I.sqrt prec (I.fromZ prec z2) in
  {| short := (Nat.leb (length z) (d q) && Nat.leb (length (integers X u)) (d q) && (0 <? z2)%Z &&
               admissible X u && admissible X l)%bool;
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

Section Rows.
Variables (one half two unit inv_pi scale_i ku_scale kl_scale bound_i shift_i : I.type).
Variables (rows : list (Z * list Z)).
Let D := d q.
Let used := if is_normalized q then normalized D (integer_matrix rows) else integer_matrix rows.
Let direction_of i k := let z := snd (nth i rows (0%Z, [])) in at_ z k / sqrt (IZR (zdot z z)).

Hypothesis H1 : encloses one 1.
Hypothesis Hhalf : encloses half (/ 2).
Hypothesis H2 : encloses two 2.
Hypothesis Hpi : encloses inv_pi (/ PI).
Hypothesis Hscale : encloses scale_i (powerRZ 2 (- ku q)).
Hypothesis Hku : encloses ku_scale (powerRZ 2 (- (2 * ku q))).
Hypothesis Hkl : encloses kl_scale (powerRZ 2 (- (2 * kl q))).

Let item_of i u l := make_item one scale_i (nth i rows (0%Z, [])) u l.

Record item_facts (i : nat) (u l : stored X) : Prop := Facts {
  u_admissible : admissible X u = true;
  l_admissible : admissible X l = true;
  u_short : (length (integers X u) <= D)%nat;
  used_positive : 0 < dot D (used i) (used i);
  used_direction : forall k, used i k / norm D (used i) = direction_of i k;
  norm_in : encloses (scaled_norm (item_of i u l)) (powerRZ 2 (- magnitude (item_of i u l)) * norm D (used i));
  deviation_in : encloses (deviation (item_of i u l))
    (norm D (fun k => direction_of i k - at_ (integers X u) k * powerRZ 2 (- ku q))) }.

Lemma used_is i : used i = if is_normalized q then normalized D (integer_matrix rows) i else integer_matrix rows i.
Proof. unfold used. now destruct (is_normalized q). Qed.

Lemma item_sound i u l : short (item_of i u l) = true -> item_facts i u l.
Proof.
intros S. unfold item_of in S. constructor; unfold item_of.
all: cbn [make_item short magnitude scaled_norm deviation] in S |- *.
all: set (e := fst (nth i rows (0%Z, []))) in *; set (z := snd (nth i rows (0%Z, []))) in *.
all: rewrite (square_sound X HX) in S; try rewrite (square_sound X HX).
all: repeat (apply andb_prop in S as [S ?]); try assumption.
all: match goal with H : (0 <? _)%Z = true |- _ => apply Z.ltb_lt, IZR_lt in H; rename H into P end.
all: apply Nat.leb_le in S; match goal with H : Nat.leb _ _ = true |- _ => apply Nat.leb_le in H end; try assumption.
all: assert (Pm := matrix_positive D rows i S P); assert (Ps := sqrt_lt_R0 _ P); fold z in Ps.
all: assert (Nm := matrix_norm D rows i S P); fold e z in Nm; assert (Pe := pow2_pos e).
all: assert (Pn : 0 < norm D (integer_matrix rows i)) by (now apply sqrt_lt_R0).
all: assert (U1 := unit_norm D (integer_matrix rows i) Pm).
all: change (dot D (normalized D (integer_matrix rows) i) (normalized D (integer_matrix rows) i) = 1) in U1.
all: assert (N1 : norm D (normalized D (integer_matrix rows) i) = 1) by (unfold norm; rewrite U1; apply sqrt_1).
- rewrite used_is. destruct (is_normalized q); [rewrite U1; lra | assumption].
- intros k. rewrite used_is. unfold direction_of. fold z. destruct (is_normalized q).
  + rewrite N1, (normalized_entry D rows i S P). fold z. field. lra.
  + rewrite Nm, matrix_entry. fold e z. field. lra.
- rewrite used_is. destruct (is_normalized q).
  + rewrite N1. simpl. now rewrite Rmult_1_l.
  + rewrite Nm.
    replace (powerRZ 2 (- (e + Z.log2 (zdot z z) / 2 + 1)) * (sqrt (IZR (zdot z z)) * powerRZ 2 e))
      with (sqrt (IZR (zdot z z)) * powerRZ 2 (e - (e + Z.log2 (zdot z z) / 2 + 1)))
      by (unfold Z.sub; rewrite pow2_sum; ring).
    apply mul_encloses; [apply sqrt_encloses, fromZ_encloses | apply pow2_encloses].
- unfold norm at 1. apply sqrt_encloses. unfold direction_of. fold z. apply deviation_square_encloses; auto; try lra.
  apply sqrt_encloses, fromZ_encloses.
Qed.

Lemma direction_unit i u l : item_facts i u l -> dot D (direction_of i) (direction_of i) = 1.
Proof.
intros G. rewrite <- (unit_norm D (used i)) by apply G.
apply dot_ext; intros k _; symmetry; apply (used_direction i u l G).
Qed.

(** The scaled entry of the Gram matrix. *)
Lemma entry_sound i j ui li uj lj (o : bool) t_i h :
  item_facts i ui li -> item_facts j uj lj ->
  let p := item_of i ui li in let r := item_of j uj lj in
  encloses t_i (norm D (fun k => direction_of i k + (if o then 1 else -1) * direction_of j k) / 2) ->
  entry_i one half two inv_pi o (I.mul prec (scaled_norm p) (scaled_norm r)) t_i = Some h ->
  encloses h (powerRZ 2 (- magnitude p) * powerRZ 2 (- magnitude r) * ntk D (used i) (used j)).
Proof.
intros Gi Gj p r Ht Hh.
assert (Hn := mul_encloses prec _ _ _ _ (norm_in i ui li Gi) (norm_in j uj lj Gj)).
destruct (entry_encloses _ _ _ _ _ _ _ _ _ _ H1 Hhalf H2 Hpi Hn Ht Hh) as [T1 T2].
rewrite <- (profile_chord o D (direction_of i) (direction_of j)) in T2; try assumption;
  [| now apply (direction_unit i ui li) | now apply (direction_unit j uj lj)].
rewrite (ntk_profile D (used i) (used j)) by (apply Gi || apply Gj).
rewrite (dot_ext D _ (direction_of i) _ (direction_of j)).
- match goal with |- encloses _ ?a => match type of T2 with encloses _ ?b => replace a with b by (unfold p, r; ring) end end.
  exact T2.
- intros k _. apply (used_direction i ui li Gi).
- intros k _. apply (used_direction j uj lj Gj).
Qed.

Lemma integers_square (s : R) ui uj m : (length (integers X ui) <= m)%nat -> (length (integers X uj) <= m)%nat ->
  s * s = 1 ->
  norm m (fun k => at_ (integers X ui) k * powerRZ 2 (- ku q) + s * (at_ (integers X uj) k * powerRZ 2 (- ku q))) =
  sqrt ((IZR (zdot (integers X ui) (integers X ui)) + IZR (zdot (integers X uj) (integers X uj))
         + 2 * s * IZR (zdot (integers X ui) (integers X uj))) * powerRZ 2 (- (2 * ku q))).
Proof.
intros Hi Hj Hs. unfold norm. f_equal. rewrite (square_comb m s). rewrite !(zdot_rsum m) by assumption.
replace (- (2 * ku q))%Z with (- ku q + - ku q)%Z by ring. rewrite pow2_sum.
rewrite Hs. unfold dot. rewrite <- !rsum_scal, <- !rsum_plus.
rewrite <- rsum_scal_r. apply rsum_ext; intros k _. ring.
Qed.

Lemma pair_sound i j ui li uj lj delta :
  item_facts i ui li -> item_facts j uj lj ->
  let p := item_of i ui li in let r := item_of j uj lj in
  (forall E e, encloses E e -> small bound_i E = true -> Rabs e <= delta) ->
  (forall Y E x y e, encloses Y y -> encloses E e -> Rabs (x - y) <= e ->
     encloses (I.add prec Y (I.mul prec unit E)) x) ->
  pair_ok one half two unit inv_pi ku_scale kl_scale bound_i p r = true ->
  Rabs (powerRZ 2 (- magnitude p) * powerRZ 2 (- magnitude r) * ntk D (used i) (used j) -
        IZR (zdot (integers X li) (integers X lj)) * powerRZ 2 (- (2 * kl q))) <= delta.
Proof.
intros Gi Gj p r Hsmall Haround. unfold pair_ok. cbv zeta.
change (direction p) with ui. change (direction r) with uj. change (factor p) with li. change (factor r) with lj.
change (direction_square p) with (multiply X ui ui). change (direction_square r) with (multiply X uj uj).
set (o := negative X (multiply X ui uj)).
match goal with |- context [entry_i _ _ _ _ _ _ ?t] => set (t_i := t) end.
destruct (entry_i one half two inv_pi o (I.mul prec (scaled_norm p) (scaled_norm r)) t_i) as [h|] eqn:Hh; [|discriminate].
intros S. eapply Hsmall; [|exact S]. apply sub_encloses.
- apply (entry_sound i j ui li uj lj o t_i h Gi Gj); [|exact Hh].
  set (s := if o then 1 else -1). assert (Hs : s * s = 1) by (unfold s; destruct o; ring).
  unfold t_i. replace (norm D _ / 2) with (/ 2 * norm D (fun k => direction_of i k + s * direction_of j k)) by field.
  apply mul_encloses; [assumption|].
  set (ai := fun k => at_ (integers X ui) k * powerRZ 2 (- ku q)).
  set (aj := fun k => at_ (integers X uj) k * powerRZ 2 (- ku q)).
  apply Haround with (y := norm D (fun k => ai k + s * aj k))
    (e := norm D (fun k => direction_of i k - ai k) + norm D (fun k => direction_of j k - aj k)).
  + unfold ai, aj. rewrite integers_square by (apply Gi || apply Gj || assumption).
    apply sqrt_encloses, mul_encloses; [|assumption].
    apply (chord_sound X HX o ui uj); apply Gi || apply Gj.
  + apply add_encloses; apply Gi || apply Gj.
  + eapply Rle_trans; [apply norm_near|].
    replace (norm D (fun k => direction_of j k - aj k)) with (norm D (fun k => s * (direction_of j k - aj k))).
    2:{ unfold norm. f_equal. rewrite dot_scal, Hs. apply Rmult_1_l. }
    eapply Rle_trans; [|apply triangle]. right. apply norm_ext. intros; ring.
- apply mul_encloses; [|assumption]. apply (value_sound X HX); apply Gi || apply Gj.
Qed.

Lemma single_sound i u l delta shift :
  item_facts i u l -> let p := item_of i u l in
  (forall E e, encloses E e -> small bound_i E = true -> Rabs e <= delta) ->
  encloses shift_i shift ->
  single_ok half kl_scale bound_i shift_i p = true ->
  Rabs (powerRZ 2 (- magnitude p) * powerRZ 2 (- magnitude p) * ntk D (used i) (used i) -
        (IZR (zdot (integers X l) (integers X l)) * powerRZ 2 (- (2 * kl q)) +
         (dyadic (sigma_m q) (sigma_e q) * (powerRZ 2 (- magnitude p) * powerRZ 2 (- magnitude p)) + shift))) <= delta.
Proof.
intros G p Hsmall Hshift S. unfold single_ok in S. apply andb_prop in S as [_ S].
eapply Hsmall; [|exact S]. apply sub_encloses.
- rewrite (ntk_profile D (used i) (used i)), (unit_norm D (used i)) by apply G.
  rewrite profile_one.
  replace (powerRZ 2 (- magnitude p) * powerRZ 2 (- magnitude p) * (norm D (used i) * norm D (used i) * / 2))
    with (/ 2 * ((powerRZ 2 (- magnitude p) * norm D (used i)) * (powerRZ 2 (- magnitude p) * norm D (used i)))) by ring.
  apply mul_encloses, sqr_encloses; [assumption | apply (norm_in i u l G)].
- apply add_encloses.
  + apply mul_encloses; [apply (value_sound X HX); apply G | assumption].
  + apply add_encloses; [|assumption].
    replace (dyadic (sigma_m q) (sigma_e q) * (powerRZ 2 (- magnitude p) * powerRZ 2 (- magnitude p)))
      with (dyadic (sigma_m q) (sigma_e q - 2 * magnitude p)).
    * apply dyadic_encloses.
    * unfold dyadic. replace (sigma_e q - 2 * magnitude p)%Z with (sigma_e q + (- magnitude p + - magnitude p))%Z by ring.
      rewrite !pow2_sum. ring.
Qed.
End Rows.

Lemma make_items_nth one scale_i rows us ls i p : nth_error (make_items one scale_i rows us ls) i = Some p ->
  exists u l, p = make_item one scale_i (nth i rows (0%Z, [])) u l /\
    nth i (map (integers X) ls) [] = integers X l.
Proof.
revert us ls i. induction rows as [|row rows IH]; intros [|u us] [|l ls] i Hi; simpl in Hi;
  try (destruct i; discriminate).
destruct i as [|i]; [injection Hi as <-; now exists u, l | now apply (IH us ls i)].
Qed.

Lemma ntk_sym m x y : ntk m x y = ntk m y x.
Proof. unfold ntk. now rewrite (dot_sym m x y), (Rmult_comm (norm m x)). Qed.

Lemma check_sound_integer rows us ls : check rows us ls = true ->
  lambda_min_ge (n q) (gram (d q) (if is_normalized q then normalized (d q) (integer_matrix rows) else integer_matrix rows))
    (dyadic (sigma_m q) (sigma_e q)).
Proof.
unfold check. cbv zeta.
set (one := I.fromZ prec 1). set (two := I.fromZ prec 2). set (half := I.div prec one two).
set (inv_pi := I.div prec one (I.pi prec)). set (delta_i := dyadic_i prec (delta_m q) (delta_e q)).
set (shift_i := I.mul prec (I.fromZ prec (Z.of_nat (n q))) delta_i).
set (scale_i := pow2 prec (- ku q)).
set (items := make_items one scale_i rows us ls).
intros H. apply andb_prop in H as [H HP]. apply andb_prop in H as [H Hlen].
apply andb_prop in H as [Hdelta _]. apply Z.leb_le, IZR_le in Hdelta. apply Nat.eqb_eq in Hlen.
set (delta := dyadic (delta_m q) (delta_e q)).
assert (Hone : encloses one 1) by apply fromZ_encloses.
assert (Htwo : encloses two 2) by apply fromZ_encloses.
assert (Hhalf : encloses half (/ 2)).
{ replace (/ 2) with (1 / 2) by field. apply div_encloses; auto. }
assert (Hpi : encloses inv_pi (/ PI)).
{ replace (/ PI) with (1 / PI) by (field; apply PI_neq0). apply div_encloses; [apply PI_neq0 | assumption | apply I.pi_correct]. }
assert (Hd : encloses delta_i delta) by apply dyadic_encloses.
assert (Hsmall : forall E e, encloses E e -> small (ceiling delta_i) E = true -> Rabs e <= delta).
{ intros E e HE S. eapply below_sound; [apply abs_encloses; exact HE | exact Hd | exact S]. }
assert (Hshift : encloses shift_i (INR (n q) * delta)).
{ apply mul_encloses; [|assumption]. rewrite INR_IZR_INZ. apply fromZ_encloses. }
destruct (longest (map (integers X) ls)) as [m Hm].
set (L := fun i k => at_ (nth i (map (integers X) ls) []) k * powerRZ 2 (- kl q)).
set (used := if is_normalized q then normalized (d q) (integer_matrix rows) else integer_matrix rows).
set (w := fun i => match nth_error items i with Some p => magnitude p | None => 0%Z end).
assert (Hitem : forall i, (i < n q)%nat -> exists u l, item_facts one scale_i rows i u l /\
  nth_error items i = Some (make_item one scale_i (nth i rows (0%Z, [])) u l) /\
  nth i (map (integers X) ls) [] = integers X l).
{ intros i Hi. destruct (nth_error items i) as [p|] eqn:Hp.
  - destruct (make_items_nth _ _ _ _ _ _ _ Hp) as (u & l & -> & Hl). exists u, l. split; [|now split].
    assert (S := all_pairs_single _ _ _ _ _ HP Hp). apply andb_prop in S as [S _].
    apply item_sound; [exact Hone | apply pow2_encloses | exact S].
  - apply nth_error_None in Hp. lia. }
apply (lambda_min_of_factor (n q) m _ L (fun i => powerRZ 2 (- w i)) _ delta).
{ unfold delta, dyadic. apply Rmult_le_pos; [assumption | left; apply pow2_pos]. }
{ intros i _. apply Rgt_not_eq, pow2_pos. }
assert (HLL : forall i j, rsum m (fun k => L i k * L j k) =
  IZR (zdot (nth i (map (integers X) ls) []) (nth j (map (integers X) ls) [])) * powerRZ 2 (- (2 * kl q))).
{ intros i j. rewrite (zdot_rsum m) by apply Hm. rewrite <- rsum_scal_r. apply rsum_ext; intros k _. unfold L.
  replace (- (2 * kl q))%Z with (- kl q + - kl q)%Z by ring. rewrite pow2_sum. ring. }
assert (Hpair : forall i j, (i < j)%nat -> (j < n q)%nat ->
  Rabs (powerRZ 2 (- w i) * powerRZ 2 (- w j) * ntk (d q) (used i) (used j) - rsum m (fun k => L i k * L j k)) <= delta).
{ intros i j Hij Hj. destruct (Hitem i ltac:(lia)) as (ui & li & Gi & Ei & Li).
  destruct (Hitem j Hj) as (uj & lj & Gj & Ej & Lj).
  assert (S := all_pairs_pair _ _ _ _ _ _ _ HP Hij Ei Ej). unfold w. rewrite Ei, Ej, HLL, Li, Lj.
  exact (pair_sound one half two (unit_i prec) inv_pi scale_i _ _ _ rows Hone Hhalf Htwo Hpi (pow2_encloses prec _)
    (pow2_encloses prec _) i j ui li uj lj delta Gi Gj Hsmall (around_encloses prec) S). }
intros i j Hi Hj. destruct (Nat.eqb_spec i j) as [<-|Hne].
- destruct (Hitem i Hi) as (u & l & G & Ei & Li). assert (S := all_pairs_single _ _ _ _ _ HP Ei).
  unfold w. rewrite Ei, HLL, Li.
  exact (single_sound one half scale_i _ _ _ rows Hhalf (pow2_encloses prec _) i u l delta _ G Hsmall Hshift S).
- rewrite Rplus_0_r. destruct (Nat.lt_ge_cases i j) as [Hlt|Hge]; [now apply Hpair|].
  assert (Q := Hpair j i ltac:(lia) Hi).
  rewrite (Rmult_comm (powerRZ 2 (- w i))). unfold gram. fold used. rewrite ntk_sym.
  rewrite (rsum_ext m _ (fun k => L j k * L i k)) by (intros; ring). exact Q.
Qed.

Theorem check_sound rows us ls : check (map align rows) us ls = true ->
  lambda_min_ge (n q) (gram (d q) (if is_normalized q then normalized (d q) (matrix rows) else matrix rows))
    (dyadic (sigma_m q) (sigma_e q)).
Proof. rewrite matrix_align. apply check_sound_integer. Qed.
End Check.
End Check.
