(** * Exact inner products in 63-bit machine integers

    An integer [h 2^b + l] is kept as the pair (h, l) of machine integers with [|h| <= 2^b], [|l| <= 2^b]. The
    inner product of two rows is kept as three sums, [Σhh'], [Σ(hl' + lh')] and [Σll'], modulo 2^63: rows are
    admitted only if they are short enough for the sums to be determined by that. No carry is ever needed. *)

From Coq Require Import ZArith Lia List Bool Uint63 Sint63.
From NTK.instance Require Import Rows.
Import ListNotations.
Open Scope Z_scope.

Notation int := Uint63.int.
Notation signed := Sint63.to_Z.
Notation word := Uint63.of_Z.

Inductive limbs := End | Limb (h l : int) (rest : limbs).
Record sums := Sums { high : int; middle : int; low : int }.

(** ** Sums of machine integers are sums of integers, modulo 2^63 *)

Lemma word_eq a b : a mod wB = b mod wB -> word a = word b.
Proof. intros H. apply Uint63.to_Z_inj. now rewrite !Uint63.of_Z_spec. Qed.
Lemma word_signed i : word (signed i) = i.
Proof. apply Uint63.to_Z_inj. rewrite Uint63.of_Z_spec. apply Sint63.to_Z_mod_Uint63to_Z. Qed.
Lemma word_add a b : Uint63.add (word a) (word b) = word (a + b).
Proof.
apply Uint63.to_Z_inj. rewrite Uint63.add_spec, !Uint63.of_Z_spec. now rewrite <- Zplus_mod.
Qed.
Lemma word_sub a b : Uint63.sub (word a) (word b) = word (a - b).
Proof.
apply Uint63.to_Z_inj. rewrite Uint63.sub_spec, !Uint63.of_Z_spec. now rewrite <- Zminus_mod.
Qed.
Lemma word_mul a b : Uint63.mul (word a) (word b) = word (a * b).
Proof.
apply Uint63.to_Z_inj. rewrite Uint63.mul_spec, !Uint63.of_Z_spec. now rewrite <- Zmult_mod.
Qed.
Lemma signed_word z : - 2 ^ 62 <= z < 2 ^ 62 -> signed (word z) = z.
Proof.
intros H. symmetry. apply Sint63.is_int. rewrite Sint63.to_Z_min, Sint63.to_Z_max.
change (wB / 2) with (2 ^ 62). lia.
Qed.

(** ** Rows *)

Fixpoint highs (r : limbs) : list Z := match r with End => [] | Limb h _ r' => signed h :: highs r' end.
Fixpoint lows (r : limbs) : list Z := match r with End => [] | Limb _ l r' => signed l :: lows r' end.
Fixpoint value_of (b : Z) (r : limbs) : list Z :=
  match r with End => [] | Limb h l r' => signed h * 2 ^ b + signed l :: value_of b r' end.

Fixpoint products (r s : limbs) (hh m ll : int) : sums :=
  match r, s with
  | Limb h l r', Limb h' l' s' => products r' s' (hh + h * h')%uint63 (m + (h * l' + l * h'))%uint63 (ll + l * l')%uint63
  | _, _ => Sums hh m ll
  end.
Definition multiply (r s : limbs) : sums := products r s 0 0 0.

Definition middles (r s : limbs) : Z := zdot (highs r) (lows s) + zdot (lows r) (highs s).

Lemma products_word r s a b c : products r s (word a) (word b) (word c) =
  Sums (word (a + zdot (highs r) (highs s))) (word (b + middles r s)) (word (c + zdot (lows r) (lows s))).
Proof.
revert s a b c. induction r as [|h l r IH]; intros [|h' l' s] a b c; unfold middles; simpl; rewrite ?Z.add_0_r; auto.
rewrite <- (word_signed h) at 1 2. rewrite <- (word_signed l) at 1 2.
rewrite <- (word_signed h') at 1 2. rewrite <- (word_signed l') at 1 2.
rewrite !word_mul, !word_add, IH. unfold middles. f_equal; f_equal; ring.
Qed.

