(** * tanh and softplus networks: the check of [Weights.v] with their functions, and what it proves *)

From Coq Require Import ZArith Reals Lra List.
From Interval Require Import Basic Xreal Sig Interval Float_full.
From NTK Require Import Spec.
From NTK Require SpecNetwork.
From NTK.instance Require Import Weights.
From NTK.theory Require Import Activations SmoothNetworks.
Open Scope R_scope.

(** The conclusion: training from these weights, with the numbers of the question. *)
Definition proved (phi dphi : R -> R) (q : question) (data targets outer weights : list (list (Z * Z))) : Prop :=
  SpecNetwork.trains (dim q) (width q) (size q) (matrix data) (target targets (offset q))
    (outer_weight (width q) (alpha q) outer) phi dphi (num (eta q))
    (num (lam0 q) - 2 * num (beta q) * num (residual q))
    (2 * num (residual q) / (sqrt (num (lam0 q)) + sqrt (num (lam0 q) - 2 * num (beta q) * num (residual q))))
    (matrix weights).

(** The certified rate [mu] is positive: the loss falls at a linear rate. *)
Definition rate (q : question) : R := num (lam0 q) - 2 * num (beta q) * num (residual q).

Module Smooth (F : FloatOps with Definition sensible_format := true).
Module Export W := Weights F.

Section Precision.
Variable prec : I.precision.
Let one := I.fromZ prec 1.
Let two := I.fromZ prec 2.

Definition check_rate (q : question) : bool :=
  positive_i (I.sub prec (num_i prec (lam0 q)) (I.mul prec (I.mul prec two (num_i prec (beta q))) (num_i prec (residual q)))).
Theorem rate_sound q : check_rate q = true -> 0 < rate q.
Proof.
intros H. refine (positive_sound _ _ _ H). apply sub_encloses; [apply num_encloses|].
apply mul_encloses; [apply mul_encloses; [apply fromZ_encloses|] |]; apply num_encloses.
Qed.

(** ** tanh:  with  s = 2 / (exp (2 t) + 1):  1 - s  and  s (2 - s) *)

Definition share (t : R) : R := 2 / (exp (t + t) + 1).
Definition tanh_core (T : I.type) : I.type := I.div prec two (I.add prec (I.exp prec (I.add prec T T)) one).
Definition tanh_value (S : I.type) : I.type := I.sub prec one S.
Definition tanh_slope (S : I.type) : I.type := I.mul prec S (I.sub prec two S).

Lemma tanh_core_sound T t : encloses T t -> encloses (tanh_core T) (share t).
Proof.
intros H. assert (P := exp_pos (t + t)). apply div_encloses; [lra | apply fromZ_encloses |].
apply add_encloses; [|apply fromZ_encloses]. apply exp_encloses. now apply add_encloses.
Qed.

Lemma tanh_share t : tanh t = 1 - share t.
Proof.
unfold share, tanh, sinh, cosh. rewrite exp_plus, exp_Ropp. assert (P := exp_pos t). assert (Q : 0 < exp t * exp t) by nra.
field. repeat split; nra.
Qed.

Lemma tanh_value_sound S t : encloses S (share t) -> encloses (tanh_value S) (tanh t).
Proof. intros H. rewrite tanh_share. apply sub_encloses; [apply fromZ_encloses | exact H]. Qed.
Lemma tanh_slope_sound S t : encloses S (share t) -> encloses (tanh_slope S) (dtanh t).
Proof.
intros H. unfold dtanh. rewrite tanh_share. replace (1 - (1 - share t) ^ 2) with (share t * (2 - share t)) by ring.
apply mul_encloses; [exact H|]. apply sub_encloses; [apply fromZ_encloses | exact H].
Qed.

Definition check_tanh :=
  check prec tanh_core tanh_value tanh_slope one (I.div prec (I.fromZ prec 16) (I.fromZ prec 27)).
Theorem tanh_sound q data targets outer weights k g h :
  check_tanh q data targets outer weights k g h = true -> proved tanh dtanh q data targets outer weights.
Proof.
intros H. apply (tanh_network_trains _ _ _ _ _ _ _ _ (num (kappa q)) (num (quartic q)) (num (largest q))).
refine (check_certified prec tanh dtanh share _ _ _ 1 (16 / 27) _ _ tanh_core_sound tanh_value_sound tanh_slope_sound
  _ _ q _ _ _ _ k g h H).
- apply fromZ_encloses.
- apply div_encloses; [lra | apply fromZ_encloses | apply fromZ_encloses].
Qed.

(** ** Softplus:  with  e = exp t:  ln (1 + e)  and  1 - 1 / (1 + e) *)

Definition softplus_value (S : I.type) : I.type := I.ln prec (I.add prec one S).
Definition softplus_slope (S : I.type) : I.type := I.sub prec one (I.div prec one (I.add prec one S)).

Lemma softplus_value_sound S t : encloses S (exp t) -> encloses (softplus_value S) (softplus t).
Proof.
intros H. assert (P := exp_pos t). apply ln_encloses; [lra|]. apply add_encloses; [apply fromZ_encloses | exact H].
Qed.
Lemma softplus_slope_sound S t : encloses S (exp t) -> encloses (softplus_slope S) (logistic t).
Proof.
intros H. assert (P := exp_pos t). replace (logistic t) with (1 - 1 / (1 + exp t)) by (unfold logistic; field; lra).
apply sub_encloses; [apply fromZ_encloses|]. apply div_encloses; [lra | apply fromZ_encloses|].
apply add_encloses; [apply fromZ_encloses | exact H].
Qed.

Definition check_softplus :=
  check prec (I.exp prec) softplus_value softplus_slope one (I.div prec one (I.fromZ prec 16)).
Theorem softplus_sound q data targets outer weights k g h :
  check_softplus q data targets outer weights k g h = true -> proved softplus logistic q data targets outer weights.
Proof.
intros H. apply (softplus_network_trains _ _ _ _ _ _ _ _ (num (kappa q)) (num (quartic q)) (num (largest q))).
refine (check_certified prec softplus logistic exp _ _ _ 1 (/ 16) _ _ (exp_encloses prec) softplus_value_sound
  softplus_slope_sound _ _ q _ _ _ _ k g h H).
- apply fromZ_encloses.
- replace (/ 16) with (1 / 16) by field. apply div_encloses; [lra | apply fromZ_encloses | apply fromZ_encloses].
Qed.
End Precision.
End Smooth.
