"""Longer steps, gradient flow, mini-batches, almost over-parameterised models: values, laws, and simulated training."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from conftest import Command, one_line

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.verdict import Verdict
from certify.theorems import check, show
from certify.theorems.at_weights import ReluAtWeights, assess_at_weights

LONG = {"sigma_squared": "1", "residual": "2/5", "beta": "1/10", "jacobian_norm_squared": "2", "eta": "7/10"}
SGD = {
    "n": 50, "batch": 10, "sigma_squared": 1, "residual": "1/100", "beta": "1/20", "jacobian_norm_squared": 4,
    "gradient_norm_squared": 2,
}  # fmt: skip
EPSILON = {
    "lambda_head": 1, "lambda_tail": "1/10000", "tail_residual": "1/1000", "residual": "1/10", "beta": "1/100",
    "jacobian_norm_squared": 2,
}  # fmt: skip
KERNEL = {"n": 10, "lambda0": 1, "lipschitz": 2, "hessian_norm": "1/100", "residual": "1/10"}


class Model:
    """``F(w) = Aw + (γ/2)‖w‖²u``, ‖u‖ = 1, from w = 0: ``J = A + γuwᵀ``, so β = γ exactly, and all constants are known.

    u and the residual lie along the weakest left singular vector: that is where the bounds are nearly attained.
    """

    def __init__(self, n: int, p: int, seed: int, values: list[float] | None = None, gamma: float = 0.5) -> None:
        random = np.random.default_rng(seed)
        U, s, Vt = np.linalg.svd(random.standard_normal((n, p)), full_matrices=False)
        if values is not None:
            s = np.array(values)
        self.A, self.u, self.gamma = U * s @ Vt, -U[:, -1], gamma
        self.s, self.U = s, U

    def residual(self, w: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Rows of ``w`` (runs, p) → residuals (runs, n)."""
        return w @ self.A.T + 0.5 * self.gamma * (w * w).sum(axis=1)[:, None] * self.u - y

    def jacobian_t(self, w: np.ndarray, e: np.ndarray) -> np.ndarray:
        """``J(w)ᵀe`` for each run."""
        return e @ self.A + self.gamma * (e @ self.u)[:, None] * w


def close(value: Enclosure, exact: mpmath.mpf) -> bool:
    return bool(value.lower <= exact <= value.upper and value.upper - value.lower <= 1e-14 * abs(exact))


def test_long_step_agrees_with_mpmath() -> None:
    found = check("plstar.gd", LONG)
    assert found.verdict is Verdict.PROVED and found.witness["variant"] == "long-step"
    with mpmath.workdps(50):
        s2, e, b, S, eta = (mpmath.mpf(x) for x in ("1", "0.4", "0.1", "2", "0.7"))
        c = 2 - eta * (S + b * e)
        mu = s2 - 4 * b * e / c
        radius = (1 - mpmath.sqrt(mu)) / b
        expected = {"step_factor": c, "mu": mu, "radius": radius, "rate": 1 - c * eta * mu, "h": b * e}
        for name, exact in expected.items():
            assert close(found.constants[name], exact), name


def test_the_long_step_threshold_is_where_the_hypothesis_turns() -> None:
    known = check("plstar.gd", LONG).constants["loss_threshold"]
    edge = math.sqrt(2 * known.lower)
    assert check("plstar.gd", {**LONG, "residual": edge * (1 - 1e-12)}).verdict is Verdict.PROVED
    assert check("plstar.gd", {**LONG, "residual": edge * (1 + 1e-12)}).verdict is not Verdict.PROVED


RELU = {
    "sigma_squared": "0.1", "residual": "0.01", "jacobian_norm_squared": 14, "kernel_norm": 5, "distance": 0,
    "action": "0.1", "kernel_change": "0.02", "tau": "0.2", "eta": "0.1",
}  # fmt: skip
#: What the certificate of a network or of a run holds, whatever theorem leads.
LEADING = {
    "h", "sigma_squared", "beta", "residual", "radius", "mu", "step_size", "rate", "loss_threshold",
}  # fmt: skip
WIDE = {
    "sgd": {"ball": "0.5", "eta": "0.0125"},
    "epsilon": {"share": "0.5", "path": "0.3", "ball": "0.5", "eta": "0.4"},
}


