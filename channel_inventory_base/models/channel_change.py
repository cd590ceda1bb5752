# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from ..db.triggers import create_triggers
from ..db.watches import WATCHES


class ChannelChange(models.Model):
    """Change outbox: products, listings and channels to be planned again. Written by
    database triggers.

    Exactly one of product, listing or channel says what changed; the rows are deleted
    by the planner in the transaction that plans them. There are no foreign keys, which
    would cost more than the row itself.
    """

    _name = "channel.change"
    _description = "Change to Be Planned"
    _auto = False
    _order = "id"

    product_id = fields.Many2one("product.product", readonly=True)
    listing_id = fields.Many2one("channel.listing", readonly=True)
    channel_id = fields.Many2one("channel.channel", readonly=True)
    since = fields.Datetime(readonly=True, help="Written at, by the database's clock")
    trace = fields.Char(readonly=True)

    def init(self):
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS channel_change (
                    id bigserial PRIMARY KEY,
                    product_id integer,
                    listing_id integer,
                    channel_id integer,
                    since timestamp NOT NULL
                        DEFAULT (clock_timestamp() AT TIME ZONE 'UTC'),
                    trace varchar
                        DEFAULT NULLIF(current_setting('channel.trace', true), '')
                );
                CREATE INDEX IF NOT EXISTS channel_change_product_idx
                    ON channel_change (product_id);
                CREATE INDEX IF NOT EXISTS channel_change_listing_idx
                    ON channel_change (listing_id) WHERE listing_id IS NOT NULL;
                CREATE INDEX IF NOT EXISTS channel_change_channel_idx
                    ON channel_change (channel_id) WHERE channel_id IS NOT NULL;
                """
            )
        )

        # at the end, when all the tables they stand on are there
        self.pool.post_init(create_triggers, self.env.cr, WATCHES)

    def _wake_planner(self):
        """Plan soon after this transaction, when it commits."""
        self.env["channel.channel"]._after_commit(0, "_job_plan")

    def _set_trace(self, trace):
        """Changes of this transaction, from now on, carry ``trace``."""
        self.env.execute_query(
            SQL("SELECT set_config('channel.trace', %s, true)", trace or "")
        )
