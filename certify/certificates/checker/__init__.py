"""The independent checker: every claim of a certificate derived again, by other formulas and other lemmas.

It stands on ball arithmetic, exact integers and the theorems' declarative statements. Nothing that
made the certificate (kernels, spectrum, search, loading) is imported, and a test sees to it.
"""

from certify.certificates.checker.against import Consistency, compare_machines
from certify.certificates.checker.check import check_certificate
from certify.certificates.checker.difference import Difference, difference
from certify.certificates.checker.report import CheckReport, ClaimCheck, Status

__all__ = [
    "CheckReport",
    "ClaimCheck",
    "Consistency",
    "Difference",
    "Status",
    "check_certificate",
    "compare_machines",
    "difference",
]
