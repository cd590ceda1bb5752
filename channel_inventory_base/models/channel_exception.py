# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from datetime import timedelta

from psycopg2.errors import SerializationFailure, UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

from ..lib.one_line import lines
from ..tools.actions import open_form
from ..tools.duration import format_duration

# Category -> hours within which an operator should have acted.
HOURS = {
    "auth": 1,
    "configuration": 4,
    "unknown_sku": 4,
    "fraction": 4,
    "pack": 4,
    "price": 8,
    "window": 4,
    "total_mismatch": 4,
    "currency": 8,
    "tax": 8,
    "malformed": 8,
    "cancelled_late": 4,
    "message": 4,
    "shipped_elsewhere": 4,
    "undelivered": 4,
    "risk": 8,
    "duplicate": 4,
    "short_stock": 8,
    "routing": 8,
    "unpaid": 4,
    "books": 24,
    "health": 1,
    "service": 4,
    "privacy": 24 * 25,
}
DEFAULT_HOURS = 24
# Categories that are ended by who has found them, not by an import that went well.
OWN_ENDING = (
    "books",
    "unpaid",
    "oversold",
    "late_receipt",
    "undelivered",
    "window",
)
# Categories whose orders are not stopped: there is nothing to try again.
NO_RETRY = ("oversold", "late_receipt")


