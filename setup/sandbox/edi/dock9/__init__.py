"""Dock9, a third-party warehouse: X12 4010, and stock that is really there or not."""

from .partner import Dock9

__all__ = ["Dock9"]
