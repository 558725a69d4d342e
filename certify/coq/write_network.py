"""The text of a proof file about a network."""

from __future__ import annotations

from certify.coq.factor import Dyadic
from certify.coq.network import NetworkInstance, Shown, trained
from certify.coq.rows import IntegerRows
from certify.coq.syntax import bracket, comment, dyadic, exact, integer, lines, pair, safe

#: Binary digits of the intervals; the processor's floats have 53 whatever is said.
_BITS = 64
_FUNCTIONS = {"tanh": ("tanh", "dtanh"), "softplus": ("softplus", "logistic")}
_ONE = Dyadic(1, 0)


def network_text(instance: NetworkInstance) -> str:
    """The whole ``.v`` file, ASCII: the exact network and data, and the theorem that training from there succeeds."""
    model, data = instance.model, instance.data
    machine = not instance.foundational
    n, m, columns = data.n, model.widths[0], data.d + instance.has_bias
    phi, slope = _FUNCTIONS[instance.activation]
    assert data.y is not None
    offset = Dyadic(0, 0) if model.offsets is None else Dyadic.of(float(model.offsets[0]))
    alpha = None if model.alpha is None else Dyadic.of(model.alpha)
    inputs = "map (fun row => row ++ [(1, 0)%Z]) data" if instance.has_bias else "data"
    scale = "" if alpha is None else f"dyadic {dyadic(alpha)} / sqrt (INR {m}) * "
    numbers = [
        *map(str, (columns, m, n)),
        "None" if alpha is None else f"(Some {pair(alpha)})",
        *map(pair, (offset, instance.eta, instance.kappa, _negative(instance.quartic.sigma))),
        *map(pair, (_negative(instance.gram.sigma), instance.beta, instance.kernel.sigma, instance.residual)),
    ]
    arguments = "numbers inputs targets outer weights kernel_witness gram_witness quartic_witness"
    parts = [
        comment(_header(instance)),
        "From Coq Require Import ZArith List " + ("Uint63 Sint63 Reals." if machine else "Reals."),
        "From NTK Require Import Spec SpecNetwork.",
        "From NTK.theory Require Import Activations.",
        f"From NTK.instance Require Import Weights Smooth {'NetworkMachine' if machine else 'NetworkFoundational'}.",
        "Import ListNotations.\nOpen Scope R_scope.\n",
        comment(f"The inputs, {n} rows of {data.d}, and the targets."),
        exact("data", IntegerRows.from_data(data.X), machine),
        exact("targets", IntegerRows.from_data(data.y.reshape(n, 1)), machine),
        comment(
            f"The network: {m} neurons, their weights"
            + (", the last of each being its bias, for which the inputs get a 1" if instance.has_bias else "")
            + "; the output weights."
        ),
        exact("weights", IntegerRows.from_data(trained(model)), machine),
        exact("outer", IntegerRows.from_data(model.matrix), machine),
        f"Definition inputs := {inputs}.",
        f"Definition c (r : nat) : R := {scale}matrix outer 0 r.",
        f"Definition y (i : nat) : R := matrix targets i 0 - dyadic {dyadic(offset)}.\n",
        comment(
            "The numbers of the theorem: the step size, a lower bound of the tangent kernel's smallest eigenvalue, a "
            "Lipschitz constant of the Jacobian, a bound of the residual's norm."
        ),
        f"Definition step := dyadic {dyadic(instance.eta)}.",
        f"Definition lambda0 := dyadic {dyadic(instance.kernel.sigma)}.",
        f"Definition lipschitz := dyadic {dyadic(instance.beta)}.",
        f"Definition misfit := dyadic {dyadic(instance.residual)}.",
        "Definition mu := lambda0 - 2 * lipschitz * misfit.",
        "Definition radius := 2 * misfit / (sqrt lambda0 + sqrt mu).\n",
        comment("Hints to the check, of which nothing is taken on trust."),
        f"Definition numbers := Question {' '.join(numbers)}.",
        *(
            _witness(name, shown, machine)
            for name, shown in (
                ("kernel_witness", instance.kernel),
                ("gram_witness", instance.gram),
                ("quartic_witness", instance.quartic),
            )
        ),
        "",
        f"Theorem network_trains : trains {columns} {m} {n} (matrix inputs) y c {phi} {slope} step mu radius "
        "(matrix weights).",
        "Proof.",
        f"apply ({instance.activation}_trains {_BITS} {arguments}).",
        "vm_cast_no_check (eq_refl true).",
        "Qed.\n",
        "Theorem linear_rate : 0 < mu.",
        "Proof.",
        f"apply (rate_positive {_BITS} numbers).",
        "vm_cast_no_check (eq_refl true).",
        "Qed.",
    ]
    return "\n".join(parts) + "\n"


def _negative(number: Dyadic) -> Dyadic:
    return Dyadic(-number.m, number.e)


def _witness(name: str, shown: Shown, machine: bool) -> str:
    body = lines(bracket(map(integer, row)) for row in shown.lower)
    factor = f"(map (map Sint63.to_Z) {body}%sint63)" if machine else f"{body}%Z"
    return f"Definition {name} := Witness {pair(shown.delta)} {integer(shown.scale)}%Z {factor}."


def _header(instance: NetworkInstance) -> str:
    model, data = instance.model, instance.data
    trust = (
        "Assumed: Coq's classical reals, nothing else."
        if instance.foundational
        else "Assumed: Coq's classical reals, and that its machine integers and floats meet their specification."
    )
    eta = instance.eta.times_power(0)
    return (
        f"Gradient descent on the first layer of this {instance.activation} network, from these weights, fits "
        f"the targets exactly, at a linear rate: a step of {eta:.17g} multiplies the residual by "
        f"at most 1 - {eta * instance.mu:.6g}. Network: {safe(model.name)}, sha256 "
        f"{model.digest()}. Data: {safe(data.name)}, data.sha256 = {data.sha256}; that this file's data and targets "
        "have that hash: python -c 'from certify.coq import embedded_dataset as e; print(e(\"Proof.v\").sha256)', with "
        "this file's name. What the theorem says is explained in Spec.v and SpecNetwork.v of the library NTK. "
        f"{trust} Print Assumptions network_trains lists all that is assumed."
    )