class ChannelException(models.Model):
    """A decision for an operator. One open exception per cause, however often it
    occurs.

    A cause that stops many orders (a listing without a product, a rate without a tax)
    is one exception with its orders under it: it closes when the last of them is
    released. A retry closes nothing: the deadline runs until the cause is fixed.
    """

    _name = "channel.exception"
    _description = "Channel Exception"
    _inherit = ["mail.thread", "mail.activity.mixin", "channel.guarded"]
    _order = "state, deadline, id"
    _rec_name = "message"

    channel_id = fields.Many2one(
        "channel.channel",
        readonly=True,
        ondelete="restrict",
        index=True,
        help="Empty: it is about the company's stock, whatever channel sells it.",
    )
    company_id = fields.Many2one(
        "res.company",
        compute="_compute_company_id",
        store=True,
        index=True,
        precompute=True,
        required=True,
        # the server's all the same: it tells it of those without a channel
        readonly=False,
    )
    category = fields.Selection(
        [
            ("auth", "Authentication"),
            ("configuration", "Configuration"),
            ("health", "Health"),
            ("webhooks", "Webhooks"),
            ("listing", "Listings"),
            ("job", "Background job"),
            ("unknown_sku", "Unknown SKU"),
            ("fraction", "Fractional quantity"),
            ("pack", "Pack differs"),
            ("price", "Price differs"),
            ("total_mismatch", "Totals differ"),
            ("currency", "Currency"),
            ("tax", "Tax"),
            ("address", "Address"),
            ("phone", "Phone number"),
            ("duplicate", "Possible duplicate"),
            ("risk", "High risk"),
            ("payment", "Payment"),
            ("unpaid", "Payment reversed"),
            ("books", "Not invoiced or paid"),
            ("credit", "Credit limit"),
            ("routing", "No warehouse"),
            ("short_stock", "Not in stock"),
            ("test_order", "Test order"),
            ("changed", "Changed after import"),
            ("cancelled_late", "Cancelled after shipping"),
            ("message", "Notification rejected"),
            ("refund", "Refund"),
            ("shipped_elsewhere", "Shipped elsewhere"),
            ("undelivered", "Undelivered units"),
            ("window", "Ship window"),
            ("oversold", "Oversold"),
            ("import", "Import failed"),
            ("malformed", "Malformed data"),
            ("level", "Quantity rejected"),
            ("publication", "Publication rejected"),
            ("drift", "Changed on the channel"),
            ("stock_report", "Stock report"),
            ("refused", "Request rejected"),
            ("webhook", "Webhook"),
            ("privacy", "Privacy request"),
            ("service", "Service level"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    guide_id = fields.Many2one("channel.guide", compute="_compute_guide_id")
    key = fields.Char(required=True, readonly=True, help="Deduplication key")
    state = fields.Selection(
        [("open", "Open"), ("resolved", "Resolved"), ("ignored", "Ignored")],
        default="open",
        required=True,
        readonly=True,
        tracking=True,
    )
    message = fields.Char(required=True, readonly=True)
    suggestion = fields.Char(readonly=True)
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True
    )
    order_ids = fields.Many2many(
        "channel.order",
        "channel_exception_order_rel",
        "exception_id",
        "order_id",
        string="Orders",
        readonly=True,
        help="Orders blocked or left short by this cause.",
    )
    retried_at = fields.Datetime(readonly=True, help="Retried, with no result yet.")
    user_id = fields.Many2one("res.users", string="Owner", tracking=True)
    deadline = fields.Datetime()
    count = fields.Integer(readonly=True, default=1, aggregator="sum")
    last_seen = fields.Datetime(readonly=True)
    resolution = fields.Char(readonly=True, tracking=True)
    due_text = fields.Char(
        string="Due", compute="_compute_is_late", help="Time left, or time overdue."
    )
    order_count = fields.Integer(compute="_compute_order_count")
    is_late = fields.Boolean(compute="_compute_is_late")
    can_retry = fields.Boolean(compute="_compute_can_retry")
    _open_uniq = models.UniqueIndex("(channel_id, category, key) WHERE state = 'open'")
    _open_company_uniq = models.UniqueIndex(
        "(company_id, category, key) WHERE state = 'open' AND channel_id IS NULL"
    )

    @api.depends("channel_id.company_id")
    def _compute_company_id(self):
        """That of its channel; without one it is told when it is reported."""
        for exception in self:
            company = exception.channel_id.company_id
            exception.company_id = company or exception.company_id

    @api.depends("state", "deadline")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for exception in self:
            deadline = exception.deadline
            is_open = exception.state == "open" and deadline
            exception.is_late = bool(is_open and deadline < now)
            exception.due_text = is_open and exception._get_due_label(deadline - now)

    @api.depends("category")
    def _compute_guide_id(self):
        found = self.env["channel.guide"].search(
            [("category", "in", self.mapped("category"))]
        )
        by_category = found.grouped("category")
        for exception in self:
            exception.guide_id = by_category.get(exception.category)

    @api.depends("order_ids")
    def _compute_order_count(self):
        for exception in self:
            exception.order_count = len(exception.order_ids)

    @api.depends("res_model", "order_ids", "category")
    def _compute_can_retry(self):
        """Whether the record it is about knows how to try again."""
        for exception in self:
            known = exception.res_model in self.env
            exception.can_retry = exception.category not in NO_RETRY and (
                bool(exception.order_ids)
                or known
                and hasattr(self.env[exception.res_model], "action_retry")
            )

    # ---------------------------------------------------------------- CRUD
    def _server_fields(self):
        return super()._server_fields() | {"company_id"}

    def write(self, vals):
        if vals.get("user_id") and not self.env.su:
            self._check_owner(self.env["res.users"].browse(vals["user_id"]))
        return super().write(vals)

    # ------------------------------------------------------------- actions
    def action_retry(self):
        """Try again what failed, where its record knows how. What is open stays open,
        with its clock and its deadline, until the cause is gone."""
        self._require_role("operator")
        # sudo: fields of the system
        opened = self.filtered(lambda each: each.state == "open")
        opened.sudo().retried_at = fields.Datetime.now()
        for exception in opened:
            exception._retry()
        return self.env["channel.channel"]._notify_user(
            self.env._("Retrying"),
            self.env._(
                "Exceptions whose cause is fixed close automatically; the others stay "
                "open."
            ),
            "info",
        )

    def action_resolve(self):
        """Ask what was done about it."""
        return self._ask_reason("resolved")

    def action_ignore(self):
        return self._ask_reason("ignored")

    def action_take(self):
        self.write({"user_id": self.env.uid})

    def action_open_guide(self):
        self.ensure_one()
        return open_form(
            "channel.guide", self.guide_id.id, name=self.env._("Guide"), target="new"
        )

    def action_open_record(self):
        self.ensure_one()
        return open_form(self.res_model, self.res_id)

    def action_open_orders(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_order_action"
        )
        domain = [("id", "in", self._get_orders().ids)]
        return dict(action, domain=domain, context={})

    def action_match_listings(self):
        """The listings it is about; the lines, when the channel has none for them."""
        self.ensure_one()
        listings = self.env["channel.listing"]
        if self.res_model == listings._name:
            listings = listings.browse(self.res_id).exists()
        else:
            orders = self._get_orders()
            if any(line._is_unlisted() for line in orders.line_ids):
                return orders[:1].action_match_lines()
            listings = orders.line_ids.listing_id
        if not listings:
            return self.action_open_orders()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_listing_review_action"
        )
        return dict(action, domain=[("id", "in", listings.ids)], context={})

    # ------------------------------------------------------------ business
    @api.model
    def _report(
        self,
        channel,
        category,
        key,
        message,
        suggestion="",
        record=None,
        orders=None,
        company=None,
    ):
        """Open an exception, or count another strike of the one that is open.

        :param channel: an empty one for what concerns a company's stock
        :param orders: orders that the cause stops: of a cause that several may have
        :param company: whose it is, where there is no channel
        """
        # sudo: any user who meets a problem may report it
        exceptions = self.sudo()
        found = exceptions.search(
            [
                *self._get_whose_domain(channel, company),
                ("category", "=", category),
                ("key", "=", key),
                ("state", "=", "open"),
            ],
            limit=1,
        )
        values = {
            "message": lines(message),
            "suggestion": suggestion,
            "last_seen": fields.Datetime.now(),
            "retried_at": False,
            "order_ids": [Command.link(order.id) for order in orders or ()],
        }
        if found:
            if record and record._name == found.res_model:
                # of several it is about the newest
                values["res_id"] = record.id
            found.write(dict(values, count=found.count + 1))
            return found
        values.update(
            self._prepare_first_vals(channel, category, record, company), key=key
        )
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                return exceptions.create(values)
        except UniqueViolation as error:
            if orders:
                # its orders must not be left out: with a newer picture it is found
                raise SerializationFailure(str(error)) from error
            # another worker has reported the same in this very moment
            return exceptions

    @api.model
    def _get_whose_domain(self, channel, company=None):
        """Those of a channel, or those of a company that concern none."""
        if not channel and not company:
            return [(0, "=", 1)]
        domain = [("channel_id", "=", channel.id)]
        return domain if channel else [*domain, ("company_id", "=", company.id)]

    def _prepare_first_vals(self, channel, category, record, company=None):
        company = channel.company_id or company
        owner = channel.exception_user_id or company.channel_exception_user_id
        return {
            "channel_id": channel.id,
            "company_id": company.id,
            "category": category,
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
            "user_id": owner.id,
            "deadline": fields.Datetime.now()
            + timedelta(hours=HOURS.get(category, DEFAULT_HOURS)),
        }

    @api.model
    def _report_once(self, channel, category, key, message, **options):
        """As ``_report``, for who looks again and again: nothing where people are told
        exactly that already."""
        if not self._is_open(channel, key, message):
            self._report(channel, category, key, message, **options)

    def _is_open(self, channel, key, message):
        """Whether people are told exactly that already."""
        # sudo: any user who meets a problem may find it
        return bool(
            self.sudo().search_count(
                [
                    ("channel_id", "=", channel.id),
                    ("key", "=", key),
                    ("message", "=", message),
                    ("state", "=", "open"),
                ],
                limit=1,
            )
        )

    # --------------------------------------------------------------- owner
    def _check_owner(self, owner):
        """The new owner is notified of the exception's content by mail.

        :raise UserError: a user who may not see it
        """
        for channel in self.channel_id:
            channel._check_owner(owner)
        for company in self.filtered(lambda each: not each.channel_id).company_id:
            company._check_channel_owner(owner)

    # ------------------------------------------------------------- resolve
    def _resolve(self, how):
        # sudo: the cause was fixed, no matter by which user
        self.sudo().write({"state": "resolved", "resolution": how, "retried_at": False})

    @api.model
    def _resolve_keys(self, channel, keys, company=None):
        """:param company: whose they are, where there is no channel"""
        whose = self._get_whose_domain(channel, company)
        self._resolve_domain([*whose, ("key", "in", keys)])

    @api.model
    def _resolve_record(self, record):
        """All but what is ended by who has found it."""
        self._resolve_domain(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", record.ids),
                ("category", "not in", OWN_ENDING),
            ]
        )
        if record._name == "channel.order":
            self._leave(record, [("category", "not in", OWN_ENDING)])

    @api.model
    def _leave(self, orders, domain):
        """These orders have the causes of ``domain`` no longer; one that stops no
        order any more is gone."""
        # sudo: the cause was fixed, no matter by which user
        found = self.sudo().search(
            [("state", "=", "open"), ("order_ids", "in", orders.ids), *domain]
        )
        for exception in found:
            exception.order_ids -= orders
        found.filtered(lambda each: not each.order_ids)._resolve(
            self.env._("The cause was fixed.")
        )

    def _resolve_domain(self, domain):
        # sudo: the cause was fixed, no matter by which user
        found = self.sudo().search([("state", "=", "open"), *domain])
        found._resolve(self.env._("The cause was fixed."))

    @api.model
    def _count_open(self, orders):
        """:return: order id -> exceptions that are open about it"""
        about = self._read_group(
            [
                ("res_model", "=", orders._name),
                ("res_id", "in", orders.ids),
                ("state", "=", "open"),
            ],
            ["res_id"],
            ["__count"],
        )
        counts = Counter(dict(about))
        shared = [("state", "=", "open"), ("order_ids", "in", orders.ids)]
        for exception in self.search(shared):
            counts.update((exception.order_ids & orders).ids)
        return counts

    # --------------------------------------------------------------- cause
    def _get_orders(self):
        """All orders that these exceptions are about."""
        about = self.filtered(lambda each: each.res_model == "channel.order")
        orders = self.env["channel.order"].browse(about.mapped("res_id")).exists()
        return self.order_ids | orders

    def _find_standing(self):
        """In words, why these are not over; "" when nothing here speaks against it."""
        unsold = self._get_orders().filtered(lambda order: order._is_unsold())
        if unsold:
            return self.env._(
                "Blocked by this and not sold yet: %(orders)s. Fix the cause and "
                "press Retry, override the check where possible, or cancel the order "
                "on the channel. If it was entered manually, tick Entered Manually.",
                orders=self._get_orders_label(unsold),
            )
        return ""

    @api.model
    def _get_orders_label(self, orders, most=5):
        names = ", ".join(orders[:most].mapped("name"))
        if len(orders) > most:
            return self.env._(
                "%(names)s and %(count)s more", names=names, count=len(orders) - most
            )
        return names

    # ------------------------------------------------------------- buttons
    @api.model
    def _note_retry(self, records):
        """These are tried again: what is open about them ends when that went well."""
        # sudo: a field of the system
        self.sudo().search(
            [
                ("state", "=", "open"),
                ("res_model", "=", records._name),
                ("res_id", "in", records.ids),
            ]
        ).retried_at = fields.Datetime.now()

    def _retry(self):
        record = self._record()
        if hasattr(record, "_of_same_cause"):
            record = record._of_same_cause()
        if self.order_ids:
            self.order_ids.action_retry()
        elif record is not None and hasattr(record, "action_retry"):
            record.action_retry()
        elif self.res_model and record is None:
            self._resolve(self.env._("Its record was deleted."))
        else:
            # sudo: nothing was tried
            self.sudo().retried_at = False

    def _ask_reason(self, state):
        wizard = self.env["channel.exception.close"].create(
            {"exception_ids": [Command.set(self.ids)], "state": state}
        )
        return open_form(
            wizard._name,
            wizard.id,
            name=self.env._("Resolution")
            if state == "resolved"
            else self.env._("Why Is It Ignored?"),
            target="new",
        )

    def _check_open(self):
        """:raise UserError: one is closed: what was done about it is not for the next
        person to write anew"""
        if closed := self.filtered(lambda each: each.state != "open"):
            raise UserError(
                self.env._("“%s” is closed already.", closed[0].display_name)
            )

    def _close(self, state, reason):
        """A person says that these are over.

        :raise UserError: without a reason, or the cause of one still stands
        """
        if not (reason or "").strip():
            raise UserError(
                self.env._("Enter what was done about it, or why nothing was done.")
            )
        if state == "resolved" and (why := self._find_standing()):
            raise UserError(why)
        self.check_access("write")
        # sudo: what ends an exception is the buttons' to write
        self.sudo().write({"state": state, "resolution": reason, "retried_at": False})
        if state == "resolved":
            self._get_orders()._on_exceptions_resolved(reason)

    def _record(self):
        if self.res_model not in self.env:
            return None
        return self.env[self.res_model].browse(self.res_id).exists() or None

    def _get_due_label(self, left):
        """:param left: time until the deadline, negative when that has passed"""
        words = format_duration(self.env, abs(left.total_seconds()))
        if left.total_seconds() < 0:
            return self.env._("%s late", words)
        return self.env._("in %s", words)
