# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.orm.models import INSERT_BATCH_SIZE
from odoo.tests import tagged

from .common import ChannelCase
from .common_levels import ManyLevels

FEW, MANY = 100, 1000
SPARE = 15
"""Statements that may differ for other reasons: caches, ids fetched in parts."""


@tagged("post_install", "-at_install")
class TestStatements(ManyLevels, ChannelCase):
    """What is done to many in one go takes as many statements as for few: a search, or
    a write, in a loop is found here whatever it looks like."""

    def assertFlat(self, prepare, work, tables=0):
        """
        :param prepare: function of a count that makes so much to do
        :param tables: so many are written by Odoo's own way, a hundred rows a statement
        """
        counts = []
        for count in (FEW, MANY):
            prepare(count)
            self.env.flush_all()
            self.env.invalidate_all()
            counts.append(self.statements(work))
        few, many = counts
        self.assertGreater(few, 1, "it does something")
        most = few + SPARE + tables * (MANY - FEW) // INSERT_BATCH_SIZE
        self.assertLess(many, most, f"{FEW}: {few}, {MANY}: {many}")

    def doubt(self, count):
        """Nothing is known of so many numbers, which are read in one request."""
        self.fake.read_size = 2 * count
        levels = self.queue_levels(count)
        self.env["channel.level.pending"].search([]).unlink()
        self.env.cr.execute(
            "UPDATE channel_level_remote SET state = 'unknown', seen_sum = NULL, "
            "seen_at = NULL WHERE level_id = ANY(%s)",
            [levels.ids],
        )
        return levels

    def doubt_and_see(self, count):
        """They were seen once, and all orders are in since."""
        levels = self.doubt(count)
        self.env.cr.execute(
            "UPDATE channel_level_remote SET seen_sum = 0, "
            "seen_at = now() AT TIME ZONE 'UTC' - interval '1 hour' "
            "WHERE level_id = ANY(%s)",
            [levels.ids],
        )
        with self.channel._shared_state("poll") as state:
            now = self.env["channel.intake"]._database_time()
            state["completed_from"] = now.isoformat()

    def move(self, count):
        """So many products have changed, which are listed."""
        last = self.env["channel.listing"].search_count([])
        numbers = range(last + 1, last + 1 + count)
        products = self.env["product.product"].create(
            [{"name": f"Many {each}", "is_storable": True} for each in numbers]
        )
        self.env["channel.listing"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "external_id": f"variant-{number}",
                    "stock_ref": f"item-{number}",
                    "product_id": product.id,
                    "state": "mapped",
                }
                for number, product in zip(numbers, products, strict=True)
            ]
        )

    def order_lines(self, count):
        """An order of so many lines, each of another listing, is in the inbox."""
        self.queue_levels(count)
        self.fake.levels["item-1", "node-1"] = 10
        name = self.fake.sell(1)
        [line] = self.fake.orders[name]["lines"]
        refs = self.env["channel.listing"].search([], order="id desc", limit=count)
        lines = [
            {**line, "external_id": f"{name}/{listing.id}", "sku": listing.sku}
            | {"listing_ref": listing.external_id}
            for listing in refs
        ]
        self.fake.change(name, lines=lines, total=str(10 * count))
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")

    # --------------------------------------------------------------- tests
    def test_planning(self):
        self.assertFlat(self.move, self.env["channel.planner"]._run)

    def test_publishing(self):
        publisher = self.env["channel.publisher"]
        self.assertFlat(self.queue_levels, lambda: publisher._run(self.channel))
        self.assertTrue(self.fake.requests)

    def test_first_look_at_unknown_numbers(self):
        observer = self.env["channel.observer"]
        self.assertFlat(self.doubt, lambda: observer._run(self.channel))

    def test_second_look_at_unknown_numbers(self):
        observer = self.env["channel.observer"]
        self.assertFlat(self.doubt_and_see, lambda: observer._run(self.channel))
        remotes = self.env["channel.level.remote"].search([])
        self.assertEqual(set(remotes.mapped("state")), {"known"})

    def test_look_around(self):
        def prepare(count):
            self.fake.read_size = 2 * count
            self.queue_levels(count)

        observer = self.env["channel.observer"]
        self.assertFlat(prepare, lambda: observer._look_around(self.channel))

    def test_capture_of_an_order(self):
        intake = self.env["channel.intake"]
        self.assertFlat(
            self.order_lines,
            lambda: intake._capture_next(self.channel),
            # lines, holds, deductions
            tables=3,
        )
        self.assertGreater(self.env["channel.hold"].search_count([]), MANY)
