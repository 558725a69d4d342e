"""What a network does at its weights, in ball arithmetic: residual and tangent kernel, from the exact numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import flint
import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.definite import definite
from certify.certificates.checker.facts import BALL_ROWS, EXACT_ROWS, NO_DATA, Facts
from certify.certificates.checker.problem import FIRST_BITS, BallProblem, FloatProblem, Problem
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import Floats, PlainData
from certify.certificates.checker.weights import PlainNetwork
from certify.symbolic.evaluate import evaluate
from certify.symbolic.library import activation_of

Ball = flint.arb
Matrix = list[list[Ball]]
NO_WEIGHTS = "the weights are needed (--weights MODEL)"
#: Values of φ (a microsecond and about 300 bytes each), and products, that a check may take.
MOST_VALUES, MOST_PRODUCTS = 3_000_000, 20_000_000_000
_ROWS_AT_ONCE = 512


def _tanh(z: Ball) -> tuple[Ball, Ball]:
    t = z.tanh()
    return t, 1 - t * t


def _sigmoid(z: Ball) -> tuple[Ball, Ball]:
    s = 1 / (1 + (-z).exp())
    return s, s * (1 - s)


def _softplus(z: Ball) -> tuple[Ball, Ball]:
    return (1 + z.exp()).log(), 1 / (1 + (-z).exp())


def _erf(z: Ball) -> tuple[Ball, Ball]:
    return z.erf(), 2 / flint.arb.pi().sqrt() * (-z * z).exp()


def _relu(z: Ball) -> tuple[Ball, Ball]:
    """Where the sign is not certain, the slope is anything between 0 and 1."""
    if z > 0:
        return z, arb(1)
    return (arb(0), arb(0)) if z < 0 else (z.max(arb(0)), arb(0).union(arb(1)))


#: φ and φ' at a ball.
FUNCTIONS: dict[str, Callable[[Ball], tuple[Ball, Ball]]] = {
    "tanh": _tanh, "sigmoid": _sigmoid, "softplus": _softplus, "erf": _erf, "relu": _relu,
}  # fmt: skip


@dataclass(frozen=True)
class Pass:
    """Forward and back through the layers, a row for each sample (and output, the samples in order).

    Attributes
    ----------
    hidden :
        ``H_0 = X, …, H_L``.
    slopes, adjoints :
        ``φ'(Z_l)`` and ``B_l``, the derivative of ``v·h_L`` in ``Z_l``, for l = 1, …, L.
    backs :
        ``β_l``, the derivative of ``v·h_L`` in ``H_l``.
    residual :
        ``e_i``.
    """

    hidden: tuple[Matrix, ...]
    slopes: tuple[Matrix, ...]
    adjoints: tuple[Matrix, ...]
    backs: tuple[Matrix, ...]
    residual: list[Ball]


class Tangent:
    """Lazily derived facts of a network on its data; without either every question raises `NotCheckable`.

    Parameters
    ----------
    data, network :
        Plain, or None.
    activation :
        Its name.
    trained :
        ``first``: weights and biases of the first layer; ``all``: every parameter there is.
    exact :
        Ball arithmetic up to 600 rows instead of 200.
    """

    def __init__(
        self, data: PlainData | None, network: PlainNetwork | None, activation: str, trained: str, exact: bool
    ) -> None:
        self._data, self._network = data, network
        self.activation, self.trained, self.exact = activation, trained, exact
        self._problem: Problem | None = None
        self._passes: dict[int, Pass] = {}

    @property
    def data(self) -> PlainData:
        """The data. Raises `NotCheckable`."""
        if self._data is None:
            raise NotCheckable(NO_DATA)
        return self._data

    @property
    def network(self) -> PlainNetwork:
        """The network. Raises `NotCheckable`."""
        if self._network is None:
            raise NotCheckable(NO_WEIGHTS)
        return self._network

    @cached_property
    def inputs(self) -> Floats:
        """The rows as the first layer sees them: where only it is trained and has biases, with a column of ones."""
        X, (_, bias) = self.data.X, self.network.layers[0]
        return np.column_stack([X, np.ones(len(X))]) if self.trained == "first" and bias is not None else X

    @cached_property
    def rows(self) -> Facts:
        """Facts of the input rows."""
        return Facts(PlainData(self.inputs, self.data.y), False, self.exact)

    @property
    def size(self) -> int:
        """``nq``: residuals, and rows of the kernel."""
        return self.data.n * self.network.outputs

    def _require_size(self) -> None:
        if self.trained not in ("first", "all"):
            raise NotCheckable("this checker knows networks of which the first layer or everything is trained")
        if self.activation not in FUNCTIONS:
            raise NotCheckable(f"this checker has no networks with the activation {self.activation[:40]!r}")
        n, neurons = self.size, sum(self.network.widths)
        if n * neurons > MOST_VALUES or n * n * (neurons + self.network.inputs) > MOST_PRODUCTS:
            raise NotCheckable(f"{n} rows and {neurons} neurons are too many for ball arithmetic")

    def at(self, bits: int) -> Pass:
        """The pass at ``bits``. Raises `NotCheckable` where it would be too dear."""
        if bits not in self._passes:
            self._require_size()
            with precision(bits):
                self._passes[bits] = self._pass()
        return self._passes[bits]

    def _pass(self) -> Pass:
        network, phi = self.network, FUNCTIONS[self.activation]
        hidden, slopes = [_balls(self.data.X)], []
        for weights, bias in network.layers:
            Z = (flint.arb_mat(hidden[-1]) * flint.arb_mat(_balls(weights)).transpose()).tolist()
            if bias is not None:
                shifts = [arb(b) for b in bias.tolist()]
                Z = [[z + b for z, b in zip(row, shifts, strict=True)] for row in Z]
            pairs = [[phi(z) for z in row] for row in Z]
            hidden.append([[value for value, _ in row] for row in pairs])
            slopes.append([[slope for _, slope in row] for row in pairs])
        if network.outputs > 1:
            return self._several(hidden, slopes[0])
        v = [arb(x) for x in network.outer.tolist()]
        backs: list[Matrix] = [[v] * self.data.n]
        adjoints: list[Matrix] = []
        for number in range(len(network.layers), 0, -1):
            adjoints.append(
                [
                    [b * s for b, s in zip(*rows, strict=True)]
                    for rows in zip(backs[-1], slopes[number - 1], strict=True)
                ]
            )
            if number > 1 and self.trained == "all":
                forth = flint.arb_mat(_balls(network.layers[number - 1][0]))
                backs.append((flint.arb_mat(adjoints[-1]) * forth).tolist())
            elif number > 1:
                raise NotCheckable("of several hidden layers the first alone is not trained")
        if self.data.y is None or self.data.y.ndim != 1:
            raise NotCheckable("the data have no single target a row")
        assert not isinstance(network.offset, tuple)
        scale, offset = arb(network.squared_scale).sqrt(), arb(network.offset or 0.0)
        out = flint.arb_mat(hidden[-1]) * flint.arb_mat([[x] for x in v])
        residual = [scale * out[i, 0] + offset - arb(y) for i, y in enumerate(self.data.y.tolist())]
        return Pass(tuple(hidden), tuple(slopes), tuple(reversed(adjoints)), tuple(reversed(backs)), residual)

    def _several(self, hidden: list[Matrix], slopes: Matrix) -> Pass:
        """``q > 1`` outputs of one hidden layer, of which that layer is trained: rows ``(i, k)``, k the output."""
        network, y, q = self.network, self.data.y, self.network.outputs
        if self.trained != "first":
            raise NotCheckable("with several outputs this checker knows networks of which the first layer is trained")
        if y is None or y.ndim != 2 or y.shape[1] != q:
            raise NotCheckable("the data have not as many targets a row as the network has outputs")
        V, scale = _balls(network.outer), arb(network.squared_scale).sqrt()
        offsets = network.offset if isinstance(network.offset, tuple) else (0.0,) * q
        out = (flint.arb_mat(hidden[1]) * flint.arb_mat(V).transpose()).tolist()
        residual = [
            scale * value + arb(c) - arb(target)
            for values, targets in zip(out, y.tolist(), strict=True)
            for value, c, target in zip(values, offsets, targets, strict=True)
        ]
        adjoints = [[v * slope for v, slope in zip(row, phi, strict=True)] for phi in slopes for row in V]
        spread = [tuple(row for row in layer for _ in range(q)) for layer in (*hidden, slopes)]
        first, second, steep = (list(rows) for rows in spread)
        return Pass((first, second), (steep,), (adjoints,), (V * self.data.n,), residual)

    def norm(self, bits: int = FIRST_BITS) -> Ball:
        """``‖e‖``."""
        found = self.at(bits)
        with precision(bits):
            return sum((e * e for e in found.residual), arb(0)).sqrt()

    def kernel(self) -> Problem:
        """``K = s²[Σ_l (H_{l−1}H_{l−1}ᵀ + τ_l)∘(B_lB_lᵀ) + H_LH_Lᵀ] + 1`` at the weights, of the trained parameters.

        ``τ_l`` is 1 where layer l has biases; ``H_LH_Lᵀ`` is there where the output weights are trained, and the last 1
        where a trained output bias is.
        """
        if self._problem is None:
            self._require_size()
            n, name = self.size, "the tangent kernel at the weights"
            if n <= (EXACT_ROWS if self.exact else BALL_ROWS):
                self._problem = BallProblem(n, self._matrix, name)
            else:
                with precision(FIRST_BITS):
                    size = max((self.diagonal(i) for i in range(n)), key=lambda ball: float(ball.mid()))
                self._problem = FloatProblem(n, self._kernel_rows, size, name)
        return self._problem

    def _matrix(self, bits: int) -> flint.arb_mat:
        with precision(bits):
            lower = list(self._kernel_rows(bits))
            return flint.arb_mat([row + [lower[j][i] for j in range(i + 1, len(lower))] for i, row in enumerate(lower)])

    def _factors(self, bits: int) -> tuple[list[tuple[Matrix, Matrix | None]], Ball, Ball]:
        """Pairs of row matrices whose Gram matrices are multiplied (None: of ones), ``s²``, and the last 1."""
        found, network = self.at(bits), self.network
        pairs: list[tuple[Matrix, Matrix | None]] = []
        for hidden, adjoint, (_, bias) in zip(found.hidden, found.adjoints, network.layers, strict=False):
            pairs.append((hidden if bias is None else [[*row, arb(1)] for row in hidden], adjoint))
        if self.trained == "all":
            pairs.append((found.hidden[-1], None))
        one = arb(1 if self.trained == "all" and network.offset is not None else 0)
        return pairs, arb(network.squared_scale), one

    def diagonal(self, i: int) -> Ball:
        """``K_ii``, the square of the gradient of sample i."""
        pairs, scale, total = self._factors(FIRST_BITS)
        for left, right in pairs:
            term = sum((x * x for x in left[i]), arb(0))
            total += scale * (term if right is None else term * sum((x * x for x in right[i]), arb(0)))
        return total

    def _kernel_rows(self, bits: int) -> Iterator[list[Ball]]:
        pairs, scale, one = self._factors(bits)
        n = self.size
        for top in range(0, n, _ROWS_AT_ONCE):
            bottom = min(n, top + _ROWS_AT_ONCE)
            grams = [(_gram(left, top, bottom), right and _gram(right, top, bottom)) for left, right in pairs]
            for k, i in enumerate(range(top, bottom)):
                row = []
                for j in range(i + 1):
                    terms = (left[k][j] * right[k][j] if right else left[k][j] for left, right in grams)
                    row.append(scale * sum(terms, arb(0)) + one)
                yield row

    # --- the theorem's numbers for two layers, the first trained

    def curvature(self) -> Ball:
        """``B2 = sup|φ''|``. Raises `NotCheckable` where φ' jumps."""
        bound = activation_of(self.activation).curvature_bound
        if bound is None:
            raise NotCheckable("φ' jumps: this checker has no Lipschitz constant of the Jacobian")
        return evaluate(bound, {})

    def slope(self) -> Ball:
        """``B1 = sup|φ'|``."""
        return evaluate(activation_of(self.activation).slope_bound, {})

    def lipschitz(self, quartic: Ball) -> Ball:
        """``s max‖v_r‖ B2 q_X`` for a bound ``quartic`` of ``q_X²``, two layers, the first trained."""
        with precision(2 * FIRST_BITS):
            largest = arb(0)
            for v in self.outer_lengths():
                largest = largest.max(v)
            return arb(self.network.squared_scale).sqrt() * largest * self.curvature() * quartic.sqrt()

    def norm_squared_everywhere(self, norm_x_squared: Ball) -> Ball:
        """``s²B1²‖V‖²·S`` for ``S ≥ ‖X‖²``, two layers, the first trained."""
        with precision(2 * FIRST_BITS):
            return arb(self.network.squared_scale) * self._outer_norm_squared() * self.slope() ** 2 * norm_x_squared

    def outer_lengths(self) -> list[Ball]:
        """``‖v_r‖`` for each neuron."""
        outer = self.network.outer
        if outer.ndim == 1:
            return [abs(arb(v)) for v in outer.tolist()]
        return [sum((arb(v) ** 2 for v in column), arb(0)).sqrt() for column in outer.T.tolist()]

    def _outer_norm_squared(self) -> Ball:
        """A bound of ``‖V‖²``: exact for one output, else a float just above λ_max(VVᵀ) that is verified."""
        outer = np.atleast_2d(self.network.outer)
        V = flint.arb_mat(_balls(outer))
        gram = (V * V.transpose()).tolist()
        if len(gram) == 1:
            return gram[0][0]
        top = float(np.linalg.eigvalsh(outer @ outer.T)[-1])
        for slack in (1e-15, 1e-14, 1e-12, 1e-9):
            bound = arb(top * (1.0 + slack))
            rest = [[(bound if i == j else arb(0)) - g for j, g in enumerate(row)] for i, row in enumerate(gram)]
            if definite(flint.arb_mat(rest)) is Verdict.PROVED:
                return bound
        raise NotCheckable("no bound of the output weights' norm is verified")


def _gram(rows: Matrix, top: int, bottom: int) -> Matrix:
    """Rows ``top … bottom`` of the Gram matrix of some rows, up to its diagonal block."""
    found: Matrix = (flint.arb_mat(rows[top:bottom]) * flint.arb_mat(rows[:bottom]).transpose()).tolist()
    return found


def _balls(values: Floats) -> Matrix:
    return [[arb(x) for x in row] for row in values.tolist()]
