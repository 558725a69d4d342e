(** * Real inner-product spaces, as a property of a normed space

    [IsInner V ip] says that [ip] is an inner product and that [norm] is its norm. A complete
    [V] with such an [ip] is a real Hilbert space; [Euclidean.v] gives R^n.
    Here: Cauchy–Schwarz, the expansion of a square, adjoints, and the calculus of a real function
    along a line that the descent lemma needs. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed.
Open Scope R_scope.

Record IsInner (V : NormedModule R_AbsRing) (ip : V -> V -> R) : Prop := {
  ip_sym : forall x y, ip x y = ip y x;
  ip_plus : forall x y z, ip (plus x y) z = ip x z + ip y z;
  ip_scal : forall (t : R) x y, ip (scal t x) y = t * ip x y;
  ip_norm : forall x, ip x x = norm x ^ 2 }.

Section Inner.
Context {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HI : IsInner V ip).

Lemma ip_plus_r x y z : ip z (plus x y) = ip z x + ip z y.
Proof. rewrite !(ip_sym _ _ HI z). apply HI. Qed.

Lemma ip_scal_r (t : R) x y : ip y (scal t x) = t * ip y x.
Proof. rewrite !(ip_sym _ _ HI y). apply HI. Qed.

Lemma scal_m1 (x : V) : scal (-1 : R) x = opp x.
Proof. exact (scal_opp_one (K := R_Ring) x). Qed.

Lemma ip_opp_l x y : ip (opp x) y = - ip x y.
Proof. rewrite <- scal_m1, (ip_scal _ _ HI). ring. Qed.

Lemma ip_opp_r x y : ip x (opp y) = - ip x y.
Proof. now rewrite (ip_sym _ _ HI), ip_opp_l, (ip_sym _ _ HI). Qed.

Lemma ip_minus_l x y z : ip (minus x y) z = ip x z - ip y z.
Proof. unfold minus. rewrite (ip_plus _ _ HI), ip_opp_l. ring. Qed.

Lemma ip_minus_r x y z : ip x (minus y z) = ip x y - ip x z.
Proof. unfold minus. rewrite ip_plus_r, ip_opp_r. ring. Qed.

Lemma ip_zero_l y : ip zero y = 0.
Proof. replace (zero : V) with (minus y y) by apply plus_opp_r. rewrite ip_minus_l. ring. Qed.

Lemma ip_zero_r y : ip y zero = 0.
Proof. rewrite (ip_sym _ _ HI). apply ip_zero_l. Qed.

Lemma norm_sq_plus x y : norm (plus x y) ^ 2 = norm x ^ 2 + 2 * ip x y + norm y ^ 2.
Proof.
rewrite <- !(ip_norm _ _ HI), (ip_plus _ _ HI), !ip_plus_r, (ip_sym _ _ HI y x). ring.
Qed.

Lemma norm_sq_minus x y : norm (minus x y) ^ 2 = norm x ^ 2 - 2 * ip x y + norm y ^ 2.
Proof. unfold minus. rewrite norm_sq_plus, ip_opp_r, norm_opp. ring. Qed.

Lemma norm_sq_scal (t : R) (x : V) : norm (scal t x) ^ 2 = t ^ 2 * norm x ^ 2.
Proof. rewrite <- !(ip_norm _ _ HI), (ip_scal _ _ HI), ip_scal_r. ring. Qed.

(** Two vectors with the same inner product against everything are equal. *)
Lemma ip_ext (x y : V) : (forall z, ip x z = ip y z) -> x = y.
Proof.
intros H. apply dist_zero. assert (E : ip (minus x y) (minus x y) = 0).
{ rewrite ip_minus_l, H. ring. }
rewrite (ip_norm _ _ HI) in E. nra.
Qed.

Theorem cauchy_schwarz x y : Rabs (ip x y) <= norm x * norm y.
Proof.
assert (N : forall a, 0 <= ip a a) by (intros a; rewrite (ip_norm _ _ HI); apply pow2_ge_0).
assert (Q : ip x y ^ 2 <= norm x ^ 2 * norm y ^ 2).
{ rewrite <- !(ip_norm _ _ HI).
  destruct (Rle_lt_or_eq_dec _ _ (N y)) as [P|E].
  - assert (T := N (plus (scal (ip y y) x) (scal (- ip x y) y))).
    rewrite (ip_plus _ _ HI), !ip_plus_r, !(ip_scal _ _ HI), !ip_scal_r, (ip_sym _ _ HI y x) in T.
    assert (0 <= ip y y * (ip x x * ip y y - ip x y ^ 2)) by nra.
    assert (0 <= ip x x * ip y y - ip x y ^ 2); [|lra].
    apply Rmult_le_reg_l with (ip y y); auto. lra.
  - rewrite <- E, Rmult_0_r.
    assert (Z : norm y = 0). { rewrite (ip_norm _ _ HI) in E. nra. }
    apply norm_eq_zero in Z. rewrite Z, ip_zero_r. lra. }
apply Rabs_le_between. assert (P : 0 <= norm x * norm y) by (apply Rmult_le_pos; apply norm_ge_0).
split; nra.
Qed.

Lemma ip_le x y : ip x y <= norm x * norm y.
Proof. eapply Rle_trans; [apply Rle_abs | apply cauchy_schwarz]. Qed.

Lemma ip_ge x y : - (norm x * norm y) <= ip x y.
Proof. assert (C := cauchy_schwarz x y). apply Rabs_le_between in C. apply C. Qed.

Lemma ip_linear g : is_linear (fun h : V => ip g h).
Proof.
split.
- intros x y. apply ip_plus_r.
- intros k x. exact (ip_scal_r k x g).
- exists (norm g + 1). split; [assert (P := norm_ge_0 g); lra|]. intros x.
  eapply Rle_trans; [exact (cauchy_schwarz g x)|].
  apply Rmult_le_compat_r; [apply norm_ge_0 | lra].
Qed.

(** A norm bound through inner products: [‖r‖ ≤ c] as soon as [⟨r, r⟩ ≤ c‖r‖]. *)
Lemma norm_le_of_ip (r : V) (c : R) : 0 <= c -> ip r r <= c * norm r -> norm r <= c.
Proof. rewrite (ip_norm _ _ HI). assert (P := norm_ge_0 r). intros Hc H. nra. Qed.

End Inner.

(** ** Adjoints *)

Section Adjoint.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).

