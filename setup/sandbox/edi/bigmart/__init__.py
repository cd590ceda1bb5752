"""BigMart, a retailer: X12 4010VICS, ship windows, cartons, and charges."""

from .buying import SoldOut
from .partner import BigMart

__all__ = ["BigMart", "SoldOut"]
