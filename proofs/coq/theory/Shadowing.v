(** * T13: from a float run to the exact run, and T1⁺ from a checkpoint

    [what k] are the iterates that a computer stored (exact numbers, each of them), [w k] the mathematical
    gradient descent. If every stored step is within [delta k] of an exact step, and
    [d (k+1) >= (1 + eta beta (ehat_k + Lam d_k / 2)) d_k + delta_k], then [‖w_k - what_k‖ <= d_k]. The
    constant [Lam d_k / 2] is half of the printed theorem's, and [F] need only have a Lipschitz
    derivative, not a second one: the step is linearised at the exact iterate.

    [checkpoint_kantorovich]: T1⁺ applied at a stored checkpoint speaks of the exact run from [w0]. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import FiniteSum Normed InnerProduct PLStar Linearisation LemmaL Residual Descent MainTheorem.
Open Scope R_scope.

Section Shadow.
Context {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R).
Context (HV : IsInner V ipV) (HW : IsInner W ipW).
Variables (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V).
Notation e := (residual F y).
Notation G := (grad F y Jt).

(** [I - eta JᵀJ] does not expand, for [eta <= 2/Lam²]. *)
Lemma gram_nonexpansive (A : V -> W) (At : W -> V) (Lam eta : R) (h : V) : adjoint ipV ipW A At ->
  0 <= eta -> eta * Lam ^ 2 <= 2 -> (forall z, norm (At z) <= Lam * norm z) ->
  norm (minus h (scal eta (At (A h)))) <= norm h.
Proof.
intros HA He Hs HN. apply Rsqr_incr_0_var; [|apply norm_ge_0]. rewrite !Rsqr_pow2.
rewrite (norm_sq_minus ipV HV), (norm_sq_scal ipV HV), (ip_scal_r ipV HV), <- HA, (ip_norm _ _ HW).
assert (B : norm (At (A h)) ^ 2 <= Lam ^ 2 * norm (A h) ^ 2).
{ rewrite <- Rpow_mult_distr. apply pow_incr. split; [apply norm_ge_0 | apply HN]. }
assert (C : eta ^ 2 * norm (At (A h)) ^ 2 <= eta ^ 2 * (Lam ^ 2 * norm (A h) ^ 2)) by (apply Rmult_le_compat_l; [apply pow2_ge_0 | auto]).
assert (D : eta * (eta * Lam ^ 2) * norm (A h) ^ 2 <= eta * 2 * norm (A h) ^ 2).
{ apply Rmult_le_compat_r; [apply pow2_ge_0|]. now apply Rmult_le_compat_l. }
nra.
Qed.

(** One exact step from [w] and from [wh]. *)
Theorem step_expansion (w wh : V) (beta Lam eta d : R) : 0 <= eta -> 0 <= beta -> 0 <= Lam -> eta * Lam ^ 2 <= 2 ->
  Smooth ipV ipW F J Jt wh beta beta Lam d -> norm (minus w wh) <= d ->
  norm (minus (gd_step G eta w) (gd_step G eta wh)) <=
  (1 + eta * beta * (norm (e wh) + Lam * d / 2)) * d.
Proof.
intros He Hb HL Hs HS Hw. set (g := minus w wh). assert (Pg : 0 <= norm g) by apply norm_ge_0.
assert (Hd : 0 <= d) by (eapply Rle_trans; [exact Pg | exact Hw]).
assert (HA := sm_adj _ _ _ _ _ _ _ _ _ _ HS w Hw).
assert (Egw : minus w g = wh).
{ apply (ip_ext ipV HV). intros z. unfold g. rewrite !(ip_minus_l ipV HV). ring. }
set (r := minus (F wh) (minus (F w) (J w g))).
assert (Hr : norm r <= beta / 2 * norm g ^ 2).
{ assert (A := sm_lin _ _ _ _ _ _ _ _ _ _ HS w g Hw). rewrite Egw in A. apply A. rewrite (dist_self wh). exact Hd. }
assert (Hat := adjoint_sym ipV ipW HV HW (J w) (Jt w) HA).
assert (HadjT : adjoint ipW ipV (Jt w) (J w)) by exact Hat.
assert (E : minus (gd_step G eta w) (gd_step G eta wh) =
  plus (plus (minus g (scal eta (Jt w (J w g)))) (scal eta (Jt w r)))
       (opp (scal eta (minus (Jt w (e wh)) (Jt wh (e wh)))))).
{ apply (ip_ext ipV HV). intros z. unfold gd_step, grad, g.
  assert (Er : ipV (Jt w r) z = ipV (Jt w (e wh)) z - ipV (Jt w (e w)) z + ipV (Jt w (J w g)) z).
  { rewrite !Hat. unfold r, residual. rewrite !(ip_minus_l ipW HW). ring. }
  fold g. rewrite !(ip_plus _ _ HV), (ip_opp_l ipV HV), !(ip_minus_l ipV HV), !(ip_scal _ _ HV), (ip_minus_l ipV HV), Er.
  unfold g at 1. rewrite (ip_minus_l ipV HV). ring. }
rewrite E.
assert (N1 : norm (minus g (scal eta (Jt w (J w g)))) <= norm g).
{ apply (gram_nonexpansive (J w) (Jt w) Lam eta g HA He Hs). intros z. exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS w z Hw). }
assert (N2 : norm (scal eta (Jt w r)) <= eta * (Lam * (beta / 2 * norm g ^ 2))).
{ eapply Rle_trans; [apply (norm_scal_pos eta (Jt w r)); auto|]. apply Rmult_le_compat_l; auto.
  eapply Rle_trans; [exact (sm_norm _ _ _ _ _ _ _ _ _ _ HS w r Hw)|]. now apply Rmult_le_compat_l. }