Lemma multiply_word r s : multiply r s =
  Sums (word (zdot (highs r) (highs s))) (word (middles r s)) (word (zdot (lows r) (lows s))).
Proof. unfold multiply. change 0%uint63 with (word 0). now rewrite products_word. Qed.

Lemma zdot_value b r s : zdot (value_of b r) (value_of b s) =
  zdot (highs r) (highs s) * 2 ^ b * 2 ^ b + middles r s * 2 ^ b + zdot (lows r) (lows s).
Proof.
revert s. induction r as [|h l r IH]; intros [|h' l' s]; simpl; auto. rewrite IH. unfold middles. simpl. ring.
Qed.

(** ** Bounds *)

Fixpoint size (r : limbs) : Z := match r with End => 0 | Limb _ _ r' => 1 + size r' end.
Section Bounds.
Variable b : int.
Let B := Uint63.lsl 1 b.
Fixpoint bounded (r : limbs) : bool :=
  match r with
  | End => true
  | Limb h l r' => (Sint63.leb (- B) h && Sint63.leb h B && Sint63.leb (- B) l && Sint63.leb l B && bounded r')%bool
  end.
End Bounds.

(** A row is admitted if its numbers are small, and so are [8 size 4^b]. *)
Definition admit (b : int) (r : limbs) : bool :=
  (Uint63.leb b 27 && bounded b r && (size r * 2 ^ (2 * Uint63.to_Z b + 3) <? 2 ^ 62))%bool.

Lemma zdot_bound B x y n : 0 <= B -> Forall (fun t => Z.abs t <= B) x -> Forall (fun t => Z.abs t <= B) y ->
  Z.of_nat (length x) <= n -> Z.abs (zdot x y) <= n * (B * B).
