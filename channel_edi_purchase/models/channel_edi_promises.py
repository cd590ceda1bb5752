# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from odoo import api, models

from odoo.addons.channel_edi.lib.fold import line_key
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base import schemas as base_schemas

from .channel_edi_differences import put_lines
from .channel_edi_supplies import decimal

COMES = ("accepted", "changed", "rescheduled", "shipped", "price")
LATER = ("backordered", "partial")
GONE = ("rejected", "deleted")
OPEN = ("hold", "pending")
"""Of answers to lines; ``substituted`` is gone, and something else comes."""
DATES = (
    "deliver_scheduled",
    "delivered",
    "available",
    "deliver_requested",
    "deliver_by",
)
"""Fields of ``schemas.Dates`` that tell in an answer when goods arrive, the surest
first. A supplier that says 2 or 002 (requested) in its answer means that it will."""
LEAVING = ("ship_scheduled", "shipped", "ship_requested", "ship_by", "pickup")
"""Those that tell when they leave."""


@dataclass
class Said:
    """What an answer says of one line, in the unit of the purchase line.

    :ivar parts: [(quantity, day or None)] that will come
    :ivar later: so much comes, and nobody says when
    :ivar gone: something is said not to come
    :ivar open: the supplier has not decided
    :ivar held: so much of it may come, when it has
    :ivar price: of the line's unit, None where it is not told
    :ivar instead: [(product id, quantity)] that comes in its place
    """

    parts: list = field(default_factory=list)
    later: float = 0.0
    gone: bool = False
    open: bool = False
    held: float = 0.0
    price: Decimal | None = None
    instead: list = field(default_factory=list)

    @property
    def comes(self):
        return sum(quantity for quantity, _day in self.parts) + self.waits

    @property
    def waits(self):
        """What may come, nobody knows when."""
        return self.later + self.held