@pytest.mark.parametrize(
    ("identifier", "values"),
    [
        ("plstar.sgd", {**SGD, **WIDE["sgd"]}),
        ("plstar.sgd", {**SGD, **WIDE["sgd"], "variant": "subset"}),
        ("plstar.sgd", {**SGD, **WIDE["sgd"], "beta": 0}),
        ("plstar.epsilon", {**EPSILON, **WIDE["epsilon"]}),
        ("plstar.epsilon", {**EPSILON, **WIDE["epsilon"], "ball": "0.37"}),  # here the ball ends it
        ("plstar.epsilon", {**EPSILON, **WIDE["epsilon"], "beta": 0}),
    ],
)
def test_other_thresholds_are_where_a_hypothesis_turns(identifier: str, values: dict[str, object]) -> None:
    found = check(identifier, values)
    assert found.verdict is Verdict.PROVED and set(found.constants) >= LEADING
    edge = math.sqrt(2 * found.constants["loss_threshold"].lower)
    assert edge > 1.01 * float(Fraction(str(values["residual"])))
    for share in (0.8, 0.95, 1 - 1e-12):
        assert check(identifier, {**values, "residual": edge * share}).verdict is Verdict.PROVED
    beyond = check(identifier, {**values, "residual": edge * (1 + 1e-12)})
    assert beyond.verdict is not Verdict.PROVED
    if identifier == "plstar.sgd":  # h is ½ exactly there
        assert found.constants["h"].upper == pytest.approx(
            0.5 * float(Fraction(str(values["residual"]))) / edge, rel=1e-12
        )
        assert check(identifier, {**values, "residual": edge * (1 - 1e-12)}).constants["h"].upper < 0.5
    else:  # Kantorovich's number: h < ½, and μ = σ²(1 − 2h)
        h, sigma, mu = (found.constants[name].upper for name in ("h", "sigma_squared", "mu"))
        assert h < 0.5 and mu == pytest.approx(sigma * (1 - 2 * h), rel=1e-12)
        assert sigma == pytest.approx(0.75, rel=1e-15)


def test_what_stands_for_beta_where_the_jacobian_jumps() -> None:
    """μ = λ0 − 2βE0, as for a smooth network; every other member is there too."""
    found = assess_at_weights(
        ReluAtWeights(**{name: float(str(value)) for name, value in RELU.items() if name != "eta"}), "a claim"
    )
    assert found.verdict is Verdict.PROVED and set(found.constants) >= LEADING
    beta, mu = (found.constants[name].upper for name in ("beta", "mu"))
    assert mu == pytest.approx(0.1 - 2 * beta * 0.01, rel=1e-12) and beta == pytest.approx(1.0, rel=1e-12)
    unknown = assess_at_weights(ReluAtWeights(0.0, 0.01, 14.0, 5.0, 1e-300, 0.0, 1.0), "a claim")
    # ε was not computed: nothing is said of it
    assert set(unknown.constants) == {"residual", "jacobian_norm_squared"}
    nothing = assess_at_weights(ReluAtWeights(0.1, 0.0, 14.0, 5.0, 1e-300, 0.0, 0.1), "a claim")
    beta = nothing.constants["beta"]
    assert nothing.verdict is Verdict.PROVED and (beta.lower, beta.upper) == (None, None)


