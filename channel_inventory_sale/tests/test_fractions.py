# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tools.fractions import rescale

from .common_messages import Sold
from .common_order import OrderCase

SIZE = Decimal("0.001")


@tagged("post_install", "-at_install")
class TestFractions(OrderCase, Sold):
    """Parts of a sold unit: exact where they are allowed, held whole where not."""

    def _sell(self, sold, listing=None, total="14.85", **values):
        units = int(Decimal(sold) / SIZE)
        line = self._line(
            listing or self.lamp,
            units,
            Decimal(total) / units,
            unit_size=SIZE,
            **values,
        )
        up = -(-units // 1000)
        line = replace(line, deductions=(schemas.Deduction("main", up),))
        return self._data(line, total=total)

    def _held(self, order):
        active = order.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")
        return sum(active.mapped("stock_quantity"))

    def test_part_of_a_unit_that_nobody_allowed_is_held_whole_and_named(self):
        case = self._listing("CASE", stock=90, pack_qty=6)
        for listing, sold, held in (
            (self.lamp, "1.5", 2),
            (self.mug, "0.25", 1),
            (case, "2.5", 18),
        ):
            order = self._import(self._sell(sold, listing))
            found = self.assertRefused(order, "fraction")
            self.assertIn(order.name, found.message)
            self.assertIn(f"{sold} × {listing.sku}", found.message)
            self.assertEqual(self._held(order), held)

    def test_allowing_it_ends_it_and_is_exact(self):
        case = self._listing("CASE", stock=90, pack_qty=6)
        for listing, sold, stock in (
            (self.lamp, "1.5", 1.5),
            (self.mug, "0.25", 0.25),
            (case, "2.5", 15),
        ):
            order = self._import(self._sell(sold, listing))
            self.assertRefused(order, "fraction")
            listing.fractions = True
            self.assertEqual(order.state, "captured")
            self.assertEqual(self._held(order), stock)
            order.env["channel.order.importer"]._import(order)
            line = self.assertImported(order, "14.85").order_line
            self.assertEqual(len(line), 1)
            self.assertAlmostEqual(line.product_uom_qty, stock)
            self.assertAlmostEqual(sum(line.move_ids.mapped("product_qty")), stock)

    def test_part_that_the_products_unit_cannot_tell_waits(self):
        self.lamp.fractions = True
        self.lamp.product_id.uom_id.rounding = 0.01
        order = self._import(self._sell("1.234", total="12.34"))
        self.assertRefused(order, "fraction")

    def test_other_parts_follow_a_confirmed_order(self):
        self.lamp.fractions = True
        data = self._sell("1.5")
        order = self._import(data)
        line = replace(data.lines[0], quantity=750, open_quantity=750)
        newer = replace(
            data,
            lines=(line,),
            total=Decimal("7.43"),
            version=data.version + timedelta(minutes=1),
        )
        newer = replace(newer, lines=(replace(line, unit_price=Decimal("7.43") / 750),))
        self._import(newer)
        self.assertImported(order, "7.43")
        self.assertAlmostEqual(order.sale_order_id.order_line.product_uom_qty, 0.75)

    def test_whole_number_later_is_counted_as_before(self):
        """1.5 shipped in part, then two are wanted: what was told still fits."""
        self.lamp.fractions = True
        data = self._sell("1.5")
        order = self._import(data)
        self.ship(self.env, order.sale_order_id, 1)
        line = replace(
            data.lines[0],
            unit_size=Decimal(1),
            quantity=2,
            open_quantity=1,
            shipped_quantity=1,
            unit_price=Decimal("9.90"),
            deductions=(schemas.Deduction("main", 2),),
        )
        version = data.version + timedelta(minutes=1)
        total = Decimal("19.80")
        self._capture(replace(data, lines=(line,), total=total, version=version))
        own = order.line_ids
        self.assertEqual((own.quantity, own.open_quantity), (2000, 1000))
        self.assertEqual(own._shipped_here(), 1000)
        self.assertEqual(own.display_name, "2 × LAMP")

    def test_shipped_part_is_told_as_parts(self):
        self.lamp.fractions = True
        self.channel._capabilities()
        order = self._import(self._sell("2.75"))
        self.ship(self.env, order.sale_order_id, 1.25)
        self.assertEqual(order.line_ids._shipped_here(), 1250)

    def test_rescaling_leaves_other_lines_refunds_and_what_is_unknown(self):
        one = self._line(self.lamp, 2, "9.90", ref="1", shipped_quantity=None)
        other = self._line(self.mug, 3, "1.00", ref="2")
        back = schemas.OrderRefundLineData("1", 1, Decimal("9.90"))
        refund = schemas.OrderRefundData("R", Decimal("9.90"), (back,))
        data = self._data(one, other, total="22.80", refunds=(refund,))
        found = rescale(data, {"1": SIZE})
        self.assertEqual([line.quantity for line in found.lines], [2000, 3])
        self.assertEqual(found.lines[0].unit_price * 2000, Decimal("19.80"))
        self.assertIsNone(found.lines[0].shipped_quantity)
        self.assertEqual(found.refunds[0].lines[0].quantity, 1000)
        self.assertIsNone(found.shipments)
        self.assertIs(rescale(data, {}), data)
        self.assertEqual(rescale(found, {"1": SIZE}), found)
