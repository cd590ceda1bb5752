from odoo import fields, models, tools
from odoo.tools import SQL


class ChannelPosition(models.Model):
    """Canonical stock position: product x warehouse, in STOCK units. A SQL view.

    ``available = on_hand - allocated - held``; it may be negative, which is a
    shortage. Every row of the inner query is one fact (a quant, an open move, a
    hold) with the column it counts in; nothing but sums happens outside of it, so
    that a condition on the product reaches the indexes of each fact.
    """

    _name = "channel.position"
    _description = "Stock Position"
    _auto = False
    _order = "product_id, warehouse_id"
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    categ_id = fields.Many2one(related="product_id.categ_id")
    on_hand = fields.Float(readonly=True, digits="Product Unit", help="Sellable stock")
    allocated = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="All open demand that leaves the warehouse, reserved or not, counted once "
        "however many steps the delivery has.",
    )
    held = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Demand of orders that are not confirmed in Odoo yet.",
    )
    available = fields.Float(
        readonly=True, digits="Product Unit", help="On hand - allocated - held"
    )
    damaged = fields.Float(readonly=True, digits="Product Unit")
    in_transit = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Open receipts, and goods in receiving or quality control.",
    )
    backorderable = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="In transit and not needed to cover a shortage: what a backorder rule "
        "may promise.",
    )

    def init(self):
        # at the end, when all the tables it stands on are there
        self.pool.post_init(self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL(
                "CREATE VIEW channel_position AS %s",
                self._position_query(),
            )
        )

    def _position_query(self):
        """The facts of ``_facts``, summed by product and warehouse."""
        return SQL(
            """
            SELECT position.product_id::bigint * 1000000 + position.warehouse_id AS id,
                   position.product_id, position.warehouse_id, warehouse.company_id,
                   on_hand, allocated, held, damaged, in_transit,
                   on_hand - allocated - held AS available,
                   GREATEST(0, in_transit + LEAST(0, on_hand - allocated - held))
                       AS backorderable
              FROM (
                SELECT product_id, warehouse_id,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'on_hand'), 0)
                           AS on_hand,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'allocated'), 0)
                           AS allocated,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'held'), 0) AS held,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'damaged'), 0)
                           AS damaged,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'in_transit'), 0)
                           AS in_transit
                  FROM (%s) fact
                 GROUP BY product_id, warehouse_id
              ) position
              JOIN stock_warehouse warehouse ON warehouse.id = position.warehouse_id
            """,
            SQL(" UNION ALL ").join(self._facts()),
        )

    def _facts(self):
        """Queries of (product_id, warehouse_id, kind, quantity); addons add theirs."""
        return [
            self._quant_facts(),
            self._outgoing_facts(),
            self._incoming_facts(),
            self._hold_facts(),
        ]

    def _quant_facts(self):
        """A row is a quant in a location inside a warehouse."""
        return SQL(
            """
            SELECT quant.product_id, location.warehouse_id,
                   CASE location.stock_state
                        WHEN 'damaged' THEN 'damaged'
                        WHEN 'receiving' THEN 'in_transit'
                        WHEN 'quality' THEN 'in_transit'
                        ELSE 'on_hand' END AS kind,
                   quant.quantity
              FROM stock_quant quant
              JOIN stock_location location ON location.id = quant.location_id
             WHERE location.usage = 'internal' AND location.warehouse_id IS NOT NULL
            """
        )

    def _outgoing_facts(self):
        """A row is an open move of sellable goods out of their warehouse for good.

        Deliveries in several steps made by push rules have one open move at a time,
        with the customer as final location. Those made by pull rules have all of them:
        the one that crosses the border counts, the ones that lead to it do not.
        """
        return SQL(
            """
            SELECT move.product_id, source.warehouse_id, 'allocated' AS kind,
                   move.product_qty AS quantity
              FROM stock_move move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location final
                ON final.id = COALESCE(move.location_final_id, move.location_dest_id)
             WHERE move.state IN
                       ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND source.usage IN ('internal', 'view')
               AND source.warehouse_id IS NOT NULL
               AND COALESCE(source.stock_state, 'sellable') = 'sellable'
               AND (final.usage NOT IN ('internal', 'view')
                    OR final.warehouse_id IS DISTINCT FROM source.warehouse_id)
               AND NOT EXISTS (
                    SELECT FROM stock_move_move_rel link
                      JOIN stock_move next ON next.id = link.move_dest_id
                      JOIN stock_location next_source
                        ON next_source.id = next.location_id
                     WHERE link.move_orig_id = move.id
                       AND next.state IN ('waiting', 'confirmed',
                                          'partially_available', 'assigned')
                       AND next_source.warehouse_id = source.warehouse_id)
            """
        )

    def _incoming_facts(self):
        """A row is an open move of goods into a warehouse, the last of a chain."""
        return SQL(
            """
            SELECT move.product_id, final.warehouse_id, 'in_transit' AS kind,
                   move.product_qty AS quantity
              FROM stock_move move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location final
                ON final.id = COALESCE(move.location_final_id, move.location_dest_id)
             WHERE move.state IN
                       ('waiting', 'confirmed', 'partially_available', 'assigned')
               AND final.usage IN ('internal', 'view')
               AND final.warehouse_id IS NOT NULL
               AND (source.usage NOT IN ('internal', 'view')
                    OR source.warehouse_id IS DISTINCT FROM final.warehouse_id)
               AND NOT EXISTS (
                    SELECT FROM stock_move_move_rel link
                      JOIN stock_move next ON next.id = link.move_dest_id
                      JOIN stock_location next_source
                        ON next_source.id = next.location_id
                      JOIN stock_location next_final
                        ON next_final.id = COALESCE(next.location_final_id,
                                                    next.location_dest_id)
                     WHERE link.move_orig_id = move.id
                       AND next.state IN ('waiting', 'confirmed',
                                          'partially_available', 'assigned')
                       AND next_source.warehouse_id
                           IS DISTINCT FROM final.warehouse_id
                       AND next_final.warehouse_id = final.warehouse_id)
            """
        )

    def _hold_facts(self):
        """A row is a hold that has not ended."""
        return SQL(
            """
            SELECT hold.product_id, hold.warehouse_id, 'held' AS kind,
                   hold.stock_quantity AS quantity
              FROM channel_hold hold
             WHERE hold.state = 'active' AND hold.product_id IS NOT NULL
               AND (hold.expires_at IS NULL
                    OR hold.expires_at > now() AT TIME ZONE 'UTC')
            """
        )
