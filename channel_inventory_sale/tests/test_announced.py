# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import datetime, timedelta

from odoo.tests import tagged

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.models import channel_intake
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


class AnnouncedCase(ChannelCase):
    """A channel that announces orders before they are paid, and tells of them by words
    before it gives them."""

    def setUp(self):
        super().setUp()
        self.fake.levels["item-2", "node-1"] = 10
        mug = self.make_product(self.env, 2, 10, self.warehouse)
        self.make_listing(self.env, self.channel, mug, 2)
        self.go_live(shown=10)
        self.fetches = []
        fetch = self.fake._fetch_order

        def counted(channel, ref):
            self.fetches.append(ref)
            return fetch(channel, ref)

        self.patch(self.fake, "_fetch_order", counted)

    def announce(self, quantity=3):
        return self.fake.sell(
            quantity, state="pending", payment="pending", total="0", customer={}
        )

    def line(self, name, number, quantity, **values):
        return {
            "external_id": f"{name}/{number}",
            "listing_ref": f"variant-{number}",
            "sku": f"SKU-{number}",
            "quantity": quantity,
            "open_quantity": quantity,
            "deductions": [{"node_ref": "node-1", "quantity": quantity}],
            **values,
        }

    def tell(self, name, *lines, at=None, **values):
        """A word about the order, by default of now; the order stays as it is."""
        order = self.fake.orders[name]
        version = at or self.fake.tick()
        word = {
            "external_id": name,
            "name": name,
            "version": version.isoformat(),
            "complete": False,
            "state": "pending",
            "lines": list(lines),
            **values,
        }
        if word["state"] == "cancelled":
            word["payment"] = "voided"
        self.fake.orders[name] = word
        event = self.fake.event(name, f"/{len(self.fake.orders)}/{len(lines)}")
        self.fake.orders[name] = order
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        return self.order(name)

    def fetch(self):
        """What the job does that fetches, as if its time had come."""
        self.env.cr.execute("UPDATE channel_order SET fetch_after = NULL")
        self.env.invalidate_all()
        self.env["channel.intake"]._fetch(self.channel)
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()

    def age(self, name, **values):
        """As if what happened to the order had happened that long ago."""
        moments = ("create_date", "looked_at", "told_at", "shown_at")
        for field in moments:
            self.env.cr.execute(
                f"UPDATE channel_order SET {field} = {field} - %s WHERE id = %s",
                [timedelta(**values), self.order(name).id],
            )
        self.env.invalidate_all()

    def held(self, name):
        """sold units held by SKU"""
        holds = self.order(name).line_ids.hold_ids
        return {
            hold.order_line_id.sku: hold.quantity
            for hold in holds
            if hold.state == "active"
        }

    def deducted(self, number=1):
        self.env["channel.deduction"].flush_model()
        listing = self.env["channel.listing"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("external_id", "=", f"variant-{number}"),
            ]
        )
        rows = self.env["channel.deduction"].search([("listing_id", "=", listing.id)])
        return sum(rows.mapped("quantity"))

    def exceptions(self, name):
        return self.env["channel.exception"].search(
            self.order(name)._exception_domain()
        )


