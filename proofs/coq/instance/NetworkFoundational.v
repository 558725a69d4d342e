(** * Networks on Coq's own integers: no machine arithmetic, hence none in the theorem's assumptions *)

From Coq Require Import ZArith Reals List.
From Interval Require Import Specific_stdz Specific_ops.
From NTK.instance Require Import Weights Smooth.
From NTK.theory Require Import Activations.
Open Scope R_scope.

Module Floats := SpecificFloat StdZRadix2.
Module Checker := Smooth Floats.
Export Checker.

(** [bits]: the precision of the intervals. *)
Definition accept_tanh (bits : positive) := check_tanh (Floats.PtoP bits).
Definition accept_softplus (bits : positive) := check_softplus (Floats.PtoP bits).
Definition accept_rate (bits : positive) := check_rate (Floats.PtoP bits).

Theorem tanh_trains bits q data targets outer weights k g h :
  accept_tanh bits q data targets outer weights k g h = true -> proved tanh dtanh q data targets outer weights.
Proof. apply tanh_sound. Qed.
Theorem softplus_trains bits q data targets outer weights k g h :
  accept_softplus bits q data targets outer weights k g h = true -> proved softplus logistic q data targets outer weights.
Proof. apply softplus_sound. Qed.
Theorem rate_positive bits q : accept_rate bits q = true -> 0 < rate q.
Proof. apply rate_sound. Qed.
