"""The entry of ``plstar.gd`` or ``relu.gd`` in a run, centred at final weights near which the exact run ends."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from certify.arithmetic.balls import arb
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.at_weights import AtWeightsEntry
from certify.certificates.checker.constants import is_count
from certify.certificates.checker.reading import number
from certify.certificates.checker.relu import ReluEntry
from certify.certificates.checker.report import NotConfirmed, require


class Followed(Protocol):
    """What an entry asks of its run."""

    @property
    def steps(self) -> int:
        """Number of steps."""

    def distance_at_most(self, claimed: Fraction, entry: AtWeightsEntry) -> str:
        """Is the exact run, after all steps, that near to the final weights? Raises unless it is."""


class RunEntry(AtWeightsEntry):
    """The entry of a run: its start is not the centre, but within a distance that is claimed."""

    run: Followed

    def _statement(self) -> str:
        found = super()._statement()
        eta = number(self.recorded.get("step_size"), "witness.step_size")
        require(Fraction(eta) == Fraction(self.point().values["eta"]), "the step size is not the run's")
        return found

    def _values(self) -> str:
        found = super()._values()
        return f"{found}; {self.run.distance_at_most(self.claimed_distance(), self)}"

    def claimed_distance(self) -> Fraction:
        """How far the exact run may be from the final weights, as the entry says."""
        return Fraction(self.point().values["distance"])

    def _constant(self, name: str) -> str:
        enclosure = self.entry.constants[name]
        if name == "distance":
            return self._distance(enclosure)
        if name == "first_certified_step":
            require(is_count(enclosure, self.run.steps), "it is not the number of steps made")
            if self.entry.verdict is not Verdict.PROVED:
                raise NotConfirmed("the theorem is not proved there")
            return "the step after which the theorem's hypotheses are proved"
        return super()._constant(name)

    def _distance(self, enclosure: Enclosure) -> str:
        require(enclosure.lower is None or enclosure.lower <= 0, "nothing bounds it from below")
        used = self.claimed_distance()
        if enclosure.upper is not None:
            require(bool(enclosure.upper_arb() >= arb(used)), "it is below the distance used")
        return self.run.distance_at_most(used, self)


class ReluRunEntry(RunEntry, ReluEntry):
    """The entry of a run of a ReLU network."""
