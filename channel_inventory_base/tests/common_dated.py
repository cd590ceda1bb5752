# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from ..tools.explain import explain


class DatedSetup:
    """Goods that are on their way, and what suppliers say to have."""

    def compare(self, world):
        """The planner comes to the numbers of the reference, and explains each."""
        self.plan()
        levels = self.env["channel.level"].search(
            [("listing_id", "in", self.listings.ids)]
        )
        found = {(each.listing_id.id, each.node_id.id): each.target for each in levels}
        self.assertEqual(found, world.numbers())
        for level in levels:
            self.assertEqual(explain(level.inputs)[-1].result, level.target)

    def shake_dates(self, dice, suppliers_chance):
        """:return: terms of a random backorder rule, and the same for the reference"""
        horizon, lead = dice.choice([(0, 0), (0, 2), (4, 0), (9, 0), (9, 3)])
        suppliers = dice.random() < suppliers_chance
        return (
            {"horizon_days": horizon, "lead_days": lead, "supplier_stock": suppliers},
            {"horizon": horizon, "lead": lead, "suppliers": suppliers},
        )

    def receive_in(self, days, quantity, product=None, warehouse=None):
        warehouse = warehouse or self.warehouse
        due = fields.Datetime.now() + timedelta(days=days)
        move = self.env["stock.move"].create(
            {
                "product_id": (product or self.product).id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "picking_type_id": warehouse.in_type_id.id,
                "date": due,
            }
        )
        move._action_confirm(merge=False)
        move.date = due
        return move

    def supply_in(self, days, quantity, product=None):
        """A vendor who has it, and needs so long to bring it."""
        return self.env["channel.supplier.stock"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Vendor"}).id,
                "product_id": (product or self.product).id,
                "quantity": quantity,
                "lead_days": days,
            }
        )
