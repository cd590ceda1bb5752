# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fake channel's ear for shipments, cancellations and refunds.

Like Shopify it knows a refund by its key and a parcel by nothing: one that is told
twice is there twice.
"""

from decimal import Decimal

from ..exceptions import RejectedError
from ..schemas import MessageResult, dump


class FakeMessages:
    """Mixed into ``FakeChannel``. ``parcels``: [order, data] in the order told."""

    def forget_messages(self):
        self.parcels = []
        self.refunds = {}
        self.told = []
        self.held = set()
        self.slow_cancels = False
        self.cancel_words = ""
        self.cancelling = set()
        # cancellations that were taken together, a list of orders for each request
        self.batches, self.looks = [], []

    # ---------------------------------------------------------- shop side
    def cancel(self, name):
        """A person in the shop cancels what was not shipped."""
        with self.lock:
            order = self.orders[name]
            if any(parcel["order_ref"] == name for parcel in self.parcels):
                raise LookupError(f"{name} was shipped")
            if order.get("state") != "cancelled":
                lines = [
                    dict(line, quantity=0, open_quantity=0, deductions=[])
                    for line in order["lines"]
                ]
                # what is not bought is not charged
                self.change(name, state="cancelled", lines=lines, total="0")

    def set_line(self, name, quantity, index=0):
        """A person in the shop changes what is bought of a line."""
        with self.lock:
            order = self.orders[name]
            lines = [dict(line) for line in order["lines"]]
            line = lines[index]
            line["open_quantity"] += quantity - line["quantity"]
            line["quantity"] = quantity
            total = sum(Decimal(x["unit_price"]) * x["quantity"] for x in lines)
            self.change(name, lines=lines, total=str(total))

    # ------------------------------------------------------- adapter side
    def _send_shipment(self, channel, data, attempt):
        self._fault("send")
        with self.lock:
            self.told.append(("shipment", attempt.key))
            order = self.orders[data.order_ref]
            if data.order_ref in self.held:
                return MessageResult("wait", message="on hold", retry_after=5)
            if order.get("state") == "cancelled":
                raise RejectedError("the order is cancelled")
            lines = {line["external_id"]: dict(line) for line in order["lines"]}
            for each in data.lines:
                line = lines.get(each.line_ref)
                if line is None or each.quantity > line["open_quantity"]:
                    raise RejectedError("there is nothing left to ship")
                line["open_quantity"] -= each.quantity
                line["shipped_quantity"] = (
                    line.get("shipped_quantity") or 0
                ) + each.quantity
            ref = f"parcel-{len(self.parcels) + 1}"
            self.parcels.append({"ref": ref, **dump(data)})
            self.change(data.order_ref, lines=list(lines.values()))
        self._fault("answer")
        return MessageResult("done", ref=ref)

    def _send_acceptance(self, channel, data, attempt):
        with self.lock:
            self.told.append(("acceptance", attempt.key))
            self.change(data.order_ref, note="accepted")
        return MessageResult("done")

    def _send_tracking(self, channel, data, attempt):
        self._fault("send")
        with self.lock:
            self.told.append(("tracking", attempt.key))
            for parcel in self.parcels:
                if parcel["ref"] == data.shipment_ref:
                    parcel["tracking"] = dump(data.tracking)
                    return MessageResult("done", ref=data.shipment_ref)
        raise RejectedError("there is no such parcel")

    def _send_cancel(self, channel, data, attempt):
        self._fault("send")
        with self.lock:
            self.told.append(("cancel", attempt.key))
            if data.lines:
                lines = self.orders[data.order_ref]["lines"]
                refs = [line["external_id"] for line in lines]
                for each in data.lines:
                    index = refs.index(each.line_ref)
                    left = lines[index]["quantity"] - each.quantity
                    self.set_line(data.order_ref, left, index)
            elif self.slow_cancels:
                self.cancelling.add(data.order_ref)
                return MessageResult("pending")
            else:
                try:
                    self.cancel(data.order_ref)
                except LookupError as error:
                    raise RejectedError(str(error)) from error
        self._fault("answer")
        return MessageResult("done", message=self.cancel_words)

    def _send_refund(self, channel, data, attempt):
        self._fault("send")
        with self.lock:
            self.told.append(("refund", attempt.key))
            if attempt.key not in self.refunds:
                order = self.orders[data.order_ref]
                made = order.get("refunds") or []
                paid = Decimal(order["total"])
                paid -= sum(Decimal(each["amount"]) for each in made)
                if data.amount > paid:
                    raise RejectedError(f"{data.amount} is more than the {paid} paid")
                ref = f"refund-{len(self.refunds) + 1}"
                self.refunds[attempt.key] = ref
                self.change(
                    data.order_ref,
                    refunds=[*made, {"external_id": ref, "amount": str(data.amount)}],
                )
        self._fault("answer")
        return MessageResult("done", ref=self.refunds[attempt.key])

    def _find_message(self, channel, kind, data, attempt):
        self._fault("find")
        with self.lock:
            if kind == "cancel":
                order = self.orders[data.order_ref]
                if order.get("state") == "cancelled":
                    return MessageResult("done")
                working = data.order_ref in self.cancelling
                return MessageResult("pending") if working else None
            for parcel in self.parcels:
                same = parcel["lines"] == dump(data.lines)
                own = parcel["order_ref"] == data.order_ref
                if same and own and parcel["ref"] not in attempt.known:
                    return MessageResult("done", ref=parcel["ref"])
        return None

    def _send_batch(self, channel, kind, entries):
        """Cancellations only: taken together, carried out when somebody wants it."""
        self._fault("send")
        with self.lock:
            refs = [data.order_ref for data, _attempt in entries]
            self.batches.append(refs)
            self.told += [(kind, attempt.key) for _data, attempt in entries]
            results = []
            for place, ref in enumerate(refs, 1):
                if ref in self.held:
                    results.append(MessageResult("wait", message="on hold"))
                elif any(parcel["order_ref"] == ref for parcel in self.parcels):
                    results.append(MessageResult("refused", message="shipped"))
                else:
                    self.cancelling.add(ref)
                    ticket = f"{len(self.batches)}/{place}"
                    results.append(MessageResult("pending", ticket, retry_after=60))
        self._fault("answer")
        return results

    def _find_batch(self, channel, kind, entries):
        self._fault("find")
        self.looks.append(len(entries))
        return [
            self._find_message(channel, kind, data, attempt)
            for data, attempt in entries
        ]

    def finish_cancels(self):
        with self.lock:
            for name in self.cancelling:
                self.cancel(name)
            self.cancelling.clear()
