# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta
from itertools import product

from odoo import Command
from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas

from .common_order import NOON, OrderCase, tax
from .ledger_units import units_faults


class FulfilledCase(OrderCase):
    """A channel that ships some of its orders from its own warehouse."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.there = cls.env["channel.node"].create(
            {
                "channel_id": cls.channel.id,
                "name": "The channel's",
                "external_id": "there",
                "publish": False,
                "fulfilled_by_channel": True,
            }
        )

    def order_there(self, quantity=2, shipped=0, **values):
        line = self._line(
            self.lamp,
            quantity,
            "10.00",
            tax(10, f"{quantity}.00"),
            ref="there-1",
            node="there",
            open_quantity=quantity - shipped,
            shipped_quantity=shipped,
        )
        return self._data(
            line,
            total=f"{11 * quantity}.00",
            total_tax=f"{quantity}.00",
            fulfilled_by_channel=True,
            **values,
        )

    def later(self, data, shipped, **values):
        [line] = data.lines
        line = replace(
            line,
            open_quantity=line.quantity - shipped,
            shipped_quantity=shipped,
            **values.pop("line", {}),
        )
        version = data.version + timedelta(minutes=1)
        return replace(data, lines=(line,), version=version, **values)

    def follow(self, data):
        order = self._capture(data)
        if order.state == "captured":
            order._follow()
        self.env.flush_all()
        return order

    def _position(self):
        self.env["channel.position"].invalidate_model()
        return super()._position()

    def assertUntouched(self, order):
        """Nothing of ours is held, deducted, reserved or moved for it."""
        self.assertFalse(order.line_ids.hold_ids)
        self.assertFalse(
            self.env["channel.deduction"].search(
                [("order_line_id", "in", order.line_ids.ids)]
            )
        )
        self.assertFalse(order.sale_order_id.order_line.move_ids)
        self.assertFalse(order.sale_order_id.picking_ids)
        position = self._position()
        self.assertEqual((position.on_hand, position.available), (100, 100))
        self.assertEqual(units_faults(self.env, self.channel), [])


@tagged("post_install", "-at_install")
class TestFulfilled(FulfilledCase):
    def test_order_is_recorded_and_delivered_when_the_channel_ships_it(self):
        data = self.order_there()
        order = self._import(data)
        sale_order = self.assertImported(order, "22.00", "2.00")
        self.assertEqual((sale_order.state, order.stage), ("draft", "quotation"))
        self.assertUntouched(order)
        self.follow(self.later(data, shipped=2))
        self.assertEqual((order.state, sale_order.state), ("imported", "sale"))
        self.assertEqual(order.stage, "shipped")
        [line] = sale_order.order_line
        self.assertEqual(line.qty_delivered_method, "manual")
        self.assertEqual((line.product_uom_qty, line.qty_delivered), (2, 2))
        self.assertUntouched(order)

    def test_order_that_is_shipped_when_first_seen_is_recorded(self):
        order = self._import(self.order_there(shipped=2))
        sale_order = self.assertImported(order, "22.00", "2.00")
        self.assertEqual((sale_order.state, order.ending), ("sale", False))
        self.assertEqual(sale_order.order_line.qty_delivered, 2)
        self.assertUntouched(order)

    def test_tax_inside_of_the_price(self):
        """Of any quantity and rate: what is delivered by hand is invoiced by Odoo's own
        arithmetic of taxes inside, to the cent."""
        self._map_tax(19, included=True)
        self._map_tax(7, included=True)
        for number, (quantity, rate, amount) in enumerate(
            ((1, 19, "1.60"), (3, 19, "4.79"), (7, 7, "4.58")), 1
        ):
            with self.subTest(quantity=quantity, rate=rate):
                line = self._line(
                    self.lamp,
                    quantity,
                    "10.00",
                    tax(rate, amount),
                    ref=f"inside-{number}",
                    node="there",
                    open_quantity=0,
                    shipped_quantity=quantity,
                )
                data = self._data(
                    line,
                    external_id=f"inside-{number}",
                    name=f"#I{number}",
                    total=f"{10 * quantity}.00",
                    total_tax=amount,
                    taxes_included=True,
                    fulfilled_by_channel=True,
                )
                order = self._import(data)
                sale_order = self.assertImported(order, f"{10 * quantity}.00", amount)
                self.assertEqual(sale_order.order_line.qty_delivered, quantity)
                sale_order.order_line.invalidate_recordset()
                self.assertTrue(sale_order.order_line.untaxed_amount_to_invoice)

    def test_tracked_goods_with_tax_inside(self):
        """Lots and serial numbers of what the channel ships are the channel's; several
        lines and rates, in parts, invoiced as delivered or as ordered."""
        self._map_tax(19, included=True)
        self._map_tax(7, included=True)
        for number, (tracking, policy) in enumerate(
            product(("lot", "serial"), ("order", "delivery"))
        ):
            with self.subTest(tracking=tracking, policy=policy):
                goods = [
                    self._listing(f"{sku}{number}", stock=0) for sku in ("LOT", "SN")
                ]
                for each in goods:
                    each.product_id.write(
                        {"tracking": tracking, "invoice_policy": policy}
                    )
                self.ship_in_parts(number, *goods)

    def ship_in_parts(self, number, first, second):
        there = {"node": "there", "shipped_quantity": 0}
        data = self._data(
            self._line(first, 3, "10.00", tax(19, "4.79"), ref=f"a{number}", **there),
            self._line(second, 1, "9.99", tax(7, "0.65"), ref=f"b{number}", **there),
            external_id=f"tracked-{number}",
            name=f"#T{number}",
            total="39.99",
            total_tax="5.44",
            taxes_included=True,
            fulfilled_by_channel=True,
        )
        order = self._import(data)
        for shipped in ((1, 0), (2, 1), (3, 1)):
            data = replace(
                data,
                version=data.version + timedelta(minutes=1),
                lines=tuple(
                    replace(
                        line,
                        open_quantity=line.quantity - left,
                        shipped_quantity=left,
                    )
                    for line, left in zip(data.lines, shipped, strict=True)
                ),
            )
            self.follow(data)
            sale_order = self.assertImported(order, "39.99", "5.44")
            sold = sale_order.order_line
            self.assertEqual(tuple(sold.mapped("qty_delivered")), shipped)
            self.assertFalse(sold.move_ids)
        amounts = sold.mapped("untaxed_amount_to_invoice")
        self.assertEqual([round(each, 2) for each in amounts], [25.21, 9.34])
        invoice = sale_order._create_invoices()
        self.assertEqual((invoice.amount_total, invoice.amount_tax), (39.99, 5.44))

    def test_tax_that_cannot_be_booked_is_named(self):
        """Odoo's arithmetic ends in an IndexError where taxes are inside."""
        broken = self._map_tax(19, included=True)
        self.env.flush_all()
        self.env.cr.execute(
            "DELETE FROM account_tax_repartition_line"
            " WHERE tax_id = %s AND repartition_type = 'tax'",
            [broken.id],
        )
        self.env.invalidate_all()
        line = self._line(self.lamp, 1, "10.00", tax(19, "1.60"), node="there")
        line = replace(line, open_quantity=0, shipped_quantity=1)
        inside = {"taxes_included": True, "fulfilled_by_channel": True}
        data = self._data(line, total="10.00", total_tax="1.60", **inside)
        order = self._import(data)
        told = self.assertRefused(order, "tax")
        self.assertIn(broken.display_name, told.message)
        broken.write(
            {
                f"{kind}_repartition_line_ids": [
                    Command.create({"document_type": kind, "repartition_type": "tax"})
                ]
                for kind in ("invoice", "refund")
            }
        )
        order.action_retry()
        order._follow()
        self.assertImported(order, "10.00", "1.60")
        self.assertEqual(told.state, "resolved")

    def test_part_is_delivered_and_the_rest_follows(self):
        data = self.order_there(quantity=3, shipped=1)
        order = self._import(data)
        sale_order = self.assertImported(order, "33.00", "3.00")
        self.assertEqual(order.stage, "partly_shipped")
        self.assertEqual(sale_order.order_line.qty_delivered, 1)
        self.follow(self.later(data, shipped=3))
        self.assertEqual(order.stage, "shipped")
        self.assertEqual(sale_order.order_line.qty_delivered, 3)
        self.assertUntouched(order)

    def test_units_that_are_taken_off_before_they_are_shipped_leave_the_sale(self):
        data = self.order_there(quantity=3, shipped=1)
        order = self._import(data)
        less = {"quantity": 2, "open_quantity": 1, "taxes": (tax(10, "2.00"),)}
        [line] = data.lines
        self.follow(
            replace(
                data,
                version=data.version + timedelta(minutes=1),
                lines=(replace(line, **less),),
                total=data.total - 11,
                total_tax=data.total_tax - 1,
            )
        )
        sale_order = self.assertImported(order, "22.00", "2.00")
        [sold] = sale_order.order_line.filtered("product_uom_qty")
        self.assertEqual((sold.product_uom_qty, sold.qty_delivered), (2, 1))
        self.assertUntouched(order)

    def test_order_is_ignored_by_policy_and_says_so(self):
        self.channel.fulfilled_policy = "ignore"
        for shipped in (0, 2):
            order = self._capture(self.order_there(shipped=shipped))
            self.assertEqual((order.state, order.ending), ("closed", "ignored"))
            self.assertFalse(order.sale_order_id)
            self.assertUntouched(order)

    def test_policy_is_of_no_concern_to_our_own_orders(self):
        self.channel.fulfilled_policy = "ignore"
        order = self._import(self._simple())
        self.assertEqual(order.sale_order_id.state, "sale")
        self.assertEqual(
            sum(order.sale_order_id.order_line.move_ids.mapped("product_qty")), 2
        )

    def test_deductions_that_a_channel_tells_of_its_own_stock_are_not_ours(self):
        node = self.node
        [line] = self.order_there().lines
        line = replace(line, deductions=(schemas.Deduction("main", 2),))
        order = self._capture(replace(self.order_there(), lines=(line,)))
        self.assertFalse(
            self.env["channel.deduction"].search([("node_id", "=", node.id)])
        )
        self.assertEqual(order.line_ids.node_id, self.there)
        self.assertUntouched(order)

    def test_order_that_turns_out_to_be_the_channels_gives_back_what_was_held(self):
        data = replace(self.order_there(), fulfilled_by_channel=False)
        [line] = data.lines
        data = replace(
            data, lines=(replace(line, deductions=(schemas.Deduction("main", 2),)),)
        )
        order = self._capture(data)
        self.assertEqual(self._position().held, 2)
        self._capture(
            replace(
                data, fulfilled_by_channel=True, version=NOON + timedelta(minutes=1)
            )
        )
        self.assertEqual(self._position().held, 0)
        deductions = self.env["channel.deduction"].search(
            [("order_line_id", "in", order.line_ids.ids)]
        )
        self.assertEqual(sum(deductions.mapped("quantity")), 0)

    def test_announced_order_of_the_channel_holds_nothing(self):
        order = self._capture(self.order_there(state="pending", payment="pending"))
        self.assertEqual(order.state, "announced")
        self.assertUntouched(order)

    def test_unknown_sku_is_told_and_never_closed(self):
        [line] = self.order_there().lines
        line = replace(line, listing_ref="V-NEW", sku="NEW")
        order = self._import(replace(self.order_there(shipped=2), lines=(line,)))
        self.assertRefused(order, "unknown_sku")

    def test_cancelled_before_shipping_its_quotation_goes_with_it(self):
        data = self.order_there()
        order = self._import(data)
        self.follow(
            self.later(
                data, 0, state="cancelled", payment="voided", line={"quantity": 0}
            )
        )
        self.assertEqual(order.state, "cancelled")
        self.assertEqual(order.sale_order_id.state, "cancel")

    def test_cancelled_after_shipping_is_an_operators_decision(self):
        data = self.order_there(shipped=2)
        order = self._import(data)
        self.follow(self.later(data, 2, state="cancelled", payment="voided"))
        self.assertEqual(order.state, "blocked")
        self.assertEqual(self._exceptions(order).mapped("category"), ["cancelled_late"])
        self.assertEqual(order.sale_order_id.state, "sale")

    def test_sale_order_that_is_cancelled_here_is_told_to_people_only(self):
        order = self._import(self.order_there(shipped=2))
        order.sale_order_id._action_cancel()
        self.assertFalse(order.notification_ids)
        self.assertEqual(self._exceptions(order).mapped("category"), ["changed"])

    def test_quotation_that_a_person_confirms_makes_no_transfers(self):
        order = self._import(self.order_there())
        order.sale_order_id.action_confirm()
        self.assertEqual(order.sale_order_id.order_line.qty_delivered, 0)
        self.assertEqual(order.stage, "confirmed")
        self.assertUntouched(order)

    def test_missing_stock_and_address_stop_nothing(self):
        self.channel.address_policy = "strict"
        self.channel.short_policy = "ask"
        data = replace(
            self.order_there(quantity=500, shipped=500), shipping=None, billing=None
        )
        order = self._import(data)
        self.assertImported(order, "5500.00", "500.00")
        self.assertUntouched(order)
