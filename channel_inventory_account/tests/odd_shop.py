# SPDX-License-Identifier: AGPL-3.0-or-later
"""A shop whose orders are of odd shapes: lines over several places, packs, prices that
are edited, refunds of every kind, orders that are trashed or shipped there.

It does its own sums, and shares nothing with the code that takes its orders in.
"""

from decimal import ROUND_HALF_UP, Decimal

from odoo.addons.channel_inventory_base.exceptions import RejectedError
from odoo.addons.channel_inventory_base.schemas import MessageResult
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

CENT = Decimal("0.01")
RATE = Decimal("0.10")


class OddShop(FakeChannel):
    """:param included: prices are with their tax
    :param tells_received: it says how much money has come in, as Shopify does"""

    def __init__(self, included=False, tells_received=True):
        super().__init__()
        self.included, self.tells_received = included, tells_received
        self.trashed = {}
        self.prices = {}

    # ------------------------------------------------------------- customers
    def buy(self, cart, paid=True):
        """:param cart: {number of a product: {node: units}}. :return: its name"""
        lines = []
        name = f"#{1001 + len(self.orders) + len(self.trashed)}"
        for number, places in cart.items():
            for node, units in places.items():
                self._take(f"item-{number}", node, units)
            units = sum(places.values())
            lines.append(
                {
                    "external_id": f"{name}/{number}",
                    "listing_ref": f"variant-{number}",
                    "sku": f"SKU-{number}",
                    "quantity": units,
                    "open_quantity": units,
                    "shipped_quantity": 0,
                    "unit_price": self.prices.get(number, "3.33"),
                    "discount": "0",
                    "deductions": [
                        {"node_ref": node, "quantity": taken}
                        for node, taken in places.items()
                        if taken
                    ],
                }
            )
        self.orders[name] = {
            "external_id": name,
            "name": name,
            "placed_at": self.tick().isoformat(),
            "currency": "USD",
            "payment": "paid" if paid else "pending",
            "taxes_included": self.included,
            "customer": {"name": "Ada Shopper", "email": "ada@example.com"},
            "refunds": [],
            "received": "0",
        }
        self._put(name, lines)
        if paid:
            self._receive_all(name)
        return name

    def pay(self, name):
        self._refuse(self._is_over(name) or self.orders[name]["payment"] == "paid")
        self.change(name, payment="paid")
        self._receive_all(name)

    def take_payment_back(self, name):
        """A dispute: the order is not paid any more."""
        self._refuse(self._is_over(name) or self.orders[name]["payment"] != "paid")
        self.change(name, payment="pending")

    # ------------------------------------------------------- people in the shop
    def take_off(self, name, index, units, back=True):
        """Units that were not shipped are not wanted any more."""
        lines = self._lines(name)
        line = lines[index % len(lines)]
        units = min(units, line["open_quantity"])
        self._refuse(not units or self._is_over(name))
        self._give_back(line, units)
        part = self._lower(line, units, restock="cancel")
        line["open_quantity"] -= units
        self._put(name, lines, [part] if back else None)

    def put_on(self, name, index, units, node, paid=True):
        """More of it is wanted."""
        lines = self._lines(name)
        line = lines[index % len(lines)]
        self._refuse(self._is_over(name))
        self._take(self._stock_ref(line), node, units)
        self._deduct(line, node, units)
        line["quantity"] += units
        line["open_quantity"] += units
        self._put(name, lines)
        if paid and self.orders[name]["payment"] == "paid":
            self._receive_all(name)

    def take_goods_back(self, name, index, units, restock):
        """Units that were shipped are paid back, and are there again or are not."""
        lines = self._lines(name)
        line = lines[index % len(lines)]
        units = min(units, line["quantity"] - line["open_quantity"])
        self._refuse(units <= 0 or self._is_over(name))
        if restock:
            self._give_back(line, units)
        part = self._lower(line, units, "return" if restock else "none")
        self._put(name, lines, [part])

    def pay_back_line(self, name, index, amount):
        """Money for units that the customer keeps."""
        lines = self._lines(name)
        line = lines[index % len(lines)]
        amount = min(Decimal(amount), self._amount(line))
        self._refuse(amount <= 0 or self._is_over(name) or not self._is_paid(name))
        before = self._amount(line), self._tax(line)
        line["discount"] = str(Decimal(line["discount"]) + amount)
        part = self._part(line, 0, before, "none")
        self._put(name, lines, [part])

    def give(self, name, amount):
        """Goodwill: money for nothing that is in the order."""
        order = self.orders[name]
        back = sum(Decimal(each["amount"]) for each in order["refunds"])
        left = Decimal(order["received"]) - back
        amount = min(Decimal(amount), left, Decimal(order["total"]))
        self._refuse(amount <= 0 or self._is_over(name))
        ref = f"refund-{name}-{len(order['refunds']) + 1}"
        given = {"external_id": ref, "amount": str(amount), "lines": []}
        self.change(name, refunds=[*order["refunds"], given])

    def reprice(self, name, index, price):
        """Somebody edits the price; no money moves."""
        lines = self._lines(name)
        line = lines[index % len(lines)]
        self._refuse(self._is_over(name) or not line["quantity"])
        discount = Decimal(line["discount"])
        self._refuse(discount > Decimal(price) * line["quantity"])
        line["unit_price"] = price
        self._put(name, lines)

    def exchange(self, name, index, number):
        """A line that was not shipped becomes another product."""
        lines = self._lines(name)
        line = lines[index % len(lines)]
        other = f"variant-{number}"
        self._refuse(
            self._is_over(name)
            or line["shipped_quantity"]
            or not line["open_quantity"]
            or any(each["listing_ref"] == other for each in lines)
        )
        node = line["deductions"][0]["node_ref"] if line["deductions"] else "node-1"
        self._take(f"item-{number}", node, line["quantity"])
        self._give_back(line, line["quantity"])
        line.update(listing_ref=other, sku=f"SKU-{number}")
        self._deduct(line, node, line["quantity"])
        self._put(name, lines)

    def cancel(self, name):
        order = self.orders[name]
        lines = self._lines(name)
        if any(line["shipped_quantity"] for line in lines):
            raise LookupError(f"{name} was shipped")
        if order.get("state") == "cancelled":
            return
        parts = []
        for line in lines:
            if line["quantity"]:
                units = line["open_quantity"]
                self._give_back(line, units)
                parts.append(self._lower(line, units, "cancel"))
                line["open_quantity"] = 0
        self._put(name, lines, parts, state="cancelled")

    def ship_there(self, name):
        """Somebody ships all that is open, and says so in the shop."""
        lines = self._lines(name)
        self._refuse(
            self._is_over(name) or not any(line["open_quantity"] for line in lines)
        )
        for line in lines:
            line["shipped_quantity"] += line["open_quantity"]
            line["open_quantity"] = 0
        self.change(name, lines=lines)

    def trash(self, name):
        self.trashed[name] = self.orders.pop(name)

    def restore(self, name):
        self.orders[name] = self.trashed.pop(name)
        self.change(name)

    # ------------------------------------------------------------ adapter side
    def _send_cancel(self, channel, data, attempt):
        self.told.append(("cancel", attempt.key))
        if data.order_ref not in self.orders:
            raise RejectedError("there is no such order")
        try:
            if data.lines:
                for each in data.lines:
                    self._cancel_line(data.order_ref, each)
            else:
                self.cancel(data.order_ref)
        except LookupError as error:
            raise RejectedError(str(error)) from error
        return MessageResult("done")

    def _cancel_line(self, name, told):
        refs = [line["external_id"] for line in self.orders[name]["lines"]]
        index = refs.index(told.line_ref)
        if told.quantity > self.orders[name]["lines"][index]["open_quantity"]:
            raise LookupError("so many are not open")
        self.take_off(name, index, told.quantity)

    def _send_shipment(self, channel, data, attempt):
        if data.order_ref not in self.orders:
            raise RejectedError("there is no such order")
        return super()._send_shipment(channel, data, attempt)

    def _is_gone(self, channel, ref, placed_at):
        return ref not in self.orders

    # ------------------------------------------------------------------- sums
    def _put(self, name, lines, parts=None, **values):
        """Write the lines with their sums, and the refund that they are part of."""
        for line in lines:
            taxes = self._tax(line)
            line["taxes"] = [{"title": "VAT", "rate": str(RATE), "amount": str(taxes)}]
        taxes = sum(map(self._tax, lines), Decimal(0))
        total = sum(map(self._amount, lines), Decimal(0))
        if not self.included:
            total += taxes
        order = self.orders[name]
        refunds = order["refunds"]
        if parts and self._is_paid(name):
            amount = sum((self._gross(part) for part in parts), Decimal(0))
            ref = f"refund-{name}-{len(refunds) + 1}"
            refunds = [
                *refunds,
                {"external_id": ref, "amount": str(amount), "lines": parts},
            ]
        values.update(lines=lines, refunds=refunds)
        values.update(total=str(total), total_tax=str(taxes))
        if refunds and not any(line["quantity"] for line in lines):
            values["payment"] = "refunded"
        self.change(name, **values)

    def event(self, name, suffix=""):
        if self.tells_received:
            return super().event(name, suffix)
        kept = self.orders[name]
        self.orders[name] = dict(kept, received=None)
        try:
            return super().event(name, suffix)
        finally:
            self.orders[name] = kept

    def _receive_all(self, name):
        order = self.orders[name]
        back = sum((Decimal(each["amount"]) for each in order["refunds"]), Decimal(0))
        goodwill = sum(
            (Decimal(each["amount"]) for each in order["refunds"] if not each["lines"]),
            Decimal(0),
        )
        due = Decimal(order["total"]) + back - goodwill
        self.change(name, received=str(max(due, Decimal(order["received"]))))

    def _lower(self, line, units, restock):
        """Take units off a line with their part of its discount."""
        before = self._amount(line), self._tax(line)
        discount, quantity = Decimal(line["discount"]), line["quantity"]
        kept = discount * (quantity - units) / quantity
        line["discount"] = str(kept.quantize(CENT, ROUND_HALF_UP))
        line["quantity"] -= units
        return self._part(line, units, before, restock)

    def _part(self, line, units, before, restock):
        return {
            "line_ref": line["external_id"],
            "quantity": units,
            "amount": str(before[0] - self._amount(line)),
            "tax": str(before[1] - self._tax(line)),
            "restock": restock,
        }

    def _amount(self, line):
        return Decimal(line["unit_price"]) * line["quantity"] - Decimal(
            line["discount"]
        )

    def _tax(self, line):
        amount = self._amount(line)
        exact = amount - amount / (1 + RATE) if self.included else amount * RATE
        return exact.quantize(CENT, ROUND_HALF_UP)

    def _gross(self, part):
        amount = Decimal(part["amount"])
        return amount if self.included else amount + Decimal(part["tax"])

    # ---------------------------------------------------------------- the shelf
    def _take(self, stock_ref, node, units):
        shown = self.levels.get((stock_ref, node)) or 0
        self._refuse(shown < units)
        self.levels[stock_ref, node] = shown - units

    def _give_back(self, line, units):
        """Put units back where they were taken, the last place first."""
        for taken in reversed(line["deductions"]):
            here = min(units, taken["quantity"])
            taken["quantity"] -= here
            self.levels[self._stock_ref(line), taken["node_ref"]] += here
            units -= here

    def _deduct(self, line, node, units):
        for taken in line["deductions"]:
            if taken["node_ref"] == node:
                taken["quantity"] += units
                return
        line["deductions"].append({"node_ref": node, "quantity": units})

    def _stock_ref(self, line):
        return line["listing_ref"].replace("variant", "item")

    # -------------------------------------------------------------------- words
    def _lines(self, name):
        return [
            dict(line, deductions=[dict(each) for each in line["deductions"]])
            for line in self.orders[name]["lines"]
        ]

    def _is_over(self, name):
        return self.orders[name].get("state") == "cancelled"

    def _is_paid(self, name):
        return self.orders[name]["payment"] in ("paid", "refunded")

    def _refuse(self, unfit):
        """:raise LookupError: a shop does not do that"""
        if unfit:
            raise LookupError("not now")
