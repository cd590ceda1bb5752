# SPDX-License-Identifier: AGPL-3.0-or-later
import dataclasses
import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .. import schemas
from ..db.transaction import LOCK_ORDER, lock
from ..tools.actions import open_form
from ..tools.fractions import rescale
from ..tools.labels import label_of
from ..tools.words import merge
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
AHEAD_SECONDS = 60
"""By so much may clocks differ without one of them being wrong."""
# Orders of which we know less than there is to know. One that is gone may come back.
FETCH_WANTED = SQL(
    "((NOT complete AND state NOT IN ('blocked', 'gone')) OR wanted_version > version)"
)


class ChannelOrder(models.Model):
    """An order of a channel, from its capture on.

    ``_capture`` stores it with holds and deductions in one transaction. One order, one
    row: unique by channel and external id, and an older version never replaces a newer.
    What holds for it when it becomes a sale order is the sale addon's: without that one
    it stays captured, its stock held, until the channel or a person ends it.
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
            ("announced", "Announced, not payable yet"),
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
    fulfilled_by_channel = fields.Boolean(
        readonly=True,
        help="Shipped from the channel's own warehouse: nothing is held for it here.",
    )
    version = fields.Datetime(readonly=True, help="The channel's time of this state")
    wanted_version = fields.Datetime(
        readonly=True, help="The newest version announced by the channel"
    )
    fetch_after = fields.Datetime(readonly=True)
    looked_at = fields.Datetime(readonly=True, help="Last fetched from the channel")
    told_at = fields.Datetime(
        readonly=True,
        help="When the channel told of units that the last fetched version does not "
        "have.",
    )
    placed_at = fields.Datetime(readonly=True)
    payment = fields.Selection(PAYMENTS, readonly=True)
    total = fields.Float(readonly=True, digits=(16, 4))
    currency_name = fields.Char(string="Currency Code", readonly=True)
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        help="Empty for a currency that Odoo does not know.",
    )
    collected_tax = fields.Float(
        string="Tax Collected by Channel",
        readonly=True,
        digits=(16, 4),
        help="Collected and paid by the channel itself; part of no other amount.",
    )
    customer_name = fields.Char(string="Customer", readonly=True)
    customer_ref = fields.Char(
        string="Customer Reference",
        readonly=True,
        help="The customer's own number of the order.",
    )
    ship_by = fields.Datetime(
        readonly=True, help="Latest time to hand it to the carrier."
    )
    ship_from = fields.Datetime(
        readonly=True, help="Earliest time to hand it to the carrier."
    )
    deliver_by = fields.Datetime(readonly=True, help="When the customer wants it.")
    cancel_after = fields.Datetime(
        readonly=True, help="What has not left by then is not wanted any more."
    )
    held_from = fields.Datetime(
        string="Holds Stock From",
        readonly=True,
        help="Shipped later than the channel's hold horizon: until this time inbound "
        "stock that is due before is promised first, and only the rest is held.",
    )
    origin_ref = fields.Char(
        string="Replaces",
        readonly=True,
        help="The channel's id of the order that this one replaces.",
    )
    data = fields.Json(readonly=True, help="Canonical form of the newest version")
    line_ids = fields.One2many("channel.order.line", "order_id", readonly=True)
    event_ids = fields.One2many("channel.inbox.event", "order_id", readonly=True)
    hold_ids = fields.One2many("channel.hold", "order_id", compute="_compute_hold_ids")
    page_url = fields.Char(string="Page on the Channel", compute="_compute_page_url")
    has_unlisted = fields.Boolean(compute="_compute_has_odd_lines")
    has_old_mapping = fields.Boolean(compute="_compute_has_odd_lines")
    exception_count = fields.Integer(compute="_compute_exception_count")
    trace = fields.Char(readonly=True, index=True)
    blocked_text = fields.Text(
        compute="_compute_blocked_text", help="Why it is blocked, and what to do."
    )
    blanked_at = fields.Datetime(
        readonly=True, help="When its personal data was blanked"
    )

    _external_uniq = models.UniqueIndex("(channel_id, external_id)")
    _todo_idx = models.Index("(channel_id, id) WHERE state = 'captured' AND complete")
    _captured_idx = models.Index("USING brin (create_date)")
    _fetch_idx = models.Index(
        "(channel_id, id) WHERE NOT complete OR wanted_version > version"
    )

    @api.depends("currency_name")
    def _compute_currency_id(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        found = currencies.search([("name", "in", self.mapped("currency_name"))])
        by_name = {currency.name: currency for currency in found}
        for order in self:
            order.currency_id = by_name.get(order.currency_name)

    @api.depends("line_ids.hold_ids")
    def _compute_hold_ids(self):
        for order in self:
            order.hold_ids = order.line_ids.hold_ids

    def _compute_page_url(self):
        for order in self:
            # sudo: who sees the order may be shown where it is, not the connection
            channel = order.channel_id.sudo()
            order.page_url = channel._adapter()._get_order_page(
                channel, order.external_id
            )

    def _compute_has_odd_lines(self):
        for order in self:
            order.has_unlisted = any(line._is_unlisted() for line in order.line_ids)
            order.has_old_mapping = any(
                line._has_old_mapping() for line in order.line_ids
            )

    def _compute_exception_count(self):
        counts = self.env["channel.exception"]._count_open(self)
        for order in self:
            order.exception_count = counts[order.id]

    def _compute_blocked_text(self):
        for order in self:
            opened = self.env["channel.exception"].search(order._exception_domain())
            order.blocked_text = "\n".join(
                f"{each.message} {each.suggestion or ''}".strip() for each in opened
            )

    # ------------------------------------------------------------- actions
    def action_retry(self):
        self._require_role("operator")
        self.filtered(lambda order: order.state == "blocked")._retry()
        return self.channel_id._notify_user(
            self.env._("Retrying"),
            self.env._("The order is being processed again."),
            "info",
        )

    def action_end(self):
        """A person says that nothing of it is owed: its holds are let go."""
        self._require_role("operator")
        # sudo: operators have no write access to what capture owns
        for order in self.sudo():
            order._lock()
            order._end_by_person()

    def _end_by_person(self):
        self._end("person")
        self._log_decision(self.env._("%s: nothing to deliver", self.name))

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
    def _capture(self, channel, data, trace, answered_at=None):
        """Store what ``data`` says, with holds and deductions, in this transaction.

        :param data: schemas.OrderData
        :param answered_at: when the channel gave it, if it was asked for this order
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
        version = naive(data.version)
        order._lock()
        data = rescale(data, order.line_ids._get_fraction_sizes())
        data = order._without_refused(data)
        word = self.env["channel.order.word"]
        if not order:
            # the trail tells it, for a tenth of what a chatter message costs
            order = self.with_context(**QUIET).create(
                self._prepare_capture_vals(channel, data, trace)
            )
            order = order.with_env(self.env)
            if not data.complete:
                order._apply(data if data.whole else merge(None, data), version)
                word._note(order)
                return order
        elif word._is_answer(order, data, answered_at):
            word._accept(order, version)
        elif order._is_old(data, version):
            return order
        elif not data.complete:
            word._take(order, data, version)
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
        version = naive(data.version)
        order._lock()
        if order and order.version and version <= order.version and order.complete:
            return order
        if not order:
            order = self.with_context(**QUIET).create(
                self._prepare_capture_vals(channel, data, trace)
            )
            order = order.with_env(self.env)
        if data.state != "cancelled":
            order._reopen(data)
        order.write(
            {
                "has_false_time": order._is_ahead(version),
                "complete": False,
                "told_at": False,
                "version": version,
                "wanted_version": version,
                "placed_at": naive(data.placed_at) or order.placed_at,
                "state": "blocked",
                # whoever holds its lines anew decides by what is known now
                "data": {
                    **(order.data or json.loads(schemas.dumps(data))),
                    "state": data.state,
                },
            }
        )
        order.line_ids._apply_some(order, data, data.lines)
        return order

    def _without_refused(self, data):
        """Hook: ``data`` without units of which the channel was told that they will not
        be shipped, as long as it has not changed them since."""
        return data

    def _with_others(self, data, lines):
        """``data`` with ``lines``, and with all others as they were known before."""
        told = {each.external_id for each in lines}
        known = self._get_data().lines
        others = [each for each in known if each.external_id not in told]
        return dataclasses.replace(data, lines=(*lines, *others))

    def _lock(self):
        """Wait until no import is at this order, and forget what was read before."""
        self.env.execute_query(
            SQL("SELECT 1 FROM channel_order WHERE id = ANY(%s) FOR UPDATE", self.ids)
        )
        self.invalidate_recordset()

    def _want(self, version):
        """There is a newer version than we have: have it fetched, at once if it is not
        the one that was asked for just now."""
        if not self.channel_id._capabilities().fetch:
            # what came in is all that there is
            return
        if not self.wanted_version or version > self.wanted_version:
            self.wanted_version = version
            self.fetch_after = False
        if self.state == "blocked" and not self.complete:
            self.state = self._get_waiting_state()
        self.channel_id._wake("_job_fetch")

    def _get_waiting_state(self):
        """The state of an order that nothing is wrong with, until it is imported."""
        announced = (self.data or {}).get("state") == "pending"
        return "announced" if announced else "captured"

    def _want_after(self, version, moment):
        """``version`` was told at ``moment``. Channels count in seconds: where it is
        the version that we have, and was told after we had looked, it may be about
        something that changed later within that second."""
        version = naive(version)
        if not self.complete:
            # it is fetched anyway
            return
        if version == self.version and self.looked_at and self.looked_at < moment:
            self._want(version + timedelta(milliseconds=1))

    def _is_old(self, data, version):
        """An equal version is news only when it completes what we had; none is, of what
        was blanked in that state or a newer one: a replay must not bring it back."""
        if not self.version:
            return False
        if self.blanked_at and version <= self.version:
            return True
        if not data.whole and not self.complete and not self.data.get("whole", True):
            # of words about parts each may be about another one
            return False
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
        return version > late + timedelta(
            seconds=max(0, self.channel_id._get_clock_lead())
        )

    def _doubt(self, data):
        """An older version comes in of what we have from a clock that ran ahead: maybe
        it was set right. What is fetched now will tell."""
        if (
            self.has_false_time
            and naive(data.version) < self.version
            and self.wanted_version <= self.version
        ):
            self._want_fetch()

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
        was_waiting = bool(self.version) and not self.complete
        self._reopen(data)
        self.write(self._prepare_apply_vals(data, version))
        self.line_ids._apply_lines(self, data)
        self._follow_state(data)
        self._follow_payment(was_paid, received, data)
        if not data.complete:
            self.channel_id._wake("_job_fetch")
        elif was_waiting:
            self.env["channel.order.word"]._on_complete(self)
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
                state=self._get_told_label(data),
                payment=label_of(self, "payment", data.payment).lower(),
                version=data.version.isoformat(),
            ),
        )

    def _get_told_label(self, data):
        return {
            "open": self.env._("open"),
            "pending": self.env._("announced, not payable yet"),
            "cancelled": self.env._("cancelled"),
        }[data.state]

    def _prepare_apply_vals(self, data, version):
        return {
            "is_history": self._is_still_history(data),
            "has_false_time": self._is_ahead(version),
            "name": data.name,
            "complete": data.complete,
            "version": version,
            "wanted_version": max(version, self.wanted_version or version),
            "placed_at": naive(data.placed_at),
            "payment": data.payment,
            "total": float(data.total),
            "currency_name": data.currency,
            "customer_name": data.customer.name,
            "customer_ref": data.customer_ref,
            "collected_tax": float(data.collected_tax),
            "ship_by": naive(data.ship_by),
            "ship_from": naive(data.ship_from),
            "deliver_by": naive(data.deliver_by),
            "cancel_after": naive(data.cancel_after),
            "held_from": self._get_held_from(naive(data.ship_from)),
            "origin_ref": data.origin,
            "fulfilled_by_channel": data.fulfilled_by_channel,
            "data": json.loads(schemas.dumps(data)),
            "told_at": False,
            # a newer state is the channel's to tell, and due in its own time
            "blanked_at": False,
        }

    def _get_held_from(self, ship_from):
        """When an order that is shipped from then on begins to hold stock.

        :return: naive UTC; False for at once
        """
        days = self.channel_id.hold_horizon_days
        if not ship_from or not days:
            return False
        held_from = ship_from - timedelta(days=days)
        return held_from if held_from > fields.Datetime.now() else False

    @api.model
    def _follow_horizon(self, channels):
        """The hold horizon of these has changed."""
        # sudo: what is held follows the setting, no matter which user sets it
        orders = self.sudo().search(
            [
                ("channel_id", "in", channels.ids),
                ("ship_from", ">", fields.Datetime.now()),
                ("state", "in", ("announced", "captured", *WAITING)),
            ]
        )
        for order in orders:
            order._lock()
            order.held_from = order._get_held_from(order.ship_from)
            order.line_ids._hold(order, order._get_data())
        return orders

    def _follow_payment(self, was_paid, received, data):
        """Hook: what the channel says of the order's money has been stored.

        :param was_paid: the payment of the last version
        :param received: the amount received by the last version, as stored
        """

    def _on_holds_changed(self):
        """Hook: holds of lines of these were made or ended."""

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
        if self.ending:
            self.ending = False

    def _is_mere_test(self, data):
        """Whether it is a test order: nothing is held for it."""
        return data.test and not self.channel_id.import_test_orders

    def _is_still_history(self, data):
        """Whether the order was shipped before its channel was connected, as far as it
        was ever seen. By the channel's own clock."""
        connected = self.channel_id.connected_at
        if not data.lines:
            return self.is_history
        placed = naive(data.placed_at or data.version)
        is_known = bool(self.line_ids)
        return bool(
            (self.is_history if is_known else connected and placed < connected)
            and self._is_shipped(data)
        )

    def _follow_state(self, data):
        """The state of the intake follows what the channel says."""
        if self.ending == "person":
            return
        if data.state == "cancelled":
            self._end("cancelled")
        elif data.state == "pending":
            self._announce()
        elif data.complete and (ending := self._find_ending(data)):
            self._end(ending)
        elif self.state in REOPENING and data.complete:
            # a newer version may well have fixed the error of the last
            self.env["channel.sold"]._follow_orders(self)
            self.state = "captured"
        elif self.state in ("announced", "cancelled", "closed", "gone"):
            # what is told of it in part: the order itself is fetched
            self.state = "captured"

    def _announce(self):
        """Its goods are promised, and it can be neither sold nor refused yet: it is
        held, and waits for the channel."""
        if self.state == "blocked":
            self.env["channel.exception"]._resolve_record(self)
        self.state = "announced"

    def _is_known_well(self):
        """Whether words about it are no match for what is known of it: it was given in
        full, and is more than announced."""
        return self.complete and self.state != "announced"

    def _find_ending(self, data):
        """The way in which an order is not ours to ship; none for all others."""
        if not self._is_shipped(data):
            return None
        if self.is_history:
            return "history"
        if self.fulfilled_by_channel:
            return "elsewhere"
        nodes = self.line_ids.filtered("quantity").mapped("node_id")
        placed = all(line.node_id for line in self.line_ids if line.quantity)
        return "elsewhere" if placed and not nodes.warehouse_ids else None

    def _is_shipped(self, data):
        """Whether nothing is left to ship of an order that once had goods."""
        goods = [line for line in data.lines if line.ships and line.quantity]
        return bool(goods) and not any(line.open_quantity for line in goods)

    def _end(self, ending):
        return self.env["channel.order.ending"]._end(self, ending)

    def _release_holds(self):
        """End all holds: reservations have taken over, or nobody wants it any more."""
        self.line_ids.hold_ids.filtered(lambda hold: hold.state == "active").write(
            {"state": "released"}
        )

    def _on_deleted(self):
        """Its demand is gone."""
        self._end("deleted")

    def _on_hidden(self):
        """Unknown is not gone: what is known of it stays held, and an exception is
        raised."""
        self._report_hidden()
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

    def _get_told_data(self):
        """:return: schemas.OrderData of the newest version, as the channel told it"""
        return schemas.load(schemas.OrderData, self.data)

    def _get_data(self):
        """:return: schemas.OrderData of the newest version; addons complete it with
        figures that the channel leaves to Odoo"""
        return self._get_told_data()

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
        for state, waiting in orders.grouped(
            lambda order: order._get_waiting_state()
        ).items():
            waiting.write({"state": state})
        self.channel_id._wake("_job_intake")

    # ------------------------------------------------------------- buttons
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
        """Have the newest version fetched, whatever version that is; of a channel that
        can be asked for it."""
        if not self.channel_id._capabilities().fetch:
            return
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

    def _is_unsold(self):
        """Whether it is stopped and nothing was made of it."""
        return self.state == "blocked"

    def _on_exceptions_resolved(self, reason):
        """Hook: a person has dealt with exceptions of these."""

    def _exception_domain(self):
        """The open exceptions of this order."""
        about = Domain("res_model", "=", self._name) & Domain("res_id", "=", self.id)
        shared = Domain("order_ids", "in", self.ids)
        return Domain("state", "=", "open") & (about | shared)

    def _open_as_cause(self):
        return open_form(self._name, self.id)


def naive(moment):
    """Odoo stores UTC without a zone, in whole microseconds."""
    return moment.replace(tzinfo=None) if moment else False
