"""What the data say, established by the checker and kept: spectra of their matrices, norms, directions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import flint

from certify.arithmetic.balls import arb, precision
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.architecture import deep_family
from certify.certificates.checker.entries import GRAM, MODULUS, Entries, Family, kernel_family, quartic
from certify.certificates.checker.isolated import Isolated
from certify.certificates.checker.problem import BallProblem, FloatProblem, Problem
from certify.certificates.checker.report import NotCheckable
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.series import SeriesEntries, SeriesFamily, series_family
from certify.symbolic.complement import slopes_add_up

BALL_ROWS, EXACT_ROWS = 200, 600
"""Largest matrices taken in ball arithmetic throughout: by default, and with ``exact``."""
FALLBACK_ROWS, PATIENT_ROWS = 1000, 2000
"""Largest ones taken so where the float route does not reach a bound: by default, and with ``exact``."""


def family_of(activation: str) -> Family:
    """The kernel of an activation, in closed form or by expansions.

    Raises `NotCheckable` for one that has neither, `InputError` for a text that is no activation.
    """
    family: Family | None
    if activation.startswith("deep/"):
        family = deep_family(activation)
    else:
        family = kernel_family(activation) or series_family(activation)
    if family is None:
        raise NotCheckable(f"this checker has no kernel for the activation {activation[:40]!r}")
    return family


def entries_of(data: PlainData, family: Family, normalized: bool) -> Entries:
    """The entries of a family on data."""
    kind = SeriesEntries if isinstance(family, SeriesFamily) else Entries
    return kind(data, family, normalized)


def _sharp(problem: Problem, verdict: Verdict) -> Verdict:
    if verdict is Verdict.UNDECIDED and not problem.sharp:
        raise NotCheckable("the checker's expansions of this kernel are not sharp enough to tell")
    return verdict


NO_DATA = "the data are needed (--data SOURCE)"


class Facts:
    """Lazily derived facts of the data; without data every question raises `NotCheckable`.

    Parameters
    ----------
    data:
        The plain data, or None.
    normalized:
        Whether the rows meant are ``x_i/|x_i|``.
    exact:
        Ball arithmetic up to 600 rows instead of 200; up to 2000 instead of 1000 where floats do not suffice.
    """

    def __init__(self, data: PlainData | None, normalized: bool, exact: bool) -> None:
        self._data, self.normalized = data, normalized
        self.limit = EXACT_ROWS if exact else BALL_ROWS
        self.fallback = PATIENT_ROWS if exact else FALLBACK_ROWS
        self._problems: dict[str, Problem] = {}
        self._decided: dict[tuple[str, str, str], Verdict] = {}
        self._null: dict[str, int] = {}
        self._isolated: dict[str, Isolated] = {}

    @property
    def data(self) -> PlainData:
        """The data. Raises `NotCheckable` if there are none."""
        if self._data is None:
            raise NotCheckable(NO_DATA)
        return self._data

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes taken, in order."""
        return tuple(problem.route for problem in self._problems.values())

    @property
    def by_floats(self) -> bool:
        """Was any matrix taken by the float route?"""
        return any(isinstance(problem, FloatProblem) for problem in self._problems.values())

    def kernel(self, activation: str) -> Problem:
        """The infinite-width kernel of an activation."""
        return self._problem(f"kernel {activation}", family_of(activation))

    def modulus(self) -> Problem:
        """``|XXᵀ|``, entrywise."""
        return self._problem("modulus", MODULUS)

    def quartic(self, s: float) -> Problem:
        """``G∘G − s ggᵀ``."""
        return self._problem(f"quartic {s!r}", quartic(s))

    def gram(self) -> Problem:
        """``XᵀX`` or ``XXᵀ``, the smaller; its largest eigenvalue is ``‖X‖²``."""
        if self.data.d > self.data.n:
            return self._problem("gram", GRAM)
        if "gram" not in self._problems:
            size, what = self.data.d, "‖X‖²"
            if size <= self.limit:
                self._problems["gram"] = BallProblem(size, self._covariance, what)
            else:
                with precision(128):
                    whole = self._covariance(128).tolist()
                largest = max((row[i] for i, row in enumerate(whole)), key=lambda ball: float(ball.mid()))

                def rows(bits: int) -> Iterator[list[flint.arb]]:
                    yield from (row[: i + 1] for i, row in enumerate(whole))

                self._problems["gram"] = FloatProblem(size, rows, largest, what)
        return self._problems["gram"]

    def _covariance(self, bits: int) -> flint.arb_mat:
        with precision(bits):
            rows = [[arb(v) for v in row] for row in self.data.X.tolist()]
            if self.normalized:
                for i, square in enumerate(self.data.squares):
                    inverse = 1 / arb(square).sqrt()
                    rows[i] = [v * inverse for v in rows[i]]
            matrix = flint.arb_mat(rows)
            return matrix.transpose() * matrix

    def _problem(self, name: str, family: Family) -> Problem:
        if name not in self._problems:
            entries = entries_of(self.data, family, self.normalized)
            if self.data.n <= self.limit:
                sharp = not isinstance(family, SeriesFamily)
                self._problems[name] = BallProblem(entries.n, entries.matrix, family.name, sharp)
            else:
                size = entries.largest_diagonal
                self._problems[name] = FloatProblem(entries.n, entries.rows, size, family.name)
        return self._problems[name]

    def in_balls(self, activation: str) -> Problem | None:
        """The kernel in ball arithmetic throughout, where the rows are few enough for that at all."""
        if self.data.n > self.fallback:
            return None
        name = f"kernel {activation}"
        problem = self.kernel(activation)
        if isinstance(problem, FloatProblem):
            entries = entries_of(self.data, family_of(activation), self.normalized)
            sharp = not isinstance(entries.family, SeriesFamily)
            name += " in balls"
            problem = self._problems.setdefault(
                name, BallProblem(entries.n, entries.matrix, entries.family.name, sharp)
            )
        return problem

    def at_least(self, name: str, problem: Problem, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """`Problem.at_least`, remembered."""
        key = (name, ">=", bound.repr())
        if key not in self._decided:
            self._decided[key] = problem.at_least(bound, hint)
        return _sharp(problem, self._decided[key])

    def at_most(self, name: str, problem: Problem, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """`Problem.at_most`, remembered."""
        key = (name, "<=", bound.repr())
        if key not in self._decided:
            self._decided[key] = problem.at_most(bound, hint)
        return _sharp(problem, self._decided[key])

    def null_dimension(self, activation: str) -> int:
        """Null vectors that coinciding rows give, exactly."""
        if activation not in self._null:
            family = family_of(activation)
            self._null[activation] = (
                self.data.null_dimension(family.entry is None, self.normalized)
                if family.coincide == "signs"
                else self.data.coinciding(family.coincide == "rays" or self.normalized)
            )
            if isinstance(family, SeriesFamily) and family.coincide == "rows" and slopes_add_up(activation):
                self._null[activation] += self.data.opposite_excess(self.normalized)
        return self._null[activation]

    def offer(self, activation: str, witness: Any) -> None:
        """Take note of the witness of ``λ_min``: it may tell how to bound it where the direct way does not suffice."""
        if self._data is not None and activation not in self._isolated and kernel_family(activation) is not None:
            found = Isolated.recorded(Entries(self.data, family_of(activation), self.normalized), witness)
            if found is not None:
                self._isolated[activation] = found

    def isolated(self, activation: str) -> Isolated | None:
        """What is known of an isolated smallest eigenvalue."""
        return self._isolated.get(activation)

    def smallest_at_least(self, activation: str, bound: flint.arb, hint: flint.arb | None = None) -> Verdict:
        """Is ``λ_min(K∞) ≥ bound``? 0 and below need no computation: ``K∞ = E[JJᵀ]`` is semidefinite.

        Where ReLU's rows are not normalised and the direct way does not decide, ``K = DHD`` with ``D = diag |x_i|``
        and the kernel ``H`` of the normalised rows: ``λ_min(K) ≥ λ_min(H) min|x_i|²``.

        Raises
        ------
        NotCheckable
            Where the float route does not reach the bound and there are too many rows for balls.
        """
        if bound <= 0:
            return Verdict.PROVED
        if self.null_dimension(activation) > 0:
            return Verdict.REFUTED
        problem = self.kernel(activation)
        verdict = self.at_least(f"kernel {activation}", problem, bound, hint)
        if verdict is Verdict.UNDECIDED and family_of(activation).entry is None and not self.normalized:
            verdict = self._by_congruence(activation, bound)
        if verdict is Verdict.UNDECIDED and activation in self._isolated:
            floor = self._isolated[activation].floor
            verdict = Verdict.PROVED if floor is not None and floor >= bound else verdict
        if verdict is Verdict.UNDECIDED and isinstance(problem, FloatProblem):
            balls = self.in_balls(activation)
            if balls is not None:
                return self.at_least(f"kernel {activation} in balls", balls, bound)
            confirmed = "nothing" if problem.reached is None else f"λ_min·2^{-problem.exponent} ≥ {problem.reached!r}"
            raise NotCheckable(f"not checkable at this bound by the float route (what was confirmed: {confirmed})")
        return verdict

    def _by_congruence(self, activation: str, bound: flint.arb) -> Verdict:
        unit = Facts(self.data, True, self.limit == EXACT_ROWS)
        with precision(256):
            needed = (bound / arb(min(self.data.squares))).upper()
        problem = unit.kernel(activation)
        verdict = unit.at_least("normalised kernel", problem, needed)
        if verdict is not Verdict.PROVED:
            return Verdict.UNDECIDED
        self._problems["normalised kernel"] = problem
        return verdict

    def trace(self) -> Fraction:
        """``Σ|x_i|²``, exact."""
        return Fraction(self.data.n) if self.normalized else sum(self.data.squares, Fraction(0))

    def unit_rows(self) -> bool:
        """Is ``|x_i| = 1`` for every row, exactly?"""
        return self.normalized or all(square == 1 for square in self.data.squares)

    def least_diagonal(self, activation: str) -> flint.arb:
        """The least diagonal entry of the kernel, which ``λ_min`` does not exceed."""
        with precision(256):
            a = arb(1) if self.normalized else arb(min(self.data.squares))
            return family_of(activation).on_diagonal(a)
