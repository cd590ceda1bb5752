# SPDX-License-Identifier: AGPL-3.0-or-later
"""The table of what Amazon's orders may be: each comes out to the cent, or is held."""

from datetime import datetime, timezone
from decimal import Decimal

from odoo.addons.channel_inventory_base import schemas

from .. import mapper
from .common import DE, JP, SE, US, PureCase
from .orders import ADDRESS, american, item, money, order, pending
from .test_models import goods_and_charges

UTC = timezone.utc


class OrderCase(PureCase):
    def parsed(self, raw):
        return schemas.load(schemas.OrderData, mapper.any_order(raw))

    def sold(self, raw):
        """Read, and found to add up: the order's total is that of its parts."""
        data = self.parsed(raw)
        self.assertTrue(data.complete)
        self.assertEqual(goods_and_charges(data), data.total)
        return data

    def units(self, raw):
        """(bought, open, shipped, deducted) of the only line."""
        [line] = self.parsed(raw).lines
        taken = sum(each.quantity for each in line.deductions)
        return line.quantity, line.open_quantity, line.shipped_quantity, taken


class TestOrder(OrderCase):
    def test_who_what_when_and_where(self):
        data = self.sold(order())
        self.assertEqual((data.external_id, data.name), ("028-1-1", "028-1-1"))
        self.assertEqual(data.version, datetime(2026, 11, 24, 10, 5, tzinfo=UTC))
        self.assertEqual(data.placed_at, datetime(2026, 11, 24, 10, tzinfo=UTC))
        self.assertEqual(data.ship_by, datetime(2026, 11, 26, 22, 59, 59, tzinfo=UTC))
        self.assertEqual((data.market, data.currency), (DE, "EUR"))
        self.assertEqual((data.state, data.payment), ("open", "paid"))
        self.assertEqual(data.customer.email, "x1@marketplace.amazon.de")
        self.assertEqual(data.shipping.street2, "c/o Bo")
        self.assertEqual((data.customer.vat, data.customer_ref), ("", ""))
        self.assertTrue(data.whole)
        self.assertFalse(data.fulfilled_by_channel)

    def test_sku_names_the_listing(self):
        [line] = self.parsed(order()).lines
        self.assertEqual((line.listing_ref, line.sku), ("LAMP-1", "LAMP-1"))

    def test_refunds_are_in_no_order(self):
        self.assertIsNone(self.parsed(order()).refunds)
        self.assertIsNone(self.parsed(order()).received)


