# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL


class ChannelStockSnapshot(models.AbstractModel):
    """What another system says lies in a warehouse at a time, beside what Odoo has as
    of that time. STOCK units.

    A count and the movements since are as of the times when they happened, not of when
    they were told: a snapshot of an hour ago is compared with Odoo's stock of an hour
    ago, whatever was posted since.
    """

    _name = "channel.stock.snapshot"
    _description = "Stock Snapshots of Other Systems"

    # ---------------------------------------------------------------- hooks
    @api.model
    def _begin(self, warehouse, counted, as_of, complete):
        """Hook: a count of an external authority is about to replace the last one.

        :param counted: {product id: (on hand, damaged)}
        :param as_of: naive UTC
        :return: what ``_end`` is given
        """
        return None

    @api.model
    def _end(self, begun, report):
        """Hook: it was stored, as a ``channel.stock.report``."""

    @api.model
    def _take(self, warehouse, counted, as_of, complete, source, stock=None):
        """Hook: another system has told what is in a warehouse that Odoo counts; for
        the parameters see ``_begin``.

        :param stock: as ``_get_at`` gives it for that time, where that is known
        :return: whether that is to be concluded from; one that is not believable as a
            whole is told to a person
        """
        return True

    # ---------------------------------------------------------------- stock
    @api.model
    def _keep_stocked(self, counted):
        """
        :param counted: {product id: ..}
        :return: those of it that Odoo keeps stock of: of a service there is none that
            a count could differ from
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product.id FROM product_product product
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE product.id = ANY(%s) AND template.is_storable
                """,
                list(counted),
            )
        )
        stocked = {product_id for [product_id] in rows}
        return {key: told for key, told in counted.items() if key in stocked}

    @api.model
    def _get_at(self, warehouse, moment, product_ids=None):
        """Stock of a warehouse that Odoo counts.

        :param moment: naive UTC
        :param product_ids: those that are wanted, None for all
        :return: {product id: sellable quantity in the warehouse at ``moment``}, 0 for
            what was never there
        """
        self.env["stock.quant"].flush_model()
        self.env["stock.move.line"].flush_model()
        wanted = SQL()
        if product_ids is not None:
            wanted = SQL("AND product_id = ANY(%s)", product_ids)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, sum(quantity)::float8
                  FROM (SELECT product_id, quantity FROM stock_quant
                         WHERE location_id = ANY(%(places)s) %(wanted)s
                         UNION ALL
                        SELECT product_id, quantity_product_uom
                               * ((location_id = ANY(%(places)s))::int
                                  - (location_dest_id = ANY(%(places)s))::int)
                          FROM stock_move_line
                         WHERE state = 'done' AND date > %(moment)s
                           AND (location_id = ANY(%(places)s)
                                OR location_dest_id = ANY(%(places)s))
                           %(wanted)s) moved
                 GROUP BY product_id
                """,
                places=self._get_places(warehouse).ids,
                moment=moment,
                wanted=wanted,
            )
        )
        return defaultdict(float, rows)

    def _get_places(self, warehouse):
        return self.env["stock.location"].search(
            [
                ("location_id", "child_of", warehouse.view_location_id.id),
                ("usage", "=", "internal"),
                ("stock_state", "=", "sellable"),
            ]
        )

    @api.model
    def _get_counted_at(self, warehouse, moment):
        """Stock of a warehouse that is counted externally: its last count, with what
        has moved from then up to ``moment`` (naive UTC).

        :return: {product id: (on hand, damaged)} of products counted before it
        """
        self.env["channel.external.stock"].flush_model()
        self.env["stock.move.line"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT external.product_id, external.on_hand + COALESCE(sum(
                           line.quantity_product_uom
                           * ((line.location_dest_id = ANY(%(places)s))::int
                              - (line.location_id = ANY(%(places)s))::int)), 0)::float8,
                       external.damaged::float8
                  FROM channel_external_stock external
                  LEFT JOIN stock_move_line line
                    ON line.product_id = external.product_id AND line.state = 'done'
                   AND line.date > external.as_of AND line.date <= %(moment)s
                   AND (line.location_id = ANY(%(places)s)
                        OR line.location_dest_id = ANY(%(places)s))
                   -- an adjustment brings Odoo's figure to the count
                   AND NOT EXISTS (
                       SELECT FROM stock_location place
                        WHERE place.usage = 'inventory'
                          AND place.id IN (line.location_id, line.location_dest_id)
                          AND NOT EXISTS (SELECT FROM stock_move told
                                           WHERE told.id = line.move_id
                                             AND told.channel_told))
                 WHERE external.warehouse_id = %(warehouse)s
                   AND external.as_of <= %(moment)s
                 GROUP BY external.id
                """,
                warehouse=warehouse.id,
                moment=moment,
                places=self._get_places(warehouse).ids,
            )
        )
        return {product_id: (on_hand, damaged) for product_id, on_hand, damaged in rows}
