# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base import schemas

from .common_order import ERIKA, OrderCase, tax


class MarketCase(OrderCase):
    """An account with storefronts of two countries that sell one quantity."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eur, cls.sek = (
            cls.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "in", ("EUR", "SEK"))], order="name")
        )
        (cls.eur | cls.sek).active = True
        cls.vat_19 = cls._tax(19)
        cls.vat_7 = cls._tax(7)
        cls.vat_25 = cls._tax(25)
        cls.sweden = cls.env["account.fiscal.position"].create({"name": "Sweden"})
        cls.vat_25.write(
            {
                "fiscal_position_ids": [(4, cls.sweden.id)],
                "original_tax_ids": [(6, 0, (cls.vat_19 | cls.vat_7).ids)],
            }
        )
        cls.lamp.product_id.taxes_id = cls.vat_19
        cls.mug.product_id.taxes_id = cls.vat_7
        cls.channel.shipping_product_id.taxes_id = False
        cls.team = cls.env["crm.team"].create({"name": "Nordic"})
        cls.german = cls._market("DE", cls.eur)
        cls.swedish = cls._market(
            "SE",
            cls.sek,
            fiscal_position_id=cls.sweden.id,
            team_id=cls.team.id,
        )

    @classmethod
    def _tax(cls, rate):
        return cls.env["account.tax"].create(
            {
                "name": f"VAT {rate} % inside",
                "amount": rate,
                "type_tax_use": "sale",
                "price_include_override": "tax_included",
            }
        )

    @classmethod
    def _market(cls, ref, currency, **values):
        return cls.env["channel.market"].create(
            {
                "channel_id": cls.channel.id,
                "name": f"Shop {ref}",
                "external_id": ref,
                "currency_id": currency.id,
                **values,
            }
        )

    def _gross(self, *lines, total, **values):
        """An order whose channel tells prices with tax, and no tax."""
        defaults = {
            "currency": "EUR",
            "market": "DE",
            "taxed_by": "odoo",
            "taxes_included": True,
        }
        return self._data(*lines, total=total, **{**defaults, **values})

    def assertTaxes(self, sale_order, taxes):
        """Taxes of the sale order's lines together, by name."""
        found = {}
        for line in sale_order.order_line:
            for each in line.tax_ids:
                found[each] = found.get(each, 0) + line.price_tax
        self.assertEqual(
            {each: round(amount, 2) for each, amount in found.items()}, taxes
        )


