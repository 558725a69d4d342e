(** * The kernel in terms of a chord

    For unit vectors u, v let [t = |u - v| / 2]: then [<u, v> = 1 - 2t²] and the angle is [2 asin t]. This form
    loses nothing for nearly parallel vectors, and with [|u + v|] nothing for nearly opposite ones. *)

From Coq Require Import Reals Lra Lia Psatz Bool.
From NTK Require Import Spec.
From NTK.instance Require Import Sums.
Open Scope R_scope.

(** ** Inner products *)

Lemma dot_sym d x y : dot d x y = dot d y x.
Proof. apply rsum_ext; intros; ring. Qed.
Lemma dot_nonneg d x : 0 <= dot d x x.
Proof. apply rsum_nonneg; intros; apply Rle_0_sqr. Qed.
Lemma dot_ext d x x' y y' : (forall k, (k < d)%nat -> x k = x' k) -> (forall k, (k < d)%nat -> y k = y' k) ->
  dot d x y = dot d x' y'.
Proof. intros H K. apply rsum_ext; intros k Hk. now rewrite H, K. Qed.
Lemma dot_comb d a b x y z : dot d (fun k => a * x k + b * y k) z = a * dot d x z + b * dot d y z.
Proof. unfold dot. rewrite <- !rsum_scal, <- rsum_plus. apply rsum_ext; intros; ring. Qed.
Lemma dot_scal d a b x y : dot d (fun k => a * x k) (fun k => b * y k) = a * b * dot d x y.
Proof. unfold dot. rewrite <- rsum_scal. apply rsum_ext; intros; ring. Qed.
Lemma square_comb d s x y :
  dot d (fun k => x k + s * y k) (fun k => x k + s * y k) = dot d x x + 2 * s * dot d x y + s * s * dot d y y.
Proof.
unfold dot. rewrite <- !rsum_scal, <- !rsum_plus. apply rsum_ext; intros; ring.
Qed.

Lemma norm_nonneg d x : 0 <= norm d x.
Proof. apply sqrt_pos. Qed.
Lemma norm_square d x : norm d x * norm d x = dot d x x.
Proof. apply sqrt_sqrt, dot_nonneg. Qed.
Lemma norm_ext d x y : (forall k, (k < d)%nat -> x k = y k) -> norm d x = norm d y.
Proof. intros H. unfold norm. f_equal. now apply dot_ext. Qed.

Lemma cauchy_schwarz d x y : dot d x y <= norm d x * norm d y.
Proof.
assert (Q := fun s => eq_ind _ (fun r => 0 <= r) (dot_nonneg d (fun k => x k + s * y k)) _ (square_comb d s x y)).
assert (Hx := norm_square d x). assert (Hy := norm_square d y). rewrite <- Hx, <- Hy in Q.
assert (Nx := norm_nonneg d x). assert (Ny := norm_nonneg d y).
set (a := norm d x) in *. set (b := norm d y) in *. set (g := dot d x y) in *.
destruct (Rle_lt_dec g (a * b)) as [|Hg]; [assumption|]. exfalso.
destruct (Rle_lt_or_eq_dec 0 b Ny) as [Hb|Hb].
- specialize (Q (- (a / b))). assert (E : b * (a / b) = a) by (field; lra). set (r := a / b) in *.
  assert (0 <= r) by (apply Rmult_le_pos; [assumption | left; now apply Rinv_0_lt_compat]).
  destruct (Rle_lt_or_eq_dec 0 a Nx) as [Ha|Ha].
  + assert (0 < r) by (apply Rmult_lt_0_compat; [assumption | now apply Rinv_0_lt_compat]).
    assert (a * a + 2 * - r * g + - r * - r * (b * b) = 2 * r * (a * b - g)).
    { replace (- r * - r * (b * b)) with ((b * r) * (b * r)) by ring. rewrite E. replace (a * a) with (a * (b * r)) by (rewrite E; ring). nra. }
    nra.
  + clear Q. assert (Q := eq_ind _ (fun r => 0 <= r) (dot_nonneg d (fun k => x k + - (g / (b * b)) * y k)) _ (square_comb d (- (g / (b * b))) x y)).
    rewrite <- Hx, <- Hy in Q. fold g in Q. rewrite <- Ha in *.
    assert (0 < b * b) by nra. assert (E2 : b * b * (g / (b * b)) = g) by (field; lra). set (q := g / (b * b)) in *.
    assert (0 < q) by (apply Rdiv_lt_0_compat; lra). nra.
- rewrite <- Hb in *. specialize (Q (- ((a * a + 1) / g))).
  assert (E : g * ((a * a + 1) / g) = a * a + 1) by (field; lra). nra.
Qed.

Lemma triangle d x y : norm d (fun k => x k + y k) <= norm d x + norm d y.
Proof.
assert (E := square_comb d 1 x y). assert (C := cauchy_schwarz d x y).
assert (Hx := norm_square d x). assert (Hy := norm_square d y).
assert (Hs := norm_square d (fun k => x k + 1 * y k)). rewrite E, <- Hx, <- Hy in Hs.
replace (norm d (fun k => x k + y k)) with (norm d (fun k => x k + 1 * y k))
  by (apply norm_ext; intros; ring).
assert (Nx := norm_nonneg d x). assert (Ny := norm_nonneg d y). assert (Ns := norm_nonneg d (fun k => x k + 1 * y k)).
nra.
Qed.