def test_flow_agrees_with_the_limit_of_small_steps() -> None:
    """η → 0 of descent is the flow: the same μ and radius as the variant ``linear``, rate per unit of time."""
    values = {"sigma_squared": 1, "residual": "2/5", "beta": 1}
    flow = check("plstar.flow", values).constants
    descent = check("plstar.gd", {**values, "jacobian_norm_squared": 4, "eta": 1e-9}).constants
    for name in ("mu", "radius", "h"):
        assert flow[name].lower <= descent[name].upper and descent[name].lower <= flow[name].upper
    with mpmath.workdps(50):
        assert close(flow["rate"], mpmath.exp(-2 * mpmath.mpf("0.2")))
    assert check("plstar.flow", {**values, "residual": "1/2"}).verdict is Verdict.REFUTED


def test_sgd_agrees_with_mpmath() -> None:
    for variant in ("replacement", "subset"):
        found = check("plstar.sgd", {**SGD, "variant": variant})
        assert found.verdict is Verdict.PROVED
        R, eta = found.witness["parameters"]["ball"], found.witness["parameters"]["eta"]
        with mpmath.workdps(50):
            n, b, E, beta, top, kappa2, delta = map(mpmath.mpf, ("50", "10", "0.01", "0.05", "4", "2", "0.05"))
            R, eta = mpmath.mpf(R), mpmath.mpf(eta)
            theta = (n - b) / (b * (n - 1))
            c1, c2 = (1 - 1 / b, n / b) if variant == "replacement" else (1 - theta, n * theta)
            mu = (1 - beta * R) ** 2
            S = top + beta * (E + 2 * R)
            Q = 1 - 2 * eta * mu + eta**2 * S * (c1 * mu + c2 * kappa2)
            V = 2 * (c1 * top + c2 * kappa2)
            escape = eta * mpmath.sqrt(V * E**2 / 2) / ((1 - mpmath.sqrt(Q)) * mpmath.sqrt(delta))
            for name, exact in {"mu": mu, "rate": Q, "escape_radius": escape, "loss_smoothness": S}.items():
                assert close(found.constants[name], exact), name
            assert escape <= R


def test_a_full_subset_is_gradient_descent() -> None:
    """b = n without replacement leaves nothing to chance: c1 = 1, c2 = 0."""
    found = check("plstar.sgd", {**SGD, "variant": "subset", "batch": 50}).constants
    mu, eta, S = found["mu"].upper, found["step_size"].upper, found["loss_smoothness"].upper
    assert found["rate"].upper == pytest.approx(1 - 2 * eta * mu + eta**2 * S * mu, rel=1e-12)


def test_epsilon_agrees_with_mpmath() -> None:
    found = check("plstar.epsilon", EPSILON)
    assert found.verdict is Verdict.PROVED
    free = found.witness["parameters"]
    with mpmath.workdps(50):
        share, P, eta = (mpmath.mpf(free[name]) for name in ("share", "path", "eta"))
        q, tail, E, beta, S = map(mpmath.mpf, ("0.001", "0.0001", "0.1", "0.01", "2"))
        floor = (q + mpmath.sqrt(tail) * P + beta * P**2 / 2) / share
        c = 2 - eta * (S + beta * E)
        mu = 1 - share**2 - 4 * beta * (E - floor) / c
        radius = (mpmath.sqrt(1 - share**2) - mpmath.sqrt(mu)) / beta
        expected = {"loss_floor": floor**2 / 2, "mu": mu, "radius": radius, "rate": 1 - c * eta * mu}
        for name, exact in expected.items():
            assert close(found.constants[name], exact), name
        assert radius <= P
        steps = 1 + mpmath.floor(2 * mpmath.log(E / floor) / -mpmath.log(1 - c * eta * mu))
    assert found.constants["steps_to_floor"] == Enclosure.point(int(steps))


