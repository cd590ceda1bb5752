# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.triggers import create_triggers

from ..db.watches import WATCHES


class ChannelKitChange(models.Model):
    """Outbox of kits whose components may have changed; triggers write it, the planner
    empties it first of all. A row without a product means all kits."""

    _name = "channel.kit.change"
    _description = "Kit to Be Exploded Again"
    _auto = False
    _order = "id"

    product_id = fields.Many2one("product.product", readonly=True)

    def init(self):
        self.env.cr.execute(
            SQL(
                """
                CREATE TABLE IF NOT EXISTS channel_kit_change (
                    id bigserial PRIMARY KEY,
                    product_id integer
                );
                -- kits there are already when the addon is installed
                INSERT INTO channel_kit_change (product_id) VALUES (NULL);
                """
            )
        )
        # at the end, when all the tables they stand on are there
        self.pool.post_init(create_triggers, self.env.cr, WATCHES)
