(** * Finite sums, and the certificate of a smallest eigenvalue

    [lambda_min_of_factor]: if, after scaling row and column i by [s i], the matrix differs from
    [L Lᵀ + diag (sigma s_i² + n delta)] by at most [delta] in every entry, then its smallest eigenvalue is at
    least [sigma]. The factor L may come from anywhere. *)

From Coq Require Import Reals Lra Lia Psatz Arith.
From NTK Require Import Spec.
Open Scope R_scope.

(** ** Sums *)

Lemma rsum_ext n f g : (forall i, (i < n)%nat -> f i = g i) -> rsum n f = rsum n g.
Proof.
induction n as [|n IH]; intros H; simpl; auto.
rewrite IH by (intros; apply H; lia). now rewrite H by lia.
Qed.
Lemma rsum_plus n f g : rsum n (fun i => f i + g i) = rsum n f + rsum n g.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.
Lemma rsum_scal n c f : rsum n (fun i => c * f i) = c * rsum n f.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.
Lemma rsum_scal_r n c f : rsum n (fun i => f i * c) = rsum n f * c.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.
Lemma rsum_zero n : rsum n (fun _ => 0) = 0.
Proof. induction n as [|n IH]; simpl; [ring | rewrite IH; ring]. Qed.
Lemma rsum_shift n f : rsum (S n) f = f O + rsum n (fun i => f (S i)).
Proof.
induction n as [|n IH]; [simpl; ring|].
change (rsum (S (S n)) f) with (rsum (S n) f + f (S n)). rewrite IH. simpl. ring.
Qed.
Lemma rsum_le n f g : (forall i, (i < n)%nat -> f i <= g i) -> rsum n f <= rsum n g.
Proof.
induction n as [|n IH]; intros H; simpl; [lra|].
apply Rplus_le_compat; [apply IH; intros; apply H; lia | apply H; lia].
Qed.
Lemma rsum_nonneg n f : (forall i, (i < n)%nat -> 0 <= f i) -> 0 <= rsum n f.
Proof. intros H. rewrite <- (rsum_zero n). now apply rsum_le. Qed.
Lemma rsum_swap n m f :
  rsum n (fun i => rsum m (fun j => f i j)) = rsum m (fun j => rsum n (fun i => f i j)).
Proof.
induction n as [|n IH]; simpl; [symmetry; apply rsum_zero|].
rewrite IH, <- rsum_plus. now apply rsum_ext.
Qed.
(** Beyond its support a function adds nothing. *)
Lemma rsum_support n m f : (n <= m)%nat -> (forall i, (n <= i)%nat -> f i = 0) -> rsum m f = rsum n f.
Proof.
intros H Z. induction H as [|m H IH]; auto. simpl. rewrite IH, Z by lia. ring.
Qed.

(** ** Quadratic forms *)

Lemma qform_ext n A B v :
  (forall i j, (i < n)%nat -> (j < n)%nat -> A i j = B i j) -> qform n A v = qform n B v.
Proof.
intros H. unfold qform. apply rsum_ext; intros i Hi. apply rsum_ext; intros j Hj. now rewrite H.
Qed.
Lemma qform_plus n A B v : qform n (fun i j => A i j + B i j) v = qform n A v + qform n B v.
Proof.
unfold qform. rewrite <- rsum_plus. apply rsum_ext; intros i _.
rewrite <- rsum_plus. apply rsum_ext; intros j _. ring.
Qed.

(** [vᵀ L Lᵀ v = |Lᵀ v|²]. *)
Lemma qform_factor n m (L : nat -> nat -> R) v :
  0 <= qform n (fun i j => rsum m (fun k => L i k * L j k)) v.
Proof.
assert (qform n (fun i j => rsum m (fun k => L i k * L j k)) v =
        rsum m (fun k => rsum n (fun i => v i * L i k) * rsum n (fun i => v i * L i k))) as ->.
{ unfold qform.
  transitivity (rsum n (fun i => rsum m (fun k => (v i * L i k) * rsum n (fun j => v j * L j k)))).
  - apply rsum_ext; intros i _.
    transitivity (rsum n (fun j => rsum m (fun k => (v i * L i k) * (v j * L j k)))).
    + apply rsum_ext; intros j _. rewrite <- rsum_scal. apply rsum_ext; intros k _. ring.
    + rewrite rsum_swap. apply rsum_ext; intros k _. now rewrite rsum_scal.
  - rewrite rsum_swap. apply rsum_ext; intros k _. now rewrite rsum_scal_r. }
apply rsum_nonneg; intros. apply Rle_0_sqr.
Qed.

Lemma qform_diagonal n (f : nat -> R) v :
  qform n (fun i j => if Nat.eqb i j then f i else 0) v = rsum n (fun i => f i * (v i * v i)).
