import json

from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import errors
from .. import lifecycle_queries as queries
from ..const import ACCEPTED_TAG
from ..lib import fulfillment, refund
from ..mapper import page_info

REASONS = {
    "customer": "CUSTOMER",
    "stock": "INVENTORY",
    "fraud": "FRAUD",
    "payment": "DECLINED",
    "other": "OTHER",
}
HOLD_SECONDS = 900


class ChannelAdapterShopify(models.AbstractModel):
    """Back to the shop: parcels, tracking, cancellations, refunds."""

    _inherit = "channel.adapter.shopify"

    # ----------------------------------------------------------- acceptance
    @api.model
    def _send_acceptance(self, channel, data, key):
        """A tag: the shop's staff can list what is taken, and what is not yet."""
        with self._connected(channel) as client:
            variables = {"id": data.order_ref, "tags": [ACCEPTED_TAG]}
            answer = client.execute(queries.TAG, variables)["tagsAdd"]
            self._raise_user_errors(answer["userErrors"])
        return schemas.MessageResult("done", ref=ACCEPTED_TAG)

    # ------------------------------------------------------------- parcels
    @api.model
    def _send_shipment(self, channel, data, key):
        units = {each.line_ref: each.quantity for each in data.lines}
        with self._connected(channel) as client:
            orders = self._read_fulfillment_orders(client, data.order_ref)
            plan = fulfillment.plan(orders, units, data.node_ref)
            if plan.missing:
                return self._explain_missing(channel, client, data, key, plan)
            if plan.held:
                return schemas.MessageResult(
                    "wait",
                    message=self.env._(
                        "on hold there: %s", "; ".join(sorted(set(plan.held)))
                    ),
                    retry_after=HOLD_SECONDS,
                )
            made = [self._fulfill(channel, client, data, each) for each in plan.calls]
        return schemas.MessageResult(
            "done", ref=",".join(each["id"] for each in made), answer=json.dumps(made)
        )

    def _fulfill(self, channel, client, data, parts):
        content = {
            "lineItemsByFulfillmentOrder": parts,
            "notifyCustomer": channel.shopify_notify_customers,
        }
        if data.tracking:
            content["trackingInfo"] = fulfillment.tracking_input(data.tracking)
        answer = client.execute(queries.FULFILL, {"fulfillment": content})
        answer = answer["fulfillmentCreate"]
        self._raise_user_errors(answer["userErrors"])
        return answer["fulfillment"]

    def _explain_missing(self, channel, client, data, key, plan):
        """Nothing is left to ship of it: it is there already, or not wanted any more.

        :raise Refused: it was cancelled or refunded there, or is of another order
        """
        known = self._refs_of_others(channel, data.order_ref, key)
        found = self._find_fulfillments(client, data, known, any_number=True)
        if found:
            return schemas.MessageResult(
                "done", ref=",".join(found), message=self.env._("It was there already.")
            )
        lines = ", ".join(f"{count} × {ref}" for ref, count in plan.missing.items())
        raise errors.Refused(
            self.env._("nothing is left to ship there of %s", lines),
            code="NOTHING_TO_SHIP",
        )

    def _refs_of_others(self, channel, order_ref, key):
        """Ids of fulfillments that are other parcels of the order."""
        messages = self.env["channel.message"].search(
            [
                ("channel_id", "=", channel.id),
                ("order_id.external_id", "=", order_ref),
                ("key", "!=", key),
                ("ref", "!=", False),
            ]
        )
        return {ref for message in messages for ref in message.ref.split(",")}

    def _find_fulfillments(self, client, data, known, any_number=False):
        """:return: ids of the fulfillments that the parcel became, or []"""
        units = {each.line_ref: each.quantity for each in data.lines}
        raw = self._read_fulfillments(client, data.order_ref, known)
        number = data.tracking.number if data.tracking else ""
        found = fulfillment.find(raw, units, number, known)
        if not found and any_number:
            for each in raw:
                each["trackingInfo"] = []
            found = fulfillment.find(raw, units, "", known)
        return found

    def _read_fulfillment_orders(self, client, order_ref):
        orders, cursor = [], None
        while cursor != "":
            variables = {"id": order_ref, "after": cursor}
            order = client.execute(queries.FULFILLMENT_ORDERS, variables)["order"]
            if not order:
                raise errors.Refused(
                    self.env._("the shop has no such order"), code="NOT_FOUND"
                )
            if order["cancelledAt"]:
                raise errors.Refused(
                    self.env._("the order is cancelled there"), code="CANCELLED"
                )
            orders += order["fulfillmentOrders"]["nodes"]
            cursor = page_info(order["fulfillmentOrders"])
        for order in orders:
            self._read_lines(
                client,
                queries.FULFILLMENT_ORDER_LINES,
                order,
                ("fulfillmentOrder", "lineItems"),
            )
        return orders

    def _read_fulfillments(self, client, order_ref, known):
        """Those that are nobody's yet, with all of their lines."""
        order = client.execute(queries.FULFILLMENTS, {"id": order_ref})["order"]
        entries = [
            entry
            for entry in (order["fulfillments"] if order else ())
            if entry["id"] not in known
        ]
        for entry in entries:
            entry["fulfillmentLineItems"] = {
                "nodes": [],
                "pageInfo": {"hasNextPage": True, "endCursor": None},
            }
            self._read_lines(
                client,
                queries.FULFILLMENT_LINES,
                entry,
                ("fulfillment", "fulfillmentLineItems"),
            )
        return entries

    def _read_lines(self, client, document, owner, names):
        """Append the following pages of a connection to its first."""
        root, field = names
        connection = owner[field]
        while connection["pageInfo"]["hasNextPage"]:
            after = connection["pageInfo"]["endCursor"]
            page = client.execute(document, {"id": owner["id"], "after": after})
            connection["nodes"] += page[root][field]["nodes"]
            connection["pageInfo"] = page[root][field]["pageInfo"]

    @api.model
    def _send_tracking(self, channel, data, key):
        with self._connected(channel) as client:
            # a parcel of several places became several fulfillments
            for ref in filter(None, data.shipment_ref.split(",")):
                variables = {
                    "id": ref,
                    "tracking": fulfillment.tracking_input(data.tracking),
                    "notify": channel.shopify_notify_customers,
                }
                answer = client.execute(queries.TRACK, variables)
                answer = answer["fulfillmentTrackingInfoUpdate"]
                self._raise_user_errors(answer["userErrors"])
        return schemas.MessageResult("done", ref=data.shipment_ref)

    # -------------------------------------------------------------- cancel
    @api.model
    def _send_cancel(self, channel, data, key):
        with self._connected(channel) as client:
            if data.lines:
                return self._cancel_lines(client, data, key)
            if self._is_cancelled(client, data.order_ref):
                return schemas.MessageResult("done")
            variables = {
                "id": data.order_ref,
                "reason": REASONS[data.reason],
                "note": data.note or None,
                "refund": data.refund,
                "notify": channel.shopify_notify_customers,
            }
            answer = client.execute(queries.CANCEL, variables)["orderCancel"]
            self._raise_user_errors(answer["orderCancelUserErrors"])
        return schemas.MessageResult("pending", ref=answer["job"]["id"])

    def _is_cancelled(self, client, order_ref):
        order = client.execute(queries.CANCEL_STATE, {"id": order_ref})["order"]
        if not order:
            raise errors.Refused(
                self.env._("the shop has no such order"), code="NOT_FOUND"
            )
        return bool(order["cancelledAt"])

    def _cancel_lines(self, client, data, key):
        """Units that were not shipped: a refund of what Shopify says they cost."""
        lines = [
            schemas.RefundLineData(each.line_ref, each.quantity, 0, "cancel")
            for each in data.lines
        ]
        rows = self._refund_lines(client, data.order_ref, lines)
        money = []
        if data.refund:
            variables = {"id": data.order_ref, "lines": rows}
            order = client.execute(queries.SUGGESTED_REFUND, variables)["order"]
            money = refund.suggested(order["suggestedRefund"], data.order_ref)
        content = {"refundLineItems": rows, "transactions": money}
        return self._create_refund(client, data, key, content)

    # -------------------------------------------------------------- refund
    @api.model
    def _send_refund(self, channel, data, key):
        with self._connected(channel) as client:
            order = client.execute(queries.PAYMENTS, {"id": data.order_ref})["order"]
            if not order:
                raise errors.Refused(
                    self.env._("the shop has no such order"), code="NOT_FOUND"
                )
            payments = refund.payments_left(order["transactions"], data.currency)
            content = {
                "transactions": refund.transactions(
                    data.order_ref, data.amount, payments
                ),
                "refundLineItems": self._refund_lines(
                    client, data.order_ref, data.lines
                ),
            }
            if data.shipping:
                content["shipping"] = {"amount": str(data.shipping)}
            return self._create_refund(client, data, key, content)

    def _refund_lines(self, client, order_ref, lines):
        places = {}
        if any(each.restock != "none" and not each.node_ref for each in lines):
            places = self._find_places(client, order_ref)
        return refund.line_inputs(lines, lambda line_ref: places.get(line_ref, ""))

    def _find_places(self, client, order_ref):
        """:return: {line item id: location that it is, or was, to be shipped from}"""
        orders = self._read_fulfillment_orders(client, order_ref)
        # the open ones last: what is cancelled is taken from these
        orders.sort(key=lambda order: order["status"] not in ("CLOSED", "CANCELLED"))
        return {
            line["lineItem"]["id"]: order["assignedLocation"]["location"]["id"]
            for order in orders
            for line in order["lineItems"]["nodes"]
            if order["assignedLocation"]["location"]
        }

    def _create_refund(self, client, data, key, content):
        content = {
            "orderId": data.order_ref,
            "note": refund.note_of(data.note, key),
            **content,
        }
        variables = {"input": content, "key": key}
        answer = client.execute(queries.REFUND, variables)["refundCreate"]
        self._raise_user_errors(answer["userErrors"])
        return schemas.MessageResult(
            "done", ref=answer["refund"]["id"], answer=json.dumps(answer)
        )

    # ---------------------------------------------------------------- find
    @api.model
    def _find_message(self, channel, kind, data, key, known):
        with self._connected(channel) as client:
            if kind == "shipment":
                known = {ref for each in known for ref in each.split(",")}
                found = self._find_fulfillments(client, data, known)
                return found and schemas.MessageResult("done", ref=",".join(found))
            if kind == "cancel" and not data.lines:
                return self._find_cancel(channel, client, data, key)
            variables = {"id": data.order_ref}
            order = client.execute(queries.REFUND_NOTES, variables)["order"]
            found = refund.find(order["refunds"], key) if order else ""
            return schemas.MessageResult("done", ref=found) if found else None

    def _find_cancel(self, channel, client, data, key):
        if self._is_cancelled(client, data.order_ref):
            return schemas.MessageResult("done")
        message = self.env["channel.message"].search([("key", "=", key)])
        if not message.ref:
            return None
        job = client.execute(queries.CANCEL_JOB, {"id": message.ref})["job"]
        if job and not job["done"]:
            return schemas.MessageResult("pending", ref=message.ref)
        if self._is_cancelled(client, data.order_ref):
            # it was done between the two looks
            return schemas.MessageResult("done")
        raise errors.Refused(
            self.env._("the shop began to cancel the order and did not succeed"),
            code="CANCEL_FAILED",
        )

    def _raise_user_errors(self, user_errors):
        if user_errors:
            raise errors.Refused(
                "; ".join(each["message"] for each in user_errors),
                code=user_errors[0].get("code") or "USER_ERROR",
                detail=json.dumps(user_errors)[:500],
            )
