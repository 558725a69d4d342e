"""A network's weights as the checker has them: plain float64 arrays, their hash, their exact scale."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import Floats
from certify.errors import InputError

_ALIASES: dict[str, str] = {"W": "W1", "b": "b1", "a": "v"}
_PLAIN = {"hidden", "outer", "offset", "alpha", "activation", "name"}


@dataclass(frozen=True, eq=False)
class PlainNetwork:
    """``h_0 = x``, ``h_l = φ(W_lh_{l−1} + b_l)``, ``F = s v·h_L + c``: fully connected.

    Several outputs are known with one hidden layer only.

    Attributes
    ----------
    layers :
        ``(W_l (m_l, m_{l−1}), b_l (m_l,) or None)``, from the input on.
    outer : (m_L,) or (q, m_L)
        v, or a row for each of q > 1 outputs.
    offset :
        c, a number for each output; None where there is none.
    alpha :
        ``s = α/√m_L``; None: ``s = 1``.
    """

    layers: tuple[tuple[Floats, Floats | None], ...]
    outer: Floats
    offset: float | tuple[float, ...] | None = None
    alpha: float | None = None

    @classmethod
    def of(cls, weights: Any) -> PlainNetwork:
        """From a mapping of arrays (``W1, b1, W2, …, v, c, alpha``; ``W, b, a``), or an object with such attributes.

        Raises
        ------
        InputError
            For arrays that are no finite float64 numbers, or do not fit together.
        NotCheckable
            For a network of another architecture.
        """
        if isinstance(weights, PlainNetwork):
            return weights
        if isinstance(weights, Mapping):
            return cls._from_arrays({_ALIASES.get(str(name), str(name)): array for name, array in weights.items()})
        fields = set(getattr(weights, "__dataclass_fields__", _PLAIN))
        more = [name for name in fields - _PLAIN if getattr(weights, name, None) is not None]
        hidden = getattr(weights, "hidden", None)
        if hidden is None or more or any(not hasattr(layer, "weights") for layer in hidden):
            raise NotCheckable("this checker knows fully connected networks only")
        named: dict[str, Any] = {"v": weights.outer, "c": weights.offset, "alpha": weights.alpha}
        for k, layer in enumerate(hidden, 1):
            named |= {f"W{k}": layer.weights, f"b{k}": layer.bias}
        return cls._from_arrays(named)

    @classmethod
    def _from_arrays(cls, named: Mapping[str, Any]) -> PlainNetwork:
        layers: list[tuple[Floats, Floats | None]] = []
        while f"W{len(layers) + 1}" in named:
            k = len(layers) + 1
            bias = named.get(f"b{k}")
            layers.append((_array(named[f"W{k}"], f"W{k}", 2), None if bias is None else _array(bias, f"b{k}", 1)))
        if not layers or "v" not in named:
            raise InputError("there is no array W1, or none named v", "weights", "give the network as it was certified")
        outer = np.asarray(named["v"])
        if outer.ndim == 2 and 1 not in outer.shape:
            if len(layers) > 1:
                raise NotCheckable("with several outputs this checker knows networks of one hidden layer only")
            v = _array(outer, "v", 2)
        else:
            v = _array(outer.reshape(-1), "v", 1)
        c = _number(named.get("c")) if v.ndim == 1 else _numbers(named.get("c"), len(v))
        found = cls(tuple(layers), v, c, _number(named.get("alpha")))
        if found.alpha is not None and not found.alpha > 0:
            raise InputError(f"alpha is {found.alpha}", "weights", "give a positive scale")
        inputs = found.inputs
        for weights, bias in layers:
            if weights.shape[1] != inputs or (bias is not None and len(bias) != len(weights)):
                raise InputError("the layers do not fit together", "weights", "give the network as it was certified")
            inputs = len(weights)
        if found.outer.shape[-1] != inputs:
            raise InputError("the output weights do not fit", "weights", "give the network as it was certified")
        return found

    @property
    def inputs(self) -> int:
        """Number of columns of the data."""
        return int(self.layers[0][0].shape[1])

    @property
    def widths(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return tuple(len(weights) for weights, _ in self.layers)

    @property
    def outputs(self) -> int:
        """Q."""
        return 1 if self.outer.ndim == 1 else len(self.outer)

    @property
    def squared_scale(self) -> Fraction:
        """``s²``, exact."""
        return Fraction(1) if self.alpha is None else Fraction(self.alpha) ** 2 / self.widths[-1]

    @property
    def sha256(self) -> str:
        """The hash of the format's specification, formed here a second time."""
        total = hashlib.sha256(b"certify/network/1\n")
        for array in (*(part for layer in self.layers for part in layer), self.outer):
            shape = "none" if array is None else " ".join(str(size) for size in array.shape)
            total.update(f"{shape}\n".encode("ascii"))
            if array is not None:
                total.update(array.astype("<f8").tobytes(order="C"))
        words = " ".join(map(repr, self.offset)) if isinstance(self.offset, tuple) else repr(self.offset)
        total.update(f"{words} {self.alpha!r}\n".encode("ascii"))
        return total.hexdigest()


def _array(values: Any, name: str, dimensions: int) -> Floats:
    given = np.asarray(values)
    if given.dtype.kind not in "fiub" or given.ndim != dimensions or not given.size:
        raise InputError(f"{name} has dtype {given.dtype} and shape {given.shape}", "weights", "pass float64 arrays")
    array = np.array(given, dtype=np.float64)
    if not (np.isfinite(array).all() and np.array_equal(array, given)):
        raise InputError(f"{name} has a number that is not finite, or no float64", "weights", "pass float64 arrays")
    return array


def _number(value: Any) -> float | None:
    if value is None:
        return None
    return float(_array(np.asarray(value).reshape(-1), "c or alpha", 1)[0])


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    if value is None:
        return None
    given = _array(np.asarray(value).reshape(-1), "c", 1)
    if len(given) != count:
        raise InputError(f"{len(given)} output biases for {count} outputs", "weights", "give one for each output")
    return tuple(given.tolist())
