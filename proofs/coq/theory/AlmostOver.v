(** * T1ε: almost over-parameterised networks (PL*_ε)

    Liu, Zhu, Belkin 2022, the almost over-parameterised case ([ebar = sqrt (2 eps)]). [lambda_min] may
    be zero; asked is only [‖J(w)ᵀ e(w)‖ >= (sigma0 - beta ‖w - w0‖) ‖e(w)‖] at points of the ball whose
    residual is still at least [ebar]. Then, as long as the residual has not fallen below [ebar], the path
    is at most [R_eps] long and the squared residual contracts by [1 - c eta mu_eps]; so it does fall below
    within the stated number of steps. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation Residual Descent MainTheorem.
Open Scope R_scope.

Section AlmostOver.
Context {V W : NormedModule R_AbsRing}.
Context (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW).
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V).
Variables (beta Lam sigma0 eta S ebar Rad : R).

Notation e := (residual F y).
Notation G := (grad F y Jt).
Notation w := (gd G w0 eta).
Notation rho := (path G w0 eta).
Notation E := (norm (e w0)).
Notation c := (2 - eta * S).
Notation E' := (2 * (E - ebar) / c).
Notation Re := (kant_radius sigma0 beta E').
Notation sigma k := (sigma0 - beta * rho k).
Notation mu := ((sigma0 - beta * Re) ^ 2).

Hypothesis Heta : 0 < eta.
Hypothesis Hbeta : 0 <= beta.
Hypothesis HLam : 0 <= Lam.
Hypothesis Hsigma0 : 0 < sigma0.
Hypothesis Hebar : 0 < ebar <= E.
Hypothesis HSE : Lam ^ 2 + beta * E <= S.
Hypothesis Hc : 0 < c.
Hypothesis Hh : 4 * beta * (E - ebar) / c < sigma0 ^ 2.
Hypothesis HRad : Re + eta * Lam * E <= Rad.
Hypothesis HS : Smooth ipV ipW F J Jt w0 beta beta Lam Rad.
Hypothesis HPL : forall x, norm (minus x w0) <= Rad -> ebar <= norm (e x) ->
  (sigma0 - beta * norm (minus x w0)) * norm (e x) <= norm (G x).

(** Not yet below [ebar] at any step up to [k]. *)
Definition above (k : nat) : Prop := forall j, (j <= k)%nat -> ebar <= norm (e (w j)).

Let E'_pos : 0 <= E'.
Proof. apply Rmult_le_pos; [lra | left; now apply Rinv_0_lt_compat]. Qed.

Let Hh' : 2 * beta * E' < sigma0 ^ 2.
Proof. replace (2 * beta * E') with (4 * beta * (E - ebar) / c) by (field; lra). exact Hh. Qed.

Let rim : 0 < sigma0 - beta * Re.
Proof. rewrite radius_sigma by (auto; lra). unfold kant_root. apply sqrt_lt_R0. lra. Qed.

Let move_pos : 0 <= eta * Lam * E.
Proof. apply Rmult_le_pos; [apply Rmult_le_pos; lra | apply norm_ge_0]. Qed.

(** What is known at step [k]: inside, and the residual paid for the path. *)
Lemma eps_invariant k : above k ->
  rho k <= Re /\ norm (e (w k)) <= E - c / 2 * (sigma0 * rho k - beta / 2 * rho k ^ 2).
Proof.
assert (R0 : 0 <= Re) by (apply radius_pos; auto; lra).
induction k as [|k IH]; intros Hab.
- unfold path. simpl. split; [auto | lra].
- destruct IH as [H1 H2]; [intros j Hj; apply Hab; lia|].
  assert (Ps : 0 < sigma k) by (assert (beta * rho k <= beta * Re) by (now apply Rmult_le_compat_l); lra).
  assert (Pr : 0 <= rho k) by (apply (path_pos (V := V)); lra).
  assert (Ek : norm (e (w k)) <= E).
  { assert (0 <= c / 2 * (sigma0 * rho k - beta / 2 * rho k ^ 2)); [|lra].
    apply Rmult_le_pos; [lra|]. replace (sigma0 * rho k - beta / 2 * rho k ^ 2) with (rho k * (sigma k + beta / 2 * rho k)) by field.
    apply Rmult_le_pos; auto. assert (0 <= beta / 2 * rho k) by (apply Rmult_le_pos; lra). lra. }
  assert (Db : norm (minus (w k) w0) <= rho k) by (apply (path_dist_centre (V := V)); lra).
  assert (Bk : norm (minus (w k) w0) <= Rad) by lra.
  assert (Gk : eta * norm (G (w k)) <= eta * Lam * E).
  { rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra|].
    eapply Rle_trans; [exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS (w k) (e (w k)) Bk)|]. now apply Rmult_le_compat_l. }
  assert (Bk' : norm (minus (w (Datatypes.S k)) w0) <= Rad).
  { apply Rle_trans with (rho (Datatypes.S k)); [apply (path_dist_centre (V := V)); lra|]. rewrite path_S. lra. }
  assert (PL : sigma k * norm (e (w k)) <= norm (G (w k))).
  { eapply Rle_trans; [|apply HPL; auto]. apply Rmult_le_compat_r; [apply norm_ge_0|].
    assert (beta * norm (minus (w k) w0) <= beta * rho k) by (now apply Rmult_le_compat_l). lra. }
  assert (D : norm (e (w (Datatypes.S k))) <= norm (e (w k)) - c / 2 * (eta * norm (G (w k))) * sigma k).
  { apply (residual_decrease (V := V) ipV ipW HV HW F y J Jt w0 beta beta Lam Rad HS Hbeta HLam (w k) eta S (sigma k)); auto; try lra.
    assert (beta * norm (e (w k)) <= beta * E) by now apply Rmult_le_compat_l. lra. }
  rewrite path_S. set (Dk := eta * norm (G (w k))) in *.
  assert (PD : 0 <= Dk) by (apply Rmult_le_pos; [lra | apply norm_ge_0]).
  assert (Inv : norm (e (w (Datatypes.S k))) <= E - c / 2 * (sigma0 * (rho k + Dk) - beta / 2 * (rho k + Dk) ^ 2)).
  { eapply Rle_trans; [exact D|].
    assert (0 <= c / 2 * (beta / 2 * Dk ^ 2)) by (apply Rmult_le_pos; [lra|]; apply Rmult_le_pos; [lra | apply pow2_ge_0]). nra. }
  split; auto.
  destruct (Rle_lt_dec (rho k + Dk) Re) as [Ok|Bad]; auto. exfalso.
  (* an overshoot has already paid for the whole radius *)
  assert (Hr := radius_root sigma0 beta E' Hsigma0 ltac:(lra)). unfold kant_q in Hr.
  assert (T1 : (Re - rho k) * sigma k < Dk * sigma k) by (apply Rmult_lt_compat_r; lra).
  assert (T2 : norm (e (w (Datatypes.S k))) < E - c / 2 * (sigma0 * Re - beta / 2 * Re ^ 2)).
  { eapply Rle_lt_trans; [exact D|].
    assert (c / 2 * ((Re - rho k) * sigma k) < c / 2 * (Dk * sigma k)) by (apply Rmult_lt_compat_l; lra).
    assert (0 <= c / 2 * (beta / 2 * (Re - rho k) ^ 2)) by (apply Rmult_le_pos; [lra|]; apply Rmult_le_pos; [lra | apply pow2_ge_0]). nra. }
  assert (T3 : c / 2 * (sigma0 * Re - beta / 2 * Re ^ 2) = E - ebar).
  { replace (sigma0 * Re - beta / 2 * Re ^ 2) with E' by lra. field. lra. }
  assert (T4 := Hab (Datatypes.S k) (le_n _)). lra.
Qed.

Lemma eps_mu_pos : 0 < mu.
Proof. apply pow_lt, rim. Qed.

Lemma eps_contract k : above k -> norm (e (w (Datatypes.S k))) ^ 2 <= (1 - c * eta * mu) * norm (e (w k)) ^ 2.
Proof.
intros Hab. destruct (eps_invariant k Hab) as [H1 H2].
assert (Ps : sigma0 - beta * Re <= sigma k) by (assert (beta * rho k <= beta * Re) by (now apply Rmult_le_compat_l); lra).
assert (Pr : 0 <= rho k) by (apply (path_pos (V := V)); lra).
assert (R0 := rim).
assert (Ek : norm (e (w k)) <= E).
{ assert (0 <= c / 2 * (sigma0 * rho k - beta / 2 * rho k ^ 2)); [|lra].
  apply Rmult_le_pos; [lra|]. replace (sigma0 * rho k - beta / 2 * rho k ^ 2) with (rho k * (sigma k + beta / 2 * rho k)) by field.
  apply Rmult_le_pos; auto. assert (0 <= beta / 2 * rho k) by (apply Rmult_le_pos; lra). lra. }
assert (Db : norm (minus (w k) w0) <= rho k) by (apply (path_dist_centre (V := V)); lra).
assert (Bk : norm (minus (w k) w0) <= Rad) by lra.
assert (Gk : eta * norm (G (w k)) <= eta * Lam * E).
{ rewrite Rmult_assoc. apply Rmult_le_compat_l; [lra|].
  eapply Rle_trans; [exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS (w k) (e (w k)) Bk)|]. now apply Rmult_le_compat_l. }
assert (Bk' : norm (minus (w (Datatypes.S k)) w0) <= Rad).
{ apply Rle_trans with (rho (Datatypes.S k)); [apply (path_dist_centre (V := V)); lra|]. rewrite path_S. lra. }
assert (D : norm (e (w (Datatypes.S k))) ^ 2 <= norm (e (w k)) ^ 2 - eta * c * norm (G (w k)) ^ 2).
{ apply (residual_descent (V := V) ipV ipW HV HW F y J Jt w0 beta beta Lam Rad HS Hbeta HLam (w k) eta S); auto; try lra.
  assert (beta * norm (e (w k)) <= beta * E) by now apply Rmult_le_compat_l. lra. }
assert (PL : ((sigma0 - beta * Re) * norm (e (w k))) ^ 2 <= norm (G (w k)) ^ 2).
{ apply pow_incr. split; [apply Rmult_le_pos; [lra | apply norm_ge_0]|].
  eapply Rle_trans; [|apply HPL; auto]. apply Rmult_le_compat_r; [apply norm_ge_0|].
  assert (beta * norm (minus (w k) w0) <= beta * rho k) by (now apply Rmult_le_compat_l). lra. }
rewrite Rpow_mult_distr in PL.
assert (eta * c * (mu * norm (e (w k)) ^ 2) <= eta * c * norm (G (w k)) ^ 2) by (apply Rmult_le_compat_l; auto; apply Rmult_le_pos; lra).
lra.
Qed.

Theorem eps_rate k : (forall j, (j < k)%nat -> ebar <= norm (e (w j))) ->
  norm (e (w k)) ^ 2 <= (1 - c * eta * mu) ^ k * E ^ 2.
Proof.
induction k as [|k IH]; intros Hab; [simpl; lra|].
assert (A := eps_contract k ltac:(intros j Hj; apply Hab; lia)).
specialize (IH ltac:(intros j Hj; apply Hab; lia)).
assert (Pe : 0 < norm (e (w k)) ^ 2) by (apply pow_lt; assert (T := Hab k ltac:(lia)); lra).
assert (Q : 0 <= 1 - c * eta * mu).
{ apply Rmult_le_reg_r with (norm (e (w k)) ^ 2); auto. rewrite Rmult_0_l. eapply Rle_trans; [apply pow2_ge_0 | exact A]. }
cbn [pow]. rewrite (Rmult_assoc (1 - c * eta * mu)). eapply Rle_trans; [exact A|]. now apply Rmult_le_compat_l.
Qed.

(** So the residual falls below [ebar] no later than the contraction says. *)
Theorem eps_reached k : (1 - c * eta * mu) ^ k * E ^ 2 < ebar ^ 2 -> exists j, (j <= k)%nat /\ norm (e (w j)) < ebar.
Proof.
intros Hk.
assert (D : forall N, (exists j, (j < N)%nat /\ norm (e (w j)) < ebar) \/ (forall j, (j < N)%nat -> ebar <= norm (e (w j)))).
{ intros N. induction N as [|N [[j [Hj H]]|H]]; [right; intros j Hj; lia | left; exists j; split; [lia | auto] |].
  destruct (Rle_lt_dec ebar (norm (e (w N)))) as [A|A]; [right | left; exists N; split; [lia | auto]].
  intros j Hj. destruct (Nat.eq_dec j N) as [->|Ne]; auto. apply H. lia. }
destruct (D k) as [[j [Hj H]]|H]; [exists j; split; [lia | auto]|].
exists k. split; [lia|]. assert (A := eps_rate k H). destruct (Rle_lt_dec ebar (norm (e (w k)))) as [B|B]; auto. exfalso.
assert (ebar ^ 2 <= norm (e (w k)) ^ 2) by (apply pow_incr; lra). lra.
Qed.

End AlmostOver.

(** ** T1ε (a) *)
Theorem almost_overparameterised_gd {V W : NormedModule R_AbsRing}
  (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V)
  (eta beta sigma0 Lam S ebar Rad : R) :
  let e := residual F y in
  let E := norm (e w0) in
  let c := 2 - eta * S in
  let Re := 2 * (2 * (E - ebar) / c) / (sigma0 + sqrt (sigma0 ^ 2 - 2 * beta * (2 * (E - ebar) / c))) in
  let mu := (sigma0 - beta * Re) ^ 2 in
  0 < eta -> 0 <= beta -> 0 < sigma0 -> 0 <= Lam ->
  0 < ebar <= E ->
  Lam ^ 2 + beta * E <= S -> 0 < c ->
  4 * beta * (E - ebar) / c < sigma0 ^ 2 ->
  Re + eta * Lam * E <= Rad ->
  Smooth ipV ipW F J Jt w0 beta beta Lam Rad ->
  (forall x, norm (minus x w0) <= Rad -> ebar <= norm (e x) ->
     (sigma0 - beta * norm (minus x w0)) * norm (e x) <= norm (grad F y Jt x)) ->
  let w := gd (grad F y Jt) w0 eta in
  (forall k, (forall j, (j <= k)%nat -> ebar <= norm (e (w j))) ->
     path (grad F y Jt) w0 eta k <= Re /\
     norm (e (w (Datatypes.S k))) ^ 2 <= (1 - c * eta * mu) * norm (e (w k)) ^ 2) /\
  0 < mu /\
  (forall k, (1 - c * eta * mu) ^ k * E ^ 2 < ebar ^ 2 -> exists j, (j <= k)%nat /\ norm (e (w j)) < ebar).
Proof.
intros e E c Re mu He Hb Hs HL Heb HSE Hc Hh HR SS HPL w.
split; [|split].
- intros k Hab. split.
  + apply (eps_invariant ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta S ebar Rad); auto.
  + apply (eps_contract ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta S ebar Rad); auto.
- apply (eps_mu_pos F y w0 beta sigma0 eta S ebar); auto.
- apply (eps_reached ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta S ebar Rad); auto.
Qed.
