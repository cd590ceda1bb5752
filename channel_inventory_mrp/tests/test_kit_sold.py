# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import Form, tagged

from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitSold(Sold, KitCase):
    """What a kit was made of when it was sold, and what became of its pieces."""

    def setUp(self):
        super().setUp()
        self.add_stock(self.env, self.product, self.warehouse, 200)
        self.add_stock(self.env, self.part, self.warehouse, 200)
        self.bundle = self.kit(10, (self.product, 2), (self.part, 1))
        self.plan()
        self.fake.levels["item-10", "node-1"] = 50

    # ---------------------------------------------------------------- words
    def sold(self, quantity, pack=1):
        """A confirmed order of kits, ``pack`` of them in one sold unit."""
        self.env["channel.listing"].search(
            [("external_id", "=", "variant-10")]
        ).pack_qty = pack
        self.plan()
        line = {"sku": "SKU-10", "listing_ref": "variant-10"}
        name = self.fake.sell(quantity, "item-10", line=line)
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual(order.sale_order_id.state, "sale")
        return order

    def move(self, order, products, parts, back=False):
        """Ship so many pieces of the open delivery; ``back``: have them returned."""
        pickings = order.sale_order_id.picking_ids
        if back:
            picking = self.returned(pickings, products, parts)
        else:
            [picking] = pickings.filtered(lambda each: each.state == "assigned")
        for move in picking.move_ids:
            wanted = products if move.product_id == self.product else parts
            move.quantity = wanted
            move.picked = bool(wanted)
        picking.with_context(skip_backorder=True, cancel_backorder=False)._action_done()
        self.env.invalidate_all()
        return picking

    def returned(self, pickings, products, parts):
        done = pickings.filtered(
            lambda each: each.state == "done" and each.picking_type_code == "outgoing"
        )
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=done[-1:].id, active_model="stock.picking")
            .create({"picking_id": done[-1:].id})
        )
        for line in wizard.product_return_moves:
            line.quantity = products if line.product_id == self.product else parts
        return pickings.browse(wizard.action_create_returns()["res_id"])

    def told(self, order):
        return [
            each.quantity
            for message in order.notification_ids.sorted("id")
            if message.kind == "shipment"
            for each in message._get_data().lines
        ]

    def credit(self, order, units):
        sale_order = order.sale_order_id
        invoice = sale_order._create_invoices(final=True)
        invoice.action_post()
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        move = self.env["account.move"].browse(wizard.refund_moves()["res_id"])
        with Form(move) as form, form.invoice_line_ids.edit(0) as line:
            line.quantity = units
        move.action_post()
        [message] = order.notification_ids.filtered(lambda each: each.kind == "refund")
        return [(each.quantity, each.restock) for each in message._get_data().lines]

    # --------------------------------------------------------------- tests
    def test_kit_shipped_after_another_came_back_is_told(self):
        order = self.sold(3)
        self.move(order, 4, 2)
        self.move(order, 2, 1, back=True)
        self.move(order, 2, 1)
        self.assertEqual(self.told(order), [2, 1])

    def test_kit_is_told_when_its_last_piece_has_left(self):
        order = self.sold(3)
        self.move(order, 5, 1)
        self.move(order, 1, 1)
        self.move(order, 0, 1)
        self.assertEqual(self.told(order), [1, 1, 1])

    def test_kits_in_packs_are_told_in_packs(self):
        order = self.sold(2, pack=3)
        self.move(order, 10, 4)
        self.move(order, 2, 2)
        self.assertEqual(self.told(order), [1, 1])

    def test_components_changed_after_the_sale_do_not_change_what_is_told(self):
        order = self.sold(3)
        self.bundle.bom_ids.bom_line_ids[0].product_qty = 6
        self.plan()
        self.move(order, 4, 2)
        self.move(order, 2, 1)
        self.assertEqual(self.told(order), [2, 1])

    def test_whole_kits_that_came_back_are_restocked_with_their_refund(self):
        order = self.sold(4)
        self.move(order, 8, 4)
        self.move(order, 4, 2, back=True)
        self.assertEqual(self.credit(order, 3), [(2, "return"), (1, "none")])

    def test_kit_of_which_all_came_back_is_returned_not_cancelled(self):
        order = self.sold(2)
        self.move(order, 4, 2)
        self.move(order, 4, 2, back=True)
        self.assertEqual(self.credit(order, 2), [(2, "return")])

    def test_single_piece_that_came_back_is_no_kit(self):
        order = self.sold(2)
        self.move(order, 4, 2)
        self.move(order, 3, 0, back=True)
        self.assertEqual(self.credit(order, 1), [(1, "none")])

    def test_kit_refunded_and_never_returned_is_not_restocked(self):
        order = self.sold(2)
        self.move(order, 4, 2)
        self.assertEqual(self.credit(order, 2), [(2, "none")])

    def test_cancelled_kit_with_a_piece_on_its_way_is_a_persons_to_decide(self):
        order = self.sold(2)
        self.move(order, 3, 0)
        self.fake.set_line(order.external_id, 1)
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(order.state, "blocked")
        exceptions = self.env["channel.exception"].search(
            [("res_model", "=", "channel.order"), ("res_id", "=", order.id)]
        )
        self.assertEqual(exceptions.category, "cancelled_late")

    # ------------------------------------------------- changed after the sale
    def hear(self, order, units):
        """The channel has sold so many of it now."""
        self.fake.set_line(order.external_id, units)
        self.capture(order.external_id)
        self.intake()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        self.assertEqual(order.state, "imported")

    def demand(self, order):
        """Pieces that are to leave, by product; none is expected back."""
        demand = {}
        for move in order.sale_order_id.order_line.move_ids:
            if move.state not in ("done", "cancel"):
                self.assertNotEqual(move.location_id.usage, "customer")
                pieces = demand.get(move.product_id, 0) + move.product_qty
                demand[move.product_id] = pieces
        return demand

    def assertNothingTold(self, order):
        self.assertFalse(
            self.env["channel.exception"].search(
                [("channel_id", "=", order.channel_id.id), ("state", "=", "open")]
            )
        )

    def test_units_follow_by_the_pieces_of_the_time_of_the_sale(self):
        """odoo/odoo#193695: Odoo takes the bill of materials of now."""
        for pieces in (7, 1):
            order = self.sold(4)
            self.bundle.bom_ids.bom_line_ids[0].product_qty = pieces
            self.plan()
            for units in (3, 6, 1):
                self.hear(order, units)
                self.assertEqual(
                    self.demand(order), {self.product: 2 * units, self.part: units}
                )
            self.assertNothingTold(order)
            order.sale_order_id._action_cancel()
            self.bundle.bom_ids.bom_line_ids[0].product_qty = 2
            self.plan()

    def test_component_exchanged_since_is_neither_shipped_nor_expected_back(self):
        order = self.sold(4)
        other = self.make_product(self.env, 3, 100, self.warehouse)
        self.bundle.bom_ids.bom_line_ids[1].product_id = other
        self.plan()
        for units in (3, 5):
            self.hear(order, units)
            self.assertEqual(
                self.demand(order), {self.product: 2 * units, self.part: units}
            )

    def test_person_who_lowers_a_kit_lowers_the_pieces_that_were_sold(self):
        order = self.sold(4)
        self.bundle.bom_ids.bom_line_ids[0].product_qty = 5
        order.sale_order_id.order_line.product_uom_qty = 3
        self.assertEqual(self.demand(order), {self.product: 6, self.part: 3})

    def test_printed_delivery_of_kits_is_lowered_piece_by_piece(self):
        order = self.sold(3)
        order.sale_order_id.picking_ids.printed = True
        self.hear(order, 2)
        self.assertEqual(self.demand(order), {self.product: 4, self.part: 2})

    def test_kit_with_one_component_twice_follows(self):
        """odoo/odoo#284765: Odoo puts all of it on one line of the bill."""
        self.kit(11, (self.product, 1), (self.product, 2))
        self.plan()
        self.fake.levels["item-11", "node-1"] = 50
        line = {"sku": "SKU-11", "listing_ref": "variant-11"}
        name = self.fake.sell(1, "item-11", line=line)
        self.capture(name)
        self.intake()
        order = self.order(name)
        for units in (2, 4, 3, 1):
            self.hear(order, units)
            moves = order.sale_order_id.order_line.move_ids
            self.assertEqual(
                sorted(moves.mapped("product_qty")), [units, 2 * units], units
            )
            self.assertNothingTold(order)

    def refuse_backorder(self, order, products, parts):
        [picking] = order.sale_order_id.picking_ids
        for move in picking.move_ids:
            move.quantity = products if move.product_id == self.product else parts
            move.picked = True
        picking.with_context(skip_backorder=True, cancel_backorder=True)._action_done()
        self.env.cr.precommit.run()

    def test_missing_pieces_are_delivered_again_and_no_others(self):
        """odoo/odoo#158054: three kits of 2 + 1, of which 5 + 1 have left."""
        order = self.sold(3)
        self.bundle.bom_ids.bom_line_ids[0].product_qty = 9
        self.plan()
        self.refuse_backorder(order, 5, 1)
        self.assertEqual(order.line_ids.undelivered_quantity, 2)
        order.action_deliver_again()
        self.assertEqual(self.demand(order), {self.product: 1, self.part: 2})
        self.assertNothingTold(order)

    def test_missing_kits_that_are_cancelled_are_not_expected_back(self):
        order = self.sold(3)
        self.refuse_backorder(order, 5, 1)
        order.action_cancel_rest()
        self.assertEqual(order.sale_order_id.order_line.product_uom_qty, 1)
        self.assertFalse(self.demand(order))

    def test_kit_is_delivered_from_elsewhere_by_the_pieces_that_were_sold(self):
        order = self.sold(3)
        self.bundle.bom_ids.bom_line_ids[0].product_qty = 9
        other = self.make_warehouse(self.env, "CHX")
        order.sale_order_id.order_line._move_to(other)
        self.assertEqual(self.demand(order), {self.product: 6, self.part: 3})
        moves = order.sale_order_id.order_line._get_open_moves()
        self.assertEqual(moves.location_id, other.lot_stock_id)

    def test_kit_that_left_is_invoiced_whatever_its_bill_says_now(self):
        self.channel.invoice_policy = "shipped"
        order = self.sold(3)
        self.bundle.bom_ids.bom_line_ids[0].product_qty = 6
        self.plan()
        self.move(order, 4, 2)
        self.env.cr.precommit.run()
        line = order.sale_order_id.order_line
        self.assertEqual(line._count_due(), 2)
        self.move(order, 2, 1)
        self.env.cr.precommit.run()
        self.assertEqual((line._count_due(), order.stage), (3, "shipped"))
        self.assertNothingTold(order)

    def test_kit_exchanged_for_its_component_moves_everything(self):
        order = self.sold(3)
        line = self.fake.orders[order.external_id]["lines"][0]
        new = dict(line, listing_ref="variant-1", sku="SKU-1")
        self.fake.change(order.external_id, lines=[new])
        self.capture(order.external_id)
        self.intake()
        self.assertEqual(order.state, "imported")
        moves = order.sale_order_id.order_line.move_ids.filtered(
            lambda move: move.state != "cancel"
        )
        self.assertEqual(moves.product_id, self.product)
        self.assertEqual(sum(moves.mapped("product_qty")), 3)
        self.assertEqual(self.position_of(self.part).allocated, 0)
