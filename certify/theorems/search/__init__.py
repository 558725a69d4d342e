"""Untrusted search for free parameters: whatever it finds is re-proved by `certify.theorems.statements`."""

from certify.theorems.search.width import Found, at_width, every_width_from, least_width

__all__ = ["Found", "at_width", "every_width_from", "least_width"]
