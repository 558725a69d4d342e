"""Data sets: loading, exactness, hashing, degenerate rows."""

from certify.data.dataset import Dataset
from certify.data.load import load
from certify.data.memory import predicted_bytes, require_memory
from certify.data.options import LoadOptions
from certify.data.rays import Rays, find_rays, ratio

__all__ = [
    "Dataset",
    "LoadOptions",
    "Rays",
    "find_rays",
    "load",
    "predicted_bytes",
    "ratio",
    "require_memory",
]
