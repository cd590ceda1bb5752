"""Goods on the road."""

from dataclasses import dataclass


@dataclass
class Truck:
    """:ivar cartons: {SSCC: {SKU: pieces}}
    :ivar ship_to: the code of the place where it goes
    :ivar orders: the customer's order numbers
    """

    bol: str
    ship_to: str
    cartons: dict
    orders: tuple = ()
    carrier: str = ""
    left: object = None
    arrived: object = None
    # it has come, and nobody knows what is on it
    waits: bool = False
