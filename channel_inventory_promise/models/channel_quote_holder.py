# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.promising import TINY, is_kit, room_to_hold, whole_down


class ChannelQuoteHolder(models.AbstractModel):
    """Holds stock for lines of quotations: as much as they want, as there is, and as
    quotations may hold.

    Who holds takes its turn first (``channel.promise.turn``), so two salespeople never
    hold the same unit. Everything runs with the system's rights: the quotation's own
    buttons and methods check who calls. STOCK units.
    """

    _name = "channel.quote.holder"
    _description = "Holder of Stock for Quotations"

    # ---------------------------------------------------------------- doors
    @api.model
    def _hold(self, orders):
        """:raise UserError: an order's validity is over; nothing of it needs stock; or
        less is there, and the company holds all or nothing
        """
        for order in orders:
            lines = self._get_holdable(order.order_line)
            if not lines:
                raise UserError(
                    self.env._(
                        "%s has no line with a product in stock to hold.", order.name
                    )
                )
            short = self._hold_lines(order, lines)
            if short and order.company_id.channel_quote_short == "refuse":
                raise UserError(
                    self.env._(
                        "Nothing was held for %(order)s: %(lines)s. Lower the "
                        "quantity, or have your company hold what is there.",
                        order=order.name,
                        lines=self._list_short(short),
                    )
                )
            self._note(order, short)

    @api.model
    def _hold_sent(self, order):
        """Hold by policy when a quotation is sent: what cannot be held is noted, and
        the quotation goes out all the same."""
        lines = self._get_holdable(order.order_line)
        if not lines:
            return
        try:
            self._get_end(order)
        except UserError as error:
            order.message_post(body=str(error))
            return
        self._note(order, self._hold_lines(order, lines))

    @api.model
    def _follow(self, lines):
        """Hold what the lines want now: less, or as much more as there is."""
        # sudo: the holds of lines that the caller may change
        lines = lines.sudo()
        holds = self.env["channel.hold"].search(
            [("sale_line_id", "in", lines.ids), ("state", "=", "active")]
        )
        for order, own in holds.grouped("sale_order_id").items():
            stale = own.filtered(lambda hold: not self._is_of_its_line(hold))
            changed = own.sale_line_id & lines
            stale._end("changed")
            wanted = self._get_holdable(changed)
            before = self._get_quantities(own)
            (own - stale).filtered(
                lambda hold, kept=wanted: hold.sale_line_id not in kept
            )._end("changed")
            short = self._hold_lines(order, wanted) if wanted else {}
            if self._get_quantities(self._get_active(order) | own) != before:
                self._note(order, short)

    @api.model
    def _extend(self, orders):
        """:raise UserError: it holds nothing; its validity is over"""
        for order in orders:
            holds = self._get_active(order)
            if not holds:
                raise UserError(
                    self.env._("%s holds nothing: press Hold Stock.", order.name)
                )
            until = self._get_end(order)
            holds.expires_at = until
            holds._log_quotation(order, self.env._("Extended until %s UTC", until))
            self._note(order, {})

    # ------------------------------------------------------------- holding
    def _hold_lines(self, order, lines):
        """Bring the holds of ``lines`` to what they want, as far as there is room.

        :return: line -> (units it wants, units it has), of those that are short
        """
        holds = self._get_active(order)
        until = min((hold.expires_at for hold in holds), default=None) or self._get_end(
            order
        )
        own = {hold.sale_line_id: hold for hold in holds}
        wanted = {line: self._get_wanted(line) for line in lines}
        room = self._find_room(order, lines)
        short, values = {}, []
        for line, units in wanted.items():
            hold = own.get(line)
            has = hold.stock_quantity if hold else 0
            grant = has + self._grant(order, line, units - has, room)
            if units - grant > TINY:
                short[line] = units, grant
            if hold:
                self._set(hold, grant, units)
            elif grant > TINY:
                values.append(self._prepare_vals(line, grant, units, until))
        self.env["channel.hold"].create(values)
        return short

    def _set(self, hold, grant, wanted):
        if grant <= TINY:
            hold._end("changed")
            return
        value = self._get_value(hold.sale_line_id, grant)
        new = {
            "stock_quantity": grant,
            "asked_quantity": wanted,
            "quote_value": value,
        }
        if any(abs(hold[name] - there) > TINY for name, there in new.items()):
            hold.write(new)

    def _find_room(self, order, lines):
        """Take the turn of all places of these lines, then look what is there.

        :return: (product id, warehouse id) -> units that quotations may still hold
        """
        promise = self.env["channel.promise"]
        parts = promise._get_parts(lines.product_id, order.company_id)
        places = {
            (part_id, line.warehouse_id.id)
            for line in lines
            for part_id in parts[line.product_id.id]
        }
        self.env["channel.promise.turn"]._take(places)
        percent = order.company_id.channel_quote_percent
        return {
            place: room_to_hold(stock.available, stock.quoted, percent)
            for place, stock in promise._read_stock(places).items()
        }

    def _grant(self, order, line, more, room):
        """:param more: units beyond those held; negative where fewer are wanted
        :param room: is lowered by what is granted
        """
        product, place = line.product_id, line.warehouse_id.id
        promise = self.env["channel.promise"]
        counted = promise._get_parts(product, order.company_id)[product.id]
        if more > 0:
            there = min(
                (room[part_id, place] / units for part_id, units in counted.items()),
                default=0,
            )
            more = whole_down(min(more, there), more, is_kit(counted, product.id))
        for part_id, units in counted.items():
            room[part_id, place] -= more * units
        return more

    def _prepare_vals(self, line, units, wanted, until):
        return {
            "cause": "quotation",
            "company_id": line.company_id.id,
            "sale_line_id": line.id,
            "sale_order_id": line.order_id.id,
            "product_id": line.product_id.id,
            "warehouse_id": line.warehouse_id.id,
            "stock_quantity": units,
            "asked_quantity": wanted,
            "quote_value": self._get_value(line, units),
            "expires_at": until,
            "note": line.order_id.name,
        }

    # --------------------------------------------------------------- looks
    def _get_quantities(self, holds):
        return {
            hold: (hold.state, hold.stock_quantity, hold.asked_quantity)
            for hold in holds
        }

    def _get_active(self, order):
        """Its holds that count now; those whose time is over are ended first."""
        holds = self.env["channel.hold"].search(
            [("sale_order_id", "=", order.id), ("state", "=", "active")]
        )
        now = fields.Datetime.now()
        over = holds.filtered(lambda hold: hold.expires_at <= now)
        over._end("expired", is_untold=True)
        return holds - over

    def _get_holdable(self, lines):
        """Lines that would take stock of their own company's warehouse."""
        found = lines.filtered(
            lambda line: (
                line.order_id.state in ("draft", "sent")
                and not line.order_id.channel_order_id
                and line._takes_channel_stock()
                and line.warehouse_id.company_id == line.company_id
                and line.product_id.with_company(line.company_id)._get_counted(
                    line.company_id
                )
            )
        )
        return found.sorted(lambda line: (line.sequence, line.id))

    def _is_of_its_line(self, hold):
        line = hold.sale_line_id
        return (hold.product_id, hold.warehouse_id) == (
            line.product_id,
            line.warehouse_id,
        )

    def _get_wanted(self, line):
        """:return: STOCK units"""
        return line.product_uom_id._compute_quantity(
            line.product_uom_qty, line.product_id.uom_id, round=False
        )

    def _get_value(self, line, units):
        wanted = self._get_wanted(line)
        if not wanted:
            return 0
        order = line.order_id
        return order.currency_id._convert(
            line.price_subtotal * units / wanted,
            order.company_id.currency_id,
            order.company_id,
            order.date_order or fields.Date.today(),
        )

    def _get_end(self, order):
        """:raise UserError: its validity is over"""
        company, now = order.company_id, fields.Datetime.now()
        until = now + timedelta(hours=company.channel_quote_hours)
        if order.validity_date:
            until = min(until, company._get_channel_day_end(order.validity_date))
        if until <= now:
            raise UserError(
                self.env._(
                    "%s has expired: enter a later expiration first.", order.name
                )
            )
        return until

    # --------------------------------------------------------------- words
    def _note(self, order, short):
        """In the chatter and in the audit trail: what is held, and what is not."""
        holds = self._get_active(order)
        zoned = order._get_channel_moment(min(holds.mapped("expires_at"), default=None))
        words = (
            self.env._(
                "Held until %(moment)s: %(units)s.",
                moment=zoned,
                units=holds._list_units(),
            )
            if holds
            else self.env._("Nothing is held.")
        )  # fmt: skip
        if short:
            words += " " + self.env._("Not held: %s.", self._list_short(short))
        order.message_post(body=words)
        if holds:
            holds._log_quotation(order, words)

    def _list_short(self, short):
        totals = defaultdict(lambda: [0, 0])
        for line, (wanted, has) in short.items():
            totals[line.product_id][0] += wanted
            totals[line.product_id][1] += has
        return ", ".join(
            self.env._(
                "%(product)s: %(has)g of %(wanted)g",
                product=product.display_name,
                has=has,
                wanted=wanted,
            )
            for product, (wanted, has) in totals.items()
        )
