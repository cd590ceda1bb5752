# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ChannelListingVersion(models.Model):
    """A mapping of a listing: product, period, author and approver.

    The active version is the mapping in effect; a proposed version waits for approval,
    at most one at a time. Retiring a mapping is a version too: one whose listing is not
    matched. Written by ``channel.listing`` only, for any change of the listing.
    """

    _name = "channel.listing.version"
    _description = "Version of a Mapping"
    _inherit = ["channel.controlled"]
    _order = "listing_id, number desc"
    _log_access = False

    listing_id = fields.Many2one(
        "channel.listing", required=True, readonly=True, ondelete="cascade"
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    number = fields.Integer(required=True, readonly=True, string="Version")
    state = fields.Selection(
        selection_add=[("rejected", "Rejected")], ondelete={"rejected": "cascade"}
    )
    listing_state = fields.Selection(
        [
            ("unmapped", "To match"),
            ("review", "To review"),
            ("mapped", "Matched"),
            ("ignored", "Ignored"),
            ("gone", "Deleted on the channel"),
        ],
        required=True,
        readonly=True,
    )
    product_id = fields.Many2one("product.product", readonly=True, ondelete="restrict")
    uom_id = fields.Many2one("uom.uom", readonly=True, string="Unit")
    pack_qty = fields.Float(
        required=True, readonly=True, digits=(16, 6), string="Units per Sold Unit"
    )
    stock_factor = fields.Float(
        readonly=True,
        digits=(16, 6),
        aggregator=None,
        string="Stock Units per Sold Unit",
    )
    match_reason = fields.Char(readonly=True)
    approved_by_id = fields.Many2one("res.users", readonly=True)
    activated_at = fields.Datetime(readonly=True, string="From")
    retired_at = fields.Datetime(readonly=True, string="To")
    outcome = fields.Char(readonly=True, help="Reason for the rejection.")
    changes = fields.Char(compute="_compute_changes")

    _number_uniq = models.UniqueIndex("(listing_id, number)")
    _active_uniq = models.UniqueIndex("(listing_id) WHERE state = 'active'")
    _proposed_uniq = models.UniqueIndex("(listing_id) WHERE state = 'proposed'")

    _pack_positive = models.Constraint(
        "CHECK (pack_qty > 0)", "A sold unit must contain a positive quantity."
    )

    def init(self):
        """Mappings that were made before versions were kept have one, too."""
        self._record(SQL("SELECT id FROM channel_listing"), uid=SQL("write_uid"))

    @api.depends("listing_id", "number")
    def _compute_display_name(self):
        for version in self:
            version.display_name = self.env._(
                "%(listing)s, mapping %(number)s",
                listing=version.listing_id.display_name,
                number=version.number,
            )

    @api.depends("state", "listing_id", "product_id", "uom_id", "pack_qty")
    def _compute_changes(self):
        """A proposal against what is in effect, else against the version before."""
        taken = self.search(
            [
                ("listing_id", "in", self.listing_id.ids),
                ("state", "in", ("active", "retired")),
            ]
        )
        history = taken.grouped("listing_id")
        for version in self:
            before = history.get(version.listing_id, taken.browse()).filtered(
                lambda each, version=version: each.number < version.number
            )
            version.changes = version._get_change_message(before[:1])

    def _get_change_message(self, before):
        if self.listing_state != "mapped":
            return self._get_state_label()
        if before.listing_state != "mapped":
            return self._get_mapping_label()
        parts = []
        if before.product_id != self.product_id:
            parts.append(
                f"{before.product_id.display_name} → {self.product_id.display_name}"
            )
        if (before.pack_qty, before.uom_id) != (self.pack_qty, self.uom_id):
            parts.append(
                self.env._(
                    "%(old)s → %(new)s per sold unit",
                    old=before._get_pack_label(),
                    new=self._get_pack_label(),
                )
            )
        return "; ".join(parts)

    def _get_state_label(self):
        return self._fields["listing_state"].convert_to_export(self.listing_state, self)

    def _get_mapping_label(self):
        """One sold unit is ... of ..."""
        return self.env._(
            "%(pack)s of %(product)s",
            pack=self._get_pack_label(),
            product=self.product_id.display_name,
        )

    def _get_pack_label(self):
        return f"{self.pack_qty:g} {self.uom_id.name or ''}".strip()

    # ------------------------------------------------------------- history
    @api.model
    def _record(self, listed, uid):
        """Give each of ``listed`` whose mapping is another than its version says a new
        version, in effect from now on. A set at a time.

        :param listed: query of listing ids
        :param uid: who did it: a user id, or an expression over ``listing``
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT listing.id FROM channel_listing listing
                  LEFT JOIN channel_listing_version version
                         ON version.listing_id = listing.id AND version.state = 'active'
                 WHERE listing.id IN (%s)
                   AND CASE WHEN listing.state = 'mapped'
                       THEN version.listing_state IS DISTINCT FROM 'mapped'
                            OR (version.product_id, version.uom_id, version.pack_qty,
                                version.stock_factor)
                               IS DISTINCT FROM
                               (listing.product_id, listing.uom_id, listing.pack_qty,
                                listing.stock_factor)
                       ELSE version.listing_state = 'mapped' END
                """,
                listed,
            )
        )
        ids = [listing_id for (listing_id,) in rows]
        if not ids:
            return
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_listing_version
                   SET state = 'retired', retired_at = now() AT TIME ZONE 'UTC'
                 WHERE state = 'active' AND listing_id = ANY(%s) RETURNING id
                """,
                ids,
            )
        )
        self.env.execute_query(
            SQL(
                """
                WITH made AS (
                    INSERT INTO channel_listing_version
                           (listing_id, channel_id, company_id, number, state,
                            listing_state, product_id, uom_id, pack_qty, stock_factor,
                            match_reason, proposed_by_id, proposed_at, approved_by_id,
                            activated_at)
                    SELECT listing.id, listing.channel_id, listing.company_id,
                           1 + COALESCE((SELECT max(number)
                                           FROM channel_listing_version version
                                          WHERE version.listing_id = listing.id), 0),
                           'active', listing.state, listing.product_id, listing.uom_id,
                           listing.pack_qty, listing.stock_factor,
                           CASE WHEN listing.product_id = listing.suggested_product_id
                                THEN listing.match_reason END,
                           %(uid)s, now() AT TIME ZONE 'UTC',
                           %(uid)s, now() AT TIME ZONE 'UTC'
                      FROM channel_listing listing WHERE listing.id = ANY(%(ids)s)
                    RETURNING id, listing_id
                )
                UPDATE channel_listing listing SET version_id = made.id
                  FROM made WHERE made.listing_id = listing.id RETURNING listing.id
                """,
                ids=ids,
                uid=uid,
            )
        )
        self.invalidate_model()
        self.env["channel.listing"].invalidate_model(["version_id", "version_ids"])

    # ------------------------------------------------------------- control
    def _refuse_by_hand(self):
        raise UserError(
            self.env._(
                "Versions of a mapping are its history and never change: edit the "
                "listing instead, which creates a new version."
            )
        )

    def action_propose(self):
        self._refuse_by_hand()

    def action_reopen(self):
        self._refuse_by_hand()

    def action_activate(self):
        """Only what is proposed, as approving it is."""
        if any(version.state != "proposed" for version in self):
            self._refuse_by_hand()
        return super().action_activate()

    def action_retire(self):
        """The listing is to be matched anew."""
        if any(version.state != "active" for version in self):
            self._refuse_by_hand()
        self._require_role("operator")
        self.listing_id.action_reopen()

    def _channel(self):
        return self.channel_id

    def _chatter(self):
        return self.listing_id

    def _is_in_effect(self):
        return self.state == "active"

    def _difference(self):
        return {"mapping": [self.listing_id.version_id.changes or "", self.changes]}

    def _check_complete(self):
        if self.listing_id.state == "gone":
            raise UserError(
                self.env._(
                    "%s was deleted on the channel: reject the proposal.",
                    self.listing_id.display_name,
                )
            )

    def _put_in_effect(self):
        """The listing becomes what was proposed; what waited for that goes on."""
        now = fields.Datetime.now()
        # sudo: no user may write versions, the approval does
        for version in self.sudo():
            version.listing_id.version_id.write({"state": "retired", "retired_at": now})
            version.flush_model(["state"])
            version.write(
                {
                    "state": "active",
                    "proposal": False,
                    "approved_by_id": self.env.uid,
                    "activated_at": now,
                }
            )
            version.listing_id._put_in_effect(version)

    def _end_proposal(self, outcome=""):
        """It is not taken; the mapping in effect stays."""
        # sudo: no user may write versions, whoever rejects or takes back does
        versions = self.sudo()
        versions.write({"state": "rejected", "proposal": False, "outcome": outcome})
        versions.flush_model()
        versions.listing_id.write({"proposal_id": False})
