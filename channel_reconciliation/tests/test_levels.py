# SPDX-License-Identifier: AGPL-3.0-or-later
import contextlib
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.schemas import LevelPage

from ..models import channel_reconcile_reader, channel_reconciler
from .common import ReconcileCase


@tagged("post_install", "-at_install")
class TestLevels(ReconcileCase):
    """What a run finds, and what it does not. Numbers in names: the table of tests."""

    def test_1_three_edits_are_three_differences(self):
        empty = self.make_product(self.env, 2)
        empty.standard_price = 4
        self.make_levels(998)
        self.make_levels(1, empty, first=5000)
        self.go_live_all()
        self.show(1, 15)
        self.show(100, 8)
        self.show(5000, 9)
        run = self.reconcile()
        self.assertEqual(run.state, "done", run.message)
        self.assertEqual(run.expected_count, 1000)
        self.assertEqual(run.counts, {"equal": 997, "edited": 3})
        self.assertEqual(run.coverage, 1)
        self.assertEqual(len(self.differences(state="checking")), 3)
        self.settle()
        found = self.differences(kind="edited", run_id=run.id)
        self.assertEqual(
            {each.stock_ref: (each.units, each.value, each.state) for each in found},
            {
                "item-1": (5, 20, "repaired"),
                "item-100": (-2, 8, "repaired"),
                "item-5000": (9, 36, "repaired"),
            },
        )
        self.assertEqual([self.shown(n) for n in (1, 100, 5000)], [10, 10, 0])
        again = self.reconcile()
        self.assertEqual(again.counts, {"equal": 1000})
        self.assertFalse(again.difference_count)
        # told as without this addon
        self.assertEqual(len(self.exceptions(category="drift")), 3)
        lines = self.env["channel.publication.line"].search(
            [("level_id", "in", found.level_id.ids)]
        )
        self.assertEqual(set(lines.mapped("cause_trace")), {run.trace})

    def test_3_a_lost_webhook_is_an_unseen_sale(self):
        self.make_levels(9)
        self.go_live_all()
        name = self.fake.sell(2)
        run = self.reconcile()
        self.assertTrue(self.order(name))
        self.assertEqual(run.counts, {"equal": 9, "unseen_sale": 1})
        self.assertFalse(self.differences())
        self.assertFalse(self.exceptions(category="drift"))
        self.assertEqual(self.shown(1), 8)

    def test_a_sale_captured_after_its_number_was_read_is_an_echo(self):
        self.make_levels(99)
        self.go_live_all()
        done = []

        def sell(number):
            # item-1 is on the first page
            if number == 1 and not done:
                done.append(self.capture(self.fake.sell(2)))

        self.fake.before_page = sell
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 99, "echo": 1})
        self.assertFalse(self.differences())

    def test_a_number_on_its_way_is_read_again_alone(self):
        self.make_levels(9)
        self.go_live_all()
        taken = []

        def publish(number):
            if not taken:
                taken.append(1)
                self.add_stock(self.env, self.product, self.warehouse, 5)
                self.plan()
                self.publish()

        self.fake.before_page = publish
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 10})
        self.assertEqual(run.round, 2)
        self.assertFalse(self.differences())

    def test_4_a_sale_that_our_number_has_swallowed_is_a_lost_decrement(self):
        self.make_levels(9)
        self.fake.absolute = True
        self.go_live_all()
        self.add_stock(self.env, self.product, self.warehouse, 5)
        self.plan()

        self.publish()
        self.assertEqual(self.shown(1), 15)
        # sold between our reading of orders and our writing, which put it back
        self.capture(self.fake.sell(3))
        self.show(1, 15)
        self.env["channel.level.pending"].search([]).unlink()
        self.assertEqual(self.level.expected_remote, 12)
        run = self.reconcile()
        self.assertEqual(run.counts.get("lost_decrement"), 1)
        self.settle()
        [found] = self.differences(kind="lost_decrement")
        self.assertEqual((found.units, found.state), (3, "repaired"))
        self.assertEqual(self.shown(1), self.level.target)

    def test_9_the_number_in_another_unit_is_not_overwritten(self):
        twelve = self.make_product(self.env, 12, 120, self.warehouse)
        self.make_levels(9)
        [listing] = self.make_levels(1, twelve, first=200, pack_qty=12)
        self.go_live_all()
        self.assertEqual(self.shown(200), 10)
        self.show(200, 120)
        self.reconcile()
        self.settle()
        [found] = self.differences()
        self.assertEqual((found.kind, found.state), ("wrong_unit", "proposed"))
        self.assertEqual(found.listing_id, listing)
        self.assertIn("12", found.note)
        self.assertEqual(self.shown(200), 120)
        self.assertTrue(self.exceptions(category="proposal"))
        # no stock at all is right in any unit
        quants = twelve.stock_quant_ids.filtered(
            lambda quant: quant.location_id.usage == "internal"
        )
        quants.with_context(inventory_mode=True).inventory_quantity = 0
        quants.action_apply_inventory()
        self.plan()
        self.publish()
        self.assertEqual(self.shown(200), 0)

    def test_10_what_no_number_of_ours_is_about(self):
        self.make_levels(9)
        other = self.make_product(self.env, 2)
        self.make_levels(1, other, first=300)
        self.go_live_all()
        self.show(900, 7)
        self.show(1, 4, node="node-9")
        self.fake.selling_on.add("item-300")
        self.fake.untracked.add("item-100")
        run = self.reconcile()
        found = {
            (each.kind, each.stock_ref): (each.shown, each.node_ref)
            for each in self.differences(state="open", run_id=run.id)
        }
        self.assertEqual(
            found,
            {
                ("unmapped", "item-900"): (7, "node-1"),
                ("foreign_place", "item-1"): (4, "node-9"),
                ("sells_below_zero", "item-300"): (0, False),
                ("untracked", "item-100"): (10, "node-1"),
            },
        )
        self.assertIn("SKU-300", self.exceptions(category="sells_below_zero").message)
        # it is over when a reading does not show it any more
        self.fake.selling_on.clear()
        self.fake.untracked.clear()
        del self.fake.levels["item-900", "node-1"], self.fake.levels["item-1", "node-9"]
        self.reconcile()
        self.assertFalse(self.differences(state="open"))
        self.assertFalse(self.exceptions(category="sells_below_zero"))

    def test_a_backorder_rule_covers_what_sells_below_zero(self):
        self.rule("backorder", 5)
        self.make_levels(9)
        self.go_live_all()
        self.fake.selling_on.add("item-1")
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 10})

    def test_one_that_is_not_stocked_any_more_is_stocked_again(self):
        self.make_levels(9)
        self.go_live_all()
        self.show(1, None)
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "not_stocked": 1})
        self.settle()
        self.assertEqual(self.shown(1), 10)
        self.assertEqual(self.differences().state, "repaired")

    def test_one_that_is_stocked_elsewhere_only_is_not_stocked(self):
        self.make_levels(9)
        self.go_live_all()
        del self.fake.levels["item-1", "node-1"]
        self.show(1, 0, node="node-2")
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "not_stocked": 1})
        self.settle()
        self.assertEqual(self.shown(1), 10)

    def test_one_that_is_gone_has_the_catalogue_checked(self):
        self.make_levels(9)
        self.go_live_all()
        del self.fake.levels["item-1", "node-1"]
        with patch.object(type(self.channel), "_wake") as wake:
            run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "gone": 1})
        self.assertIn(("_job_fetch_listings",), [each.args for each in wake.mock_calls])
        self.assertEqual(self.differences().kind, "gone")
        self.assertEqual(self.level.remote_state, "known")

    def test_one_that_cannot_be_published_is_stuck(self):
        self.make_levels(9)
        self.go_live_all()
        self.env["channel.level.pending"]._add(self.level)
        self.env["channel.level.pending"].search([]).since = (
            fields.Datetime.now() - timedelta(hours=1)
        )
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "stuck": 1})
        self.assertEqual(self.differences(state="open").kind, "stuck")
        # a reading by name closes it, too
        self.env["channel.level.pending"].search([]).unlink()
        self.fake.more = {}
        self.assertEqual(self.reconcile().counts, {"equal": 10})
        self.assertEqual(self.differences().state, "closed")

    def test_one_that_stays_unknown_is_a_persons_after_three_runs(self):
        self.make_levels(9)
        self.go_live_all()
        remote = self.env["channel.level.remote"].search(
            [("level_id", "=", self.level.id)]
        )
        remote.state = "unknown"
        for _run in range(2):
            self.assertEqual(self.reconcile().counts["unknown"], 1)
            self.assertFalse(self.exceptions(category="reconcile"))
        self.reconcile()
        self.assertEqual(self.differences().state, "open")
        self.assertTrue(self.exceptions(category="reconcile"))

    def test_without_a_bulk_reading_known_levels_are_read_by_name(self):
        self.fake.more = {}
        self.make_levels(9)
        self.go_live_all()
        self.show(1, 15)
        self.show(900, 7)
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "edited": 1})

    def test_a_paused_channel_is_read_and_not_written(self):
        self.make_levels(9)
        self.go_live_all()
        self.channel.state = "paused"
        self.show(1, 15)
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "edited": 1})
        self.settle()
        self.assertEqual(self.shown(1), 15)

    def test_a_draft_is_not_read(self):
        self.channel.state = "draft"
        run = self.begin()
        self.channel._job_reconcile()
        self.assertEqual((run.state, run.step), ("running", "note"))

    def test_an_item_that_comes_twice_is_as_it_was_read_last(self):
        """A shop shifts its pages while they are read: within one transaction of ours
        and in two."""
        self.make_levels(3)
        self.go_live_all()
        read = self.fake._iter_levels

        def shifted(*args):
            pages = list(read(*args))
            stale = [replace(each, available=99) for each in pages[0].levels[:2]]
            return [LevelPage(tuple(stale), "0"), *pages]

        for at_once in (1, 2000):
            with (
                self.subTest(at_once=at_once),
                patch.object(channel_reconcile_reader, "AT_ONCE", at_once),
                patch.object(self.fake, "_iter_levels", shifted),
            ):
                self.assertEqual(self.reconcile().counts, {"equal": 4})

    def test_by_name_goes_on_where_the_channel_failed(self):
        self.fake.more, self.fake.read_size = {}, 4
        self.make_levels(9)
        self.go_live_all()
        self.show(105, 15)
        read, asked = self.fake._fetch_levels, []

        def failing(channel, refs):
            asked.append([ref.stock_ref for ref in refs])
            if len(asked) == 2:
                raise RuntimeError("the channel fails")
            return read(channel, refs)

        with patch.object(self.fake, "_fetch_levels", failing):
            self.begin()
            with contextlib.suppress(RuntimeError):
                self.work()
            run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "edited": 1})
        self.assertEqual(asked[1], asked[2])
        self.assertEqual([len(each) for each in asked], [4, 4, 4, 2])
        self.assertEqual(run.read_count, 10)

    def test_a_number_beyond_all_stock_can_be_stored(self):
        self.make_levels(9)
        self.go_live_all()
        self.show(1, 2**31)
        run = self.reconcile()
        self.assertEqual(run.counts, {"equal": 9, "edited": 1})
        self.show(1, -5)
        self.settle()
        self.assertEqual(self.shown(1), 10)


