"""One module a command: from a data set to its certificate."""

from certify.workflows.dataset import DatasetResult, certify_dataset
from certify.workflows.kernel import KernelResult, certify_kernel
from certify.workflows.plan import Plan, plan_dataset, plan_kernel
from certify.workflows.request import DatasetRequest
from certify.workflows.resources import Resources

__all__ = [
    "DatasetRequest",
    "DatasetResult",
    "KernelResult",
    "Plan",
    "Resources",
    "certify_dataset",
    "certify_kernel",
    "plan_dataset",
    "plan_kernel",
]
