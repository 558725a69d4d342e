(** * T8 for least squares and mini-batches drawn with replacement

    [b] indices drawn uniformly and independently, [g = (n/b) sum_l e_{i_l} grad F_{i_l}]: the second
    moment is [(1 - 1/b) ‖grad L‖² + (n/b) sum_i e_i² ‖grad F_i‖²] ([batch_second]); with the
    hypotheses of T1 on the ball, [Sgd.v] then applies ([sgd_least_squares]). *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation Residual Descent Euclidean DataMatrix Sgd.
Open Scope R_scope.

Section Batch.
Context {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HV : IsInner V ip).
Variables (N : nat) (X : nat -> V).
Hypothesis HN : (0 < N)%nat.

(** [f] of the sum of [s] and [b] draws, in expectation. *)
Fixpoint draws (b : nat) (f : V -> R) (s : V) : R :=
  match b with
  | O => f s
  | S b => rsum N (fun i => / INR N * draws b f (plus s (X i)))
  end.

Let PN : 0 < INR N.
Proof. now apply lt_0_INR. Qed.

Lemma draws_expectation b s : Expectation (fun f => draws b f s).
Proof.
revert s. induction b as [|b IH]; intros s.
- split; simpl; auto.
- split; simpl.
  + intros f g. rewrite <- rsum_plus. apply rsum_ext. intros i _. rewrite (ex_plus _ (IH (plus s (X i)))). ring.
  + intros a f. rewrite <- rsum_scal. apply rsum_ext. intros i _. rewrite (ex_scal _ (IH (plus s (X i)))). ring.
  + intros f g H. apply rsum_le. intros i _. apply Rmult_le_compat_l; [left; now apply Rinv_0_lt_compat|].
    now apply (ex_mono _ (IH (plus s (X i)))).
  + rewrite (rsum_ext N _ (fun _ => / INR N)).
    * rewrite rsum_const. field. lra.
    * intros i _. rewrite (ex_one _ (IH (plus s (X i)))). ring.
Qed.

Let g : V := vsum N X.

Lemma ip_g z : ip z g = rsum N (fun i => ip z (X i)).
Proof. apply (ip_vsum_r ip HV). Qed.

Lemma mean_const (f : nat -> R) a b : rsum N (fun i => / INR N * (a + b * f i)) = a + b / INR N * rsum N f.
Proof.
rewrite (rsum_ext N _ (fun i => / INR N * a + b / INR N * f i)) by (intros; unfold Rdiv; ring).
rewrite rsum_plus, rsum_const, rsum_scal. field. lra.
Qed.

Lemma draws_mean b z s : draws b (fun t => ip z t) s = ip z s + INR b / INR N * ip z g.
Proof.
revert s. induction b as [|b IH]; intros s; [simpl; unfold Rdiv; ring|]. cbn [draws].
rewrite (rsum_ext N _ (fun i => / INR N * ((ip z s + INR b / INR N * ip z g) + 1 * ip z (X i)))).
- rewrite mean_const, <- ip_g, S_INR. field. lra.
- intros i _. rewrite IH, (ip_plus_r ip HV). ring.
Qed.

Lemma draws_second b s : draws b (fun t => norm t ^ 2) s =
  norm s ^ 2 + 2 * (INR b / INR N) * ip s g + INR b / INR N * rsum N (fun i => norm (X i) ^ 2)
  + INR b * (INR b - 1) / INR N ^ 2 * norm g ^ 2.
Proof.
revert s. induction b as [|b IH]; intros s; [simpl; unfold Rdiv; ring|]. cbn [draws].
set (M := rsum N (fun i => norm (X i) ^ 2)) in *.
set (C := norm s ^ 2 + 2 * (INR b / INR N) * ip s g + INR b / INR N * M + INR b * (INR b - 1) / INR N ^ 2 * norm g ^ 2).
rewrite (rsum_ext N _ (fun i => / INR N * (C + 1 * (norm (X i) ^ 2 + (2 * ip s (X i) + 2 * (INR b / INR N) * ip g (X i)))))).
- rewrite mean_const, !rsum_plus, !rsum_scal, <- !ip_g, (ip_norm _ _ HV). fold M. unfold C. rewrite S_INR. field. lra.
- intros i _. rewrite IH. unfold C. rewrite (norm_sq_plus ip HV), (ip_plus _ _ HV), (ip_sym _ _ HV (X i) g). ring.
Qed.

(** The mini-batch gradient [(N/b) (sum of b draws)]. *)
Variable b : nat.
Hypothesis Hb : (0 < b)%nat.

Definition batch (f : V -> R) : R := draws b (fun t => f (scal (INR N / INR b) t)) zero.

Theorem batch_expectation : Expectation batch.
Proof.
assert (H := draws_expectation b zero). split; unfold batch.
- intros f h. apply (ex_plus _ H).
- intros a f. apply (ex_scal _ H).
- intros f h Hfh. apply (ex_mono _ H). intros t. apply Hfh.
- apply (ex_one _ H).
Qed.

Let Pb : 0 < INR b.
Proof. now apply lt_0_INR. Qed.

Theorem batch_mean z : batch (fun t => ip z t) = ip z g.
Proof.
assert (H := draws_expectation b zero). unfold batch.
rewrite (ex_ext _ H _ (fun t => INR N / INR b * ip z t)) by (intros t; apply (ip_scal_r ip HV)).
rewrite (ex_scal _ H), draws_mean, (ip_zero_r ip HV). field. split; lra.
Qed.

Theorem batch_second : batch (fun t => norm t ^ 2) =
  (1 - / INR b) * norm g ^ 2 + INR N / INR b * rsum N (fun i => norm (X i) ^ 2).
Proof.
assert (H := draws_expectation b zero). unfold batch.
rewrite (ex_ext _ H _ (fun t => (INR N / INR b) ^ 2 * norm t ^ 2)) by (intros t; apply (norm_sq_scal ip HV)).
rewrite (ex_scal _ H), draws_second, (ip_zero_l ip HV), norm_zero. field. split; lra.
Qed.

End Batch.

(** ** Least squares *)

Section LeastSquares.
Context {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HV : IsInner V ip).
Variable n : nat.
Variables (F : V -> Rn n) (y : Rn n) (J : V -> V -> Rn n) (Jt : V -> Rn n -> V) (w0 : V).
Variables (beta beta0 Lam Rad sigma0 eta S kappa : R) (b : nat).
Notation e := (residual F y).
Notation N := (Datatypes.S n).

Definition unit (i : nat) : Rn n := vec n (fun j => if Nat.eq_dec i j then 1 else 0).

(** [e_i grad F_i]. *)
Definition term (w : V) (i : nat) : V := scal (coord (U := R_CompleteNormedModule) n (e w) i) (Jt w (unit i)).

Definition half_sq (w : V) : R := norm (e w) ^ 2 / 2.

Hypothesis HS : Smooth ip (ipn n) F J Jt w0 beta beta0 Lam Rad.
Hypothesis Hbeta : 0 <= beta.
Hypothesis Hbeta0 : 0 <= beta0.
Hypothesis HLam : 0 <= Lam.

Lemma unit_coord (z : Rn n) i : (i < N)%nat -> ipn n (unit i) z = coord n z i.
Proof.
intros Hi. unfold ipn. rewrite ipp_rsum.
rewrite (rsum_ext N _ (fun j => if Nat.eq_dec i j then coord (U := R_CompleteNormedModule) n z i else 0)).
- assert (K : forall M c, rsum M (fun j => if Nat.eq_dec i j then c else 0) = if lt_dec i M then c else 0).
  { intros M c0. induction M as [|M IH]; [simpl; destruct (lt_dec i 0); [lia | easy]|]. cbn [Spec.rsum]. rewrite IH.
    destruct (lt_dec i M), (Nat.eq_dec i M), (lt_dec i (Datatypes.S M)); try lia; ring. }
  rewrite K. destruct (lt_dec i N); [easy | lia].
- intros j Hj. unfold unit. rewrite coord_vec by lia. destruct (Nat.eq_dec i j) as [->|Ne]; ring.
Qed.

Lemma grad_terms w : norm (minus w w0) <= Rad -> grad F y Jt w = vsum N (term w).
Proof.
intros Hw. apply (ip_ext ip HV). intros z. rewrite (ip_vsum ip HV).
assert (HA := sm_adj _ _ _ _ _ _ _ _ _ _ HS w Hw).
assert (Hat := adjoint_sym ip (ipn n) HV (ipn_inner n) (J w) (Jt w) HA).
unfold grad. rewrite Hat. unfold ipn at 1. rewrite ipp_rsum. apply rsum_ext. intros i Hi.
unfold term. rewrite (ip_scal _ _ HV), Hat, unit_coord by auto. reflexivity.
Qed.

(** The descent lemma in any direction. *)
Lemma half_sq_smooth w h : Lam ^ 2 + beta * (norm (e w0) + Lam * Rad) <= S ->
  norm (minus w w0) <= Rad -> norm (minus (minus w h) w0) <= Rad ->
  half_sq (minus w h) <= half_sq w - ip (grad F y Jt w) h + S / 2 * norm h ^ 2.
Proof.
intros HSS Hw Hw'. assert (HA := sm_adj _ _ _ _ _ _ _ _ _ _ HS w Hw).
assert (HR : 0 <= Rad) by exact (Rle_trans _ _ _ (norm_ge_0 _) Hw).
set (d := minus (F (minus w h)) (F w)). set (r := minus (F (minus w h)) (minus (F w) (J w h))).
assert (Ed : e (minus w h) = plus (e w) d).
{ apply (ip_ext (ipn n) (ipn_inner n)). intros z. unfold residual, d.
  rewrite (ip_plus _ _ (ipn_inner n)), !(ip_minus_l (ipn n) (ipn_inner n)). ring. }
assert (Edr : d = minus r (J w h)).
{ apply (ip_ext (ipn n) (ipn_inner n)). intros z. unfold d, r. rewrite !(ip_minus_l (ipn n) (ipn_inner n)). ring. }
assert (D : norm d <= Lam * norm h) by exact (smooth_lipschitz ip (ipn n) HV (ipn_inner n) F J Jt w0 beta beta0 Lam Rad HS Hbeta HLam w h Hw Hw').
assert (Rr : norm r <= beta / 2 * norm h ^ 2) by exact (sm_lin _ _ _ _ _ _ _ _ _ _ HS w h Hw Hw').
assert (EJ : ipn n (e w) (J w h) = ip (grad F y Jt w) h).
{ rewrite (ip_sym _ _ (ipn_inner n)), HA. apply (ip_sym _ _ HV). }
assert (Ne : norm (e w) <= norm (e w0) + Lam * Rad).
{ set (q := minus w0 w).
  assert (Eq : minus w0 q = w) by (apply (ip_ext ip HV); intros z; unfold q; rewrite !(ip_minus_l ip HV); ring).
  assert (H0 : norm (minus w0 w0) <= Rad) by (rewrite (dist_self w0); exact HR).
  assert (A := smooth_lipschitz ip (ipn n) HV (ipn_inner n) F J Jt w0 beta beta0 Lam Rad HS Hbeta HLam w0 q H0).
  rewrite Eq in A. specialize (A Hw).
  assert (Nq : norm q <= Rad) by (unfold q; rewrite (dist_sym w0 w); exact Hw).
  assert (B : Lam * norm q <= Lam * Rad) by now apply Rmult_le_compat_l.
  assert (T := dist_triangle (V := Rn n) (F w) (F w0) y). unfold residual.
  eapply Rle_trans; [exact T|]. rewrite Rplus_comm. apply Rplus_le_compat_l. exact (Rle_trans _ _ _ A B). }
assert (I : ipn n (e w) d <= norm (e w) * (beta / 2 * norm h ^ 2) - ip (grad F y Jt w) h).
{ rewrite Edr, (ip_minus_r (ipn n) (ipn_inner n)), EJ. assert (A := ip_le (ipn n) (ipn_inner n) (e w) r).
  assert (norm (e w) * norm r <= norm (e w) * (beta / 2 * norm h ^ 2)) by (apply Rmult_le_compat_l; [apply norm_ge_0 | auto]). lra. }
unfold half_sq. rewrite Ed, (norm_sq_plus (ipn n) (ipn_inner n)).
assert (D2 : norm d ^ 2 <= Lam ^ 2 * norm h ^ 2).
{ rewrite <- Rpow_mult_distr. apply pow_incr. split; [apply norm_ge_0 | auto]. }
assert (M : beta * norm (e w) <= beta * (norm (e w0) + Lam * Rad)) by now apply Rmult_le_compat_l.
assert (T : (Lam ^ 2 + beta * norm (e w)) * norm h ^ 2 <= S * norm h ^ 2) by (apply Rmult_le_compat_r; [apply pow2_ge_0 | lra]).
nra.
Qed.

Hypothesis HRad : 0 < Rad.
Hypothesis Hsigma : beta0 * Rad < sigma0.
Hypothesis HK : forall z, sigma0 * norm z <= norm (Jt w0 z).
Hypothesis Hkappa : forall w i, norm (minus w w0) <= Rad -> (i < N)%nat -> norm (Jt w (unit i)) <= kappa.
Hypothesis HSS : Lam ^ 2 + beta * (norm (e w0) + Lam * Rad) <= S.
Hypothesis HSpos : 0 < S.
Hypothesis Heta : 0 < eta.
Hypothesis Hb : (0 < b)%nat.

Notation mu := ((sigma0 - beta0 * Rad) ^ 2).
Notation c1 := (1 - / INR b).
Notation c2 := (INR N / INR b).
Notation Q := (1 - 2 * eta * mu + eta ^ 2 * S * (c1 * mu + c2 * kappa ^ 2)).
Notation law := (fun w => batch N (term w) b).
Hypothesis Hstep : eta * S * c1 <= 2.
Hypothesis HQ : 0 <= Q < 1.

Lemma sgd_hypotheses :
  (forall w, Expectation (law w)) /\
  0 <= c1 /\ 0 <= c2 /\
  (forall w, norm (minus w w0) <= Rad -> law w (fun g => ip (grad F y Jt w) g) = norm (grad F y Jt w) ^ 2) /\
  (forall w, norm (minus w w0) <= Rad ->
     law w (fun g => norm g ^ 2) <= c1 * norm (grad F y Jt w) ^ 2 + 2 * c2 * kappa ^ 2 * half_sq w) /\
  (forall w, norm (minus w w0) <= Rad -> norm (grad F y Jt w) ^ 2 <= 2 * Lam ^ 2 * half_sq w) /\
  (forall w, norm (minus w w0) <= Rad -> 2 * mu * half_sq w <= norm (grad F y Jt w) ^ 2) /\
  Lam ^ 2 <= S.
Proof.
assert (P1 : 1 <= INR b) by (apply (le_INR 1); lia).
assert (Pn : 0 < INR N) by (apply lt_0_INR; lia).
assert (Pc1 : 0 <= c1).
{ assert (/ INR b <= / 1) by (apply Rinv_le_contravar; lra). rewrite Rinv_1 in H. lra. }
assert (Pc2 : 0 <= c2) by (apply Rmult_le_pos; [lra | left; apply Rinv_0_lt_compat; lra]).
split; [|split; [|split; [|split; [|split; [|split; [|split]]]]]]; auto.
- intros w. apply batch_expectation. lia.
- intros w Hw. rewrite (batch_mean ip HV); [|lia | auto]. rewrite <- (grad_terms w Hw). apply (ip_norm _ _ HV).
- intros w Hw. rewrite (batch_second ip HV); [|lia | auto]. rewrite <- (grad_terms w Hw).
  apply Rplus_le_compat_l. replace (2 * c2 * kappa ^ 2 * half_sq w) with (c2 * (kappa ^ 2 * norm (e w) ^ 2)) by (unfold half_sq; field; lra).
  apply Rmult_le_compat_l; auto. rewrite (Rn_norm n), <- rsum_scal. apply rsum_le. intros i Hi.
  unfold term. rewrite (norm_sq_scal ip HV).
  set (ei := coord (U := R_CompleteNormedModule) n (e w) i).
  replace (kappa ^ 2 * (ei * ei)) with (ei ^ 2 * kappa ^ 2) by ring.
  apply Rmult_le_compat_l; [apply pow2_ge_0|]. apply pow_incr. split; [apply norm_ge_0 | auto].
- intros w Hw. replace (2 * Lam ^ 2 * half_sq w) with ((Lam * norm (e w)) ^ 2) by (unfold half_sq; field).
  apply pow_incr. split; [apply norm_ge_0 | exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS w (e w) Hw)].
- intros w Hw. replace (2 * mu * half_sq w) with (((sigma0 - beta0 * Rad) * norm (e w)) ^ 2) by (unfold half_sq; field).
  apply pow_incr. split; [apply Rmult_le_pos; [lra | apply norm_ge_0]|].
  eapply Rle_trans; [|exact (sigma_min_ball ip (ipn n) F J Jt w0 beta beta0 Lam Rad sigma0 HS w (e w) HK Hw)].
  apply Rmult_le_compat_r; [apply norm_ge_0|].
  assert (beta0 * norm (minus w w0) <= beta0 * Rad) by now apply Rmult_le_compat_l. lra.
- assert (0 <= Lam * Rad) by (apply Rmult_le_pos; lra). assert (P := norm_ge_0 (e w0)).
  assert (0 <= beta * (norm (e w0) + Lam * Rad)) by (apply Rmult_le_pos; lra). lra.
Qed.

Theorem sgd_least_squares_section :
  (forall k, killed law w0 eta Rad k half_sq w0 <= Q ^ k * half_sq w0) /\
  (forall delta, 0 < delta ->
     eta * sqrt (2 * (c1 * Lam ^ 2 + c2 * kappa ^ 2) * half_sq w0) / ((1 - sqrt Q) * sqrt delta) <= Rad ->
     forall k, exit_prob law w0 eta Rad k w0 <= delta).
Proof.
destruct sgd_hypotheses as [H1 [H2 [H3 [H4 [H5 [H6 [H7 H8]]]]]]].
assert (Pm : 0 <= mu) by apply pow2_ge_0. assert (Pk : 0 <= kappa ^ 2) by apply pow2_ge_0.
assert (PL : 0 <= Lam ^ 2) by apply pow2_ge_0.
assert (Lp : forall w, 0 <= half_sq w) by (intros w; unfold half_sq; assert (A := pow2_ge_0 (norm (e w))); lra).
assert (Sm : forall w h, norm (minus w w0) <= Rad -> norm (minus (minus w h) w0) <= Rad ->
  half_sq (minus w h) <= half_sq w - ip (grad F y Jt w) h + S / 2 * norm h ^ 2).
{ intros w h. now apply half_sq_smooth. }
split.
- intros k. exact (sgd_contraction ip HV half_sq (grad F y Jt) law w0 eta mu S (Lam ^ 2) c1 c2 (kappa ^ 2) Rad
    H1 Heta HSpos H8 Hstep HQ Lp H4 H5 Sm H6 H7 k w0).
- intros delta Hd HR k. exact (sgd_stays ip HV half_sq (grad F y Jt) law w0 eta mu S (Lam ^ 2) c1 c2 (kappa ^ 2) Rad
    H1 Heta HSpos H2 H3 Pk H8 PL Hstep HQ Lp H4 H5 Sm H6 H7 delta Hd HRad HR k).
Qed.

End LeastSquares.

(** ** T8, for least squares

    The iterates are [w_{k+1} = w_k - eta g_k], [g_k] the mini-batch gradient of [b] draws; [kappa] bounds
    [‖grad F_i‖] over the ball. *)
Theorem sgd_least_squares {V : NormedModule R_AbsRing} (ip : V -> V -> R) (HV : IsInner V ip) (n : nat)
  (F : V -> Rn n) (y : Rn n) (J : V -> V -> Rn n) (Jt : V -> Rn n -> V) (w0 : V)
  (beta beta0 Lam Rad sigma0 eta S kappa : R) (b : nat) :
  let mu := (sigma0 - beta0 * Rad) ^ 2 in
  let c1 := 1 - / INR b in
  let c2 := INR (Datatypes.S n) / INR b in
  let Q := 1 - 2 * eta * mu + eta ^ 2 * S * (c1 * mu + c2 * kappa ^ 2) in
  let L := half_sq n F y in
  let law := fun w => batch (Datatypes.S n) (term n F y Jt w) b in
  Smooth ip (ipn n) F J Jt w0 beta beta0 Lam Rad ->
  0 <= beta -> 0 <= beta0 -> 0 <= Lam -> 0 < Rad -> beta0 * Rad < sigma0 ->
  (forall z, sigma0 * norm z <= norm (Jt w0 z)) ->
  (forall w i, norm (minus w w0) <= Rad -> (i < Datatypes.S n)%nat -> norm (Jt w (unit n i)) <= kappa) ->
  Lam ^ 2 + beta * (norm (residual F y w0) + Lam * Rad) <= S -> 0 < S ->
  0 < eta -> (0 < b)%nat -> eta * S * c1 <= 2 -> 0 <= Q < 1 ->
  (forall k, killed law w0 eta Rad k L w0 <= Q ^ k * L w0) /\
  (forall delta, 0 < delta ->
     eta * sqrt (2 * (c1 * Lam ^ 2 + c2 * kappa ^ 2) * L w0) / ((1 - sqrt Q) * sqrt delta) <= Rad ->
     forall k, exit_prob law w0 eta Rad k w0 <= delta).
Proof.
intros mu c1 c2 Q L law HS Hb Hb0 HL HR Hs HK Hk HSS HSp He Hbb Hst HQ.
now apply (sgd_least_squares_section ip HV n F y J Jt w0 beta beta0 Lam Rad sigma0 eta S kappa b).
Qed.
