(** * A matrix as an operator on R^n *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
From NTK Require Spec SpecNetwork.
From NTK.theory Require Import FiniteSum Normed InnerProduct Euclidean MatrixFacts.
Open Scope R_scope.

Section Operator.
Variable n : nat.
Notation coord := (coord (U := R_CompleteNormedModule) n).

Definition matop (A : nat -> nat -> R) (z : Rn n) : Rn n :=
  vec n (fun i => rsum (S n) (fun j => A i j * coord z j)).

Lemma coord_matop A z i : (i < S n)%nat -> coord (matop A z) i = rsum (S n) (fun j => A i j * coord z j).
Proof. intros Hi. unfold matop. now rewrite coord_vec by lia. Qed.

Lemma ipn_matop A u z : ipn n (matop A z) u = bform (S n) A (coord u) (coord z).
Proof.
unfold ipn. rewrite ipp_rsum. apply rsum_ext. intros i Hi. rewrite coord_matop by auto.
rewrite <- rsum_scal_r. apply rsum_ext. intros j _. ring.
Qed.

Lemma matop_form A z : ipn n (matop A z) z = qform (S n) A (coord z).
Proof. apply ipn_matop. Qed.

Lemma matop_adjoint A : symmetric (S n) A -> adjoint (ipn n) (ipn n) (matop A) (matop A).
Proof.
intros HA h z. rewrite (ip_sym _ _ (ipn_inner n) h), !ipn_matop. unfold bform. rewrite rsum_swap.
apply rsum_ext. intros i Hi. apply rsum_ext. intros j Hj. rewrite (HA i j) by auto. ring.
Qed.

(** The operator norm of a matrix with [|E_ij| <= C_ij], [lambda_max C <= c]. *)
Theorem matop_norm E C c z : symmetric (S n) C ->
  (forall i j, (i < S n)%nat -> (j < S n)%nat -> Rabs (E i j) <= C i j) -> 0 <= c ->
  lambda_max_le (S n) C c -> norm (matop E z) <= c * norm z.
Proof.
intros HC HE Pc Hc. set (u := matop E z).
assert (Eu : norm u ^ 2 = bform (S n) E (coord u) (coord z)).
{ rewrite <- (ip_norm _ _ (ipn_inner n)). apply ipn_matop. }
assert (Pu := norm_ge_0 u). assert (Pz := norm_ge_0 z).
assert (T : (norm u ^ 2) ^ 2 <= c ^ 2 * (norm u ^ 2 * norm z ^ 2)).
{ assert (Ez : norm z ^ 2 = rsum (S n) (fun i => coord z i * coord z i)) by apply Rn_norm.
  assert (Eu2 : norm u ^ 2 = rsum (S n) (fun i => coord u i * coord u i)) by apply Rn_norm.
  assert (T := entrywise_norm (S n) E C c (coord u) (coord z) HC HE Pc Hc).
  rewrite <- Ez, <- Eu2, <- Eu in T. exact T. }
destruct Pu as [Pu|Zu]; [|rewrite <- Zu; now apply Rmult_le_pos].
set (a := norm u) in *. set (b := norm z) in *.
assert (P2 : 0 < a ^ 2) by now apply pow_lt.
apply Rsqr_incr_0_var; [|now apply Rmult_le_pos]. rewrite !Rsqr_pow2, Rpow_mult_distr.
apply Rmult_le_reg_l with (a ^ 2); auto.
apply Rle_trans with ((a ^ 2) ^ 2); [right; ring|]. eapply Rle_trans; [exact T|]. right; ring.
Qed.

End Operator.
