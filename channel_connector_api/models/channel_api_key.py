# SPDX-License-Identifier: AGPL-3.0-or-later
import hmac
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.orm.models import NO_ACCESS
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.lib import signature

from ..lib import credentials
from ..lib.problems import Problem

MAX_DAYS = 731
SCOPES = {
    "read": "may_read",
    "explain": "may_explain",
    "orders": "may_order",
    "holds": "may_hold",
}
# What a request asks of its key, read at once and nothing else.
AT_THE_DOOR = [
    *("digest", "revoked_at", "expires_at", "last_used_at", "rate", "channel_id"),
    *SCOPES.values(),
]
USED_SECONDS = 60
"""A key is noted as used once in so many seconds: each request writes no row."""


class ChannelApiKey(models.Model):
    """A bearer key of one channel. Of its secret only a digest is stored.

    A key is made by a wizard, which shows it once. *Rotate* makes the next one and lets
    this one go on for as long as the overlap says, so that no request is refused while
    the other side changes over.
    """

    _name = "channel.api.key"
    _description = "API Key"
    _inherit = ["channel.guarded"]
    _order = "id desc"

    name = fields.Char(required=True)
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    prefix = fields.Char(
        required=True, readonly=True, help="The part of the key by which it is known."
    )
    digest = fields.Char(required=True, readonly=True, groups=NO_ACCESS)
    may_read = fields.Boolean(
        string="Availability", help="Reads numbers, changes and events."
    )
    may_explain = fields.Boolean(
        string="Explanations",
        help="Reads why a number is what it is: stock on hand, buffers and rules.",
    )
    may_order = fields.Boolean(
        string="Orders", help="Places, pays, cancels and follows orders."
    )
    may_hold = fields.Boolean(string="Holds", help="Takes and releases holds.")
    rate = fields.Integer(
        string="Requests a Second",
        default=50,
        required=True,
        help="On the average; twice as many at once after a pause.",
    )
    expires_at = fields.Datetime(required=True, readonly=True)
    revoked_at = fields.Datetime(readonly=True)
    last_used_at = fields.Datetime(readonly=True, help="To the minute")
    next_id = fields.Many2one(
        "channel.api.key", string="Replaced By", readonly=True, ondelete="set null"
    )
    state = fields.Selection(
        [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")],
        compute="_compute_state",
        search="_search_state",
    )

    _prefix_uniq = models.UniqueIndex("(prefix)")
    _rate_possible = models.Constraint(
        "CHECK (rate BETWEEN 1 AND 10000)", "A key may ask 1 to 10,000 times a second."
    )

    @api.depends("revoked_at", "expires_at")
    def _compute_state(self):
        now = fields.Datetime.now()
        for key in self:
            if key.revoked_at:
                key.state = "revoked"
            else:
                key.state = "valid" if key.expires_at > now else "expired"

    @api.model
    def _search_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        now = fields.Datetime.now()
        known = {
            "revoked": [("revoked_at", "!=", False)],
            "valid": [("revoked_at", "=", False), ("expires_at", ">", now)],
            "expired": [("revoked_at", "=", False), ("expires_at", "<=", now)],
        }
        domains = [fields.Domain(known[each]) for each in value if each in known]
        return fields.Domain.OR(domains)

    @api.depends("name", "prefix")
    def _compute_display_name(self):
        for key in self:
            key.display_name = f"{key.name} ({key.prefix}…)"

    # ---------------------------------------------------------------- CRUD
    def init(self):
        # how far a key is into what it may ask: worth nothing after a crash, so it is
        # not logged, and a commit that writes nothing else waits for no disk
        self.env.cr.execute(
            """
            CREATE UNLOGGED TABLE IF NOT EXISTS channel_api_bucket (
                key_id integer PRIMARY KEY, due double precision NOT NULL)
            """
        )

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"rate", *SCOPES.values()}:
            for key in self:
                key._log(
                    self.env._(
                        "API key %(key)s may now: %(scopes)s, %(rate)s requests a "
                        "second",
                        key=key.display_name,
                        scopes=", ".join(key._get_scopes()) or "-",
                        rate=key.rate,
                    )
                )
        return result

    def unlink(self):
        for key in self:
            key._log(self.env._("API key %s was deleted", key.display_name))
        return super().unlink()

    # ------------------------------------------------------------- actions
    def action_revoke(self):
        self._require_role("manager")
        # sudo: when it ends is the buttons' to write
        valid = self.sudo().filtered(lambda key: not key.revoked_at)
        for key in valid:
            key.revoked_at = fields.Datetime.now()
            key._log(self.env._("API key %s was revoked", key.display_name))

    def action_rotate(self):
        """Open the wizard that makes the next one."""
        self.ensure_one()
        self._require_role("manager")
        return self.env["channel.api.key.new"]._open_for(self.channel_id, self)

    # ------------------------------------------------------------ business
    @api.model
    def _make(self, channel, values, days):
        """:return: (record, the key in clear, which nothing keeps)"""
        if not 1 <= days <= MAX_DAYS:
            raise ValidationError(
                self.env._("A key is valid for 1 to %s days.", MAX_DAYS)
            )
        if not any(values.get(name) for name in SCOPES.values()):
            raise UserError(self.env._("Choose what the key may do."))
        text, prefix, digest = credentials.make()
        # sudo: the wizard has checked who asks; keys are made by it alone
        key = self.sudo().create(
            {
                **values,
                "channel_id": channel.id,
                "prefix": prefix,
                "digest": digest,
                "expires_at": fields.Datetime.now() + timedelta(days=days),
            }
        )
        key._log(self.env._("API key %s was made", key.display_name))
        return key, text

    def _end_after(self, hours, successor):
        """Let this key go on for so long beside the one that follows it."""
        self.ensure_one()
        end = fields.Datetime.now() + timedelta(hours=hours)
        self.write({"expires_at": min(self.expires_at, end), "next_id": successor.id})
        self._log(
            self.env._(
                "API key %(old)s is replaced by %(new)s",
                old=self.display_name,
                new=successor.display_name,
            )
        )

    def _log(self, words):
        self.env["channel.audit"]._log("channel", self.channel_id, words)

    # ----------------------------------------------------------- at the door
    @api.model
    def _admit(self, text):
        """Whose request this is.

        :return: the key
        :raise Problem: it is none, or not any more
        """
        if not text:
            raise self._refused("key_missing", self.env._("Send a bearer key."))
        key = self.search_fetch(
            [("prefix", "=", credentials.prefix_of(text))], AT_THE_DOOR, limit=1
        )
        # the same time for all: whether there is such a prefix is nobody's to find out
        known = hmac.compare_digest(key.digest or "0" * 64, signature.digest(text))
        if not (key and known):
            raise self._refused("key_unknown", self.env._("This key is not known."))
        if key.revoked_at:
            raise self._refused("key_revoked", self.env._("This key was revoked."))
        if key.expires_at <= fields.Datetime.now():
            raise self._refused(
                "key_expired",
                self.env._("This key has expired: ask for another one."),
            )
        key._spend()
        key._note_use()
        return key

    def _refused(self, code, words):
        return Problem(
            code, words, headers=[("WWW-Authenticate", 'Bearer realm="channel"')]
        )

    def _spend(self):
        """Count a request, in one statement that all workers share (a leaky bucket as
        a single moment: the generic cell rate algorithm).

        Not the base's bucket, which makes those wait who are asked to: here who comes
        too early is refused, and a refusal must cost next to nothing.

        :raise Problem: there were too many
        """
        every, burst = 1.0 / self.rate, 2.0
        rows = self.env.execute_query(
            SQL(
                """
                WITH clock AS (
                    SELECT EXTRACT(epoch FROM clock_timestamp())::float8 AS now)
                INSERT INTO channel_api_bucket AS bucket (key_id, due)
                SELECT %(key)s, now + %(every)s FROM clock
                ON CONFLICT (key_id) DO UPDATE
                   SET due = GREATEST(bucket.due, (SELECT now FROM clock)) + %(every)s
                 WHERE GREATEST(bucket.due, (SELECT now FROM clock)) + %(every)s
                       <= (SELECT now FROM clock) + %(burst)s
                RETURNING due
                """,
                key=self.id,
                every=every,
                burst=burst,
            )
        )
        if not rows:
            raise Problem(
                "rate_limited",
                self.env._("This key may ask %s times a second.", self.rate),
                headers=[("Retry-After", "1")],
            )

    def _note_use(self):
        limit = fields.Datetime.now() - timedelta(seconds=USED_SECONDS)
        if self.last_used_at and self.last_used_at > limit:
            return
        # a request of the same moment does the same: none waits for it
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_api_key
                   SET last_used_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id = (SELECT id FROM channel_api_key WHERE id = %s
                                FOR UPDATE SKIP LOCKED)
                RETURNING id
                """,
                self.id,
            )
        )
        self.invalidate_recordset(["last_used_at"], flush=False)

    def _get_scopes(self):
        return [scope for scope, name in SCOPES.items() if self[name]]

    def _require_scope(self, scope):
        """:raise Problem: the key may not"""
        if scope and not self[SCOPES[scope]]:
            raise Problem(
                "scope_missing",
                self.env._("This key has not the scope “%s”.", scope),
                scope=scope,
            )
