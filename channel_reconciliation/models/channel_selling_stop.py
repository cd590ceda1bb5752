# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from odoo.addons.channel_inventory_base import exceptions, schemas
from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_RECONCILE,
    own_transaction,
    try_lock,
)


class ChannelSellingStop(models.Model):
    """That a channel is told not to sell an item any more when its number is 0.

    Written when that was decided and approved, in the same transaction; sent by the
    channel's job. It may be repeated, so a row whose answer was lost is sent again.
    """

    _name = "channel.selling.stop"
    _description = "Items Not to Be Sold Below Zero"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "listing_id"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    listing_id = fields.Many2one(
        "channel.listing", required=True, readonly=True, ondelete="cascade", index=True
    )
    difference_id = fields.Many2one(
        "channel.reconcile.difference", readonly=True, ondelete="cascade", index=True
    )
    state = fields.Selection(
        [("ready", "To send"), ("done", "Done"), ("rejected", "Refused")],
        default="ready",
        required=True,
        readonly=True,
    )
    message = fields.Char(readonly=True)
    done_at = fields.Datetime(readonly=True)

    _ready_uniq = models.UniqueIndex("(listing_id) WHERE state = 'ready'")

    @api.model
    def _ask(self, differences):
        """Have the items of these differences stopped. :return: the rows"""
        known = self.search(
            [("listing_id", "in", differences.listing_id.ids), ("state", "=", "ready")]
        )
        rows = self.create(
            [
                {
                    "channel_id": each.channel_id.id,
                    "company_id": each.company_id.id,
                    "listing_id": each.listing_id.id,
                    "difference_id": each.id,
                }
                for each in differences
                if each.listing_id not in known.listing_id
            ]
        )
        rows.channel_id._wake("_job_reconcile")
        return rows

    # ---------------------------------------------------------------- send
    @api.model
    def _run(self, channel):
        """Tell a channel what is ready; for the return value see
        ``channel.channel._guarded``."""
        with try_lock(self.env, LOCK_RECONCILE, channel.id) as locked:
            if not locked:
                return False
            size, asked = channel._capabilities().stops_selling, None
            while size and (refs := self._get_ready(channel, size)):
                self._send(channel, refs)
                asked = True
            return asked

    def _get_ready(self, channel, size):
        """:return: {id of a row: schemas.SellingRef}"""
        with own_transaction(self.env) as env:
            rows = env["channel.selling.stop"].search(
                [("channel_id", "=", channel.id), ("state", "=", "ready")],
                order="id",
                limit=size,
            )
            return {
                row.id: schemas.SellingRef(
                    row.listing_id.external_id, row.listing_id.stock_ref
                )
                for row in rows
            }

    def _send(self, channel, refs):
        try:
            results = channel._adapter()._stop_selling(channel, list(refs.values()))
        except exceptions.RejectedError as error:
            results = [
                schemas.SellingResult(ref.external_id, False, str(error))
                for ref in refs.values()
            ]
        found = {each.external_id: each for each in results}
        with own_transaction(self.env) as env:
            for row in env["channel.selling.stop"].browse(refs):
                row._settle(found.get(refs[row.id].external_id))

    def _settle(self, result):
        """:param result: schemas.SellingResult, None where the channel told none"""
        done = bool(result and result.done)
        words = result.message if result else self.env._("The channel told nothing.")
        self.write(
            {
                "state": "done" if done else "rejected",
                "message": words,
                "done_at": fields.Datetime.now(),
            }
        )
        difference = self.difference_id
        if done:
            self.listing_id.sells_below_zero = False
            difference._log(self.env._("it is not sold below zero any more"))
            difference._settle("repaired")
            return
        difference.write({"state": "open", "decision": False, "note": words})
        difference._report(
            "sells_below_zero",
            self.env._(
                "%(channel)s does not stop selling %(item)s out of stock: %(why)s",
                channel=self.channel_id.name,
                item=difference.sku or difference.stock_ref,
                why=words,
            ),
            self.env._(
                "Switch off selling out of stock (backorders) on the channel itself, "
                "or give the connection the permission to write products and decide "
                "again."
            ),
        )
