(** * T1⁺: gradient descent converges under Kantorovich's condition [h <= 1/2]

    The main theorem of `certify` (shared notation of the reports: [L = ‖F - y‖²/2], [beta] the
    Lipschitz constant of the Jacobian, [sigma0² <= lambda_min (K w0)], [‖J‖ <= Lam], [E = ‖e0‖],
    [h = beta E / sigma0²]). It sharpens Liu, Zhu, Belkin 2022, Theorem 6, and Chizat, Oyallon, Bach
    2019, and is the gradient-descent counterpart of the Newton–Kantorovich theorem.

    [kantorovich_gd]: if [h <= 1/2] and [eta <= 1/Lam²], the iterates stay within the radius
    [R* = 2E/(sigma0 + sqrt (sigma0² - 2 beta E))], the residual falls by the factor
    [1 - eta sigma_k sigma_{k+1} <= 1 - eta mu], [mu = sigma0² - 2 beta E], and the limit
    interpolates, also when [h = 1/2].

    Nothing is asked of [F] outside the closed ball. An iterate cannot jump over its rim, because
    Lemma L comes with [sigma_k ‖w_{k+1} - w_k‖ <= ‖e_k‖ <= sigma_k (R* - rho_k)]. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation LemmaL Residual Euclidean.
Open Scope R_scope.

(** The constants. *)
Definition kant_root (sigma0 beta E : R) : R := sqrt (sigma0 ^ 2 - 2 * beta * E).
Definition kant_radius (sigma0 beta E : R) : R := 2 * E / (sigma0 + kant_root sigma0 beta E).
Definition kant_q (sigma0 beta E rho : R) : R := E - sigma0 * rho + beta / 2 * rho ^ 2.

Section Constants.
Variables (sigma0 beta E : R).
Hypothesis (Hs : 0 < sigma0) (Hb : 0 <= beta) (HE : 0 <= E) (Hh : 2 * beta * E <= sigma0 ^ 2).
Notation s := (kant_root sigma0 beta E).
Notation Rs := (kant_radius sigma0 beta E).
Notation q := (kant_q sigma0 beta E).

Lemma root_sq : s ^ 2 = sigma0 ^ 2 - 2 * beta * E.
Proof. unfold kant_root. apply pow2_sqrt. lra. Qed.

Lemma root_pos : 0 <= s.
Proof. apply sqrt_pos. Qed.

Lemma radius_pos : 0 <= Rs.
Proof.
assert (P := root_pos). unfold kant_radius. apply Rmult_le_pos; [lra|].
left. apply Rinv_0_lt_compat. lra.
Qed.

Lemma radius_sigma : sigma0 - beta * Rs = s.
Proof.
assert (P := root_pos). assert (Q := root_sq).
assert (D : Rs * (sigma0 + s) = 2 * E) by (unfold kant_radius; field; lra).
assert ((sigma0 - beta * Rs - s) * (sigma0 + s) = 0).
{ replace ((sigma0 - beta * Rs - s) * (sigma0 + s)) with (sigma0 ^ 2 - s ^ 2 - beta * (Rs * (sigma0 + s))) by ring.
  rewrite D, Q. ring. }
nra.
Qed.

Lemma radius_root : q Rs = 0.
Proof.
assert (P := root_pos). assert (S := radius_sigma).
assert (D : Rs * (sigma0 + s) = 2 * E) by (unfold kant_radius; field; lra).
unfold kant_q. rewrite <- S in D. nra.
Qed.

(** The value of the majorant in terms of what is left of the radius. *)
Lemma q_left rho : q rho = (sigma0 - beta * rho) * (Rs - rho) - beta / 2 * (Rs - rho) ^ 2.
Proof. assert (H := radius_root). unfold kant_q in *. nra. Qed.

End Constants.

Section Main.
Context {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}.
Context (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW).
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V).
Variables (beta Lam sigma0 eta : R).

Notation e := (residual F y).
Notation G := (grad F y Jt).
Notation w := (gd G w0 eta).
Notation rho := (path G w0 eta).
Notation E := (norm (e w0)).
Notation Rs := (kant_radius sigma0 beta E).
Notation q := (kant_q sigma0 beta E).
Notation sigma k := (sigma0 - beta * rho k).

