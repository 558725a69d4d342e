"""The report's figures as inline SVG: deterministic, coloured by the page, with nothing to fetch.

They are drawn by matplotlib's SVG backend without pyplot. Colours are placeholders which become CSS
variables, so that a figure follows the page's light or dark scheme.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from certify.arithmetic.enclosure import Enclosure
from certify.certificates import Certificate, TheoremEntry
from certify.reports import numbers
from certify.reports.illustration import Illustration
from certify.reports.summary import is_flow

# Placeholder colours: nothing else in a figure has them.
_PALETTE = {
    "#010101": "var(--ink)",
    "#020202": "var(--muted)",
    "#030303": "var(--rule)",
    "#040404": "var(--accent)",
    "#050505": "var(--series-2)",
    "#060606": "var(--series-3)",
    "#070707": "var(--series-4)",
    "#080808": "var(--warn)",
}
INK, MUTED, RULE, ACCENT, _S2, _S3, _S4, WARN = _PALETTE
SERIES = (ACCENT, _S2, _S3, _S4)
_DASHES = ("-", "--", "-.", ":")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Figure:
    """One figure: a slug, a title, the caption in words, the alternative text and the SVG."""

    slug: str
    title: str
    caption: str
    alternative: str
    svg: str


def figures(certificate: Certificate, illustration: Illustration | None = None) -> tuple[Figure, ...]:
    """All figures the certificate (and its illustration) has the numbers for."""
    entries = [t for t in certificate.theorems if isinstance(t, TheoremEntry)]
    drawn = [
        _eigenvalues(certificate, illustration),
        _widths(entries),
        _run(certificate) if certificate.kind == "run" else _envelopes(entries),
    ]
    return tuple(figure for figure in drawn if figure is not None)


def _power(exponent: float) -> str:
    return "1" if exponent == 0 else f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def _printed(text: str) -> str:
    """``1.85e6`` as ``1.85×10⁶``."""
    mantissa, _, power = text.partition("e")
    return f"{mantissa}×{_power(int(power))}" if power else text


def _draw(slug: str, height: float, paint: Callable[[Any], None], alternative: str) -> str:
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure as Canvas

    style: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": slug,
        "font.family": "sans-serif",
        "font.size": 10,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.facecolor": "none",
        "text.color": INK,
        "axes.edgecolor": RULE,
        "axes.labelcolor": MUTED,
        "axes.linewidth": 0.8,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": RULE,
        "grid.linewidth": 0.5,
        "xtick.color": MUTED,
        "ytick.color": MUTED,
        "text.parse_math": False,
    }
    with matplotlib.rc_context(style):
        canvas = Canvas(figsize=(7.2, height), layout="constrained")
        axes = canvas.add_subplot()
        paint(axes)
        stream = io.StringIO()
        backend: Any = FigureCanvasSVG(canvas)
        backend.print_svg(stream, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _inline(stream.getvalue(), slug, alternative)


def _inline(svg: str, slug: str, alternative: str) -> str:
    """The SVG as an HTML fragment: no prologue, no name spaces, unique ids, the page's colours."""
    import html

    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", body).replace("xlink:href", "href")
    body = re.sub(r'\bid="', f'id="{slug}-', body)
    body = body.replace("url(#", f"url(#{slug}-").replace('href="#', f'href="#{slug}-')
    for placeholder, variable in _PALETTE.items():
        body = body.replace(placeholder, variable)
    size = re.match(r'<svg[^>]*?viewBox="([^"]*)"', body)
    box = size.group(1) if size else "0 0 518 260"
    label = html.escape(alternative, quote=True)
    return re.sub(r"<svg[^>]*>", lambda _: f'<svg viewBox="{box}" role="img" aria-label="{label}">', body, count=1)


def _log10(value: int | float, exponent: int = 0) -> float:
    return math.log10(value) + exponent * math.log10(2)


def _logs(bound: Enclosure | None) -> tuple[float, float] | None:
    if bound is None or not bound.lower or not bound.upper or bound.lower <= 0:
        return None
    return _log10(bound.lower, bound.exponent), _log10(bound.upper, bound.exponent)


