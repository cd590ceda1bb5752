# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from .channel_order_stage import MOVING

NOTED = "channel.order.owed"
AT_ONCE = 200
"""So many orders are settled in one recovery; the others have their turn next time."""


class ChannelOrderOwed(models.AbstractModel):
    """Undelivered units of confirmed orders, and whether they are in a delivery.

    A sold unit is shipped, in an open transfer, or held. When a user cancels a
    transfer, refuses a backorder, deletes a move or lowers a demand, units still wanted
    by the channel are held again in the same transaction, and an exception is raised.

    Checked once, right before the commit: a delivery that is cancelled and recreated in
    one transaction owes nothing in between. Changes missed by the hooks are found by
    the minute's recovery.
    """

    _name = "channel.order.owed"
    _description = "Units Owed by Channel Orders"

    # ---------------------------------------------------------------- notice
    @api.model
    def _note(self, orders):
        """Something happened to deliveries of ``orders``: look before the commit."""
        if not orders:
            return
        data = self.env.cr.precommit.data
        if NOTED not in data:
            data[NOTED] = set()
            # sudo: a user who cancels a transfer need not have rights on channels
            self.env.cr.precommit.add(self.sudo()._settle_noted)
        data[NOTED].update(orders.ids)

    def _settle_noted(self):
        ids = self.env.cr.precommit.data.pop(NOTED, ())
        self._settle(self.env["channel.order"].browse(sorted(ids)).exists())

    @api.model
    def _settle_forgotten(self):
        """Deliveries that were changed without a hook noticing."""
        self._settle(self.env["channel.order"].browse(self._find_forgotten()))

    # ---------------------------------------------------------------- settle
    @api.model
    def _settle(self, orders):
        """Hold undelivered units that are in no delivery and report them, or undo
        that."""
        for order in orders:
            if order.sale_order_id.state in ("sale", "cancel") and order.data:
                order._lock()
                order.line_ids._note_missing()
                order.line_ids._hold(order, order._get_data())
                self._report_owed(order)
                self.env["channel.order.ending"]._settle(order)
        orders._refresh_stage()

    def _report_owed(self, order):
        key = f"order:{order.id}:undelivered"
        missing = order.line_ids.filtered("undelivered_quantity")
        exceptions = self.env["channel.exception"]
        if not missing:
            exceptions._resolve_keys(order.channel_id, [key])
            return
        exceptions._report_once(
            order.channel_id,
            "undelivered",
            key=key,
            record=order,
            message=self.env._(
                "%(order)s: sold, but in no delivery any more: %(lines)s. The units "
                "are held.",
                order=order.name,
                lines=", ".join(
                    f"{line.undelivered_quantity} × {line.sku or line.title}"
                    for line in missing
                ),
            ),
            suggestion=self.env._(
                "On the order press Deliver Again, or Cancel the Rest if the customer "
                "should not receive them."
            ),
        )

    # ------------------------------------------------------------------ find
    def _find_forgotten(self):
        """Ids of confirmed orders that owe more than is in transfers and holds.

        A kit's line has moves of other products: of those, where a move was cancelled
        and nothing is held, the line itself is asked.
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                WITH sold AS (
                    -- a row a line of a sale order that is confirmed and not finished
                    SELECT own.id AS order_id, line.id, line.product_id,
                           line.channel_order_line_id AS own_line_id,
                           line.product_uom_qty * unit.factor / base.factor AS ordered
                      FROM channel_order own
                      JOIN sale_order_line line ON line.order_id = own.sale_order_id
                      JOIN uom_uom unit ON unit.id = line.product_uom_id
                      JOIN product_product product ON product.id = line.product_id
                      JOIN product_template template
                        ON template.id = product.product_tmpl_id
                      JOIN uom_uom base ON base.id = template.uom_id
                     WHERE own.stage = ANY(%(stages)s)
                       AND line.channel_order_line_id IS NOT NULL
                       AND line.state = 'sale' AND template.type = 'consu'
                ),
                carried AS (
                    -- what has left, and what the last open move of each chain carries
                    SELECT sold.id,
                           bool_or(move.product_id <> sold.product_id) AS is_kit,
                           bool_or(move.state = 'cancel') AS is_cancelled,
                           sum(CASE
                               WHEN move.state = 'done' AND dest.usage = 'customer'
                                AND source.usage <> 'customer'
                               THEN move.quantity * unit.factor / base.factor
                               WHEN move.state NOT IN ('done', 'cancel')
                                AND source.usage <> 'customer'
                                AND NOT EXISTS (
                                    SELECT FROM stock_move_move_rel chain
                                      JOIN stock_move later
                                        ON later.id = chain.move_dest_id
                                     WHERE chain.move_orig_id = move.id
                                       AND later.state NOT IN ('done', 'cancel'))
                               THEN move.product_qty ELSE 0 END) AS units
                      FROM sold
                      JOIN stock_move move ON move.sale_line_id = sold.id
                      JOIN stock_location source ON source.id = move.location_id
                      JOIN stock_location dest ON dest.id = move.location_dest_id
                      JOIN uom_uom unit ON unit.id = move.product_uom
                      JOIN product_product product ON product.id = move.product_id
                      JOIN product_template template
                        ON template.id = product.product_tmpl_id
                      JOIN uom_uom base ON base.id = template.uom_id
                     GROUP BY sold.id
                )
                SELECT DISTINCT sold.order_id
                  FROM sold
                  JOIN carried ON carried.id = sold.id
                  JOIN channel_order_line own ON own.id = sold.own_line_id
                 CROSS JOIN LATERAL (%(handed_over)s) handed_over
                 WHERE (own.open_quantity > 0 OR own.undelivered_quantity > 0)
                   AND CASE WHEN carried.is_kit THEN carried.is_cancelled
                       ELSE sold.ordered - carried.units - handed_over.units > 1e-6 END
                   AND (NOT EXISTS (
                            SELECT FROM channel_hold hold
                             WHERE hold.order_line_id = own.id
                               AND hold.state = 'active')
                     OR NOT EXISTS (
                            SELECT FROM channel_exception told
                             WHERE told.res_model = 'channel.order'
                               AND told.res_id = sold.order_id
                               AND told.category = 'undelivered'
                               AND told.state = 'open'))
                 ORDER BY 1 LIMIT %(limit)s
                """,
                stages=list(MOVING),
                limit=AT_ONCE,
                handed_over=self._handed_over_query(),
            )
        )
        return [order_id for (order_id,) in rows]

    def _handed_over_query(self):
        """Units of the product of ``sold`` that tills have handed over: see
        ``sale.order.line._count_handed_over``."""
        if "pos_order_line_ids" not in self.env["sale.order.line"]._fields:
            return SQL("SELECT 0 AS units")
        return SQL(
            """
            SELECT GREATEST(COALESCE(sum(rung.qty), 0), 0) AS units
              FROM pos_order_line rung
              JOIN pos_order paid ON paid.id = rung.order_id
             WHERE paid.state NOT IN ('draft', 'cancel')
               AND (rung.sale_order_line_id = sold.id
                    OR rung.refunded_orderline_id IN (
                       SELECT id FROM pos_order_line
                        WHERE sale_order_line_id = sold.id))
            """
        )
