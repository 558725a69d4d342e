(** * What the theorem about a finite network says

    The second page to be read (after [Spec.v], which explains the notation): a two-layer network with n
    inputs x_i in R^d and targets y_i, m neurons, trained by gradient descent on the first layer,

      f(w; x) = c_0 phi(<w_0, x>) + ... + c_{m-1} phi(<w_{m-1}, x>),      loss(w) = 1/2 sum_i (f(w; x_i) - y_i)^2.

    In the papers c_r = alpha a_r / sqrt m with signs a_r. Weights are a function: [w r k] is entry k of
    neuron r. All numbers are exact real numbers: this is the mathematical gradient descent, not a run in
    floating point. *)

From Coq Require Import Reals.
From NTK Require Import Spec.
Open Scope R_scope.

Section Network.
Variables (d m n : nat) (X : nat -> nat -> R) (y : nat -> R).
Variables (c : nat -> R) (phi dphi : R -> R).     (* [dphi] is the derivative of [phi] *)

Definition predict (w : nat -> nat -> R) (x : nat -> R) : R := rsum m (fun r => c r * phi (dot d (w r) x)).

Definition misfit (w : nat -> nat -> R) (i : nat) : R := predict w (X i) - y i.

Definition loss (w : nat -> nat -> R) : R := / 2 * rsum n (fun i => misfit w i * misfit w i).

(** The partial derivative of the loss in [w r k]. *)
Definition gradient (w : nat -> nat -> R) (r k : nat) : R :=
  rsum n (fun i => misfit w i * (c r * dphi (dot d (w r) (X i)) * X i k)).

(** Gradient descent with step size [eta], from [w0]. *)
Fixpoint train (eta : R) (w0 : nat -> nat -> R) (t : nat) : nat -> nat -> R :=
  match t with
  | O => w0
  | S t => fun r k => train eta w0 t r k - eta * gradient (train eta w0 t) r k
  end.

(** The tangent kernel  K(w)_ij = <grad f(w; x_i), grad f(w; x_j)>. *)
Definition kernel (w : nat -> nat -> R) (i j : nat) : R :=
  dot d (X i) (X j) * rsum m (fun r => c r ^ 2 * (dphi (dot d (w r) (X i)) * dphi (dot d (w r) (X j)))).

(** Squared distance of two weight matrices (Frobenius). *)
Definition distance_sq (v w : nat -> nat -> R) : R :=
  rsum m (fun r => rsum d (fun k => (v r k - w r k) ^ 2)).

(** The conclusion: with [mu] and [radius], training stays within [radius] of [w0], the loss falls by the
    factor (1 - eta mu)^2 at every step, and the weights converge to weights that fit the data exactly. *)
Definition trains (eta mu radius : R) (w0 : nat -> nat -> R) : Prop :=
  (forall t, loss (train eta w0 t) <= (1 - eta * mu) ^ (2 * t) * loss w0) /\
  (forall t, distance_sq (train eta w0 t) w0 <= radius ^ 2) /\
  exists w, (forall r k, (r < m)%nat -> (k < d)%nat -> Un_cv (fun t => train eta w0 t r k) (w r k)) /\
            distance_sq w w0 <= radius ^ 2 /\
            (forall i, (i < n)%nat -> predict w (X i) = y i).

(** The same with a radius for each neuron, the form in which ReLU networks are treated. There [phi] is
    [Relu.relu], max(0, t), and [dphi] is [Relu.step s0]: 1 for t > 0, 0 for t < 0, and [s0] at 0. *)
Definition relu_trains (eta mu radius : R) (w0 : nat -> nat -> R) : Prop :=
  (forall t, loss (train eta w0 t) <= (1 - eta * mu) ^ (2 * t) * loss w0) /\
  (forall t r, (r < m)%nat -> rsum d (fun k => (train eta w0 t r k - w0 r k) ^ 2) <= radius ^ 2) /\
  exists w, (forall r k, (r < m)%nat -> (k < d)%nat -> Un_cv (fun t => train eta w0 t r k) (w r k)) /\
            (forall r, (r < m)%nat -> rsum d (fun k => (w r k - w0 r k) ^ 2) <= radius ^ 2) /\
            (forall i, (i < n)%nat -> predict w (X i) = y i).

End Network.

(** An upper bound for the largest eigenvalue of a symmetric matrix. *)
Definition lambda_max_le (n : nat) (A : nat -> nat -> R) (sigma : R) : Prop :=
  forall v : nat -> R, qform n A v <= sigma * rsum n (fun i => v i * v i).