def _eigenvalues(certificate: Certificate, illustration: Illustration | None) -> Figure | None:
    values = illustration.eigenvalues if illustration is not None else None
    if values is None:
        return None
    ends = {name: _logs(certificate.bounds.get(name)) for name in ("lambda_min", "lambda_max")}
    positive = values[values > 0]
    hidden = int(values.size - positive.size)
    descending: NDArray[np.float64] = np.log10(positive)[::-1]
    index = np.arange(1, positive.size + 1)

    def paint(axes: Any) -> None:
        axes.plot(index, descending, "o", ms=3.2, mfc="none", mec=MUTED, mew=0.7, label="float64, unverified")
        for name, symbol, where in (("lambda_max", "λₘₐₓ", "bottom"), ("lambda_min", "λₘᵢₙ", "top")):
            logs = ends[name]
            if logs is None:
                continue
            axes.axhspan(*logs, color=ACCENT, lw=1.4)
            bound = numbers.enclosure(certificate.bounds[name], 8)
            x, side = (0.99, "right") if name == "lambda_max" else (0.01, "left")
            axes.annotate(
                f"verified {symbol} ∈ {bound}" if "[" in bound else f"verified {symbol} = {bound}",
                (x, logs[1] if name == "lambda_max" else logs[0]),
                xycoords=("axes fraction", "data"),
                xytext=(0, 4 if where == "bottom" else -4),
                textcoords="offset points",
                ha=side,
                va=where,
                color=ACCENT,
                fontweight="bold",
            )
        axes.set_xlabel("index, in decreasing order")
        axes.set_ylabel("eigenvalue (log scale)")
        axes.margins(y=0.14)
        _decades(axes.yaxis)
        axes.legend(loc="upper right", bbox_to_anchor=(1, 0.88), frameon=False, labelcolor=MUTED)

    caption = (
        f"All {values.size} eigenvalues of the kernel matrix in float64, unverified (hollow), "
        "and the verified ends of the spectrum (lines)."
    )
    if hidden:
        caption += f" {hidden} of the unverified values are not positive and cannot be drawn on a log scale."
    absent = [name for name, logs in ends.items() if logs is None and name in certificate.bounds]
    if absent:
        caption += f" Not drawn, because its lower end is not positive: {', '.join(absent)}."
    alternative = (
        f"Log plot of {values.size} unverified eigenvalues from {values[-1]:.3g} down to {values[0]:.3g}; "
        f"verified: λ_max in {numbers.enclosure(certificate.bounds.get('lambda_max'), 8)}, "
        f"λ_min in {numbers.enclosure(certificate.bounds.get('lambda_min'), 8)}."
    )
    svg = _draw("spectrum", 3.5, paint, alternative)
    return Figure("spectrum", "Spectrum of the kernel", caption, alternative, svg)


def _widths(entries: Sequence[TheoremEntry]) -> Figure | None:
    widths: list[tuple[str, int]] = []
    for entry in entries:
        bound = entry.constants.get("required_width")
        if bound is not None and isinstance(bound.upper, int) and bound.upper > 0:
            widths.append((entry.id, bound.upper))
    if not widths:
        return None
    widths.sort(key=lambda pair: pair[1], reverse=True)
    logs = [_log10(value) for _, value in widths]

    def paint(axes: Any) -> None:
        axes.barh([name for name, _ in widths], logs, height=0.55, color=ACCENT)
        for row, (_, value) in enumerate(widths):
            axes.annotate(
                _printed(numbers.width(value)),
                (logs[row], row),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                color=INK,
            )
        axes.set_ylim(-0.6, len(widths) - 0.4)
        axes.set_xlim(0, max(logs) * 1.12 + 0.5)
        axes.set_xlabel("required width m (log scale)")
        axes.grid(False, axis="y")
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        _decades(axes.xaxis)

    missing = [entry.id for entry in entries if entry.id not in dict(widths)]
    caption = "The least width at which each theorem's inequality is proved."
    if missing:
        caption += f" No finite width: {', '.join(missing)}."
    alternative = "Bar chart of required widths, log scale: " + ", ".join(
        f"{name} {numbers.width(value)}" for name, value in widths
    )
    svg = _draw("widths", 1.0 + 0.45 * len(widths), paint, alternative)
    return Figure("widths", "Required width by theorem", caption, alternative, svg)


def _decay(entry: TheoremEntry) -> float | None:
    """−log10 of the certified rate, from its upper end; None unless that is in (0, 1)."""
    contraction = entry.constants.get("contraction")
    if contraction is not None and contraction.lower and not contraction.exponent and 0 < contraction.lower < 0.1:
        return -math.log1p(-float(contraction.lower)) / math.log(10)
    rate = entry.constants.get("rate")
    if rate is None or rate.upper is None or rate.exponent:
        return None
    gap = Fraction(1) - Fraction(rate.upper)
    if gap <= 0 or gap >= 1:
        return None
    return -math.log1p(-float(gap)) / math.log(10)