@tagged("post_install", "-at_install")
class TestMarket(MarketCase):
    def test_currency_is_that_of_the_market(self):
        for market, currency in (("DE", "EUR"), ("SE", "SEK")):
            order = self._import(
                self._data(
                    self._line(self.lamp, 1, "10.00"),
                    total="10.00",
                    market=market,
                    currency=currency,
                )
            )
            sale_order = self.assertImported(order, "10.00")
            self.assertEqual(sale_order.currency_id.name, currency)
            self.assertEqual(order.market_id.external_id, market)

    def test_order_in_another_currency_than_its_markets_is_blocked(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                total="10.00",
                market="SE",
                currency="EUR",
            )
        )
        found = self.assertRefused(order, "currency")
        self.assertIn("Shop SE", found.message)
        self.swedish.currency_id = self.eur
        self.assertEqual(order.state, "captured", "released by the market's change")
        self.env["channel.order.importer"]._import(order)
        self.assertImported(order, "10.00")

    def test_order_of_an_unknown_market_is_blocked_until_that_is_set_up(self):
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                total="10.00",
                market="PL",
                currency="EUR",
            )
        )
        self.assertEqual(order.state, "blocked")
        self.assertIn("configuration", self._exceptions(order).mapped("category"))
        self.assertEqual(self._position().held, 1)
        market = self._market("PL", self.eur)
        self.assertEqual(order.state, "captured")
        self.env["channel.order.importer"]._import(order)
        self.assertImported(order, "10.00")
        self.assertEqual(order.market_id, market)

    def _sell_in_francs(self, total="10.00"):
        """An order of a shop that sells in several currencies, and names no market."""
        line = self._line(self.lamp, 1, total)
        return self._import(self._data(line, total=total, currency="CHF"))

    def test_order_that_names_no_market_is_of_the_one_in_its_currency(self):
        """What the message of another currency says ends it, for shops without
        markets of their own too."""
        francs = self.env.ref("base.CHF")
        francs.active = True
        order = self._sell_in_francs()
        found = self.assertRefused(order, "currency")
        self.assertIn("add one market in CHF", found.suggestion)
        market = self._market("CHF", francs)
        self.assertEqual(order.state, "captured", "released by the new market")
        self.env["channel.order.importer"]._import(order)
        sale_order = self.assertImported(order, "10.00")
        self.assertEqual(sale_order.currency_id, francs)
        self.assertEqual(order.market_id, market)
        self.assertFalse(found.exists() and found.state == "open")
        # in the channel's own currency an order is of no market
        self.assertFalse(self._import(self._simple()).market_id)
        self._market("CHF-2", francs)
        self.assertRefused(self._sell_in_francs("11.00"), "currency")

    def test_channel_without_markets_is_as_it_was(self):
        self.channel.market_ids.unlink()
        order = self._import(self._simple(market="DE"))
        self.assertImported(order, "22.00", "2.00")
        self.assertFalse(order.market_id)

    def test_settings_of_the_market_come_before_those_of_the_channel(self):
        pricelist = self.env["product.pricelist"].create(
            {"name": "Nordic", "currency_id": self.sek.id}
        )
        self.swedish.pricelist_id = pricelist
        self.channel.team_id = self.env["crm.team"].create({"name": "Others"})
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                total="10.00",
                market="SE",
                currency="SEK",
            )
        )
        sale_order = self.assertImported(order, "10.00")
        self.assertEqual(sale_order.team_id, self.team)
        self.assertEqual(sale_order.pricelist_id, pricelist)
        self.assertEqual(sale_order.fiscal_position_id, self.sweden)
        other = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                total="10.00",
                market="DE",
                currency="EUR",
            )
        )
        self.assertEqual(other.sale_order_id.team_id, self.channel.team_id)

    def test_language_is_that_of_new_customers(self):
        self.env["res.lang"]._activate_lang("sv_SE")
        self.swedish.lang = "sv_SE"
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "10.00"),
                total="10.00",
                market="SE",
                currency="SEK",
            )
        )
        self.assertEqual(order.sale_order_id.partner_id.lang, "sv_SE")

    def test_mapping_of_a_rate_may_be_of_one_market(self):
        other = self.vat_19.copy({"name": "VAT 19 % inside, one stop shop"})
        for market, account_tax in ((False, self.vat_19), (self.german.id, other)):
            self.env["channel.tax.map"].create(
                {
                    "channel_id": self.channel.id,
                    "market_id": market,
                    "rate": 19,
                    "price_included": True,
                    "tax_id": account_tax.id,
                }
            )
        for market, currency, expected in (
            ("DE", "EUR", other),
            ("SE", "SEK", self.vat_19),
        ):
            order = self._import(
                self._data(
                    self._line(self.lamp, 1, "11.90", tax(19, "1.90")),
                    total="11.90",
                    total_tax="1.90",
                    taxes_included=True,
                    market=market,
                    currency=currency,
                )
            )
            sale_order = self.assertImported(order, "11.90", "1.90")
            self.assertTaxes(sale_order, {expected: 1.9})

    def test_mapping_is_of_a_market_of_its_own_channel(self):
        channel = self.env["channel.channel"].create({"name": "Other"})
        with self.assertRaises(ValidationError):
            self.env["channel.tax.map"].create(
                {
                    "channel_id": channel.id,
                    "market_id": self.german.id,
                    "rate": 19,
                    "tax_id": self.vat_19.id,
                }
            )

    def test_managers_set_markets_up_and_operators_do_not(self):
        manager = new_test_user(
            self.env, "m", groups="channel_inventory_base.group_channel_manager"
        )
        operator = new_test_user(
            self.env, "o", groups="channel_inventory_base.group_channel_operator"
        )
        self.german.with_user(manager).name = "Germany"
        with self.assertRaises(AccessError):
            self.german.with_user(operator).name = "Elsewhere"


