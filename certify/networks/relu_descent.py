"""Gradient descent of a two-layer ReLU network in about 100 bits, shadowed: signs have to be certain at every step.

A ReLU network's gradient jumps where a pre-activation changes its sign, and training leaves some of them very near 0.
The exact run can be followed only while every sign is certain; so weights are pairs of floats, and products of
matrices are made of exact ones (`certify.networks.pairs`). `proofs/network.md`, section 3.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.exact import Floats, two_product
from certify.arithmetic.rounding import gamma
from certify.errors import InputError
from certify.networks.descent import UNCERTAIN, Descent, Sharpness
from certify.networks.pairs import RELATIVE, Slices, bits_for, exponent_of, number_pair, scaled, sliced, total
from certify.networks.scale import upward
from certify.networks.two_layer import Inputs, TwoLayer, norm_up

#: Slices of each factor in ``XWᵀ``, to begin with and where that is not enough; products of slices i, j (from 0) with
#: ``i + j`` not below their number are left out and bounded.
ORDERS = (3, 5)
_BITS = 128
#: Slices of sums with short factors; `sliced` wants no more.
_MOST_BITS = 48
#: Three terms each, and sums are of at most 100.
_MOST_OUTPUTS = 30


class ReluDescent(Descent):
    """`Descent` for the ReLU and output weights ±1.

    Attributes
    ----------
    distance :
        Upper bound of ``‖w_k − ŵ_k‖``, ŵ_k being `weights`, the leading floats of the pairs.

    Raises
    ------
    InputError
        For other output weights.
    """

    def __init__(
        self, network: TwoLayer, inputs: Inputs, step_size: Fraction, sharpness: Sharpness, order: int = ORDERS[0]
    ) -> None:
        super().__init__(network, inputs, step_size, sharpness)
        if not np.all(np.abs(network.outer) == 1.0):
            raise InputError("output weights other than ±1", "network", "use signs")
        if network.outputs > _MOST_OUTPUTS:
            raise InputError(f"{network.outputs} outputs", "--activation relu", f"at most {_MOST_OUTPUTS}")
        self._low = np.zeros_like(network.weights)
        self._gap = 0.0  # from the pairs to the exact run
        with precision(_BITS):
            s = network.scale.ball()
            self._scale, self._factor = number_pair(s), number_pair(arb(step_size) * s)
        d = inputs.rows.shape[1]
        self._bits, self._order = bits_for(d), order
        self._rows = sliced(inputs.rows, self._bits, order)
        self._now: tuple[Floats, tuple[Floats, Floats], float, float] | None = None

    def _preactivations(self) -> tuple[tuple[Floats, Floats], float]:
        """``XWᵀ`` as a pair, and a bound of the error of every entry."""
        W = sliced(self.weights, self._bits, self._order, self._low)
        terms = [
            self._rows.parts[i] @ W.parts[j].T
            for level in range(self._order)
            for i in range(level + 1)
            for j in range(level + 1)
            if i + j == level
        ]
        d = self.inputs.rows.shape[1]
        first, second = self._rows.largest, W.largest
        left_out = sum(a * b for i, a in enumerate(first) for j, b in enumerate(second) if i + j >= self._order)
        joined = 2.0**-52 * second[2] * first[0]  # where the low parts join
        return total(terms), upward(d * (left_out + RELATIVE * sum(first) * sum(second) + joined))

    @property
    def _state(self) -> tuple[Floats, tuple[Floats, Floats], float, float]:
        """Pattern of signs (n, m), residual (n, q) as a pair, its entries' error, and the least certain ``|z|``."""
        if self._now is None:
            network, m = self._network, self._network.width
            (high, low), zeta = self._preactivations()
            margin = float(np.abs(high).min()) * (1.0 - 2.0**-40) - zeta
            on = (high > 0.0).astype(np.float64)
            pieces = sliced(high * on, min(_MOST_BITS, 53 - max(1, m - 1).bit_length()), 2)
            V = network.outer.T
            sums = total([*(part @ V for part in pieces.parts), (low * on) @ V])
            lows = float(np.abs(low).max(initial=0.0))
            off = m * (zeta + pieces.largest[-1] + 2.0 * gamma(m) * lows + 4.0 * RELATIVE * 2.0 ** exponent_of(high))
            first, second = scaled(sums, self._scale)
            shift = np.broadcast_to(network.offset, first.shape)
            residual = total([first, shift, -self.inputs.columns, second])
            sizes = np.abs(first) + np.abs(shift) + np.abs(self.inputs.columns)
            error = upward(network.scale.ends[1] * off + 4.0 * RELATIVE * float(sizes.max()))
            self._now = on, residual, error, margin
        return self._now

    def obstacle(self) -> str | None:
        """Why the next step cannot be shadowed."""
        if not upward(self._eta * self.jacobian_norm() ** 2) <= 2.0:
            return "η‖J‖² ≤ 2 is not proved"
        if not self._state[3] > upward(self.inputs.longest * self._gap):
            return UNCERTAIN
        return None

    def loss(self) -> float:
        """The loss ½‖e‖² of the pairs, as a float."""
        residual = self._state[1][0]
        return 0.5 * float(np.vdot(residual, residual))

    def residual_norm(self) -> float:
        """Upper bound of ``‖e(w_k)‖`` of the exact run."""
        _, (high, _), error, _ = self._state
        off = (error + 2.0**-52 * float(np.abs(high).max())) * math.sqrt(high.size)
        return upward(norm_up(high) + off + self.jacobian_norm() * self._gap)

    def advance(self) -> None:
        """One step. Requires `shadowed`."""
        network, inputs = self._network, self.inputs
        on, residual, error, _ = self._state
        n, q = residual[0].shape
        m, d = self.weights.shape
        bits = min(_MOST_BITS, 53 - max(1, n - 1).bit_length())
        terms, off, top = [], 0.0, 0.0
        for a in range(q):
            product, rest = two_product(residual[0][:, a : a + 1], inputs.rows)
            rest = rest + residual[1][:, a : a + 1] * inputs.rows
            cut: Slices = sliced(product, bits, 2)
            tail = cut.rest + rest
            for part in (*cut.parts, tail):
                terms.append(network.outer[a][:, None] * (on.T @ part))
            size = float(np.abs(product).max(initial=0.0))
            # the tail is rounded a few times, and so are its n-term sums
            off += n * (RELATIVE * size + 2.0 * gamma(n + 4) * float(np.abs(tail).max(initial=0.0)))
            top += n * size
        gradient = total(terms)
        step = scaled(gradient, self._factor)
        new = total([self.weights, -step[0], self._low, -step[1]])
        frobenius, root = self._eta * network.scale.ends[1], math.sqrt(float(m * d))
        spread = network.outer_norm * self._sharp.norm_x * error * math.sqrt(float(n * q))
        rounding = 4.0 * RELATIVE * (norm_up(self.weights) + frobenius * root * top)
        delta = frobenius * (spread + root * (off + 4.0 * RELATIVE * top)) * (1.0 + 2.0**-40) + rounding
        self._gap = upward(self._gap + delta)
        self.weights, self._low = new
        self.distance = upward(self._gap + norm_up(self._low))
        self.step, self._found, self._norm, self._now = self.step + 1, None, None, None
