# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common import ChannelCase
from odoo.addons.channel_inventory_base.tests.common_dated import DatedSetup
from odoo.addons.channel_inventory_base.tools.explain import explain
from odoo.addons.channel_inventory_base.tools.poisson import (
    chance_of_more,
    smallest_buffer,
)


@tagged("post_install", "-at_install")
class TestSalesRate(ChannelCase):
    def sell(self, quantity, days_ago=1, unit=None, channel_order=False):
        sale = self.env["sale.order"].create(
            {
                "partner_id": self.env.ref("base.partner_admin").id,
                "warehouse_id": self.warehouse.id,
                "channel_order_id": channel_order and channel_order.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "product_uom_id": (unit or self.product.uom_id).id,
                        },
                    )
                ],
            }
        )
        sale.action_confirm()
        sale.date_order = fields.Datetime.now() - timedelta(days=days_ago)
        return sale

    def rates(self):
        self.env["channel.sales.rate"]._measure()
        found = self.env["channel.sales.rate"].search(
            [("product_id", "=", self.product.id)]
        )
        return {each.channel_id.id: each.per_day for each in found}

    def test_rate_is_in_stock_units_a_day_of_four_weeks(self):
        self.sell(16)
        self.sell(1, unit=self.env.ref("uom.product_uom_dozen"))
        self.assertEqual(self.rates(), {False: 1.0})

    def test_old_sales_and_quotations_do_not_count(self):
        self.sell(28, days_ago=29)
        self.sell(28)._action_cancel()
        self.assertEqual(self.rates(), {})

    def test_what_sells_no_more_loses_its_rate(self):
        sale = self.sell(28)
        self.assertEqual(self.rates(), {False: 1.0})
        sale.date_order -= timedelta(days=30)
        self.assertEqual(self.rates(), {})

    def test_equal_rate_is_not_written_again(self):
        self.sell(28)
        self.rates()
        self.plan()
        self.rates()
        self.assertFalse(self.env["channel.change"].search([]))

    def test_days_of_cover_keep_back_what_sells_in_them(self):
        self.add_stock(self.env, self.product, self.warehouse, 90)
        self.sell(28)
        self.rule("cover", 14)
        self.rates()
        self.plan()
        self.assertEqual(self.level.target, 100 - 28 - 14)

    def test_risk_buffer_shows_its_arithmetic(self):
        self.channel.publish_latency = 86400 / 2
        self.add_stock(self.env, self.product, self.warehouse, 90)
        self.sell(28 * 2)
        self.rule("risk", 5)
        self.rates()
        self.plan()
        # one is expected meanwhile; P(N > 2) = 8.0 %, P(N > 3) = 1.9 %
        self.assertEqual(self.level.target, 100 - 56 - 3)
        [step] = [each for each in explain(self.level.inputs) if each.kind == "risk"]
        self.assertAlmostEqual(step.facts["mean"], 1.0)
        self.assertAlmostEqual(step.facts["chance"], 1.899, 3)
        self.assertAlmostEqual(step.facts["chance_below"], 8.030, 3)
        self.assertIn("Poisson", self.level.why)

    def test_buffer_of_the_database_is_the_smallest_that_will_do(self):
        for mean in (0, 1e-6, 0.01, 0.5, 1, 3.7, 40, 650, 900, 5000):
            for chance in (0.2, 0.05, 0.001, 1e-6):
                self.env.cr.execute(
                    "SELECT channel_poisson_buffer(%s, %s)", [mean, chance]
                )
                [buffer] = self.env.cr.fetchone()
                with self.subTest(mean=mean, chance=chance):
                    if mean <= 650:
                        self.assertEqual(buffer, smallest_buffer(mean, chance))
                    else:
                        self.assertLessEqual(chance_of_more(mean, buffer), chance)
                        self.assertGreater(chance_of_more(mean, buffer - 1), chance)

    def test_latency_is_measured_and_small_changes_are_not_written(self):
        self.go_live(shown=0)
        self.publish()
        line = self.env["channel.publication.line"].search(
            [("level_id", "=", self.level.id)], limit=1
        )
        values = "publication_id, level_id, quantity, base, deducted, since, result"
        self.env.cr.execute(
            f"INSERT INTO channel_publication_line ({values}) "  # names of columns
            f"SELECT publication_id, level_id, quantity, base, deducted, "
            f"%s, 'acked' FROM channel_publication_line, generate_series(1, 30) "
            f"WHERE id = %s",
            [fields.Datetime.now() - timedelta(seconds=200), line.id],
        )
        self.channel._measure_latency()
        measured = self.channel.publish_latency
        self.assertGreater(measured, 150)
        self.channel.publish_latency = measured * 1.1
        self.channel._measure_latency()
        self.assertAlmostEqual(self.channel.publish_latency, measured * 1.1, 1)


@tagged("post_install", "-at_install")
class TestDatedBackorder(DatedSetup, ChannelCase):
    """A backorder rule promises what arrives in time, and no more."""

    def target(self):
        self.plan()
        return self.level.target

    def test_only_what_is_due_within_the_horizon_is_promised(self):
        self.receive_in(3, 20)
        self.receive_in(30, 40)
        self.rule("backorder", 100, horizon_days=7)
        self.assertEqual(self.target(), 30)

    def test_days_until_it_can_be_shipped_count_within_the_horizon(self):
        self.receive_in(3, 20)
        self.receive_in(6, 40)
        self.rule("backorder", 100, horizon_days=7, lead_days=3)
        self.assertEqual(self.target(), 30)

    def test_suppliers_stock_is_promised_where_they_deliver_in_time(self):
        self.supply_in(2, 5)
        self.supply_in(20, 50)
        self.rule("backorder", 100, horizon_days=7)
        self.assertEqual(self.target(), 10)
        self.rule("backorder", 100, horizon_days=7, supplier_stock=True, sequence=1)
        self.assertEqual(self.target(), 15)

    def test_shortage_takes_the_inbound_first(self):
        self.receive_in(3, 20)
        self.add_stock(self.env, self.product, self.warehouse, -25)
        self.rule("backorder", 100, horizon_days=7)
        self.assertEqual(self.target(), 5)
        self.receive_in(4, 10)
        # fifteen short, thirty due
        self.assertEqual(self.target(), 15)

    def test_rules_that_look_at_the_same_days_are_added_up_once(self):
        """A rule on a product promises of that one, as do all that look as far."""
        other = self.make_product(self.env, 2, 10, self.warehouse)
        listing = self.make_listing(self.env, self.channel, other, 2)
        for product in (self.product, other):
            self.receive_in(3, 20, product)
        self.rule("backorder", 4, horizon_days=7)
        self.rule("backorder", 7, horizon_days=7, product_id=other.id)
        self.assertEqual(self.target(), 14)
        level = self.env["channel.level"].search([("listing_id", "=", listing.id)])
        self.assertEqual(level.target, 17)