class ChannelEdiPromises(models.AbstractModel):
    """Takes what a supplier answers to an order (855, 865, ORDRSP).

    What it says of quantities and days is what will happen: it goes onto the purchase
    lines at once, so that nothing is promised that will not come. Where that is less,
    more, dearer or something else than was ordered, a person decides, on the order:
    each difference ends with the decision (``_decide``, ``_agree``), or with the next
    answer.
    """

    _name = "channel.edi.promises"
    _description = "Answers of Suppliers"
    _inherit = ["channel.edi.facts"]

    @api.model
    def _take(self, document, answer):
        """:param answer: schemas.OrderAnswer"""
        agreement = document.agreement_id
        purchase = self._find_purchase(document, answer.order_number)
        known = self._find_known(document)
        if same := known.filtered(lambda each: each.digest == document.digest)[-1:]:
            if same == known[-1:]:
                words = self.env._("The same as %s", same.display_name)
                return document._finish(
                    purchase.purchase_id, state="ignored", error=words
                )
        at = self._get_moment(document, answer.answered)
        if answer.answered and purchase.answered_at and at < purchase.answered_at:
            words = self.env._("An answer of %s UTC was taken.", purchase.answered_at)
            return document._finish(purchase.purchase_id, state="ignored", error=words)
        if purchase.cancelled:
            words = self.env._("The order was cancelled since.")
            return document._finish(purchase.purchase_id, state="ignored", error=words)
        if answer.status == "received" and not answer.lines:
            words = self.env._("It only says that the order has come.")
            return document._finish(purchase.purchase_id, error=words)
        document.payload = base_schemas.dumps(answer)
        said, is_stale = self._read(document, purchase, answer)
        self._book(agreement, purchase, said)
        purchase.write(
            {
                "answer_number": answer.number or purchase.answer_number,
                "answered_at": at,
            }
        )
        self._note(purchase, said, is_stale)
        return document._finish(purchase.purchase_id)

    @api.model
    def _find_purchase(self, document, number):
        """:raise Held: nobody has ordered by this number"""
        purchase = self.env["channel.edi.purchase"]._find_number(
            document.agreement_id, number
        )
        if not purchase:
            raise Held(
                self.env._(
                    "No purchase order %(number)s was sent to %(partner)s. If it was "
                    "ordered by hand, enter the answer there and discard the document.",
                    number=number or "?",
                    partner=document.agreement_id.name,
                )
            )
        return purchase

    # ----------------------------------------------------------------- read
    def _read(self, document, purchase, answer):
        """:return: ({number: Said}, whether something of it is about the order as it
            was before a change that the supplier had not got)
        :raise Held: something of it is not known
        """
        told = {line_key(each.number): each for each in purchase._load("told").lines}
        known = {line_key(each.number): each for each in purchase._load("known").lines}
        rows, is_stale = defaultdict(list), False
        for row in answer.lines:
            rows[self._find_number(document, purchase, told, row)].append(row)
        said = {}
        for key, some in rows.items():
            if self._is_stale(told[key], known.get(key), some):
                is_stale = True
                continue
            said[key] = self._read_line(document, purchase, answer, told[key], some)
        if not answer.lines or answer.status in ("accepted", "rejected"):
            for key, line in told.items():
                if key not in rows and line.quantity:
                    said[key] = self._read_unnamed(purchase, answer, line)
        return said, is_stale

    def _find_number(self, document, purchase, told, row):
        """The number of the line that a row is about: that of its number, unless its
        ids are another one's."""
        line = row.line
        key = line_key(line.number)
        supplies = self.env["channel.edi.supplies"]
        products, _pack = supplies._find_products(
            document.agreement_id, [line.ids]
        ).get(line.ids, ((), None))
        if key in told:
            mine = purchase._get_lines(key).product_id
            if not products or set(products) & set(mine.ids) or not mine:
                return key
        found = {
            line_key(each.edi_number)
            for each in purchase.purchase_id.order_line
            if each.edi_number and each.product_id.id in products
        } & set(told)
        if len(found) != 1:
            raise Held(
                self.env._(
                    "Line %(line)s (%(names)s) is none of purchase order %(order)s.",
                    line=line.number or line.position,
                    names=", ".join(each.value for each in line.ids) or "?",
                    order=purchase.number,
                )
            )
        return found.pop()

    def _is_stale(self, told, known, rows):
        """Whether a line is answered as it was before the last change."""
        if known is None or known.quantity == told.quantity:
            return False
        ordered = [row.line.quantity for row in rows if row.line.quantity]
        sums = {sum(ordered), *ordered}
        return bool(ordered) and told.quantity not in sums and known.quantity in sums

    def _read_unnamed(self, purchase, answer, told):
        """A line that an answer to the whole order does not name."""
        [line, *_more] = purchase._get_lines(told.number)
        _code, factor = self._unit(purchase, line)
        said = Said()
        if answer.status == "rejected":
            said.gone = True
        else:
            day = self._get_day(purchase, answer.dates)
            said.parts = [(float(told.quantity / factor), day)]
        return said

    def _unit(self, purchase, line):
        return self.env["channel.edi.supplies"]._get_unit(purchase.agreement_id, line)

    def _read_line(self, document, purchase, answer, told, rows):
        line = purchase._get_lines(told.number)[:1]
        said = Said()
        to_line = self.env["channel.edi.supplies"]._to_line
        _code, factor = self._unit(purchase, line)
        whole = float(told.quantity / factor)
        for row in rows:
            price = self._read_price(document, line, told, row)
            said.price = price if price is not None else said.price
            if not row.answers:
                self._read_silent(purchase, answer, row, whole, said)
            for each in row.answers:
                quantity = whole
                if each.quantity is not None:
                    unit = each.unit or row.line.unit
                    quantity = to_line(document, line, told, each.quantity, unit)
                day = self._get_day(purchase, each.dates, row.line.dates, answer.dates)
                self._read_one(document, told, each, quantity, day, said)
        return said

    def _read_silent(self, purchase, answer, row, whole, said):
        """A line that is repeated, and nothing is said of it."""
        if answer.status == "accepted":
            day = self._get_day(purchase, row.line.dates, answer.dates)
            said.parts.append((whole, day))
        elif answer.status == "rejected":
            said.gone = True
        else:
            said.open = True

    def _read_one(self, document, told, answer, quantity, day, said):
        if quantity < 0:
            raise Held(
                self.env._(
                    "Line %(line)s is answered with %(quantity)s.",
                    line=told.number,
                    quantity=f"{quantity:g}",
                )
            )
        if answer.status in OPEN:
            said.open = True
            said.held += quantity
        elif answer.status in COMES:
            said.parts.append((quantity, day))
        elif answer.status in LATER and day:
            said.parts.append((quantity, day))
        elif answer.status in LATER:
            said.later += quantity
        elif answer.status == "substituted":
            product, _pack = self.env["channel.edi.supplies"]._find_product(
                document.agreement_id, answer.ids
            )
            said.gone = True
            said.instead.append((product.id, quantity))
        else:
            said.gone = True

    def _read_price(self, document, line, told, row):
        """:return: the price of the line's unit, or None"""
        price = next((each.price for each in row.answers if each.price), row.line.price)
        if price is None or not price.per:
            return None
        _code, factor = self.env["channel.edi.supplies"]._get_unit(
            document.agreement_id, line
        )
        amount = price.amount / price.per
        if price.unit in ("", told.unit):
            return amount * factor
        size = self.env["channel.edi.supplies"]._to_line(
            document, line, told, Decimal(1), price.unit
        )
        return amount / decimal(size) if size else None

    def _get_day(self, purchase, *told):
        """The day of arrival by the first of some ``Dates`` that tells one."""
        get_day = self.env["channel.edi.supplies"]._get_day
        for dates in told:
            for name in DATES:
                if moment := getattr(dates, name):
                    return get_day(purchase.agreement_id, moment)
            for name in LEAVING:
                if moment := getattr(dates, name):
                    day = get_day(purchase.agreement_id, moment)
                    return day + timedelta(days=purchase.channel_id.edi_transit_days)
        return None

    # ----------------------------------------------------------------- book
    def _book(self, agreement, purchase, said):
        """Onto the purchase lines, and what was told follows: the supplier knows."""
        schedules = self.env["channel.edi.schedules"]
        compare = self.env["channel.edi.differences"]._compare
        differences = dict(purchase.differences or {})
        news = []
        for key, each in said.items():
            lines = purchase._get_lines(key)
            if each.open and not each.parts and not each.gone:
                differences[key] = [{"kind": "open"}]
                continue
            before = _show(lines)
            wanted = sum(lines.mapped("product_qty"))
            differences[key] = compare(purchase, lines, each, wanted)
            schedules._book(lines, self._get_parts(purchase, lines, each))
            self._take_price(purchase, lines, each)
            lines = purchase._get_lines(key)
            if _show(lines) != before:
                news.append(f"{lines[0].product_id.display_name}: {_show(lines)}")
        purchase.differences = {key: each for key, each in differences.items() if each}
        self._follow(purchase, said)
        if news:
            # sudo: the supplier's answer is noted for all who read the order
            purchase.purchase_id.sudo().message_post(
                body=self.env._("The supplier has answered: %s", " · ".join(news))
            )

    def _get_parts(self, purchase, lines, said):
        """[(quantity, naive UTC)], the first ones first."""
        supplies = self.env["channel.edi.supplies"]
        usual = lines[0].date_planned
        parts = [
            (
                quantity,
                supplies._get_planned(purchase.agreement_id, usual, day)
                if day
                else usual,
            )
            for quantity, day in said.parts
            if quantity
        ]
        if said.waits:
            days = timedelta(days=purchase.channel_id.edi_backorder_days)
            parts.append((said.waits, usual + days))
        return sorted(parts, key=lambda each: each[1])

    def _take_price(self, purchase, lines, said):
        differences = self.env["channel.edi.differences"]
        if said.price is None or differences._is_same_price(lines, said.price):
            return
        if differences._is_tolerated(purchase, lines, said.price):
            for line in self.env["channel.edi.schedules"]._alone(
                purchase._get_lines(lines[0].edi_number)
            ):
                line.write({"price_unit": float(said.price), "discount": 0.0})

    @api.model
    def _follow(self, purchase, numbers):
        """What the supplier has said of these lines it need not be told."""
        orders = self.env["channel.edi.purchase.orders"]
        keys = set(numbers)
        told, known = purchase._load("told"), purchase._load("known")
        now = {}
        for line in told.lines:
            key = line_key(line.number)
            if key in keys:
                now[key] = orders._prepare_line(
                    purchase.agreement_id,
                    line.position,
                    line.number,
                    purchase._get_lines(key),
                )
        days = [
            line.dates.deliver_requested
            for line in put_lines(told, now).lines
            if line.quantity
        ]
        first = min(days, key=lambda each: each.first, default=None)
        purchase._set_told(
            *(
                replace(
                    put_lines(order, now),
                    dates=replace(order.dates, deliver_requested=first),
                )
                for order in (told, known)
            )
        )

    def _note(self, purchase, said, is_stale):
        """What is answered by now, and what a person has to decide."""
        lines = [line for line in purchase._load("told").lines if line.quantity]
        keys = {line_key(line.number) for line in lines}
        differences = purchase.differences or {}
        is_open = any(
            each["kind"] == "open" for some in differences.values() for each in some
        )
        if is_stale and not said:
            return
        answered = {*(purchase.answered or ()), *said}
        purchase.answered = sorted(answered)
        if is_open or is_stale or keys - answered:
            answer = "partly"
        elif not keys and any(each.gone for each in said.values()):
            answer = "rejected"
        elif differences:
            answer = "changed"
        else:
            answer = "accepted"
        purchase.answer = answer
        if answer != "partly":
            purchase.answer_due_at = False
            purchase._resolve("overdue")
        self.env["channel.edi.differences"]._review(purchase)


def _show(lines):
    """Quantities and days of purchase lines, for people."""
    return (
        ", ".join(
            f"{line.product_qty:g} · {line.date_planned:%Y-%m-%d}"
            for line in lines
            if line.product_qty
        )
        or "0"
    )