@tagged("post_install", "-at_install")
class TestTaxedByOdoo(MarketCase):
    def test_taxes_of_the_products_are_taken_out_of_the_prices(self):
        order = self._import(
            self._gross(
                self._line(self.lamp, 3, "24.99"),
                self._line(self.mug, 2, "7.77", discount="1.11"),
                total="89.40",
            )
        )
        sale_order = self.assertImported(order, "89.40", "12.91")
        # 74.97 - 74.97 / 1.19; 14.43 - 14.43 / 1.07
        self.assertTaxes(sale_order, {self.vat_19: 11.97, self.vat_7: 0.94})

    def test_fiscal_position_of_the_market_maps_them(self):
        order = self._import(
            self._gross(
                self._line(self.lamp, 1, "125.00"),
                total="125.00",
                market="SE",
                currency="SEK",
            )
        )
        sale_order = self.assertImported(order, "125.00", "25.00")
        self.assertTaxes(sale_order, {self.vat_25: 25.0})

    def test_gross_is_met_to_the_cent_for_any_price(self):
        """Prices of which the tax does not come out even, many units, discounts."""
        for cents in (1, 7, 333, 999, 1999, 12347):
            for units, discount in ((1, 0), (3, 1), (7, 5)):
                price = Decimal(cents) / 100
                less = min(Decimal(discount) / 100, price * units)
                total = price * units - less + Decimal("4.99")
                order = self._import(
                    self._gross(
                        self._line(self.lamp, units, str(price), discount=str(less)),
                        total=str(total),
                        shipping_lines=(self._shipping("4.99"),),
                        customer=replace(ERIKA, external_id=f"C-{cents}-{units}"),
                    )
                )
                self.assertEqual(order.state, "imported", self._exceptions(order))
                self.assertAlmostEqual(
                    order.sale_order_id.amount_total, float(total), 6
                )
                expected = Money.round((price * units - less) * 19 / 119) + Money.round(
                    Decimal("4.99") * 19 / 119
                )
                self.assertAlmostEqual(
                    order.sale_order_id.amount_tax, float(expected), 6
                )

    def test_delivery_is_taxed_as_the_goods_where_it_has_no_tax_of_its_own(self):
        order = self._import(
            self._gross(
                self._line(self.mug, 1, "10.70"),
                total="15.69",
                shipping_lines=(self._shipping("4.99"),),
            )
        )
        sale_order = self.assertImported(order, "15.69", "1.03")
        self.assertTaxes(sale_order, {self.vat_7: 1.03})

    def test_delivery_of_goods_with_several_taxes_needs_one_of_its_own(self):
        data = self._gross(
            self._line(self.lamp, 1, "11.90"),
            self._line(self.mug, 1, "10.70"),
            total="27.59",
            shipping_lines=(self._shipping("4.99"),),
        )
        order = self._import(data)
        self.assertRefused(order, "tax")
        self.channel.shipping_product_id.taxes_id = self.vat_19
        self.assertEqual(order.state, "captured", "released by the product's change")
        self.env["channel.order.importer"]._import(order)
        self.assertImported(order, "27.59", "3.40")

    def test_product_without_taxes_is_asked_about(self):
        self.lamp.product_id.taxes_id = False
        order = self._import(
            self._gross(self._line(self.lamp, 1, "11.90"), total="11.90")
        )
        self.assertRefused(order, "tax")
        self.assertEqual(self._position().held, 1)
        self.lamp.product_id.taxes_id = self.vat_19
        self.env["channel.order.importer"]._import(order)
        self.assertImported(order, "11.90", "1.90")

    def test_tax_on_top_of_the_price_cannot_be_inside_of_it(self):
        self.lamp.product_id.taxes_id = self.tax_10
        order = self._import(
            self._gross(self._line(self.lamp, 1, "11.00"), total="11.00")
        )
        self.assertRefused(order, "tax")

    def test_tax_that_the_channel_tells_all_the_same_is_compared(self):
        order = self._import(
            self._gross(
                self._line(self.lamp, 1, "11.90"), total="11.90", total_tax="1.90"
            )
        )
        self.assertImported(order, "11.90", "1.90")
        order = self._import(
            self._gross(
                self._line(self.lamp, 1, "11.90"), total="11.90", total_tax="0.78"
            )
        )
        self.assertRefused(order, "total_mismatch")

    def test_total_that_is_not_the_sum_is_blocked(self):
        order = self._import(
            self._gross(self._line(self.lamp, 1, "11.90"), total="11.91")
        )
        self.assertRefused(order, "total_mismatch")

    def test_sold_order_keeps_its_taxes_when_the_product_gets_others(self):
        data = self._gross(self._line(self.lamp, 2, "11.90", ref="L"), total="23.80")
        order = self._import(data)
        sale_order = self.assertImported(order, "23.80", "3.80")
        self.lamp.product_id.taxes_id = self.vat_7
        self._capture(replace(data, version=data.version + timedelta(minutes=1)))
        self.assertEqual(order.state, "imported", "nothing to follow")
        self.assertTaxes(sale_order, {self.vat_19: 3.8})
        self._capture(
            replace(
                self._newer(data, {"L": 1}),
                version=data.version + timedelta(minutes=2),
                total=Decimal("11.90"),
            )
        )
        self.assertEqual(order.state, "captured")
        order._follow()
        self.assertImported(order, "11.90", "1.90")
        self.assertTaxes(sale_order, {self.vat_19: 1.9})

    def test_market_whose_channel_tells_nothing_takes_the_products_taxes(self):
        data = self._gross(
            self._line(self.lamp, 1, "11.90"), total="11.90", taxed_by="channel"
        )
        self.german.tax_mode = "odoo"
        order = self._import(data)
        self.assertTaxes(
            self.assertImported(order, "11.90", "1.90"), {self.vat_19: 1.9}
        )

    def test_taxes_that_are_told_come_before_those_of_the_market(self):
        self.german.tax_mode = "odoo"
        order = self._import(
            self._data(
                self._line(self.lamp, 1, "11.00", tax(10, "1.00")),
                total="11.00",
                total_tax="1.00",
                taxes_included=True,
                market="DE",
                currency="EUR",
            )
        )
        self.assertTaxes(
            self.assertImported(order, "11.00", "1.00"), {self.tax_10_in: 1.0}
        )