class TestStates(OrderCase):
    def test_pending_holds_its_units_and_has_no_price(self):
        data = self.parsed(pending())
        self.assertEqual((data.state, data.payment), ("pending", "pending"))
        self.assertEqual((data.total, data.currency), (0, "EUR"))
        self.assertIsNone(data.shipping)
        self.assertTrue(data.complete)
        self.assertEqual(self.units(pending()), (2, 2, 0, 2))

    def test_pending_tells_nothing_of_what_is_left_and_is_held_whole(self):
        self.assertEqual(self.units(pending(item(left=0))), (2, 2, 0, 2))
        bare = pending(item(fulfillment=None))
        self.assertEqual(self.units(bare), (2, 2, 0, 2))

    def test_pending_without_a_price_is_in_its_market_s_currency(self):
        self.assertEqual(self.parsed(pending(market=SE)).currency, "SEK")
        self.assertEqual(self.parsed(pending(market="UNKNOWN")).currency, "")

    def test_preorder_is_pending(self):
        raw = order(status="PENDING_AVAILABILITY")
        self.assertEqual(self.parsed(raw).state, "pending")

    def test_unshipped(self):
        self.assertEqual(self.units(order()), (2, 2, 0, 2))

    def test_partially_shipped(self):
        raw = order(item(done=1), status="PARTIALLY_SHIPPED")
        self.assertEqual(self.units(raw), (2, 1, 1, 2))
        self.sold(raw)

    def test_shipped(self):
        raw = order(item(done=2), status="SHIPPED")
        self.assertEqual(self.units(raw), (2, 0, 2, 2))
        self.sold(raw)
        bare = order(item(fulfillment=None), status="SHIPPED")
        self.assertEqual(self.units(bare), (2, 0, 2, 2))

    def test_shipped_order_needs_no_address_any_more(self):
        self.sold(order(item(done=2), status="SHIPPED", recipient=None))

    def test_cancelled_gives_its_units_back_on_amazon(self):
        raw = order(item(left=0), status="CANCELLED")
        data = self.parsed(raw)
        self.assertEqual((data.state, data.payment), ("cancelled", "voided"))
        self.assertEqual(self.units(raw), (2, 0, 0, 0))

    def test_cancelled_for_want_of_inventory_does_not(self):
        for reason in ("NoInventory", "NO_INVENTORY"):
            done = {"cancelledBy": "MERCHANT", "cancelReason": reason}
            told = {"cancellation": {"cancellationExecution": done}}
            raw = order(item(left=0, **told), status="CANCELLED")
            self.assertEqual(self.units(raw), (2, 0, 0, 2))

    def test_part_that_was_cancelled_is_no_longer_bought(self):
        done = {"cancelledBy": "BUYER", "cancelReason": "CHANGED_MIND"}
        told = {"cancellation": {"cancellationExecution": done}}
        raw = order(item(left=1, total="10.00", **told), total="10.00")
        self.assertEqual(self.units(raw), (1, 1, 0, 1))
        self.assertEqual(self.sold(raw).total, Decimal("10.00"))

    def test_part_that_was_cancelled_and_is_still_in_the_price_shows(self):
        """Nobody is charged for one unit what two have cost."""
        done = {"cancelledBy": "BUYER", "cancelReason": "CHANGED_MIND"}
        told = {"cancellation": {"cancellationExecution": done}}
        data = self.parsed(order(item(left=1, **told)))
        self.assertEqual(data.lines[0].unit_price, Decimal("10.00"))
        self.assertEqual(goods_and_charges(data), Decimal("10.00"))
        self.assertEqual(data.total, Decimal("20.00"))

    def test_units_that_nobody_has_cancelled_are_held(self):
        self.assertEqual(self.units(order(item(done=0, left=0))), (2, 2, 0, 2))
        self.assertEqual(self.units(order(item(done=1, left=0))), (2, 1, 1, 2))

    def test_wish_to_cancel_is_told_and_changes_nothing(self):
        wish = {"requester": "BUYER", "cancelReason": "Ordered twice"}
        raw = order(item(cancellation={"cancellationRequest": wish}))
        self.assertEqual(self.units(raw), (2, 2, 0, 2))
        [line] = self.sold(raw).lines
        [told] = line.properties
        self.assertEqual(told.value, "Ordered twice")

    def test_order_without_a_state_is_held_and_asked_for_again(self):
        data = self.parsed(order(fulfillment=None))
        self.assertEqual((data.state, data.complete), ("open", False))
        self.assertEqual(self.units(order(fulfillment=None)), (2, 2, 0, 2))

    def test_unfulfillable_is_held_and_not_sold(self):
        data = self.parsed(order(status="UNFULFILLABLE"))
        self.assertEqual((data.state, data.complete), ("open", False))
        self.assertEqual(data.lines[0].open_quantity, 2)

    def test_missing_role_holds_and_does_not_sell(self):
        """Without an address nobody knows where to, without proceeds not for what."""
        bare = order(recipient=None)
        self.assertFalse(self.parsed(bare).complete)
        self.assertFalse(
            self.parsed(order(item(proceeds=None), proceeds=None)).complete
        )
        self.assertEqual(self.units(bare), (2, 2, 0, 2))


class TestAmazonShips(OrderCase):
    def test_nothing_of_it_is_ours(self):
        raw = order(item(done=2), status="SHIPPED", by="AMAZON", recipient=None)
        data = self.sold(raw)
        self.assertTrue(data.fulfilled_by_channel)
        self.assertEqual(self.units(raw), (2, 0, 2, 0))

    def test_open_one_needs_no_address(self):
        self.assertTrue(self.sold(order(by="AMAZON", recipient=None)).complete)


