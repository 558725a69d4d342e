"""One module a command: from a data set to its certificate."""

from certify.workflows.dataset import DatasetResult, certify_dataset
from certify.workflows.plan import Plan, plan_dataset
from certify.workflows.request import DatasetRequest
from certify.workflows.resources import Resources

__all__ = ["DatasetRequest", "DatasetResult", "Plan", "Resources", "certify_dataset", "plan_dataset"]
