"""BigMart, a retailer: X12 4010VICS, ship windows, cartons, and charges."""

from .partner import BigMart, SoldOut

__all__ = ["BigMart", "SoldOut"]
