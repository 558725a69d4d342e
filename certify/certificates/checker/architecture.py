"""Kernels of networks whose layers are all trained, from the recursion, in balls; formulas of the checker's own.

A kernel is named by a text, as activations are, so that what is known of it can be kept under that name.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.balls import arb
from certify.certificates.checker.entries import Ball, Family
from certify.certificates.checker.report import NotCheckable, require

MEMBERS = ("activation", "depth", "bias", "normalized", "trained", "weight_std", "bias_std")
CLAIM = "the kernel matrix K∞ is positive definite"
_DEEPEST = 64


def all_trained(kernel: Mapping[str, Any]) -> bool:
    """Does the document's kernel say that all layers are trained?"""
    return kernel.get("trained") == "all"


def check_members(kernel: Mapping[str, Any], request: Mapping[str, Any]) -> None:
    """Refuse a description that is incomplete, contradictory or not the one asked for."""
    unknown = set(kernel) - set(MEMBERS)
    if unknown:
        raise NotCheckable(f"this checker does not know the kernel's member {min(unknown)[:40]!r}")
    require(set(kernel) == set(MEMBERS), "a member of the kernel is missing")
    depth, weight, bias = kernel["depth"], kernel["weight_std"], kernel["bias_std"]
    require(type(depth) is int and 1 <= depth <= _DEEPEST, "the depth is out of range")
    for value in (weight, bias):
        require(
            type(value) in (int, float) and math.isfinite(value) and value >= 0, "a scale is no number of its range"
        )
    require(weight > 0, "the weights have no scale")
    require(kernel["bias"] is (bias > 0), "bias and its scale disagree")
    if kernel["activation"] not in ("relu", "erf"):
        raise NotCheckable(f"this checker has no such kernel for {str(kernel['activation'])[:40]!r}")
    require(request.get("train") == "all", "the kernel is not the one asked for")
    for name in ("activation", "depth", "weight_std", "bias_std"):
        require(request.get(name) == kernel[name], "the kernel is not the one asked for")


def named(kernel: Mapping[str, Any], d: int) -> str:
    """The kernel's name: all that determines it. ``d``: the length of a row."""
    return (
        f"deep/{kernel.get('activation')}/{kernel.get('depth')}/{kernel.get('weight_std')}/{kernel.get('bias_std')}/{d}"
    )


def deep_family(name: str) -> Family | None:
    """The family of a name made by `named`, None for other names.

    Notes
    -----
    ``K¹ = T¹ = σ²x·x'/d + β²``; then ``K ← σ²V + β²``, ``T ← K + σ²TV'`` with, for the angle θ of the Gaussian pair and
    ``r = √(K_ii K_jj)``: ReLU ``V = r(sin θ + (π−θ)cos θ)/(2π)``, ``V' = (π−θ)/(2π)`` (Cho and Saul 2009); erf
    ``V = (2/π)arcsin(2K_ij/√((1+2K_ii)(1+2K_jj)))``, ``V' = (4/π)/√((1+2K_ii)(1+2K_jj) − 4K_ij²)`` (Williams 1997).
    """
    parts = name.split("/")
    if parts[0] != "deep" or len(parts) != 6:
        return None
    phi, depth, d = parts[1], int(parts[2]), int(parts[5])
    sigma, beta = (Fraction(float(part)) ** 2 for part in parts[3:5])
    if phi not in ("relu", "erf") or d < 1:
        return None
    step = _relu if phi == "relu" else _erf

    def entry(dot: Ball, a: Ball, b: Ball) -> Ball:
        first, s, t = arb(sigma / d), arb(sigma), arb(beta)
        same = dot is a and dot is b  # one number thrice: x = x', and the angle stays 0 exactly
        c, p, q = (first * x + t for x in (dot, a, b))
        total = c
        for _ in range(depth):
            value, slope, p, q = step(c, p, q)
            if same:
                value = p
                slope = arb(1) / 2 if phi == "relu" else 4 / (flint.arb.pi() * (1 + 4 * c).sqrt())
            c, p, q = s * value + t, s * p + t, s * q + t
            total = c + s * total * slope
        return total

    coincide = "rows" if beta else "rays" if phi == "relu" else "signs"
    return Family(f"the {phi} kernel of depth {depth}, all layers trained", entry, coincide=coincide)


def _relu(c: Ball, p: Ball, q: Ball) -> tuple[Ball, Ball, Ball, Ball]:
    """From ``V(θ) = (sin θ + (π−θ)cos θ)/(2π)``.

    Where the ball of the cosine reaches 1: ``½ − π²(1 − cos θ)/8 ≤ V ≤ ½``, as ``V' ≥ −θ/2``, ``1 − cos θ ≥ 2θ²/π²``.
    Where it reaches −1: with ``η = π − θ ≤ π√((1 + cos θ)/2)``, ``0 ≤ V = (sin η − η cos η)/(2π) ≤ η³/(6π)``.
    """
    pi, r = flint.arb.pi(), (p * q).sqrt()
    rho, half = c / r, arb(1) / 2
    if abs(rho) < 1:
        share = (pi - rho.acos()) / (2 * pi)
        return r * (((1 - rho) * (1 + rho)).sqrt() / (2 * pi) + rho * share), share, p / 2, q / 2
    gap = arb(0).max(1 - rho if rho > 0 else 1 + rho).upper()
    angle = (pi * (gap / 2).sqrt()).upper()
    if rho > 0:
        value, share = half - arb(0).union(pi * pi * gap / 8), half - arb(0).union(angle / (2 * pi))
    elif rho < 0:
        value, share = arb(0).union(angle**3 / (6 * pi)), arb(0).union(angle / (2 * pi))
    else:
        value, share = arb(0).union(half), arb(0).union(half)
    return r * value, share, p / 2, q / 2


def _erf(c: Ball, p: Ball, q: Ball) -> tuple[Ball, Ball, Ball, Ball]:
    two, volume = 2 / flint.arb.pi(), (1 + 2 * p) * (1 + 2 * q)
    value = two * (2 * c / volume.sqrt()).asin()
    slope = 2 * two / (volume - 4 * c * c).sqrt()
    p, q = (two * (2 * x / (1 + 2 * x)).asin() for x in (p, q))
    return value, slope, p, q
