# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
import json
import math
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.actions import open_form
from odoo.addons.channel_inventory_base.tools.inner import inner

from ..const import OVERRIDABLE
from ..tools.cut import cut_lines
from ..tools.money import Money

STAGES = [
    ("announced", "Announced, not payable yet"),
    ("captured", "Captured"),
    ("quotation", "Quotation"),
    ("confirmed", "Confirmed"),
    ("reserved", "Reserved"),
    ("picked", "Picked"),
    ("packed", "Packed"),
    ("partly_shipped", "Partly shipped"),
    ("shipped", "Shipped"),
    ("partly_returned", "Partly returned"),
    ("returned", "Returned"),
    ("refunded", "Refunded"),
    ("cancelled", "Cancelled"),
    ("closed", "Fulfilled before import"),
    ("gone", "Deleted on the channel"),
]

TO_IMPORT = SQL("state = 'captured' AND complete AND told_at IS NULL")
"""Given in full, and nothing was told since that its figures do not have."""


class ChannelOrder(models.Model):
    """What becomes of a channel's order: its sale order, deliveries, refunds, and what
    the channel is told of them."""

    _inherit = "channel.order"

    sale_order_id = fields.Many2one(
        "sale.order", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    partner_id = fields.Many2one("res.partner", readonly=True)
    market_id = fields.Many2one(
        "channel.market", readonly=True, index="btree_not_null", ondelete="set null"
    )
    kept_taxes = fields.Json(
        readonly=True,
        help="Taxes of the products that the order was sold with, where the channel "
        "does not tell them.",
    )
    cuts = fields.Json(
        string="Refused Units",
        readonly=True,
        help="Units that were refused: id of the line -> units ordered, units refused.",
    )
    kept_prices = fields.Json(
        readonly=True,
        help="Prices that the lines were sold at, of a channel whose prices are ours "
        "or are compared with ours.",
    )
    dates_key = fields.Char(
        string="Digest of Dates", readonly=True, help="Behind the sale order"
    )
    stage = fields.Selection(
        STAGES, default="captured", required=True, readonly=True, index=True
    )
    by_hand = fields.Boolean(
        string="Entered Manually",
        readonly=True,
        help="A sale order was created manually for it; this one holds and sells "
        "nothing.",
    )
    fingerprint = fields.Char(
        readonly=True,
        help="Equal for orders of the same customer with the same content",
    )
    address_key = fields.Char(
        string="Digest of the Address",
        readonly=True,
        help="The delivery address of the sale order",
    )
    money_key = fields.Char(
        string="Digest of Amounts", readonly=True, help="Behind the sale order"
    )
    payment_reversed = fields.Boolean(
        readonly=True,
        help="Paid or authorized on confirmation, and no longer",
    )
    is_early = fields.Boolean(
        compute="_compute_is_early",
        help="Its ship window has not begun, and nobody has allowed to ship before.",
    )
    overridden_checks = fields.Json(
        readonly=True, help="Categories overridden for this order"
    )
    route_why = fields.Text(
        string="Route", readonly=True, help="The warehouses that ship it, and why"
    )
    reroute_after = fields.Datetime(
        readonly=True, help="Last search for another warehouse, or later"
    )
    parked_why = fields.Char(string="Waiting For", readonly=True)
    parked_until = fields.Datetime(
        readonly=True, help="Next automatic check; empty for never."
    )
    refund_ids = fields.One2many(
        "channel.refund",
        "order_id",
        readonly=True,
        domain=[("is_deleted", "=", False)],
    )
    notification_ids = fields.One2many(
        "channel.message", "order_id", string="Channel Notifications", readonly=True
    )
    timeline_ids = fields.One2many("channel.timeline", "order_id", readonly=True)
    shortage_ids = fields.One2many("channel.shortage", "order_id", readonly=True)
    missing_quantity = fields.Float(
        string="Missing Units",
        compute="_compute_missing_quantity",
        digits="Product Unit",
        help="Sold stock units that are not in stock.",
    )
    short_text = fields.Text(compute="_compute_short_text")
    due_date = fields.Date(
        string="Stock Due",
        compute="_compute_short_text",
        help="When all units should be in stock.",
    )
    is_undelivered = fields.Boolean(compute="_compute_is_undelivered")
    has_exchanged = fields.Boolean(compute="_compute_has_odd_lines")
    has_place = fields.Boolean(compute="_compute_has_place")
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    notification_count = fields.Integer(compute="_compute_notification_count")

    _fingerprint_idx = models.Index("(company_id, fingerprint)")
    _parked_idx = models.Index("(channel_id, id) WHERE state = 'parked'")
    _window_idx = models.Index("(cancel_after) WHERE cancel_after IS NOT NULL")
    _ship_by_idx = models.Index("(ship_by) WHERE ship_by IS NOT NULL")
    _moving_idx = models.Index(
        "(id) WHERE stage IN ('confirmed', 'reserved', 'picked', 'packed', "
        "'partly_shipped')"
    )

    @api.depends("line_ids.undelivered_quantity")
    def _compute_is_undelivered(self):
        for order in self:
            order.is_undelivered = any(order.line_ids.mapped("undelivered_quantity"))

    @api.depends("data")
    def _compute_has_place(self):
        for order in self:
            data = order.data or {}
            order.has_place = any(
                (data.get(name) or {}).get("ref")
                for name in ("shipping", "billing", "mark_for")
            )

    def _compute_missing_quantity(self):
        groups = self.env["channel.order.line"]._read_group(
            [("order_id", "in", self.ids), ("missing_quantity", ">", 0)],
            ["order_id"],
            ["missing_quantity:sum"],
        )
        missing = dict(groups)
        for order in self:
            order.missing_quantity = missing.get(order, 0)

    def _compute_short_text(self):
        for order in self:
            rows = order.shortage_ids
            order.short_text = "\n".join(row._get_summary() for row in rows)
            dates = rows.mapped("due_date")
            order.due_date = all(dates) and max(dates, default=False)

    def _compute_delivery_count(self):
        for order in self:
            # sudo: a number only, for a smart button
            order.delivery_count = len(order.sudo().sale_order_id.picking_ids)

    def _compute_notification_count(self):
        for order in self:
            order.notification_count = len(order.notification_ids)

    def _compute_has_odd_lines(self):
        # sudo: a user who may see the order need not see its sale order
        orders = self.sudo()
        for order in orders:
            order.has_exchanged = any(line._is_exchanged() for line in order.line_ids)
        return super(ChannelOrder, orders)._compute_has_odd_lines()

    @api.depends("ship_from", "overridden_checks", "channel_id.early_policy")
    def _compute_is_early(self):
        windows = self.env["channel.ship.window"]
        for order in self:
            order.is_early = (
                order.channel_id.early_policy == "stop"
                and windows._is_early(order)
                and not order._is_overridden("early")
            )

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        result = super().write(vals)
        if "state" in vals or ("payment" in vals and self.sale_order_id):
            self._refresh_stage()
        return result

    # ------------------------------------------------------------- actions
    def action_open_sale_order(self):
        self.ensure_one()
        if not self.sale_order_id:
            raise UserError(self.env._("%s has no sale order yet.", self.name))
        return open_form("sale.order", self.sale_order_id.id)

    def action_open_deliveries(self):
        self.ensure_one()
        return self.sale_order_id.action_view_delivery()

    def action_open_messages(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_sale.channel_message_action"
        )
        return dict(action, domain=[("order_id", "=", self.id)], context={})

    def action_override(self, category):
        """Overrule one check for these orders. It is written down who did."""
        self._require_role("operator")
        if category not in OVERRIDABLE:
            return
        for order in self:
            # sudo: operators have no write access to what capture owns
            order.sudo().overridden_checks = [
                *(order.overridden_checks or ()),
                category,
            ]
            order._log_decision(
                self.env._(
                    "%(category)s check overridden for %(order)s",
                    order=order.name,
                    category=category,
                )
            )
        self.filtered(lambda order: order.state == "blocked")._retry()

    def action_allow_early(self):
        """Let these be shipped before their ship window begins."""
        self.action_override("early")

    def action_reroute(self):
        """Decide anew which warehouses ship, by the rules and the stock of now.

        :raise UserError: a confirmed order stays where it is, and why
        """
        self._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo():
            if order.sale_order_id.state == "sale":
                continue
            if order.sale_order_id.state not in (False, "draft", "sent"):
                raise UserError(self.env._("%s is not to be shipped.", order.name))
            order._lock()
            order.line_ids._hold(order, order._get_data(), anew=True)
            if order.state in ("blocked", "parked") or order.sale_order_id:
                order._retry()
        for order in self:
            # sudo: operators route, without rights on sale orders
            if order.sudo().sale_order_id.state == "sale":
                order.env["channel.router"]._reroute_now(order)
        return self.channel_id._notify_user(
            self.env._("Rerouted"),
            self.env._("See the warehouses and the reason under Route."),
            "info",
        )

    def action_short_stock(self):
        """Let a person decide, line by line, about what is not there."""
        self.ensure_one()
        wizard = self.env["channel.short.stock"]._open_for(self)
        return open_form(
            wizard._name,
            wizard.id,
            name=self.env._("Short Stock of %s", self.name),
            target="new",
        )

    def action_cancel_missing(self):
        """Have the channel cancel what is not there, whole sold units of each line.

        :raise UserError: nothing is missing, or the channel cannot do that
        """
        self.ensure_one()
        self.channel_id._require_role("operator")
        lines = {
            line: min(line.open_quantity, math.ceil(line._to_units(missing)))
            for line in self.line_ids
            if (missing := line.missing_quantity) > 0
        }
        if not lines:
            raise UserError(self.env._("Nothing of %s is missing.", self.name))
        # sudo: operators cancel, only the import writes messages otherwise
        if not self.env["channel.allocator"].sudo()._request_cancel(self.sudo(), lines):
            raise UserError(
                self.env._(
                    "%s cannot cancel part of an order: cancel it there manually.",
                    self.channel_id.name,
                )
            )
        return self.channel_id._notify_user(
            self.env._("Cancellation requested from the channel"),
            self.env["channel.allocator"]._get_short_summary(self, lines),
            "info",
        )

    def action_keep_sold(self):
        """Lines that the channel has exchanged stay what was sold here."""
        self._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo():
            order._lock()
            lines = order.line_ids.filtered(lambda line: line._is_exchanged())
            words = ", ".join(line._get_exchange_message() for line in lines)
            lines.write({"sold_as": "person", "mapping_id": False})
            order.line_ids._hold(order, order._get_data())
            order._log_decision(
                self.env._(
                    "%(order)s keeps its sold products: %(lines)s",
                    order=order.name,
                    lines=words,
                )
            )
        self.filtered(lambda order: order.state == "blocked")._retry()

    def action_deliver_again(self):
        """Create deliveries for units that are in no delivery any more."""
        self._require_role("operator")
        # sudo: operators decide about orders without rights on sales
        orders = self.sudo()
        for order in orders:
            order.sale_order_id.order_line._deliver_again()
            order.sale_order_id._reserve()
            order._log_decision(self.env._("%s: delivered again", order.name))
        orders.env["channel.order.owed"]._settle(orders)

    def action_cancel_rest(self):
        """Cancel units that are in no delivery any more: the channel is notified if it
        supports that, otherwise the exception has the next step."""
        self._require_role("operator")
        # sudo: operators decide about orders without rights on sales
        orders = self.sudo()
        for order in orders:
            sale_order = order.sale_order_id
            if order._is_nothing_delivered():
                sale_order._action_cancel()
            else:
                sale_order.order_line._cancel_undelivered()
            order._log_decision(
                self.env._("%s: the remaining units were cancelled", order.name)
            )
        orders.env["channel.order.owed"]._settle(orders)

    def action_link_place(self):
        """Choose the contact of a place that the channel names by a code only."""
        self.ensure_one()
        wizard = self.env["channel.place.link"]._open_for(self)
        return open_form(
            wizard._name,
            wizard.id,
            name=self.env._("Contact of Place %s", wizard.ref),
            target="new",
        )

    def _end_by_person(self):
        """Not what is sold: that is shipped or cancelled.

        :raise UserError: it is sold
        """
        if self.sale_order_id.state == "sale":
            raise UserError(
                self.env._(
                    "%(order)s is sold: ship or cancel %(sale)s.",
                    order=self.name,
                    sale=self.sale_order_id.name,
                )
            )
        # first, for a cancellation of ours is not to be told to the channel
        self.ending = "person"
        if self.sale_order_id.state in ("draft", "sent"):
            self.sale_order_id._action_cancel()
        result = super()._end_by_person()
        self.env["channel.notifier"]._notify_refused(self)
        return result

    # ------------------------------------------------------------- capture
    def _prepare_apply_vals(self, data, version):
        values = super()._prepare_apply_vals(data, version)
        pricer = self.env["channel.order.pricer"]
        if pricer._is_open(data):
            values["total"] = float(pricer._resolve(self, data).total)
        return dict(
            values,
            fingerprint=self._get_fingerprint(data),
            market_id=self._find_market(data).id,
        )

    def _without_refused(self, data):
        data = super()._without_refused(data)
        if not self.cuts:
            return data
        told = {line.external_id: line.quantity for line in data.lines}
        # another quantity is the channel's own answer to what was refused
        self.cuts = {
            ref: cut for ref, cut in self.cuts.items() if told.get(ref) == cut[0]
        }
        return self._cut_data(data, self._get_refused_units())

    def _get_refused_units(self):
        """:return: channel's id of the line -> sold units that were refused"""
        return {ref: units for ref, (_ordered, units) in (self.cuts or {}).items()}

    def _cut_data(self, data, units):
        if not units:
            return data
        data = cut_lines(data, units, self._get_money(data))
        pricer = self.env["channel.order.pricer"]
        if not data.complete or pricer._is_open(data):
            return data
        return pricer._sum_up(self, data, self._get_currency(data.currency))

    def _get_data(self):
        return self._resolve(super()._get_data())

    def _resolve(self, data):
        """:return: ``data`` with Odoo's prices and taxes where the channel has none"""
        data = self.env["channel.order.pricer"]._resolve(self, data)
        return self.env["channel.order.taxer"]._resolve(self, data)

    def _get_kept_taxes(self):
        """:return: key of the line or charge -> tuple of (id of the tax, rate); nothing
        before the order is confirmed"""
        if self.sale_order_id.state in (False, "draft", "sent"):
            return {}
        return {
            key: tuple((tax_id, Decimal(rate)) for tax_id, rate in taxes)
            for key, taxes in (self.kept_taxes or {}).items()
        }

    def _find_market(self, data):
        """The storefront that ``data`` names; empty where its channel does not have
        it. A shop that sells in several currencies and names no storefront has one for
        each of the others."""
        markets = self.channel_id.market_ids
        if data.market:
            return markets.filtered(lambda market: market.external_id == data.market)
        if data.currency == self.channel_id.currency_id.name:
            return markets.browse()
        found = markets.filtered(lambda each: each.currency_id.name == data.currency)
        return found if len(found) == 1 else markets.browse()

    def _reopen(self, data):
        was_deleted = self.ending == "deleted"
        result = super()._reopen(data)
        sale_order = self.sale_order_id
        if was_deleted and not self.ending and sale_order.state == "cancel":
            if not sale_order.picking_ids:
                # a quotation that was cancelled with it comes back with it
                sale_order.action_draft()
        return result

    def _apply(self, data, version):
        amender = self.env["channel.order.amender"]
        unshipped = amender._find_unshipped_there(self, data)
        result = super()._apply(data, version)
        amender._report_unshipped_there(self, data, unshipped)
        return result

    def _follow_payment(self, was_paid, received, data):
        super()._follow_payment(was_paid, received, data)
        if not self.sale_order_id:
            return
        if was_paid != data.payment:
            self._mark_books()
            self.env["channel.payment.checker"]._follow_payment(self, was_paid, data)
        elif received != self.data["received"]:
            self._mark_books()

    def _find_ending(self, data):
        """What is sold here is shipped or cancelled here, or recorded as the channel
        ships it."""
        if self.sale_order_id:
            return None
        if self.fulfilled_by_channel and not (
            self.is_history and self._is_shipped(data)
        ):
            is_ignored = self.channel_id.fulfilled_policy == "ignore"
            return "ignored" if is_ignored else None
        return super()._find_ending(data)

    def _follow_state(self, data):
        data = self._resolve(data)
        refunder = self.env["channel.refunder"]
        if self.by_hand:
            # whoever entered it follows what becomes of it
            refunder._take_refunds(self, data)
        elif self.ending == "person":
            return
        elif data.state == "cancelled" and self.sale_order_id:
            # undoing reservations is left to the import's REPEATABLE READ
            self.state = "captured"
        elif data.state == "cancelled":
            refunder._take_refunds(self, data)
            super()._follow_state(data)
            self._prove_books()
        elif data.state == "pending" and self.sale_order_id:
            # not payable any more: of what is sold the units count all the same
            is_sold = self.sale_order_id.state == "sale"
            if is_sold and self.state == "imported" and data.complete:
                self._follow_imported(data)
        elif data.complete and self._find_ending(data):
            refunder._take_refunds(self, data)
            super()._follow_state(data)
        elif self.sale_order_id.state == "cancel" and data.complete:
            self._follow_reopened(data)
        elif self.state == "imported" and data.complete:
            self._follow_imported(data)
        else:
            super()._follow_state(data)

    def _is_known_well(self):
        return bool(self.sale_order_id) or super()._is_known_well()

    def _follow_reopened(self, data):
        """Cancelled here, open there: unless the channel has only to hear of it, or
        keeps what had been shipped."""
        if not self._is_cancellation_told():
            # whatever an operator decides: what was paid back there must be known here
            self.env["channel.refunder"]._take_refunds(self, data)
            self._block(
                "changed",
                self.env._("%s is open again on the channel.", self.name),
                self.env._("Its sale order was cancelled: create a new one manually."),
            )
        elif self.env["channel.refunder"]._has_other_refunds(self, data):
            self.state = "captured"

    def _is_cancellation_told(self):
        """Whether the channel hears from here, or has, that it is cancelled."""
        return any(
            each.kind == "cancel" and each.state not in ("dead", "void")
            for each in self.notification_ids
        )

    def _is_cancelled_here_alone(self, data):
        """Whether its sale order is cancelled, and the channel still wants some of it
        and is not told."""
        return (
            self.sale_order_id.state == "cancel"
            and data.state != "cancelled"
            and any(line.wanted_quantity for line in self.line_ids)
            and not self._is_cancellation_told()
        )

    def _follow_imported(self, data):
        """Changes after import: payment may confirm, others go into the sale order."""
        sale_order = self.sale_order_id
        if sale_order.state in ("draft", "sent"):
            self.state = "captured"
        elif self.env["channel.order.amender"]._must_follow(self, data):
            # left to the import, whose transaction notices who ships meanwhile
            self.state = "captured"
        else:
            self.env["channel.order.amender"]._check_shipped_elsewhere(self, data)

    @api.model
    def _get_fingerprint(self, data):
        """A hash of who bought what for how much; nothing can be read out of it."""
        if not data.complete:
            return False
        customer, address = data.customer, data.shipping or data.billing
        who = customer.email or customer.external_id or customer.name
        lines = sorted((line.listing_ref, line.quantity) for line in data.lines)
        content = [
            who.strip().lower(),
            address.zip if address else "",
            lines,
            f"{data.total:f}",
            data.currency,
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]

    def _on_deleted(self):
        """An operator decides where a delivery is under way."""
        sale_order = self.sale_order_id
        # first, for a cancellation of ours is not to be told to the channel
        self.ending = "deleted"
        is_sold = sale_order.state == "sale"
        if sale_order.state in ("draft", "sent") or (
            is_sold and self._is_nothing_delivered()
        ):
            sale_order._action_cancel()
        elif is_sold:
            # what is in no delivery is never shipped, and never invoiced
            sale_order.with_context(
                **inner(channel_follows=True)
            ).order_line._cancel_undelivered()
        return super()._on_deleted()

    def _on_hidden(self):
        if not self.sale_order_id:
            return super()._on_hidden()
        # it is shipped all the same
        return self._report_hidden()

    # -------------------------------------------------------------- import
    def _lock_for_import(self):
        """Lock the rows for this transaction.

        :return: those that are still to be imported, the oldest first
        """
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM channel_order WHERE id = ANY(%s) AND %s "
                "ORDER BY id FOR UPDATE SKIP LOCKED",
                self.ids,
                TO_IMPORT,
            )
        )
        return self.browse(row[0] for row in rows)

    def _follow(self):
        """Make the sale order follow what was captured: in, or cancelled."""
        data = self._get_data()
        if self.ending == "deleted":
            # its channel has it no more: what is tried again is its end
            self._on_deleted()
        elif data.state == "pending" and self.sale_order_id.state != "sale":
            self.state = "announced"
        elif data.state == "cancelled":
            self._cancel()
            if self.sale_order_id:
                self.env["channel.refunder"]._take_refunds(self, data)
                self._credit_refunds(data)
                self._mark_books()
                self._prove_books()
        else:
            self.env["channel.order.importer"]._import(self)

    def _cancel(self):
        """Cancelled on the channel. What has left the house is a person's to decide."""
        sale_order = self.sale_order_id
        if self._is_shipped_by_channel() or any(
            move.state == "done" and move._leaves_for_customer()
            for move in sale_order.picking_ids.move_ids
        ):
            self._block(
                "cancelled_late",
                self.env._(
                    "%s was cancelled on the channel after goods were shipped.",
                    self.name,
                ),
                self.env._("Expect a return, or reject the cancellation."),
            )
            return
        if sale_order and sale_order.state != "cancel":
            sale_order._action_cancel()
        self._end("cancelled")

    # ---------------------------------------------------------- sale order
    def _on_sale_cancelled(self):
        """Cancelled in Odoo: its stock is free, and the channel still has the order."""
        self._release_holds()
        self._refresh_stage()
        self._log_document(
            self.sale_order_id, self.env._("%s: cancelled", self.sale_order_id.name)
        )
        if self.ending:
            # the channel has it no more, or was first
            return
        notifier = self.env["channel.notifier"]
        if self._get_data().state != "cancelled" and not (
            notifier._notify_refused(self) or notifier._notify_cancelled(self)
        ):
            self._block_cancelled_here()

    def _block_cancelled_here(self):
        self._block(
            "changed",
            self.env._(
                "%(sale)s was cancelled in Odoo, %(order)s is open on the channel.",
                sale=self.sale_order_id.name,
                order=self.name,
            ),
            self.env._(
                "Cancel it on the channel as well, or create a new sale order manually."
            ),
        )

    def _is_nothing_delivered(self):
        """Whether no unit of this order has left or is about to."""
        moves = self.sale_order_id.order_line.move_ids
        return not (
            self._is_shipped_by_channel() or any(move._get_carried() for move in moves)
        )

    def _is_shipped_by_channel(self):
        """Whether the channel has shipped any of it from its own warehouse."""
        return self.fulfilled_by_channel and any(
            line.qty_delivered
            for line in self.sale_order_id.order_line
            if line.channel_order_line_id
        )

    def _is_paid(self):
        """Whether the channel has taken the money; it may have given it back since."""
        return self.payment in ("paid", "refunded")

    def _is_overridden(self, category):
        return category in (self.overridden_checks or ())

    def _get_money(self, data):
        step = Decimal(str(self._get_currency(data.currency).rounding))
        return Money(step, data.taxes_included)

    def _get_currency(self, name):
        """The active currency of that code, empty when there is none."""
        usual = self.channel_id.currency_id
        if usual.name == name and usual.active:
            return usual
        return self.env["res.currency"].search([("name", "=", name)])

    # --------------------------------------------------------------- books
    def _mark_books(self):
        """Hook: invoices or payments of these may be behind from now on."""

    def _prove_books(self):
        """Hook: compare what the channel keeps of these with Odoo's documents."""

    def _credit_refunds(self, data):
        """Hook: credit what was refunded by the channel.

        :param data: schemas.OrderData
        """

    def _get_paid_here(self):
        """Hook: the amount paid of the customer's invoices. :return: Decimal"""
        return Decimal(0)

    # --------------------------------------------------------------- stage
    def _refresh_stage(self):
        """Bring the stage up to date with the documents of this transaction."""
        self.env["channel.order.stage"]._refresh(self)

    def _on_holds_changed(self):
        result = super()._on_holds_changed()
        # what is held is owed, and a stage never says otherwise
        self.filtered("sale_order_id")._refresh_stage()
        return result

    # ---------------------------------------------------------- exceptions
    def _is_unsold(self):
        return super()._is_unsold() and not self.sale_order_id

    def _settle_by_hand(self, reason):
        """Blocked orders that somebody has entered as sale orders of their own: what
        was held for them is held there, and nothing here sells them again."""
        self.channel_id._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo().filtered(lambda each: each._is_unsold()):
            order._lock()
            order.by_hand = True
            order._end("person")
            order._log_decision(
                self.env._(
                    "%(order)s was entered manually: %(reason)s",
                    order=order.name,
                    reason=reason,
                )
            )

    def _on_exceptions_resolved(self, reason):
        """A person has dealt with what stopped a sold order: it is stopped no more."""
        opened = self.env["channel.exception"]._count_open(self)
        # sudo: people who work on exceptions have no write access to orders
        for order in self.sudo().filtered(lambda each: each.state == "blocked"):
            if order.sale_order_id and not opened[order.id]:
                order.state = "imported"
                order._log_decision(
                    self.env._(
                        "%(order)s was resolved: %(reason)s",
                        order=order.name,
                        reason=reason,
                    )
                )
