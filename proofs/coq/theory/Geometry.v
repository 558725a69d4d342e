(** * T11: how far away a solution must be

    [‖F(w) - F(w0)‖ <= j0 rho + beta/2 rho²] at distance [rho] inside the ball, [j0 >= ‖J(w0)‖]. So every
    interpolating solution in the ball is at least [2E/(j0 + √(j0² + 2 beta E))] away from [w0]: the
    counterpart of T1⁺'s [R*], an upper bound. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import Normed InnerProduct Residual.
Open Scope R_scope.

Theorem solution_distance {V W : NormedModule R_AbsRing} (ipV : V -> V -> R) (ipW : W -> W -> R)
  (HV : IsInner V ipV) (HW : IsInner W ipW)
  (F : V -> W) (y : W) (J : V -> V -> W) (Jt : V -> W -> V) (w0 w : V) (beta beta0 Lam Rad j0 : R) :
  let E := norm (residual F y w0) in
  Smooth ipV ipW F J Jt w0 beta beta0 Lam Rad -> 0 <= beta -> 0 < j0 ->
  (forall h, norm (J w0 h) <= j0 * norm h) ->
  norm (minus w w0) <= Rad -> F w = y ->
  2 * E / (j0 + sqrt (j0 ^ 2 + 2 * beta * E)) <= norm (minus w w0).
Proof.
intros E HS Hb Hj HJ Hw Hy. assert (PE : 0 <= E) by apply norm_ge_0.
set (rho := norm (minus w w0)) in *. assert (Pr : 0 <= rho) by apply norm_ge_0.
assert (H0 : norm (minus w0 w0) <= Rad) by (rewrite (dist_self w0); lra).
set (g := minus w0 w).
assert (Eg : minus w0 g = w) by (apply (ip_ext ipV HV); intros z; unfold g; rewrite !(ip_minus_l ipV HV); ring).
assert (Ng : norm g = rho) by apply dist_sym.
assert (A := sm_lin _ _ _ _ _ _ _ _ _ _ HS w0 g H0). rewrite Eg in A. specialize (A Hw).
rewrite Ng in A. assert (B := HJ g). rewrite Ng in B.
assert (Bound : E <= j0 * rho + beta / 2 * rho ^ 2).
{ set (r := minus (F w) (minus (F w0) (J w0 g))) in *.
  assert (Ee : residual F y w0 = minus (J w0 g) r).
  { apply (ip_ext ipW HW). intros z. unfold residual, r. rewrite <- Hy, !(ip_minus_l ipW HW). ring. }
  unfold E. rewrite Ee. eapply Rle_trans; [exact (norm_minus_le _ _)|]. lra. }
set (s := sqrt (j0 ^ 2 + 2 * beta * E)). assert (Ps : 0 <= s) by apply sqrt_pos.
assert (PbE : 0 <= beta * E) by now apply Rmult_le_pos.
assert (Es : s ^ 2 = j0 ^ 2 + 2 * beta * E) by (apply pow2_sqrt; assert (T := pow2_ge_0 j0); lra).
apply Rmult_le_reg_r with (j0 + s); [lra|]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
(* s² <= (j0 + beta rho)², by the bound on E *)
assert (Hs : s <= j0 + beta * rho).
{ assert (0 <= beta * rho) by now apply Rmult_le_pos. apply Rsqr_incr_0_var; [|lra]. rewrite !Rsqr_pow2, Es.
  assert (beta * E <= beta * (j0 * rho + beta / 2 * rho ^ 2)) by now apply Rmult_le_compat_l. nra. }
(* 2 beta E = (s - j0)(s + j0), or 2E <= 2 j0 rho when beta = 0 *)
destruct Hb as [Pb|Zb].
- apply Rmult_le_reg_l with beta; auto.
  replace (beta * (2 * E)) with ((s - j0) * (j0 + s)) by (replace ((s - j0) * (j0 + s)) with (s ^ 2 - j0 ^ 2) by ring; rewrite Es; ring).
  rewrite <- Rmult_assoc. apply Rmult_le_compat_r; lra.
- rewrite <- Zb in *. assert (Esj : s = j0).
  { apply Rsqr_inj; try lra. rewrite !Rsqr_pow2, Es. ring. }
  rewrite Esj. lra.
Qed.
