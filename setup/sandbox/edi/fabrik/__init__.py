"""Fabrik, a supplier: EDIFACT D.96A, or X12."""

from .partner import Fabrik

__all__ = ["Fabrik"]
