# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL

from .. import mapper


class ChannelApiHold(models.Model):
    """Stock that another system has taken for a while, by a reference of its own.

    Its units are ``channel.hold`` rows that end at ``expires_at`` by themselves: what
    has expired counts no more from that moment on, whether or not anybody has swept it.
    """

    _name = "channel.api.hold"
    _description = "API Hold"
    _inherit = ["channel.guarded"]
    _rec_name = "ref"
    _order = "id desc"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    ref = fields.Char(string="Reference", required=True, readonly=True)
    digest = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        [
            ("held", "Held"),
            ("expired", "Expired"),
            ("released", "Released"),
            ("redeemed", "Redeemed by an order"),
        ],
        default="held",
        required=True,
        readonly=True,
    )
    expires_at = fields.Datetime(required=True, readonly=True)
    complete = fields.Boolean(readonly=True, help="All that was asked for is held.")
    lines = fields.Json(readonly=True, help="What was asked for, and what is held.")
    order_ref = fields.Char(string="Redeemed By", readonly=True)
    hold_ids = fields.One2many("channel.hold", "api_hold_id")

    _ref_uniq = models.UniqueIndex("(channel_id, ref)")
    _held_idx = models.Index("(channel_id, expires_at) WHERE state = 'held'")

    # ------------------------------------------------------------- actions
    def action_release(self):
        """A person lets go of it: the other side finds it released."""
        self._require_role("operator")
        # sudo: holds are written by the API, or by this button
        for hold in self.sudo():
            hold._lock()
            if hold._get_state() == "held":
                hold._end("released")
                hold.env["channel.audit"]._log(
                    "operator",
                    hold.channel_id,
                    hold.env._("The API hold %s was released", hold.ref),
                )

    # ------------------------------------------------------------ business
    def _lock(self):
        """Wait for whoever is at it, and read it afresh."""
        self.env.execute_query(
            SQL(
                "SELECT 1 FROM channel_api_hold WHERE id = ANY(%s) FOR UPDATE", self.ids
            )
        )
        self.invalidate_recordset()

    def _get_state(self):
        if self.state == "held" and self.expires_at <= fields.Datetime.now():
            return "expired"
        return self.state

    def _end(self, state, order_ref=False):
        self.hold_ids.filtered(lambda hold: hold.state == "active").write(
            {"state": "released"}
        )
        self.write({"state": state, "order_ref": order_ref})

    def _extend(self, ttl):
        """:param ttl: seconds from now on"""
        until = fields.Datetime.now() + timedelta(seconds=ttl)
        active = self.hold_ids.filtered(lambda hold: hold.state == "active")
        active.write({"expires_at": until})
        self.expires_at = until

    @api.model
    def _sweep(self):
        """Each minute: what has expired is named so."""
        found = self.search(
            [("state", "=", "held"), ("expires_at", "<=", fields.Datetime.now())]
        ).try_lock_for_update()
        # one that was being extended while it was found has not expired
        found.invalidate_recordset()
        found.filtered(lambda hold: hold._get_state() == "expired")._end("expired")

    @api.model
    def _redeem(self, channel, body, order):
        """The stock of an order is held: what was held for its customer before is let
        go, in the same transaction.

        :param body: of the order's event
        """
        ref = mapper.hold_of(body)
        if not ref:
            return
        found = self.search([("channel_id", "=", channel.id), ("ref", "=", ref)])
        found._lock()
        if found.state == "held":
            found._end("redeemed", order.external_id)

    def _as_told(self):
        self.ensure_one()
        return {
            "reference": self.ref,
            "state": self._get_state(),
            "expires_at": self.expires_at.replace(tzinfo=timezone.utc).isoformat(),
            "complete": self.complete,
            "order": self.order_ref or None,
            # in one order of names, whether or not it was just written
            "lines": [
                {name: line[name] for name in ("sku", "node", "requested", "held")}
                | {
                    "places": [
                        {"node": place["node"], "held": place["held"]}
                        for place in line["places"]
                    ]
                }
                for line in self.lines
            ],
        }
