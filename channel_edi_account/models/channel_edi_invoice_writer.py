# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib import invoices
from odoo.addons.channel_edi.mapper import line_id, part_of

ECHOED = ("IA", "DP", "MR", "PD")
"""References of an order that its invoice repeats: our number as a vendor, the
department, the type of merchandise, the promotion."""
CHARGES = {
    "x12": {"freight": "D240", "discount": "C310", "": "ZZZZ"},
    "edifact": {"freight": "FC", "discount": "DI", "": "ZZZ"},
}
TAXES = {"x12": "TX", "edifact": "VAT"}
ORIGINS = {"x12": "OI", "edifact": "IV"}
"""How a reference to the invoice is called that a credit note is of."""
BILL_OF_LADING = {"x12": "BM", "edifact": "BM"}
SHIPPED_PLACES = range(2, 11)
"""Decimals of a price that we compute, as few of them as are exact."""


class ChannelEdiInvoiceWriter(models.AbstractModel):
    """What a posted invoice says to its partner, in the words of the partner's order:
    its lines, units and prices, and what was charged or taken off beside them.

    Every amount is the invoice's own, to the cent; what quantity and price come to, as
    they are written, is compared with it.
    """

    _name = "channel.edi.invoice.writer"
    _description = "Write EDI Invoices"

    @api.model
    def _write_invoice(self, move, order, agreement, ordered):
        """:param order: the ``channel.order``
        :param ordered: schemas.PurchaseOrder, as the partner wants it now
        :return: schemas.Invoice
        :raise UserError, EdiError: it cannot be told as it is
        """
        is_credit = move.move_type == "out_refund"
        if is_credit and agreement.credit_notes == "none":
            raise UserError(
                self.env._(
                    "%(partner)s takes no credit notes by EDI: tell it of %(move)s in "
                    "another way.",
                    partner=agreement.name,
                    move=move.name,
                )
            )
        dialect = "edifact" if agreement.standard == "edifact" else "x12"
        lines, charges = self._split_lines(move, order, ordered)
        invoice = schemas.Invoice(
            number=move.name,
            date=self._day(move.invoice_date, agreement),
            total=self._amount(move, move.amount_total),
            lines=tuple(lines),
            order_number=ordered.number,
            ordered=ordered.placed,
            release=ordered.release,
            currency=move.currency_id.name,
            dates=self._get_dates(move, agreement),
            parties=(*self._get_parties(ordered), self._get_us(move, ordered, dialect)),
            refs=tuple(self._get_refs(move, ordered, dialect)),
            charges=tuple(
                self._charge(move, each, agreement, dialect) for each in charges
            ),
            taxes=tuple(self._get_taxes(move, agreement, dialect)),
            credit=is_credit,
            minus=is_credit and agreement.credit_notes == "minus",
            **self._get_terms(move, agreement),
        )
        invoices.check(invoice)
        return invoice

    # ----------------------------------------------------------------- lines
    def _split_lines(self, move, order, ordered):
        """:return: (list of InvoiceLine, list of (account.move.line, Decimal) that are
        charges or allowances)"""
        wanted = {line_id(line): line for line in ordered.lines}
        goods, charges = {}, []
        for each in move.line_ids.filtered(
            lambda line: line.display_type in ("product", "rounding")
        ):
            # as it is booked: what is rounded over all lines is in one of them
            amount = self._amount(move, each.amount_currency * move.direction_sign)
            line = each.sale_line_ids.channel_order_line_id & order.line_ids
            if len(line) != 1:
                charges.append((each, amount))
                continue
            units = self.env["channel.edi.invoices"]._count_units(line, each)
            count, sum_, first = goods.get(line, (0.0, Decimal(0), each))
            goods[line] = (count + units, sum_ + amount, first)
        lines = []
        for line, (units, amount, first) in goods.items():
            told = wanted.get(line.external_id)
            if told is None:
                raise UserError(
                    self.env._(
                        "%(line)s is on no line of order %(order)s as it is now.",
                        line=line.sku or line.title or line.external_id,
                        order=ordered.number,
                    )
                )
            units = Decimal(str(round(units, 6)))
            if not units:
                # the same units at another price: what that comes to
                if amount:
                    charges.append((first, amount))
                continue
            if units < 0:
                raise UserError(
                    self.env._(
                        "%s has less than nothing of a line: post a credit note for "
                        "it.",
                        move.name,
                    )
                )
            lines.append(self._line(told, (units * part_of(told)).normalize(), amount))
        if not lines:
            raise UserError(
                self.env._(
                    "%s has no line of the order on it, and a partner takes no "
                    "invoice of charges alone.",
                    move.name,
                )
            )
        return sorted(lines, key=lambda line: line.position), charges

    def _line(self, told, quantity, amount):
        return schemas.InvoiceLine(
            position=told.position,
            quantity=quantity,
            unit=told.unit,
            number=told.number,
            price=self._price(told, quantity, amount),
            amount=amount,
            ids=told.ids,
            text=told.text,
        )

    def _price(self, told, quantity, amount):
        """The order's price where the invoice has it; else the one that was charged.

        :raise UserError: no price of ten decimals comes to the amount
        """
        ordered = told.price
        if ordered is not None and ordered.per and ordered.unit in ("", told.unit):
            if invoices.cent(quantity * ordered.amount / ordered.per) == amount:
                return ordered
        one = amount / quantity
        for places in SHIPPED_PLACES:
            price = round(one, places)
            if invoices.cent(quantity * price) == amount:
                return schemas.Price(price)
        raise UserError(
            self.env._(
                "No price of %(quantity)s units comes to %(amount)s.",
                quantity=quantity,
                amount=amount,
            )
        )

    # --------------------------------------------------------------- charges
    def _charge(self, move, charge, agreement, dialect):
        line, amount = charge
        name = self._name_charge(move, line, amount)
        own = {each.meaning: each.code for each in self._codes(agreement, "charge")}
        usual = CHARGES[dialect]
        code = own.get(line.product_id.default_code) or own.get(name)
        return schemas.Charge(
            code=code or usual.get(name, usual[""]),
            amount=amount,
            text=line.product_id.name or line.name or "",
            # off the invoice, or to be paid with it
            method="02" if amount < 0 else "06",
        )

    def _name_charge(self, move, line, amount):
        channel = self.env["channel.edi.invoices"]._find_orders(move).channel_id
        if line.product_id and line.product_id == channel.shipping_product_id:
            return "freight"
        return "discount" if amount < 0 else ""

    def _codes(self, agreement, kind):
        return agreement.code_ids.filtered(lambda each: each.kind == kind)

    def _get_taxes(self, move, agreement, dialect):
        own = {each.meaning: each.code for each in self._codes(agreement, "tax")}
        for tax, lines in move.line_ids.grouped("tax_line_id").items():
            if not tax:
                continue
            amount = sum(lines.mapped("amount_currency")) * move.direction_sign
            base = sum(
                move.invoice_line_ids.filtered(
                    lambda each, t=tax: t in each.tax_ids
                ).mapped("amount_currency")
            )
            base *= move.direction_sign
            yield schemas.Tax(
                code=own.get(tax.name) or TAXES[dialect],
                amount=self._amount(move, amount),
                percent=Decimal(str(tax.amount)).normalize()
                if tax.amount_type == "percent"
                else None,
                base=self._amount(move, base),
            )

    # ------------------------------------------------------------------ head
    def _get_terms(self, move, agreement):
        """When it is to be paid, and what may be taken off before; of a credit note
        nothing."""
        if move.move_type == "out_refund" or not move.invoice_date_due:
            return {}
        term = move.invoice_payment_term_id
        values = {
            "due_days": max((move.invoice_date_due - move.invoice_date).days, 0),
            "due": self._day(move.invoice_date_due, agreement),
            "terms": term.name or "",
        }
        if term.early_discount:
            values["discount_percent"] = Decimal(
                str(term.discount_percentage)
            ).normalize()
            values["discount_days"] = term.discount_days
        return values

    def _get_refs(self, move, ordered, dialect):
        for each in ordered.refs:
            if each.qualifier in ECHOED and each.value:
                yield each
        deliveries = self._find_deliveries(move)
        if len(deliveries) == 1:
            # by this number the ship notice calls it
            yield schemas.Reference(BILL_OF_LADING[dialect], deliveries.name)
        if move.reversed_entry_id:
            yield schemas.Reference(ORIGINS[dialect], move.reversed_entry_id.name)

    def _get_dates(self, move, agreement):
        deliveries = self._find_deliveries(move)
        if not deliveries:
            return schemas.Dates()
        at = max(map(_left_at, deliveries)).replace(tzinfo=timezone.utc)
        left = at.astimezone(ZoneInfo(agreement.tz)).date()
        return schemas.Dates(shipped=self._day(left, agreement))

    def _find_deliveries(self, move):
        """What has left since the invoice before, as far as it can be told: where goods
        are invoiced as they leave, these are the invoice's."""
        if move.move_type == "out_refund":
            return self.env["stock.picking"]
        sold = move.invoice_line_ids.sale_line_ids
        done = sold.move_ids.filtered(
            lambda each: each.state == "done" and each._leaves_for_customer()
        ).picking_id
        before = sold.invoice_lines.move_id.filtered(
            lambda each: (
                each.move_type == "out_invoice"
                and each.state == "posted"
                and each.id < move.id
            )
        )
        last = max(before.mapped("create_date"), default=None)
        return done.filtered(lambda each: not last or _left_at(each) > last) or done

    def _get_parties(self, ordered):
        """The order's, but for ourselves."""
        return tuple(each for each in ordered.parties if each.role != "supplier")

    def _get_us(self, move, ordered, dialect):
        """We, to whom it is paid: by the number that the partner has given us."""
        us = move.company_id.partner_id
        number = next(
            (each.value for each in ordered.refs if each.qualifier == "IA"), ""
        )
        refs = ()
        if dialect == "edifact" and us.vat:
            refs = (schemas.Reference("VA", us.vat),)
        state = us.state_id.code or ""
        return schemas.Party(
            role="supplier" if dialect == "edifact" else "remit_to",
            qualifier="92" if number else "",
            code=number,
            name=us.name or "",
            street=us.street or "",
            street2=us.street2 or "",
            city=us.city or "",
            state=state if len(state) == 2 else "",
            zip=us.zip or "",
            country=us.country_id.code or "",
            refs=refs,
        )

    # ---------------------------------------------------------------- values
    def _amount(self, move, amount):
        """:return: Decimal, exact to the currency's smallest step"""
        return Decimal(f"{amount:.{move.currency_id.decimal_places}f}")

    def _day(self, day, agreement):
        """A day of the partner's calendar.

        :return: schemas.Moment
        """
        zone = ZoneInfo(agreement.tz)
        first = datetime.combine(day, time(), zone)
        last = first + timedelta(hours=23, minutes=59, seconds=59)
        return schemas.Moment(
            first.astimezone(timezone.utc), last.astimezone(timezone.utc)
        )


def _left_at(picking):
    """When the last goods of a delivery have left; naive UTC."""
    done = picking.move_ids.filtered(lambda each: each.state == "done")
    return max(done.mapped("date"))
