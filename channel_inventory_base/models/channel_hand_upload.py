# SPDX-License-Identifier: AGPL-3.0-or-later
import base64
import csv
import io

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..db.published import PUBLISHED
from .channel_level import EXPECTED_REMOTE

COLUMNS = ("SKU", "Item", "Location", "Location Id", "Quantity")


class ChannelHandUpload(models.Model):
    """Quantities that a person tells a channel whose API is down.

    How it works: a file has what would be published at that moment. When a person says
    that it was uploaded, its quantities are *told by hand, not confirmed*: what the
    channel shows is doubted, so that it is read before anything is sent again
    (``channel.level.remote``, by the observer). The next file has only what has changed
    since. That ends when the channel was read, or has taken another quantity; what it
    has sold meanwhile is no drift.
    """

    _name = "channel.hand.upload"
    _description = "Quantities Published by Hand"
    _inherit = ["channel.guarded"]
    _order = "id desc"

    name = fields.Char(string="File Name", required=True, readonly=True)
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    state = fields.Selection(
        [
            ("exported", "Exported"),
            ("uploaded", "Told by hand"),
            ("dropped", "Not used"),
        ],
        default="exported",
        required=True,
        readonly=True,
    )
    user_id = fields.Many2one("res.users", string="Exported By", readonly=True)
    uploaded_at = fields.Datetime(readonly=True)
    data = fields.Binary(string="File", attachment=True, readonly=True)
    line_ids = fields.One2many("channel.hand.upload.line", "upload_id", readonly=True)
    line_count = fields.Integer(string="Quantities", compute="_compute_counts")
    unconfirmed_count = fields.Integer(
        string="Not Confirmed",
        compute="_compute_counts",
        help="Told by hand, and not seen on the channel since.",
    )

    @api.depends("line_ids", "state")
    def _compute_counts(self):
        for upload in self:
            upload.line_count = len(upload.line_ids)
            upload.unconfirmed_count = len(
                upload.line_ids.filtered(lambda line: line.state == "told")
            )

    # -------------------------------------------------------------- export
    @api.model
    def _export(self, channel):
        """What would be published now, as a file.

        :raise UserError: there is nothing to publish
        """
        self.env.flush_all()
        rows = self.env.execute_query(self._get_query(channel))
        if not rows:
            raise UserError(
                self.env._(
                    "%s shows every quantity as it should be, as far as is known: "
                    "there is nothing to tell it.",
                    channel.name,
                )
            )
        now = fields.Datetime.now()
        # sudo: operators export; only this model writes what was exported
        upload = self.sudo().create(
            {
                "name": f"quantities-{channel.id}-{now:%Y%m%d-%H%M%S}.csv",
                "channel_id": channel.id,
                "user_id": self.env.uid,
                "data": base64.b64encode(self._write_file(rows)),
                "line_ids": [
                    (0, 0, {"level_id": row[0], "quantity": row[5]}) for row in rows
                ],
            }
        )
        upload._log(self.env._("%s: exported to be told by hand", upload.name))
        return upload.sudo(False)

    @api.model
    def _get_query(self, channel):
        """A row is a level whose target is another number than the channel has: by
        what was last told by hand and not confirmed, else by what is known.

        As for a publication nothing is raised while a change waits to be planned, or a
        person has to decide. Nor is what several channels share: how much of it they
        show has to be known, and what is told by hand is not.
        """
        publisher = self.env["channel.publisher"]
        shown = SQL(
            "COALESCE(hand.quantity, CASE WHEN remote.state IN ('known', 'rejected') "
            "THEN %s END)",
            EXPECTED_REMOTE,
        )
        falls = SQL("level.target < %s", shown)
        return SQL(
            """
            SELECT level.id, listing.sku, listing.stock_ref, node.name,
                   node.external_id, level.target
              FROM channel_level level
              JOIN channel_listing listing ON listing.id = level.listing_id
              JOIN channel_node node ON node.id = level.node_id
              LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
              LEFT JOIN LATERAL (
                    SELECT line.quantity FROM channel_hand_upload_line line
                     WHERE line.level_id = level.id AND line.state = 'told'
                       AND (remote.acked_at > line.told_at) IS NOT TRUE
                     ORDER BY line.told_at DESC, line.id DESC LIMIT 1) hand ON true
             WHERE level.channel_id = %(channel)s AND %(published)s
               AND level.target IS DISTINCT FROM %(shown)s
               AND (%(falls)s OR level.share_state IS NULL AND NOT (%(unplanned)s))
               AND %(decided)s
             ORDER BY listing.sku, node.name, level.id
            """,
            channel=channel.id,
            published=PUBLISHED,
            shown=shown,
            falls=falls,
            unplanned=SQL(" OR ").join(publisher._unplanned_conditions()),
            decided=publisher._get_decided_condition(),
        )

    @api.model
    def _write_file(self, rows):
        """:return: bytes of a CSV"""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        writer.writerows(row[1:] for row in rows)
        return text.getvalue().encode()

    # ------------------------------------------------------------- actions
    def action_uploaded(self):
        """The file was uploaded: what the channel shows is doubted until it is read."""
        self.ensure_one()
        self._require_role("operator")
        self._require_open()
        # sudo: operators tell what they have done; only this model writes it
        own, now = self.sudo(), fields.Datetime.now()
        own.write({"state": "uploaded", "uploaded_at": now})
        own.line_ids._note_told(now)
        own.line_ids._doubt()
        own._log(self.env._("%s: uploaded by hand", self.name))
        self.channel_id._wake("_job_observe")

    def action_drop(self):
        """The file was not used: nothing was told."""
        self.ensure_one()
        self._require_role("operator")
        self._require_open()
        # sudo: as above
        self.sudo().state = "dropped"
        self.sudo()._log(self.env._("%s: not used", self.name))

    def _require_open(self):
        """:raise UserError: it was said what became of it, or is said right now"""
        # sudo: operators say it; only this model writes it
        if self.sudo().try_lock_for_update() != self:
            raise UserError(
                self.env._(
                    "Another user is changing the same records right now. Try again in "
                    "a moment."
                )
            )
        if self.state != "exported":
            raise UserError(self.env._("%s is no longer open.", self.name))

    def _log(self, message):
        self.env["channel.audit"]._log(
            "operator", self.channel_id, message, record=self
        )
