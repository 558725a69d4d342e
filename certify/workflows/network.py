"""``certify network``: does gradient descent from these weights converge linearly to zero loss?"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from certify.arithmetic.enclosure import Enclosure
from certify.arithmetic.exact import Floats
from certify.arithmetic.selftest import ASSUMED, require_selftest
from certify.arithmetic.verdict import Verdict
from certify.arithmetic.workers import Workers, workers
from certify.certificates import Certificate
from certify.data import Dataset
from certify.errors import InputError
from certify.networks.activation import CERTIFIED
from certify.networks.files import Model
from certify.networks.graph import Graph, prepared, trained_names
from certify.networks.graph_model import GraphModel
from certify.networks.objects import model_from
from certify.networks.two_layer import Inputs, TwoLayer, forward, network_of
from certify.theorems import Loss, TheoremResult, loss_value_in, step_size_in
from certify.theorems.at_weights import AtWeights, assess_at_weights
from certify.theorems.loss import factor
from certify.workflows.at_weights import Measured, measure_at, measure_graph
from certify.workflows.certified import Certified
from certify.workflows.environment import describe_environment
from certify.workflows.floor import CLAIM as FLOOR_CLAIM
from certify.workflows.floor import explain_floor, floor_of_graph, floor_of_two_layers
from certify.workflows.measure import Measurements
from certify.workflows.nonconvex import nonconvex
from certify.workflows.not_yet import not_yet

Progress = Callable[[str, int, int], None]
_CLAIM = "gradient descent from these weights converges linearly to an exact zero of the loss"
_TRAINED = {"first": "the first layer", "last": "the output layer", "all": "all layers"}
MOST_LAYERS = 16
LOSSES = tuple(str(loss) for loss in Loss)


@dataclass(frozen=True)
class NetworkRequest:
    """The question put to `certify_network`.

    Attributes
    ----------
    activation :
        Its name, where the network does not say it.
    train :
        Which parameters are trained: ``first`` (weights and biases of the first layer), ``last`` (the output layer),
        ``all``, names with commas between, or None: ``first`` for two layers, ``all`` for more.
    step_size :
        To be judged; for the loss named by ``loss``. None: the largest admissible one is proposed.
    loss :
        Convention of step size and losses: ``half-sum``, ``sum``, ``mean``.
    fraction :
        Share of the initial loss whose step count is reported.
    target_loss :
        A loss (in the convention of ``loss``) whose step count is reported, or None.
    threads :
        Worker threads; None for all processors. Never changes a claim.
    nonconvex :
        Also exhibit that the loss is not convex near a solution (two layers, the first trained, smooth, one output).
    floor :
        Ask for the loss that descent reaches linearly, instead of zero.

    Raises
    ------
    InputError
        One line naming the option.
    """

    activation: str | None = None
    train: str | None = None
    step_size: float | None = None
    loss: str = "half-sum"
    fraction: float = 1e-6
    target_loss: float | None = None
    threads: int | None = None
    nonconvex: bool = False
    floor: bool = False

    def __post_init__(self) -> None:
        for name, word, choices in (
            ("--activation", self.activation, (*CERTIFIED, None)),
            ("--loss", self.loss, LOSSES),
        ):
            if word not in choices:
                known = ", ".join(str(choice) for choice in choices if choice is not None)
                raise InputError(f"unknown value '{word}'", name, f"choose from {known}")
        require_positive("--step-size", self.step_size)
        require_positive("--target-loss", self.target_loss)
        if not 0 < self.fraction < 1:
            raise InputError(f"{self.fraction} is not between 0 and 1", "--fraction", "give a number in (0, 1)")

    def to_json(self) -> dict[str, Any]:
        """What determines the claims: everything but ``threads``, and switches that are off."""
        return {name: value for name, value in asdict(self).items() if name != "threads" and value is not False}


def require_positive(name: str, value: float | None) -> None:
    """Raise `InputError` unless the option is absent or a finite number above 0."""
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise InputError(f"{value} is not a positive number", name, "give a finite number above 0")


@dataclass(frozen=True)
class CertifiedNetwork(Certified):
    """The certificate of a network or of a run, with the trained weights it speaks of."""

    weights: Mapping[str, Floats]


def certify_network(
    model: Any, data: Dataset, request: NetworkRequest | None = None, progress: Progress | None = None
) -> CertifiedNetwork:
    """Answer with proof: does gradient descent from ``model``'s weights converge linearly to zero loss on ``data``?

    Parameters
    ----------
    model :
        From `certify.networks.files.read_model`; or a PyTorch module, or a tree of parameters
        (`certify.networks.objects`).

    Raises
    ------
    ArithmeticRefused
        If this process's arithmetic is not what the lemmas assume.
    InputError
        If network and data do not fit, or the targets are missing.
    """
    request = request or NetworkRequest()
    require_selftest()
    model = model_from(model, request.activation)
    two_layers = isinstance(model, Model) and model.depth == 1
    train = request.train or ("first" if two_layers else "all")
    count = data.n * model.outputs  # the mean is over all entries
    step = None if request.step_size is None else exact_step(request.step_size, request.loss, count)
    target = request.target_loss
    with workers(request.threads) as pool:
        if train == "first" and isinstance(model, Model) and two_layers:
            network, inputs = prepare(model, data, request.activation)
            measured = Measurements(augmented(data, inputs), pool)
            at = measure_at(network, inputs, measured, forward(network, inputs), pool, progress, step=step)
            about = data_bounds(measured)
        else:
            if request.nonconvex:
                raise InputError("the first of two layers must be trained alone", "--nonconvex", "leave it out")
            graph, deep_inputs = prepare_graph(model, data, request.activation, train, pool)
            at = measure_graph(graph, deep_inputs, pool, progress, step)
            about, network, inputs = {}, None, None
        floor = None
        if request.floor and network is not None and inputs is not None:
            if not isinstance(at.known, AtWeights):
                raise InputError("it is not certified for two-layer ReLU networks", "--floor", "use --train all")
            floor = floor_of_two_layers(network, inputs, float(at.known.beta), step, pool)
        elif request.floor:
            floor = floor_of_graph(graph, deep_inputs, step, pool)
        result = assess_at_weights(
            at.known,
            f"gradient descent of {_TRAINED.get(train, train)} from these weights converges linearly to zero loss",
            step_size=step,
            fraction=request.fraction,
            target_loss=None if target is None else Fraction(target) / factor(Loss(request.loss), count),
            width=model.widths[-1],
        )
    entry = with_losses(result, request.loss, count, at.loss)
    entries = [entry]
    verdict, claim, reason = result.verdict, _CLAIM, explain(result, request.loss, count, at.loss)
    if floor is not None:
        entries.insert(0, with_losses(floor, request.loss, count, at.loss))
        verdict, claim, reason = floor.verdict, FLOOR_CLAIM, explain_floor(floor, float(at.loss.upper or 0.0))
    if request.nonconvex and network is not None and inputs is not None:
        entries.append(nonconvex(network, inputs, at.known, result).to_json())
    width = model.widths[-1] if isinstance(model, Model) else None
    advice, unfinished = not_yet(result, at, request.loss, count, model.alpha, width)
    activation = activation_name(model, request.activation)
    certificate = Certificate(
        kind="network",
        claim=claim,
        verdict=verdict,
        reason=reason,
        would_decide=[]
        if verdict is Verdict.PROVED
        else list(dict.fromkeys([*_smaller_step(result, step, at), *result.would_decide, *advice])),
        data={**data.to_json(), "name": data.name, "notes": list(data.notes)},
        kernel=kernel_json(activation, model.widths, model.biased),
        bounds={**at.bounds, **about},
        definite={"verdict": str(at.definite), "method": "Cholesky factor of the shifted tangent kernel"},
        theorems=entries,
        witness=at.witness,
        assumed=list(ASSUMED),
        environment={**describe_environment(), "selftest": "passed"},
        extra={"request": request.to_json(), "network": describe_model(model, activation, train), **unfinished},
    )
    return CertifiedNetwork(certificate, model.arrays())


def _smaller_step(result: TheoremResult, step: Fraction | None, at: Measured) -> list[str]:
    """The first remedy where a step beyond 1/S is not certified."""
    beyond = step is not None and step * Fraction(at.known.jacobian_norm_squared) > 1
    return ["a smaller step size"] if beyond and result.verdict is not Verdict.PROVED else []


def activation_name(model: Model | GraphModel, asked: str | None) -> str:
    """The activation asked for, or else the file's. Raises `InputError` where there is none, or an unknown one."""
    if isinstance(model, GraphModel):
        if asked not in (None, model.activation):
            raise InputError(f"the file's activations are {model.activation}", "--activation", "leave it out")
        return model.activation
    name = asked or model.activation
    if name is None:
        raise InputError("the network does not name its activation", model.name, "add --activation NAME")
    if name not in CERTIFIED:
        raise InputError(f"the activation '{name}' is not certified", model.name, f"choose from {', '.join(CERTIFIED)}")
    return name