(** [At] is an adjoint of [A]. Nothing else is asked: linearity of both follows. *)
Definition adjoint (A : V -> W) (At : W -> V) : Prop := forall h z, ipW (A h) z = ipV h (At z).

Lemma adjoint_sym A At : adjoint A At -> forall z h, ipV (At z) h = ipW z (A h).
Proof. intros H z h. rewrite (ip_sym _ _ HV), (ip_sym _ _ HW). symmetry. apply H. Qed.

Lemma adjoint_plus A At : adjoint A At -> forall x y, A (plus x y) = plus (A x) (A y).
Proof.
intros H x y. apply (ip_ext ipW HW). intros z.
now rewrite (ip_plus _ _ HW), !H, (ip_plus _ _ HV).
Qed.

Lemma adjoint_scal A At : adjoint A At -> forall (t : R) x, A (scal t x) = scal t (A x).
Proof.
intros H t x. apply (ip_ext ipW HW). intros z.
now rewrite (ip_scal _ _ HW), !H, (ip_scal _ _ HV).
Qed.

Lemma adjoint_opp A At : adjoint A At -> forall x, A (opp x) = opp (A x).
Proof.
intros H x. apply (ip_ext ipW HW). intros z.
now rewrite (ip_opp_l ipW HW), !H, (ip_opp_l ipV HV).
Qed.

(** An operator-norm bound on [A - B] passes to the adjoints. *)
Lemma adjoint_dist A At B Bt c : 0 <= c -> adjoint A At -> adjoint B Bt ->
  (forall h, norm (minus (A h) (B h)) <= c * norm h) ->
  forall z, norm (minus (At z) (Bt z)) <= c * norm z.
