(** * T9: one layer of the recursions for deep networks; T1's constant for two trained layers

    A layer [z = W h + b], [h⁺ = phi z]. In a parameter direction of which the layer's own part is
    [u] (weights [u1], bias [u2]) and the rest [v], [Dz = dW h + db + W Dh] and
    [D²z = 2 dW Dh + W D²h]. With [‖h‖ <= a], [‖Dh‖ <= d v], [‖D²h‖ <= c v²], [‖W‖ <= omega]:

    - [layer_first]: [‖Dz‖ <= √(a² + 1 + omega² d²) √(u1² + u2² + v²)];
    - [layer_second]: [‖D²z‖ <= (omega c + √(omega² c² + 4 d²))/2 (u² + v²)];
    - [activation_second]: [‖D²h⁺‖ <= B2 d(z)² + B1 c(z)].

    [both_layers]: the largest eigenvalue behind [beta] when both layers of a two-layer network train. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed.
Open Scope R_scope.

(** [(g + √(g² + 4d²))/2] is the largest eigenvalue of [[0, d], [d, g]]. *)
Definition top (g d : R) : R := (g + sqrt (g ^ 2 + 4 * d ^ 2)) / 2.

Lemma top_facts g d : 0 <= g -> 0 <= top g d /\ g <= top g d /\ top g d * (top g d - g) = d ^ 2.
Proof.
intros Hg. unfold top. set (s := sqrt (g ^ 2 + 4 * d ^ 2)).
assert (Ps : 0 <= s) by apply sqrt_pos. assert (Pd := pow2_ge_0 d). assert (Pg := pow2_ge_0 g).
assert (Es : s ^ 2 = g ^ 2 + 4 * d ^ 2) by (apply pow2_sqrt; lra).
assert (Hgs : g <= s) by (apply Rsqr_incr_0_var; auto; rewrite !Rsqr_pow2, Es; lra).
split; [lra|]. split; [lra|]. nra.
Qed.

Lemma top_form g d u v : 0 <= g -> 2 * (d * u * v) + g * v ^ 2 <= top g d * (u ^ 2 + v ^ 2).
Proof.
intros Hg. destruct (top_facts g d Hg) as (P0 & P1 & E). set (t := top g d) in *.
destruct P0 as [P|Z].
- assert (T := pow2_ge_0 (t * u - d * v)). apply Rmult_le_reg_l with t; auto.
  assert (Ev : d ^ 2 * v ^ 2 = t * (t - g) * v ^ 2) by now rewrite E. nra.
- assert (Zg : g = 0) by lra. assert (Zd : d = 0) by (rewrite <- Z, Zg in E; nra). rewrite <- Z, Zg, Zd. lra.
Qed.

(** Cauchy–Schwarz in three terms. *)
Lemma three_terms a1 a2 a3 u1 u2 u3 :
  a1 * u1 + a2 * u2 + a3 * u3 <= sqrt (a1 ^ 2 + a2 ^ 2 + a3 ^ 2) * sqrt (u1 ^ 2 + u2 ^ 2 + u3 ^ 2).
Proof.
assert (Pa : 0 <= a1 ^ 2 + a2 ^ 2 + a3 ^ 2) by (assert (A := pow2_ge_0 a1); assert (B := pow2_ge_0 a2); assert (C := pow2_ge_0 a3); lra).
rewrite <- sqrt_mult_alt by auto. eapply Rle_trans; [apply Rle_abs|].
rewrite <- (sqrt_pow2 (Rabs (a1 * u1 + a2 * u2 + a3 * u3))) by apply Rabs_pos. apply sqrt_le_1_alt. rewrite pow2_abs.
assert (A := pow2_ge_0 (a1 * u2 - a2 * u1)). assert (B := pow2_ge_0 (a1 * u3 - a3 * u1)). assert (C := pow2_ge_0 (a2 * u3 - a3 * u2)). nra.
Qed.

Section Layer.
Context {Z : NormedModule R_AbsRing}.
Variables (a d c omega u1 u2 v : R).
Hypothesis Hv : 0 <= v.
Hypothesis Homega : 0 <= omega.
Hypothesis Hd : 0 <= d.
Hypothesis Hc : 0 <= c.

(** [A = dW h], [B = db], [C = W Dh]. *)
Theorem layer_first (A B C : Z) : norm A <= a * u1 -> norm B <= u2 -> norm C <= omega * (d * v) ->
  norm (plus (plus A B) C) <= sqrt (a ^ 2 + 1 + omega ^ 2 * d ^ 2) * sqrt (u1 ^ 2 + u2 ^ 2 + v ^ 2).
Proof.
intros HA HB HC. eapply Rle_trans; [exact (norm_plus_le (plus A B) C)|].
eapply Rle_trans; [apply Rplus_le_compat_r; exact (norm_plus_le A B)|].
assert (T := three_terms a 1 (omega * d) u1 u2 v).
replace (a ^ 2 + 1 ^ 2 + (omega * d) ^ 2) with (a ^ 2 + 1 + omega ^ 2 * d ^ 2) in T by ring. lra.
Qed.

(** [A = dW Dh] occurs twice; [C = W D²h]. *)
Theorem layer_second (u : R) (A C : Z) : norm A <= u * (d * v) -> norm C <= omega * (c * v ^ 2) ->
  norm (plus (plus A A) C) <= top (omega * c) d * (u ^ 2 + v ^ 2).
Proof.
intros HA HC. eapply Rle_trans; [exact (norm_plus_le (plus A A) C)|].
eapply Rle_trans; [apply Rplus_le_compat_r; exact (norm_plus_le A A)|].
assert (T := top_form (omega * c) d u v ltac:(now apply Rmult_le_pos)). lra.
Qed.

(** [A = phi''(z) (Dz)²], [C = phi'(z) D²z], entrywise products. *)
Theorem activation_second (B1 B2 dz cz : R) (A C : Z) : norm A <= B2 * dz ^ 2 -> norm C <= B1 * cz ->
  norm (plus A C) <= B2 * dz ^ 2 + B1 * cz.
Proof. intros HA HC. eapply Rle_trans; [exact (norm_plus_le A C)|]. lra. Qed.

End Layer.

(** T1 for both layers: [‖dJ‖² <= (p x + s y)² + s² x² <= top(p, s)² (x² + y²)]. *)
Theorem both_layers p s x y : 0 <= p -> (p * x + s * y) ^ 2 + s ^ 2 * x ^ 2 <= top p s ^ 2 * (x ^ 2 + y ^ 2).
Proof.
intros Hp. destruct (top_facts p s Hp) as (P0 & P1 & E). set (t := top p s) in *.
assert (F := top_form p s y x Hp). fold t in F.
(* the difference is p (t (x² + y²) - 2 s x y - p x²) *)
assert (G : t ^ 2 = p * t + s ^ 2) by lra.
assert (D : 0 <= p * (t * (y ^ 2 + x ^ 2) - (2 * (s * y * x) + p * x ^ 2))) by (apply Rmult_le_pos; lra).
rewrite G. nra.
Qed.
