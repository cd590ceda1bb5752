# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading an order to its end where its first pages were not all of it."""

from odoo.addons.channel_inventory_base.lib.errors import Malformed, Refused

from .. import order_queries as queries

TRIES = 3
MARK = "truncated"
"""Why an order could not be read to its end; the mapper refuses it."""
MOVING = "it changed again and again"


class _Changed(Exception):
    """The order changed while it was being read: its pages do not fit together."""


class Completion:
    """Completes order nodes of ``ORDERS`` and ``ORDER``.

    :param execute: ``execute(document, variables)`` gives the data of an answer
    """

    def __init__(self, execute):
        self._execute = execute

    def fetch(self, order_id):
        """One order as it is now, complete; None when the shop has none."""
        order = self._execute(queries.ORDER, {"id": order_id})["order"]
        return order and self.complete(order, queries.REFUNDS_IN_ORDER)

    def complete(self, order, refunds_asked):
        """The order with all of its lines, fulfillment orders and refunds.

        :param refunds_asked: refunds come as a plain list: a full one may go on
        :return: the order, newer than the one given if it changed meanwhile, and
            marked when it would not hold still
        """
        for _try in range(TRIES):
            try:
                self._fill(order, refunds_asked)
                return order
            except _Changed:
                again = self._execute(queries.ORDER, {"id": order["id"]})["order"]
                order = again or order
                refunds_asked = queries.REFUNDS_IN_ORDER
            except (KeyError, TypeError, AttributeError, Malformed) as error:
                # no order of the schema: kept as it is, and refused when it is read
                return _marked(order, f"{type(error).__name__}: {error}")
            except Refused as error:
                # of this one order the shop does not tell all; the others are fine
                return _marked(order, f"the shop refuses the rest of it: {error}")
        return _marked(order, MOVING)

    def _fill(self, order, refunds_asked):
        age = order["updatedAt"]
        own = (("order", order, order["id"]), age)
        self._read_on("lineItems", queries.ORDER_LINES, *own)
        self._read_on("shippingLines", queries.ORDER_SHIPPING_LINES, *own)
        self._read_on("fulfillmentOrders", queries.ORDER_FULFILLMENT_ORDERS, *own)
        for entry in order["fulfillmentOrders"]["nodes"]:
            root = ("fulfillmentOrder", entry, entry["id"])
            self._read_on("lineItems", queries.FULFILLMENT_ORDER_LINES, root, age)
        self._find_refunds(order, refunds_asked, age)
        for entry in order["refunds"]:
            root = ("refund", entry, entry["id"])
            self._read_on(
                "refundLineItems", queries.REFUND_LINES, root, age, "transactions"
            )
            self._read_on(
                "refundShippingLines", queries.REFUND_SHIPPING_LINES, root, age
            )

    def _read_on(self, field, document, root, age, beside=None):
        """Append the following pages of a connection to its first.

        :param beside: another field that comes with each page, whole
        """
        name, owner, owner_id = root
        connection = owner[field]
        seen = set()
        while connection["pageInfo"]["hasNextPage"]:
            after = connection["pageInfo"]["endCursor"]
            if after in seen:
                raise Malformed("the same page comes again and again", path=field)
            seen.add(after)
            found = self._execute(document, {"id": owner_id, "after": after})[name]
            if not found or (found.get("order") or found)["updatedAt"] != age:
                raise _Changed
            if beside:
                owner[beside] = found.get(beside)
            connection["nodes"] += found[field]["nodes"]
            connection["pageInfo"] = found[field]["pageInfo"]

    def _find_refunds(self, order, asked, age):
        """If there may be more refunds, add empty ones to be read on."""
        if len(order["refunds"]) < asked:
            return
        found = self._execute(queries.ORDER_REFUNDS, {"id": order["id"]})["order"]
        if not found or found["updatedAt"] != age:
            raise _Changed
        if len(found["refunds"]) >= queries.MAX_REFUNDS:
            raise Malformed("too many to be read", path="refunds")
        known = {entry["id"] for entry in order["refunds"]}
        order["refunds"] += [
            {
                **entry,
                "refundLineItems": _rest(),
                "refundShippingLines": _rest(),
            }
            for entry in found["refunds"]
            if entry["id"] not in known
        ]


def _marked(order, why):
    return {**order, MARK: why} if isinstance(order, dict) else order


def _rest():
    """A connection of which nothing has been read yet."""
    return {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
