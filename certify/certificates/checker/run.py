"""Certificates of kind ``run``: initial weights drawn again, the run followed again, its end checked as a network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from certify.arithmetic.balls import arb, precision
from certify.certificates.checker.at_weights import BITS, AtWeightsEntry, Quartic
from certify.certificates.checker.frozen import initial_weights
from certify.certificates.checker.network import WeightsCheck
from certify.certificates.checker.reading import count, members, number
from certify.certificates.checker.replay import Course, distance
from certify.certificates.checker.report import Collector, NotCheckable, Status, require
from certify.certificates.checker.rows import Floats, PlainData
from certify.certificates.checker.run_entry import ReluRunEntry, RunEntry
from certify.certificates.checker.sgd import SGD, SgdEntry
from certify.certificates.checker.tangent import FUNCTIONS, NO_WEIGHTS, Ball
from certify.certificates.checker.weights import PlainNetwork
from certify.certificates.document import Certificate, TheoremEntry
from certify.theorems.statements import AT_WEIGHTS

CLAIM = (
    "exact gradient descent from the initial weights converges to an exact zero of the loss, "
    "linearly from a step on that is named"
)


class RunCheck(WeightsCheck):
    """The checks of one run; ``network`` has its final weights ``W``."""

    claim = CLAIM

    def __init__(
        self, certificate: Certificate, data: PlainData | None, network: PlainNetwork | None, exact: bool
    ) -> None:
        request = members(certificate.extra.get("request") or {}, "request")
        self._start: tuple[Floats, Floats] | None = None
        self._reached: Ball | None = None
        if network is not None and data is not None:
            if data.y is None or data.y.ndim != 1:
                raise NotCheckable("this checker knows runs of one output only")
            # the output weights are drawn, not trained: those of the seed, whatever the file says
            width, seed, init = (request.get(name) for name in ("width", "seed", "init"))
            alpha = number(request.get("alpha"), "alpha")
            require(isinstance(alpha, float) and alpha > 0, "α is not positive")
            require(type(seed) is int and init in ("paired", "independent"), "the initialisation is none that is known")
            assert isinstance(seed, int) and isinstance(alpha, float)
            self._start = initial_weights(count(width, "width"), data.d, str(init), seed)
            plain = len(network.layers) == 1 and network.layers[0][1] is None
            require(plain and network.layers[0][0].shape == self._start[0].shape, "these are no weights of this run")
            network = replace(network, outer=self._start[1], offset=None, alpha=alpha)
        super().__init__(certificate, data, network, exact)

    def _trained(self) -> str:
        return "first"

    def _described(self) -> Mapping[str, Any]:
        return {"activation": self.request.get("activation")}

    def _same_weights(self) -> bool:
        if self.network is None:
            return False
        digest = hashlib.sha256(self.network.layers[0][0].astype("<f8").tobytes(order="C")).hexdigest()
        return digest == self.witness.get("weights_sha256")

    @property
    def steps(self) -> int:
        """Number of steps of the run."""
        recorded = members(self.certificate.extra.get("run"), "run").get("steps")
        require(type(recorded) is int and recorded >= 0, "the number of steps is no count")
        assert isinstance(recorded, int)
        return recorded

    def _weights(self) -> str:
        if self.network is None:
            raise NotCheckable(NO_WEIGHTS)
        require(self._same_weights(), "these weights have another hash")
        return "SHA-256 of the final weights; the output weights drawn again"

    def _request(self) -> str:
        super()._request()
        most = self.request.get("steps")
        require(type(most) is int and 0 <= self.steps <= most, "there are more steps than were asked for")
        run = members(self.certificate.extra.get("run"), "run")
        last = run["checkpoints"][-1]["step"]
        require(last == self.steps and type(last) is int, "the last checkpoint is not at the last step")
        eta = number(self.witness.get("step_size"), "witness.step_size")
        require(run["step_size"] == float(Fraction(eta)), "the step size is not that of the witness")
        return "complete, and the run within it"

    def _sentence(self) -> str:
        return f"exact gradient descent from the initial weights converges linearly from step {self.steps} on"

    def _entry(self, entry: TheoremEntry, collector: Collector) -> Status:
        bounds, sentence = self.certificate.bounds, self._sentence()
        kind: type[RunEntry]
        if entry.id in SgdEntry.statements:
            kind, sentence = SgdEntry, SGD
        else:
            kind = ReluRunEntry if entry.id in ReluRunEntry.statements else RunEntry
        check = kind(entry, self.tangent, self.request, self.witness, bounds, sentence, False)
        check.run = self
        return check.check(collector)

    def _question(self) -> tuple[str, frozenset[str]]:
        """See `WeightsCheck._question`."""
        if self.request.get("batch") is not None:
            return SGD, frozenset(SgdEntry.statements)
        return self.claim, frozenset((*AT_WEIGHTS, *ReluRunEntry.statements))

    def distance_at_most(self, claimed: Fraction, entry: AtWeightsEntry) -> str:
        """Is the exact run, after all steps, that near to the final weights?"""
        network, data = self.tangent.network, self.tangent.data
        if self.activation not in FUNCTIONS or data.y is None or data.y.ndim != 1:
            raise NotCheckable("this checker follows runs of one output with an activation it knows only")
        assert self._start is not None
        if self._reached is not None:
            require(bool(self._reached <= arb(claimed)), "the final weights are farther from the exact run's")
            return "as above"
        steps = self.steps
        if steps == 0:
            same = bool((network.layers[0][0] == self._start[0]).all())
            require(same and claimed >= 0, "the final weights are not the initial ones")
            return "no step was made, and the weights are the initial ones, drawn again"
        bend = arb(0)
        if self.activation != "relu":
            bend = self.tangent.lipschitz(Quartic.read(self.witness.get("quartic")).bound(self.tangent.rows))
        course = Course(
            data.X,
            data.y,
            self._start[0],
            network.outer,
            self.activation,
            network.squared_scale,
            Fraction(number(self.witness.get("step_size"), "witness.step_size")),
            self.tangent.norm_squared_everywhere(entry.norm_x_squared()),
            bend,
        )
        found = self._reached = distance(course, steps, network.layers[0][0], claimed, self.exact)
        with precision(BITS):
            require(bool(found <= arb(claimed)), f"the final weights are {float(found.mid()):.3g} from the exact run's")
        return f"{steps} exact steps from the initial weights, drawn again, followed in ball arithmetic"
