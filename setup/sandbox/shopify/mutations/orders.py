"""Cancelling and refunding orders."""

import threading
import uuid
from decimal import Decimal, InvalidOperation

from .. import orders
from ..idempotency import idempotent
from ..models import Job
from ..money import ZERO, Bag, places, rounded, total
from ..resolver import Record, View
from ..store import StoreError
from ..views import misc
from ..views.order import Order
from ..views.refunds import Refund
from .common import check_size, lookup, user_error


class OrderMutations(View):
    def tags_add(self, id, tags):
        order = lookup(self._ctx.store.orders, id, "Order")
        if order is None:
            error = user_error("Order does not exist", ["id"])
            return Record("TagsAddPayload", node=None, userErrors=[error])
        store = self._ctx.store
        with store.transaction():
            if new := [tag for tag in tags if tag not in order.tags]:
                order.tags += new
                orders.touch(store, order)
        return Record("TagsAddPayload", node=Order(order, self._ctx), userErrors=[])

    def order_cancel(
        self,
        order_id,
        reason,
        restock,
        refund=False,
        refund_method=None,
        notify_customer=False,
        staff_note="",
    ):
        order = lookup(self._ctx.store.orders, order_id, "Order")
        error = self._cancel_error(order)
        if error:
            return Record(
                "OrderCancelPayload", orderCancelUserErrors=[error], userErrors=[error]
            )
        if refund_method is not None:
            refund = bool(refund_method.get("originalPaymentMethodsRefund"))
        job = Job(str(uuid.uuid4()), order=order)
        self._ctx.store.jobs[job.id] = job
        values = {
            "reason": reason,
            "restock": restock,
            "refund": refund,
            "staff_note": staff_note or None,
        }
        self._later(job, values)
        return Record(
            "OrderCancelPayload",
            job=misc.Job(job, self._ctx),
            jobResult=misc.OrderCancelJobResult(job, self._ctx),
            orderCancelUserErrors=[],
            userErrors=[],
        )

    def _cancel_error(self, order):
        kind = "OrderCancelUserError"
        if order is None:
            return user_error(
                "Order does not exist", ["orderId"], kind, code="NOT_FOUND"
            )
        try:
            orders.check_cancellable(order)
        except StoreError as error:
            return user_error(str(error), ["orderId"], kind, code="INVALID")
        return None

    def _later(self, job, values):
        """The answer comes before the work is done, so a client has to look."""
        store = self._ctx.store

        def work():
            with store.transaction():
                try:
                    orders.cancel(store, job.order, **values)
                except StoreError as error:
                    kind = "OrderCancelUserError"
                    job.errors.append(
                        user_error(str(error), None, kind, code="INTERNAL_ERROR")
                    )
                job.done = True

        timer = threading.Timer(store.config.job_delay, work)
        timer.daemon = True
        timer.start()

    @idempotent("RefundCreatePayload")
    def refund_create(self, input):
        store = self._ctx.store
        order = lookup(store.orders, input["orderId"], "Order")
        if order is None:
            return self._refused("Order does not exist", ["orderId"])
        entries = input.get("refundLineItems") or []
        check_size(entries, "refundCreate", "input", "refundLineItems")
        try:
            self._check_currency(order, input.get("currency"))
            lines = [self._line(order, entry) for entry in entries]
            amount, parents = self._amount(order, input)
            record = orders.refund(
                store,
                order,
                lines,
                shipping=self._shipping(order, input.get("shipping")),
                amount=amount,
                note=input.get("note"),
                parents=parents,
            )
        except StoreError as error:
            return self._refused(str(error), None)
        return Record(
            "RefundCreatePayload",
            refund=Refund(record, self._ctx),
            order=Order(order, self._ctx),
            userErrors=[],
        )

    def _check_currency(self, order, currency):
        """What is paid back is told in the currency that the customer paid in."""
        if currency is None and order.presentment_currency != order.currency:
            raise StoreError("Currency must be provided for a multi-currency order")
        if currency not in (None, order.presentment_currency):
            raise StoreError("Currency must be the presentment currency of the order")

    def _refused(self, message, field):
        error = user_error(message, field)
        return Record("RefundCreatePayload", userErrors=[error])

    def _line(self, order, entry):
        store = self._ctx.store
        lines = {line.id: line for line in order.lines}
        line = lookup(lines, entry["lineItemId"], "LineItem")
        if line is None:
            raise StoreError("Refund line items: line item does not exist")
        kind = entry.get("restockType") or "NO_RESTOCK"
        location = None
        if entry.get("locationId"):
            location = lookup(store.locations, entry["locationId"], "Location")
        if kind == "LEGACY_RESTOCK":
            raise StoreError("Refund line items restock type is not supported")
        if kind in ("RETURN", "CANCEL") and location is None:
            raise StoreError(
                "Refund line items location must be provided when restocking"
            )
        return {
            "line": line,
            "quantity": entry["quantity"],
            "type": kind,
            "location": location,
        }

    def _shipping(self, order, values):
        if not values:
            return None
        if values.get("fullRefund"):
            return True
        amount = _decimal(values.get("amount") or "0")
        left = total(line.discounted - line.refunded for line in order.shipping_lines)
        return self._bag(order, amount, left) if amount else None

    def _amount(self, order, input):
        """What the given transactions pay back: without one nothing is paid."""
        paid, parents = ZERO, []
        known = {entry.id: entry for entry in order.transactions}
        for entry in input.get("transactions") or []:
            if entry["kind"] != "REFUND":
                raise StoreError("Transactions kind must be refund")
            paid += _decimal(entry["amount"])
            if entry.get("parentId"):
                parent = lookup(known, entry["parentId"], "OrderTransaction")
                if parent is None:
                    raise StoreError("Transactions parent does not exist")
                parents.append(parent)
        left = orders.totals.received(order) - orders.totals.refunded(order)
        if paid > left.presentment and not input.get("allowOverRefunding"):
            raise StoreError(
                f"Refund amount {paid} is more than the refundable {left.presentment}"
            )
        return self._bag(order, paid, left), parents

    def _bag(self, order, amount, left):
        """An amount as the customer sees it; all of what is left is all of it in the
        shop's currency too."""
        if amount == left.presentment:
            return left
        shop = amount / order.terms["rate"]
        return Bag(rounded(shop, places(order.currency)), amount)


def _decimal(text):
    try:
        return Decimal(str(text))
    except InvalidOperation as error:
        raise StoreError(f"{text!r} is not an amount") from error
