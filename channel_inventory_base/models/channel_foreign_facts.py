# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelForeignFacts(models.AbstractModel):
    """Facts of positions in a warehouse that another system counts: its own orders, and
    goods on their way to it, as it has reported them. STOCK units.

    Both sides know of some of these. An order that Odoo has told counts once, as
    Odoo's; goods that Odoo has an open receipt for count once, as that. Few warehouses
    tell any of it (``channel.external.stock._tells_foreign``).
    """

    _name = "channel.foreign.facts"
    _description = "Stock Facts of Other Systems"

    def _foreign_facts(self, moves):
        """:param moves: Moves: where to read Odoo's own
        :return: queries of (product_id, warehouse_id, kind, quantity)"""
        return [self._foreign_demand_facts(moves), self._foreign_inbound_facts(moves)]

    def _foreign_demand_facts(self, moves):
        """A row is what orders of the authority itself take, which Odoo does not know:
        what it has reported as allocated, less Odoo's own demand that it knew of by
        then (``channel_known_at``), open or gone since. That is counted as Odoo's.
        """
        return SQL(
            """
            SELECT external.product_id, external.warehouse_id, 'allocated' AS kind,
                   external.allocated - known.quantity AS quantity
              FROM channel_external_stock external
              JOIN stock_warehouse warehouse
                ON warehouse.id = external.warehouse_id
               AND warehouse.channel_authority = 'external'
             CROSS JOIN LATERAL (
                SELECT COALESCE(sum(told.quantity), 0) AS quantity
                  FROM (
                    SELECT opened.quantity FROM (%(opened)s) opened
                     WHERE opened.product_id = external.product_id
                       AND opened.warehouse_id = external.warehouse_id
                       AND opened.kind = 'allocated'
                       AND opened.channel_known_at <= external.allocated_as_of
                    UNION ALL
                    SELECT line.quantity_product_uom
                      FROM stock_move_line line
                      JOIN stock_move move ON move.id = line.move_id
                      JOIN stock_location source ON source.id = line.location_id
                      JOIN stock_location dest ON dest.id = line.location_dest_id
                     WHERE line.product_id = external.product_id
                       AND line.state = 'done'
                       AND line.date > external.allocated_as_of
                       AND move.channel_known_at <= external.allocated_as_of
                       AND %(leaves)s AND %(arrives)s IS NOT TRUE
                  ) told
             ) known
             WHERE external.allocated > 0 AND external.allocated > known.quantity
            """,
            opened=self._outgoing_facts(moves, SQL(", move.channel_known_at")),
            leaves=self._is_sellable("source", SQL("external.warehouse_id")),
            arrives=self._is_sellable("dest", SQL("external.warehouse_id")),
        )

    def _foreign_inbound_facts(self, moves):
        """A row is what the authority says is on its way, and Odoo does not know of.
        What is not to be promised counts twice, as of moves."""
        return SQL(
            """
            SELECT coming.product_id, coming.warehouse_id, counted.kind, coming.quantity
              FROM (%s) coming
              JOIN (VALUES ('in_transit', true), ('in_transit', false),
                           ('dedicated', true)) AS counted (kind, is_doubtful)
                ON counted.is_doubtful = coming.is_doubtful
            """,
            self._foreign_inbound(moves),
        )

    def _foreign_inbound(self, moves):
        """Query of (product_id, warehouse_id, due_date, quantity, is_doubtful): what an
        authority says is on its way to its warehouse, less Odoo's open receipts, which
        may be the same, and less what has come in since.

        Doubtful is what is due nobody knows when, and what was told too long ago.
        """
        return SQL(
            """
            SELECT external.product_id, external.warehouse_id,
                   external.due AS due_date,
                   external.in_transit - known.quantity AS quantity,
                   external.due IS NULL OR external.confidence = 0 AS is_doubtful
              FROM channel_external_stock external
              JOIN stock_warehouse warehouse
                ON warehouse.id = external.warehouse_id
               AND warehouse.channel_authority = 'external'
             CROSS JOIN LATERAL (
                SELECT COALESCE(sum(told.quantity), 0) AS quantity
                  FROM (
                    SELECT inbound.quantity FROM (%(inbound)s) inbound
                     WHERE inbound.product_id = external.product_id
                       AND inbound.warehouse_id = external.warehouse_id
                    UNION ALL
                    SELECT line.quantity_product_uom
                      FROM stock_move_line line
                      JOIN stock_location source ON source.id = line.location_id
                      JOIN stock_location dest ON dest.id = line.location_dest_id
                     WHERE line.product_id = external.product_id
                       AND line.state = 'done' AND line.date > external.as_of
                       AND source.usage <> 'inventory'
                       AND %(arrives)s AND %(leaves)s IS NOT TRUE
                  ) told
             ) known
             WHERE external.in_transit > 0 AND external.in_transit > known.quantity
            """,
            inbound=self._inbound_moves(moves),
            arrives=self._is_sellable("dest", SQL("external.warehouse_id")),
            leaves=self._is_sellable("source", SQL("external.warehouse_id")),
        )
