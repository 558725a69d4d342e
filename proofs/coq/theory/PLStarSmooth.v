(** * Gradient descent under PL*, descent derived

    Liu, Zhu, Belkin 2022, Theorem 6, with its hypothesis of smoothness: in a real Hilbert space, a
    non-negative differentiable [L] whose gradient is [beta]-Lipschitz on the closed ball, PL* on the
    ball, and a step [eta <= 1/beta]. The one subtle point is that nothing is assumed outside the
    ball, so that an iterate must be shown not to jump over its rim: [step_inside]. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed InnerProduct PLStar.
Open Scope R_scope.

Section Smooth.
Context {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HI : IsInner V ip).
Variables (L : V -> R) (G : V -> V) (w0 : V) (beta mu Rad : R).
Notation B w := (norm (minus w w0) <= Rad).
Hypothesis Hb : 0 < beta.
Hypothesis Hgrad : forall w, B w -> filterdiff L (locally w) (fun h => ip (G w) h).
Hypothesis Hlip : forall w w', B w -> B w' -> norm (minus (G w) (G w')) <= beta * norm (minus w w').

(** The descent lemma, along a step that stays inside the ball. *)
Lemma descent (w : V) (s : R) : 0 <= s ->
  (forall t, 0 <= t <= s -> B (minus w (scal t (G w)))) ->
  L (minus w (scal s (G w))) <= L w - s * (1 - beta * s / 2) * norm (G w) ^ 2.
Proof.
intros Hs HB. set (g := G w) in *. set (N := norm g ^ 2).
set (psi := fun t : R => L (minus w (scal t g)) + (t - beta * t ^ 2 / 2) * N).
assert (W0 : minus w (scal (0 : R) g) = w).
{ apply minus_scal_0. }
assert (HBw : B w) by (rewrite <- W0; apply HB; lra).
assert (D : forall t, 0 <= t <= s ->
  is_derive psi t (- ip (G (minus w (scal t g))) g + (1 - beta * t) * N)).
{ intros t Ht. apply (is_derive_plus (fun t : R => L (minus w (scal t g))) (fun t => (t - beta * t ^ 2 / 2) * N)).
  - apply (line_deriv L (fun h => ip (G (minus w (scal t g))) h) w g t). apply Hgrad. now apply HB.
  - auto_derive; auto. match goal with |- ?a = ?b => change (@eq R a b) end. field. }
assert (Dneg : forall t, 0 <= t <= s -> - ip (G (minus w (scal t g))) g + (1 - beta * t) * N <= 0).
{ intros t Ht.
  assert (E : ip (G (minus w (scal t g))) g = N + ip (minus (G (minus w (scal t g))) g) g).
  { rewrite (ip_minus_l ip HI). unfold N. rewrite <- (ip_norm _ _ HI). ring. }
  assert (C := cauchy_schwarz ip HI (minus (G (minus w (scal t g))) g) g).
  assert (Lp := Hlip (minus w (scal t g)) w (HB t Ht) HBw). fold g in Lp.
  assert (S1 : norm (minus (minus w (scal t g)) w) <= t * norm g) by (apply step_dist; lra).
  apply Rabs_le_between in C. assert (P := norm_ge_0 g).
  assert (norm (minus (G (minus w (scal t g))) g) * norm g <= beta * t * N).
  { unfold N. replace (beta * t * norm g ^ 2) with ((beta * (t * norm g)) * norm g) by ring.
    apply Rmult_le_compat_r; auto. eapply Rle_trans; [exact Lp|]. apply Rmult_le_compat_l; lra. }
  rewrite E. lra. }
assert (Hpsi0 : psi 0 = L w) by (unfold psi; rewrite W0; field).
assert (Hfin : psi s <= psi 0) by exact (nonincreasing_on psi _ s Hs D Dneg).
rewrite Hpsi0 in Hfin. unfold psi in Hfin. lra.
Qed.

Hypothesis Lpos : forall w, 0 <= L w.

(** A zero of a non-negative function is a critical point. *)
Lemma zero_grad w : B w -> L w = 0 -> norm (G w) = 0.
Proof.
intros HB H0. set (g := G w).
assert (W0 : minus w (scal (0 : R) g) = w).
{ apply minus_scal_0. }
set (phi := fun t : R => L (minus w (scal t g))).
assert (D : is_derive phi 0 (- ip g g)).
{ apply (line_deriv L (fun h => ip g h) w g 0). rewrite W0. now apply Hgrad. }
apply is_derive_Reals in D.
assert (E := deriv_minimum phi (-1) 1 0 (exist _ _ D) ltac:(lra) ltac:(lra)).
simpl in E. assert (ip g g = 0).
{ assert (- ip g g = 0); [|lra]. apply E. intros x _ _. unfold phi. rewrite W0, H0. apply Lpos. }
rewrite (ip_norm _ _ HI) in H. nra.
Qed.

Hypothesis Hmu : 0 < mu.
Hypothesis HPL : forall w, B w -> 2 * mu * L w <= norm (G w) ^ 2.

(** No jump: the step is shortened until it touches the rim; there the loss would be negative. *)
Lemma step_inside (w : V) (eta : R) : 0 < eta -> eta <= / beta -> B w ->
  norm (minus w w0) <= 2 * sqrt (2 / mu) * (sqrt (L w0) - sqrt (L w)) ->
  2 * sqrt (2 / mu) * sqrt (L w0) <= Rad ->
  forall t, 0 <= t <= eta -> B (minus w (scal t (G w))).
Proof.
intros He Heb HB Hd HR. set (g := G w). set (c := 2 * sqrt (2 / mu)) in *.
assert (Hbe : beta * eta <= 1).
{ apply Rmult_le_compat_l with (r := beta) in Heb; [|lra]. rewrite Rinv_r in Heb; lra. }
assert (Tri : forall t, 0 <= t -> norm (minus (minus w (scal t g)) w0) <= t * norm g + norm (minus w w0)).
{ intros t Ht. eapply Rle_trans; [apply (dist_triangle _ w)|]. apply Rplus_le_compat_r. now apply step_dist. }
destruct (Rle_lt_dec (eta * norm g + norm (minus w w0)) Rad) as [Hok|Hbad].
{ intros t Ht. eapply Rle_trans; [apply Tri; lra|]. assert (P := norm_ge_0 g). nra. }
exfalso.
assert (Pg : 0 < norm g). { assert (P := norm_ge_0 g). destruct P as [P|P]; auto. rewrite <- P in Hbad. lra. }
set (t := (Rad - norm (minus w w0)) / norm g).
assert (Etg : t * norm g = Rad - norm (minus w w0)) by (unfold t; field; lra).
assert (Ht0 : 0 <= t) by (apply Rmult_le_pos; [lra | left; now apply Rinv_0_lt_compat]).
assert (Hte : t < eta) by (apply Rmult_lt_reg_r with (norm g); auto; lra).
assert (HBt : forall u, 0 <= u <= t -> B (minus w (scal u g))).
{ intros u Hu. eapply Rle_trans; [apply Tri; lra|]. nra. }
assert (D := descent w t Ht0 HBt). fold g in D.
assert (Pc : 0 < c) by (unfold c; apply Rmult_lt_0_compat; [lra | apply sqrt_lt_R0, Rdiv_lt_0_compat; lra]).
destruct Ht0 as [Ht0|Ht0].
- (* strict descent, use a slightly larger effective step *)
  set (t' := 2 * t * (1 - beta * t / 2)).
  assert (Hbt : beta * t < 1) by nra.
  assert (Htt : t < t') by (unfold t'; nra).
  assert (D' : L (minus w (scal t g)) <= L w - t' / 2 * norm g ^ 2) by (unfold t'; lra).
  assert (S1 := step_length t' mu (L w) _ (norm g) ltac:(lra) Hmu (Lpos w) (Lpos _) (norm_ge_0 _) D' (HPL w HB)).
  fold c in S1. assert (P := sqrt_pos (L (minus w (scal t g)))).
  assert (t * norm g < t' * norm g) by (apply Rmult_lt_compat_r; auto).
  assert (0 <= c * sqrt (L (minus w (scal t g)))) by (apply Rmult_le_pos; lra). lra.
- rewrite <- Ht0 in Etg.
  assert (Z : sqrt (L w) = 0). { assert (P := sqrt_pos (L w)). nra. }
  apply sqrt_eq_0 in Z; auto. assert (Q := zero_grad w HB Z). fold g in Q. lra.
Qed.
End Smooth.

(** ** Liu–Zhu–Belkin, Theorem 6, in a real Hilbert space *)
Theorem plstar_gd_smooth {V : CompleteNormedModule R_AbsRing} (ip : V -> V -> R) (HI : IsInner V ip)
  (L : V -> R) (G : V -> V) (w0 : V) (eta beta mu Rad : R) :
  0 < eta -> 0 < beta -> eta <= / beta -> 0 < mu ->
  (forall w, 0 <= L w) ->
  (forall w : V, norm (minus w w0) <= Rad -> filterdiff L (locally w) (fun h : V => ip (G w) h)) ->
  (forall w w' : V, norm (minus w w0) <= Rad -> norm (minus w' w0) <= Rad ->
     norm (minus (G w) (G w')) <= beta * norm (minus w w')) ->
  (forall w : V, norm (minus w w0) <= Rad -> 2 * mu * L w <= norm (G w) ^ 2) ->
  2 * sqrt (2 * L w0 / mu) <= Rad ->
  let w := gd G w0 eta in
  (forall k, norm (minus (w k) w0) <= Rad) /\
  (forall k, L (w k) <= (1 - eta * mu) ^ k * L w0) /\
  exists ws : V, filterlim w eventually (locally ws) /\ norm (minus ws w0) <= Rad /\
  (forall k, norm (minus ws (w k)) <= 2 * sqrt (2 / mu) * sqrt ((1 - eta * mu) ^ k * L w0)) /\
  L ws = 0.
Proof.
intros He Hb Heb Hm Lp Hg Hl Hp HR w.
assert (HR' := HR). rewrite (pl_radius mu (L w0) Hm) in HR'.
assert (Hbe : beta * eta <= 1).
{ apply Rmult_le_compat_l with (r := beta) in Heb; [|lra]. rewrite Rinv_r in Heb; lra. }
assert (Hd' : forall k, norm (minus (gd G w0 eta k) w0) <= Rad ->
  norm (minus (gd G w0 eta k) w0) <= 2 * sqrt (2 / mu) * (sqrt (L w0) - sqrt (L (gd G w0 eta k))) ->
  L (gd G w0 eta (S k)) <= L (gd G w0 eta k) - eta / 2 * norm (G (gd G w0 eta k)) ^ 2).
{ intros k Hk Hdk. simpl. unfold gd_step. set (x := gd G w0 eta k) in *.
  assert (In := step_inside (V := V) ip HI L G w0 beta mu Rad Hb Hg Hl Lp Hm Hp x eta He Heb Hk Hdk HR').
  assert (D := descent (V := V) ip HI L G w0 beta Rad Hb Hg Hl x eta (Rlt_le _ _ He) In).
  assert (P := pow2_ge_0 (norm (G x))).
  eapply Rle_trans; [exact D|]. apply Rplus_le_compat_l, Ropp_le_contravar.
  apply Rmult_le_compat_r; auto. nra. }
split; [|split].
- exact (gd_in L G w0 eta mu Rad He Hm Lp Hp HR' Hd').
- exact (gd_rate L G w0 eta mu Rad He Hm Lp Hp HR' Hd').
- destruct (gd_converges L G w0 eta mu Rad He Hm Lp Hp HR' Hd') as [ws [H1 [H2 [H3 H4]]]].
  exists ws. repeat split; auto. apply H4.
  apply (filterlim_filter_le_1 (F := locally ws) (G := within (fun x : V => norm (minus x w0) <= Rad) (locally ws)) L (filter_le_within _)).
  apply (filterdiff_continuous (U := V) (V := R_NormedModule) L ws). eexists. now apply Hg.
Qed.
