(** * Distances in a real normed space, and sequences of finite path length

    Plumbing for everything else: the triangle inequality in the form in which gradient
    descent uses it, and the one fact about completeness that the theorems need — a sequence
    whose steps sum to at most [Rad] converges, and stays within what is left of the path.

    Stated over [NormedModule] and not over the richer structures: Coquelicot's canonical
    structures otherwise reach [norm] by two different ways, which [rewrite] and [lra] do not
    identify. *)

From Coq Require Import Reals Lra Lia Psatz.
From Coquelicot Require Import Coquelicot.
Open Scope R_scope.

Section Distance.
Context {V : NormedModule R_AbsRing}.

Lemma dist_triangle (x y z : V) : norm (minus x z) <= norm (minus x y) + norm (minus y z).
Proof. rewrite (minus_trans y x z). apply norm_triangle. Qed.

Lemma dist_sym (x y : V) : norm (minus x y) = norm (minus y x).
Proof. now rewrite <- norm_opp, opp_minus. Qed.

Lemma dist_self (x : V) : norm (minus x x) = 0.
Proof. unfold minus. now rewrite plus_opp_r, norm_zero. Qed.

Lemma dist_zero (x y : V) : norm (minus x y) = 0 -> x = y.
Proof.
intros H. apply norm_eq_zero in H. transitivity (plus (minus x y) y).
- unfold minus. now rewrite <- plus_assoc, plus_opp_l, plus_zero_r.
- rewrite H. apply plus_zero_l.
Qed.

Lemma minus_zero_r (x : V) : minus x zero = x.
Proof. unfold minus. rewrite opp_zero. apply plus_zero_r. Qed.

Lemma minus_minus_l (x y : V) : minus (minus x y) x = opp y.
Proof. unfold minus. now rewrite (plus_comm x), <- plus_assoc, plus_opp_r, plus_zero_r. Qed.

Lemma plus_minus (x y : V) : plus x (minus y x) = y.
Proof. unfold minus. now rewrite (plus_comm y), plus_assoc, plus_opp_r, plus_zero_l. Qed.

Lemma minus_plus_l (x y : V) : minus (plus x y) x = y.
Proof. unfold minus. now rewrite (plus_comm x), <- plus_assoc, plus_opp_r, plus_zero_r. Qed.

Lemma norm_scal_le (t : R) (x : V) : norm (scal t x) <= Rabs t * norm x.
Proof. exact (norm_scal (t : R_AbsRing) x). Qed.

Lemma norm_scal_pos (t : R) (x : V) : 0 <= t -> norm (scal t x) <= t * norm x.
Proof. intros Ht. rewrite <- (Rabs_pos_eq t Ht) at 2. apply norm_scal_le. Qed.

(** A step of length [t] along [-g]. *)
Lemma step_dist (x g : V) (t : R) : 0 <= t -> norm (minus (minus x (scal t g)) x) <= t * norm g.
Proof. intros Ht. rewrite minus_minus_l, norm_opp. now apply norm_scal_pos. Qed.

Lemma minus_scal_0 (w g : V) : minus w (scal (0 : R) g) = w.
Proof.
replace (scal (0 : R) g) with (zero : V) by (symmetry; exact (scal_zero_l (K := R_Ring) g)).
apply minus_zero_r.
Qed.

Lemma norm_plus_le (x y : V) : norm (plus x y) <= norm x + norm y.
Proof. apply norm_triangle. Qed.

Lemma norm_minus_le (x y : V) : norm (minus x y) <= norm x + norm y.
Proof. unfold minus. eapply Rle_trans; [apply norm_triangle|]. rewrite norm_opp. lra. Qed.

Lemma norm_le_dist (x y : V) : norm x <= norm (minus x y) + norm y.
Proof.
replace x with (plus (minus x y) y) at 1; [apply norm_triangle|].
unfold minus. now rewrite <- plus_assoc, plus_opp_l, plus_zero_r.
Qed.

(** The distance to a fixed point is continuous. *)
Lemma dist_lim (u : nat -> V) (l z : V) : filterlim u eventually (locally l) ->
  is_lim_seq (fun k => norm (minus (u k) z)) (norm (minus l z)).
