"""Linear maps of layers: dense matrices, convolutions and averages, applied to rows with bounded rounding errors.

A layer with parameters W is ``z = A(W)h``: every output is an inner product of a row of W with a *patch* of h. A dense
layer has one patch, h itself; a convolution one for each output position. ``multiplicity`` κ is the largest number of
patches that hold one and the same entry of h, so that ``Σ_p ‖patch_p(h)‖² ≤ κ‖h‖²`` and ``‖A(W)h‖ ≤ √κ ‖W‖ ‖h‖``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.exact import Floats
from certify.arithmetic.rounding import UNDERFLOW, dot_error, gamma
from certify.arithmetic.workers import Workers
from certify.networks.rows import ROUND, Rows, row_norms, spectral_norm
from certify.networks.scale import upward
from certify.networks.two_layer import norm_up

#: A convolution's matrix is written out, for a sharper norm, up to this many entries.
_MOST_ENTRIES = 1 << 21
Index = NDArray[np.intp]


@dataclass(frozen=True)
class Dense:
    """``z = Wh``, W (out, in)."""

    weights: Floats
    multiplicity: int = 1
    positions: int = 1

    @property
    def inputs(self) -> int:
        """Entries of h."""
        return int(self.weights.shape[1])

    @property
    def outputs(self) -> int:
        """Entries of z."""
        return len(self.weights)

    @cached_property
    def _rounding(self) -> float:
        return upward(dot_error(max(self.weights.shape)) * norm_up(self.weights))

    def _error(self, rows: Rows, norm: float) -> Floats:
        # |fl − exact| ≤ γ|ĥ||W| entrywise, Cauchy–Schwarz
        underflow = max(self.weights.shape) * UNDERFLOW
        error: Floats = (norm * rows.error + self._rounding * row_norms(rows.middle) + underflow) * ROUND
        return error

    def apply(self, rows: Rows, norm: float) -> Rows:
        """``z`` for every row."""
        return Rows(rows.middle @ self.weights.T, self._error(rows, norm))

    def transpose(self, rows: Rows, norm: float) -> Rows:
        """``Wᵀ`` for every row."""
        return Rows(rows.middle @ self.weights, self._error(rows, norm))

    def norm(self, pool: Workers, columns: Floats | None = None) -> float:
        """Upper bound of ``‖A diag(columns)‖``."""
        if columns is None:
            return spectral_norm(self.weights, pool)
        # the products' roundings change the norm by at most U·√min(shape) relatively
        return upward(spectral_norm(self.weights * columns, pool) * ROUND)

    def patches(self, rows: Floats) -> Floats:
        """The patches of every row, stacked (n·positions, entries)."""
        return rows


@dataclass(frozen=True)
class Convolution:
    """``z_{o,p} = Σ_k W_{o,k} h_{index[p,k]}``: channels o, positions p; an index equal to ``size`` stands for padding.

    Attributes
    ----------
    weights : (out, K)
        Rows flattened.
    index : (P, K)
        Entries of the flattened input; every column has distinct entries (padding apart).
    size :
        Entries of the input.
    """

    weights: Floats
    index: Index
    size: int

    @property
    def inputs(self) -> int:
        """Entries of h."""
        return self.size

    @property
    def positions(self) -> int:
        """Number of output positions."""
        return len(self.index)

    @property
    def outputs(self) -> int:
        """Entries of z, channel by channel."""
        return len(self.weights) * len(self.index)

    @cached_property
    def multiplicity(self) -> int:
        """Largest number of patches with the same entry."""
        counts = np.bincount(self.index.ravel(), minlength=self.size + 1)[: self.size]
        return max(1, int(counts.max(initial=1)))

    @cached_property
    def _rounding(self) -> float:
        # ‖ |A| ‖ ≤ √κ ‖W‖_F; a sum has at most K terms forwards, out·κ backwards
        length = max(self.index.shape[1], len(self.weights) * self.multiplicity)
        return upward(dot_error(length + 2) * math.sqrt(self.multiplicity) * norm_up(self.weights))

    def _error(self, rows: Rows, norm: float) -> Floats:
        underflow = (self.outputs + self.size) * self.index.shape[1] * UNDERFLOW
        error: Floats = (norm * rows.error + self._rounding * row_norms(rows.middle) + underflow) * ROUND
        return error

    def gathered(self, rows: Floats) -> Floats:
        """Patches (n, P, K)."""
        padded = np.concatenate([rows, np.zeros((len(rows), 1))], axis=1)
        found: Floats = padded[:, self.index]
        return found

    def patches(self, rows: Floats) -> Floats:
        """The patches of every row, stacked (n·P, K)."""
        return self.gathered(rows).reshape(-1, self.index.shape[1])

    def apply(self, rows: Rows, norm: float) -> Rows:
        """``z`` for every row."""
        z = (self.gathered(rows.middle) @ self.weights.T).transpose(0, 2, 1)
        return Rows(np.ascontiguousarray(z).reshape(len(rows.middle), -1), self._error(rows, norm))

    def transpose(self, rows: Rows, norm: float) -> Rows:
        """``Aᵀ`` for every row."""
        n = len(rows.middle)
        channels = rows.middle.reshape(n, len(self.weights), -1).transpose(0, 2, 1)
        spread = channels @ self.weights
        out = np.zeros((n, self.size + 1))
        for k in range(self.index.shape[1]):
            out[:, self.index[:, k]] += spread[:, :, k]
        return Rows(out[:, : self.size], self._error(rows, norm))

    def matrix(self) -> Floats:
        """A, written out (out·P, size)."""
        A = np.zeros((len(self.weights), self.positions, self.size + 1))
        for p, columns in enumerate(self.index):
            A[:, p, columns] = self.weights
        return A[:, :, : self.size].reshape(self.outputs, self.size)

    def norm(self, pool: Workers, columns: Floats | None = None) -> float:
        """Upper bound of ``‖A diag(columns)‖``, columns ≥ 0."""
        top = 1.0 if columns is None else float(columns.max(initial=0.0))
        bound = upward(math.sqrt(self.multiplicity) * spectral_norm(self.weights, pool) * top)
        if self.outputs * self.size > _MOST_ENTRIES:
            return bound
        A = self.matrix() if columns is None else self.matrix() * columns
        return min(bound, upward(spectral_norm(A, pool) * ROUND))

    def weight_gradients(self, before: Rows, adjoint: Rows, outputs: int) -> Rows:
        """``Σ_p B_{·,p} patch_pᵀ``, flattened, for every sample and output (n·q, out·K).

        Notes
        -----
        Off in norm by at most ``√κ(‖δB‖‖h‖ + ‖B̂‖‖δh‖ + γ_P‖B̂‖‖ĥ‖)``: the patches' norm is at most ``√κ‖h‖``.
        """
        n, channels = len(before.middle), len(self.weights)
        patches = self.gathered(before.middle)
        B = adjoint.middle.reshape(n, outputs * channels, self.positions)
        gradients = (B @ patches).reshape(n * outputs, -1)
        length, size = before.repeated(outputs).lengths(), row_norms(adjoint.middle)
        off = adjoint.error * length + size * np.repeat(before.error, outputs)
        off = off + gamma(self.positions + 2) * size * length
        error = (math.sqrt(self.multiplicity) * off + gradients.shape[1] * self.positions * UNDERFLOW) * ROUND
        return Rows(gradients, error)

    def bias_gradients(self, adjoint: Rows) -> Rows:
        """``Σ_p B_{·,p}`` for every row (n·q, out)."""
        B = adjoint.middle.reshape(len(adjoint.middle), len(self.weights), self.positions)
        off = math.sqrt(self.positions) * (adjoint.error + gamma(self.positions) * row_norms(adjoint.middle))
        return Rows(B.sum(axis=2), off * ROUND)


@dataclass(frozen=True)
class Average:
    """``z_p = Σ_k h_{index[p,k]} / count_p``: a fixed map; an index equal to ``size`` is padding."""

    index: Index
    counts: NDArray[np.int64]
    size: int

    @property
    def inputs(self) -> int:
        """Entries of h."""
        return self.size

    @property
    def outputs(self) -> int:
        """Entries of z."""
        return len(self.index)

    @cached_property
    def norm_bound(self) -> float:
        """``(‖A‖_1‖A‖_∞)^{1/2} ≥ ‖A‖``; the rows sum to at most 1."""
        columns = np.zeros(self.size + 1)
        for k in range(self.index.shape[1]):
            np.add.at(columns, self.index[:, k], 1.0 / self.counts)
        return upward(math.sqrt(float(columns[: self.size].max(initial=0.0))) * ROUND)

    def _error(self, rows: Rows) -> Floats:
        # A is not negative: |fl − exact| ≤ γ A|ĥ| entrywise
        rounding = gamma(self.index.size + 4)
        size = row_norms(rows.middle)
        error: Floats = (self.norm_bound * (rows.error + rounding * size) + self.size * UNDERFLOW) * ROUND
        return error

    def apply(self, rows: Rows, norm: float = 0.0) -> Rows:
        """``z`` for every row."""
        padded = np.concatenate([rows.middle, np.zeros((len(rows.middle), 1))], axis=1)
        return Rows(padded[:, self.index].sum(axis=2) / self.counts, self._error(rows))

    def transpose(self, rows: Rows, norm: float = 0.0) -> Rows:
        """``Aᵀ`` for every row."""
        out = np.zeros((self.size + 1, len(rows.middle)))
        share = (rows.middle / self.counts).T
        for k in range(self.index.shape[1]):
            np.add.at(out, self.index[:, k], share)
        return Rows(np.ascontiguousarray(out[: self.size].T), self._error(rows))


def window_index(
    shape: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    dilations: Sequence[int],
) -> tuple[Index, tuple[int, ...]]:
    """Spatial entries (row-major in ``shape``) under each window (positions, window); padding is −1; output shape.

    Parameters
    ----------
    pads :
        Beginning of each axis, then end of each, as in ONNX.
    """
    axes = len(shape)
    out = []
    for a in range(axes):
        room = shape[a] + pads[a] + pads[a + axes] - dilations[a] * (kernel[a] - 1) - 1
        if room < 0:
            raise ValueError(f"a window of {kernel[a]} does not fit into {shape[a]} entries")
        out.append(room // strides[a] + 1)
    places = np.zeros((*out, *kernel), dtype=np.intp)
    outside = np.zeros((*out, *kernel), dtype=bool)
    for a in range(axes):
        at = np.arange(out[a])[:, None] * strides[a] - pads[a] + np.arange(kernel[a])[None, :] * dilations[a]
        view = at.reshape([out[a] if i == a else kernel[a] if i == axes + a else 1 for i in range(2 * axes)])
        places = places * shape[a] + view
        outside |= (view < 0) | (view >= shape[a])
    places[outside] = -1
    return places.reshape(int(np.prod(out)), -1), tuple(out)


def convolution(
    weights: Floats,
    shape: Sequence[int],
    strides: Sequence[int],
    pads: Sequence[int],
    dilations: Sequence[int],
) -> tuple[Convolution, tuple[int, ...]]:
    """The map of weights (out, in, *kernel) on an input of shape (in, *spatial), and the output's shape (out, …)."""
    channels, spatial = shape[0], shape[1:]
    places, out = window_index(spatial, weights.shape[2:], strides, pads, dilations)
    block, size = int(np.prod(spatial)), int(np.prod(shape))
    index = places[:, None, :] + (np.arange(channels) * block)[None, :, None]
    index = np.where(places[:, None, :] < 0, size, index).reshape(len(places), -1)
    return Convolution(weights.reshape(len(weights), -1), index, size), (len(weights), *out)


def average(
    shape: Sequence[int], kernel: Sequence[int], strides: Sequence[int], pads: Sequence[int], count_pads: bool
) -> tuple[Average, tuple[int, ...]]:
    """Averages over windows of every channel of an input of shape (channels, *spatial), and the output's shape."""
    channels, spatial = shape[0], shape[1:]
    places, out = window_index(spatial, kernel, strides, pads, [1] * len(kernel))
    block, size = int(np.prod(spatial)), int(np.prod(shape))
    index = places[None] + (np.arange(channels) * block)[:, None, None]
    index = np.where(places[None] < 0, size, index).reshape(channels * len(places), -1)
    counts = np.full(len(index), index.shape[1]) if count_pads else np.maximum((index < size).sum(axis=1), 1)
    return Average(index, counts, size), (channels, *out)