assert (N3 : norm (opp (scal eta (minus (Jt w (e wh)) (Jt wh (e wh))))) <= eta * (beta * norm g * norm (e wh))).
{ eapply Rle_trans; [apply Req_le; exact (norm_opp (scal eta (minus (Jt w (e wh)) (Jt wh (e wh)))))|].
  eapply Rle_trans; [apply (norm_scal_pos eta (minus (Jt w (e wh)) (Jt wh (e wh)))); auto|].
  apply Rmult_le_compat_l; auto. exact (sm_centre _ _ _ _ _ _ _ _ _ _ HS w (e wh) Hw). }
eapply Rle_trans; [exact (norm_plus_le _ _)|].
eapply Rle_trans; [apply Rplus_le_compat_r; exact (norm_plus_le _ _)|].
set (x := norm (e wh)) in *. assert (Px : 0 <= x) by apply norm_ge_0.
assert (Gd : norm g <= d) by exact Hw.
assert (M1 : eta * (beta * norm g * x) <= eta * (beta * d * x)).
{ apply Rmult_le_compat_l; auto. apply Rmult_le_compat_r; auto. now apply Rmult_le_compat_l. }
assert (M2 : norm g ^ 2 <= d ^ 2) by now apply pow_incr.
assert (M3 : eta * (Lam * (beta / 2 * norm g ^ 2)) <= eta * (Lam * (beta / 2 * d ^ 2))).
{ apply Rmult_le_compat_l; auto. apply Rmult_le_compat_l; auto. apply Rmult_le_compat_l; lra. }
lra.
Qed.

(** ** T13 *)
Theorem shadowing (w0 : V) (eta Lam : R) (beta : R) (what : nat -> V) (d delta ehat : nat -> R) (K : nat) :
  0 <= eta -> 0 <= beta -> 0 <= Lam -> eta * Lam ^ 2 <= 2 ->
  norm (minus w0 (what O)) <= d O ->
  (forall k, (k < K)%nat -> Smooth ipV ipW F J Jt (what k) beta beta Lam (d k)) ->
  (forall k, (k < K)%nat -> norm (e (what k)) <= ehat k) ->
  (forall k, (k < K)%nat -> norm (minus (what (S k)) (gd_step G eta (what k))) <= delta k) ->
  (forall k, (k < K)%nat -> (1 + eta * beta * (ehat k + Lam * d k / 2)) * d k + delta k <= d (S k)) ->
  forall k, (k <= K)%nat -> norm (minus (gd G w0 eta k) (what k)) <= d k.
