"""Initial weights of two-layer networks: a frozen stream, the same bits on every machine, for ever.

Stream t of seed s has as its seed word t of seed s (`certify.data.sources.sphere` has the generator). Stream 2 makes
the weights, row after row, stream 3 the signs; the streams of a data set of the same seed are 0 and 1.
"""

from __future__ import annotations

import numpy as np

from certify.arithmetic.exact import Floats
from certify.data.sources.sphere import gaussians, signs, words
from certify.errors import InputError

INITS = ("paired", "independent")


def initial_weights(width: int, d: int, init: str, seed: int, outputs: int = 1) -> tuple[Floats, Floats]:
    """Weights (m, d), Gaussian numbers, and output signs (m,), for several outputs (q, m).

    ``paired``: the first half is drawn, the second half has the same weights and opposite signs, so that the network
    starts at 0. ``independent``: all are drawn.

    Raises
    ------
    InputError
        For an odd width where neurons come in pairs, an unknown ``init``, a seed outside [0, 2^64).
    """
    if init not in INITS:
        raise InputError(f"unknown initialisation '{init}'", "--init", f"choose from {', '.join(INITS)}")
    if not 0 <= seed < 2**64:
        raise InputError(f"the seed is {seed}", "--seed", "give an integer from 0 to 2^64 − 1")
    if width < 1 or (init == "paired" and width % 2):
        raise InputError(f"the width is {width}", "--width", "give a positive integer, even where neurons are paired")
    drawn = width // 2 if init == "paired" else width
    weights = gaussians(drawn * d, int(words(seed, 2, 1)[0])).reshape(drawn, d)
    outer = signs(drawn * outputs, int(words(seed, 3, 1)[0])).reshape(outputs, drawn)
    if init == "paired":
        weights, outer = np.concatenate([weights, weights]), np.concatenate([outer, -outer], axis=1)
    return weights, outer[0] if outputs == 1 else outer
