from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.tools import mute_logger

from ..lib.one_line import lines

# Category -> hours within which somebody should have acted.
HOURS = {
    "auth": 1,
    "configuration": 4,
    "unknown_sku": 4,
    "fraction": 4,
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
    "privacy": 24 * 25,
}
DEFAULT_HOURS = 24


class ChannelException(models.Model):
    """What a person must decide. One open exception a cause, however often it hits."""

    _name = "channel.exception"
    _description = "Channel Exception"
    _inherit = ["mail.thread", "mail.activity.mixin", "channel.guarded"]
    _order = "state, deadline, id"
    _rec_name = "message"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
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
            ("fraction", "Part of a unit"),
            ("total_mismatch", "Totals differ"),
            ("currency", "Currency"),
            ("tax", "Tax"),
            ("address", "Address"),
            ("phone", "Telephone"),
            ("duplicate", "Ordered twice"),
            ("risk", "High risk"),
            ("payment", "Payment"),
            ("unpaid", "Payment taken back"),
            ("books", "Not invoiced or paid"),
            ("credit", "Credit limit"),
            ("routing", "No warehouse"),
            ("short_stock", "Not in stock"),
            ("test_order", "Test order"),
            ("changed", "Changed after import"),
            ("cancelled_late", "Cancelled after shipping"),
            ("message", "Message refused"),
            ("refund", "Refund"),
            ("shipped_elsewhere", "Shipped elsewhere"),
            ("undelivered", "In no delivery"),
            ("oversold", "Oversold"),
            ("import", "Import failed"),
            ("malformed", "Malformed data"),
            ("level", "Number refused"),
            ("publication", "Publication refused"),
            ("drift", "Changed on the channel"),
            ("refused", "Request refused"),
            ("webhook", "Webhook"),
            ("privacy", "Privacy request"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    key = fields.Char(required=True, readonly=True, help="What makes two the same")
    state = fields.Selection(
        [("open", "Open"), ("resolved", "Resolved"), ("ignored", "Ignored")],
        default="open",
        required=True,
        tracking=True,
    )
    message = fields.Char(required=True, readonly=True)
    suggestion = fields.Char(readonly=True)
    res_model = fields.Char(readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    user_id = fields.Many2one("res.users", string="Owner", tracking=True)
    deadline = fields.Datetime()
    count = fields.Integer(readonly=True, default=1, aggregator="sum")
    last_seen = fields.Datetime(readonly=True)
    resolution = fields.Char(tracking=True)

    _open_uniq = models.UniqueIndex("(channel_id, category, key) WHERE state = 'open'")

    @api.model
    def _report(self, channel, category, key, message, suggestion="", record=None):
        """Open an exception, or count another strike of the one that is open."""
        # sudo: whoever meets a problem may report it
        exceptions = self.sudo()
        domain = [
            ("channel_id", "=", channel.id),
            ("category", "=", category),
            ("key", "=", key),
            ("state", "=", "open"),
        ]
        found = exceptions.search(domain, limit=1)
        values = {
            "message": lines(message),
            "suggestion": suggestion,
            "last_seen": fields.Datetime.now(),
        }
        if found:
            found.write(dict(values, count=found.count + 1))
            return found
        values.update(
            channel_id=channel.id,
            category=category,
            key=key,
            res_model=record._name if record else False,
            res_id=record.id if record else False,
            user_id=channel.exception_user_id.id,
            deadline=fields.Datetime.now()
            + timedelta(hours=HOURS.get(category, DEFAULT_HOURS)),
        )
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                return exceptions.create(values)
        except UniqueViolation:
            # another worker has reported the same in this very moment
            return exceptions

    @api.model
    def _is_open(self, channel, key, message):
        """Whether people are told exactly that already."""
        # sudo: whoever meets a problem may find out
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

    # ------------------------------------------------------------- resolve
    def _resolve(self, how):
        # sudo: the cause is gone, whoever removed it
        self.sudo().write({"state": "resolved", "resolution": how})

    @api.model
    def _resolve_for(self, channel, categories):
        self._resolve_domain(
            [("channel_id", "=", channel.id), ("category", "in", categories)]
        )

    @api.model
    def _resolve_keys(self, channel, keys):
        self._resolve_domain([("channel_id", "=", channel.id), ("key", "in", keys)])

    @api.model
    def _resolve_record(self, record):
        """All but what ends itself: what is about money, and units in no delivery."""
        self._resolve_domain(
            [
                ("res_model", "=", record._name),
                ("res_id", "in", record.ids),
                ("category", "not in", ("books", "unpaid", "undelivered")),
            ]
        )

    def _resolve_domain(self, domain):
        # sudo: the cause is gone, whoever removed it
        found = self.sudo().search([("state", "=", "open"), *domain])
        found._resolve(self.env._("The cause is gone."))

    @api.model
    def _count_open(self, model, ids):
        groups = self._read_group(
            [("res_model", "=", model), ("res_id", "in", ids), ("state", "=", "open")],
            ["res_id"],
            ["__count"],
        )
        return dict(groups)

    # ------------------------------------------------------------- buttons
    def action_retry(self):
        """Try again what failed, where its record knows how."""
        for exception in self:
            record = exception._record()
            if record is not None and hasattr(record, "action_retry"):
                record.action_retry()
        self.action_resolve()

    def action_resolve(self):
        self.write({"state": "resolved"})

    def action_ignore(self):
        self.write({"state": "ignored"})

    def action_take(self):
        self.write({"user_id": self.env.uid})

    def action_open_record(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    def _record(self):
        if self.res_model not in self.env:
            return None
        return self.env[self.res_model].browse(self.res_id).exists() or None