Proof.
intros He Hb HL Hs H0 HS Hehat Hdelta Hd k. induction k as [|k IH]; intros Hk; [exact H0|].
specialize (IH ltac:(lia)).
assert (A := step_expansion (gd G w0 eta k) (what k) beta Lam eta (d k) He Hb HL Hs (HS k Hk) IH).
assert (B := Hdelta k Hk). rewrite (dist_sym (what (S k))) in B.
assert (T := dist_triangle (gd G w0 eta (S k)) (gd_step G eta (what k)) (what (S k))).
assert (Pd : 0 <= d k) by exact (Rle_trans _ _ _ (norm_ge_0 _) IH).
assert (C : (1 + eta * beta * (norm (e (what k)) + Lam * d k / 2)) * d k <= (1 + eta * beta * (ehat k + Lam * d k / 2)) * d k).
{ apply Rmult_le_compat_r; auto. apply Rplus_le_compat_l. apply Rmult_le_compat_l; [now apply Rmult_le_pos|].
  assert (D := Hehat k Hk). lra. }
eapply Rle_trans; [exact T|]. eapply Rle_trans; [apply Rplus_le_compat; [exact A | exact B]|].
eapply Rle_trans; [|apply (Hd k Hk)]. lra.
Qed.

(** H1 between any two points of a ball, and H3. *)
Record SmoothPairs (c : V) (beta Lam Rad : R) : Prop := {
  sp_adj : forall w, norm (minus w c) <= Rad -> adjoint ipV ipW (J w) (Jt w);
  sp_lip : forall w w' z, norm (minus w c) <= Rad -> norm (minus w' c) <= Rad ->
    norm (minus (Jt w z) (Jt w' z)) <= beta * norm (minus w w') * norm z;
  sp_lin : forall w g, norm (minus w c) <= Rad -> norm (minus (minus w g) c) <= Rad ->
    norm (minus (F (minus w g)) (minus (F w) (J w g))) <= beta / 2 * norm g ^ 2;
  sp_norm : forall w z, norm (minus w c) <= Rad -> norm (Jt w z) <= Lam * norm z }.

Lemma pairs_recentre (c w0 : V) (beta Lam Rad d R0 : R) : SmoothPairs c beta Lam Rad ->
  norm (minus w0 c) <= d -> 0 <= R0 -> d + R0 <= Rad -> Smooth ipV ipW F J Jt w0 beta beta Lam R0.
Proof.
intros [A B C D] Hd HR H.
assert (In : forall w, norm (minus w w0) <= R0 -> norm (minus w c) <= Rad).
{ intros w Hw. assert (T := dist_triangle w w0 c). lra. }
assert (In0 : norm (minus w0 c) <= Rad) by lra.
split; intros; auto.
Qed.

Lemma pairs_smooth (c : V) (beta Lam Rad : R) : 0 <= Rad -> SmoothPairs c beta Lam Rad ->
  Smooth ipV ipW F J Jt c beta beta Lam Rad.
Proof.
intros H [A B C D]. split; auto. intros w z Hw. apply B; auto. rewrite (dist_self c). exact H.
Qed.

(** The exact residual, from the stored one. *)
Lemma residual_near (c w : V) (beta Lam Rad d : R) : SmoothPairs c beta Lam Rad -> 0 <= beta -> 0 <= Lam ->
  norm (minus w c) <= d -> norm (minus w c) <= Rad -> norm (e w) <= norm (e c) + Lam * d.
Proof.
intros SP Hb HL Hd HR. assert (PR : 0 <= Rad) by exact (Rle_trans _ _ _ (norm_ge_0 _) HR).
set (g := minus c w).
assert (Eg : minus c g = w).
{ apply (ip_ext ipV HV). intros z. unfold g. rewrite !(ip_minus_l ipV HV). ring. }
assert (L := smooth_lipschitz ipV ipW HV HW F J Jt c beta beta Lam Rad (pairs_smooth c beta Lam Rad PR SP) Hb HL c g).
rewrite Eg in L. rewrite (dist_self c) in L. specialize (L PR HR).
assert (Ng : norm g <= d) by (unfold g; rewrite (dist_sym c w); exact Hd).
assert (T := dist_triangle (F w) (F c) y).
assert (Lam * norm g <= Lam * d) by now apply Rmult_le_compat_l.
unfold residual. lra.
Qed.

Lemma gd_shift (w0 : V) eta K j : gd G w0 eta (K + j)%nat = gd G (gd G w0 eta K) eta j.
Proof.
induction j as [|j IH]; [now rewrite Nat.add_0_r|]. rewrite Nat.add_succ_r. simpl. now rewrite IH.
Qed.

End Shadow.

(** ** T13 and T1⁺: a run certified from a checkpoint

    [what] is the stored checkpoint, [d] a bound on its distance from the exact iterate [w_K] (from
    [shadowing]). From there on the exact run converges to an interpolating solution. *)
