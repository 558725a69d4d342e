(** * The width that Du et al. ask for

    A third page to be read, where a file states a required width. [Spec.v] explains the notation.

    Du, Zhai, Poczos, Singh (2019), Theorem 4.1, with the constants of its own proof (written out in
    [proofs/du2019.md]): a two-layer ReLU network of width m, first layer trained by gradient descent on inputs
    of norm 1, fits the n targets at a linear rate, with probability at least 1 - delta over the initialisation, if

      m >= 8 n^2 ln(6 n^2 / delta) / lambda0^2    and    m > 16 n E / (lambda0^2 R^2),

    where lambda0 > 0 is a lower bound of the smallest eigenvalue of H-infinity, E = 3 (|y|^2 + n / 2) / delta and
    R = sqrt(2 pi) delta lambda0 / (48 (n^2 + n^(3/2))). Here these two inequalities are stated; that they
    suffice is the paper's theorem. *)

From Coq Require Import ZArith Reals List.
From NTK Require Import Spec.
Open Scope R_scope.

(** |y|^2, for targets of q columns. *)
Definition total_square (n q : nat) (y : nat -> nat -> R) : R := rsum n (fun i => dot q (y i) (y i)).

Definition du2019_gd_width (n : nat) (y2 delta lambda0 : R) (m : Z) : Prop :=
  let N := INR n in
  let E := 3 * (y2 + N / 2) / delta in
  let R := sqrt (2 * PI) * delta * lambda0 / (48 * (N * N + N * sqrt N)) in
  0 < lambda0 /\ 0 < delta < 1 /\
  8 * (N * N) * ln (6 * (N * N) / delta) / (lambda0 * lambda0) <= IZR m /\
  16 * N * E / (lambda0 * lambda0 * (R * R)) < IZR m.

(** The width of [proofs/relu-width.md] (kernel form, paired initialisation, inputs of norm 1, alpha = 1): with
    probability at least 1 - delta over the initialisation a network of m neurons, m even, fits the targets at a linear
    rate if there are eps, delta1, r, kappa as follows. N = m / 2 neurons are distinct; p bounds the probability
    erf (r / sqrt 2) that a neuron starts within r of a hyperplane; the largest eigenvalues of X X^T and of its
    entrywise modulus are at most n, for their entries are at most 1. *)
Definition relu_width (n : nat) (y2 delta lambda0 : R) (m : Z) : Prop :=
  Z.even m = true /\ 0 < lambda0 /\ delta < 1 /\
  exists eps delta1 r kappa : R,
    let N := IZR m / 2 in
    let p := r * sqrt (2 / PI) in
    let mu := (1 - eps) * lambda0 - 2 * kappa * INR n in
    0 < eps < 1 /\ 0 < delta1 < delta /\ 0 < r /\ p < kappa < 1 /\ 0 < mu /\
    ln (INR n / delta1) <= N * lambda0 / INR n * (eps + (1 - eps) * ln (1 - eps)) /\
    ln (INR n / (delta - delta1)) <= N * (kappa * ln (kappa / p) + (1 - kappa) * ln ((1 - kappa) / (1 - p))) /\
    y2 * INR n <= IZR m * (r * mu) ^ 2.