@tagged("post_install", "-at_install")
class TestNotBelievable(ReconcileCase):
    """A reading that is not believable repairs nothing."""

    words_of_a_part, words_of_nothing = "Coverage 60", "Coverage 0"

    def setUp(self):
        super().setUp()
        self.make_levels(119)
        self.levels = self.go_live_all()

    def refused(self, why):
        before = dict(self.fake.levels)
        run = self.reconcile()
        self.assertEqual(run.state, "refused")
        self.assertIn(why, run.message)
        self.settle()
        self.assertEqual(self.fake.levels, before)
        self.assertFalse(self.fake.requests)
        self.assertFalse(self.differences())
        [told] = self.exceptions(category="reconcile")
        self.assertIn(why, told.message)
        self.assertEqual(
            set(self.env["channel.level.remote"].search([]).mapped("state")), {"known"}
        )
        return told

    def test_7_all_none(self):
        told = self.levels and self.fake.levels.update(
            dict.fromkeys(self.fake.levels, None)
        )
        told = self.refused("120 of 120 quantities are missing or 0")
        # it closes when the next reading is right
        for level in self.levels:
            ref = level.listing_id.stock_ref, level.node_id.external_id
            self.fake.levels[ref] = level.target
        self.assertEqual(self.reconcile().state, "done")
        self.assertEqual(told.state, "resolved")

    def test_all_zero(self):
        self.fake.levels.update(dict.fromkeys(self.fake.levels, 0))
        self.refused("120 of 120 quantities are missing or 0")

    def test_8_a_file_cut_at_60_percent(self):
        for ref in sorted(self.fake.levels)[72:]:
            del self.fake.levels[ref]
        self.refused(self.words_of_a_part)

    def test_the_numbers_of_another_location(self):
        for (item, _node), quantity in list(self.fake.levels.items()):
            del self.fake.levels[item, "node-1"]
            self.fake.levels[item, "node-2"] = quantity
        self.refused(self.words_of_nothing)

    def test_the_numbers_of_another_shop(self):
        for place, ref in enumerate(self.fake.levels):
            self.fake.levels[ref] = 11 + place % 7
        self.refused("120 of 120 quantities differ")

    def test_an_absurd_jump(self):
        for ref in sorted(self.fake.levels)[:40]:
            self.fake.levels[ref] = 1_000_000
        self.refused("units instead of 1200")

    def test_the_observers_own_look_does_not_believe_it_either(self):
        self.fake.levels.update(dict.fromkeys(self.fake.levels, 0))
        self.env["channel.observer"]._look_around(self.channel)
        self.assertEqual(
            set(self.env["channel.level.remote"].search([]).mapped("state")), {"known"}
        )
        self.assertTrue(self.exceptions(category="reconcile"))