Theorem checkpoint_kantorovich {V : CompleteNormedModule R_AbsRing} {W : NormedModule R_AbsRing}
  (ipV : V -> V -> R) (HV : IsInner V ipV) (ipW : W -> W -> R) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 : V) (K : nat) (what : V)
  (eta beta sigma Lam d Rad : R) :
  let wK := gd (grad F y Jt) w0 eta K in
  let E := norm (residual F y what) + Lam * d in
  let s := sigma - beta * d in
  0 < eta -> 0 <= beta -> 0 <= Lam -> 0 < s ->
  eta * Lam ^ 2 <= 1 ->
  norm (minus wK what) <= d ->
  (forall z, sigma * norm z <= norm (Jt what z)) ->
  2 * beta * E <= s ^ 2 ->
  d + 2 * E / (s + sqrt (s ^ 2 - 2 * beta * E)) <= Rad ->
  SmoothPairs ipV ipW F J Jt what beta Lam Rad ->
  kantorovich_conclusion F y Jt wK eta beta s /\
  norm (residual F y wK) <= E /\
  exists ws, filterlim (gd (grad F y Jt) w0 eta) eventually (locally ws) /\ F ws = y.
Proof.
intros wK E s He Hb HL Hs Hst Hd Hsig Hh HR SP.
assert (Pd : 0 <= d) by exact (Rle_trans _ _ _ (norm_ge_0 _) Hd).
assert (PE : 0 <= E).
{ assert (A := norm_ge_0 (residual F y what)). assert (0 <= Lam * d) by now apply Rmult_le_pos. unfold E. lra. }
set (R0 := 2 * E / (s + sqrt (s ^ 2 - 2 * beta * E))) in *.
assert (PR : 0 <= R0) by now apply (radius_pos s beta E).
assert (Bh : norm (minus what what) <= Rad) by (rewrite (dist_self (V := V)); lra).
assert (BK : norm (minus wK what) <= Rad) by (eapply Rle_trans; [exact Hd | lra]).
(* the residual at the exact iterate *)
assert (SB : Smooth ipV ipW F J Jt what beta beta Lam Rad).
{ apply (pairs_smooth (V := V)); auto. lra. }
assert (HE : norm (residual F y wK) <= E).
{ exact (residual_near (V := V) ipV ipW HV HW F y J Jt what wK beta Lam Rad d SP Hb HL Hd BK). }
assert (HK : forall z, s * norm z <= norm (Jt wK z)).
{ intros z. assert (A := sigma_min_ball (V := V) ipV ipW F J Jt what beta beta Lam Rad sigma SB wK z Hsig BK).
  eapply Rle_trans; [|exact A]. apply Rmult_le_compat_r; [apply norm_ge_0|]. unfold s.
  assert (beta * norm (minus wK what) <= beta * d) by now apply Rmult_le_compat_l. lra. }
assert (bE : 2 * beta * norm (residual F y wK) <= 2 * beta * E) by (apply Rmult_le_compat_l; lra).
assert (HR0 : kant_radius s beta (norm (residual F y wK)) <= R0).
{ assert (P0 := norm_ge_0 (residual F y wK)).
  assert (Q : sqrt (s ^ 2 - 2 * beta * E) <= kant_root s beta (norm (residual F y wK))) by (apply sqrt_le_1_alt; lra).
  assert (Q0 := sqrt_pos (s ^ 2 - 2 * beta * E)).
  unfold kant_radius, R0, Rdiv. apply Rmult_le_compat; try lra.
  - left. apply Rinv_0_lt_compat. lra.
  - apply Rinv_le_contravar; lra. }
assert (C : kantorovich_conclusion F y Jt wK eta beta s).
{ apply (kantorovich_gd_smooth ipV HV ipW HW F y J Jt wK eta beta s Lam); auto; [lra|].
  apply (smooth_shrink (V := V) ipV ipW F J Jt wK beta beta Lam R0); auto.
  apply (pairs_recentre (V := V) ipV ipW F J Jt what wK beta Lam Rad d R0); auto. }
split; auto. split; auto.
destruct C as [_ [_ [_ [_ [_ [ws [A [_ [_ B]]]]]]]]]. exists ws. split; auto.
intros P HP. destruct (A P HP) as [N HN]. exists (K + N)%nat. intros n Hn.
replace n with (K + (n - K))%nat by lia. rewrite (gd_shift (V := V) F y Jt). apply HN. lia.
Qed.
