# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

WATCHED = 200
"""Deliveries that are told in one run."""
PREFIX = "edi_945:"
"""How the keys of these exceptions begin."""


class ChannelEdiOverdueAdvices(models.AbstractModel):
    """Deliveries that a warehouse was told to ship (940), and has reported nothing of.

    Its software has acknowledged them, so nobody would look: the goods stand there, or
    have left and are still counted here. Each is told once; it ends when the delivery
    is done or called off, in whatever way.
    """

    _name = "channel.edi.overdue.advices"
    _description = "Overdue Shipping Advices"

    @api.model
    def _watch(self):
        """Recovery, run every minute."""
        warehouses = self.env["stock.warehouse"].search(
            [("edi_channel_id", "!=", False)]
        )
        for warehouse in warehouses:
            channel = warehouse.edi_channel_id
            self.env["channel.exception"]._resolve_keys(
                channel, self._find_ended(channel)
            )
            if warehouse.edi_advice_hours > 0:
                for picking_id, sent_at in self._find_overdue(warehouse):
                    picking = self.env["stock.picking"].browse(picking_id)
                    self._report(warehouse, picking, sent_at)

    def _find_overdue(self, warehouse):
        """:return: [(id of a transfer, when the warehouse was told)], the oldest first.
        What is left of a delivery that came in part is owed since that part left."""
        channel = warehouse.edi_channel_id
        agreements = self.env["channel.edi.agreement"]._get_all_of_channel(channel.id)
        return self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE open AS (
                    SELECT picking.id, picking.id AS part, picking.backorder_id,
                           picking.name, picking.create_date AS since
                      FROM stock_picking picking
                      JOIN stock_picking_type type
                        ON type.id = picking.picking_type_id
                     WHERE type.warehouse_id = %(warehouse)s
                       AND type.code = 'outgoing'
                       AND picking.state NOT IN ('done', 'cancel')
                     UNION ALL
                    -- the delivery that it is the rest of, by whose number it is known
                    SELECT open.id, earlier.id, earlier.backorder_id, earlier.name,
                           open.since
                      FROM open
                      JOIN stock_picking earlier ON earlier.id = open.backorder_id
                )
                SELECT open.id, max(document.sent_at) AS sent_at
                  FROM open
                  JOIN channel_edi_document document
                    ON document.agreement_id = ANY(%(agreements)s)
                   AND document.business_key = open.name
                   AND document.kind = '940' AND document.direction = 'out'
                   AND document.state = 'sent'
                 WHERE NOT EXISTS (
                           SELECT FROM channel_exception told
                            WHERE told.channel_id = %(channel)s
                              AND told.key = %(prefix)s || open.id)
                 GROUP BY open.id
                HAVING GREATEST(max(document.sent_at), max(open.since))
                       < now() AT TIME ZONE 'UTC' - %(hours)s * interval '1 hour'
                 ORDER BY sent_at LIMIT %(limit)s
                """,
                warehouse=warehouse.id,
                agreements=agreements.ids,
                channel=channel.id,
                prefix=PREFIX,
                hours=warehouse.edi_advice_hours,
                limit=WATCHED,
            )
        )

    def _find_ended(self, channel):
        """:return: keys of exceptions of what is not owed any more"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT told.key
                  FROM channel_exception told
                  JOIN stock_picking picking ON picking.id = told.res_id
                 WHERE told.channel_id = %s AND told.state = 'open'
                   AND told.category = 'edi_warehouse' AND starts_with(told.key, %s)
                   AND told.res_model = 'stock.picking'
                   AND picking.state IN ('done', 'cancel')
                """,
                channel.id,
                PREFIX,
            )
        )
        return [key for [key] in rows]

    def _report(self, warehouse, picking, sent_at):
        self.env["channel.exception"]._report(
            warehouse.edi_channel_id,
            "edi_warehouse",
            key=f"{PREFIX}{picking.id}",
            record=picking,
            message=self.env._(
                "%(warehouse)s was told on %(when)s to ship %(picking)s, and has "
                "reported nothing of it since.",
                warehouse=warehouse.name,
                when=sent_at,
                picking=picking.name,
            ),
            suggestion=self.env._(
                "Ask whether it has left: then have its advice (945) sent again, or "
                "validate the delivery by hand. It ends when the delivery is done or "
                "cancelled."
            ),
        )