class TestMoney(OrderCase):
    def test_price_with_vat_that_is_not_told(self):
        """Europe: the tax figure is 0 or missing, and the price has it inside."""
        for parts in ({"ITEM": "20.00"}, {"ITEM": "20.00", "TAX": "0.00"}):
            data = self.sold(order(item(parts=parts)))
            self.assertEqual((data.taxed_by, data.taxes_included), ("odoo", True))
            [line] = data.lines
            self.assertEqual((line.unit_price, line.taxes), (Decimal("10.00"), ()))
            self.assertEqual(data.total_tax, 0)

    def test_price_with_vat_that_is_told_beside_it(self):
        parts = {"ITEM": "16.81", "TAX": "3.19"}
        data = self.sold(order(item(parts=parts)))
        self.assertEqual(data.lines[0].unit_price, Decimal("10.00"))
        self.assertEqual((data.total_tax, data.taxed_by), (Decimal("3.19"), "odoo"))

    def test_price_with_vat_that_is_told_and_within_it(self):
        parts = {"ITEM": "20.00", "TAX": "3.19"}
        data = self.sold(order(item(parts=parts)))
        self.assertEqual(data.lines[0].unit_price, Decimal("10.00"))
        self.assertEqual(data.total_tax, Decimal("3.19"))

    def test_tax_of_the_seller_is_added_by_its_rate(self):
        parts = {"ITEM": "20.00", "TAX": "1.65"}
        raw = american(item(currency="USD", total="21.65", parts=parts), total="21.65")
        data = self.sold(raw)
        self.assertEqual((data.taxed_by, data.taxes_included), ("channel", False))
        [line] = data.lines
        self.assertEqual(line.taxes[0].rate, Decimal("0.0825"))
        self.assertEqual(data.total_tax, Decimal("1.65"))
        self.assertEqual(data.collected_tax, 0)

    def test_tax_that_amazon_has_collected_is_not_the_seller_s(self):
        parts = {"ITEM": "20.00", "TAX": "1.65"}
        for total in ("21.65", "20.00"):
            raw = american(
                item(currency="USD", total="21.65", parts=parts, collected=True),
                total=total,
            )
            data = self.sold(raw)
            self.assertEqual((data.taxed_by, data.total), ("collected", Decimal(20)))
            self.assertEqual(data.collected_tax, Decimal("1.65"))
            self.assertEqual((data.lines[0].taxes, data.total_tax), ((), 0))

    def test_collected_tax_that_the_item_s_total_is_without(self):
        parts = {"ITEM": "20.00", "TAX": "1.65"}
        raw = american(item(currency="USD", parts=parts, collected=True), total="20.00")
        data = self.sold(raw)
        self.assertEqual((data.total, data.collected_tax), (20, Decimal("1.65")))

    def test_collected_for_one_item_and_none_for_another(self):
        first = item(
            "1",
            currency="USD",
            total="21.65",
            parts={"ITEM": "20.00", "TAX": "1.65"},
            collected=True,
        )
        data = self.sold(american(first, item("2", currency="USD"), total="41.65"))
        self.assertEqual((data.taxed_by, data.total), ("collected", Decimal(40)))

    def test_collected_tax_within_a_price_is_looked_at_by_a_person(self):
        """Where it is not told beside the price nobody knows whose it is."""
        parts = {"ITEM": "20.00", "TAX": "3.19"}
        data = self.parsed(order(item(parts=parts, collected=True)))
        self.assertNotEqual(goods_and_charges(data), data.total)
        self.assertEqual(data.collected_tax, Decimal("3.19"))

    def test_discount_lowers_whatever_its_sign(self):
        for sign in ("", "-"):
            parts = {"ITEM": "20.00", "DISCOUNT": f"{sign}2.00"}
            data = self.sold(order(item(total="18.00", parts=parts), total="18.00"))
            [line] = data.lines
            self.assertEqual(line.unit_price, Decimal("10.00"))
            self.assertEqual(line.discount, Decimal("2.00"))

    def test_discount_on_the_delivery_is_the_delivery_s(self):
        parts = {"ITEM": "20.00", "SHIPPING": "4.99", "DISCOUNT": "-4.99"}
        details = {"DISCOUNT": {"SHIPPING": "-4.99"}}
        data = self.sold(order(item(parts=parts, details=details)))
        self.assertEqual(data.lines[0].discount, 0)
        [delivery] = data.shipping_lines
        self.assertEqual((delivery.price, delivery.discount), (Decimal("4.99"),) * 2)
        self.assertEqual((delivery.kind, delivery.code), ("shipping", "STANDARD"))

    def test_gift_wrap_and_cash_are_fees(self):
        parts = {"ITEM": "20.00", "GIFT_WRAP": "3.50", "COD_FEE": "2.00"}
        packing = {"giftOption": {"giftMessage": "For Bo", "giftWrapLevel": "RED"}}
        gift = item(total="25.50", parts=parts)
        gift["fulfillment"]["packing"] = packing
        raw = order(gift, total="25.50")
        raw["payment"] = {"paymentExecutions": [{"paymentMethod": "CashOnDelivery"}]}
        data = self.sold(raw)
        fees = {each.external_id: each.price for each in data.shipping_lines}
        self.assertEqual(
            fees, {"GIFT_WRAP": Decimal("3.50"), "COD_FEE": Decimal("2.00")}
        )
        self.assertEqual({each.kind for each in data.shipping_lines}, {"fee"})
        wishes = [(each.label, each.value) for each in data.lines[0].properties]
        self.assertEqual(wishes, [("Gift wrap", "RED"), ("Gift message", "For Bo")])
        self.assertEqual((data.payment, data.gateway), ("authorized", "CashOnDelivery"))

    def test_promotion_with_taxes_of_each_part(self):
        parts = {
            "ITEM": "20.00",
            "SHIPPING": "5.00",
            "TAX": "1.90",
            "DISCOUNT": "-1.00",
        }
        details = {"TAX": {"ITEM": "1.60", "SHIPPING": "0.38", "DISCOUNT": "-0.08"}}
        raw = american(
            item(currency="USD", total="25.90", parts=parts, details=details),
            total="25.90",
        )
        data = self.sold(raw)
        [line], [delivery] = data.lines, data.shipping_lines
        self.assertEqual(line.taxes[0].amount, Decimal("1.52"))
        self.assertEqual(line.taxes[0].rate, Decimal("0.08"))
        self.assertEqual(delivery.taxes[0].amount, Decimal("0.38"))
        self.assertEqual(data.total_tax, Decimal("1.90"))

    def test_uneven_price_is_rounded_up_and_the_rest_a_discount(self):
        data = self.sold(order(item(ordered=3, unit="6.67")))
        [line] = data.lines
        self.assertEqual(
            (line.unit_price, line.discount), (Decimal("6.67"), Decimal("0.01"))
        )

    def test_several_items_have_one_delivery(self):
        parts = {"ITEM": "20.00", "SHIPPING": "2.00"}
        items = [item(each, total="22.00", parts=parts) for each in "12"]
        [delivery] = self.sold(order(*items, total="44.00")).shipping_lines
        self.assertEqual(delivery.price, Decimal("4.00"))

    def test_tip_counts_where_the_total_has_it(self):
        tip = {"type": "DELIVERY_TIP", "subtotal": money("3.00"), "status": "PENDING"}
        for total, kinds in (("23.00", ["tip"]), ("20.00", [])):
            raw = order(total=total)
            raw["proceeds"]["breakdowns"] = [tip]
            data = self.sold(raw)
            self.assertEqual([each.kind for each in data.shipping_lines], kinds)
            self.assertEqual(str(data.total), total)

    def test_replacement_costs_nothing_and_names_its_origin(self):
        links = [{"orderId": "028-0-0", "associationType": "REPLACEMENT_ORIGINAL_ID"}]
        free = item(total="0.00", unit="0.00")
        data = self.sold(order(free, total="0.00", associatedOrders=links))
        self.assertEqual((data.origin, data.total), ("028-0-0", 0))
        data = self.sold(
            order(item(proceeds=None), proceeds=None, associatedOrders=links)
        )
        self.assertEqual(data.total, 0)

    def test_total_that_does_not_add_up_is_left_as_it_is(self):
        data = self.parsed(order(total="20.01"))
        self.assertEqual(data.total, Decimal("20.01"))
        self.assertEqual(goods_and_charges(data), Decimal("20.00"))
        odd = item(total="20.01", parts={"ITEM": "20.00"})
        data = self.parsed(order(odd, total="20.01"))
        self.assertNotEqual(goods_and_charges(data), data.total)

    def test_part_that_amazon_invents_is_a_fee(self):
        parts = {"ITEM": "20.00", "HANDLING": "1.00", "OTHER": "0.50"}
        data = self.sold(order(item(total="21.50", parts=parts), total="21.50"))
        self.assertEqual(data.shipping_lines[0].price, Decimal("1.50"))

    def test_yen_have_no_cents(self):
        odd = item(ordered=3, total="1000", unit="334", currency="JPY")
        data = self.sold(order(odd, market=JP, total="1000", currency="JPY"))
        self.assertEqual(data.lines[0].unit_price, 334)
        self.assertEqual(data.lines[0].discount, 2)

    def test_order_of_another_market_is_in_its_currency(self):
        raw = order(item(currency="SEK"), market=SE, currency="SEK")
        self.assertEqual(self.sold(raw).currency, "SEK")


