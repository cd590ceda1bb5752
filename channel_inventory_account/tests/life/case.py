# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_sale.tests.common_messages import Sold

from .judge import Judge
from .people import People
from .shop import QUANTITY
from .workers import Workers


class LifeCase(Judge, People, Workers, Sold):
    """A channel with two products, connected to a sandbox that sells them.

    Mixed into a ``CommittedCase`` by connectors, which set ``life``.
    """

    use_fake = False
    stocked = QUANTITY
    begun = False
    life = None
    """The LifeShop of a running sandbox."""

    def setUp(self):
        # each example begins anew, see ``begin``
        super(CommittedCase, self).setUp()

    def begin(self, policy="none"):
        """A new channel with a warehouse of its own, and the shop as new.

        :param policy: what of its orders is invoiced and paid by itself
        """
        self.life.begin()
        self.shipped_by_shop, self.counted = {}, Counter()
        CommittedCase.setUp(self)
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job; DELETE FROM channel_change")
            self._sell_two_products(env)
            self._keep_books(env, policy)
        self.plan()
        with self.commit() as env:
            for level in self.levels(env):
                self.make_known(env, level, QUANTITY)
        self.begun = True

    def _sell_two_products(self, env):
        channel = self.channel(env)
        bound = self.life.bind(env, channel)
        self._charge_tax(env, channel)
        first = env["product.product"].browse(self.product_id)
        warehouse = channel.node_ids.warehouse_ids
        second = self.make_product(env, 2, QUANTITY, warehouse)
        env["channel.listing"].browse(self.listing_id).unlink()
        for sku, product in zip(self.life.skus, (first, second), strict=True):
            product.write({"default_code": sku, "invoice_policy": "order"})
            self.make_listing(env, channel, product, sku=sku, **bound[sku])

    def _keep_books(self, env, policy):
        if policy == "none":
            return
        channel = self.channel(env)
        journal = env["account.journal"].create(
            {"name": "Gateway", "code": f"G{channel.id}", "type": "bank"}
        )
        channel.write(
            {
                "invoice_policy": policy,
                "payment_policy": "paid",
                "payment_journal_id": journal.id,
            }
        )

    def _charge_tax(self, env, channel):
        included = self.life.taxes_included
        tax = env["account.tax"].create(
            {
                "name": f"VAT {channel.id}",
                "amount": self.life.tax_rate,
                "type_tax_use": "sale",
                "price_include_override": (
                    "tax_included" if included else "tax_excluded"
                ),
            }
        )
        channel.tax_map_ids.create(
            {
                "channel_id": channel.id,
                "rate": self.life.tax_rate,
                "price_included": included,
                "tax_id": tax.id,
            }
        )
