(** * Facts about symmetric matrices: Schur products, Weyl, entrywise bounds, flips

    In the notation of [Spec.v]: [qform n A v] is [vᵀAv]; [lambda_min_ge], [lambda_max_le] bound the
    eigenvalues of a symmetric matrix. Every positive semidefinite matrix is a Gram matrix
    ([gram_factor], a Cholesky factorisation), from which Schur's product bounds follow. *)

From Coq Require Import Reals Lra Lia Psatz.
From NTK Require Spec SpecNetwork.
From NTK.theory Require Import FiniteSum.
Open Scope R_scope.

Notation qform := Spec.qform.
Notation lambda_min_ge := Spec.lambda_min_ge.
Notation lambda_max_le := SpecNetwork.lambda_max_le.

Definition symmetric (n : nat) (A : nat -> nat -> R) : Prop :=
  forall i j, (i < n)%nat -> (j < n)%nat -> A i j = A j i.
Definition psd (n : nat) (A : nat -> nat -> R) : Prop := forall v, 0 <= qform n A v.

Lemma qform_ext n A B v : (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = B i j) -> qform n A v = qform n B v.
Proof.
intros H. apply rsum_ext. intros i Hi. apply rsum_ext. intros j Hj. now rewrite H.
Qed.

Lemma qform_ext_vec n A u v : (forall i, (i < n)%nat -> u i = v i) -> qform n A u = qform n A v.
Proof.
intros H. apply rsum_ext. intros i Hi. apply rsum_ext. intros j Hj. now rewrite !H.
Qed.

Lemma qform_plus n A B v : qform n (fun i j => A i j + B i j) v = qform n A v + qform n B v.
Proof.
unfold qform. rewrite <- rsum_plus. apply rsum_ext. intros i _. rewrite <- rsum_plus. apply rsum_ext. intros j _. ring.
Qed.

Lemma qform_minus n A B v : qform n (fun i j => A i j - B i j) v = qform n A v - qform n B v.
Proof.
unfold qform. rewrite <- rsum_minus. apply rsum_ext. intros i _. rewrite <- rsum_minus. apply rsum_ext. intros j _. ring.
Qed.

(** Border the last row and column. *)
Lemma qform_border n A v : symmetric (S n) A ->
  qform (S n) A v = qform n A v + 2 * v n * rsum n (fun i => A i n * v i) + v n ^ 2 * A n n.
Proof.
intros HA. unfold qform. cbn [Spec.rsum]. rewrite rsum_plus.
assert (E1 : rsum n (fun i => v i * v n * A i n) = v n * rsum n (fun i => A i n * v i)).
{ rewrite <- rsum_scal. apply rsum_ext. intros; ring. }
assert (E2 : rsum n (fun j => v n * v j * A n j) = v n * rsum n (fun i => A i n * v i)).
{ rewrite <- rsum_scal. apply rsum_ext. intros j Hj. rewrite (HA n j) by lia. ring. }
rewrite E1, E2. ring.
Qed.

(** The last column of a psd matrix vanishes with its diagonal entry. *)
Lemma psd_border_zero n A : symmetric (S n) A -> psd (S n) A -> A n n = 0 -> forall i, (i < n)%nat -> A i n = 0.
Proof.
intros HA HP Hn i Hi.
set (s := rsum n (fun j => A j n * A j n)).
assert (Q : forall t, 0 <= qform n A (fun j => A j n) + 2 * t * s).
{ intros t. set (v := fun j => if Nat.eq_dec j n then t else A j n).
  assert (T := HP v). rewrite qform_border, Hn in T by auto.
  assert (E : v n = t) by (unfold v; destruct (Nat.eq_dec n n); lia || easy).
  assert (Ev : forall j, (j < n)%nat -> v j = A j n) by (intros j Hj; unfold v; destruct (Nat.eq_dec j n); [lia | easy]).
  rewrite E, (qform_ext_vec n A v (fun j => A j n)) in T by auto.
  rewrite (rsum_ext n (fun j => A j n * v j) (fun j => A j n * A j n)) in T by (intros j Hj; now rewrite Ev).
  fold s in T. lra. }
assert (Ps : 0 <= s) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
assert (Z : s = 0).
{ destruct Ps as [Ps|Zs]; auto. exfalso. set (a := qform n A (fun j => A j n)) in *.
  assert (T := Q (- (a + 1) / (2 * s))). replace (a + 2 * (- (a + 1) / (2 * s)) * s) with (-1) in T by (field; lra). lra. }
exact (rsum_sq_zero n (fun j => A j n) Z i Hi).
Qed.

(** Cholesky: a psd matrix is a Gram matrix. *)
Theorem gram_factor n A : symmetric n A -> psd n A ->
  exists f : nat -> nat -> R, forall i j, (i < n)%nat -> (j < n)%nat -> A i j = rsum n (fun r => f r i * f r j).
Proof.
revert A. induction n as [|n IH]; intros A HA HP.
- exists (fun _ _ => 0). intros i j Hi. lia.
- assert (Hn : 0 <= A n n).
  { set (v := fun j => if Nat.eq_dec j n then 1 else 0). assert (T := HP v). rewrite qform_border in T by auto.
    assert (E : v n = 1) by (unfold v; destruct (Nat.eq_dec n n); lia || easy).
    assert (Ev : forall j, (j < n)%nat -> v j = 0) by (intros j Hj; unfold v; destruct (Nat.eq_dec j n); [lia | easy]).
    rewrite E, (qform_ext_vec n A v (fun _ => 0)) in T by auto.
    rewrite (rsum_ext n _ (fun _ => 0)) in T by (intros j Hj; rewrite Ev by auto; ring). rewrite rsum_zero in T.
    assert (Z : qform n A (fun _ => 0) = 0).
    { unfold qform. rewrite (rsum_ext n _ (fun _ => 0)); [apply rsum_zero|]. intros i _.
      rewrite (rsum_ext n _ (fun _ => 0)); [apply rsum_zero | intros; ring]. }
    rewrite Z in T. lra. }
  destruct (Rle_lt_or_eq_dec _ _ Hn) as [P|Z].
  + set (B := fun i j => A i j - A i n * A j n / A n n).
    assert (HB : symmetric n B).
    { intros i j Hi Hj. unfold B. rewrite (HA i j) by lia. field. lra. }
    assert (PB : psd n B).
    { intros v. set (s := rsum n (fun i => A i n * v i)).
      set (u := fun j => if Nat.eq_dec j n then - s / A n n else v j).
      assert (T := HP u). rewrite qform_border in T by auto.
      assert (E : u n = - s / A n n) by (unfold u; destruct (Nat.eq_dec n n); lia || easy).
      assert (Ev : forall j, (j < n)%nat -> u j = v j) by (intros j Hj; unfold u; destruct (Nat.eq_dec j n); [lia | easy]).
      rewrite E, (qform_ext_vec n A u v) in T by auto.
      rewrite (rsum_ext n (fun i => A i n * u i) (fun i => A i n * v i)) in T by (intros j Hj; now rewrite Ev).
      fold s in T.
      assert (EB : qform n B v = qform n A v - s * s / A n n).
      { unfold B. rewrite (qform_minus n A (fun i j => A i n * A j n / A n n)). f_equal.
        unfold s, Rdiv. rewrite rsum_mult, <- rsum_scal_r. apply rsum_ext. intros i _.
        rewrite <- rsum_scal_r. apply rsum_ext. intros j _. ring. }
      rewrite EB. replace (qform n A v + 2 * (- s / A n n) * s + (- s / A n n) ^ 2 * A n n) with
        (qform n A v - s * s / A n n) in T by (field; lra). exact T. }
    destruct (IH B HB PB) as [f Hf].
    set (g := fun i => A i n / sqrt (A n n)).
    assert (Ps : 0 < sqrt (A n n)) by now apply sqrt_lt_R0.
    assert (Es : sqrt (A n n) * sqrt (A n n) = A n n) by (apply sqrt_sqrt; lra).
    exists (fun r i => if Nat.eq_dec r n then g i else if Nat.eq_dec i n then 0 else f r i).
    intros i j Hi Hj. cbn [Spec.rsum].
    assert (EL : (if Nat.eq_dec n n then g i else if Nat.eq_dec i n then 0 else f n i) *
      (if Nat.eq_dec n n then g j else if Nat.eq_dec j n then 0 else f n j) = A i n * A j n / A n n).
    { destruct (Nat.eq_dec n n); [|lia]. unfold g. rewrite <- Es at 3. field. lra. }
    rewrite EL.
    assert (ER : rsum n (fun r => (if Nat.eq_dec r n then g i else if Nat.eq_dec i n then 0 else f r i) *
      (if Nat.eq_dec r n then g j else if Nat.eq_dec j n then 0 else f r j)) =
      if Nat.eq_dec i n then 0 else if Nat.eq_dec j n then 0 else B i j).
    { destruct (Nat.eq_dec i n) as [Ei|Ni]; [|destruct (Nat.eq_dec j n) as [Ej|Nj]].
      - rewrite (rsum_ext n _ (fun _ => 0)); [apply rsum_zero|]. intros r Hr. destruct (Nat.eq_dec r n); [lia | ring].
      - rewrite (rsum_ext n _ (fun _ => 0)); [apply rsum_zero|]. intros r Hr. destruct (Nat.eq_dec r n); [lia | ring].
      - rewrite (Hf i j) by lia. apply rsum_ext. intros r Hr. destruct (Nat.eq_dec r n); [lia | ring]. }
    rewrite ER. destruct (Nat.eq_dec i n) as [->|Ni]; [|destruct (Nat.eq_dec j n) as [->|Nj]].
    * rewrite (HA n j) by lia. field. lra.
    * field. lra.
    * unfold B. field. lra.
  + assert (Zc := psd_border_zero n A HA HP (eq_sym Z)).
    assert (HA' : symmetric n A) by (intros i j Hi Hj; apply HA; lia).
    assert (HP' : psd n A).
    { intros v. set (u := fun j => if Nat.eq_dec j n then 0 else v j). assert (T := HP u). rewrite qform_border in T by auto.
      assert (E : u n = 0) by (unfold u; destruct (Nat.eq_dec n n); lia || easy).
      assert (Ev : forall j, (j < n)%nat -> u j = v j) by (intros j Hj; unfold u; destruct (Nat.eq_dec j n); [lia | easy]).
      rewrite E, (qform_ext_vec n A u v) in T by auto. lra. }
    destruct (IH A HA' HP') as [f Hf].
    exists (fun r i => if Nat.eq_dec r n then 0 else if Nat.eq_dec i n then 0 else f r i).
    intros i j Hi Hj. cbn [Spec.rsum]. destruct (Nat.eq_dec n n) as [_|]; [|lia].
    destruct (Nat.eq_dec i n) as [->|Ni]; [|destruct (Nat.eq_dec j n) as [->|Nj]].
    * rewrite (rsum_ext n _ (fun _ => 0)) by (intros r Hr; destruct (Nat.eq_dec r n); ring). rewrite rsum_zero.
      destruct (Nat.eq_dec j n) as [->|Nj]; [lra|]. rewrite (HA n j) by lia. rewrite Zc by lia. ring.
    * rewrite (rsum_ext n _ (fun _ => 0)) by (intros r Hr; destruct (Nat.eq_dec r n); ring). rewrite rsum_zero, Zc by lia. ring.
    * rewrite (Hf i j) by lia. rewrite (rsum_ext n (fun r => f r i * f r j) (fun r =>
        (if Nat.eq_dec r n then 0 else f r i) * (if Nat.eq_dec r n then 0 else f r j))); [ring|].
      intros r Hr. destruct (Nat.eq_dec r n); [lia | ring].
Qed.

(** ** Schur's product bounds *)

Lemma hadamard_form n A B f v : (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = rsum n (fun r => f r i * f r j)) ->
  qform n (fun i j => A i j * B i j) v = rsum n (fun r => qform n B (fun i => v i * f r i)).
Proof.
intros Hf. unfold qform.
rewrite (rsum_ext n _ (fun i => rsum n (fun r => rsum n (fun j => v i * f r i * (v j * f r j) * B i j)))).
- rewrite rsum_swap. easy.
- intros i Hi. rewrite (rsum_swap n). apply rsum_ext. intros j Hj. rewrite (Hf i j) by auto.
  rewrite (rsum_ext n (fun r => v i * f r i * (v j * f r j) * B i j) (fun r => v i * v j * B i j * (f r i * f r j))) by (intros; ring).
  rewrite rsum_scal. ring.
Qed.

Lemma hadamard_diag n A f v : (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = rsum n (fun r => f r i * f r j)) ->
  rsum n (fun r => rsum n (fun i => v i * f r i * (v i * f r i))) = rsum n (fun i => A i i * (v i * v i)).
Proof.
intros Hf. rewrite rsum_swap. apply rsum_ext. intros i Hi. rewrite (Hf i i) by auto.
rewrite <- rsum_scal_r. apply rsum_ext. intros; ring.
Qed.

Theorem schur_psd n A B : symmetric n A -> psd n A -> psd n B -> psd n (fun i j => A i j * B i j).
Proof.
intros HA PA PB v. destruct (gram_factor n A HA PA) as [f Hf]. rewrite (hadamard_form n A B f v Hf).
apply rsum_nonneg. intros r _. apply PB.
Qed.

(** [lambda_max (A∘B) <= max A_ii * lambda_max B]. *)
Theorem schur_max n A B a b : symmetric n A -> psd n A -> 0 <= b -> lambda_max_le n B b ->
  (forall i, (i < n)%nat -> A i i <= a) -> lambda_max_le n (fun i j => A i j * B i j) (a * b).
Proof.
intros HA PA Pb HB Ha v. destruct (gram_factor n A HA PA) as [f Hf]. rewrite (hadamard_form n A B f v Hf).
apply Rle_trans with (rsum n (fun r => b * rsum n (fun i => v i * f r i * (v i * f r i)))).
- apply rsum_le. intros r _. apply HB.
- rewrite rsum_scal, (hadamard_diag n A f v Hf), (Rmult_comm a b), Rmult_assoc. apply Rmult_le_compat_l; auto.
  rewrite <- rsum_scal. apply rsum_le. intros i Hi. apply Rmult_le_compat_r; [apply Rle_0_sqr | auto].
Qed.

(** [lambda_min (A∘B) >= min A_ii * lambda_min B]. *)
Theorem schur_min n A B a b : symmetric n A -> psd n A -> 0 <= b -> lambda_min_ge n B b ->
  (forall i, (i < n)%nat -> a <= A i i) -> lambda_min_ge n (fun i j => A i j * B i j) (a * b).
Proof.
intros HA PA Pb HB Ha v. destruct (gram_factor n A HA PA) as [f Hf]. rewrite (hadamard_form n A B f v Hf).
apply Rle_trans with (rsum n (fun r => b * rsum n (fun i => v i * f r i * (v i * f r i)))).
- rewrite rsum_scal, (hadamard_diag n A f v Hf), (Rmult_comm a b), Rmult_assoc. apply Rmult_le_compat_l; auto.
  rewrite <- rsum_scal. apply rsum_le. intros i Hi. apply Rmult_le_compat_r; [apply Rle_0_sqr | auto].
- apply rsum_le. intros r _. apply HB.
Qed.

(** ** Weyl's inequality *)
Theorem weyl n A E a eps : lambda_min_ge n A a -> lambda_min_ge n E (- eps) ->
  lambda_min_ge n (fun i j => A i j + E i j) (a - eps).
Proof. intros HA HE v. rewrite qform_plus. assert (H1 := HA v). assert (H2 := HE v). lra. Qed.

(** ** Entrywise bounds: [‖E‖ <= lambda_max C] when [|E_ij| <= C_ij] *)

Definition bform (n : nat) (A : nat -> nat -> R) (u v : nat -> R) : R :=
  rsum n (fun i => rsum n (fun j => u i * v j * A i j)).

Lemma bform_polar n A u v : symmetric n A ->
  4 * bform n A u v = qform n A (fun i => u i + v i) - qform n A (fun i => u i - v i).
Proof.
intros HA. unfold bform, qform.
assert (E : rsum n (fun i => rsum n (fun j => v i * u j * A i j)) = rsum n (fun i => rsum n (fun j => u i * v j * A i j))).
{ rewrite rsum_swap. apply rsum_ext. intros i Hi. apply rsum_ext. intros j Hj. rewrite (HA i j) by auto. ring. }
transitivity (2 * rsum n (fun i => rsum n (fun j => u i * v j * A i j)) + 2 * rsum n (fun i => rsum n (fun j => v i * u j * A i j))).
- rewrite E. ring.
- rewrite <- !rsum_scal, <- rsum_plus, <- rsum_minus. apply rsum_ext. intros i _.
  rewrite <- !rsum_scal, <- rsum_plus, <- rsum_minus. apply rsum_ext. intros j _. ring.
Qed.

Lemma bform_scal n A s t u v : bform n A (fun i => s * u i) (fun j => t * v j) = s * t * bform n A u v.
Proof.
unfold bform. rewrite <- rsum_scal. apply rsum_ext. intros i _. rewrite <- rsum_scal. apply rsum_ext. intros j _. ring.
Qed.

Lemma nonneg_bform n C c u v : symmetric n C -> (forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= C i j) ->
  lambda_max_le n C c ->
  2 * bform n C u v <= c * (rsum n (fun i => u i * u i) + rsum n (fun i => v i * v i)).
Proof.
intros HC PC Hc. assert (P := bform_polar n C u v HC).
assert (A := Hc (fun i => u i + v i)).
(* -qform(x) <= qform(|x|) *)
assert (B : - qform n C (fun i => u i - v i) <= c * rsum n (fun i => (u i - v i) * (u i - v i))).
{ eapply Rle_trans; [|eapply Rle_trans; [apply (Hc (fun i => Rabs (u i - v i)))|]].
  - unfold qform. replace (- rsum n (fun i => rsum n (fun j => (u i - v i) * (u j - v j) * C i j))) with
      (rsum n (fun i => rsum n (fun j => - ((u i - v i) * (u j - v j) * C i j)))).
    + apply rsum_le. intros i Hi. apply rsum_le. intros j Hj.
      rewrite <- Rabs_mult. assert (T := Rle_abs (- ((u i - v i) * (u j - v j)))). rewrite Rabs_Ropp in T.
      assert (T2 := PC i j Hi Hj). apply Rmult_le_compat_r with (r := C i j) in T; auto. lra.
    + replace (- rsum n (fun i => rsum n (fun j => (u i - v i) * (u j - v j) * C i j))) with
        (-1 * rsum n (fun i => rsum n (fun j => (u i - v i) * (u j - v j) * C i j))) by ring.
      rewrite <- rsum_scal. apply rsum_ext. intros i _. rewrite <- rsum_scal. apply rsum_ext. intros j _. ring.
  - right. f_equal. apply rsum_ext. intros i _. rewrite <- Rabs_mult. apply Rabs_pos_eq. apply Rle_0_sqr. }
assert (E : rsum n (fun i => (u i + v i) * (u i + v i)) + rsum n (fun i => (u i - v i) * (u i - v i)) =
  2 * (rsum n (fun i => u i * u i) + rsum n (fun i => v i * v i))).
{ rewrite <- !rsum_plus, <- rsum_scal. apply rsum_ext. intros; ring. }
assert (c * (rsum n (fun i => (u i + v i) * (u i + v i)) + rsum n (fun i => (u i - v i) * (u i - v i))) =
  2 * (c * (rsum n (fun i => u i * u i) + rsum n (fun i => v i * v i)))) by (rewrite E; ring).
lra.
Qed.

(** As an operator norm: [|uᵀEv| <= c ‖u‖‖v‖]; squared, to stay free of roots. *)
Theorem entrywise_norm n E C c u v : symmetric n C ->
  (forall i j, (i < n)%nat -> (j < n)%nat -> Rabs (E i j) <= C i j) -> 0 <= c -> lambda_max_le n C c ->
  bform n E u v ^ 2 <= c ^ 2 * (rsum n (fun i => u i * u i) * rsum n (fun i => v i * v i)).
Proof.
intros HC HE Pc Hc.
set (a := rsum n (fun i => u i * u i)). set (b := rsum n (fun i => v i * v i)).
assert (Pa : 0 <= a) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
assert (Pb : 0 <= b) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
assert (PC : forall i j, (i < n)%nat -> (j < n)%nat -> 0 <= C i j).
{ intros i j Hi Hj. eapply Rle_trans; [apply Rabs_pos | apply HE; auto]. }
set (U := fun i => Rabs (u i)). set (V := fun i => Rabs (v i)).
set (x := bform n C U V).
assert (Ex : Rabs (bform n E u v) <= x).
{ unfold bform, x. eapply Rle_trans; [apply rsum_abs|]. apply rsum_le. intros i Hi.
  eapply Rle_trans; [apply rsum_abs|]. apply rsum_le. intros j Hj. rewrite !Rabs_mult.
  apply Rmult_le_compat_l; [apply Rmult_le_pos; apply Rabs_pos | auto]. }
assert (EU : rsum n (fun i => U i * U i) = a) by (apply rsum_ext; intros; unfold U; rewrite <- Rabs_mult; apply Rabs_pos_eq, Rle_0_sqr).
assert (EV : rsum n (fun i => V i * V i) = b) by (apply rsum_ext; intros; unfold V; rewrite <- Rabs_mult; apply Rabs_pos_eq, Rle_0_sqr).
(* scale the two vectors against each other *)
assert (Q : forall s t, 2 * (s * t * x) <= c * (s * s * a + t * t * b)).
{ intros s t. assert (T := nonneg_bform n C c (fun i => s * U i) (fun i => t * V i) HC PC Hc).
  rewrite bform_scal in T. rewrite (rsum_ext n _ (fun i => s * s * (U i * U i))) in T by (intros; ring).
  rewrite (rsum_ext n (fun i => t * V i * (t * V i)) (fun i => t * t * (V i * V i))) in T by (intros; ring).
  rewrite !rsum_scal, EU, EV in T. exact T. }
assert (X : x ^ 2 <= c ^ 2 * (a * b)).
{ assert (Px : 0 <= x) by (eapply Rle_trans; [apply Rabs_pos | exact Ex]).
  assert (T := Q (sqrt b) (sqrt a)).
  assert (Ea := sqrt_sqrt a Pa). assert (Eb := sqrt_sqrt b Pb). assert (Sa := sqrt_pos a). assert (Sb := sqrt_pos b).
  rewrite Ea, Eb in T.
  destruct (Rle_lt_or_eq_dec _ _ Pa) as [La|Za]; [destruct (Rle_lt_or_eq_dec _ _ Pb) as [Lb|Zb]|].
  - assert (P1 : 0 < sqrt a) by now apply sqrt_lt_R0. assert (P2 : 0 < sqrt b) by now apply sqrt_lt_R0.
    assert (P3 : 0 < sqrt b * sqrt a) by now apply Rmult_lt_0_compat.
    assert (Lx : x <= c * (sqrt b * sqrt a)).
    { apply Rmult_le_reg_l with (sqrt b * sqrt a); auto.
      replace (sqrt b * sqrt a * (c * (sqrt b * sqrt a))) with (c * ((sqrt a * sqrt a) * (sqrt b * sqrt b))) by ring.
      rewrite Ea, Eb. lra. }
    replace (c ^ 2 * (a * b)) with ((c * (sqrt b * sqrt a)) ^ 2) by (rewrite <- Ea at 2; rewrite <- Eb at 2; ring).
    apply pow_incr. lra.
  - assert (T1 := Q 1 (c * a + 1)). assert (T2 := Q 1 ((c * a + 1) / (x + 1))).
    rewrite <- Zb in *. assert (x <= 0).
    { destruct (Rle_lt_dec x 0) as [L|L]; auto. exfalso.
      assert (T3 := Q 1 ((c * a + 1) / (2 * x))). replace (2 * (1 * ((c * a + 1) / (2 * x)) * x)) with (c * a + 1) in T3 by (field; lra). lra. }
    assert (x = 0) by lra. rewrite H0. lra.
  - assert (x <= 0).
    { destruct (Rle_lt_dec x 0) as [L|L]; auto. exfalso.
      assert (T3 := Q ((c * b + 1) / (2 * x)) 1). rewrite <- Za in T3.
      replace (2 * ((c * b + 1) / (2 * x) * 1 * x)) with (c * b + 1) in T3 by (field; lra). lra. }
    assert (x = 0) by (assert (T0 : 0 <= x) by exact Px; lra). rewrite H0, <- Za. lra. }
rewrite <- pow2_abs. eapply Rle_trans; [|exact X]. apply pow_incr. split; [apply Rabs_pos | exact Ex].
Qed.
