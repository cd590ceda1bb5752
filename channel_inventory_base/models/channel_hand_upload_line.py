# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from .channel_level import DEDUCTED


class ChannelHandUploadLine(models.Model):
    """One quantity of a file that a person has uploaded, in sold units.

    ``deducted``: deductions known when it was told, so that later sales explain why the
    channel shows less.
    """

    _name = "channel.hand.upload.line"
    _description = "Quantity Published by Hand"
    _inherit = ["channel.guarded"]
    _order = "id"
    _rec_name = "level_id"
    _log_access = False

    upload_id = fields.Many2one(
        "channel.hand.upload",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    channel_id = fields.Many2one(
        related="upload_id.channel_id", store=True, index=True, precompute=True
    )
    company_id = fields.Many2one(related="upload_id.company_id")
    level_id = fields.Many2one(
        "channel.level", required=True, readonly=True, ondelete="cascade", index=True
    )
    quantity = fields.Integer(readonly=True)
    state = fields.Selection(
        [
            ("exported", "Exported"),
            ("told", "Told by hand, not confirmed"),
            ("seen", "Read on the channel since"),
        ],
        default="exported",
        required=True,
        readonly=True,
    )
    told_at = fields.Datetime(readonly=True)
    deducted = fields.Integer(readonly=True)

    _told_idx = models.Index("(level_id) WHERE state = 'told'")

    def _note_told(self, moment):
        self.flush_recordset()
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_hand_upload_line line
                   SET state = 'told', told_at = %(moment)s, deducted = %(deducted)s
                  FROM channel_level level
                 WHERE level.id = line.level_id AND line.id = ANY(%(ids)s)
                RETURNING line.id
                """,
                moment=moment,
                deducted=DEDUCTED,
                ids=self.ids,
            )
        )
        self.invalidate_recordset()

    def _doubt(self):
        """What is known of these levels is of before: it has to be read."""
        remotes = self.env["channel.level.remote"].search(
            [("level_id", "in", self.level_id.ids)]
        )
        self.env["channel.observer"]._make_stale(remotes.ids)

    @api.model
    def _explain(self, level_id, shown, deducted):
        """Whether what a channel shows was told by hand, less what it has sold since.

        :param shown: as it was read, twice
        :param deducted: deductions known by then
        """
        last = self.search(
            [("level_id", "=", level_id), ("state", "=", "told")],
            order="told_at desc, id desc",
            limit=1,
        )
        if not last:
            return False
        # what was sold before it was told, and is known only now, is in the file
        sold = deducted - last.deducted
        return last.quantity - sold <= shown <= last.quantity

    @api.model
    def _settle(self, level_ids):
        """What these levels show is known again, whatever was told by hand."""
        told = self.search([("level_id", "in", level_ids), ("state", "=", "told")])
        told.state = "seen"

    @api.model
    def _settle_taken(self):
        """Once a minute: of these the channel has taken another number since."""
        self.env.flush_all()
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_hand_upload_line line SET state = 'seen'
                  FROM channel_level_remote remote
                 WHERE remote.level_id = line.level_id AND line.state = 'told'
                   AND remote.acked_at > line.told_at
                RETURNING line.id
                """
            )
        )
        self.invalidate_model()
