# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_position import STORED_MOVES


class _TakenBack(Exception):
    """Ends a savepoint of which nothing is to stay."""


class ChannelCutOverFacts(models.AbstractModel):
    """What is known of a warehouse before another authority counts it. STOCK units.

    What it would have on hand by Odoo's quants is read as the planner reads it: with
    the other authority, in a savepoint that is taken back.
    """

    _name = "channel.cut.over.facts"
    _description = "Facts for Cut-Overs"

    @api.model
    def _get_report_time(self, warehouse):
        """:return: when what is known of the warehouse was last counted, or None"""
        self.env["channel.external.stock"].flush_model()
        [[as_of]] = self.env.execute_query(
            SQL(
                "SELECT max(as_of) FROM channel_external_stock WHERE warehouse_id = %s",
                warehouse.id or 0,
            )
        )
        return as_of

    def _find_products(self, cut_over, limit):
        """:return: ids of the next products that anybody knows of in the warehouse"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id
                  FROM (SELECT product_id FROM channel_external_stock
                         WHERE warehouse_id = %(warehouse)s
                         UNION
                        SELECT quant.product_id FROM stock_quant quant
                          JOIN stock_location place ON place.id = quant.location_id
                         WHERE place.warehouse_id = %(warehouse)s) known
                 WHERE product_id > %(last)s
                 ORDER BY product_id LIMIT %(limit)s
                """,
                warehouse=cut_over.warehouse_id.id,
                last=cut_over.cursor,
                limit=limit,
            )
        )
        return [product_id for [product_id] in rows]

    @api.model
    def _find_differences(self, cut_over, product_ids=None):
        """
        :param product_ids: of these only; of all by default
        :return: {product id: stock units} that Odoo's quants have too little of; {}
            where they are not going to count
        """
        if cut_over.authority != "odoo":
            return {}
        warehouse = cut_over.warehouse_id
        if warehouse.channel_authority != "external":
            return {}
        self.env.flush_all()
        counted = self._read_on_hand(warehouse, product_ids)
        ours = self._read_as(warehouse, "odoo", product_ids)
        # most agree to the unit
        differing = {
            product_id: counted.get(product_id, 0.0) - ours.get(product_id, 0.0)
            for product_id in {*counted, *ours}
            if counted.get(product_id, 0.0) != ours.get(product_id, 0.0)
        }
        products = self.env["product.product"].browse(sorted(differing))
        return {
            product.id: differing[product.id]
            for product in products.filtered("is_storable")
            if not product.uom_id.is_zero(differing[product.id])
        }

    def _read_as(self, warehouse, authority, product_ids):
        """What would be on hand if another authority counted; nothing is changed."""
        result = {}
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.execute_query(
                    SQL(
                        "UPDATE stock_warehouse SET channel_authority = %s "
                        "WHERE id = %s RETURNING id",
                        authority,
                        warehouse.id,
                    )
                )
                result = self._read_on_hand(warehouse, product_ids)
                raise _TakenBack
        except _TakenBack:
            return result

    def _read_on_hand(self, warehouse, product_ids):
        named = SQL("true")
        if product_ids is not None:
            named = SQL("product_id = ANY(%s)", product_ids)
        rows = self.env.execute_query(
            SQL(
                "SELECT product_id, on_hand::float8 FROM channel_position "
                "WHERE warehouse_id = %s AND on_hand <> 0 AND %s",
                warehouse.id,
                named,
            )
        )
        return dict(rows)

    @api.model
    def _find_foreign(self, warehouse):
        """:return: {product id: stock units} of orders that Odoo does not know"""
        if warehouse.channel_authority != "external":
            return {}
        self.env.flush_all()
        positions = self.env["channel.position"]
        rows = self.env.execute_query(
            SQL(
                "SELECT product_id, sum(quantity)::float8 FROM (%s) fact "
                "WHERE warehouse_id = %s GROUP BY product_id",
                positions._foreign_demand_facts(STORED_MOVES),
                warehouse.id,
            )
        )
        return dict(rows)