Lemma norm_opp d x : norm d (fun k => - x k) = norm d x.
Proof. unfold norm. f_equal. apply rsum_ext; intros; ring. Qed.

(** Vectors that are near have norms that are near. *)
Lemma norm_near d x y : Rabs (norm d x - norm d y) <= norm d (fun k => x k - y k).
Proof.
assert (A := triangle d y (fun k => x k - y k)). assert (B := triangle d x (fun k => - (x k - y k))).
cbv beta in A, B. rewrite (norm_opp d (fun k => x k - y k)) in B.
replace (norm d (fun k => y k + (x k - y k))) with (norm d x) in A by (apply norm_ext; intros; ring).
replace (norm d (fun k => x k + - (x k - y k))) with (norm d y) in B by (apply norm_ext; intros; ring).
apply Rabs_le. lra.
Qed.

(** ** The kernel as a function of the cosine *)

Definition profile (c : R) : R := c * (PI - acos c) / (2 * PI).

Lemma unit_dot d x y : 0 < dot d x x -> 0 < dot d y y ->
  dot d (fun k => x k / norm d x) (fun k => y k / norm d y) = dot d x y / (norm d x * norm d y).
Proof.
intros Hx Hy. assert (0 < norm d x) by now apply sqrt_lt_R0. assert (0 < norm d y) by now apply sqrt_lt_R0.
transitivity (dot d (fun k => / norm d x * x k) (fun k => / norm d y * y k)).
{ apply rsum_ext; intros. unfold Rdiv; ring. }
rewrite dot_scal. field. lra.
Qed.

Lemma unit_norm d x : 0 < dot d x x -> dot d (fun k => x k / norm d x) (fun k => x k / norm d x) = 1.
Proof.
intros Hx. rewrite unit_dot, norm_square by assumption. field. lra.
Qed.

Lemma ntk_profile d x y : 0 < dot d x x -> 0 < dot d y y ->
  ntk d x y = norm d x * norm d y * profile (dot d (fun k => x k / norm d x) (fun k => y k / norm d y)).
Proof.
intros Hx Hy. rewrite unit_dot by assumption. unfold ntk, profile.
assert (0 < norm d x) by now apply sqrt_lt_R0. assert (0 < norm d y) by now apply sqrt_lt_R0.
assert (P := PI_RGT_0). field. lra.
Qed.

Lemma ntk_unit d x y : dot d x x = 1 -> dot d y y = 1 -> ntk d x y = profile (dot d x y).
Proof.
intros Hx Hy. unfold ntk, norm, profile. rewrite Hx, Hy, sqrt_1. do 4 f_equal. lra.
Qed.

Lemma profile_one : profile 1 = / 2.
Proof. unfold profile. rewrite acos_1. assert (P := PI_RGT_0). field. lra. Qed.

(** ** The kernel as a function of half a chord *)

Definition arc (t : R) : R := atan (t / sqrt (1 - t * t)).
Definition chord_profile (opposite : bool) (t : R) : R :=
  if opposite then - ((1 - 2 * (t * t)) * arc t * / PI) else (1 - 2 * (t * t)) * (/ 2 - arc t * / PI).

Lemma acos_chord t : 0 <= t -> t * t < 1 -> acos (1 - 2 * (t * t)) = 2 * arc t.
Proof.
intros Ht H1. assert (t < 1) by nra.
assert (0 <= arc t).
{ unfold arc. rewrite <- atan_0. assert (0 < sqrt (1 - t * t)) by (apply sqrt_lt_R0; lra).
  assert (Q : 0 <= t / sqrt (1 - t * t)) by (apply Rmult_le_pos; [|left; apply Rinv_0_lt_compat]; assumption).
  destruct Q as [Q|<-]; [left; now apply atan_increasing | lra]. }
replace (arc t) with (asin t) in * by (rewrite asin_atan by lra; reflexivity).
assert (B := asin_bound t). assert (P := PI_RGT_0).
replace (1 - 2 * (t * t)) with (cos (2 * asin t)) by (rewrite cos_2a_sin, sin_asin by lra; ring).
apply acos_cos. lra.
Qed.

Lemma profile_chord (opposite : bool) d u v : dot d u u = 1 -> dot d v v = 1 ->
  let s := if opposite then 1 else -1 in
  let t := norm d (fun k => u k + s * v k) / 2 in
  t * t < 1 -> profile (dot d u v) = chord_profile opposite t.
Proof.
intros Hu Hv s t H1. assert (P := PI_RGT_0).
assert (Ht : 0 <= t) by (assert (N := norm_nonneg d (fun k => u k + s * v k)); unfold t; lra).
assert (E : 4 * (t * t) = 2 + 2 * s * dot d u v).
{ replace (4 * (t * t)) with (norm d (fun k => u k + s * v k) * norm d (fun k => u k + s * v k)) by (unfold t; field).
  rewrite norm_square, square_comb, Hu, Hv. unfold s; destruct opposite; ring. }
assert (A := acos_chord t Ht H1). unfold profile, chord_profile, s in *. destruct opposite.
- replace (dot d u v) with (- (1 - 2 * (t * t))) by lra. rewrite acos_opp, A. field. lra.
- replace (dot d u v) with (1 - 2 * (t * t)) by lra. rewrite A. field. lra.
Qed.
