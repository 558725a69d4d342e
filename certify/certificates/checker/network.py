"""Certificates of kind ``network``: everything at the given weights derived again from data and weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from certify.arithmetic.balls import precision
from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.at_weights import BITS, AtWeightsEntry, Quartic
from certify.certificates.checker.bounds import Bounds
from certify.certificates.checker.claims import assumed_claim, data_claim, same_data
from certify.certificates.checker.floor import FLOOR, FloorEntry
from certify.certificates.checker.problem import FloatProblem
from certify.certificates.checker.reading import members, number
from certify.certificates.checker.relu import ReluEntry
from certify.certificates.checker.report import Collector, NotCheckable, NotConfirmed, Status, require
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.spectral import decided, recorded_shift, recorded_vector
from certify.certificates.checker.tangent import NO_WEIGHTS, Tangent
from certify.certificates.checker.weights import PlainNetwork
from certify.certificates.document import Certificate
from certify.theorems.statements import AT_WEIGHTS

CLAIM = "gradient descent from these weights converges linearly to an exact zero of the loss"
_TRAINED = {"first": "the first layer", "all": "all layers"}


class WeightsCheck:
    """The checks of one certificate about weights at hand; `RunCheck` adds where they come from."""

    claim = CLAIM

    def __init__(
        self, certificate: Certificate, data: PlainData | None, network: PlainNetwork | None, exact: bool
    ) -> None:
        self.certificate, self.data, self.network, self.exact = certificate, data, network, exact
        self.request: Mapping[str, Any] = members(certificate.extra.get("request") or {}, "request")
        self.witness: Mapping[str, Any] = certificate.witness or {}
        self.activation = str((certificate.kernel or {}).get("activation"))
        self.trained = self._trained()
        # of other data or weights nothing would follow: then every claim about them is not checkable
        usable = data if same_data(certificate, data) else None
        self.tangent = Tangent(usable, network if self._same_weights() else None, self.activation, self.trained, exact)

    def _described(self) -> Mapping[str, Any]:
        return members(self.certificate.extra.get("network") or {}, "network")

    def _trained(self) -> str:
        trained = self._described().get("trained")
        if not (isinstance(trained, str) and trained in _TRAINED):
            raise NotCheckable("this checker knows networks of which the first layer or everything is trained")
        return trained

    def _same_weights(self) -> bool:
        return self.network is not None and self.network.sha256 == self._described().get("sha256")

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes taken."""
        own = self.tangent._problem
        return (() if own is None else (own.route,)) + self._rows_routes()

    def _rows_routes(self) -> tuple[str, ...]:
        return self.tangent.rows.routes if "rows" in self.tangent.__dict__ else ()

    @property
    def by_floats(self) -> bool:
        """Was any matrix taken by the float route?"""
        own = self.tangent._problem
        return isinstance(own, FloatProblem) or ("rows" in self.tangent.__dict__ and self.tangent.rows.by_floats)

    def check(self, collector: Collector) -> None:
        """All claims, in the document's order."""
        certificate = self.certificate
        collector.put("data", lambda: data_claim(certificate, self.data))
        collector.put("weights", self._weights)
        collector.put("request", self._request)
        collector.put("kernel", self._kernel)
        for name, enclosure in certificate.bounds.items():
            for end in ("lower", "upper"):
                if getattr(enclosure, end) is not None:
                    collector.put(f"bounds.{name}.{end}", self._bound(name, enclosure, end))
        if certificate.definite is not None:
            collector.put("definite", self._definite)
        outcomes = {
            entry.id: self._entry(entry, collector) for entry in certificate.theorems if not isinstance(entry, Mapping)
        }
        collector.put("assumed", lambda: assumed_claim(certificate))
        collector.put("verdict", lambda: self._verdict(outcomes))

    def _entry(self, entry: Any, collector: Collector) -> Status:
        bounds, sentence = self.certificate.bounds, self._sentence()
        if entry.id in FloorEntry.statements:
            return FloorEntry(entry, self.tangent, self.request, self.witness, bounds, FLOOR).check(collector)
        kind = ReluEntry if entry.id in ReluEntry.statements else AtWeightsEntry
        return kind(entry, self.tangent, self.request, self.witness, bounds, sentence).check(collector)

    def _question(self) -> tuple[str, frozenset[str]]:
        """The sentence asked about, and the theorems that answer it."""
        if self.request.get("floor") is True:
            return FLOOR, frozenset(FloorEntry.statements)
        return self.claim, frozenset((*AT_WEIGHTS, *ReluEntry.statements))

    def _sentence(self) -> str:
        return f"gradient descent of {_TRAINED[self.trained]} from these weights converges linearly to zero loss"

    # --- what is spoken of

    def _weights(self) -> str:
        if self.network is None:
            raise NotCheckable(NO_WEIGHTS)
        require(self._same_weights(), "these weights have another hash")
        described = self._described()
        require(list(described["widths"]) == list(self.network.widths), "the widths are not those of the weights")
        alpha = described.get("alpha")
        require(alpha == self.network.alpha and not isinstance(alpha, bool), "α is not the network's")
        require(described.get("outputs", 1) == self.network.outputs, "the network has another number of outputs")
        return "SHA-256 of shapes and numbers, formed again"

    def _request(self) -> str:
        request = self.request
        require(request.get("loss") in ("half-sum", "sum", "mean"), "the loss is none that is known")
        fraction = request.get("fraction")
        require(isinstance(fraction, float) and 0 < fraction < 1, "the fraction is not in (0, 1)")
        for name in ("step_size", "target_loss"):
            value = request.get(name)
            require(value is None or number(value, name) > 0, f"{name} is not positive")
        asked = (request.get("activation"), request.get("train"))
        require(asked[0] in (None, self.activation), "the activation is not the one asked for")
        require(asked[1] in (None, self.trained), "what is trained is not what was asked for")
        return "complete"

    def _kernel(self) -> str:
        kernel = self.certificate.kernel
        if kernel is None:
            raise NotConfirmed("no kernel is recorded")
        known = {"activation", "depth", "bias", "normalized", "widths", "at"}
        unknown = set(kernel) - known
        if unknown:
            raise NotCheckable(f"this checker does not know the kernel's member {min(unknown)[:40]!r}")
        require(kernel.get("at") == "weights" and kernel["normalized"] is False, "it is not the kernel at the weights")
        widths = list(kernel.get("widths") or ())
        require(kernel["depth"] == len(widths), "the depth is not the number of hidden layers")
        require(self._kernel_is_that_of_weights(kernel, widths), "it is not the kernel of these weights")
        return "the tangent kernel at the weights"

    def _kernel_is_that_of_weights(self, kernel: Mapping[str, Any], widths: list[Any]) -> bool:
        network = self.tangent.network
        described = self._described().get("activation")
        biased = any(bias is not None for _, bias in network.layers)
        return widths == list(network.widths) and kernel["bias"] is biased and described == kernel["activation"]

    # --- bounds

    def _bound(self, name: str, enclosure: Enclosure, end: str) -> Callable[[], str]:
        rules: dict[str, Callable[[Enclosure, str], str]] = {
            "lambda_min": self._lambda_min,
            "lambda_max": self._lambda_max,
            "residual": self._residual,
            "loss": self._residual,
            "q_x_squared": self._quartic,
        }

        def derive() -> str:
            if name in ("norm_x_squared", "norm_y", "trace_gram"):
                rows = Bounds(self.tangent.rows, {}, self.activation)
                return str(getattr(rows, f"_{name}")(enclosure, end))
            if name == "loss":
                return self._residual(enclosure, end, loss=True)
            if name not in rules:
                raise NotCheckable(f"this checker knows no bound named {name[:40]!r}")
            return rules[name](enclosure, end)

        return derive

    def _lambda_min(self, enclosure: Enclosure, end: str) -> str:
        witness = self.witness.get("lambda_min")
        if end == "lower":
            bound = enclosure.lower_arb()
            if bound <= 0:
                return "K = JJᵀ is positive semidefinite"
            verdict = self.tangent.kernel().at_least(bound, recorded_shift(witness))
            if verdict is Verdict.UNDECIDED:
                raise NotCheckable("not checkable at this bound by the float route")
            decided(verdict, "K − bound·I is not definite")
            return "K − bound·I is positive definite"
        problem = self.tangent.kernel()
        found = problem.quotient(recorded_vector(witness, problem.n, "lambda_min"))
        require(bool(found <= enclosure.upper_arb()), "the Rayleigh quotient of the recorded vector is not below it")
        return "Rayleigh quotient of the recorded vector"

    def _lambda_max(self, enclosure: Enclosure, end: str) -> str:
        witness, problem = self.witness.get("lambda_max"), self.tangent.kernel()
        if end == "upper":
            verdict = problem.at_most(enclosure.upper_arb(), recorded_shift(witness))
            if verdict is Verdict.UNDECIDED:
                raise NotCheckable("not checkable at this bound by the float route")
            decided(verdict, "bound·I − K is not definite")
            return "bound·I − K is positive definite"
        found = problem.quotient(recorded_vector(witness, problem.n, "lambda_max"))
        require(bool(found >= enclosure.lower_arb()), "the Rayleigh quotient of the recorded vector is below it")
        return "Rayleigh quotient of the recorded vector"

    def _residual(self, enclosure: Enclosure, end: str, loss: bool = False) -> str:
        with precision(BITS):
            norm = self.tangent.norm(BITS)
            value = norm * norm / 2 if loss else norm
            inside = value >= enclosure.lower_arb() if end == "lower" else value <= enclosure.upper_arb()
        require(bool(inside), "the value in ball arithmetic is not inside")
        return "the network evaluated in ball arithmetic"

    def _quartic(self, enclosure: Enclosure, end: str) -> str:
        if end == "lower":
            require(bool(enclosure.lower_arb() <= 0), "nothing bounds it from below")
            return "a sum of fourth powers"
        bound = Quartic.read(self.witness.get("quartic")).bound(self.tangent.rows)
        require(bool(bound <= enclosure.upper_arb()), "q_X² is not below it")
        return "λ_max(G∘G − s ggᵀ), with the recorded s"

    def _definite(self) -> str:
        recorded = members(self.certificate.definite, "definite")
        verdict = Verdict(recorded["verdict"])
        if verdict is Verdict.UNDECIDED:
            return "claims nothing"
        require(verdict is Verdict.PROVED, "nothing shows that the kernel is singular")
        low = self.certificate.bounds.get("lambda_min")
        if low is None or low.lower is None or not low.lower > 0:
            raise NotCheckable("no positive lower bound of λ_min is recorded")
        return self._lambda_min(low, "lower")

    def _verdict(self, outcomes: Mapping[str, Status]) -> str:
        certificate = self.certificate
        if certificate.verdict is Verdict.UNDECIDED:
            return "undecided: claims nothing"
        claim, answers = self._question()
        entries = [entry for entry in certificate.theorems if not isinstance(entry, Mapping)]
        strange = [entry.id for entry in entries if entry.id not in (*AT_WEIGHTS, *FloorEntry.statements, *answers)]
        if strange and certificate.claim != claim:
            raise NotCheckable(f"what follows from theorem {strange[0]!r} is not known to this checker")
        require(certificate.claim == claim, "the claim is not the sentence of this kind")
        require(certificate.verdict is Verdict.PROVED, "a theorem's sufficient conditions refute nothing")
        proved = [entry.id for entry in entries if entry.id in answers and entry.verdict is Verdict.PROVED]
        confirmed = [name for name in proved if outcomes[name] is Status.CONFIRMED]
        open_ones = [e.id for e in entries if e.id in (*proved, *strange) and e.verdict is Verdict.PROVED]
        if not confirmed and any(outcomes[name] is Status.NOT_CHECKABLE for name in open_ones):
            raise NotCheckable("no theorem it rests on is checkable")
        require(bool(confirmed), "no theorem is confirmed as proved")
        return f"{', '.join(confirmed)}"
