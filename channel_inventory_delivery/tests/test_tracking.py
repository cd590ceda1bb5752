# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_sale.tests.test_messages import MessageCase


@tagged("post_install", "-at_install")
class TestTracking(MessageCase):
    def setUp(self):
        super().setUp()
        self.carrier = self.env["delivery.carrier"].create(
            {
                "name": "Express",
                "product_id": self.env["product.product"]
                .create({"name": "Express", "type": "service"})
                .id,
                "tracking_url": "https://track.example/<shipmenttrackingnumber>",
            }
        )
        self.env["channel.carrier.map"].create(
            {
                "channel_id": self.channel.id,
                "carrier_id": self.carrier.id,
                "name": "UPS",
            }
        )
        self.sale_order = self.sell(5).sale_order_id
        self.picking = self.sale_order.picking_ids
        self.picking.carrier_id = self.carrier

    def trackings(self):
        return [parcel["tracking"] for parcel in self.fake.parcels]

    def numbers(self):
        return [each and each["number"] for each in self.trackings()]

    def test_parcel_has_number_carrier_and_address(self):
        self.picking.carrier_tracking_ref = "1Z"
        self.ship(self.env, self.sale_order)
        self.send()
        self.assertEqual(
            self.trackings(),
            [{"number": "1Z", "carrier": "UPS", "url": "https://track.example/1Z"}],
        )

    def test_cost_of_the_carrier_is_not_charged_beside_the_channels_delivery(self):
        """odoo/odoo#103764: Odoo adds the cost of a carrier of real costs, or writes it
        into a line of the same product that was free."""
        self.carrier.write(
            {
                "delivery_type": "fixed",
                "fixed_price": 7.35,
                "invoice_policy": "real",
                "integration_level": "rate_and_ship",
            }
        )
        free = {
            "product_id": self.carrier.product_id.id,
            "is_delivery": True,
            "price_unit": 0,
        }
        self.sale_order.write({"order_line": [(0, 0, free)]})
        self.ship(self.env, self.sale_order)
        self.assertGreater(self.picking.carrier_price, 0)
        self.assertEqual(self.sale_order.amount_total, 50)
        self.assertEqual(len(self.sale_order.order_line), 2)

    def test_each_parcel_has_its_own_number(self):
        packages = self.pack(self.env, self.picking, 2, 3)
        for package, number in zip(packages, ("1Z", "2Z"), strict=True):
            package.tracking_ref = number
        self.picking.with_context(skip_backorder=True).button_validate()
        self.send()
        self.assertEqual(self.numbers(), ["1Z", "2Z"])

    def test_numbers_of_a_carrier_go_to_the_parcels_in_their_order(self):
        self.picking.carrier_tracking_ref = "1Z,2Z"
        self.ship(self.env, self.sale_order, 2, 3)
        self.send()
        self.assertEqual(self.numbers(), ["1Z", "2Z"])

    def test_single_number_is_that_of_all_parcels(self):
        self.picking.carrier_tracking_ref = "1Z"
        self.ship(self.env, self.sale_order, 2, 3)
        self.send()
        self.assertEqual(self.numbers(), ["1Z", "1Z"])

    def test_number_that_comes_later_is_told(self):
        self.ship(self.env, self.sale_order)
        self.send()
        self.assertEqual(self.numbers(), [None])
        self.picking.carrier_tracking_ref = "1Z"
        self.send()
        self.assertEqual(self.numbers(), ["1Z"])

    def test_number_that_comes_before_the_parcel_was_told_waits_for_it(self):
        self.ship(self.env, self.sale_order)
        self.picking.carrier_tracking_ref = "1Z"
        self.send()
        self.assertEqual(self.messages().mapped("kind"), ["shipment", "tracking"])
        self.assertEqual(self.numbers(), ["1Z"])

    def test_corrected_number_of_one_parcel_is_told_once(self):
        packages = self.pack(self.env, self.picking, 2, 3)
        self.picking.carrier_tracking_ref = "1Z,2Z"
        self.picking.with_context(skip_backorder=True).button_validate()
        self.send()
        packages[1].tracking_ref = "3Z"
        packages[1].tracking_ref = "3Z"
        self.send()
        self.assertEqual(self.numbers(), ["1Z", "3Z"])
        self.assertEqual(len(self.messages("tracking")), 1)
        self.assertEqual(self.messages("tracking")._get_data().replaces, "2Z")

    def test_carrier_that_nobody_has_named_has_our_name(self):
        self.env["channel.carrier.map"].search([]).unlink()
        self.picking.carrier_tracking_ref = "1Z"
        self.ship(self.env, self.sale_order)
        self.send()
        self.assertEqual(self.trackings()[0]["carrier"], "Express")
