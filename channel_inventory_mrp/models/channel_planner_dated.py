from odoo import models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.models.channel_planner_partial import SERVED


class ChannelPlanner(models.AbstractModel):
    """Dated backorder rules: how many more kits there are with what comes of their
    components in time."""

    _inherit = "channel.planner"

    def _dated_queries(self, products):
        """Kits in the place of what comes of themselves."""
        promises = super()._dated_queries(products)
        kits, parts = self._listed_kits(products)
        if not kits:
            return promises
        own = SQL(
            """
            SELECT promise.* FROM (%s) promise
             WHERE NOT EXISTS (
                   SELECT FROM channel_kit_component kit
                     JOIN dated_term term ON term.company_id = kit.company_id
                    WHERE term.term_id = promise.term_id
                      AND kit.product_id = promise.product_id)
            """,
            SQL(" UNION ALL ").join(promises),
        )
        return [own, self._kit_dated_query(kits, parts)]

    def _kit_dated_query(self, kits, parts):
        """What each warehouse makes with what is due there, less what it makes without.

        Nobody has said where suppliers will deliver: all of it comes to one warehouse,
        where it makes the most. So a promise can be kept, whatever else lies where.
        """
        return SQL(
            """
            SELECT made.term_id, served.pool, made.product_id,
                   (sum(made.due - made.available) + max(made.supplied - made.due)
                   )::float8 AS quantity
              FROM (%(made)s) made
              JOIN %(served)s served ON served.warehouse_id = made.warehouse_id
             GROUP BY made.term_id, served.pool, made.product_id
            """,
            made=self._made_query(
                SQL("= ANY(%s::int[])", kits),
                self._dated_stock_query(SQL("= ANY(%s::int[])", parts)),
                ("available", "due", "supplied"),
                keys=("term_id",),
            ),
            served=SERVED,
        )

    def _dated_stock_query(self, parts):
        """Query of (term_id, product_id, warehouse_id, available, due, supplied): of a
        component what is there; with what is due in time; with what suppliers have as
        well. STOCK units of the component."""
        return SQL(
            """
            SELECT term_id, product_id, warehouse_id, sum(available) AS available,
                   sum(available) + sum(due) AS due,
                   sum(available) + sum(due) + sum(supplied) AS supplied
              FROM (
                SELECT term.term_id, stock.product_id, stock.warehouse_id,
                       stock.available, 0::float8 AS due, 0::float8 AS supplied
                  FROM (SELECT product_id, warehouse_id,
                               COALESCE(sum(available), 0) AS available
                          FROM (%(flows)s) flow
                         GROUP BY product_id, warehouse_id) stock
                  JOIN stock_warehouse warehouse ON warehouse.id = stock.warehouse_id
                  JOIN dated_term term ON term.company_id = warehouse.company_id
                UNION ALL
                SELECT term_id, product_id, warehouse_id, 0, quantity, 0
                  FROM (%(due)s) due
                UNION ALL
                SELECT supplied.term_id, supplied.product_id, served.warehouse_id,
                       0, 0, supplied.quantity
                  FROM (%(supplied)s) supplied
                  JOIN (SELECT DISTINCT company_id, warehouse_id
                          FROM %(served)s pool) served USING (company_id)
              ) fact
             GROUP BY term_id, product_id, warehouse_id
            """,
            flows=SQL(" UNION ALL ").join(self._flow_queries(parts)),
            due=self._due_query(parts),
            supplied=self._supplied_query(parts),
            served=SERVED,
        )
