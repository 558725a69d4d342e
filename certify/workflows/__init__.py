"""One module a command: from a data set to its certificate."""

from certify.workflows.dataset import DatasetResult, certify_dataset
from certify.workflows.kernel import KernelResult, certify_kernel
from certify.workflows.network import CertifiedNetwork, NetworkRequest, certify_network
from certify.workflows.plan import Plan, plan_dataset, plan_kernel
from certify.workflows.request import DatasetRequest
from certify.workflows.resources import Resources
from certify.workflows.run import RunRequest, certify_run

__all__ = [
    "CertifiedNetwork",
    "DatasetRequest",
    "DatasetResult",
    "KernelResult",
    "NetworkRequest",
    "Plan",
    "Resources",
    "RunRequest",
    "certify_dataset",
    "certify_kernel",
    "certify_network",
    "certify_run",
    "plan_dataset",
    "plan_kernel",
]
