(** * R^n with its Euclidean norm, and powers of inner-product spaces

    Coquelicot's [prod_NormedModule] carries the norm [sqrt (‖x‖² + ‖y‖²)]. Iterated, it gives
    [Pow U n], the (n+1)-fold Euclidean product of a space, complete if [U] is; so R^(n+1) is
    [Rn n], and the weights of n+1 neurons with d+1 inputs are [Pow (Rn d) n]. Coordinates: [coord],
    [vec]. The inner product is the sum over coordinates ([ipp_rsum]). *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar LeastSquares.
Open Scope R_scope.

(** ** The product of two complete spaces *)

Section ProdComplete.
Context {U V : CompleteSpace}.

Definition prod_lim (F : (U * V -> Prop) -> Prop) : U * V := (lim (filtermap fst F), lim (filtermap snd F)).

Lemma prod_complete F : ProperFilter F -> cauchy (T := prod_UniformSpace U V) F ->
  forall eps : posreal, F (ball (M := prod_UniformSpace U V) (prod_lim F) eps).
Proof.
intros PF HF eps.
assert (A : filtermap fst F (ball (lim (filtermap fst F)) eps)).
{ apply complete_cauchy; [now apply filtermap_proper_filter|].
  intros e. destruct (HF e) as [x Hx]. exists (fst x). unfold filtermap. generalize Hx. apply filter_imp. now intros y [H _]. }
assert (B : filtermap snd F (ball (lim (filtermap snd F)) eps)).
{ apply complete_cauchy; [now apply filtermap_proper_filter|].
  intros e. destruct (HF e) as [x Hx]. exists (snd x). unfold filtermap. generalize Hx. apply filter_imp. now intros y [_ H]. }
unfold filtermap in A, B. generalize (filter_and (F := F) _ _ A B). apply filter_imp. intros y [Ha Hb]. split; auto.
Qed.

Lemma prod_close_lim F1 F2 : filter_le F1 F2 -> filter_le F2 F1 ->
  close (M := prod_UniformSpace U V) (prod_lim F1) (prod_lim F2).
Proof.
intros H1 H2 eps. split; simpl.
- apply close_lim; intros P HP; unfold filtermap in *; auto.
- apply close_lim; intros P HP; unfold filtermap in *; auto.
Qed.

Definition prod_CompleteSpace_mixin := CompleteSpace.Mixin (prod_UniformSpace U V) prod_lim prod_complete prod_close_lim.

End ProdComplete.

Definition prod_CNM (U V : CompleteNormedModule R_AbsRing) : CompleteNormedModule R_AbsRing :=
  CompleteNormedModule.Pack R_AbsRing (U * V)
    (CompleteNormedModule.Class R_AbsRing (U * V) (NormedModule.class R_AbsRing (prod_NormedModule R_AbsRing U V))
       (@prod_CompleteSpace_mixin U V)) (U * V).

(** ** Powers *)

Fixpoint Pow (U : CompleteNormedModule R_AbsRing) (n : nat) : CompleteNormedModule R_AbsRing :=
  match n with O => U | S m => prod_CNM U (Pow U m) end.

Section Power.
Context {U : CompleteNormedModule R_AbsRing} (ip : U -> U -> R) (HU : IsInner U ip).

Fixpoint ipp (n : nat) : Pow U n -> Pow U n -> R :=
  match n return Pow U n -> Pow U n -> R with
  | O => ip
  | S m => fun x y => ip (fst x) (fst y) + ipp m (snd x) (snd y)
  end.

Theorem ipp_inner n : IsInner (Pow U n) (ipp n).
Proof.
induction n as [|n IH]; [exact HU|]. split.
- intros x y; simpl. rewrite (ip_sym _ _ IH). f_equal. apply HU.
- intros [x1 x2] [y1 y2] [z1 z2].
  change (ip (plus x1 y1) z1 + ipp n (plus x2 y2) z2 = (ip x1 z1 + ipp n x2 z2) + (ip y1 z1 + ipp n y2 z2)).
  rewrite (ip_plus _ _ IH), (ip_plus _ _ HU). ring.
- intros t [x1 x2] [y1 y2].
  change (ip (scal t x1) y1 + ipp n (scal t x2) y2 = t * (ip x1 y1 + ipp n x2 y2)).
  rewrite (ip_scal _ _ IH), (ip_scal _ _ HU). ring.
- intros [x1 x2]. change (ip x1 x1 + ipp n x2 x2 = sqrt (norm x1 ^ 2 + norm x2 ^ 2) ^ 2).
  rewrite (ip_norm _ _ IH), (ip_norm _ _ HU), pow2_sqrt; [ring|].
  apply Rplus_le_le_0_compat; apply pow2_ge_0.
Qed.

(** Coordinate [i], for [i <= n]; beyond, the last one (never used). *)
Fixpoint coord (n : nat) : Pow U n -> nat -> U :=
  match n return Pow U n -> nat -> U with
  | O => fun x _ => x
  | S m => fun x i => match i with O => fst x | S j => coord m (snd x) j end
  end.

Fixpoint vec (n : nat) : (nat -> U) -> Pow U n :=
  match n return (nat -> U) -> Pow U n with
  | O => fun f => f O
  | S m => fun f => (f O, vec m (fun i => f (S i)))
  end.

Lemma coord_vec n f i : (i <= n)%nat -> coord n (vec n f) i = f i.
Proof.
revert f i. induction n as [|n IH]; intros f i Hi.
- now replace i with O by lia.
- destruct i as [|i]; [easy|]. simpl. rewrite IH by lia. easy.
Qed.

Lemma ipp_rsum n x y : ipp n x y = rsum (S n) (fun i => ip (coord n x i) (coord n y i)).
Proof.
induction n as [|n IH]; [simpl; ring|]. rewrite rsum_head. cbn [ipp coord]. now rewrite IH.
Qed.

Lemma norm_rsum n (x : Pow U n) : norm x ^ 2 = rsum (S n) (fun i => norm (coord n x i) ^ 2).
Proof.
rewrite <- (ip_norm _ _ (ipp_inner n)), ipp_rsum. apply rsum_ext. intros i _. apply HU.
Qed.

Lemma coord_plus n (x y : Pow U n) i : coord n (plus x y) i = plus (coord n x i) (coord n y i).
Proof.
revert i. induction n as [|n IH]; intros i; [easy|]. destruct i as [|i]; [easy|]. exact (IH (snd x) (snd y) i).
Qed.

Lemma coord_opp n (x : Pow U n) i : coord n (opp x) i = opp (coord n x i).
Proof.
revert i. induction n as [|n IH]; intros i; [easy|]. destruct i as [|i]; [easy|]. exact (IH (snd x) i).
Qed.

Lemma coord_minus n (x y : Pow U n) i : coord n (minus x y) i = minus (coord n x i) (coord n y i).
Proof. unfold minus. now rewrite coord_plus, coord_opp. Qed.

Lemma coord_scal n (t : R) (x : Pow U n) i : coord n (scal t x) i = scal t (coord n x i).
Proof.
revert i. induction n as [|n IH]; intros i; [easy|]. destruct i as [|i]; [easy|]. exact (IH (snd x) i).
Qed.

Lemma coord_ext n (x y : Pow U n) : (forall i, (i <= n)%nat -> coord n x i = coord n y i) -> x = y.
Proof.
induction n as [|n IH]; intros H; [exact (H O (le_n _))|].
destruct x as [x1 x2], y as [y1 y2]. f_equal.
- exact (H O ltac:(lia)).
- apply IH. intros i Hi. exact (H (S i) ltac:(lia)).
Qed.

Lemma coord_norm_le n (x : Pow U n) i : (i <= n)%nat -> norm (coord n x i) <= norm x.
Proof.
intros Hi. apply Rsqr_incr_0_var; [|apply norm_ge_0]. rewrite !Rsqr_pow2.
rewrite norm_rsum. apply (rsum_term (S n) (fun i => norm (coord n x i) ^ 2)); [|lia].
intros j _. apply pow2_ge_0.
Qed.

End Power.

(** ** R^n *)

Definition Rn (n : nat) : CompleteNormedModule R_AbsRing := Pow R_CompleteNormedModule n.

Lemma ipR_inner : IsInner R_NormedModule Rmult.
Proof.
split.
- intros x y. apply Rmult_comm.
- intros x y z. apply Rmult_plus_distr_r.
- intros t x y. apply Rmult_assoc.
- intros x. change (x * x = Rabs x ^ 2). rewrite pow2_abs. ring.
Qed.

Definition ipn (n : nat) : Rn n -> Rn n -> R := @ipp R_CompleteNormedModule Rmult n.

Theorem ipn_inner n : IsInner (Rn n) (ipn n).
Proof. exact (ipp_inner (U := R_CompleteNormedModule) Rmult ipR_inner n). Qed.

Lemma Rn_norm n (x : Rn n) : norm x ^ 2 = rsum (S n) (fun i => coord n x i * coord n x i).
Proof. rewrite <- (ip_norm _ _ (ipn_inner n)). apply ipp_rsum. Qed.

(** Least squares on genuine Euclidean space, R^(p+1) -> R^(m+1). *)
Definition least_squares_gd_Rn (p m : nat) :=
  least_squares_gd (ipn p) (ipn_inner p) (ipn m) (ipn_inner m).
