# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter

from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.life.deaths import choose_deaths
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    commits_noted,
    run_in_child,
)

from ..client import Unlimited
from ..const import APPLIES_SECONDS, MERCHANT
from .shop import ConnectedAccount

SKUS = tuple(f"SKU-{number}" for number in range(1, 5))
STOCK = 50
MINUTE, DAY = 60, 86400


def publish(env, channel):
    env["channel.publisher"]._run(channel)


def observe(env, channel):
    env["channel.observer"]._run(channel)


class KilledCase(ConnectedAccount, CommittedCase):
    """Four SKUs of one product. Workers are killed before and after a commit."""

    use_fake = False
    stocked = STOCK

    @classmethod
    def setUpClass(cls):
        cls.open_account(rate_factor=1e6)
        super().setUpClass()
        adapter = cls.registry["channel.adapter.amazon"]
        waits = lambda _model, seconds: cls.shop.pass_time(seconds)  # noqa: E731
        cls.classPatch(adapter, "_sleep", waits)
        cls.classPatch(adapter, "_buckets", lambda *_args: lambda _each: Unlimited())

    def setUp(self):
        super().setUp()
        self.begin()
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job; DELETE FROM channel_change")
            channel = self.channel(env)
            channel.node_ids.external_id = MERCHANT
            env["channel.listing"].browse(self.listing_id).unlink()
            product = env["product.product"].browse(self.product_id)
            for number, sku in enumerate(SKUS, 1):
                names = {"external_id": sku, "stock_ref": sku}
                self.make_listing(env, channel, product, number, **names)
        for sku in SKUS:
            self.shop.edit_stock(sku, STOCK)
        self.plan()
        with self.commit() as env:
            for level in self.levels(env):
                self.make_known(env, level, STOCK)
        # what is done once only, such as to search orders, is none of a batch's commits
        self.change(-1)
        self.publish()
        self.minute()

    def levels(self, env):
        return env["channel.level"].search([("channel_id", "=", self.channel_id)])

    # ----------------------------------------------------------------- acts
    def change(self, quantity):
        """All four numbers are to be others."""
        self.change_stock(quantity)
        self.plan()
        self.shop.log.clear()

    def kill_at(self, number, side, work):
        """:return: whether it got there"""
        return run_in_child(
            self.registry,
            lambda env: work(env, self.channel(env)),
            at_commit(number, side),
        )

    def commits(self, work):
        """What ``work`` commits where nobody dies: see ``commits_noted``."""
        with commits_noted() as commits, self.commit() as env:
            work(env, self.channel(env))
        return commits

    def minute(self, seconds=APPLIES_SECONDS + 1):
        """Time passes here and there, with what jobs do at its end."""
        self.shop.pass_time(seconds)
        with self.commit() as env:
            env.cr.execute(
                """
                UPDATE channel_publication_line
                   SET due_at = due_at - make_interval(secs => %(seconds)s);
                UPDATE channel_publication
                   SET ask_at = ask_at - make_interval(secs => %(seconds)s),
                       watch_at = watch_at - make_interval(secs => %(seconds)s),
                       acked_at = acked_at - make_interval(secs => %(seconds)s)
                """,
                {"seconds": seconds},
            )
        self.observe()
        self.publish()

    # ---------------------------------------------------------------- looks
    def shown(self):
        return [self.shop.shown(sku) for sku in SKUS]

    def wanted(self):
        with self.commit() as env:
            return self.levels(env).mapped("target")

    def check_rest(self):
        """All is as it should be, nothing is left to do, nothing was done in vain."""
        self.assertEqual(self.shown(), self.wanted())
        with self.commit() as env:
            mine = [("channel_id", "=", self.channel_id)]
            remotes = env["channel.level.remote"].search(mine)
            self.assertEqual(set(remotes.mapped("state")), {"known"})
            self.assertFalse(env["channel.level.pending"].search_count(mine))
            publications = env["channel.publication"].search(mine)
            self.assertEqual(set(publications.mapped("state")), {"done"})
        self.assertLessEqual(set(self.shop.violations.counts), {"dead_token"})


