(** * T1⁺ cannot be improved

    On the line, [F(w) = sigma0 w - beta/2 w²] with [w0 = 0], [y = E] has [J(0) = sigma0], a derivative
    that is [beta]-Lipschitz, and residual [E] at the start. Its nearest solution is exactly [R*] away,
    and there is none as soon as [h > 1/2]: neither the radius nor the constant 1/2 can be bettered. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK.theory Require Import MainTheorem.
Open Scope R_scope.

Definition parabola (sigma0 beta w : R) : R := sigma0 * w - beta / 2 * w ^ 2.

Theorem parabola_derive sigma0 beta w : is_derive (parabola sigma0 beta) w (sigma0 - beta * w).
Proof. unfold parabola. auto_derive; auto. match goal with |- ?a = ?b => change (@eq R a b) end. field. Qed.

Theorem radius_attained sigma0 beta E : 0 < sigma0 -> 0 <= beta -> 0 <= E -> 2 * beta * E <= sigma0 ^ 2 ->
  parabola sigma0 beta (kant_radius sigma0 beta E) = E /\
  (forall w, w < kant_radius sigma0 beta E -> parabola sigma0 beta w < E).
Proof.
intros Hs Hb HE Hh. assert (R0 := radius_root sigma0 beta E Hs Hh). unfold kant_q in R0.
split; [unfold parabola; lra|]. intros w Hw.
assert (L := q_left sigma0 beta E Hs Hh w). unfold kant_q in L. set (Rs := kant_radius sigma0 beta E) in *.
assert (S := radius_sigma sigma0 beta E Hs Hh). assert (P := root_pos sigma0 beta E). fold Rs in S.
assert (Q : 0 < (Rs - w) * (sigma0 - beta * w - beta / 2 * (Rs - w))).
{ apply Rmult_lt_0_compat; [lra|]. destruct Hb as [Pb|Zb].
  - assert (beta * w < beta * Rs) by now apply Rmult_lt_compat_l. lra.
  - rewrite <- Zb. lra. }
unfold parabola. lra.
Qed.

Theorem half_attained sigma0 beta E : 0 < beta -> sigma0 ^ 2 < 2 * beta * E -> forall w, parabola sigma0 beta w < E.
Proof.
intros Hb Hh w. unfold parabola. apply Rmult_lt_reg_l with (2 * beta); [lra|].
assert (T := pow2_ge_0 (sigma0 - beta * w)). nra.
Qed.
