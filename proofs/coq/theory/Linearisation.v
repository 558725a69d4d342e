(** * The error of the linearisation, from a Lipschitz Jacobian

    If [F] is differentiable on a closed ball with derivative [J], and [J] is [beta]-Lipschitz there
    in operator norm (H1), then [‖F(w - g) - (F w - J(w) g)‖ <= beta/2 ‖g‖²] whenever [w] and
    [w - g] lie in the ball. This is the form in which T1⁺, T1 and T12 use H1: it replaces the
    average Jacobian, an integral of operators, by an inequality between vectors. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed InnerProduct.
Open Scope R_scope.

(** Closed balls are convex. *)
Lemma ball_segment {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HV : IsInner V ip)
  (w0 w g : V) (Rad t : R) : 0 <= t <= 1 ->
  norm (minus w w0) <= Rad -> norm (minus (minus w g) w0) <= Rad ->
  norm (minus (minus w (scal t g)) w0) <= Rad.
Proof.
intros Ht H0 H1.
assert (E : minus (minus w (scal t g)) w0 =
  plus (scal (1 - t : R) (minus w w0)) (scal t (minus (minus w g) w0))).
{ apply (ip_ext ip HV). intros z.
  rewrite (ip_plus _ _ HV), !(ip_scal _ _ HV), !(ip_minus_l ip HV), (ip_scal _ _ HV). ring. }
rewrite E. eapply Rle_trans; [exact (norm_plus_le (scal (1 - t : R) (minus w w0)) (scal t (minus (minus w g) w0)))|].
assert (A := norm_scal_pos (1 - t) (minus w w0) ltac:(lra)).
assert (B := norm_scal_pos t (minus (minus w g) w0) ltac:(lra)).
eapply Rle_trans; [apply Rplus_le_compat; [exact A | exact B]|]. nra.
Qed.

Section Linearisation.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).
Variables (F : V -> W) (J : V -> V -> W) (w0 : V) (beta Rad : R).
Notation B w := (norm (minus w w0) <= Rad).

Hypothesis Hdiff : forall w, B w -> filterdiff F (locally w) (J w).
Hypothesis Hlip : forall w w' h, B w -> B w' ->
  norm (minus (J w h) (J w' h)) <= beta * norm (minus w w') * norm h.

Theorem linearisation_error (w g : V) : B w -> B (minus w g) ->
  norm (minus (F (minus w g)) (minus (F w) (J w g))) <= beta / 2 * norm g ^ 2.
Proof.
intros Hw Hg. set (r := minus (F (minus w g)) (minus (F w) (J w g))).
destruct (Rle_lt_dec 0 beta) as [Hb|Hb].
2: { (* beta < 0 leaves only g = 0 *)
  assert (T := Hlip w (minus w g) g Hw Hg).
  assert (P := norm_ge_0 (minus (J w g) (J (minus w g) g))).
  assert (E : norm (minus w (minus w g)) = norm g).
  { rewrite (dist_sym w), (minus_minus_l w g). apply norm_opp. }
  rewrite E in T. assert (P2 := norm_ge_0 g).
  assert (Z : norm g = 0).
  { destruct P2 as [P2|P2]; auto. assert (0 < norm g * norm g) by now apply Rmult_lt_0_compat. nra. } apply norm_eq_zero in Z.
  assert (Er : r = zero).
  { unfold r. rewrite Z, !minus_zero_r.
    assert (EJ : J w zero = zero) by (apply linear_zero; apply (proj1 (Hdiff w Hw))).
    rewrite EJ, minus_zero_r. unfold minus. apply plus_opp_r. }
  rewrite Er, Z, !norm_zero. lra. }
set (N := norm g). assert (PN : 0 <= N) by apply norm_ge_0.
assert (HB : forall t, 0 <= t <= 1 -> B (minus w (scal t g))).
{ intros t Ht. now apply (ball_segment ipV HV). }
assert (Hc : 0 <= beta / 2 * N ^ 2) by nra.
apply (norm_le_of_ip ipW HW); auto.
(* compare, along the segment, with a real function *)
set (M := norm r). assert (PM : 0 <= M) by apply norm_ge_0.
set (psi := fun t : R => ipW r (F (minus w (scal t g))) + (t * ipW r (J w g) - beta / 2 * t ^ 2 * N ^ 2 * M)).
set (dpsi := fun t : R => - ipW r (J (minus w (scal t g)) g) + (ipW r (J w g) - beta * t * N ^ 2 * M)).
assert (D : forall t, 0 <= t <= 1 -> is_derive psi t (dpsi t)).
{ intros t Ht. unfold psi, dpsi.
  apply (is_derive_plus (fun t => ipW r (F (minus w (scal t g))))
    (fun t => t * ipW r (J w g) - beta / 2 * t ^ 2 * N ^ 2 * M)).
  - apply (line_deriv (fun x => ipW r (F x)) (fun h => ipW r (J (minus w (scal t g)) h)) w g t).
    apply (filterdiff_comp (U := V) (V := W) (W := R_NormedModule) (F := locally (minus w (scal t g))) F
      (fun z => ipW r z) (J (minus w (scal t g))) (fun z => ipW r z)).
    + apply Hdiff. now apply HB.
    + apply (filterdiff_linear (U := W) (V := R_NormedModule) (fun z => ipW r z)). exact (ip_linear ipW HW r).
  - auto_derive; auto. match goal with |- ?a = ?b => change (@eq R a b) end. field. }
assert (Dneg : forall t, 0 <= t <= 1 -> dpsi t <= 0).
{ intros t Ht. unfold dpsi.
  assert (E : - ipW r (J (minus w (scal t g)) g) + ipW r (J w g) = ipW r (minus (J w g) (J (minus w (scal t g)) g))).
  { rewrite (ip_minus_r ipW HW). ring. }
  replace (- ipW r (J (minus w (scal t g)) g) + (ipW r (J w g) - beta * t * N ^ 2 * M)) with
    ((- ipW r (J (minus w (scal t g)) g) + ipW r (J w g)) - beta * t * N ^ 2 * M) by ring.
  rewrite E. assert (C := ip_le ipW HW r (minus (J w g) (J (minus w (scal t g)) g))). fold M in C.
  assert (Lp := Hlip w (minus w (scal t g)) g Hw (HB t Ht)). fold N in Lp.
  assert (S1 : norm (minus w (minus w (scal t g))) <= t * N).
  { rewrite (dist_sym w). apply step_dist. lra. }
  assert (S2 : beta * norm (minus w (minus w (scal t g))) * N <= beta * (t * N) * N).
  { apply Rmult_le_compat_r; auto. now apply Rmult_le_compat_l. }
  assert (M * norm (minus (J w g) (J (minus w (scal t g)) g)) <= M * (beta * (t * N) * N)).
  { apply Rmult_le_compat_l; lra. }
  nra. }
assert (T := nonincreasing_on psi dpsi 1 ltac:(lra) D Dneg). unfold psi in T.
rewrite (minus_scal_0 w g) in T.
replace (scal (1 : R) g) with g in T by (symmetry; exact (scal_one (K := R_Ring) g)).
fold M. fold N.
assert (E : ipW r r = ipW r (F (minus w g)) - ipW r (F w) + ipW r (J w g)).
{ unfold r at 2. rewrite !(ip_minus_r ipW HW). ring. }
rewrite E. nra.
Qed.

End Linearisation.
