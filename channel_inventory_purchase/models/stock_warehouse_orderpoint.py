# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from odoo.addons.channel_inventory_base.db.transaction import (
    own_transaction,
    retry_on_conflict,
)

AT_ONCE = 1000


class StockWarehouseOrderpoint(models.Model):
    """Reordering rules know of demand that no transfer tells Odoo of: what orders of
    channels hold before they are confirmed, and what open tills have sold.

    It counts once a warehouse: at the reordering rule of the warehouse's stock
    location, without one at the topmost; which shelf the goods will leave from nobody
    knows yet. What is promised from goods that come in later is taken off no more than
    those goods add.

    ``channel_held`` is the figure that Odoo's stored ones (to order, deadline) were
    computed with. It follows within a minute, so that they do: behind each plan it
    would delay the next number for something that is looked at once a day.
    """

    _name = "stock.warehouse.orderpoint"
    _inherit = ["stock.warehouse.orderpoint", "channel.guarded"]

    channel_held = fields.Float(
        string="Held for Channels",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="Held for orders of channels that are not confirmed yet, and sold at open "
        "points of sale. The forecast is less by as much.",
    )

    @api.depends("channel_held")
    def _compute_qty(self):
        return super()._compute_qty()

    @api.depends("channel_held")
    def _compute_qty_to_order_computed(self):
        return super()._compute_qty_to_order_computed()

    @api.depends("channel_held")
    def _compute_deadline_date(self):
        """What is held is due today: Odoo looks on from what it leaves."""
        on_hand = self._fields["qty_on_hand"]
        held = self._get_channel_held()
        changed = self.browse(orderpoint.id for orderpoint in held)
        for orderpoint, quantity in held.items():
            on_hand._update_cache(orderpoint, orderpoint.qty_on_hand - quantity)
        result = super()._compute_deadline_date()
        changed.invalidate_recordset(["qty_on_hand"], flush=False)
        return result

    def _quantity_in_progress(self):
        quantities = super()._quantity_in_progress()
        for orderpoint, quantity in self._get_channel_held().items():
            quantities[orderpoint.id] -= quantity
        return quantities

    # ------------------------------------------------------------ business
    def _get_channel_held(self):
        """:return: {orderpoint: stock units}, of those that have some to count"""
        places = self._find_speaking()
        if not places:
            return {}
        held, promised = self._read_channel_demand(self.product_id.ids)
        coming = self._read_coming({product for product, _warehouse in promised})
        found = {}
        for orderpoint in self:
            place = places.get(orderpoint._origin.id)
            quantity = held.get(place, 0.0)
            if later := promised.get(place, 0.0):
                due = sum(
                    units
                    for day, units in coming[place]
                    if day <= orderpoint.lead_horizon_date
                )
                quantity += min(later, due)
            if orderpoint.product_id.uom_id.compare(quantity, 0) > 0:
                found[orderpoint] = quantity
        return found

    def _find_speaking(self):
        """:return: {id: (product id, warehouse id)}, one a product and warehouse"""
        orderpoints = self._origin
        if not orderpoints:
            return {}
        orderpoints.flush_model(["product_id", "location_id", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (orderpoint.product_id, place.warehouse_id)
                       orderpoint.id, orderpoint.product_id, place.warehouse_id
                  FROM stock_warehouse_orderpoint orderpoint
                  JOIN stock_location place ON place.id = orderpoint.location_id
                  JOIN stock_warehouse warehouse ON warehouse.id = place.warehouse_id
                 WHERE orderpoint.active AND orderpoint.product_id = ANY(%s)
                 ORDER BY orderpoint.product_id, place.warehouse_id,
                          (place.id = warehouse.lot_stock_id) DESC,
                          cardinality(string_to_array(place.parent_path, '/')),
                          orderpoint.id
                """,
                orderpoints.product_id.ids,
            )
        )
        return {each: tuple(place) for each, *place in rows}

    def _read_channel_demand(self, product_ids):
        """:return: ({(product id, warehouse id): held from stock}, {..: promised from
        what comes in})"""
        self.env["channel.hold"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'held'), 0)::float8,
                       COALESCE(sum(quantity) FILTER (WHERE kind = 'dedicated'), 0
                                )::float8
                  FROM (%s) fact WHERE product_id = ANY(%s)
                 GROUP BY product_id, warehouse_id
                """,
                self._channel_demand_query(),
                list(product_ids),
            )
        )
        held, promised = {}, {}
        for product, warehouse, from_stock, from_inbound in rows:
            held[product, warehouse] = from_stock
            if from_inbound > 0:
                promised[product, warehouse] = from_inbound
        return held, promised

    @api.model
    def _channel_demand_query(self):
        """Query of (product_id, warehouse_id, kind, quantity) of demand that Odoo has
        no move for."""
        position = self.env["channel.position"]
        return SQL(" UNION ALL ").join(
            map(position._open_demand, position._demand_facts())
        )

    def _read_coming(self, product_ids):
        """:return: {(product id, warehouse id): [(day, stock units)]}"""
        coming = defaultdict(list)
        if not product_ids:
            return coming
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, warehouse_id, due_date, quantity::float8
                  FROM (%s) coming WHERE product_id = ANY(%s) AND quantity > 0
                """,
                self.env["channel.inbound"]._unpromised_query(),
                list(product_ids),
            )
        )
        for product, warehouse, day, quantity in rows:
            coming[product, warehouse].append((day, quantity))
        return coming

    # -------------------------------------------------------------- follow
    @api.model
    def _follow_channels(self, product_ids):
        """Bring what is stored up to date with what channels hold of these products."""
        for part in split_every(AT_ONCE, product_ids, list):
            retry_on_conflict(lambda part=part: self._follow_channels_part(part))

    @api.model
    def _follow_channels_part(self, product_ids):
        with own_transaction(self.env) as env:
            # sudo: no person has this done
            orderpoints = env["stock.warehouse.orderpoint"].sudo()
            orderpoints = orderpoints.search([("product_id", "in", product_ids)])
            orderpoints._find_outdated()._follow_held()

    def _find_outdated(self):
        """:return: those whose stored figures were computed with another quantity"""
        held = self._get_channel_held()
        return self.filtered(
            lambda orderpoint: orderpoint.product_uom.compare(
                held.get(orderpoint, 0.0), orderpoint.channel_held
            )
        )

    def _follow_held(self):
        """What is computed from them is computed from rules as they are now: who
        changes one at this moment is waited for, or has to do it again."""
        if not self:
            return
        self.env.execute_query(
            SQL(
                "SELECT id FROM stock_warehouse_orderpoint "
                "WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
                self.ids,
            )
        )
        self.env.invalidate_all()
        held = self._get_channel_held()
        for orderpoint in self:
            orderpoint.channel_held = held.get(orderpoint, 0.0)

    @api.model
    def _follow_channels_all(self):
        """Once a minute: one look finds the products of which another quantity is held
        than their rules were computed with."""
        self.flush_model(["channel_held"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT orderpoint.product_id
                  FROM stock_warehouse_orderpoint orderpoint
                  JOIN stock_location place ON place.id = orderpoint.location_id
                  LEFT JOIN (
                    SELECT product_id, warehouse_id, sum(quantity) AS quantity
                      FROM (%s) fact WHERE kind IN ('held', 'dedicated')
                     GROUP BY product_id, warehouse_id
                  ) demand ON demand.product_id = orderpoint.product_id
                          AND demand.warehouse_id = place.warehouse_id
                 WHERE orderpoint.active
                 GROUP BY orderpoint.product_id, place.warehouse_id, demand.quantity
                HAVING abs(COALESCE(demand.quantity, 0)
                           - sum(COALESCE(orderpoint.channel_held, 0))) > 0.00005
                """,
                self._channel_demand_query(),
            )
        )
        self._follow_channels(sorted({product_id for (product_id,) in rows}))
