(** * The ReLU and its flips

    T4, T4K: a step of gradient descent replaces the derivative of the ReLU by its difference quotient,
    which is in [0, 1] and equals the initial derivative unless the neuron's sign has changed; the
    number of changes is what the theorems count. A neuron that has moved by at most [r] changes its
    sign on [x] only if its margin [|w·x|/‖x‖] was at most [r] ([flip_margin]), and flips over a ball
    of radius [rho] satisfy [sum of squared margins <= rho²] ([flip_count_frobenius]). *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct.
Open Scope R_scope.

Definition relu (t : R) : R := Rmax 0 t.

(** Its derivative, with the value [s0] at the kink: both conventions, 0 and 1, are covered. *)
Definition step (s0 t : R) : R := if Rlt_dec 0 t then 1 else if Rlt_dec t 0 then 0 else s0.

(** The difference quotient; the derivative where it is not defined. *)
Definition quotient (s0 p q : R) : R := if Req_EM_T p q then step s0 p else (relu q - relu p) / (q - p).

Lemma step_range s0 t : 0 <= s0 <= 1 -> 0 <= step s0 t <= 1.
Proof. intros H. unfold step. destruct (Rlt_dec 0 t); [lra|]. destruct (Rlt_dec t 0); lra. Qed.

Lemma relu_pos t : 0 <= t -> relu t = t.
Proof. intros H. unfold relu. now apply Rmax_right. Qed.

Lemma relu_neg t : t <= 0 -> relu t = 0.
Proof. intros H. unfold relu. now apply Rmax_left. Qed.

Lemma quotient_spec s0 p q : relu q - relu p = quotient s0 p q * (q - p).
Proof.
unfold quotient. destruct (Req_EM_T p q) as [->|N]; [ring|]. field. lra.
Qed.

Lemma quotient_range s0 p q : 0 <= s0 <= 1 -> 0 <= quotient s0 p q <= 1.
Proof.
intros H. unfold quotient. destruct (Req_EM_T p q) as [_|N]; [now apply step_range|].
assert (Q : forall a b, a < b -> 0 <= (relu b - relu a) / (b - a) <= 1).
{ intros a b L. assert (P : 0 < / (b - a)) by (apply Rinv_0_lt_compat; lra).
  assert (R1 : 0 <= relu b - relu a <= b - a).
  { unfold relu. destruct (Rle_lt_dec 0 a) as [A|A]; destruct (Rle_lt_dec 0 b) as [B|B];
      rewrite ?(Rmax_right 0 a), ?(Rmax_left 0 a), ?(Rmax_right 0 b), ?(Rmax_left 0 b) by lra; lra. }
  split; [apply Rmult_le_pos; lra|]. apply Rmult_le_reg_r with (b - a); [lra|].
  unfold Rdiv. rewrite Rmult_assoc, Rinv_l; lra. }
destruct (Rlt_or_le p q) as [L|L]; [now apply Q|].
replace ((relu q - relu p) / (q - p)) with ((relu p - relu q) / (p - q)) by (field; lra). apply Q. lra.
Qed.

(** Where the sign is that of [p0 <> 0], nothing has changed. *)
Definition same_sign (p0 p : R) : Prop := 0 < p0 * p.

Lemma step_same s0 p0 p : same_sign p0 p -> step s0 p = step s0 p0.
Proof.
unfold same_sign, step. intros H.
destruct (Rlt_dec 0 p0), (Rlt_dec 0 p); auto; try nra.
destruct (Rlt_dec p0 0), (Rlt_dec p 0); auto; nra.
Qed.

Lemma quotient_same s0 p0 p q : same_sign p0 p -> same_sign p0 q -> quotient s0 p q = step s0 p0.
Proof.
intros Hp Hq. unfold quotient. destruct (Req_EM_T p q) as [_|N]; [now apply step_same|].
unfold same_sign in *. unfold step. destruct (Rlt_dec 0 p0) as [A|A].
- rewrite !relu_pos by nra. field. lra.
- destruct (Rlt_dec p0 0) as [B|B]; [|nra]. rewrite !relu_neg by nra. unfold Rdiv. ring.
Qed.

Lemma same_sign_near p0 p : Rabs (p - p0) < Rabs p0 -> same_sign p0 p.
Proof.
unfold same_sign, Rabs. destruct (Rcase_abs (p - p0)), (Rcase_abs p0); intros; nra.
Qed.

(** ** Margins *)

Section Margin.
Context {U : NormedModule R_AbsRing} (ip : U -> U -> R) (HU : IsInner U ip).

Lemma flip_margin (w w0 x : U) (r : R) : norm (minus w w0) <= r -> r * norm x < Rabs (ip w0 x) ->
  same_sign (ip w0 x) (ip w x).
Proof.
intros Hr Hm. apply same_sign_near. eapply Rle_lt_trans; [|exact Hm].
rewrite <- (ip_minus_l ip HU). eapply Rle_trans; [apply (cauchy_schwarz ip HU)|].
apply Rmult_le_compat_r; [apply norm_ge_0 | exact Hr].
Qed.

(** T4, claim F: over a Frobenius ball, the flipped neurons' squared margins sum to at most [rho²]. *)
Theorem flip_count_frobenius (m : nat) (w w0 : nat -> U) (x : U) (rho : R) (flip : nat -> bool) (z : nat -> R) :
  (forall r, (r < m)%nat -> flip r = true -> ~ same_sign (ip (w0 r) x) (ip (w r) x)) ->
  (forall r, (r < m)%nat -> 0 <= z r /\ z r * norm x <= Rabs (ip (w0 r) x)) ->
  0 < norm x ->
  rsum m (fun r => norm (minus (w r) (w0 r)) ^ 2) <= rho ^ 2 ->
  rsum m (fun r => if flip r then z r ^ 2 else 0) <= rho ^ 2.
Proof.
intros Hf Hz Px H. eapply Rle_trans; [|exact H]. apply rsum_le. intros r Hr.
destruct (flip r) eqn:Fr; [|apply pow2_ge_0]. destruct (Hz r Hr) as [Z1 Z2].
apply pow_incr. split; auto. apply Rmult_le_reg_r with (norm x); auto.
eapply Rle_trans; [exact Z2|].
destruct (Rle_lt_dec (Rabs (ip (w0 r) x)) (norm (minus (w r) (w0 r)) * norm x)) as [L|L]; auto. exfalso.
apply (Hf r Hr Fr). apply (flip_margin (w r) (w0 r) x (norm (minus (w r) (w0 r)))); [lra | exact L].
Qed.

End Margin.

(** ** T4K: the kernel's change from the number of flips *)
Theorem flip_sum (m : nat) (a p q p0 q0 : nat -> R) (fp fq : nat -> R) (k2 : R) :
  (forall r, (r < m)%nat -> 0 <= a r <= k2) ->
  (forall r, (r < m)%nat -> 0 <= p r <= 1) -> (forall r, (r < m)%nat -> 0 <= q r <= 1) ->
  (forall r, (r < m)%nat -> 0 <= p0 r <= 1) -> (forall r, (r < m)%nat -> 0 <= q0 r <= 1) ->
  (* [fp r = 1] marks a possible flip, [0] excludes it *)
  (forall r, (r < m)%nat -> fp r = 1 \/ (fp r = 0 /\ p r = p0 r)) ->
  (forall r, (r < m)%nat -> fq r = 1 \/ (fq r = 0 /\ q r = q0 r)) ->
  Rabs (rsum m (fun r => a r * (p r * q r)) - rsum m (fun r => a r * (p0 r * q0 r))) <= k2 * (rsum m fp + rsum m fq).
Proof.
intros Ha Hp Hq Hp0 Hq0 Fp Fq. rewrite <- rsum_minus, <- rsum_plus, <- rsum_scal.
eapply Rle_trans; [apply rsum_abs|]. apply rsum_le. intros r Hr.
specialize (Ha r Hr). specialize (Hp r Hr). specialize (Hq r Hr). specialize (Hp0 r Hr). specialize (Hq0 r Hr).
replace (a r * (p r * q r) - a r * (p0 r * q0 r)) with (a r * (p r * q r - p0 r * q0 r)) by ring.
rewrite Rabs_mult, (Rabs_pos_eq (a r)) by lra.
assert (B1 : 0 <= p r * q r <= 1) by (split; [apply Rmult_le_pos; lra | nra]).
assert (B0 : 0 <= p0 r * q0 r <= 1) by (split; [apply Rmult_le_pos; lra | nra]).
assert (D : Rabs (p r * q r - p0 r * q0 r) <= 1) by (apply Rabs_le; lra).
assert (Fr : Rabs (p r * q r - p0 r * q0 r) <= fp r + fq r).
{ destruct (Fp r Hr) as [E1|[E1 E2]]; destruct (Fq r Hr) as [E3|[E3 E4]]; rewrite E1, E3; try lra.
  rewrite E2, E4. replace (p0 r * q0 r - p0 r * q0 r) with 0 by ring. rewrite Rabs_R0. lra. }
apply Rle_trans with (a r * (fp r + fq r)); [apply Rmult_le_compat_l; lra|].
apply Rmult_le_compat_r; [|lra]. eapply Rle_trans; [apply Rabs_pos | exact Fr].
Qed.