Proof.
intros HB Hx. revert y n. induction Hx as [|a x Ha Hx IH]; intros y n Hy Hn; [simpl in *; nia|].
destruct y as [|c y]; [simpl in *; nia|]. inversion Hy as [|? ? Hc Hy']; subst.
simpl zdot. cbn [length] in Hn. specialize (IH y (n - 1) Hy' ltac:(lia)).
assert (Z.abs (a * c) <= B * B) by (rewrite Z.abs_mul; nia). lia.
Qed.

Lemma size_highs r : Z.of_nat (length (highs r)) = size r.
Proof. induction r as [|h l r IH]; cbn [highs length size]; lia. Qed.
Lemma size_lows r : Z.of_nat (length (lows r)) = size r.
Proof. induction r as [|h l r IH]; cbn [lows length size]; lia. Qed.
Lemma size_nonneg r : 0 <= size r.
Proof. rewrite <- size_highs. lia. Qed.

Lemma admit_facts b r : admit b r = true ->
  let B := 2 ^ Uint63.to_Z b in
  0 <= Uint63.to_Z b /\ Forall (fun t => Z.abs t <= B) (highs r) /\ Forall (fun t => Z.abs t <= B) (lows r) /\
  size r * (8 * (B * B)) < 2 ^ 62.
Proof.
intros H B. unfold admit in H. apply andb_prop in H as [H Hs]. apply andb_prop in H as [Hb Hr].
apply Uint63.leb_spec in Hb. change (Uint63.to_Z 27) with 27 in Hb. apply Z.ltb_lt in Hs.
assert (H0 := proj1 (Uint63.to_Z_bounded b)).
assert (EB : 2 ^ (2 * Uint63.to_Z b + 3) = 8 * (B * B)).
{ rewrite Z.pow_add_r by lia. replace (2 * Uint63.to_Z b) with (Uint63.to_Z b + Uint63.to_Z b) by ring.
  rewrite Z.pow_add_r by lia. unfold B. change (2 ^ 3) with 8. ring. }
rewrite EB in Hs.
assert (HB : 0 < B <= 2 ^ 27) by (split; [apply Z.pow_pos_nonneg; lia | apply Z.pow_le_mono_r; lia]).
assert (S1 : Uint63.lsl 1 b = word B).
{ apply Uint63.to_Z_inj. rewrite Uint63.lsl_spec, Uint63.of_Z_spec. f_equal. change (Uint63.to_Z 1) with 1. apply Z.mul_1_l. }
assert (S2 : signed (Uint63.lsl 1 b) = B) by (rewrite S1; apply signed_word; lia).
assert (S3 : signed (- Uint63.lsl 1 b)%sint63 = - B).
{ rewrite S1. replace (- word B)%sint63 with (word (- B)).
  - apply signed_word. lia.
  - apply Uint63.to_Z_inj. rewrite Uint63.opp_spec, !Uint63.of_Z_spec.
    rewrite <- Z.sub_0_l, <- (Z.sub_0_l (B mod wB)). now rewrite Zminus_mod_idemp_r. }
split; [assumption|].
assert (HF : Forall (fun t => Z.abs t <= B) (highs r) /\ Forall (fun t => Z.abs t <= B) (lows r)).
{ clear Hs. induction r as [|h l r IH]; simpl; [split; constructor|]. cbn [bounded] in Hr.
  repeat (apply andb_prop in Hr as [Hr ?]).
  repeat match goal with H : Sint63.leb _ _ = true |- _ => apply Sint63.leb_spec in H end.
  rewrite S2, S3 in *. destruct (IH ltac:(assumption)). split; constructor; auto; lia. }
destruct HF. repeat split; assumption.
Qed.

(** What two admitted rows give. *)
Lemma products_bound b r s : admit b r = true -> admit b s = true ->
  let C := 2 ^ 60 in
  Z.abs (zdot (highs r) (highs s)) < C /\ Z.abs (middles r s) < C /\ Z.abs (zdot (lows r) (lows s)) < C.
Proof.
intros Hr Hs C. destruct (admit_facts b r Hr) as (Hb & Rh & Rl & Rs). destruct (admit_facts b s Hs) as (_ & Sh & Sl & _).
set (B := 2 ^ Uint63.to_Z b) in *. assert (0 <= B) by (apply Z.pow_nonneg; lia).
assert (A1 := zdot_bound B _ _ (size r) ltac:(assumption) Rh Sh ltac:(rewrite size_highs; lia)).
assert (A2 := zdot_bound B _ _ (size r) ltac:(assumption) Rh Sl ltac:(rewrite size_highs; lia)).
assert (A3 := zdot_bound B _ _ (size r) ltac:(assumption) Rl Sh ltac:(rewrite size_lows; lia)).
assert (A4 := zdot_bound B _ _ (size r) ltac:(assumption) Rl Sl ltac:(rewrite size_lows; lia)).
assert (P := size_nonneg r). set (x := size r * (B * B)) in *.
assert (8 * x < 2 ^ 62) by (unfold x; lia). change (2 ^ 62) with (4 * C) in *. unfold middles.
assert (0 <= x) by (unfold x; nia). repeat split; lia.
Qed.

(** ** Packed rows: one machine word [(h + 2^b) 2^b + (l + 2^(b-1))] an entry *)

Section Unpack.
Variables (b mask offset_h offset_l : int).
Fixpoint unpack_with (ws : list int) : limbs :=
  match ws with
  | [] => End
  | w :: ws' => Limb (Uint63.lsr w b - offset_h)%uint63 (Uint63.land w mask - offset_l)%uint63 (unpack_with ws')
  end.
End Unpack.
Definition unpack (b : int) : list int -> limbs :=
  unpack_with b (Uint63.lsl 1 b - 1)%uint63 (Uint63.lsl 1 b) (Uint63.lsl 1 (b - 1)%uint63).
