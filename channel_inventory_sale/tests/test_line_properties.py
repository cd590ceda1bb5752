# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common_messages import Sold
from .common_order import OrderCase


def asked(**words):
    return tuple(schemas.PropertyData(label, value) for label, value in words.items())


@tagged("post_install", "-at_install")
class TestLineProperties(OrderCase, Sold):
    """What a customer has asked for of a line is seen by who sells and who packs."""

    def _sell(self, properties, listing=None, **values):
        line = self._line(listing or self.lamp, 2, "10.00", properties=properties)
        data = self._data(line, total="20.00", **values)
        return data, self._import(data)

    def _ask(self, data, **words):
        line = replace(data.lines[0], properties=asked(**words))
        version = data.version + timedelta(minutes=1)
        return replace(data, lines=(line,), version=version)

    def test_properties_are_in_the_sale_order_and_on_the_transfer(self):
        _data, order = self._sell(asked(Engraving="For Ann", Font="Gill Sans"))
        self.assertImported(order, "20.00")
        line = order.sale_order_id.order_line
        text = "Engraving: For Ann\nFont: Gill Sans"
        self.assertEqual(order.line_ids.properties, text)
        self.assertTrue(line.name.endswith(text), line.name)
        self.assertIn("Lamp", line.name)
        self.assertIn(text, line.move_ids.description_picking)

    def test_packer_sees_them_in_each_step_and_without_rights_on_channels(self):
        self.warehouse.delivery_steps = "pick_pack_ship"
        _data, order = self._sell(asked(Engraving="For Ann"))
        picker = self.env["res.users"].create(
            {
                "name": "Picker",
                "login": "picker",
                "group_ids": [(6, 0, [self.env.ref("stock.group_stock_user").id])],
            }
        )
        moves = order.sale_order_id.order_line.move_ids.with_user(picker)
        self.assertTrue(moves)
        for move in moves:
            self.assertIn("For Ann", move.description_picking)

    def test_line_without_any_is_described_as_ever(self):
        _data, order = self._sell(())
        line = order.sale_order_id.order_line
        self.assertEqual(line.name, self.lamp.product_id.display_name)
        self.assertNotIn(":", line.move_ids.description_picking or "")

    def test_lines_of_one_product_keep_each_its_own(self):
        lines = [
            self._line(self.lamp, 1, "10.00", properties=asked(Name=name))
            for name in ("Ann", "Bo")
        ]
        order = self._import(self._data(*lines, total="20.00"))
        moves = order.sale_order_id.picking_ids.move_ids
        self.assertEqual(len(moves), 2)
        for move, name in zip(moves.sorted("id"), ("Ann", "Bo"), strict=True):
            self.assertIn(f"Name: {name}", move.description_picking)

    def test_changed_properties_follow_a_quotation_and_a_confirmed_order(self):
        for payment in ("pending", "paid"):
            data, order = self._sell(asked(Name="Ann"), payment=payment)
            self._import(self._ask(data, Name="Bo", Size="Large"))
            line = order.sale_order_id.order_line
            self.assertNotIn("Ann", line.name)
            self.assertTrue(line.name.endswith("Name: Bo\nSize: Large"), line.name)
            self._import(self._ask(self._ask(data)))
            self.assertEqual(line.name, self.lamp.product_id.display_name)

    def test_properties_changed_after_shipping_are_told(self):
        data, order = self._sell(asked(Name="Ann"))
        self.ship(self.env, order.sale_order_id)
        self._import(self._ask(data, Name="Bo"))
        found = self.env["channel.exception"].search(
            [("channel_id", "=", self.channel.id), ("category", "=", "changed")]
        )
        self.assertIn("Name: Bo", found.message)
        self._import(self._newer(self._ask(data, Name="Bo"), note="Ring twice"))
        self.assertEqual(found.state, "open")
