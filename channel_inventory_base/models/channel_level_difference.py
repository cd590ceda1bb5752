# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models, tools
from odoo.tools import SQL

from ..db.published import PUBLISHED
from ..db.views import create_view_at_end
from ..tools.actions import open_form
from .channel_level import EXPECTED_REMOTE


class ChannelLevelDifference(models.Model):
    """Quantities to publish: each level that differs from its target.

    The preview before a channel goes live, and the worklist of a live one. A SQL view,
    so that totals, filters and pages cost the database and never this process. SOLD
    units. Where the channel's quantity is unknown, nothing is sent until it was read:
    these rows have no ``shown``.
    """

    _name = "channel.level.difference"
    _description = "Quantity to Publish"
    _inherit = ["channel.sql.view"]
    _auto = False
    _order = "channel_id, difference, id"
    _rec_name = "listing_id"

    level_id = fields.Many2one("channel.level", readonly=True)
    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    listing_id = fields.Many2one("channel.listing", readonly=True)
    node_id = fields.Many2one("channel.node", readonly=True)
    sku = fields.Char(string="SKU", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    categ_id = fields.Many2one("product.category", string="Category", readonly=True)
    shown = fields.Integer(
        string="Current Quantity",
        readonly=True,
        help="Expected quantity on the channel, in sold units.",
    )
    target = fields.Integer(
        string="New Quantity", readonly=True, help="Target quantity, in sold units."
    )
    difference = fields.Integer(readonly=True)
    direction = fields.Selection(
        [
            ("zero", "Down to zero"),
            ("down", "Down"),
            ("up", "Up"),
            ("unseen", "Not read yet"),
        ],
        string="Change",
        readonly=True,
        help="Not read yet: the channel's quantity is being read; nothing is sent "
        "before that.",
    )

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW channel_level_difference AS %s", self._difference_query())
        )

    def _difference_query(self):
        """A row is a level that is planned and does not show its target."""
        return SQL(
            """
            WITH seen AS (
                SELECT level.*, listing.sku, listing.product_id,
                       CASE WHEN remote.state IN ('known', 'rejected')
                            THEN %(expected)s END AS shown
                  FROM channel_level level
                  JOIN channel_listing listing ON listing.id = level.listing_id
                  JOIN channel_node node ON node.id = level.node_id
                  LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
                 WHERE %(published)s
            )
            SELECT seen.id, seen.id AS level_id, seen.channel_id, seen.company_id,
                   seen.listing_id, seen.node_id, seen.sku, seen.product_id,
                   template.categ_id, seen.shown, seen.target,
                   seen.target - seen.shown AS difference,
                   CASE WHEN seen.shown IS NULL THEN 'unseen'
                        WHEN seen.target > seen.shown THEN 'up'
                        WHEN seen.target = 0 THEN 'zero'
                        ELSE 'down' END AS direction
              FROM seen
              JOIN product_product product ON product.id = seen.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE seen.shown IS DISTINCT FROM seen.target
            """,
            expected=EXPECTED_REMOTE,
            published=PUBLISHED,
        )

    def action_open_level(self):
        self.ensure_one()
        return open_form("channel.level", self.level_id.id)