def test_published_constants() -> None:
    """The radius, step and rate of the paper's Theorem 6, and the largest μ that its kernel condition admits."""
    pl = check("liu2022.pl", {"mu_pl": "1/2", "lipschitz": 2, "smoothness": 1, "residual": "1/10"})
    assert pl.verdict is Verdict.PROVED
    assert close(pl.constants["radius"], mpmath.mpf("0.8") + 0)
    assert pl.constants["step_size"].upper == pytest.approx(1 / 4.1, rel=1e-8)
    kernel = check("liu2022.kernel", KERNEL)
    assert kernel.verdict is Verdict.PROVED
    largest = (1 + math.sqrt(1 - 16 * 4 * math.sqrt(10) * 0.1 * 0.01)) / 2
    assert kernel.constants["mu"].upper == pytest.approx(largest, rel=1e-8)
    assert check("liu2022.kernel", {**KERNEL, "mu_asked": largest * (1 + 1e-8)}).verdict is not Verdict.PROVED
    sgd = {"n": 10, "batch": 3, "mu_pl": "1/2", "sample_smoothness": 2, "residual": "1/10"}
    found = check("liu2022.sgd", sgd)
    assert found.verdict is Verdict.PROVED
    assert found.constants["step_size"].upper == pytest.approx(0.5 / (2 * (10 * 2 + 0.5 * 2)), rel=1e-8)
    assert found.constants["radius"].upper == pytest.approx(2 * 10 * math.sqrt(2) * 0.1 / (0.5 * 0.05), rel=1e-12)


@pytest.mark.parametrize("identifier", ["plstar.gd", "plstar.sgd", "plstar.epsilon", "plstar.flow"])
def test_scaling_the_model_changes_no_rate(identifier: str) -> None:
    """F → 4F, y → 4y: K, S, κ² by 16, β and residuals by 4, η by 1/16; rates and step counts stay bit for bit."""
    values = {"plstar.gd": LONG, "plstar.sgd": SGD, "plstar.epsilon": EPSILON}.get(identifier)
    values = values or {"sigma_squared": 1, "residual": "1/5", "beta": 1}
    squares = ("sigma_squared", "jacobian_norm_squared", "gradient_norm_squared", "lambda_head", "lambda_tail")
    first = check(identifier, values)
    free = (
        {k: v for k, v in first.witness["parameters"].items() if k != "ball"} if "parameters" in first.witness else {}
    )
    full = {**values, **free}
    if identifier == "plstar.sgd":
        full["ball"] = first.witness["parameters"]["ball"]

    def scaled(name: str, value: object) -> object:
        if name == "eta":
            return times(value, Fraction(1, 16))
        return times(value, 16 if name in squares else 4 if name in ("residual", "beta", "tail_residual") else 1)

    second = check(identifier, {name: scaled(name, value) for name, value in full.items()})
    names = ("rate", "loss_floor_factor", "steps_to_floor") if identifier != "plstar.flow" else ("h",)
    for name in names:
        if name in first.constants:
            assert first.constants[name] == second.constants[name], name


def times(value: object, factor: Fraction | int) -> object:
    """Exactly: floats by powers of two, other numbers as rationals."""
    return value * float(factor) if isinstance(value, float) else Fraction(str(value)) * factor


@pytest.mark.parametrize("seed", range(20))
def test_long_steps_obey_their_certificate(seed: int) -> None:
    """At the edge of the hypotheses: h within a thousandth of c/4, steps up to 1.9/S."""
    model = Model(4, 6, seed)
    sigma, beta = model.s[-1], model.gamma
    S = (model.s[0] + sigma) ** 2 * (1 + 1e-12)  # on B(0, σ0/β), which contains the path
    eta = (1.05 + 0.85 * seed / 19) / S
    sigma2 = sigma**2 * (1 - 1e-12)
    size = (2 - eta * S) * sigma2 / (beta * (4 + eta * sigma2)) * 0.999
    y = size * (model.U[:, -1] if seed % 2 else model.U @ np.array([0.1, 0.1, 0.1, math.sqrt(0.97)]))
    norm = float(np.linalg.norm(y)) * (1 + 1e-14)
    values = {"sigma_squared": sigma2, "residual": norm, "beta": beta, "jacobian_norm_squared": S, "eta": eta}
    found = check("plstar.gd", values)
    assert found.verdict is Verdict.PROVED and found.witness["variant"] == "long-step"
    rate, radius = found.constants["rate"].upper, found.constants["radius"].upper
    w = np.zeros((1, 6))
    for k in range(1, 400):
        w = w - eta * model.jacobian_t(w, model.residual(w, y))
        square = float((model.residual(w, y) ** 2).sum())
        assert np.linalg.norm(w) <= radius
        if square > 1e-24:
            assert square <= rate**k * norm**2, k


