"""Finite width: networks as they are, their tangent kernels, residuals and Lipschitz constants, enclosed."""

from certify.networks.activation import SMOOTH

__all__ = ["SMOOTH"]
