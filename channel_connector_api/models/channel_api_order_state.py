# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timezone

from odoo import api, models

STATES = {
    "announced": "accepted",
    "captured": "accepted",
    "quotation": "accepted",
    "confirmed": "confirmed",
    "reserved": "confirmed",
    "picked": "confirmed",
    "packed": "confirmed",
    "partly_shipped": "partly_shipped",
    "shipped": "shipped",
    "returned": "returned",
    "partly_returned": "returned",
    "refunded": "shipped",
    "cancelled": "cancelled",
    "closed": "closed",
    "gone": "closed",
}
"""Stage of an order -> what it is called outside."""


class ChannelApiOrderState(models.AbstractModel):
    """An order as the API shows it: by its documents, and by what was told of it.

    Shipments, cancellations and refunds are the events that are stored for the other
    side: what a message is called done for can be read here.
    """

    _name = "channel.api.order.state"
    _description = "API: State of Orders"

    @api.model
    def _get_state(self, order):
        stage = STATES.get(order.stage or order.state, "accepted")
        if stage == "accepted" and order.state == "blocked":
            return "blocked"
        if stage == "accepted" and order.state == "parked":
            return "waiting"
        return stage

    @api.model
    def _show_stored(self, told, is_dead=False):
        """Of an order that is stored and not taken in yet, as it was posted.

        :param told: its channel.api.request
        :param is_dead: it could not be taken in, and a person looks at it
        """
        facts = told.content
        return {
            "reference": told.ref,
            "state": "blocked" if is_dead else "received",
            "problems": ["malformed"] if is_dead else [],
            "payment": facts["payment"],
            "currency": facts["currency"],
            "total": facts["total"],
            "placed_at": None,
            "lines": [self._get_line(line, [], [], True) for line in facts["lines"]],
            "shipments": [],
            "cancellations": [],
            "refunds": [],
        }

    @api.model
    def _show(self, order):
        """:return: Order of the document"""
        events = self.env["channel.api.event"].search(
            [
                ("channel_id", "=", order.channel_id.id),
                ("order_ref", "=", order.external_id),
            ],
            order="seq",
        )
        by_kind = events.grouped("kind")
        shipments = self._get_shipments(by_kind)
        state = self._get_state(order)
        ours = by_kind.get("order.cancelled", ())
        cancellations = [self._get_cancellation(event) for event in ours]
        told = self.env["channel.api.request"]._find_order(
            order.channel_id, order.external_id
        )
        facts = told.content or {"lines": []}
        if (order.data or {}).get("state") == "cancelled":
            cancellations.append(
                self._get_own_cancellation(order, facts.get("reason", "other"))
            )
        known = {
            line.external_id
            for line in order.line_ids
            if line.listing_id.product_id or line.product_id
        }
        return {
            "reference": order.external_id,
            "state": state,
            "problems": self._get_problems(order) if state == "blocked" else [],
            "payment": order.payment or "pending",
            "currency": order.currency_name or "",
            "total": str((order.data or {}).get("total", "0")),
            "placed_at": _moment(order.placed_at),
            "lines": [
                self._get_line(line, shipments, cancellations, line["id"] in known)
                for line in facts["lines"]
            ],
            "shipments": shipments,
            "cancellations": cancellations,
            "refunds": [
                {
                    "refunded_at": _moment(event.created_at),
                    "amount": event.data["amount"],
                    "currency": event.data["currency"],
                }
                for event in by_kind.get("order.refunded", ())
            ],
        }

    def _get_line(self, line, shipments, cancellations, is_known):
        shipped = _units(shipments, line["id"])
        cancelled = _units(cancellations, line["id"])
        if any(not each["lines"] for each in cancellations):
            cancelled = max(cancelled, line["quantity"] - shipped)
        return {
            "id": line["id"],
            "sku": line["sku"],
            "quantity": line["quantity"],
            "shipped": shipped,
            "cancelled": cancelled,
            "status": "known" if is_known else "unknown_sku",
        }

    def _get_problems(self, order):
        found = self.env["channel.exception"].search(order._exception_domain())
        return sorted(set(found.mapped("category")))

    # -------------------------------------------------------------- events
    def _get_shipments(self, by_kind):
        """Parcels, each with the newest tracking that was told of it."""
        shipments = [
            {
                "id": event.data["shipment"],
                "shipped_at": event.data["shipped_at"],
                "node": event.data["node"],
                "complete": event.data["complete"],
                "lines": event.data["lines"],
                "tracking": event.data["tracking"],
            }
            for event in by_kind.get("order.shipped", ())
        ]
        by_id = {shipment["id"]: shipment for shipment in shipments}
        for event in by_kind.get("order.tracking", ()):
            if event.data["shipment"] in by_id:
                by_id[event.data["shipment"]]["tracking"] = event.data["tracking"]
        return shipments

    def _get_cancellation(self, event):
        return {
            "cancelled_at": _moment(event.created_at),
            "by": "us",
            "reason": event.data["reason"],
            "lines": event.data["lines"],
        }

    def _get_own_cancellation(self, order, reason):
        return {
            "cancelled_at": _moment(order.version),
            "by": "you",
            "reason": reason,
            "lines": [],
        }


def _units(happened, line_id):
    return sum(
        each["quantity"]
        for one in happened
        for each in one["lines"]
        if each["id"] == line_id
    )


def _moment(value):
    return value.replace(tzinfo=timezone.utc).isoformat() if value else None