@tagged("post_install", "-at_install")
class TestAnnounced(AnnouncedCase):
    def test_announced_order_is_held_and_deducted_and_not_imported(self):
        name = self.announce(3)
        self.capture(name)
        for _run in range(3):
            self.intake()
        order = self.order(name)
        self.assertEqual((order.state, order.stage), ("announced", "announced"))
        self.assertFalse(order.sale_order_id)
        self.assertEqual(self.held(name), {"SKU-1": 3})
        self.assertEqual(self.level.expected_remote, 7)
        self.assertFalse(self.exceptions(name))
        self.assertEqual(self.fetches, [], "a complete order is not fetched again")

    def test_announced_order_is_imported_when_it_is_open(self):
        name = self.announce(3)
        self.capture(name)
        self.fake.change(name, state="open", payment="paid", total="30.00")
        self.capture(name)
        self.intake()
        order = self.order(name)
        self.assertEqual((order.state, order.sale_order_id.state), ("imported", "sale"))
        self.assertEqual(order.sale_order_id.amount_total, 30)
        self.assertEqual(self.held(name), {})

    def test_announced_order_that_is_cancelled_gives_its_units_back(self):
        name = self.announce(3)
        self.capture(name)
        line = dict(self.fake.orders[name]["lines"][0], deductions=[])
        self.fake.change(name, state="cancelled", payment="voided", lines=[line])
        self.capture(name)
        order = self.order(name)
        self.assertEqual((order.state, order.ending), ("cancelled", "cancelled"))
        self.assertEqual((self.held(name), self.deducted()), ({}, 0))

    def test_announced_order_that_disappears_is_asked_for_and_let_go(self):
        name = self.announce(3)
        self.capture(name)
        self.age(name, hours=2)
        del self.fake.orders[name]
        self.poll()
        self.fetch()
        self.assertEqual(self.order(name).state, "gone")
        self.assertEqual(self.held(name), {})

    def test_quantity_of_an_announced_order_is_followed(self):
        name = self.announce(3)
        self.capture(name)
        for quantity in (5, 2):
            self.fake.change(name, lines=[self.line(name, 1, quantity)])
            self.capture(name)
            self.assertEqual(self.held(name), {"SKU-1": quantity})
            self.assertEqual(self.deducted(), quantity)
        self.assertEqual(self.order(name).state, "announced")

    def test_announced_order_is_asked_for_again_after_hours_and_once(self):
        name = self.announce(3)
        self.capture(name)
        self.poll()
        self.fetch()
        self.assertEqual(self.fetches, [])
        self.age(name, hours=channel_intake.ANNOUNCED_HOURS + 1)
        for _time in range(3):
            self.poll()
            self.fetch()
        self.assertEqual(self.fetches, [name])
        order = self.order(name)
        self.assertEqual((order.state, self.held(name)), ("announced", {"SKU-1": 3}))
        self.assertFalse(self.exceptions(name))

    def test_operator_can_end_an_announced_order(self):
        name = self.announce(3)
        self.capture(name)
        self.order(name).action_end()
        self.assertEqual(self.order(name).state, "closed")
        self.assertEqual(self.held(name), {})

    def test_fetch_that_was_refused_is_retried_to_announced(self):
        name = self.announce(3)
        order = self.capture(name)
        self.env["channel.order.lookup"]._on_refused(order, "no", order.wanted_version)
        self.assertEqual(order.state, "blocked")
        order.action_retry()
        self.intake()
        self.assertEqual(order.state, "announced")
        self.assertFalse(order.sale_order_id)

    def test_personal_data_of_an_announced_order_is_not_blanked(self):
        waiting, ended = self.announce(3), self.announce(1)
        self.capture(waiting)
        self.capture(ended).action_end()
        retentions = self.env["channel.retention"]
        retentions.search([]).write({"days": 0})
        retentions.search([("kind", "=", "personal")]).days = 1
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE channel_order SET write_date = '2020-01-01' WHERE channel_id = %s",
            [self.channel.id],
        )
        self.env.invalidate_all()
        retentions._cron_retention()
        self.env.invalidate_all()
        self.assertTrue(self.order(ended).blanked_at)
        self.assertFalse(self.order(waiting).blanked_at)