Hypothesis Heta : 0 < eta.
Hypothesis Hbeta : 0 <= beta.
Hypothesis HLam : 0 <= Lam.
Hypothesis Hsigma0 : 0 < sigma0.
Hypothesis Hstep : eta * Lam ^ 2 <= 1.
Hypothesis Hh : 2 * beta * E <= sigma0 ^ 2.
Hypothesis HS : Smooth ipV ipW F J Jt w0 beta beta Lam Rs.
Hypothesis HK : forall z, sigma0 * norm z <= norm (Jt w0 z).

Let E_pos : 0 <= E := norm_ge_0 (e w0).

Let Rs_pos : 0 <= Rs.
Proof. now apply radius_pos. Qed.

Lemma rim : 0 <= sigma0 - beta * Rs.
Proof. rewrite radius_sigma by auto. apply root_pos. Qed.

(** What holds at step [k] as long as the path is no longer than [R*]. *)
Definition good (k : nat) : Prop := rho k <= Rs /\ norm (e (w k)) <= q (rho k).

Lemma good_ball k : good k -> norm (minus (w k) w0) <= Rs.
Proof.
intros [H _]. eapply Rle_trans; [apply (path_dist_centre (V := V)); lra | exact H].
Qed.

Lemma good_sigma k : good k -> 0 <= sigma k.
Proof. intros [H _]. assert (A := rim). nra. Qed.

Lemma good_weyl k : good k -> forall z, sigma k * norm z <= norm (Jt (w k) z).
Proof.
intros Hk z.
assert (A := sigma_min_ball (V := V) ipV ipW F J Jt w0 beta beta Lam Rs sigma0 HS (w k) z HK (good_ball k Hk)).
eapply Rle_trans; [|exact A]. apply Rmult_le_compat_r; [apply norm_ge_0|].
assert (B : norm (minus (w k) w0) <= rho k) by (apply (path_dist_centre (V := V)); lra).
assert (beta * norm (minus (w k) w0) <= beta * rho k) by now apply Rmult_le_compat_l. lra.
Qed.

Lemma good_lemma_L k : good k ->
  eta * sigma k * norm (G (w k)) <= norm (e (w k)) /\
  norm (minus (e (w k)) (scal eta (J (w k) (G (w k))))) <= norm (e (w k)) - eta * sigma k * norm (G (w k)).
Proof.
intros Hk. apply (lemma_L_jacobian (V := V) ipV ipW HV HW (J (w k)) (Jt (w k)) (sigma k) eta (e (w k))); auto.
- exact (sm_adj _ _ _ _ _ _ _ _ _ _ HS (w k) (good_ball k Hk)).
- now apply good_sigma.
- now apply good_weyl.
- intros z. assert (A := sm_norm _ _ _ _ _ _ _ _ _ _ HS (w k) z (good_ball k Hk)).
  assert (P := norm_ge_0 (Jt (w k) z)). assert (Pz := norm_ge_0 z).
  apply Rle_trans with (eta * (Lam * norm z) ^ 2).
  + apply Rmult_le_compat_l; [lra|]. now apply pow_incr.
  + rewrite Rpow_mult_distr, <- Rmult_assoc. rewrite <- (Rmult_1_l (norm z ^ 2)) at 2.
    apply Rmult_le_compat_r; auto. apply pow2_ge_0.
Qed.

(** No jump over the rim. *)
Lemma good_no_jump k : good k -> rho (S k) <= Rs.
Proof.
intros Hk. destruct (good_lemma_L k Hk) as [A _]. destruct Hk as [H1 H2].
assert (Hk : good k) by now split. assert (Ps := good_sigma k Hk).
rewrite path_S. set (D := eta * norm (G (w k))) in *.
rewrite q_left in H2 by auto.
destruct (Rle_lt_or_eq_dec _ _ Ps) as [P|Z].
- assert (sigma k * D <= sigma k * (Rs - rho k)).
  { unfold D. assert (0 <= beta / 2 * (Rs - rho k) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]). lra. }
  apply Rmult_le_reg_l in H; auto. lra.