Proof.
intros Hc HA HB HN z. set (r := minus (At z) (Bt z)).
apply (norm_le_of_ip ipV HV); [apply Rmult_le_pos; auto; apply norm_ge_0|].
assert (E : ipV r r = ipW (minus (A r) (B r)) z).
{ rewrite (ip_minus_l ipW HW), HA, HB. unfold r at 2. now rewrite (ip_minus_r ipV HV). }
rewrite E. eapply Rle_trans; [apply (ip_le ipW HW)|].
rewrite (Rmult_assoc c), (Rmult_comm (norm z)), <- Rmult_assoc.
apply Rmult_le_compat_r; [apply norm_ge_0 | apply HN].
Qed.

Lemma adjoint_norm A At c : 0 <= c -> adjoint A At ->
  (forall h, norm (A h) <= c * norm h) -> forall z, norm (At z) <= c * norm z.
Proof.
intros Hc HA HN z. apply (norm_le_of_ip ipV HV); [apply Rmult_le_pos; auto; apply norm_ge_0|].
rewrite <- HA. eapply Rle_trans; [apply (ip_le ipW HW)|].
rewrite (Rmult_assoc c), (Rmult_comm (norm z)), <- Rmult_assoc.
apply Rmult_le_compat_r; [apply norm_ge_0 | apply HN].
Qed.

End Adjoint.

(** ** A differentiable function along the line [w - t g] *)

Section Line.
Context {V : NormedModule R_AbsRing}.

Lemma line_filterdiff (w g : V) (t : R) :
  filterdiff (V := V) (fun s : R => minus w (scal s g)) (locally t) (fun h : R => opp (scal h g)).
Proof.
apply (filterdiff_ext_lin (U := R_NormedModule) (V := V) _ (fun h : R => minus zero (scal h g))).
- apply (filterdiff_minus_fct (U := R_NormedModule) (V := V) (F := locally t) (fun _ : R => w) (fun s : R => scal s g)).
  + apply (filterdiff_const (U := R_NormedModule) (V := V)).
  + apply (filterdiff_linear (U := R_NormedModule) (V := V) (fun s : R => scal s g)). exact (is_linear_scal_l g).
- intros h. unfold minus. apply plus_zero_l.
Qed.

Lemma line_deriv (L : V -> R) (gr : V -> R) (w g : V) (t : R) :
  filterdiff L (locally (minus w (scal t g))) gr ->
  is_derive (fun s : R => L (minus w (scal s g))) t (- gr g).
Proof.
intros H. unfold is_derive. assert (Hl := proj1 H).
apply (filterdiff_ext_lin (U := R_NormedModule) (V := R_NormedModule) _ (fun h : R => gr (opp (scal h g)))).
- apply (filterdiff_comp' (U := R_NormedModule) (V := V) (W := R_NormedModule) (fun s : R => minus w (scal s g)) L t); auto.
  apply line_filterdiff.
- intros h. transitivity (gr (scal (-1 : R) (scal h g))); [apply f_equal; symmetry; exact (scal_m1 (scal h g))|].
  transitivity (scal (-1 : R) (gr (scal h g))); [exact (linear_scal gr Hl (-1) (scal h g))|].
  transitivity (scal (-1 : R) (scal h (gr g))); [f_equal; exact (linear_scal gr Hl h g)|].
  unfold scal; simpl; unfold mult; simpl. ring.
Qed.

End Line.

(** A differentiable real function with non-positive derivative on [0, s] does not increase. *)
Lemma nonincreasing_on (psi dpsi : R -> R) (s : R) : 0 <= s ->
  (forall t, 0 <= t <= s -> is_derive psi t (dpsi t)) -> (forall t, 0 <= t <= s -> dpsi t <= 0) ->
  psi s <= psi 0.
Proof.
intros Hs D N.
destruct (MVT_gen psi 0 s dpsi) as [c [Hc E]].
- rewrite Rmin_left, Rmax_right by lra. intros x Hx. apply D. lra.
- rewrite Rmin_left, Rmax_right by lra. intros x Hx. apply continuity_pt_filterlim.
  apply (ex_derive_continuous psi). eexists. now apply D.
- rewrite Rmin_left, Rmax_right in Hc by lra. assert (Q := N c Hc). nra.
Qed.
