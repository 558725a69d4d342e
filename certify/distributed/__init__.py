"""Matrices that are kept and worked on by Dask workers; needs the extra ``dask``."""

from certify.distributed.connect import cluster

__all__ = ["cluster"]
