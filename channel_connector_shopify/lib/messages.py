# SPDX-License-Identifier: AGPL-3.0-or-later
"""Telling the shop what became of an order: parcels, tracking, cancellations, refunds.

``fulfillmentCreate`` and ``orderCancel`` know no key: what the shop has is read before
anything is repeated. Refunds carry a key, and our mark in their note, by which they are
found again.
"""

from odoo.addons.channel_inventory_base.lib.errors import Refused

from .. import lifecycle_queries as queries
from ..const import ACCEPTED_TAG
from ..mapper import page_info
from . import fulfillment, refund

REASONS = {
    "customer": "CUSTOMER",
    "stock": "INVENTORY",
    "fraud": "FRAUD",
    "payment": "DECLINED",
    "other": "OTHER",
}
HOLD_SECONDS = 900


class Messages:
    """Carries out the messages of one order.

    :param client: a ``client.Client``
    :param order_ref: gid of the order
    :param attempt: schemas.Attempt of the message
    :param notify: whether Shopify writes to the customer
    :return: values of MessageResult
    :raise Refused: with a code of ours where the shop has no such order
    """

    def __init__(self, client, order_ref, attempt, notify=True):
        self._client, self._order_ref = client, order_ref
        self._attempt, self._notify = attempt, notify
        # a parcel of several places became several fulfillments
        self._known = {ref for each in attempt.known for ref in each.split(",")}

    def _order(self, document, **variables):
        found = self._client.execute(document, {"id": self._order_ref, **variables})
        return found["order"]

    def _order_there(self, document, **variables):
        order = self._order(document, **variables)
        if not order:
            raise Refused("the order does not exist in the shop", code="NO_ORDER")
        return order

    def acceptance(self, data):
        """A tag: the shop's staff can list what is accepted, and what is not yet."""
        variables = {"id": self._order_ref, "tags": [ACCEPTED_TAG]}
        self._client.mutate(queries.TAG, variables)
        return {"ref": ACCEPTED_TAG}

    # -------------------------------------------------------------- parcels
    def shipment(self, data):
        """A parcel that is there already is done, one whose goods are on hold there has
        to wait.

        :raise Refused: NOTHING_TO_SHIP: it was cancelled or refunded there, or is of
            another order
        """
        units = _units(data)
        plan = fulfillment.plan(self._fulfillment_orders(), units, data.node_ref)
        if plan.missing:
            return {"ref": self._shipped_before(data, plan)}
        if plan.held:
            reasons = "; ".join(sorted(set(plan.held)))
            return {
                "status": "wait",
                "code": "ON_HOLD",
                "message": reasons,
                "retry_after": HOLD_SECONDS,
            }
        made = [self._fulfill(data, parts) for parts in plan.calls]
        return {"ref": ",".join(each["id"] for each in made), "answer": made}

    def _fulfill(self, data, parts):
        content = {
            "lineItemsByFulfillmentOrder": parts,
            "notifyCustomer": self._notify,
        }
        if data.tracking:
            content["trackingInfo"] = fulfillment.tracking_input(data.tracking)
        answer = self._client.mutate(queries.FULFILL, {"fulfillment": content})
        return answer["fulfillment"]

    def _shipped_before(self, data, plan):
        """Nothing is left to ship of it: somebody has entered it there, with no number
        or with one that is kept, or it is wanted no more."""
        found = self._find_fulfillments(data, any_number=True)
        if not found:
            lines = ", ".join(f"{count} × {ref}" for ref, count in plan.missing.items())
            raise Refused(lines, code="NOTHING_TO_SHIP")
        if data.tracking:
            self._track(self._find_unnumbered(found), data.tracking)
        return found

    def _find_fulfillments(self, data, any_number=False):
        """:return: ids of the fulfillments that the parcel became, or "" """
        raw = self._read_fulfillments()
        number = data.tracking.number if data.tracking else ""
        found = fulfillment.find(raw, _units(data), number, self._known)
        if not found and any_number:
            for each in raw:
                each["trackingInfo"] = []
            found = fulfillment.find(raw, _units(data), "", self._known)
        return ",".join(found)

    def _find_unnumbered(self, found):
        refs = found.split(",")
        return [
            entry["id"]
            for entry in self._read_fulfillments()
            if entry["id"] in refs and not entry["trackingInfo"]
        ]

    def _fulfillment_orders(self):
        orders, cursor = [], None
        while cursor != "":
            order = self._order_there(queries.FULFILLMENT_ORDERS, after=cursor)
            if order["cancelledAt"]:
                raise Refused(
                    "the order is cancelled in the shop", code="ORDER_CANCELLED"
                )
            orders += order["fulfillmentOrders"]["nodes"]
            cursor = page_info(order["fulfillmentOrders"])
        for order in orders:
            self._read_on(order["lineItems"], order["id"])
        return orders

    def _read_fulfillments(self):
        """Those that are no other message's, with all of their lines."""
        order = self._order(queries.FULFILLMENTS)
        found = order["fulfillments"] if order else ()
        entries = [entry for entry in found if entry["id"] not in self._known]
        for entry in entries:
            pages = self._client.pages(
                queries.FULFILLMENT_LINES,
                "fulfillment",
                "fulfillmentLineItems",
                id=entry["id"],
            )
            lines = [line for page in pages for line in page]
            entry["fulfillmentLineItems"] = {"nodes": lines}
        return entries

    def _read_on(self, lines, order_id):
        """Append the following pages of a fulfillment order's lines to the first."""
        start = page_info(lines)
        if start:
            path = "fulfillmentOrder", "lineItems"
            options = {"start": start, "id": order_id}
            for page in self._client.pages(
                queries.FULFILLMENT_ORDER_LINES, *path, **options
            ):
                lines["nodes"] += page
            lines["pageInfo"] = {"hasNextPage": False, "endCursor": None}

    def tracking(self, data):
        self._track(filter(None, data.shipment_ref.split(",")), data.tracking)
        return {"ref": data.shipment_ref}

    def _track(self, refs, tracking):
        for ref in refs:
            variables = {
                "id": ref,
                "tracking": fulfillment.tracking_input(tracking),
                "notify": self._notify,
            }
            self._client.mutate(queries.TRACK, variables)

    # --------------------------------------------------------------- cancel
    def cancel(self, data):
        if data.lines:
            return self._cancel_lines(data)
        if self._is_cancelled():
            return {}
        variables = {
            "id": self._order_ref,
            "reason": REASONS[data.reason],
            "note": data.note or None,
            "refund": data.refund,
            "notify": self._notify,
        }
        job = self._client.mutate(queries.CANCEL, variables)["job"]
        return {"status": "pending", "ref": job["id"]}

    def _is_cancelled(self):
        return bool(self._order_there(queries.CANCEL_STATE)["cancelledAt"])

    def _cancel_lines(self, data):
        """Units that were not shipped: a refund of what Shopify says they cost."""
        rows = self._refund_lines(refund.cancelled(data.lines))
        money = []
        if data.refund:
            order = self._order_there(queries.SUGGESTED_REFUND, lines=rows)
            money = refund.suggested(order)
        else:
            order = self._order_there(queries.PAYMENTS)
        content = {"refundLineItems": rows, "transactions": money}
        return self._refund(data, order, content)

    # --------------------------------------------------------------- refund
    def refund(self, data):
        order = self._order_there(queries.PAYMENTS)
        payments = refund.payments_left(order, data.currency)
        content = {
            "transactions": refund.transactions(order, data.amount, payments),
            "refundLineItems": self._refund_lines(data.lines),
        }
        if data.shipping:
            content["shipping"] = refund.shipping(order, data.shipping)
        return self._refund(data, order, content)

    def _refund_lines(self, lines):
        places = {}
        if any(each.restock != "none" and not each.node_ref for each in lines):
            places = fulfillment.places(self._fulfillment_orders())
        return refund.line_inputs(lines, lambda line_ref: places.get(line_ref, ""))

    def _refund(self, data, order, content):
        key = self._attempt.key
        note = refund.note_of(data.note, key)
        content |= {"orderId": self._order_ref, "note": note}
        content |= refund.currency_input(order)
        answer = self._client.mutate(queries.REFUND, {"input": content, "key": key})
        return {"ref": answer["refund"]["id"], "answer": answer}

    # ----------------------------------------------------------------- find
    def find(self, kind, data):
        """:return: values of MessageResult, None of a message that was not carried out
        :raise Refused: it was begun and failed for good
        """
        if kind == "shipment":
            ref = self._find_fulfillments(data)
        elif kind == "cancel" and not data.lines:
            return self._find_cancel()
        else:
            order = self._order(queries.REFUND_NOTES)
            ref = order and refund.find(order["refunds"], self._attempt.key)
        return {"ref": ref} if ref else None

    def _find_cancel(self):
        if self._is_cancelled():
            return {}
        if not self._attempt.ref:
            return None
        variables = {"id": self._attempt.ref}
        job = self._client.execute(queries.CANCEL_JOB, variables)["job"]
        if job and not job["done"]:
            return {"status": "pending", "ref": self._attempt.ref}
        if self._is_cancelled():
            # it was done between the two looks
            return {}
        raise Refused("the order is not cancelled", code="CANCEL_FAILED")


def _units(data):
    return {each.line_ref: each.quantity for each in data.lines}