def prepare(model: Model, data: Dataset, activation: str | None) -> tuple[TwoLayer, Inputs]:
    """The network and its inputs, a bias as a column of ones. Raises `InputError` where something is missing."""
    name = activation_name(model, activation)
    _require_columns(model, data)
    layer = model.hidden[0]
    X, W = data.X, layer.weights
    if layer.bias is not None:
        X, W = np.column_stack([X, np.ones(data.n)]), np.column_stack([W, layer.bias])
    network = network_of(CERTIFIED[name], W, model.outer, model.alpha, 0.0 if model.offset is None else model.offset)
    if not float(np.abs(network.outer).max()) > 2.0**-300:
        raise InputError(
            "all output weights are 0, or as good as 0", model.name, "a network whose output depends on its first layer"
        )
    return network, Inputs(np.ascontiguousarray(X), targets_of(data, model))


def prepare_graph(
    model: Model | GraphModel, data: Dataset, activation: str | None, train: str, pool: Workers
) -> tuple[Graph, Inputs]:
    """The network of any depth and its inputs. Raises `InputError` where something is missing."""
    name = activation_name(model, activation)
    _require_columns(model, data)
    if model.depth > MOST_LAYERS:
        raise InputError(f"{model.depth} hidden layers", model.name, f"at most {MOST_LAYERS} are certified")
    graph = model.graph(CERTIFIED[name]) if isinstance(model, Model) else model.graph()
    graph = prepared(graph, trained_names(graph, train, model.name), pool, model.name)
    return graph, Inputs(data.X, targets_of(data, model))