def _envelopes(entries: Sequence[TheoremEntry]) -> Figure | None:
    steps = [entry for entry in entries if not is_flow(entry)]
    decays = [(entry.id, decay) for entry in steps if (decay := _decay(entry)) is not None and decay > 0]
    if not decays:
        return None
    floor = 8.0
    first = min(math.log10(0.02 / d) for _, d in decays)
    last = max(math.log10(floor / d) for _, d in decays)

    def paint(axes: Any) -> None:
        for number, (name, decay) in enumerate(decays):
            steps = np.linspace(first, last, 800)
            loss = -decay * 10.0**steps
            shown = loss >= -floor * 1.05
            style = {"color": SERIES[number % 4], "ls": _DASHES[number // 4 % 4], "lw": 1.9}
            axes.plot(steps[shown], loss[shown], label=name, **style)
        axes.set_ylim(-floor, 0.35)
        axes.set_xlim(first, last + 0.05 * (last - first))
        axes.set_xlabel("step k (log scale)")
        axes.set_ylabel("L(k)/L(0), at most (log scale)")
        _decades(axes.xaxis)
        _decades(axes.yaxis)
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 4, "borderaxespad": 0.2}
        axes.legend(frameon=False, labelcolor=INK, **place)

    times = ", ".join(f"{name} after about {6 / d:.1e} steps" for name, d in decays)
    caption = "The loss L(k)/L(0) stays below q^k, at each theorem's own width and step size, with its probability."
    alternative = f"Certified loss envelopes on log axes; the loss falls to one millionth: {times}."
    svg = _draw("envelope", 3.2, paint, alternative)
    return Figure("envelope", "Certified loss envelope", caption, alternative, svg)


def _run(certificate: Certificate) -> Figure | None:
    """Loss of the float run with the certified envelope from k* on, and the verified λ_min at the checkpoints."""
    entries = [t for t in certificate.theorems if isinstance(t, TheoremEntry)]
    run = certificate.extra.get("run")
    if not isinstance(run, Mapping) or not run.get("losses") or not entries:
        return None
    losses = np.array(run["losses"], dtype=np.float64)
    steps = 1 + np.arange(losses.size) * int(run["stride"])
    constants = entries[0].constants
    first, mu, residual = (constants.get(name) for name in ("first_certified_step", "mu", "residual"))
    checked = [(c["step"], c["lambda_min"]["lower"]) for c in run["checkpoints"] if c["lambda_min"]["lower"]]
    certified = first is not None and isinstance(first.upper, int) and residual is not None and residual.upper
    start = int(first.upper or 0) if certified and first else 0
    last = 1.6 * max(steps[-1], 1)

    def paint(axes: Any) -> None:
        shown = losses > 0
        axes.plot(steps[shown], np.log10(losses[shown]), color=MUTED, lw=1.4, label="loss ½‖e‖², float64 run")
        if checked:
            places, values = zip(*checked, strict=True)
            axes.plot(places, np.log10(values), "s", ms=4, color=_S2, label="λ_min(K), verified")
        if certified and residual is not None and mu is not None and mu.lower:
            k = np.linspace(start, last, 200)
            decay = math.log10(max(1e-300, 1.0 - float(run["step_size"]) * float(mu.lower)))
            top = math.log10(0.5 * float(residual.upper or 0) ** 2)
            axes.plot(k, top + 2 * (k - start) * decay, color=ACCENT, lw=1.9, label=f"certified from k* = {start}")
            axes.axvline(start, color=ACCENT, lw=0.8, ls=":")
        axes.set_xlim(0, last)
        axes.set_xlabel("step k")
        axes.set_ylabel("log scale")
        _decades(axes.yaxis)
        place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 3, "borderaxespad": 0.2}
        axes.legend(frameon=False, labelcolor=INK, **place)

    caption = (
        "The loss of the run in float64 (unverified between checkpoints), the verified smallest eigenvalue of the "
        "tangent kernel, and the bound of the loss of exact gradient descent from the first certified step on."
    )
    alternative = f"Loss over {int(steps[-1])} steps, from {losses[0]:.3g} to {losses[-1]:.3g}" + (
        f"; certified from step {start}." if certified else "; not certified."
    )
    return Figure(
        "run", "The run and what is certified of it", caption, alternative, _draw("run", 3.4, paint, alternative)
    )


def _decades(axis: Any) -> None:
    """Ticks of an axis that holds logarithms: whole powers of ten."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=9, integer=True, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: _power(value)))