class Money:
    """Rounding as people do it by hand, apart from the code that is tested."""

    @staticmethod
    def round(amount):
        return (amount * 100 + Decimal("0.5")).__floor__() / Decimal(100)


@tagged("post_install", "-at_install")
class TestTaxCollected(MarketCase):
    def order_collected(self, **values):
        return self._data(
            self._line(self.lamp, 2, "10.00"),
            total="20.00",
            taxed_by="collected",
            collected_tax=Decimal("1.65"),
            market="DE",
            currency="EUR",
            **values,
        )

    def test_collected_tax_is_a_figure_of_the_channel_order_only(self):
        order = self._import(self.order_collected())
        sale_order = self.assertImported(order, "20.00", "0.00")
        self.assertEqual(order.collected_tax, 1.65)
        self.assertFalse(sale_order.order_line.tax_ids)

    def test_tax_of_zero_percent_may_stand_for_it(self):
        zero = self._tax(0)
        self.env["channel.tax.map"].create(
            {
                "channel_id": self.channel.id,
                "rate": 0,
                "title": "collected",
                "tax_id": zero.id,
                "price_included": zero.price_include,
            }
        )
        order = self._import(self.order_collected(taxes_included=True))
        sale_order = self.assertImported(order, "20.00", "0.00")
        self.assertEqual(sale_order.order_line.tax_ids, zero)


