# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL


class ChannelDeduction(models.Model):
    """Units that a channel has deducted from a quantity by its own sales, as far as
    known. Append only.

    Only sums are of interest, so flash sales on one SKU append rows and never wait for
    each other; old rows are compacted into one, which keeps every sum.
    """

    _name = "channel.deduction"
    _description = "Deduction by a Channel"
    _inherit = ["channel.guarded"]
    _log_access = False
    _rec_name = "listing_id"

    listing_id = fields.Many2one(
        "channel.listing", required=True, readonly=True, ondelete="cascade"
    )
    node_id = fields.Many2one(
        "channel.node", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="listing_id.company_id")
    quantity = fields.Integer(
        required=True, readonly=True, help="Sold units; negative when restocked"
    )
    order_line_id = fields.Many2one("channel.order.line", ondelete="set null")
    created_at = fields.Datetime(required=True, readonly=True)

    _pair_idx = models.Index("(listing_id, node_id) INCLUDE (quantity)")

    @api.model
    def _append(self, rows):
        """Record what the channel took more of, or gave back.

        :param rows: tuples (order line, listing, node id, sold units), units never 0
        """
        now = fields.Datetime.now()
        return self.create(
            [
                {
                    "listing_id": listing.id,
                    "node_id": node_id,
                    "quantity": quantity,
                    "order_line_id": line.id,
                    "created_at": now,
                }
                for line, listing, node_id, quantity in rows
            ]
        )

    @api.model
    def _cron_fold(self):
        self._fold(days=1)

    @api.model
    def _fold(self, days):
        """Fold rows older than ``days`` into one a level. Sums do not change."""
        self.env.execute_query(
            SQL(
                """
                WITH old AS (
                    DELETE FROM channel_deduction
                     WHERE created_at < now() AT TIME ZONE 'UTC'
                                      - make_interval(days => %s)
                    RETURNING listing_id, node_id, quantity, created_at
                )
                INSERT INTO channel_deduction
                            (listing_id, node_id, quantity, created_at)
                SELECT listing_id, node_id, sum(quantity), max(created_at)
                  FROM old GROUP BY listing_id, node_id
                HAVING sum(quantity) <> 0
                RETURNING id
                """,
                days,
            )
        )