@tagged("post_install", "-at_install")
class TestNotBelievableByName(TestNotBelievable):
    """Channels that tell only what they are asked for, and cannot compare before they
    write."""

    # what they do not have, they are asked for all the same
    words_of_a_part = "48 of 120 quantities are missing or 0"
    words_of_nothing = "120 of 120 quantities are missing or 0"

    def setUp(self):
        super().setUp()
        self.fake.more, self.fake.absolute = {}, True


@tagged("post_install", "-at_install")
class TestInterrupted(ReconcileCase):
    """19: a run that is interrupted anywhere ends with the same differences."""

    def setUp(self):
        super().setUp()
        self.make_levels(199)
        self.go_live_all()
        self.show(1, 15)
        self.show(150, 3)

    def killed(self):
        """The job raises; what it has committed stays."""
        self.env.flush_all()
        try:
            self.env["channel.reconciler"]._run(self.channel)
        except RuntimeError:
            self.env.invalidate_all()
        else:
            self.fail("it was to be killed")

    def ends_well(self, run):
        for _turn in range(5):
            self.work()
            if run.state != "running":
                break
            self.poll()
            self.intake()
        self.assertEqual(run.counts, {"equal": 198, "edited": 2})
        self.settle()
        self.assertEqual(len(self.differences(state="repaired")), 2)
        self.assertEqual((self.shown(1), self.shown(150)), (10, 10))
        lines = self.env["channel.publication.line"].search([])
        self.assertEqual(len(lines), 2)

    def test_19_the_channel_fails_in_the_middle(self):
        pages = []
        self.fake.before_page = pages.append

        def fail(number):
            pages.append(number)
            if number == 2:
                self.fake.before_page = pages.append
                raise RuntimeError("the worker is killed")

        self.fake.before_page = fail
        run = self.begin()
        self.killed()
        self.assertEqual((run.step, run.cursor, run.read_count), ("read", "100", 100))
        self.ends_well(run)
        # it went on where it was
        self.assertEqual(pages, [0, 1, 2, 2, 3])

    def test_19_killed_while_it_judges(self):
        run = self.begin()
        self.work()
        self.poll()
        self.intake()
        reconciler = type(self.env["channel.reconciler"])
        for place in ("_count", "_record_found", "_finish"):
            with patch.object(reconciler, place, side_effect=RuntimeError("killed")):
                self.killed()
            self.assertEqual((run.state, run.step), ("running", "compare"))
        self.ends_well(run)

    def test_19_what_was_staged_is_lost_with_the_database(self):
        run = self.begin()
        self.work()
        self.assertEqual(run.step, "pull")
        for table in ("noted", "seen"):
            self.env.cr.execute(f"DELETE FROM channel_reconcile_{table}")
        self.work()
        self.poll()
        self.intake()
        self.ends_well(run)

    def test_what_was_noted_hours_ago_is_noted_anew(self):
        run = self.begin()
        self.work()
        self.assertEqual(run.step, "pull")
        run.noted_at -= timedelta(hours=7)
        self.work()
        self.assertEqual(run.step, "pull")
        self.assertGreater(run.noted_at, fields.Datetime.now() - timedelta(hours=1))
        self.poll()
        self.intake()
        self.ends_well(run)

    def test_time_is_up_page_by_page(self):
        run = self.begin()
        with patch.object(channel_reconciler, "RUN_SECONDS", 0):
            self.work()
        self.assertEqual(run.step, "note")
        self.ends_well(run)

    def test_orders_that_cannot_be_pulled_end_it_without_a_conclusion(self):
        run = self.begin()
        self.work()
        self.assertEqual(run.step, "pull")
        run.read_until -= timedelta(minutes=61)
        state = type(self.env["channel.observer"])
        with patch.object(state, "_pulled_from", return_value=None):
            self.work()
        self.assertEqual(run.state, "failed")
        self.assertFalse(self.differences())
