import dataclasses
import hashlib
import json
import math
from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import schemas
from ..const import OVERRIDABLE
from ..db.transaction import LOCK_ORDER, lock
from ..tools.actions import open_form
from ..tools.fractions import rescale
from ..tools.labels import label_of
from ..tools.money import Money
from .channel_order_ending import ENDINGS
from .channel_sold import WAITING

QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
}
# States that a newer version of the order brings back to life.
REOPENING = ("blocked", "parked", "gone", "closed", "cancelled")
PAYMENTS = [
    ("pending", "Pending"),
    ("authorized", "Authorized"),
    ("paid", "Paid"),
    ("refunded", "Refunded"),
    ("voided", "Voided"),
]
GONE_MINUTES = 5
AHEAD_SECONDS = 60
"""By so much may clocks differ without one of them being wrong."""
# Orders of which we know less than there is to know. One that is gone may come back.
FETCH_WANTED = SQL(
    "((NOT complete AND state NOT IN ('blocked', 'gone')) OR wanted_version > version)"
)


STAGES = [
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

# Stages that time and other people's work may end.
MOVING = ("confirmed", "reserved", "picked", "packed", "partly_shipped")


class ChannelOrder(models.Model):
    """An order of a channel, from its capture on.

    ``_capture`` stores it with holds and deductions in one transaction; ``_import``
    of ``channel.order.importer`` makes the sale order later, in another. One order, one
    row: unique by channel and external id, and an older version never replaces a newer.
    """

    _name = "channel.order"
    _description = "Channel Order"
    _inherit = ["channel.noted", "channel.guarded"]
    _order = "id desc"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    name = fields.Char(required=True, readonly=True, index=True)
    external_id = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("captured", "Captured"),
            ("blocked", "Needs attention"),
            ("parked", "Waiting for stock"),
            ("imported", "Imported"),
            ("cancelled", "Cancelled"),
            ("closed", "Fulfilled before import"),
            ("gone", "Deleted on the channel"),
        ],
        default="captured",
        required=True,
        readonly=True,
        index=True,
        tracking=True,
    )
    ending = fields.Selection(
        ENDINGS,
        string="Ended",
        readonly=True,
        help="Why nothing remains to be delivered.",
    )
    is_history = fields.Boolean(
        readonly=True,
        help="Placed before its channel was connected, and fully shipped when first "
        "captured.",
    )
    has_false_time = fields.Boolean(
        readonly=True, help="Its version was in the future when it was captured."
    )
    shown_at = fields.Datetime(
        readonly=True, help="Last check that the order exists on the channel."
    )
    complete = fields.Boolean(
        readonly=True,
        help="Off: only the demand is known, the order's details are being fetched.",
    )
    version = fields.Datetime(readonly=True, help="The channel's time of this state")
    wanted_version = fields.Datetime(
        readonly=True, help="The newest version announced by the channel"
    )
    fetch_after = fields.Datetime(readonly=True)
    looked_at = fields.Datetime(readonly=True, help="Last fetched from the channel")
    placed_at = fields.Datetime(readonly=True)
    payment = fields.Selection(PAYMENTS, readonly=True)
    total = fields.Float(readonly=True, digits=(16, 4))
    currency_name = fields.Char(string="Currency", readonly=True)
    customer_name = fields.Char(string="Customer", readonly=True)
    partner_id = fields.Many2one("res.partner", readonly=True)
    data = fields.Json(readonly=True, help="Canonical form of the newest version")
    line_ids = fields.One2many("channel.order.line", "order_id", readonly=True)
    sale_order_id = fields.Many2one(
        "sale.order", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    event_ids = fields.One2many("channel.inbox.event", "order_id", readonly=True)
    hold_ids = fields.One2many("channel.hold", "order_id", compute="_compute_hold_ids")
    has_unlisted = fields.Boolean(compute="_compute_has_odd_lines")
    has_exchanged = fields.Boolean(compute="_compute_has_odd_lines")
    has_old_mapping = fields.Boolean(compute="_compute_has_odd_lines")
    exception_count = fields.Integer(compute="_compute_exception_count")
    is_undelivered = fields.Boolean(compute="_compute_is_undelivered")
    trace = fields.Char(readonly=True, index=True)
    notification_ids = fields.One2many(
        "channel.message", "order_id", string="Channel Notifications", readonly=True
    )
    reported_money = fields.Json(readonly=True, help="Reported differences in amounts")
    address_key = fields.Char(
        readonly=True, help="Digest of the sale order's delivery address"
    )
    money_key = fields.Char(
        readonly=True, help="Digest of the amounts behind the sale order"
    )
    payment_reversed = fields.Boolean(
        readonly=True,
        help="Paid or authorized on confirmation, and no longer",
    )
    fingerprint = fields.Char(
        readonly=True,
        help="Equal for orders of the same customer with the same content",
    )
    overridden_checks = fields.Json(
        readonly=True, help="Categories overridden for this order"
    )
    refund_ids = fields.One2many(
        "channel.refund",
        "order_id",
        readonly=True,
        domain=[("is_deleted", "=", False)],
    )
    reroute_after = fields.Datetime(
        readonly=True, help="Last search for another warehouse, or later"
    )
    route_why = fields.Text(
        string="Route", readonly=True, help="The warehouses that ship it, and why"
    )
    parked_why = fields.Char(string="Waiting For", readonly=True)
    parked_until = fields.Datetime(
        readonly=True, help="Next automatic check; empty for never."
    )
    stage = fields.Selection(
        STAGES, default="captured", required=True, readonly=True, index=True
    )
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
    by_hand = fields.Boolean(
        string="Entered Manually",
        readonly=True,
        help="A sale order was created manually for it; this one holds and sells "
        "nothing.",
    )
    timeline_ids = fields.One2many("channel.timeline", "order_id", readonly=True)
    delivery_count = fields.Integer(compute="_compute_delivery_count")
    invoice_count = fields.Integer(compute="_compute_invoice_count")
    notification_count = fields.Integer(compute="_compute_notification_count")
    blocked_text = fields.Text(
        compute="_compute_blocked_text", help="Why it is blocked, and what to do."
    )
    blanked_at = fields.Datetime(
        readonly=True, help="When its personal data was blanked"
    )

    _external_uniq = models.UniqueIndex("(channel_id, external_id)")
    _todo_idx = models.Index("(channel_id, id) WHERE state = 'captured' AND complete")
    _fetch_idx = models.Index(
        "(channel_id, id) WHERE NOT complete OR wanted_version > version"
    )
    _fingerprint_idx = models.Index("(company_id, fingerprint)")
    _parked_idx = models.Index("(channel_id, id) WHERE state = 'parked'")
    _moving_idx = models.Index(
        "(id) WHERE stage IN ('confirmed', 'reserved', 'picked', 'packed', "
        "'partly_shipped')"
    )

    @api.depends("line_ids.hold_ids")
    def _compute_hold_ids(self):
        for order in self:
            order.hold_ids = order.line_ids.hold_ids

    def _compute_has_odd_lines(self):
        # sudo: a user who may see the order need not see its sale order
        for order in self.sudo():
            order.has_unlisted = any(line._is_unlisted() for line in order.line_ids)
            order.has_exchanged = any(line._is_exchanged() for line in order.line_ids)
            order.has_old_mapping = any(
                line._has_old_mapping() for line in order.line_ids
            )

    def _compute_exception_count(self):
        counts = self.env["channel.exception"]._count_open(self)
        for order in self:
            order.exception_count = counts[order.id]

    @api.depends("line_ids.undelivered_quantity")
    def _compute_is_undelivered(self):
        for order in self:
            order.is_undelivered = any(order.line_ids.mapped("undelivered_quantity"))

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

    def _compute_blocked_text(self):
        for order in self:
            opened = self.env["channel.exception"].search(order._exception_domain())
            order.blocked_text = "\n".join(
                f"{each.message} {each.suggestion or ''}".strip() for each in opened
            )

    def _compute_delivery_count(self):
        for order in self:
            # sudo: a number only, for a smart button
            order.delivery_count = len(order.sudo().sale_order_id.picking_ids)

    def _compute_invoice_count(self):
        for order in self:
            # sudo: a number only, for a smart button
            moves = self.env["channel.bookkeeper"].sudo()._get_moves(order.sudo())
            order.invoice_count = len(moves)

    def _compute_notification_count(self):
        for order in self:
            order.notification_count = len(order.notification_ids)

    # ---------------------------------------------------------------- CRUD
    def write(self, vals):
        result = super().write(vals)
        if "state" in vals or ("payment" in vals and self.sale_order_id):
            self._refresh_stage()
        return result

    # ------------------------------------------------------------- actions
    def action_retry(self):
        self._require_role("operator")
        # sudo: operators retry, only the bookkeeper writes its outbox otherwise
        self.env["channel.bookkeeping"].sudo()._retry(self)
        self.filtered(lambda order: order.state == "blocked")._retry()
        return self.channel_id._notify_user(
            self.env._("Retrying"),
            self.env._("The order is being processed again."),
            "info",
        )

    def action_end(self):
        """A person says that nothing of it is owed: its holds are let go."""
        self._require_role("operator")
        # sudo: operators decide about orders without rights on sales
        for order in self.sudo():
            order._lock()
            if order.sale_order_id.state == "sale":
                raise UserError(
                    self.env._(
                        "%(order)s is sold: ship or cancel %(sale)s.",
                        order=order.name,
                        sale=order.sale_order_id.name,
                    )
                )
            order.ending = "person"
            if order.sale_order_id.state in ("draft", "sent"):
                order.sale_order_id._action_cancel()
            order._end("person")
            order._log_decision(self.env._("%s: nothing to deliver", order.name))

    def action_fetch(self):
        """Ask the channel for the newest version."""
        self._require_role("operator")
        # sudo: operators have no write access to what capture owns
        self.sudo().write(
            {"wanted_version": fields.Datetime.now(), "fetch_after": False}
        )
        self.channel_id._wake("_job_fetch")
        return self.channel_id._notify_user(
            self.env._("Fetching the order"),
            self.env._("The channel's present version will be here in a moment."),
            "info",
        )

    def action_take_mapping(self):
        """Sell what is not confirmed yet as its listings are matched now."""
        self._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo().filtered("has_old_mapping"):
            order._lock()
            old = order.line_ids.filtered(lambda line: line._has_old_mapping())
            words = "; ".join(f"{line.display_name}: {line.sold_note}" for line in old)
            order.env["channel.sold"]._follow_orders(order, states=[order.state])
            order._log_decision(
                self.env._(
                    "%(order)s uses the present mapping. %(lines)s",
                    order=order.name,
                    lines=words,
                )
            )
            order._retry()

    def action_match_lines(self):
        """Let a person say what the lines are that the channel has no listing for."""
        self.ensure_one()
        wizard = self.env["channel.order.match"]._open_for(self)
        return open_form(
            wizard._name,
            wizard.id,
            name=self.env._("Lines Sold in %s", self.name),
            target="new",
        )

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

    def action_open_sale_order(self):
        self.ensure_one()
        if not self.sale_order_id:
            raise UserError(self.env._("%s has no sale order yet.", self.name))
        return open_form("sale.order", self.sale_order_id.id)

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

    def action_open_deliveries(self):
        self.ensure_one()
        return self.sale_order_id.action_view_delivery()

    def action_open_invoices(self):
        """Invoices and credit notes, for who may see them."""
        self.ensure_one()
        self.check_access("read")
        # sudo: which they are, not what is in them
        moves = self.env["channel.bookkeeper"].sudo()._get_moves(self.sudo())
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        return dict(action, domain=[("id", "in", moves.ids)], context={})

    def action_open_messages(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_message_action"
        )
        return dict(action, domain=[("order_id", "=", self.id)], context={})

    def action_open_exceptions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_exception_action"
        )
        return dict(
            action,
            domain=[
                "|",
                ("order_ids", "in", self.ids),
                "&",
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
            ],
            context={},
        )

    # ------------------------------------------------------------- capture
    @api.model
    def _capture(self, channel, data, trace):
        """Store what ``data`` says, with holds and deductions, in this transaction.

        :param data: schemas.OrderData
        :return: the order
        """
        lock(self.env, LOCK_ORDER, f"{channel.id}:{data.external_id}")
        self.env["channel.change"]._set_trace(trace)
        order = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "=", data.external_id),
            ]
        )
        version = _naive(data.version)
        order._lock()
        data = rescale(data, order.line_ids._get_fraction_sizes())
        if not order:
            # the trail tells it, for a tenth of what a chatter message costs
            order = self.with_context(**QUIET).create(
                self._prepare_capture_vals(channel, data, trace)
            )
            order = order.with_env(self.env)
        elif order._is_old(data, version):
            return order
        elif not data.complete:
            order._want(version)
            return order
        order._apply(data, version)
        return order

    @api.model
    def _capture_salvaged(self, channel, data, trace):
        """Hold what could be read of an order that cannot be read as a whole, and stop
        it until a person has looked or a newer version can be read.

        :param data: schemas.OrderData, not complete
        :return: the order
        """
        lock(self.env, LOCK_ORDER, f"{channel.id}:{data.external_id}")
        self.env["channel.change"]._set_trace(trace)
        order = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "=", data.external_id),
            ]
        )
        version = _naive(data.version)
        order._lock()
        if order and order.version and version <= order.version and order.complete:
            return order
        if not order:
            order = self.with_context(**QUIET).create(
                self._prepare_capture_vals(channel, data, trace)
            )
            order = order.with_env(self.env)
        if data.state == "open":
            order._reopen(data)
        order.write(
            {
                "has_false_time": order._is_ahead(version),
                "complete": False,
                "version": version,
                "wanted_version": version,
                "placed_at": _naive(data.placed_at) or order.placed_at,
                "state": "blocked",
                # whoever holds its lines anew decides by what is known now
                "data": {
                    **(order.data or json.loads(schemas.dumps(data))),
                    "state": data.state,
                },
            }
        )
        order.line_ids._apply_salvaged(order, data)
        return order

    def _with_unread(self, data):
        """``data`` with the lines that could not be read, as they were known before."""
        read = {each.external_id for each in data.lines}
        known = self._get_data().lines
        unread = [each for each in known if each.external_id not in read]
        return dataclasses.replace(data, lines=(*data.lines, *unread))

    def _lock(self):
        """Wait until no import is at this order, and forget what was read before."""
        self.env.execute_query(
            SQL("SELECT 1 FROM channel_order WHERE id = ANY(%s) FOR UPDATE", self.ids)
        )
        self.invalidate_recordset()

    def _want(self, version):
        """There is a newer version than we have: have it fetched, at once if it is not
        the one that was asked for just now."""
        if not self.wanted_version or version > self.wanted_version:
            self.wanted_version = version
            self.fetch_after = False
        if self.state == "blocked" and not self.complete:
            self.state = "captured"
        self.channel_id._wake("_job_fetch")

    def _want_after(self, version, moment):
        """``version`` was told at ``moment``. Channels count in seconds: where it is
        the version that we have, and was told after we had looked, it may be about
        something that changed later within that second."""
        version = _naive(version)
        if version == self.version and self.looked_at and self.looked_at < moment:
            self._want(version + timedelta(milliseconds=1))

    @api.model
    def _note_looked(self, channel, refs):
        """The channel is being asked for these now; who is at one of them looks anew
        anyway."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_order
                   SET looked_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id IN (SELECT id FROM channel_order
                               WHERE channel_id = %s AND external_id = ANY(%s)
                               ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id
                """,
                channel.id,
                refs,
            )
        )

    def _is_old(self, data, version):
        """An equal version is news only when it completes what we had; none is, of what
        was blanked in that state or a newer one: a replay must not bring it back."""
        if not self.version:
            return False
        if self.blanked_at and version <= self.version:
            return True
        if version == self.version and self.complete:
            # channels count in seconds: what differs within one is news, too
            return not data.complete or schemas.dump(data) == self.data
        return version < self.version

    # ----------------------------------------------------------------- clock
    def _is_ahead(self, version):
        """Whether the channel's clock was wrong when it gave this version: later than
        now, by its own clock as far as we know that."""
        late = fields.Datetime.now() + timedelta(seconds=AHEAD_SECONDS)
        if version <= late:
            return False
        ahead = self.channel_id._get_shared_state("clock").get("ahead", 0)
        return version > late + timedelta(seconds=max(0, ahead))

    def _doubt(self, data):
        """An older version comes in of what we have from a clock that ran ahead: maybe
        it was set right. What is fetched now will tell."""
        if (
            self.has_false_time
            and _naive(data.version) < self.version
            and self.wanted_version <= self.version
        ):
            self._want_fetch()

    def _set_clock_right(self, event):
        """The version just fetched is the newest, if the time of the stored one was
        wrong.

        :param event: schemas.InboundEvent, fetched and not stored yet
        """
        self._lock()
        shown = _naive(event.occurred_at)
        if not self.has_false_time or not shown or shown >= self.version:
            return
        before = shown - timedelta(seconds=1)
        self.write({"version": before, "wanted_version": before})
        self.env["channel.inbox.event"]._read_again(self.channel_id, event.key)

    @api.model
    def _doubt_gone(self, channel, refs):
        """The channel tells of orders what it has told before. Those that are gone may
        have come back as they were: what is fetched now will tell."""
        gone = self.search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", refs),
                ("state", "=", "gone"),
            ]
        )
        for order in gone:
            order._want_fetch()

    def _prepare_capture_vals(self, channel, data, trace):
        return {
            "channel_id": channel.id,
            "external_id": data.external_id,
            "name": data.name,
            "trace": trace,
        }

    def _apply(self, data, version):
        """Make this order what ``data`` says. Stock follows in the same transaction."""
        was_paid, received = self.payment, (self.data or {}).get("received")
        self._reopen(data)
        self.write(
            {
                "is_history": self._is_still_history(data),
                "has_false_time": self._is_ahead(version),
                "name": data.name,
                "complete": data.complete,
                "version": version,
                "wanted_version": max(version, self.wanted_version or version),
                "placed_at": _naive(data.placed_at),
                "payment": data.payment,
                "total": float(data.total),
                "currency_name": data.currency,
                "customer_name": data.customer.name,
                "fingerprint": self._get_fingerprint(data),
                "data": json.loads(schemas.dumps(data)),
                # a newer state is the channel's to tell, and due in its own time
                "blanked_at": False,
            }
        )
        self.line_ids._apply_lines(self, data)
        self._follow_state(data)
        if was_paid != data.payment and self.sale_order_id:
            self._mark_books()
            self.env["channel.payment.checker"]._follow_payment(self, was_paid, data)
        elif received != self.data["received"] and self.sale_order_id:
            self._mark_books()
        if not data.complete:
            self.channel_id._wake("_job_fetch")
        # what waited for the rest of this order need not wait any longer
        self.channel_id._wake_publisher_of_queued()
        self.env["channel.audit"]._log(
            "order",
            self.channel_id,
            record=self,
            trace=self.trace,
            message=self.env._(
                "%(name)s captured: %(state)s, payment %(payment)s, as of %(version)s",
                name=self.name,
                state=self.env._("cancelled")
                if data.state == "cancelled"
                else self.env._("open"),
                payment=label_of(self, "payment", data.payment).lower(),
                version=data.version.isoformat(),
            ),
        )

    def _reopen(self, data):
        """The channel tells of an order that had ended. What a person has ended stays
        so, unless there is more to ship than before."""
        if self.ending == "person":
            known = {line.external_id: line.open_quantity for line in self.line_ids}
            if all(
                each.open_quantity <= known.get(each.external_id, 0)
                for each in data.lines
            ):
                return
        if self.ending == "deleted" and self.sale_order_id.state == "cancel":
            if not self.sale_order_id.picking_ids:
                # a quotation that was cancelled with it comes back with it
                self.sale_order_id.action_draft()
        if self.ending:
            self.ending = False

    def _is_still_history(self, data):
        """Whether the order was shipped before its channel was connected, as far as it
        was ever seen. By the channel's own clock."""
        connected = self.channel_id.connected_at
        if not data.lines:
            return self.is_history
        placed = _naive(data.placed_at or data.version)
        is_known = bool(self.line_ids)
        return bool(
            (self.is_history if is_known else connected and placed < connected)
            and self._is_shipped(data)
        )

    def _follow_state(self, data):
        if self.by_hand:
            # whoever entered it follows what becomes of it
            self.env["channel.refunder"]._take_refunds(self, data)
        elif self.ending == "person":
            return
        elif data.state == "cancelled" and self.sale_order_id:
            # undoing reservations is left to the import's REPEATABLE READ
            self.state = "captured"
        elif data.state == "cancelled":
            self.env["channel.refunder"]._take_refunds(self, data)
            self._end("cancelled")
            self.env["channel.bookkeeper"]._prove_unbooked(self)
        elif data.complete and not self.sale_order_id and self._find_ending(data):
            self.env["channel.refunder"]._take_refunds(self, data)
            self._end(self._find_ending(data))
        elif self.sale_order_id.state == "cancel" and data.complete:
            self._follow_reopened(data)
        elif self.state in REOPENING and data.complete:
            # a newer version may well have fixed the error of the last
            self.env["channel.sold"]._follow_orders(self)
            self.state = "captured"
        elif self.state == "imported" and data.complete:
            self._follow_imported(data)

    def _find_ending(self, data):
        """The way in which an order is not ours to ship; none for all others."""
        if not self._is_shipped(data):
            return None
        if self.is_history:
            return "history"
        nodes = self.line_ids.filtered("quantity").mapped("node_id")
        placed = all(line.node_id for line in self.line_ids if line.quantity)
        return "elsewhere" if placed and not nodes.warehouse_ids else None

    def _follow_reopened(self, data):
        """Cancelled here, open there: unless the channel has only to hear of it, or
        keeps what had been shipped."""
        told = self.notification_ids.filtered(lambda each: each.kind == "cancel")
        if not told.filtered(lambda each: each.state not in ("dead", "void")):
            # whatever an operator decides: what was paid back there must be known here
            self.env["channel.refunder"]._take_refunds(self, data)
            self._block(
                "changed",
                self.env._("%s is open again on the channel.", self.name),
                self.env._("Its sale order was cancelled: create a new one manually."),
            )
        elif self.env["channel.refunder"]._has_other_refunds(self, data):
            self.state = "captured"

    def _is_shipped(self, data):
        """Whether nothing is left to ship of an order that once had goods."""
        goods = [line for line in data.lines if line.ships and line.quantity]
        return bool(goods) and not any(line.open_quantity for line in goods)

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
        if self._get_data().state != "cancelled" and not self.env[
            "channel.notifier"
        ]._notify_cancelled(self):
            self._block(
                "changed",
                self.env._(
                    "%(sale)s was cancelled in Odoo, %(order)s is open on the channel.",
                    sale=self.sale_order_id.name,
                    order=self.name,
                ),
                self.env._(
                    "Cancel it on the channel as well, or create a new sale order "
                    "manually."
                ),
            )

    def _end(self, ending):
        return self.env["channel.order.ending"]._end(self, ending)

    def _cancel(self):
        """Cancelled on the channel. What has left the house is a person's to decide."""
        sale_order = self.sale_order_id
        if any(
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

    def _release_holds(self):
        """End all holds: reservations have taken over, or nobody wants it any more."""
        self.line_ids.hold_ids.filtered(lambda hold: hold.state == "active").write(
            {"state": "released"}
        )

    def _on_not_shown(self, is_gone, asked):
        """The channel does not show it: it is deleted there, or hidden from us.

        A young one may not be shown yet: the channel's webhook was faster than it.

        :param is_gone: whether the channel is known to have it no more
        :param asked: the wanted version at the time when the channel was asked
        """
        if self.create_date > fields.Datetime.now() - timedelta(minutes=GONE_MINUTES):
            return
        self._lock()
        if self.wanted_version == asked:
            self.wanted_version = self.version
        if is_gone:
            self._on_deleted()
        else:
            self._on_hidden()

    def _on_deleted(self):
        """Its demand is gone, unless a delivery is under way: an operator decides
        then."""
        sale_order = self.sale_order_id
        # first, for a cancellation of ours is not to be told to the channel
        self.ending = "deleted"
        is_sold = sale_order.state == "sale"
        if sale_order.state in ("draft", "sent") or (
            is_sold and self._is_nothing_delivered()
        ):
            sale_order._action_cancel()
        self._end("deleted")

    def _on_hidden(self):
        """Unknown is not gone: what is known of it stays held, and an exception is
        raised."""
        self._report_hidden()
        if not self.sale_order_id:
            self.state = "blocked"

    def _report_hidden(self):
        self.env["channel.exception"]._report(
            self.channel_id,
            "refused",
            key=f"order:{self.id}:hidden",
            record=self,
            message=self.env._(
                "%s is not returned by the channel, which may hide it from this "
                "connection. Its known quantities stay held.",
                self.name,
            ),
            suggestion=self.env._(
                "Press Test Connection on the channel: it names a missing permission. "
                "Then press Fetch Again on the order; or Nothing to Deliver, if it is "
                "finished on the channel."
            ),
        )

    def _on_nothing_new(self, event, asked):
        """The fetched event is stored already: there is no newer version.

        An order that is still incomplete then waits for that event. Maybe a worker is
        at it right now; when it could not be read, it is a dead letter, and an operator
        has to look at it.

        :param event: schemas.InboundEvent
        :param asked: the wanted version at the time when the channel was asked
        """
        self._lock()
        if self.env["channel.inbox.event"]._is_unread(self.channel_id, event.key):
            return
        if self.wanted_version == asked:
            self.wanted_version = self.version
        if not self.complete:
            self.state = "blocked"
            self.env["channel.inbox.event"]._report_dead_again(
                self.channel_id, event.key
            )
        elif self.state == "gone":
            # shown again as it was when it was deleted
            self._apply(self._get_data(), self.version)

    def _on_fetch_refused(self, error, asked):
        """The channel does not give it to us: what we know stays, an exception is
        raised.

        :param asked: the wanted version at the time when the channel was asked
        """
        self._lock()
        if self.wanted_version == asked:
            self.wanted_version = self.version
        self._block(
            "refused",
            self.env._(
                "%(order)s cannot be fetched from the channel: %(error)s",
                order=self.name,
                error=error,
            ),
            self.env._(
                "Its known quantities stay held. Check it on the channel, then press "
                "Fetch Again."
            ),
        )

    # -------------------------------------------------------------- import
    def _get_data(self):
        """:return: schemas.OrderData of the newest version"""
        return schemas.load(schemas.OrderData, self.data)

    def _follow(self):
        """Make the sale order follow what was captured: in, or cancelled."""
        data = self._get_data()
        if data.state == "cancelled":
            self._cancel()
            if self.sale_order_id:
                self.env["channel.refunder"]._take_refunds(self, data)
                self.env["channel.refunder"]._credit_refunds(self, data)
                self._mark_books()
                self.env["channel.bookkeeper"]._prove_unbooked(self)
        else:
            self.env["channel.order.importer"]._import(self)

    def _lock_for_import(self):
        """Lock the row for this transaction; False when it is no longer to be done."""
        rows = self.env.execute_query(
            SQL(
                "SELECT 1 FROM channel_order WHERE id = %s AND state = 'captured' "
                "AND complete FOR UPDATE SKIP LOCKED",
                self.id,
            )
        )
        return bool(rows)

    def _block(self, category, message, suggestion="", key=""):
        """Stop this order until a person has acted. Its stock stays held."""
        self.state = "blocked"
        self.env["channel.exception"]._report(
            self.channel_id,
            category,
            key=f"order:{self.id}:{key or category}",
            record=self,
            message=message if self.name in message else f"{self.name}: {message}",
            suggestion=suggestion,
        )

    def _route_warehouse(self, node=None):
        """Which warehouse ships what was sold at ``node``: its first.

        A node that nobody has given a warehouse must not make the demand disappear:
        then it is the first of the channel's, or of the company's.
        """
        node = node or self.line_ids.node_id[:1] or self.channel_id.node_ids[:1]
        warehouses = node.warehouse_ids or self.channel_id.node_ids.warehouse_ids
        if not warehouses:
            warehouses = warehouses.search([("company_id", "=", self.company_id.id)])
        return warehouses.sorted(lambda each: (each.sequence, each.id))[:1]

    @api.model
    def _retry_for_listings(self, listings):
        """Orders that waited for one of these listings are tried again."""
        lines = self.env["channel.order.line"].search(
            [("listing_id", "in", listings.ids), ("order_id.state", "in", WAITING)]
        )
        waiting = lines.filtered(
            lambda line: not line._is_confirmed() or line._is_exchanged()
        )
        waiting.order_id._retry()

    def _retry(self):
        # the import says which of its causes are gone
        # sudo: a user who may correct a mapping releases the orders that waited for it
        orders = self.sudo()
        self.env["channel.sold"].sudo()._follow_orders(orders)
        orders.write({"state": "captured"})
        self.channel_id._wake("_job_intake")

    # ------------------------------------------------------------- buttons
    def _is_nothing_delivered(self):
        """Whether no unit of this order has left or is about to."""
        moves = self.sale_order_id.order_line.move_ids
        return not any(move._get_carried() for move in moves)

    def _check_own_lines(self, lines):
        """:raise UserError: what a wizard decides on is of another order"""
        if lines.order_id - self:
            raise UserError(
                self.env._("These are lines of other orders than %s.", self.name)
            )

    def _log_decision(self, words):
        self.env["channel.audit"]._log(
            "operator", self.channel_id, words, record=self, trace=self.trace
        )

    # --------------------------------------------------------------- fetch
    def _want_fetch(self):
        """Have the newest version fetched, whatever version that is."""
        # the channel's clock may be ahead of ours
        known = max(self.version or fields.Datetime.now(), fields.Datetime.now())
        self.wanted_version = known + timedelta(seconds=1)
        self.fetch_after = False
        self.channel_id._wake("_job_fetch")

    def _log_document(self, document, words):
        self.env["channel.audit"]._log(
            "document",
            self.channel_id,
            words,
            record=document,
            trace=self.trace,
        )

    # --------------------------------------------------------------- books
    def _mark_books(self):
        self.env["channel.bookkeeping"]._mark(self)

    # ------------------------------------------------------------ payments
    def _is_paid(self):
        """Whether the channel has taken the money; it may have given it back since."""
        return self.payment in ("paid", "refunded")

    # -------------------------------------------------------------- checks
    def _is_overridden(self, category):
        return category in (self.overridden_checks or ())

    # ------------------------------------------------------------ duplicates
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

    # -------------------------------------------------------------- charges
    def _get_money(self, data):
        step = Decimal(str(self._get_currency(data.currency).rounding))
        return Money(step, data.taxes_included)

    def _get_currency(self, name):
        """The active currency of that code, empty when there is none."""
        usual = self.channel_id.currency_id
        if usual.name == name and usual.active:
            return usual
        return self.env["res.currency"].search([("name", "=", name)])

    # --------------------------------------------------------------- stage
    # How far an order is, as Odoo's own documents say.
    #
    # ``state`` is what the intake has to do about an order; ``stage`` is what became of
    # it. It is written where something happens to the order, in one statement; what
    # happens to it by the way (stock that arrives is reserved, somebody picks) is
    # looked at every minute, so that a receipt need not wait for the orders that it
    # serves.
    def _refresh_stage(self):
        """Bring the stage up to date with the documents of this transaction."""
        if not self.ids:
            return
        for model in (
            "channel.order",
            "sale.order",
            "sale.order.line",
            "stock.move",
            "channel.hold",
        ):
            self.env[model].flush_model()
        if self._update_stages(SQL("o.id = ANY(%s)", list(self.ids))):
            self.invalidate_recordset(["stage"], flush=False)

    @api.model
    def _refresh_moving(self):
        """Orders whose documents moved without us; rows in use wait for the next time.

        In the cron's transaction: nobody is kept waiting by it for long.
        """
        self._update_stages(
            SQL(
                """o.id IN (SELECT id FROM channel_order
                             WHERE stage = ANY(%s) FOR NO KEY UPDATE SKIP LOCKED)""",
                list(MOVING),
            )
        )
        self.invalidate_model(["stage"], flush=False)

    @api.model
    def _update_stages(self, condition):
        return self.env.execute_query(
            SQL(
                """
                WITH facts AS (
                    -- a row an order: what its goods have gone through
                    SELECT o.id, o.state, o.payment, sale.state AS sale,
                           COALESCE(moves.left_house, 0) AS left_house,
                           COALESCE(moves.came_back, 0) AS came_back,
                           COALESCE(moves.open, 0) AS open,
                           EXISTS (
                               SELECT FROM channel_order_line own
                                 JOIN channel_hold hold ON hold.order_line_id = own.id
                                WHERE own.order_id = o.id AND hold.state = 'active'
                           ) AS held,
                           COALESCE(moves.waiting, 0) AS waiting,
                           COALESCE(moves.picked, false) AS picked,
                           COALESCE(moves.packed, false) AS packed
                      FROM channel_order o
                      LEFT JOIN sale_order sale ON sale.id = o.sale_order_id
                      LEFT JOIN LATERAL (
                        SELECT sum(move.quantity) FILTER (
                                   WHERE move.state = 'done'
                                     AND dest.usage = 'customer') AS left_house,
                               sum(move.quantity) FILTER (
                                   WHERE move.state = 'done'
                                     AND source.usage = 'customer') AS came_back,
                               count(*) FILTER (
                                   WHERE move.state NOT IN ('done', 'cancel')
                                     AND source.usage <> 'customer') AS open,
                               count(*) FILTER (
                                   WHERE move.state NOT IN
                                         ('done', 'cancel', 'assigned')
                                     AND source.usage <> 'customer') AS waiting,
                               bool_or(source.usage <> 'customer' AND
                                   CASE move.state
                                   WHEN 'cancel' THEN false
                                   WHEN 'done' THEN dest.usage <> 'customer'
                                   ELSE move.picked END) AS picked,
                               bool_or(move.state = 'done' AND
                                   move.picking_type_id = house.pack_type_id) AS packed
                          FROM sale_order_line line
                          JOIN stock_move move ON move.sale_line_id = line.id
                          JOIN stock_location source ON source.id = move.location_id
                          JOIN stock_location dest ON dest.id = move.location_dest_id
                          LEFT JOIN stock_warehouse house
                                 ON house.id = move.warehouse_id
                                 OR house.pack_type_id = move.picking_type_id
                         WHERE line.order_id = sale.id
                      ) moves ON true
                     WHERE %s
                ),
                judged AS (
                    SELECT id, CASE
                        WHEN state IN ('gone', 'closed') AND left_house = 0 THEN state
                        WHEN left_house > 0 AND (open > 0 OR held)
                         AND sale = 'sale' THEN 'partly_shipped'
                        WHEN came_back >= left_house AND left_house > 0 THEN 'returned'
                        WHEN left_house > 0 AND payment = 'refunded' THEN 'refunded'
                        WHEN came_back > 0 AND open = 0 THEN 'partly_returned'
                        WHEN left_house > 0 AND open = 0 THEN 'shipped'
                        WHEN state = 'cancelled' OR sale = 'cancel' THEN 'cancelled'
                        WHEN left_house > 0 THEN 'partly_shipped'
                        WHEN sale IS NULL THEN 'captured'
                        WHEN sale <> 'sale' THEN 'quotation'
                        WHEN packed THEN 'packed'
                        WHEN picked THEN 'picked'
                        WHEN open > 0 AND waiting = 0 THEN 'reserved'
                        ELSE 'confirmed' END AS stage
                      FROM facts
                )
                UPDATE channel_order o SET stage = judged.stage
                  FROM judged
                 WHERE judged.id = o.id AND o.stage IS DISTINCT FROM judged.stage
                RETURNING o.id
                """,
                condition,
            )
        )

    # --------------------------------------------------------------- retry
    # Orders that were stopped go on: the cause is gone, or a person says so.
    @api.model
    def _retry_blocked(self, channels, categories):
        """Try all orders again that were stopped for one of these causes."""
        # sudo: the setting has changed, no matter by which user: its exceptions end
        exceptions = self.env["channel.exception"].sudo()
        found = exceptions.search(
            [
                ("channel_id", "in", channels.ids),
                ("category", "in", list(categories)),
                ("state", "=", "open"),
            ]
        )
        # the import says which of them are gone
        found.retried_at = fields.Datetime.now()
        # sudo: a user who may change a setting releases the orders that waited for it
        orders = found._get_orders().sudo()
        orders = orders.filtered(lambda order: order.state == "blocked")
        orders._retry()
        return orders

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

    def _is_unsold(self):
        return self.state == "blocked" and not self.sale_order_id

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

    def _exception_domain(self):
        """The open exceptions of this order."""
        about = Domain("res_model", "=", self._name) & Domain("res_id", "=", self.id)
        shared = Domain("order_ids", "in", self.ids)
        return Domain("state", "=", "open") & (about | shared)

    def _open_as_cause(self):
        return open_form(self._name, self.id)


def _naive(moment):
    """Odoo stores UTC without a zone, in whole microseconds."""
    return moment.replace(tzinfo=None) if moment else False