@pytest.mark.parametrize("variant", ["replacement", "subset"])
def test_sgd_obeys_its_certificate(variant: str) -> None:
    """10⁴ runs with batches of one: they leave the ball no oftener than δ, and the expected loss is under Q^k L(0)."""
    model = Model(3, 4, 5, [1.5, 1.2, 1.0], gamma=0.2)
    delta, size, reach = 0.25, 0.02, 1.0
    top = (model.s[0] + model.gamma * reach) ** 2
    kappa2 = (np.linalg.norm(model.A, axis=1).max() + model.gamma * np.abs(model.u).max() * reach) ** 2
    found = check(
        "plstar.sgd",
        {
            "variant": variant, "n": 3, "batch": 1, "sigma_squared": 1 - 1e-12, "residual": size, "delta": delta,
            "beta": model.gamma, "jacobian_norm_squared": top, "gradient_norm_squared": kappa2,
        },
    )  # fmt: skip
    assert found.verdict is Verdict.PROVED
    ball, eta, Q = (found.constants[name].upper for name in ("radius", "step_size", "rate"))
    assert ball <= reach
    random, runs = np.random.default_rng(7), 10_000
    y = size * model.U[:, -1] * (1 - 1e-12)
    w, inside = np.zeros((runs, 4)), np.ones(runs, dtype=bool)
    for k in range(1, 120):
        e = model.residual(w, y)
        picked = random.integers(0, 3, runs)
        masked = np.zeros_like(e)
        masked[np.arange(runs), picked] = 3 * e[np.arange(runs), picked]
        w = w - eta * model.jacobian_t(w, masked)
        inside &= np.linalg.norm(w, axis=1) <= ball
        loss = 0.5 * (model.residual(w, y) ** 2).sum(axis=1) * inside
        slack = 5 * loss.std() / math.sqrt(runs)
        assert loss.mean() - slack <= Q**k * size**2 / 2, k
    assert (~inside).mean() <= delta


@pytest.mark.parametrize("seed", range(20))
def test_the_floor_is_reached(seed: int) -> None:
    """Two directions the model barely sees, or not at all: under the envelope above the floor, below it in time."""
    model = Model(5, 7, seed, [2.0, 1.5, 1.0, 1e-3, 0.0], gamma=0.01 + 0.002 * seed)
    y = model.U @ np.array([0.03, -0.04, 0.05, 1e-4, 1e-4])
    size, tail = float(np.linalg.norm(y)) * (1 + 1e-14), float(np.linalg.norm([1e-4, 1e-4])) * (1 + 1e-9)
    top = (2.0 + model.gamma * 1.0) ** 2
    found = check(
        "plstar.epsilon",
        {
            "lambda_head": 1 - 1e-12, "lambda_tail": 1e-6 * (1 + 1e-9), "tail_residual": tail, "residual": size,
            "beta": model.gamma, "jacobian_norm_squared": top,
        },
    )  # fmt: skip
    assert found.verdict is Verdict.PROVED
    free, constants = found.witness["parameters"], found.constants
    assert free["ball"] <= 1.0
    floor, rate, steps = constants["loss_floor"].lower, constants["rate"].upper, constants["steps_to_floor"].upper
    w = np.zeros((1, 7))
    for k in range(steps + 1):
        loss = 0.5 * float((model.residual(w, y) ** 2).sum())
        if loss < floor:
            break
        assert np.linalg.norm(w) <= constants["radius"].upper
        assert k == 0 or loss <= rate**k * size**2 / 2, k
        w = w - free["eta"] * model.jacobian_t(w, model.residual(w, y))
    assert loss < floor


