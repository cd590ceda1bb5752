# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_position import OPEN

# What has come of a purchase line, less what has gone back, beyond what is ordered.
BEYOND_ORDERED = SQL(
    """
    (SELECT COALESCE(sum(done.quantity * done.product_qty
                         / NULLIF(done.product_uom_qty, 0)
                         * CASE WHEN target.usage = 'supplier' THEN -1 ELSE 1 END), 0)
            - ordered.product_uom_qty
       FROM purchase_order_line ordered
       LEFT JOIN stock_move done ON done.purchase_line_id = ordered.id
                                AND done.product_id = ordered.product_id
                                AND done.state = 'done'
       LEFT JOIN stock_location origin ON origin.id = done.location_id
       LEFT JOIN stock_location target ON target.id = done.location_dest_id
      WHERE ordered.id = move.purchase_line_id
        AND (done.id IS NULL OR 'supplier' IN (origin.usage, target.usage))
      GROUP BY ordered.id)
    """
)
# ``move`` is of what its line has ordered, and not of a kit's component.
IS_ORDERED = SQL(
    """
    EXISTS (SELECT FROM purchase_order_line bought
             WHERE bought.id = move.purchase_line_id
               AND bought.product_id = move.product_id)
    """
)
# The line of ``move`` has an open return that was not made of any receipt.
IS_CUT = SQL(
    """
    EXISTS (SELECT FROM stock_move back
              JOIN stock_location vendor ON vendor.id = back.location_dest_id
                                        AND vendor.usage = 'supplier'
             WHERE back.purchase_line_id = move.purchase_line_id
               AND back.product_id = move.product_id
               AND back.state IN %s AND back.origin_returned_move_id IS NULL)
    """,
    OPEN,
)
# What the open receipts of the line bring that come before ``move``.
BEFORE = SQL(
    """
    (SELECT COALESCE(sum(sooner.product_qty), 0)
       FROM stock_move sooner
       JOIN stock_location vendor ON vendor.id = sooner.location_id
                                 AND vendor.usage = 'supplier'
      WHERE sooner.purchase_line_id = move.purchase_line_id
        AND sooner.product_id = move.product_id AND sooner.state IN %s
        AND (sooner.date, sooner.id) < (move.date, move.id))
    """,
    OPEN,
)


class ChannelPosition(models.Model):
    """A purchase order that is cut leaves its receipt as it is, now and then, and gets
    a return of the rest (odoo/odoo#262969). Nothing goes back that has not come: until
    then the return takes nothing from stock, and its receipt brings so much less.

    A return of goods that were there is made of the receipt that has brought them, and
    counts as it stands; so does a line of less than nothing.
    """

    _inherit = "channel.position"

    def _move_columns(self):
        return [*super()._move_columns(), "purchase_line_id", "origin_returned_move_id"]

    def _leaving_quantity(self):
        return SQL(
            """
            CASE WHEN final.usage = 'supplier' AND move.purchase_line_id IS NOT NULL
                      AND move.origin_returned_move_id IS NULL AND %(ordered)s
                 THEN GREATEST(0, LEAST(%(whole)s, %(beyond)s)) ELSE %(whole)s END
            """,
            ordered=IS_ORDERED,
            whole=super()._leaving_quantity(),
            beyond=BEYOND_ORDERED,
        )

    def _coming_quantity(self):
        """The receipt that comes last brings less, then the one before it."""
        return SQL(
            """
            CASE WHEN source.usage = 'supplier' AND move.purchase_line_id IS NOT NULL
                      AND %(cut)s AND %(ordered)s
                 THEN GREATEST(0, LEAST(%(whole)s, -%(beyond)s - %(before)s))
                 ELSE %(whole)s END
            """,
            cut=IS_CUT,
            ordered=IS_ORDERED,
            whole=super()._coming_quantity(),
            beyond=BEYOND_ORDERED,
            before=BEFORE,
        )
