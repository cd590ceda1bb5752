# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


class ReconcileCase(ChannelCase):
    """A channel of which all numbers can be read at once, and are as they should be."""

    def setUp(self):
        super().setUp()
        self.fake.more = {"reads_all": True, "committed": True}
        self.fake.read_size = 50
        self.product.standard_price = 4

    # ------------------------------------------------------------- levels
    def make_levels(self, count, product=None, first=100, **values):
        """``count`` listings more, of one product."""
        product = product or self.product
        listings = self.env["channel.listing"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": f"variant-{number}",
                    "stock_ref": f"item-{number}",
                    "sku": f"SKU-{number}",
                    "product_id": product.id,
                    "state": "mapped",
                    **values,
                }
                for number in range(first, first + count)
            ]
        )
        return listings

    def go_live_all(self):
        """Plan; the channel shows what it should, and is known to."""
        self.plan()
        levels = self.env["channel.level"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.env["channel.level.remote"].search([]).unlink()
        self.env["channel.level.remote"].create(
            [
                {
                    "level_id": level.id,
                    "channel_id": self.channel.id,
                    "state": "known",
                    "base_qty": level.target,
                    "base_deducted": 0,
                }
                for level in levels
            ]
        )
        self.env["channel.level.pending"].search([]).unlink()
        for level in levels:
            ref = level.listing_id.stock_ref, level.node_id.external_id
            self.fake.levels[ref] = level.target
        self.env.flush_all()
        self.env.invalidate_all()
        return levels

    # ---------------------------------------------------------------- run
    def begin(self, trigger="hand"):
        self.env.flush_all()
        self.channel._reconcile(trigger)
        return self.env["channel.reconcile.run"].search(
            [("channel_id", "=", self.channel.id)], limit=1
        )

    def work(self):
        """What the job does once."""
        self.env.flush_all()
        self.env["channel.reconciler"]._run(self.channel)
        self.env.invalidate_all()

    def reconcile(self):
        """A whole run, with the orders of its time. :return: the run"""
        run = self.begin()
        for _turn in range(10):
            self.work()
            if run.state != "running":
                break
            self.poll()
            self.intake()
        self.assertNotEqual(run.state, "running", run.step)
        return run

    def settle(self):
        """The observer looks twice, with a pull in between; then ours is published."""
        self.observe()
        self.poll()
        self.intake()
        self.observe()
        self.publish()

    # -------------------------------------------------------------- looks
    def differences(self, **values):
        domain = [(name, "=", value) for name, value in values.items()]
        return self.env["channel.reconcile.difference"].search(
            [("company_id", "=", self.channel.company_id.id), *domain]
        )

    def exceptions(self, **values):
        domain = [(name, "=", value) for name, value in values.items()]
        return self.env["channel.exception"].search([("state", "=", "open"), *domain])

    def shown(self, number, node="node-1"):
        return self.fake.levels.get((f"item-{number}", node))

    def show(self, number, quantity, node="node-1"):
        self.fake.levels[f"item-{number}", node] = quantity
