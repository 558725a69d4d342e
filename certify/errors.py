"""The one way `certify` speaks of a mistake: what is wrong, where, and what to do."""

from __future__ import annotations


class CertifyError(Exception):
    """Base of every error `certify` raises on purpose; its text is one line."""


class LocatedError(CertifyError):
    """An error that says what, where and what to do.

    Parameters
    ----------
    what:
        The fault, as a clause without a full stop: ``"the cell 'abc' is not a number"``.
    where:
        File, row (counted from 0) and column, or option: ``"data.csv, row 3, column 'age'"``.
    remedy:
        What the user can do: ``"remove the row or correct the cell"``.
    """

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        self.what, self.where, self.remedy = what, where, remedy
        text = f"{where}: {what}" if where else what
        super().__init__(f"{text}; {remedy}" if remedy else text)


class InputError(LocatedError):
    """Bad usage or bad input (exit status 2)."""


class MachineFault(LocatedError):
    """A disk or a worker failed while a run was under way (exit status 70)."""


class ArithmeticRefused(CertifyError):
    """This process's floating-point arithmetic is not what the lemmas assume (exit status 70)."""