@tagged("post_install", "-at_install")
class TestWords(AnnouncedCase):
    """Words whose time is that of the event, later than the order's own."""

    def test_order_wins_over_a_word_whose_time_is_later(self):
        name = self.announce(3)
        self.tell(name, self.line(name, 1, 3))
        self.assertFalse(self.order(name).complete)
        self.assertEqual(self.order(name).state, "announced")
        self.fetch()
        order = self.order(name)
        self.assertTrue(order.complete)
        self.assertEqual(
            order.version.isoformat() + "+00:00", self.fake.orders[name]["version"]
        )
        self.fetch()
        self.assertEqual(self.fetches, [name], "no fetch loop")
        self.assertEqual((order.state, self.held(name)), ("announced", {"SKU-1": 3}))

    def test_newer_word_changes_what_is_held(self):
        name = self.announce(2)
        self.tell(name, self.line(name, 1, 2))
        self.tell(name, self.line(name, 1, 3))
        self.assertEqual((self.held(name), self.deducted()), ({"SKU-1": 3}, 3))
        self.tell(name, self.line(name, 1, 1))
        self.assertEqual((self.held(name), self.deducted()), ({"SKU-1": 1}, 1))
        cancelled = self.line(name, 1, 1, open_quantity=0, deductions=[])
        self.tell(name, cancelled, state="cancelled")
        self.assertEqual((self.held(name), self.deducted()), ({}, 0))
        self.assertEqual(self.order(name).state, "cancelled")

    def test_word_changes_what_is_held_for_a_complete_announced_order(self):
        name = self.announce(2)
        self.capture(name)
        self.tell(name, self.line(name, 1, 3))
        self.assertEqual((self.held(name), self.deducted()), ({"SKU-1": 3}, 3))

    def test_word_brings_back_what_a_word_has_cancelled(self):
        name = self.announce(2)
        self.tell(name, self.line(name, 1, 2))
        gone = self.line(name, 1, 2, open_quantity=0, deductions=[])
        self.tell(name, gone, state="cancelled")
        self.assertEqual(self.order(name).state, "cancelled")
        self.tell(name, self.line(name, 1, 2), state="open")
        order = self.order(name)
        self.assertEqual((order.state, order.ending), ("captured", False))
        self.assertEqual((self.held(name), self.deducted()), ({"SKU-1": 2}, 2))

    def test_word_about_an_order_that_cannot_be_read_has_it_fetched_only(self):
        name = self.fake.sell(2, total="no number")
        self.capture(name)
        order = self.order(name)
        self.assertEqual((order.state, self.held(name)), ("blocked", {"SKU-1": 2}))
        gone = self.line(name, 1, 2, open_quantity=0, deductions=[])
        self.tell(name, gone, state="cancelled")
        self.assertEqual(self.held(name), {"SKU-1": 2})
        self.assertTrue(self.exceptions(name), "its dead letter is still told of")
        self.tell(name, self.line(name, 2, 5), whole=False)
        self.assertEqual(self.held(name), {"SKU-1": 2, "SKU-2": 5})

    def test_older_word_changes_nothing(self):
        name = self.announce(2)
        before = self.fake.clock - timedelta(minutes=1)
        self.tell(name, self.line(name, 1, 3))
        self.tell(name, self.line(name, 1, 7), at=before)
        self.assertEqual(self.held(name), {"SKU-1": 3})

    def test_words_of_two_items_hold_both_in_any_order(self):
        for first, second in ((1, 2), (2, 1)):
            name = self.announce(2)
            late, early = self.fake.tick(), self.fake.clock - timedelta(seconds=30)
            self.tell(name, self.line(name, first, 2), at=late, whole=False)
            self.tell(name, self.line(name, second, 5), at=early, whole=False)
            self.assertEqual(self.held(name), {f"SKU-{first}": 2, f"SKU-{second}": 5})

    def test_word_about_a_part_never_lowers_nor_drops(self):
        name = self.announce(2)
        self.tell(name, self.line(name, 1, 4), self.line(name, 2, 5))
        self.tell(name, self.line(name, 1, 1), whole=False)
        self.assertEqual(self.held(name), {"SKU-1": 4, "SKU-2": 5})
        self.tell(name, self.line(name, 1, 6), whole=False)
        self.assertEqual(self.held(name), {"SKU-1": 6, "SKU-2": 5})
        self.assertEqual((self.deducted(1), self.deducted(2)), (6, 5))

    def test_cancelled_part_waits_for_the_order(self):
        name = self.announce(2)
        self.tell(name, self.line(name, 1, 2))
        gone = self.line(name, 1, 2, open_quantity=0, deductions=[])
        self.tell(name, gone, whole=False, state="cancelled")
        self.assertEqual(self.held(name), {"SKU-1": 2})
        self.assertNotEqual(self.order(name).state, "cancelled")
        self.fake.change(
            name, state="cancelled", payment="voided", lines=[dict(gone, quantity=0)]
        )
        self.fetch()
        self.assertEqual((self.order(name).state, self.held(name)), ("cancelled", {}))

    def test_cancelled_part_of_an_unknown_order_waits_for_the_order(self):
        self.channel.order_lag = 30
        name = self.announce(2)
        gone = self.line(name, 1, 2, open_quantity=0, deductions=[])
        self.tell(name, gone, whole=False, state="cancelled")
        self.assertEqual(self.order(name).state, "captured")
        self.assertFalse(self.order(name).sale_order_id)
        self.fetch()
        self.assertEqual(self.order(name).state, "captured")
        self.age(name, minutes=5)
        self.fetch()
        self.assertEqual(
            (self.order(name).state, self.held(name)), ("announced", {"SKU-1": 2})
        )

    def test_part_of_a_sold_order_is_held_and_its_sale_follows_the_order(self):
        name = self.fake.sell(2)
        self.capture(name)
        self.intake()
        self.tell(name, self.line(name, 2, 5), whole=False, state="open")
        self.assertEqual(self.held(name), {"SKU-2": 5})
        self.assertEqual(self.deducted(2), 5)
        lines = [
            self.fake.orders[name]["lines"][0],
            self.line(name, 2, 5, unit_price="10.00"),
        ]
        self.fake.change(name, lines=lines, total="70.00")
        self.fetch()
        order = self.order(name)
        self.assertEqual(order.state, "imported", order.blocked_text)
        self.assertEqual(order.sale_order_id.amount_total, 70)
        self.assertFalse(order.told_at)
        self.assertEqual(self.held(name), {})

    def test_units_that_the_order_does_not_have_are_let_go_after_its_lag(self):
        self.channel.order_lag = 30
        name = self.fake.sell(2)
        self.capture(name)
        self.intake()
        self.tell(name, self.line(name, 1, 4), whole=False, state="open")
        self.assertEqual(self.held(name), {"SKU-1": 2})
        self.fetch()
        self.assertEqual(self.held(name), {"SKU-1": 2}, "it may lag behind its word")
        self.age(name, minutes=1)
        self.fetch()
        self.assertEqual((self.held(name), self.deducted()), ({}, 2))
        self.assertEqual(self.order(name).state, "imported")
        count = len(self.fetches)
        self.fetch()
        self.assertEqual(len(self.fetches), count, "no fetch loop")

    def test_order_is_not_imported_while_a_word_has_more(self):
        self.channel.order_lag = 30
        name = self.fake.sell(2)
        self.capture(name)
        self.tell(name, self.line(name, 2, 5), whole=False, state="open")
        self.env["channel.intake"]._run(self.channel)
        self.env.invalidate_all()
        self.assertFalse(self.order(name).sale_order_id)
        self.assertEqual(self.held(name), {"SKU-1": 2, "SKU-2": 5})
        self.age(name, minutes=1)
        self.fetch()
        self.assertEqual(self.order(name).sale_order_id.state, "sale")
        self.assertEqual(self.held(name), {})

    def test_answer_that_lags_behind_the_word_is_not_taken_for_it(self):
        self.channel.order_lag = 30
        name = self.announce(2)
        self.capture(name)
        self.tell(name, self.line(name, 1, 3))
        self.fetch()
        self.assertEqual(self.held(name), {"SKU-1": 3})
        self.fake.change(name, lines=[self.line(name, 1, 3)])
        self.fetch()
        self.assertTrue(self.order(name).complete)
        self.assertEqual(self.held(name), {"SKU-1": 3})

    def test_older_answer_counts_when_the_channel_has_had_its_time(self):
        self.channel.order_lag = 30
        name = self.announce(2)
        self.capture(name)
        self.tell(name, self.line(name, 1, 3))
        self.fetch()
        self.age(name, minutes=1)
        self.fetch()
        order = self.order(name)
        self.assertTrue(order.complete)
        self.assertEqual((order.state, self.held(name)), ("announced", {"SKU-1": 2}))
        self.assertFalse(order.told_at)
        self.fetch()
        self.assertEqual(len(self.fetches), 2)

    def test_answer_that_was_asked_for_before_the_word_does_not_undo_it(self):
        name = self.announce(2)
        self.capture(name)
        old = self.fake.event(name, "/again")
        self.tell(name, self.line(name, 1, 3))
        self.env.cr.execute(
            "UPDATE channel_order SET looked_at = told_at - interval '1 second'"
        )
        self.env.invalidate_all()
        self.env["channel.inbox.event"]._store(self.channel, [old], "fetch")
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        self.assertEqual(self.held(name), {"SKU-1": 3})

    def test_replay_of_an_older_answer_does_not_undo_a_word(self):
        name = self.announce(2)
        old = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [old], "fetch")
        self.intake()
        self.tell(name, self.line(name, 1, 3))
        self.age(name, minutes=5)
        self.env.cr.execute(
            "UPDATE channel_inbox_event SET received_at = received_at - interval '1 h'"
            ", state = 'new' WHERE source = 'fetch'"
        )
        self.env.invalidate_all()
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        self.assertEqual(self.held(name), {"SKU-1": 3})

    def test_order_that_is_never_given_in_full_is_held_and_told_of(self):
        name = self.fake.sell(3, complete=False)
        self.capture(name)
        for _time in range(4):
            self.fetch()
        order = self.order(name)
        self.assertEqual((order.state, self.held(name)), ("captured", {"SKU-1": 3}))
        self.assertEqual(self.exceptions(name).category, "refused")
        self.assertGreater(
            order.fetch_after, datetime.utcnow() + timedelta(minutes=50), "no loop"
        )
        self.fake.change(name, complete=True)
        self.fetch()
        self.assertEqual(self.order(name).state, "imported")
        self.assertFalse(self.exceptions(name))

    def test_prices_that_are_known_stay_with_a_word(self):
        name = self.announce(2)
        self.capture(name)
        self.tell(name, self.line(name, 1, 3))
        [line] = self.order(name)._get_data().lines
        self.assertEqual((line.quantity, str(line.unit_price)), (3, "10.00"))

    def test_order_of_words_is_the_order_given_whatever_comes_first(self):
        """Each way to the same order ends with the same lines, holds, deductions."""
        ends = set()
        for part_first in (False, True):
            name = self.announce(2)
            words = [
                ([self.line(name, 1, 2)], True),
                ([self.line(name, 2, 4)], False),
            ]
            for lines, whole in reversed(words) if part_first else words:
                self.tell(name, *lines, whole=whole)
            self.fake.change(name, lines=[self.line(name, 1, 2), self.line(name, 2, 4)])
            self.fetch()
            self.assertTrue(self.order(name).complete)
            ends.add(
                schemas.dumps(
                    tuple(
                        (line.sku, line.quantity, sorted(line.deducted.values()))
                        for line in self.order(name).line_ids.sorted("sku")
                    )
                )
            )
            self.assertEqual(self.held(name), {"SKU-1": 2, "SKU-2": 4})
        self.assertEqual(len(ends), 1)
