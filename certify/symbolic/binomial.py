"""A rigorous two-sided enclosure of binomial tail probabilities for any number of trials."""

from __future__ import annotations

import flint

from certify.arithmetic.balls import arb

DECAY = 20
"""The blocks reach about ``DECAY`` e-foldings into the tail; the rest is bounded geometrically."""


def binomial_upper_tail(trials: int, count: int, probability: flint.arb) -> flint.arb:
    r"""Enclose ``P(X > count)`` for ``X ~ Bin(trials, probability)``, at any size of ``trials``.

    With ``t(j) = P(X = j)`` and ``ρ(j) = t(j+1)/t(j) = (N−j)p / ((j+1)(1−p))``, which decreases in j,
    every block obeys (a product of i ratios taken from a decreasing sequence lies between the i-th
    powers of its last and of its first member)

        t(a)·Σ_{i<B} ρ(a+B−1)^i  ≤  t(a) + … + t(a+B−1)  ≤  t(a)·Σ_{i<B} ρ(a)^i ,

    and after the last block ``t(b) ≤ Σ_{j≥b} t(j) ≤ t(b)/(1−ρ(b))`` when ``ρ(b) < 1`` (Feller 1968,
    VI.3). ``t`` at the start of a block is computed from log-gamma functions, so errors
    do not accumulate over blocks; the number of blocks depends on the working precision alone. If the tail
    begins at or below the mode it is one minus the tail of the mirrored variable ``N − X``.
    The length of the blocks is a free choice: it changes the width of the enclosure, not its truth.

    Parameters
    ----------
    trials, count:
        Exact integers, ``trials ≥ 0``.
    probability:
        A ball inside (0, 1); otherwise the result is the indeterminate ball.
    """
    if count < 0:
        return arb(1)
    if count >= trials:
        return arb(0)
    if not (probability > 0 and probability < 1):
        return flint.arb.nan()
    mode = (arb(trials) + 1) * probability
    if arb(count + 2) > mode:
        return _tail_beyond_mode(trials, count + 1, probability)
    return 1 - _tail_beyond_mode(trials, trials - count, 1 - probability)


def _tail_beyond_mode(trials: int, start: int, p: flint.arb) -> flint.arb:
    blocks = max(64, flint.ctx.prec // 4)
    block = _block_length(trials, start, p, blocks)
    log_p, log_q = p.log(), (-p).log1p()
    odds = p / (1 - p)
    log_factorial = arb(trials + 1).lgamma()

    def term(j: int) -> flint.arb:
        choose = log_factorial - arb(j + 1).lgamma() - arb(trials - j + 1).lgamma()
        return (choose + j * log_p + (trials - j) * log_q).exp()

    def ratio(j: int) -> flint.arb:
        return arb(trials - j) * odds / (j + 1)

    total, a, t = arb(0), start, term(start)
    for _ in range(blocks):
        if a > trials:
            return total
        if block == 1:
            total, t, a = total + t, t * ratio(a), a + 1
            continue
        last = min(a + block - 1, trials)
        length = last - a + 1
        total += (t * _geometric(ratio(last), length)).union(t * _geometric(ratio(a), length))
        a += length
        t = term(a) if a <= trials else arb(0)
    if a > trials:
        return total
    rest = 1 - ratio(a)
    return total + t.union(t / rest) if rest > 0 else flint.arb.nan()


def _geometric(ratio: flint.arb, length: int) -> flint.arb:
    """``1 + ratio + … + ratio^(length−1)`` for ``ratio < 1`` (else indeterminate)."""
    if not ratio < 1:
        return flint.arb.nan()
    return (1 - ratio**length) / (1 - ratio)


def _block_length(trials: int, start: int, p: flint.arb, blocks: int) -> int:
    """About ``DECAY`` decay lengths of the tail over ``blocks`` blocks (a choice, not a claim)."""
    if trials - start + 1 <= blocks:
        return 1
    drop = 1 - arb(trials - start) * p / ((1 - p) * (start + 1))
    spread = (arb(trials) * p * (1 - p)).sqrt() + 1
    length = (DECAY / ((drop.mid() + 1 / spread.mid()) * blocks)).mid()
    if not length.is_finite() or not length > 1:
        return 1
    whole = length.ceil().mid().unique_fmpz()
    return 1 if whole is None else min(max(1, int(whole)), trials)