def _require_columns(model: Model | GraphModel, data: Dataset) -> None:
    if model.inputs != data.d:
        what = f"the network takes {model.inputs} inputs, the data have {data.d} columns"
        raise InputError(what, model.name, "check --preprocess (a bias column?) and --target")


def targets_of(data: Dataset, model: Model | GraphModel) -> Floats:
    """The targets (n, q), as many a row as the network has outputs. Raises `InputError`."""
    targets = targets_in(data)
    if targets.shape[1] != model.outputs:
        what = f"the network has {model.outputs} outputs, the data have {targets.shape[1]} targets a row"
        raise InputError(what, model.name, "check --target and --labels")
    return targets


def targets_in(data: Dataset) -> Floats:
    """The targets (n, q). Raises `InputError` where there are none."""
    if data.y is None:
        raise InputError("the data have no targets", data.name, "name them by --target")
    if data.normalized:
        raise InputError("exact real normalisation does not fit float weights", "--normalize", "--preprocess unit")
    return data.y.reshape(data.n, -1)


def augmented(data: Dataset, inputs: Inputs) -> Dataset:
    """The data set whose rows are the network's inputs."""
    return data if inputs.rows.shape == data.X.shape else Dataset(inputs.rows, data.y, name=data.name)


def data_bounds(measured: Measurements) -> dict[str, Enclosure]:
    """Bounds of the data that the Lipschitz constants rest on."""
    bounds = {"norm_x_squared": measured.norm_x_squared, "q_x_squared": measured.quartic.q_x_squared}
    return bounds if measured.norm_y is None else {**bounds, "norm_y": measured.norm_y}


def exact_step(step: float, loss: str, n: int) -> Fraction:
    """The step size for ½‖e‖² that is the same iteration as ``step`` for the named loss of n residuals."""
    return Fraction(step) * factor(Loss(loss), n)


def with_losses(result: TheoremResult, loss: str, n: int, now: Enclosure) -> dict[str, Any]:
    """The theorem's entry with step size, threshold and loss in the convention asked for beside ½‖e‖²."""
    entry = result.to_json()
    entry["constants"]["loss"] = now.to_json()
    if loss != Loss.HALF_SUM:
        named = f"_for_{loss}_loss"
        for name, convert in (("step_size", step_size_in), ("loss_threshold", loss_value_in)):
            value = result.constants.get(name)
            if value is not None and value.lower is not None and value.upper is not None:
                entry["constants"][name + named] = convert(Loss(loss), n, value).to_json()
    return entry


def explain(result: TheoremResult, loss: str, n: int, now: Enclosure) -> str:
    """One sentence with the numbers: what holds, or what fails and the loss that would do."""
    constants = result.constants
    h = constants["h"].upper if "h" in constants else None
    if result.verdict is Verdict.PROVED:
        step, mu = constants["step_size"].lower, constants["mu"].lower
        return f"h = {h:.4g} is below 1/2; with step size {step:.6g} (loss half-sum) the rate constant is μ = {mu:.4g}"
    if h is None:
        return "the tangent kernel could not be proved positive definite at these weights"
    threshold = constants["loss_threshold"]
    if threshold.lower is None or threshold.upper is None or now.upper is None:
        return result.reason or "not proved"
    wanted, here = (loss_value_in(Loss(loss), n, value) for value in (threshold, now))
    if h < 0.5:
        return f"h = {h:.4g} is below 1/2, but {result.reason}"
    return (
        f"h = {h:.4g} where below 1/2 is needed: train until the loss ({loss}) is below {wanted.lower:.3g}; "
        f"it is {here.upper:.3g}"
    )


def kernel_json(activation: str, widths: Sequence[int], bias: bool) -> dict[str, Any]:
    """The certificate's kernel: that of the network at its weights."""
    return {
        "activation": activation,
        "depth": len(widths),
        "bias": bias,
        "normalized": False,
        "widths": list(widths),
        "at": "weights",
    }


def describe_model(model: Model | GraphModel, activation: str, train: str) -> dict[str, Any]:
    """What the certificate says of the network: hash, widths, scale, activation, trained parameters."""
    return {
        "sha256": model.digest(),
        "name": Path(model.name).name,
        "widths": list(model.widths),
        "activation": activation,
        "alpha": model.alpha,
        "outputs": model.outputs,
        "trained": train,
        **({"structure": model.structure()} if isinstance(model, GraphModel) else {}),
    }
