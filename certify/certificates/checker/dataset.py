"""Certificates of kind ``dataset``: which claims they make, and what the verdict must follow from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from certify.arithmetic.verdict import Verdict
from certify.certificates.checker.architecture import CLAIM, all_trained, check_members, named
from certify.certificates.checker.bounds import Bounds
from certify.certificates.checker.claims import assumed_claim, data_claim, same_data
from certify.certificates.checker.facts import Facts, family_of
from certify.certificates.checker.reading import count, members
from certify.certificates.checker.report import Collector, NotCheckable, NotConfirmed, Status, require
from certify.certificates.checker.rows import PlainData
from certify.certificates.checker.theorem import EntryCheck, plain_kernel
from certify.certificates.document import Certificate


class DatasetCheck:
    """The checks of one certificate of kind ``dataset``."""

    def __init__(self, certificate: Certificate, data: PlainData | None, exact: bool) -> None:
        self.certificate, self.data = certificate, data
        kernel = certificate.kernel or {}
        self.activation = str(kernel.get("activation"))
        self.request: Mapping[str, Any] = members(certificate.extra.get("request") or {}, "request")
        self.deep = all_trained(kernel)
        if self.deep:
            self.activation = named(kernel, 0 if data is None else data.d)
        # of other data nothing would follow: then every claim about the data is not checkable
        usable = data if same_data(certificate, data) else None
        self.facts = Facts(usable, kernel.get("normalized") is True, exact)
        self.bounds = Bounds(self.facts, certificate.witness, self.activation)

    def check(self, collector: Collector) -> None:
        """All claims, in the document's order."""
        certificate = self.certificate
        collector.put("data", lambda: data_claim(certificate, self.data))
        collector.put("request", self._request)
        kernel = collector.put("kernel", self._kernel)
        self.bounds.check(certificate.bounds, collector)
        definite = Status.CONFIRMED
        if certificate.definite is not None:
            recorded = certificate.definite
            definite = collector.put("definite", lambda: self.bounds.definite(recorded, certificate.bounds))
        outcomes = {
            entry.id: EntryCheck(entry, self.bounds, self.request, self.activation).check(collector)
            for entry in certificate.theorems
            if not isinstance(entry, Mapping)
        }
        collector.put("assumed", lambda: assumed_claim(certificate))
        collector.put("verdict", lambda: self._verdict(kernel, definite, outcomes))

    @property
    def routes(self) -> tuple[str, ...]:
        """The routes taken."""
        return self.facts.routes

    @property
    def by_floats(self) -> bool:
        """Was any matrix taken by the float route?"""
        return self.facts.by_floats

    def _request(self) -> str:
        request = self.request
        require(bool(request), "no request is recorded, so the claim is about nothing")
        if self.deep:
            require(self.certificate.claim == CLAIM, "the claim is not the sentence the request gives")
            require(not self.certificate.theorems, "no theorem here is of such a kernel")
            return "complete, and the claim is its sentence"
        for name in ("delta", "alpha", "fraction"):
            value = request.get(name)
            positive = isinstance(value, float) and 0 < value < (math.inf if name == "alpha" else 1)
            require(positive, f"{name} is not a number of its range")
        require(request.get("init") in ("paired", "independent"), "the initialisation is none that is known")
        require(request.get("loss") in ("half-sum", "sum", "mean"), "the loss is none that is known")
        width, least = request.get("width"), request.get("min_rate")
        require(width is None or (type(width) is int and width > 0), "the width is no positive integer")
        require(least is None or (isinstance(least, float) and 0 < least < 1), "the least rate is not in (0, 1)")
        require(request.get("activation") == self.activation, "the kernel is not the one asked for")
        require(self.certificate.claim == self._sentence(), "the claim is not the sentence the request gives")
        return "complete, and the claim is its sentence"

    def _sentence(self) -> str:
        asked, width = self.request.get("theorems"), self.request.get("width")
        whose = f"theorem {asked[0]}" if asked and len(asked) == 1 else "at least one theorem"
        if width is not None:
            return f"{whose} guarantees linear convergence of gradient descent at width {count(width, 'the width')}"
        return f"the kernel matrix K∞ is positive definite and {whose} gives a finite width"

    def _kernel(self) -> str:
        kernel = self.certificate.kernel
        if kernel is None:
            raise NotConfirmed("no kernel is recorded")
        if self.deep:
            check_members(kernel, self.request)
        else:
            plain_kernel(kernel)
        options = members((self.certificate.data or {}).get("options"), "data.options")
        require(kernel["normalized"] is options.get("normalize"), "normalisation is not the option's")
        if not self.deep and not (kernel["depth"] == 1 and kernel["bias"] is False):
            raise NotCheckable("this checker has deeper kernels only where all layers are trained")
        family_of(self.activation)
        return "the kernel asked for, on the rows as loaded"

    def _verdict(self, kernel: Status, definite: Status, outcomes: Mapping[str, Status]) -> str:
        verdict, recorded = self.certificate.verdict, self.certificate.definite
        if verdict is Verdict.UNDECIDED:
            return "undecided: claims nothing"
        if recorded is None:
            raise NotConfirmed("definiteness is not recorded")
        if definite is Status.NOT_CHECKABLE:
            raise NotCheckable("definiteness is not checkable")
        require(definite is Status.CONFIRMED, "definiteness is not confirmed")
        if kernel is Status.NOT_CHECKABLE:
            raise NotCheckable("the kernel is not checkable")
        require(kernel is Status.CONFIRMED, "the kernel is not confirmed")
        if verdict is Verdict.REFUTED:
            require(Verdict(recorded["verdict"]) is Verdict.REFUTED, "the matrix is not shown to be singular")
            return "λ_min = 0: the matrix is not positive definite, and every theorem here needs that it is"
        require(Verdict(recorded["verdict"]) is Verdict.PROVED, "definiteness is not proved")
        if self.deep:
            return "definiteness"
        asked = self.request.get("theorems")
        entries = [
            entry
            for entry in self.certificate.theorems
            if not isinstance(entry, Mapping)
            and (asked is None or entry.id in asked)
            and entry.verdict is Verdict.PROVED
            and entry.document.get("kernel") is None  # it speaks of the document's kernel, as its statement shows
        ]
        confirmed = [entry.id for entry in entries if outcomes[entry.id] is Status.CONFIRMED]
        if not confirmed and any(outcomes[entry.id] is Status.NOT_CHECKABLE for entry in entries):
            raise NotCheckable("no theorem it rests on is checkable")
        require(bool(confirmed), "no theorem that was asked and speaks of this kernel is confirmed as proved")
        return f"definiteness and {', '.join(confirmed)}"
