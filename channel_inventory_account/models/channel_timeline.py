# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.labels import label_of


class ChannelTimeline(models.Model):
    """Invoices and credit notes in an order's history."""

    _inherit = "channel.timeline"

    @api.model
    def _get_sources(self):
        return (*super()._get_sources(), *SOURCES)

    def _get_getters(self):
        return super()._get_getters() | {"account.move": self._get_move_message}

    def _get_move_message(self, row, detail):
        """An invoice that has no number yet is named by what it is."""
        kind = label_of(self.env["account.move"], "move_type", detail["move_type"])
        return detail["name"] or detail["ref"] or kind


# See those of the sale addon.
SOURCES = (
    (
        "here",
        "document",
        SQL(
            """
            SELECT move.id, move.create_date, sale.channel_order_id,
                   jsonb_build_object('name', move.name, 'ref', move.ref,
                                      'move_type', move.move_type), move.state,
                   'account.move', move.id
              FROM sale_order sale
              JOIN sale_order_line line ON line.order_id = sale.id
              JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = line.id
              JOIN account_move_line item ON item.id = rel.invoice_line_id
              JOIN account_move move ON move.id = item.move_id
             WHERE sale.channel_order_id IS NOT NULL
             GROUP BY move.id, sale.channel_order_id
            """
        ),
    ),
)