class TestPeople(OrderCase):
    def test_business_has_a_number_of_its_own_and_one_for_taxes(self):
        raw = order()
        raw["buyer"].update(buyerCompanyName="Bo GmbH", buyerPurchaseOrderNumber="PO-7")
        raw["tax"] = {
            "taxRegistrations": [
                {"entityType": "MERCHANT", "taxRegistrationNumber": "DE1"},
                {"entityType": "BUYER", "taxRegistrationNumber": "DE2"},
            ]
        }
        data = self.sold(raw)
        self.assertEqual(data.customer_ref, "PO-7")
        self.assertEqual((data.customer.company, data.customer.vat), ("Bo GmbH", "DE2"))

    def test_company_is_called_by_its_registration_where_no_other_is_told(self):
        registration = {
            "entityType": "BUYER",
            "legalName": "Bo GmbH",
            "taxRegistrationNumber": "DE2",
        }
        raw = order(tax={"taxRegistrations": [registration]})
        self.assertEqual(self.parsed(raw).customer.company, "Bo GmbH")

    def test_guest_has_the_name_of_the_address(self):
        data = self.sold(order(buyer=None))
        self.assertEqual((data.customer.name, data.customer.email), ("Ada Shopper", ""))

    def test_lines_of_an_address_are_not_lost(self):
        address = {
            **ADDRESS,
            "addressLine3": "Flat 2",
            "districtOrCounty": "Mitte",
            "city": "",
            "municipality": "Berlin",
        }
        data = self.parsed(order(recipient={"deliveryAddress": address}))
        self.assertEqual(data.shipping.street2, "c/o Bo, Flat 2, Mitte")
        self.assertEqual(data.shipping.city, "Berlin")

    def test_instructions_are_the_note(self):
        preference = {"dropOffLocation": "PORCH", "addressInstruction": "Ring twice"}
        raw = order()
        raw["recipient"]["deliveryPreference"] = preference
        self.assertEqual(self.parsed(raw).note, "PORCH\nRing twice")


class TestParcels(OrderCase):
    PACKAGE = {
        "packageReferenceId": "1",
        "carrier": "DHL",
        "trackingNumber": "JJD1",
        "packageItems": [{"orderItemId": "1", "quantity": 2}],
        "packageStatus": {"status": "SHIPPED"},
    }

    def test_parcel_is_told(self):
        raw = order(item(done=2), status="SHIPPED", packages=[self.PACKAGE])
        [parcel] = self.parsed(raw).shipments
        self.assertEqual(parcel.external_id, "1")
        self.assertEqual(parcel.tracking[0].number, "JJD1")
        self.assertEqual([(u.line_ref, u.quantity) for u in parcel.lines], [("1", 2)])

    def test_block_that_is_missing_says_nothing(self):
        shipped = order(item(done=2), status="SHIPPED", packages=None)
        self.assertIsNone(self.parsed(shipped).shipments)
        self.assertEqual(self.parsed(order(packages=None)).shipments, ())

    def test_market_that_nobody_knows_adds_its_taxes(self):
        data = self.parsed(order(market="NEW"))
        self.assertEqual((data.market, data.taxed_by), ("NEW", "channel"))
        self.assertEqual(self.parsed(order(market=US)).taxed_by, "channel")