Proof.
intros H. apply (filterlim_comp _ _ _ u (fun w => norm (minus w z)) eventually (locally l)); auto.
apply (filterlim_comp _ _ _ (fun w => minus w z) norm _ (locally (minus l z))).
- apply (filterlim_comp_2 (F := locally l) (G := locally l) (H := locally (opp z))
       (fun w => w) (fun _ => opp z) plus).
  + apply filterlim_id.
  + apply filterlim_const.
  + apply (filterlim_plus (K := R_AbsRing) (V := V)).
- apply (filterlim_norm (K := R_AbsRing) (V := V)).
Qed.

Lemma dist_le_lim (u : nat -> V) (l z : V) (c : R) (N : nat) : filterlim u eventually (locally l) ->
  (forall k, (N <= k)%nat -> norm (minus (u k) z) <= c) -> norm (minus l z) <= c.
Proof.
intros Hu Hc.
apply (is_lim_seq_le_loc (fun k => norm (minus (u k) z)) (fun _ => c) (norm (minus l z)) c).
- exists N. exact Hc.
- now apply dist_lim.
- apply is_lim_seq_const.
Qed.

Lemma lim_dist_0 (u : nat -> V) (l : V) : filterlim u eventually (locally l) ->
  is_lim_seq (fun k => norm (minus (u k) l)) 0.
Proof. intros H. rewrite <- (dist_self l). now apply dist_lim. Qed.

End Distance.

(** ** Finite path length *)

Section FinitePath.
Context {V : CompleteNormedModule R_AbsRing}.
Variables (u : nat -> V) (rho : nat -> R) (Rad : R).
Hypothesis Hstep : forall k, norm (minus (u (S k)) (u k)) <= rho (S k) - rho k.
Hypothesis Hbound : forall k, rho k <= Rad.

Lemma path_mono k j : (k <= j)%nat -> rho k <= rho j.
Proof.
induction 1 as [|j _ IH]; [lra|].
assert (H := Hstep j). assert (P := norm_ge_0 (minus (u (S j)) (u j))). lra.
Qed.

Lemma path_dist k j : (k <= j)%nat -> norm (minus (u j) (u k)) <= rho j - rho k.
Proof.
induction 1 as [|j _ IH].
- rewrite (dist_self (V := V)). lra.
- assert (T := dist_triangle (V := V) (u (S j)) (u j) (u k)). assert (H := Hstep j).
  cut (norm (minus (u (S j)) (u k)) <= norm (minus (u (S j)) (u j)) + norm (minus (u j) (u k))); [lra|].
  exact T.
Qed.

Theorem finite_path_converges :
  exists l : V, filterlim u eventually (locally l) /\
                (forall k, norm (minus l (u k)) <= Rad - rho k).
Proof.
assert (HC : exists l : V, filterlim u eventually (locally l)).
{ apply (proj1 (filterlim_locally_cauchy (U := V) (F := eventually) u)). intros eps.
  assert (E : ex_finite_lim_seq rho).
  { apply ex_finite_lim_seq_incr with Rad; auto. intros n. apply path_mono. lia. }
  destruct E as [r E].
  assert (Lr : forall k, rho k <= r).
  { intros k. apply (is_lim_seq_le_loc (fun _ => rho k) rho (rho k) r); [|apply is_lim_seq_const|exact E].
    exists k. intros n Hn. now apply path_mono. }
  apply is_lim_seq_spec in E. destruct (E eps) as [N HN].
  exists (fun k => (N <= k)%nat). split; [exists N; auto|].
  assert (EN := HN N (le_n _)). assert (LN := Lr N). rewrite Rabs_minus_sym, Rabs_pos_eq in EN by lra.
  assert (M : forall i j, (N <= i)%nat -> (i <= j)%nat -> norm (minus (u j) (u i)) < eps).
  { intros i j Hi Hij. eapply Rle_lt_trans; [now apply path_dist|].
    assert (A := path_mono N i Hi). assert (B := Lr j). lra. }
  intros i j Hi Hj. apply (norm_compat1 (V := V)). destruct (Nat.le_ge_cases i j).
  - now apply M.
  - rewrite (dist_sym (V := V)). now apply M. }
destruct HC as [l Hl]. exists l. split; auto. intros k.
apply (dist_le_lim (V := V) u l (u k) (Rad - rho k) k Hl).
intros j Hj. eapply Rle_trans; [apply (path_dist k j Hj)|]. assert (B := Hbound j). lra.
Qed.

End FinitePath.