- (* sigma_k = 0 only at the rim, where the residual vanishes *)
  assert (Hr : norm (e (w k)) <= 0).
  { rewrite <- Z in H2. assert (0 <= beta / 2 * (Rs - rho k) ^ 2) by (apply Rmult_le_pos; [lra | apply pow2_ge_0]). lra. }
  assert (B := sm_norm _ _ _ _ _ _ _ _ _ _ HS (w k) (e (w k)) (good_ball k Hk)).
  assert (PG := norm_ge_0 (Jt (w k) (e (w k)))). assert (Pe := norm_ge_0 (e (w k))).
  assert (Ez : norm (e (w k)) = 0) by lra. rewrite Ez, Rmult_0_r in B.
  assert (EG : norm (G (w k)) = 0) by (apply Rle_antisym; [exact B | exact PG]).
  unfold D. rewrite EG. lra.
Qed.

Lemma good_step k : good k ->
  norm (e (w (S k))) <= norm (e (w k)) - sigma k * (eta * norm (G (w k))) + beta / 2 * (eta * norm (G (w k))) ^ 2.
Proof.
intros Hk. destruct (good_lemma_L k Hk) as [_ A].
assert (Hw' : norm (minus (w (S k)) w0) <= Rs).
{ eapply Rle_trans; [apply (path_dist_centre (V := V)); lra | now apply good_no_jump]. }
assert (B := residual_step (V := V) ipV ipW HV HW F y J Jt w0 beta beta Lam Rs HS (w k) eta
  (Rlt_le _ _ Heta) (good_ball k Hk) Hw').
eapply Rle_trans; [exact B|].
assert (C : norm (scal eta (G (w k))) ^ 2 <= (eta * norm (G (w k))) ^ 2).
{ apply pow_incr. split; [apply norm_ge_0 | apply norm_scal_pos; lra]. }
assert (beta / 2 * norm (scal eta (G (w k))) ^ 2 <= beta / 2 * (eta * norm (G (w k))) ^ 2).
{ apply Rmult_le_compat_l; [lra | exact C]. }
eapply Rle_trans; [apply Rplus_le_compat; [exact A | exact H]|]. lra.
Qed.

Theorem all_good k : good k.
Proof.
induction k as [|k IH].
- split; unfold path; simpl; [auto|]. unfold kant_q. lra.
- split; [now apply good_no_jump|]. eapply Rle_trans; [now apply good_step|].
  destruct IH as [_ H]. rewrite path_S. unfold kant_q in *. nra.
Qed.

Lemma rate_step k : norm (e (w (S k))) <= (1 - eta * sigma k * sigma (S k)) * norm (e (w k)).
Proof.
assert (Hk := all_good k). assert (A := good_step k Hk).
assert (Ps := good_sigma (S k) (all_good (S k))). assert (Wl := good_weyl k Hk (e (w k))).
set (D := eta * norm (G (w k))) in *.
assert (ER : rho (S k) = rho k + D) by apply path_S.
assert (PD : 0 <= D) by (apply Rmult_le_pos; [lra | apply norm_ge_0]).
assert (LD : eta * (sigma k * norm (e (w k))) <= D) by (apply Rmult_le_compat_l; [lra | exact Wl]).
rewrite ER in *.
assert (A2 : norm (e (w (S k))) <= norm (e (w k)) - (sigma0 - beta * (rho k + D)) * D).
{ eapply Rle_trans; [exact A|]. assert (0 <= beta * D ^ 2) by (apply Rmult_le_pos; [auto | apply pow2_ge_0]). nra. }
eapply Rle_trans; [exact A2|].
assert ((sigma0 - beta * (rho k + D)) * (eta * (sigma k * norm (e (w k)))) <= (sigma0 - beta * (rho k + D)) * D)
  by now apply Rmult_le_compat_l.
lra.
Qed.

Lemma sigma_rim k : kant_root sigma0 beta E <= sigma k.
Proof.
rewrite <- radius_sigma by auto. destruct (all_good k) as [H _].
assert (beta * rho k <= beta * Rs) by now apply Rmult_le_compat_l. lra.
Qed.

Notation mu := (sigma0 ^ 2 - 2 * beta * E).

Lemma rate_mu k : 1 - eta * sigma k * sigma (S k) <= 1 - eta * mu.
Proof.
rewrite <- root_sq by auto. assert (A := sigma_rim k). assert (B := sigma_rim (S k)).
assert (P := root_pos sigma0 beta E). set (s := kant_root sigma0 beta E) in *.
assert (s * s <= sigma k * sigma (S k)) by (apply Rmult_le_compat; auto).
assert (eta * (s * s) <= eta * (sigma k * sigma (S k))) by (apply Rmult_le_compat_l; lra). lra.
Qed.

Lemma rate k : norm (e (w k)) <= (1 - eta * mu) ^ k * E.
Proof.
destruct (Rle_lt_or_eq_dec _ _ E_pos) as [P|Z].
- assert (Hq : 0 <= 1 - eta * mu).
  { assert (B0 : norm (minus w0 w0) <= Rs) by (rewrite (dist_self (V := V)); auto).
    assert (A1 := HK (e w0)). assert (A2 := sm_norm _ _ _ _ _ _ _ _ _ _ HS w0 (e w0) B0).
    assert (S1 : sigma0 <= Lam) by (apply Rmult_le_reg_r with E; auto; lra).
    assert (S2 : sigma0 ^ 2 <= Lam ^ 2) by (apply pow_incr; lra).
    assert (S3 : 0 <= beta * E) by (apply Rmult_le_pos; lra).
    assert (eta * mu <= eta * Lam ^ 2) by (apply Rmult_le_compat_l; lra). lra. }
  induction k as [|k IH]; [simpl; lra|].
  eapply Rle_trans; [apply rate_step|]. cbn [pow]. rewrite (Rmult_assoc (1 - eta * mu)).
  eapply Rle_trans; [apply Rmult_le_compat_r; [apply norm_ge_0 | apply rate_mu]|].
  now apply Rmult_le_compat_l.
- rewrite <- Z, Rmult_0_r. destruct (all_good k) as [H1 H2].
  assert (R0 : Rs = 0) by (unfold kant_radius; rewrite <- Z; unfold Rdiv; ring).
  assert (Pr : 0 <= rho k) by (apply (path_pos (V := V)); lra).
  assert (E0 : rho k = 0) by lra. rewrite E0 in H2. unfold kant_q in H2. rewrite <- Z in H2.
  eapply Rle_trans; [exact H2|]. lra.
Qed.

Lemma rho_mono k j : (k <= j)%nat -> rho k <= rho j.
Proof. intros H. apply (path_mono (V := V)); auto. lra. Qed.

(** The residual vanishes in the limit, whether or not the whole radius is used up. *)
Lemma residual_lim : is_lim_seq (fun k => norm (e (w k))) 0.
Proof.
assert (Hf : ex_finite_lim_seq rho).
{ apply ex_finite_lim_seq_incr with Rs; [intros n; apply rho_mono; lia | intros n; apply all_good]. }
destruct Hf as [r Hr].
assert (Lr : forall k, rho k <= r).
{ intros k. apply (is_lim_seq_le_loc (fun _ => rho k) rho (rho k) r); [|apply is_lim_seq_const|exact Hr].
  exists k. intros n Hn. now apply rho_mono. }
assert (LR : r <= Rs).
{ apply (is_lim_seq_le rho (fun _ => Rs) r Rs); [intros n; apply all_good | exact Hr | apply is_lim_seq_const]. }
destruct (Rle_lt_or_eq_dec _ _ LR) as [Lt|Eq].
- assert (Ps : 0 < sigma0 - beta * r).
  { assert (A := rim). destruct (Rle_lt_or_eq_dec _ _ Hbeta) as [Pb|Zb].
    - assert (beta * r < beta * Rs) by now apply Rmult_lt_compat_l. lra.
    - rewrite <- Zb. lra. }
  apply (geometric_lim _ (eta * (sigma0 - beta * r) ^ 2) O).
  + apply Rmult_lt_0_compat; auto. now apply pow_lt.
  + intros k. apply norm_ge_0.
  + intros k _. eapply Rle_trans; [apply rate_step|].
    apply Rmult_le_compat_r; [apply norm_ge_0|].
    assert (A := Lr k). assert (B := Lr (S k)).
    assert (A' : sigma0 - beta * r <= sigma k) by (assert (beta * rho k <= beta * r) by (now apply Rmult_le_compat_l); lra).
    assert (B' : sigma0 - beta * r <= sigma (S k)) by (assert (beta * rho (S k) <= beta * r) by (now apply Rmult_le_compat_l); lra).
    assert ((sigma0 - beta * r) * (sigma0 - beta * r) <= sigma k * sigma (S k)) by (apply Rmult_le_compat; lra).
    assert (eta * ((sigma0 - beta * r) * (sigma0 - beta * r)) <= eta * (sigma k * sigma (S k))) by (apply Rmult_le_compat_l; lra).
    lra.
- apply (is_lim_seq_le_le (fun _ => 0) _ (fun k => q (rho k))).
  + intros k. split; [apply norm_ge_0 | apply all_good].
  + apply is_lim_seq_const.
  + rewrite <- (radius_root sigma0 beta E) by auto. rewrite <- Eq. unfold kant_q.
    apply is_lim_seq_plus'.
    * apply is_lim_seq_minus'; [apply is_lim_seq_const|].
      apply is_lim_seq_mult'; [apply is_lim_seq_const | exact Hr].
    * apply is_lim_seq_mult'; [apply is_lim_seq_const|].
      apply (is_lim_seq_ext (fun k => rho k * (rho k * 1))); [intros n; simpl; ring|].
      apply is_lim_seq_mult'; auto. apply is_lim_seq_mult'; auto. apply is_lim_seq_const.
Qed.

Theorem solution_exists :
  exists ws : V, filterlim w eventually (locally ws) /\
    (forall k, norm (minus ws (w k)) <= Rs - rho k) /\ norm (minus ws w0) <= Rs /\ F ws = y.
Proof.
destruct (finite_path_converges (V := V) w rho Rs) as [ws [H1 H2]].
{ intros k. rewrite path_S. assert (A := gd_S_dist (V := V) G w0 eta k (Rlt_le _ _ Heta)).
  replace (rho k + eta * norm (G (w k)) - rho k) with (eta * norm (G (w k))) by ring. exact A. }
{ intros k. apply all_good. }
assert (B : norm (minus ws w0) <= Rs).
{ apply (dist_le_lim (V := V) w ws w0 Rs O H1). intros k _. apply good_ball, all_good. }
exists ws. repeat split; auto.
apply (limit_interpolates (V := V) ipV ipW HV HW F y J Jt w0 beta beta Lam Rs HS w ws); auto.
- intros k. apply good_ball, all_good.
- exact residual_lim.
Qed.

End Main.

(** ** T1⁺ *)

(** The conclusion, named so that the networks can be given the same one word for word. *)
Definition kantorovich_conclusion {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}
  (F : V -> W) (y : W) (Jt : V -> W -> V) (w0 : V) (eta beta sigma0 : R) : Prop :=
  let e := residual F y in
  let E := norm (e w0) in
  let Rs := 2 * E / (sigma0 + sqrt (sigma0 ^ 2 - 2 * beta * E)) in
  let mu := sigma0 ^ 2 - 2 * beta * E in
  let w := gd (grad F y Jt) w0 eta in
  let rho := path (grad F y Jt) w0 eta in
  let sigma := fun k => sigma0 - beta * rho k in
  (forall k, norm (minus (w k) w0) <= rho k /\ rho k <= Rs) /\
  (forall k, norm (e (w k)) <= E - sigma0 * rho k + beta / 2 * rho k ^ 2) /\
  (forall k, norm (e (w (S k))) <= (1 - eta * sigma k * sigma (S k)) * norm (e (w k))) /\
  (forall k, 0 <= sigma k /\ 1 - eta * sigma k * sigma (S k) <= 1 - eta * mu) /\
  (forall k, norm (e (w k)) <= (1 - eta * mu) ^ k * E) /\
  exists ws, filterlim w eventually (locally ws) /\ norm (minus ws w0) <= Rs /\
    (forall k, norm (minus ws (w k)) <= Rs - rho k) /\ F ws = y.

(** From the inequalities of [Smooth] on the ball of radius [R*], and H2 as
    [sigma_min (J(w0)ᵀ) >= sigma0]. *)
Theorem kantorovich_gd_smooth {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}
  (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V) (eta beta sigma0 Lam : R) :
  let E := norm (residual F y w0) in
  0 < eta -> 0 <= beta -> 0 < sigma0 -> 0 <= Lam ->
  eta * Lam ^ 2 <= 1 ->
  2 * beta * E <= sigma0 ^ 2 ->                                                   (* h <= 1/2 *)
  Smooth ipV ipW F J Jt w0 beta beta Lam (kant_radius sigma0 beta E) ->
  (forall z, sigma0 * norm z <= norm (Jt w0 z)) ->
  kantorovich_conclusion F y Jt w0 eta beta sigma0.
Proof.
intros E He Hb Hs HL Hst Hh SS HK'.
assert (AG := all_good ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta He Hb Hs Hst Hh SS HK').
split; [|split; [|split; [|split; [|split]]]].
- intros k. split; [apply (path_dist_centre (V := V)); lra | apply (AG k)].
- intros k. apply (AG k).
- exact (rate_step ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta He Hb Hs Hst Hh SS HK').
- intros k. split.
  + exact (good_sigma F y Jt w0 beta sigma0 eta Hb Hs Hh k (AG k)).
  + exact (rate_mu ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta He Hb Hs Hst Hh SS HK' k).
- exact (rate ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta He Hb Hs Hst Hh SS HK').
- destruct (solution_exists ipV HV ipW HW F y J Jt w0 beta Lam sigma0 eta He Hb HL Hs Hst Hh SS HK')
    as [ws [A [B [C D]]]]. exists ws. auto.
Qed.

(** T1⁺ as printed. Every hypothesis is about the closed ball of radius [Rad >= R*]. H2 is
    [lambda_min (K w0) >= sigma0²], with [K w0 = J(w0) J(w0)ᵀ]. *)
Theorem kantorovich_gd {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}
  (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V)
  (eta beta sigma0 Lam Rad : R) :
  let E := norm (residual F y w0) in
  0 < eta -> 0 <= beta -> 0 < sigma0 -> 0 <= Lam ->
  eta * Lam ^ 2 <= 1 ->
  2 * beta * E <= sigma0 ^ 2 ->                                                   (* h <= 1/2 *)
  2 * E / (sigma0 + sqrt (sigma0 ^ 2 - 2 * beta * E)) <= Rad ->                   (* R* <= R *)
  (forall w, norm (minus w w0) <= Rad -> filterdiff F (locally w) (J w)) ->
  (forall w, norm (minus w w0) <= Rad -> adjoint ipV ipW (J w) (Jt w)) ->
  (forall w w' h, norm (minus w w0) <= Rad -> norm (minus w' w0) <= Rad ->
     norm (minus (J w h) (J w' h)) <= beta * norm (minus w w') * norm h) ->       (* H1 *)
  (forall z, sigma0 ^ 2 * norm z ^ 2 <= ipW (J w0 (Jt w0 z)) z) ->                (* H2 *)
  (forall w h, norm (minus w w0) <= Rad -> norm (J w h) <= Lam * norm h) ->       (* H3 *)
  kantorovich_conclusion F y Jt w0 eta beta sigma0.
Proof.
intros E He Hb Hs HL Hst Hh HR Hd Ha Hl HK Hn.
assert (PE : 0 <= E) by apply norm_ge_0.
assert (PR : 0 <= Rad).
{ eapply Rle_trans; [|exact HR]. now apply (radius_pos sigma0 beta E). }
apply (kantorovich_gd_smooth ipV HV ipW HW F y J Jt w0 eta beta sigma0 Lam); auto.
- apply (smooth_shrink (V := V) ipV ipW F J Jt w0 beta beta Lam Rad); auto.
  apply (smooth_of_lipschitz (V := V) ipV ipW HV HW); auto.
- intros z. apply Rsqr_incr_0_var; [|apply norm_ge_0]. rewrite !Rsqr_pow2, Rpow_mult_distr.
  rewrite <- (kernel_form (V := V) ipV ipW HV (J w0) (Jt w0)); [apply HK|].
  apply Ha. rewrite (dist_self (V := V)). lra.
Qed.

(** T1⁺ on Euclidean space, R^(p+1) -> R^(n+1). *)
Definition kantorovich_gd_Rn (p n : nat) := kantorovich_gd (ipn p) (ipn_inner p) (ipn n) (ipn_inner n).
