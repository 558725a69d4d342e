(** * What the proofs of [certify prove] say

    This page is all that has to be read, and believed to say what it should; the rest is checked by Coq.
    A generated file ends in one of

      Theorem ntk_lambda_min : lambda_min_ge n (gram d (matrix data)) sigma.
      Theorem ntk_lambda_min : lambda_min_ge n (gram d (normalized d (matrix data))) sigma.

    and both say that the smallest eigenvalue of the tangent kernel's Gram matrix is at least [sigma].

    How to read Coq: [R] are the real numbers and [Z] the integers, both exact; [nat] counts from 0. [IZR]
    turns an integer into a real number. [acos], [PI] and [sqrt] are the true real functions of Coq's standard
    library. [fun i => ...] is the function that maps i to [...], and a vector is such a function of its index.
    No float, no rounding and no interval occurs on this page. *)

From Coq Require Import ZArith Reals List.
Import ListNotations.
Open Scope R_scope.

(** The sum  f 0 + f 1 + ... + f (n-1). *)
Fixpoint rsum (n : nat) (f : nat -> R) : R :=
  match n with O => 0 | S m => rsum m f + f m end.

(** The inner product <x, y> and the length |x| in R^d. *)
Definition dot (d : nat) (x y : nat -> R) : R := rsum d (fun k => x k * y k).
Definition norm (d : nat) (x : nat -> R) : R := sqrt (dot d x x).

(** The infinite-width tangent kernel of a two-layer ReLU network whose first layer is trained (Du, Zhai,
    Poczos, Singh 2019):  K(x, y) = <x, y> (pi - theta) / (2 pi),  theta the angle between x and y. *)
Definition ntk (d : nat) (x y : nat -> R) : R :=
  dot d x y * (PI - acos (dot d x y / (norm d x * norm d y))) / (2 * PI).

(** Row [X i] is the i-th input.  The Gram matrix has the entries  K(x_i, x_j). *)
Definition gram (d : nat) (X : nat -> nat -> R) : nat -> nat -> R := fun i j => ntk d (X i) (X j).

(** The rows  x_i / |x_i|.  The Gram matrix of these is the matrix H-infinity of the papers. *)
Definition normalized (d : nat) (X : nat -> nat -> R) : nat -> nat -> R := fun i k => X i k / norm d (X i).

(** The quadratic form  v^T A v. *)
Definition qform (n : nat) (A : nat -> nat -> R) (v : nat -> R) : R :=
  rsum n (fun i => rsum n (fun j => v i * v j * A i j)).

(** sigma |v|^2 <= v^T A v  for every v in R^n.  For a symmetric matrix, as the Gram matrix is, this says that
    its smallest eigenvalue is at least sigma. *)
Definition lambda_min_ge (n : nat) (A : nat -> nat -> R) (sigma : R) : Prop :=
  forall v : nat -> R, sigma * rsum n (fun i => v i * v i) <= qform n A v.

(** The number  m 2^e, which is what a float64 with that significand and exponent stores. *)
Definition dyadic (m e : Z) : R := IZR m * powerRZ 2 e.

(** The data, row by row; an entry is written [(m, e)] and is the number  m 2^e  exactly.
    ([nth k l x] is entry k of the list l, and x beyond its end.) *)
Definition matrix (rows : list (list (Z * Z))) : nat -> nat -> R :=
  fun i k => let (m, e) := nth k (nth i rows []) (0%Z, 0%Z) in dyadic m e.