@tagged("post_install", "-at_install")
class TestShopKilledBatch(KilledCase):
    """In the middle of a batch of PATCHes: what was sent is not sent again, and only
    the number that the worker was at is looked at."""

    def deaths_of_a_batch(self):
        """(number of a commit, side) of each that is made while it is sent."""
        self.change(-1)
        names = [name for name, _writes, _sent in self.commits(publish)]
        self.minute()
        self.assertEqual(names.count("_note_push"), len(SKUS))
        # from the first that is noted until all of it is settled
        first, last = names.index("_note_push"), names.index("_settle")
        return [
            (number, side)
            for number in range(first, last + 1)
            for side in ("before", "after")
        ]

    def patched(self):
        """How often each SKU was patched since its number was to be another."""
        return Counter(
            each["path"].rpartition("/")[2]
            for each in self.shop.log.entries("patchListingsItem")
        )

    def test_nothing_that_was_sent_is_sent_again(self):
        for number, side in self.deaths_of_a_batch():
            with self.subTest(commit=number, side=side):
                self.change(-1)
                self.assertTrue(self.kill_at(number, side, publish), "it lives")
                self.publish()
                self.assertEqual(self.patched(), dict.fromkeys(SKUS, 1))
                self.minute()
                self.check_rest()

    def test_only_the_number_being_sent_is_sent_again_where_it_is_not_shown(self):
        deaths = self.deaths_of_a_batch()
        self.shop.config.apply_seconds = (30, 30)
        self.addCleanup(self.shop.config.update, {"apply_seconds": (0, 0)})
        for number, side in deaths:
            with self.subTest(commit=number, side=side):
                self.change(-1)
                self.assertTrue(self.kill_at(number, side, publish), "it lives")
                self.publish()
                self.assertEqual(set(self.patched()), set(SKUS))
                self.assertLessEqual(self.patched().total(), len(SKUS) + 1)
                self.minute()
                self.check_rest()


@tagged("post_install", "-at_install")
class TestShopKilledFeed(KilledCase):
    """While a feed is handed in, or its outcome is asked for: whether Amazon has it or
    not, the numbers are right in the end."""

    def setUp(self):
        super().setUp()
        with self.commit() as env:
            channel = self.channel(env)
            channel.mass_quantity = len(SKUS) - 1
            # feeds need a catalogue
            list(env["channel.adapter.amazon"]._iter_listings(channel))

    def feeds(self):
        """How many were made: a token that has ended meanwhile is refused once."""
        made = self.shop.log.entries("createFeed")
        return sum(each["status"] == 202 for each in made)

    def come_to_rest(self):
        for _minute in range(8):
            self.minute()
        # nobody waits any longer for a feed of which there is no ticket
        self.minute(DAY)
        self.minute()

    def test_while_it_is_handed_in(self):
        self.change(1)
        deaths = choose_deaths(self.commits(publish))
        self.assertEqual(self.feeds(), 1)
        self.come_to_rest()
        self.check_rest()
        for number, side in deaths:
            with self.subTest(commit=number, side=side):
                self.change(1)
                self.assertTrue(self.kill_at(number, side, publish), "it lives")
                self.come_to_rest()
                self.assertLessEqual(self.feeds(), 2)
                self.check_rest()

    def test_while_its_outcome_is_asked_for(self):
        deaths = None
        while deaths is None or deaths:
            self.change(1)
            self.publish()
            self.assertEqual(self.feeds(), 1)
            self.be_done()
            if deaths is None:
                deaths = choose_deaths(self.commits(observe))
            else:
                number, side = deaths.pop()
                with self.subTest(commit=number, side=side):
                    self.assertTrue(self.kill_at(number, side, observe), "it lives")
            self.come_to_rest()
            self.assertEqual(self.feeds(), 1)
            self.check_rest()

    def be_done(self):
        """Amazon has done the feed, and it is to be asked for."""
        self.shop.pass_time(MINUTE)
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_publication SET ask_at = ask_at - interval '1 hour'"
            )
