# SPDX-License-Identifier: AGPL-3.0-or-later
from .common import ChannelCase


class PositionCase(ChannelCase):
    """10 pieces on hand; ``check`` compares the position after an operation."""

    def sell(self, quantity):
        order = self.env["sale.order"].create(
            {
                "partner_id": self.env.ref("base.partner_admin").id,
                "warehouse_id": self.warehouse.id,
                "order_line": [
                    (
                        0,
                        0,
                        {"product_id": self.product.id, "product_uom_qty": quantity},
                    )
                ],
            }
        )
        order.action_confirm()
        return order

    def buy(self, quantity):
        purchase = self.env["purchase.order"].create(
            {
                "partner_id": self.env.ref("base.partner_admin").id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_qty": quantity,
                            "price_unit": 1,
                        },
                    )
                ],
            }
        )
        purchase.button_confirm()
        return purchase

    def done(self, picking, quantity=None):
        picking.action_assign()
        for move in picking.move_ids:
            move.quantity = move.product_uom_qty if quantity is None else quantity
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def move(self, source, destination, quantity=4, confirm=True, **values):
        """A move of the product between two locations, confirmed."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "picking_type_id": self.warehouse.int_type_id.id,
                **values,
            }
        )
        return move._action_confirm(merge=False) if confirm else move

    def move_done(self, move, quantity=None):
        move._action_assign()
        move.quantity = move.product_uom_qty if quantity is None else quantity
        move.picked = True
        return move._action_done()

    def place(self, name):
        return self.env.ref(f"stock.stock_location_{name}")

    def position_at(self, warehouse, product=None):
        self.env.flush_all()
        self.env["channel.position"].invalidate_model()
        return self.env["channel.position"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("warehouse_id", "=", warehouse.id),
            ]
        )

    def promised(self, warehouse=None):
        """What is inbound and may be promised, by the view of dates."""
        self.env.flush_all()
        self.env["channel.inbound"].invalidate_model()
        rows = self.env["channel.inbound"].search(
            [
                ("product_id", "=", self.product.id),
                ("warehouse_id", "=", (warehouse or self.warehouse).id),
            ]
        )
        return sum(rows.mapped("quantity"))

    def check(self, **expected):
        position = self.position
        for name, value in expected.items():
            self.assertEqual(position[name], value, name)
        self.assertEqual(
            position.available,
            position.on_hand - position.allocated - position.held - position.doubted,
        )
        # two views of one thing
        self.assertEqual(self.promised(), position.in_transit - position.dedicated)
