(** * Two-layer tanh, softplus and erf networks: numbers in, training out

    [Network.network_trains] with the suprema of [Activations.v]; what remains to be shown about a given
    network is six inequalities between numbers. [B2² = 16/27, 1/16, 8/(π e)]; [B1² = 1, 1, 4/π]. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Spec SpecNetwork.
From NTK.theory Require Import FiniteSum Network Activations.
Open Scope R_scope.

Section Networks.
Variables (d m n : nat) (X : nat -> nat -> R) (y c : nat -> R) (w0 : nat -> nat -> R).
Variables (eta kappa q2 X2 beta lam0 E : R).

(** The hypotheses, for an activation with the squares of the two suprema. *)
Definition certified (phi dphi : R -> R) (B1sq B2sq : R) : Prop :=
  (0 < d)%nat /\ (0 < m)%nat /\ (0 < n)%nat /\
  0 < eta /\ 0 < lam0 /\ 0 <= beta /\ 0 <= E /\ 0 <= q2 /\ 0 <= X2 /\
  (forall r, (r < m)%nat -> Rabs (c r) <= kappa) /\
  SpecNetwork.lambda_max_le n (fun i j => Spec.dot d (X i) (X j)) X2 /\
  SpecNetwork.lambda_max_le n (fun i j => Spec.dot d (X i) (X j) ^ 2) q2 /\
  kappa ^ 2 * B2sq * q2 <= beta ^ 2 /\
  eta * (kappa ^ 2 * B1sq * (INR m * X2)) <= 1 /\
  rsum n (fun i => SpecNetwork.misfit d m X y c phi w0 i * SpecNetwork.misfit d m X y c phi w0 i) <= E ^ 2 /\
  Spec.lambda_min_ge n (SpecNetwork.kernel d m X c dphi w0) lam0 /\
  2 * beta * E <= lam0.

Definition concluded (phi dphi : R -> R) : Prop :=
  SpecNetwork.trains d m n X y c phi dphi eta
    (lam0 - 2 * beta * E) (2 * E / (sqrt lam0 + sqrt (lam0 - 2 * beta * E))) w0.

Lemma certified_trains phi dphi B1 B2 : (forall t, is_derive phi t (dphi t)) ->
  (forall t, Rabs (dphi t) <= B1) -> (forall s t, Rabs (dphi s - dphi t) <= B2 * Rabs (s - t)) ->
  certified phi dphi (B1 ^ 2) (B2 ^ 2) -> concluded phi dphi.
Proof.
intros H0 H1 H2 (Hd & Hm & Hn & He & Hl & Hb & HE & Hq & HX & Hc & HG & HG2 & Hbeta & Hst & Hres & HK & Hh).
now apply (network_trains d m n X y c phi dphi w0 eta kappa B1 B2 q2 X2 beta lam0 E).
Qed.

Theorem tanh_network_trains : certified tanh dtanh 1 (16 / 27) -> concluded tanh dtanh.
Proof.
intros H. assert (P : 0 <= 16 / 27) by lra.
assert (E2 : sqrt (16 / 27) ^ 2 = 16 / 27) by now apply pow2_sqrt.
apply (certified_trains tanh dtanh 1 (sqrt (16 / 27))).
- exact tanh_derive.
- exact tanh_B1.
- apply tanh_B2; [apply sqrt_pos | lra].
- rewrite E2, pow1. exact H.
Qed.

Theorem softplus_network_trains : certified softplus logistic 1 (/ 16) -> concluded softplus logistic.
Proof.
intros H. apply (certified_trains softplus logistic 1 (/ 4)).
- exact softplus_derive.
- exact softplus_B1.
- exact softplus_B2.
- replace ((/ 4) ^ 2) with (/ 16) by field. rewrite pow1. exact H.
Qed.

Theorem erf_network_trains : certified erf gauss (4 / PI) (8 / (PI * exp 1)) -> concluded erf gauss.
Proof.
intros H. assert (P := PI_RGT_0). assert (Q := exp_pos 1). assert (S := sqrt_PI_pos).
assert (P2 : 0 <= 8 / (PI * exp 1)) by (left; apply Rdiv_lt_0_compat; [lra | now apply Rmult_lt_0_compat]).
assert (E2 : sqrt (8 / (PI * exp 1)) ^ 2 = 8 / (PI * exp 1)) by now apply pow2_sqrt.
assert (E1 : (2 / sqrt PI) ^ 2 = 4 / PI).
{ rewrite <- (pow2_sqrt PI) at 2 by lra. field. lra. }
apply (certified_trains erf gauss (2 / sqrt PI) (sqrt (8 / (PI * exp 1)))).
- exact erf_derive.
- exact erf_B1.
- apply erf_B2; [apply sqrt_pos | lra].
- rewrite E1, E2. exact H.
Qed.

End Networks.
