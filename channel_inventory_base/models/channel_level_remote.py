# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class ChannelLevelRemote(models.Model):
    """The known quantity of a level on its channel. One row per level.

    ``base_qty + base_deducted`` is constant while the channel only sells: whatever it
    sells moves from the number shown to the sum of deductions. So
    ``expected_remote = base_qty + base_deducted - deductions now``, whenever a sale
    becomes known: before the send, between send and answer, or later.

    Writers: the publisher for rows that are known or rejected, the observer for rows
    that are missing, unknown or stale. They never meet on a row. A look around may turn
    known into stale, as a refused publication does, where nothing is on its way; so may
    the catalogue, where another listing's figure counts from now on, and a person who
    has told the channel a number by hand.
    """

    _name = "channel.level.remote"
    _description = "Remote State of a Level"
    _inherit = ["channel.guarded"]
    _rec_name = "level_id"
    _log_access = False

    level_id = fields.Many2one(
        "channel.level", required=True, readonly=True, ondelete="cascade"
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    state = fields.Selection(
        [
            ("unknown", "Not read yet"),
            ("known", "Known"),
            ("stale", "Rejected as stale"),
            ("rejected", "Rejected"),
        ],
        required=True,
        readonly=True,
    )
    base_qty = fields.Integer(required=True, readonly=True, help="In sold units")
    base_deducted = fields.Integer(
        required=True, readonly=True, help="Deductions included in the base quantity"
    )
    acked_at = fields.Datetime(readonly=True)
    # indexed for retention: without it each publication that is removed would be looked
    # for in all levels
    publication_id = fields.Many2one(
        "channel.publication", readonly=True, index="btree_not_null"
    )
    seen_sum = fields.Integer(
        readonly=True, help="Observed quantity plus deductions: a candidate base"
    )
    seen_at = fields.Datetime(readonly=True)

    _level_uniq = models.UniqueIndex("(level_id)")
    _unsettled_idx = models.Index("(channel_id) WHERE state IN ('unknown', 'stale')")
