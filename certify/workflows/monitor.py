"""A callback for training loops of one's own: it says from which step on convergence is guaranteed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from certify.arithmetic.verdict import Verdict
from certify.data import Dataset
from certify.errors import InputError
from certify.workflows.network import CertifiedNetwork, NetworkRequest, certify_network

#: A test is worth its cost when the loss is this many times what the last one asked for.
_NEAR = 4.0


class Monitor:
    """Call it once a step: ``monitor()`` or, for parameters that are replaced and not changed, ``monitor(params)``.

    Every ``every`` steps the network's weights are tested. What a certificate says is about full-batch gradient descent
    from the weights it was made of, in exact arithmetic, on the loss and with the step size of the request.

    Attributes
    ----------
    step :
        Number of calls.
    first_certified_step :
        The step of the first certificate that is proved, or None.
    certificate :
        That certificate, or the last one that was made.
    """

    def __init__(
        self, model: Any, data: Dataset, every: int, request: NetworkRequest, say: Callable[[str], None]
    ) -> None:
        if every < 1:
            raise InputError(f"every is {every}", "monitor", "give a positive number of steps")
        self._model, self._data, self._every, self._request, self._say = model, data, every, request, say
        self._wanted: float | None = None
        self.step = 0
        self.first_certified_step: int | None = None
        self.certificate: CertifiedNetwork | None = None

    def __call__(self, model: Any = None, loss: float | None = None) -> bool:
        """Count a step, test if it is time, and say whether convergence is guaranteed already.

        Parameters
        ----------
        model :
            The network now, where its parameters were replaced.
        loss :
            The training loss, in the convention of the request: a test that cannot succeed is then left out.
        """
        if model is not None:
            self._model = model
        self.step += 1
        hopeless = loss is not None and self._wanted is not None and loss > _NEAR * self._wanted
        if self.first_certified_step is None and self.step % self._every == 0 and not hopeless:
            self.test()
        return self.first_certified_step is not None

    def test(self) -> CertifiedNetwork:
        """Test the weights as they are now."""
        found = certify_network(self._model, self._data, self._request)
        self.certificate = found
        unfinished = found.certificate.extra.get("not_yet", {})
        self._wanted = unfinished.get("loss", {}).get("below")
        if found.verdict is Verdict.PROVED:
            self.first_certified_step = self.step
        self._say(f"step {self.step}: {found.verdict}: {found.certificate.reason}")
        return found


def monitor(
    model: Any,
    X: Any,
    y: Any,
    *,
    every: int = 100,
    activation: str | None = None,
    train: str | None = None,
    loss: str = "mean",
    step_size: float | None = None,
    say: Callable[[str], None] | None = None,
) -> Monitor:
    """A callback for a training loop; see `Monitor`.

    Parameters
    ----------
    model :
        A PyTorch module, a tree of parameters, or a `certify.networks.files.Model`.
    X, y :
        The training data, (n, d) and (n,) or (n, q); anything NumPy takes, tensors of PyTorch among it.
    every :
        Steps between tests.
    activation, train, loss, step_size :
        As in `certify.workflows.NetworkRequest`; the loss is the mean, as in PyTorch.
    say :
        What is called with a line at every test (nothing by default).
    """
    request = NetworkRequest(activation=activation, train=train, loss=loss, step_size=step_size)
    return Monitor(model, Dataset(_plain(X), _plain(y), name="data"), every, request, say or (lambda line: None))


def _plain(values: Any) -> Any:
    for step in ("detach", "cpu"):
        if hasattr(values, step):
            values = getattr(values, step)()
    array = np.asarray(values)
    return array.reshape(len(array)) if array.ndim == 2 and array.shape[1] == 1 else array