@pytest.mark.parametrize("seed", range(20))
def test_published_descent_obeys_its_certificate(seed: int) -> None:
    model = Model(4, 6, seed, gamma=0.2)
    sigma2 = float(model.s[-1] ** 2) * (1 - 1e-12)
    H = model.gamma * float(np.abs(model.u).max())
    L = float(model.s[0]) + model.gamma * 1.0
    size = 0.999 * sigma2**2 / (16 * L**2 * 2 * H)
    y = size * model.U[:, -1] * (1 - 1e-12)
    values = {"n": 4, "lambda0": sigma2, "lipschitz": L, "hessian_norm": H, "residual": size}
    found = check("liu2022.kernel", values)
    assert found.verdict is Verdict.PROVED
    eta, rate, radius = (found.constants[name].upper for name in ("step_size", "rate", "radius"))
    assert radius <= 1.0
    w = np.zeros((1, 6))
    for k in range(1, 200):
        w = w - eta * model.jacobian_t(w, model.residual(w, y))
        square = float((model.residual(w, y) ** 2).sum())
        assert np.linalg.norm(w) <= radius
        if square > 1e-24:
            assert square <= rate**k * size**2


def test_more_chance_and_less_kernel_never_help() -> None:
    base = check("plstar.sgd", SGD).constants["contraction"].lower
    for worse in ({"sigma_squared": "9/10"}, {"delta": "1/1000"}, {"beta": "1/10"}, {"gradient_norm_squared": 3}):
        assert check("plstar.sgd", {**SGD, **worse}).constants["contraction"].upper < base, worse
    assert check("plstar.sgd", {**SGD, "batch": 20}).constants["contraction"].lower > base
    assert check("plstar.sgd", {**SGD, "variant": "subset"}).constants["contraction"].lower > base


@pytest.mark.parametrize(
    ("identifier", "values", "says"),
    [
        ("plstar.sgd", {**SGD, "delta": "1.5"}, "between 0 and 1"),
        ("plstar.sgd", {**SGD, "batch": "0"}, "batch"),
        ("plstar.sgd", {**SGD, "batch": 51, "variant": "subset"}, "at most n"),
        ("plstar.sgd", {**SGD, "eta": 3}, "beyond what the theorem allows"),
        ("plstar.sgd", {**SGD, "variant": "epoch"}, "replacement, subset"),
        ("plstar.gd", {**LONG, "eta": 1}, "beyond what the theorem allows"),
        ("plstar.epsilon", {**EPSILON, "residual": "-1"}, "negative"),
        ("liu2022.pl", {"mu_pl": 1}, "no value for lipschitz, smoothness, residual"),
    ],
)
def test_mistakes_are_one_line(certify_here: Command, identifier: str, values: dict[str, object], says: str) -> None:
    arguments = [word for name, value in values.items() for word in ("--set", f"{name}={value}")]
    run = certify_here("theorem", "check", identifier, *arguments)
    assert run.returncode == 2 and says in one_line(run.stderr), run.stderr


@pytest.mark.parametrize("identifier", ["plstar.sgd", "plstar.epsilon", "nonconvex.local", "lambda_min.separation"])
def test_statements_in_latex_say_what_is_claimed(identifier: str) -> None:
    """Of an expected loss, of the least loss so far, of every neighbourhood, of an eigenvalue: by their own names."""
    says = {
        "plstar.sgd": r"\mathbb{E}\left[L(w_k)",
        "plstar.epsilon": r"\min_{j \leq k} L(w_j) \leq \max",
        "nonconvex.local": "every neighbourhood $U$",
        "lambda_min.separation": r"\lambda_{\min}(K_\infty) \geq",
    }
    text = show(identifier, "latex")
    assert says[identifier] in text and text.count("{") == text.count("}")