Proof.
unfold qform. apply rsum_ext; intros i Hi.
assert (G : forall m, rsum m (fun j => v i * v j * (if Nat.eqb i j then f i else 0)) =
                      if Nat.ltb i m then f i * (v i * v i) else 0).
{ induction m as [|m IH]; [reflexivity|]. cbn [rsum]. rewrite IH.
  destruct (Nat.eqb_spec i m) as [E|]; destruct (Nat.ltb_spec i m), (Nat.ltb_spec i (S m));
    try lia; try rewrite <- E; ring. }
rewrite G. destruct (Nat.ltb_spec i n); [reflexivity | lia].
Qed.

(** [(Σ|v_i|)² ≤ n Σ v_i²]. *)
Lemma square_of_sum n v :
  rsum n (fun i => Rabs (v i)) * rsum n (fun i => Rabs (v i)) <= INR n * rsum n (fun i => v i * v i).
Proof.
induction n as [|n IH]; [simpl; lra|]. cbn [rsum]. rewrite S_INR.
set (s := rsum n (fun i => Rabs (v i))) in *. set (q := rsum n (fun i => v i * v i)) in *.
assert (Hq : 0 <= q) by (apply rsum_nonneg; intros; apply Rle_0_sqr).
assert (v n * v n = Rabs (v n) * Rabs (v n)) as ->.
{ rewrite <- Rabs_mult. symmetry. apply Rabs_pos_eq, Rle_0_sqr. }
set (a := Rabs (v n)).
assert (Hs : 2 * s * a <= q + INR n * (a * a)).
{ destruct n as [|n']; [unfold s, q; simpl; lra|].
  set (N := INR (S n')) in *. assert (0 < N) by (apply lt_0_INR; lia).
  assert (0 <= (s - N * a) * (s - N * a)) by apply Rle_0_sqr.
  apply Rmult_le_reg_l with N; [assumption | nra]. }
nra.
Qed.

(** Entries of modulus at most delta move the form by at most [n delta |v|²]. *)
Lemma qform_small n E delta v : 0 <= delta ->
  (forall i j, (i < n)%nat -> (j < n)%nat -> Rabs (E i j) <= delta) ->
  - (INR n * delta) * rsum n (fun i => v i * v i) <= qform n E v.
Proof.
intros Hd HE.
set (s := rsum n (fun i => Rabs (v i))).
assert (H : - (delta * (s * s)) <= qform n E v).
{ unfold qform.
  replace (- (delta * (s * s))) with (rsum n (fun i => rsum n (fun j => - delta * (Rabs (v i) * Rabs (v j))))).
  - apply rsum_le; intros i Hi. apply rsum_le; intros j Hj. specialize (HE i j Hi Hj).
    assert (Rabs (v i * v j * E i j) <= delta * (Rabs (v i) * Rabs (v j))).
    { rewrite !Rabs_mult, (Rmult_comm delta).
      apply Rmult_le_compat_l; auto. apply Rmult_le_pos; apply Rabs_pos. }
    assert (K := Rle_abs (- (v i * v j * E i j))). rewrite Rabs_Ropp in K. lra.
  - transitivity (rsum n (fun i => (- delta * s) * Rabs (v i))).
    + apply rsum_ext; intros i _. rewrite rsum_scal, (rsum_scal n (Rabs (v i))). fold s. ring.
    + rewrite rsum_scal. fold s. ring. }
assert (K := Rmult_le_compat_l _ _ _ Hd (square_of_sum n v)). fold s in K. lra.
Qed.

(** ** The certificate *)

Theorem lambda_min_of_factor n m (A L : nat -> nat -> R) (s : nat -> R) sigma delta :
  0 <= delta -> (forall i, (i < n)%nat -> s i <> 0) ->
  (forall i j, (i < n)%nat -> (j < n)%nat ->
     Rabs (s i * s j * A i j - (rsum m (fun k => L i k * L j k) +
                                (if Nat.eqb i j then sigma * (s i * s i) + INR n * delta else 0))) <= delta) ->
  lambda_min_ge n A sigma.
Proof.
intros Hd Hs HE v.
set (w := fun i => v i / s i).
set (D := fun i j : nat => if Nat.eqb i j then sigma * (s i * s i) + INR n * delta else 0).
set (LL := fun i j : nat => rsum m (fun k => L i k * L j k)).
assert (qform n A v = qform n (fun i j => (LL i j + D i j) + (s i * s j * A i j - (LL i j + D i j))) w) as ->.
{ unfold qform. apply rsum_ext; intros i Hi. apply rsum_ext; intros j Hj. unfold w.
  field. split; apply Hs; assumption. }
rewrite (qform_plus n (fun i j => LL i j + D i j)), (qform_plus n LL D).
assert (A1 := qform_factor n m L w). fold LL in A1.
assert (A3 := qform_small n (fun i j => s i * s j * A i j - (LL i j + D i j)) delta w Hd HE).
assert (A2 : qform n D w = sigma * rsum n (fun i => v i * v i) + INR n * delta * rsum n (fun i => w i * w i)).
{ unfold D. rewrite qform_diagonal, <- !rsum_scal, <- rsum_plus. apply rsum_ext; intros i Hi. unfold w.
  field. now apply Hs. }
lra.
Qed.