@tagged("post_install", "-at_install")
class TestSmallFields(OrderCase):
    def test_latest_time_to_ship_is_the_commitment_of_the_sale_order(self):
        moment = datetime(2026, 3, 4, 22, 59, tzinfo=timezone.utc)
        order = self._import(self._simple(ship_by=moment))
        sale_order = self.assertImported(order, "22.00", "2.00")
        self.assertEqual(sale_order.commitment_date, moment.replace(tzinfo=None))
        self.assertEqual(
            sale_order.picking_ids.date_deadline, moment.replace(tzinfo=None)
        )
        self.assertEqual(order.ship_by, moment.replace(tzinfo=None))

    def test_purchase_order_of_the_customer_is_the_reference(self):
        order = self._import(self._simple(customer_ref="PO-4711"))
        self.assertEqual(order.sale_order_id.client_order_ref, "PO-4711")
        self.assertIn(order.name, order.sale_order_id.origin)
        plain = self._import(self._simple())
        self.assertEqual(plain.sale_order_id.client_order_ref, plain.name)

    def test_replacement_is_free_shipped_and_no_duplicate(self):
        self.channel.duplicate_minutes = 60
        first = self._import(self._simple())
        free = [
            self._data(
                self._line(self.lamp, 2, "0.00"),
                total="0.00",
                payment=payment,
                origin=first.external_id,
            )
            for payment in ("paid", "pending")
        ]
        for data in free:
            order = self._import(data)
            sale_order = self.assertImported(order, "0.00")
            self.assertEqual(sale_order.state, "sale")
            self.assertEqual(sale_order.order_line.move_ids.product_qty, 2)
            self.assertIn(first.name, sale_order.origin)
            self.assertEqual(order.origin_ref, first.external_id)
            self.assertFalse(self._exceptions(order))

    def test_business_customer_has_company_and_tax_id(self):
        customer = schemas.CustomerData(
            external_id="B-1", name="Eva Kauf", company="Kauf GmbH", vat="DE136695976"
        )
        order = self._import(self._simple(customer=customer))
        partner = order.sale_order_id.partner_id
        self.assertEqual((partner.name, partner.vat), ("Kauf GmbH", "DE136695976"))
        self.assertTrue(partner.is_company)
        self.assertEqual(order.sale_order_id.partner_shipping_id.name, "Erika Muster")
        self.assertEqual(
            order.sale_order_id.partner_invoice_id.commercial_partner_id, partner
        )

    def test_tax_id_that_odoo_refuses_stops_no_order(self):
        partners = self.env.registry["res.partner"]

        def refuse(partner, values):
            if values.get("vat"):
                raise ValidationError(values["vat"])
            return origin(partner, values)

        origin = partners.write
        self.patch(partners, "write", refuse)
        customer = replace(ERIKA, external_id="B-2", company="X", vat="nonsense")
        order = self._import(self._simple(customer=customer))
        self.assertImported(order, "22.00", "2.00")
        partner = order.sale_order_id.partner_id
        self.assertFalse(partner.vat)
        self.assertIn("nonsense", partner.message_ids[:1].body)


@tagged("post_install", "-at_install")
class TestMarketLearnt(MarketCase):
    """Storefronts that a connection test has found."""

    def learn(self, *rows):
        self.channel._learn_markets(tuple(schemas.MarketData(*row) for row in rows))

    def test_new_storefronts_get_a_market(self):
        self.learn(("FR", "Shop FR", "EUR", True), ("UK", "Shop UK", "GBP", False))
        found = {
            each.external_id: (each.name, each.currency_id.name, each.tax_mode)
            for each in self.channel.market_ids
            if each.external_id in ("FR", "UK")
        }
        self.assertEqual(
            found,
            {"FR": ("Shop FR", "EUR", "odoo"), "UK": ("Shop UK", "GBP", "told")},
        )
        self.assertTrue(self.channel.market_ids.currency_id.filtered("active"))

    def test_known_storefront_keeps_what_the_user_has_set(self):
        self.swedish.write({"name": "Our Sweden", "tax_mode": "told"})
        self.learn(("SE", "Shop SE", "SEK", True))
        self.assertEqual(self.swedish.name, "Our Sweden")
        self.assertEqual(self.swedish.tax_mode, "told")
        self.assertEqual(self.swedish.team_id, self.team)
        self.assertEqual(len(self.channel.market_ids), 2)

    def test_currency_is_the_channels_to_tell(self):
        self.swedish.currency_id = self.eur
        self.learn(("SE", "Shop SE", "SEK", True))
        self.assertEqual(self.swedish.currency_id, self.sek)

    def test_storefront_that_is_gone_keeps_its_market(self):
        """It may have orders yet."""
        self.learn(("DE", "Shop DE", "EUR", True))
        self.assertIn(self.swedish, self.channel.market_ids)

    def test_currency_that_nobody_knows_makes_no_market(self):
        self.learn(("XX", "Shop XX", "XXX", True))
        self.assertEqual(len(self.channel.market_ids), 2)

    def test_manager_learns_them(self):
        """Whoever may test the connection need not be able to change currencies."""
        manager = new_test_user(
            self.env, "learner", groups="channel_inventory_base.group_channel_manager"
        )
        gbp = self.env.ref("base.GBP")
        gbp.active = False
        market = schemas.MarketData("UK", "Shop UK", "GBP")
        self.channel.with_user(manager)._learn_markets((market,))
        self.assertIn("UK", self.channel.market_ids.mapped("external_id"))
        self.assertTrue(gbp.active)
