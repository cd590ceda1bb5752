# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL

from ..const import ORDER_KINDS, PENDING


class ChannelReportFigure(models.Model):
    _inherit = "channel.report.figure"

    kind = fields.Selection(selection_add=[("drift", "Differs from the channel")])

    def _get_figures(self):
        return {
            **super()._get_figures(),
            "drift": SQL(
                """
                SELECT found.id, found.first_seen, found.channel_id, found.company_id,
                       COALESCE(found.warehouse_id, place.warehouse_id),
                       COALESCE(found.product_id, listing.product_id), NULL::int,
                       abs(COALESCE(found.stock_units,
                                    found.units * COALESCE(listing.stock_factor, 1))),
                       found.value::numeric, 'channel.reconcile.difference', found.id
                  FROM channel_reconcile_difference found
                  LEFT JOIN channel_listing listing ON listing.id = found.listing_id
                  LEFT JOIN (%s) place ON place.node_id = found.node_id
                 WHERE found.state = ANY(%s) AND found.kind <> ALL(%s)
                """,
                self._place_query(),
                list(PENDING),
                list(ORDER_KINDS),
            ),
        }
