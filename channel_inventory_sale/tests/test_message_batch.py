# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.db.jobs import WAITING, jobs_in
from odoo.addons.channel_inventory_base.exceptions import (
    MalformedDataError,
    RejectedError,
    ThrottledError,
    UncertainError,
)
from odoo.addons.channel_inventory_base.schemas import MessageResult
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase

from .common_messages import Sold
from .test_messages import MessageCase


class Killed(BaseException):
    """A worker dies: nothing catches it."""


def still_pending(_channel, _kind, entries):
    return [MessageResult("pending", retry_after=60) for _entry in entries]


@tagged("post_install", "-at_install")
class TestMessageBatch(MessageCase):
    """Cancellations that are carried out by one request, each with its own end."""

    def setUp(self):
        super().setUp()
        self.fake.more = {"message_batch": {"cancel": 3}, "repeatable": ("cancel",)}

    def cancel(self, count):
        """:return: orders whose cancellation is queued"""
        orders = [self.sell() for _number in range(count)]
        for order in orders:
            order.sale_order_id._action_cancel()
        return orders

    def names(self, orders):
        return [order.external_id for order in orders]

    def states(self):
        return self.messages().mapped("state")

    def due(self):
        self.messages().retry_at = False

    def send_in_vain(self, kind):
        """As ``assertRaises``, which would forget what was committed in the block."""
        try:
            self.send()
        except kind:
            return
        self.fail(f"no {kind.__name__}")

    # ------------------------------------------------------------- together
    def test_those_that_are_due_go_in_one_request(self):
        orders = self.cancel(3)
        self.send()
        self.assertEqual(self.fake.batches, [self.names(orders)])
        self.assertEqual(self.states(), ["pending"] * 3)
        self.assertEqual(self.messages().mapped("ref"), ["1/1", "1/2", "1/3"])
        self.assertEqual(self.messages().mapped("attempts"), [1, 1, 1])

    def test_more_than_fit_go_in_the_next_one(self):
        orders = self.names(self.cancel(4))
        self.send()
        # the last one is alone, and goes as any other
        self.assertEqual(self.fake.batches, [orders[:3]])
        self.assertEqual(self.messages()[3].state, "done")

    def test_ticket_is_asked_for_once_for_all(self):
        self.cancel(3)
        self.send()
        self.fake.finish_cancels()
        self.due()
        self.send()
        self.assertEqual(self.fake.looks, [3])
        self.assertEqual(self.states(), ["done"] * 3)
        self.assertEqual(len(self.fake.batches), 1)

    def test_each_has_an_outcome_of_its_own(self):
        first, second, _third = self.cancel(3)
        self.fake.parcels = [{"order_ref": first.external_id, "lines": []}]
        self.fake.held = {second.external_id}
        self.send()
        self.assertEqual(self.states(), ["dead", "wait", "pending"])
        self.assertIn("shipped", self.messages()[0].error)
        texts = self.exceptions("message").mapped("message")
        self.assertEqual(len(texts), 2)

    def test_message_that_cannot_be_read_keeps_none_back(self):
        orders = self.cancel(3)
        # a payload is frozen: only another version of this addon could have made it
        self.env.cr.execute(
            "UPDATE channel_message SET payload = '{}' WHERE id = %s",
            [self.messages()[0].id],
        )
        self.env.invalidate_all()
        self.send()
        self.assertEqual(self.states(), ["dead", "pending", "pending"])
        self.assertEqual(self.fake.batches, [self.names(orders[1:])])

    def test_outcome_that_breaks_us_keeps_no_other_back(self):
        self.cancel(3)
        odd, messenger = self.messages()[0].id, type(self.env["channel.messenger"])

        def settle(model, message_id, result, original=messenger._settle):
            if message_id == odd:
                raise ZeroDivisionError
            original(model, message_id, result)

        with (
            patch.object(messenger, "_settle", settle),
            self.assertLogs("odoo.addons.channel_inventory_sale", "ERROR"),
        ):
            self.send()
        self.assertEqual(self.states(), ["dead", "pending", "pending"])

    # ------------------------------------------------------------- failures
    def test_throttled_batch_is_sent_whole_and_later(self):
        orders = self.cancel(3)
        self.fake.faults.append(("send", ThrottledError("later", retry_after=120)))
        before = fields.Datetime.now()
        self.send_in_vain(ThrottledError)
        self.assertEqual(self.states(), ["ready"] * 3)
        for message in self.messages():
            self.assertGreaterEqual(message.retry_at, before + timedelta(seconds=119))
        self.send()
        self.assertEqual(self.fake.batches, [])
        self.due()
        self.send()
        self.assertEqual(self.fake.batches, [self.names(orders)])

    def test_lost_answer_of_a_repeatable_kind_is_sent_again_with_its_keys(self):
        self.cancel(2)
        self.fake.faults.append(("answer", UncertainError("reset")))
        self.send_in_vain(UncertainError)
        self.assertEqual(self.states(), ["sending"] * 2)
        self.send()
        keys = self.messages().mapped("key")
        self.assertEqual([key for _kind, key in self.fake.told], keys * 2)
        self.assertEqual(self.states(), ["pending"] * 2)

    def test_lost_answer_of_another_kind_is_asked_for_when_it_has_settled(self):
        self.fake.more = {"message_batch": {"cancel": 3}, "settle_kinds": {"cancel": 9}}
        self.cancel(2)
        self.fake.faults.append(("answer", UncertainError("reset")))
        self.send_in_vain(UncertainError)
        self.send()
        self.assertEqual((len(self.fake.batches), self.fake.looks), (1, []))
        for message in self.messages():
            seconds = (message.retry_at - message.sent_at).total_seconds()
            self.assertAlmostEqual(seconds, 9, delta=2)
        self.due()
        self.send()
        self.assertEqual((len(self.fake.batches), self.fake.looks), (1, [2]))
        self.assertEqual(self.states(), ["pending"] * 2)

    def test_batch_that_is_refused_as_a_whole_is_sent_one_by_one(self):
        first, second = self.cancel(2)
        self.fake.faults.append(("send", RejectedError("one of them is odd")))
        parcel = {"order_ref": first.external_id, "lines": []}
        self.fake.parcels = [parcel]
        self.send()
        self.assertEqual(self.fake.batches, [])
        self.assertEqual(self.states(), ["dead", "done"])
        self.assertEqual(self.fake.orders[second.external_id]["state"], "cancelled")

    def test_connector_that_breaks_over_a_batch_buries_one_message_at_the_most(self):
        self.cancel(2)
        self.fake.faults.append(("send", ZeroDivisionError()))
        with self.assertLogs("odoo.addons.channel_inventory_sale", "ERROR"):
            self.send()
        self.assertEqual(self.states(), ["done"] * 2)

    def test_outcome_that_cannot_be_asked_for_leaves_the_new_ones_unsent(self):
        self.cancel(1)
        self.send()
        self.messages().state = "pending"
        self.due()
        self.cancel(2)
        self.fake.faults.append(("find", ThrottledError("later", retry_after=60)))
        self.send_in_vain(ThrottledError)
        self.assertEqual(self.states(), ["pending", "ready", "ready"])
        self.assertEqual(self.fake.batches, [])

    def test_answer_with_a_result_too_few_is_no_answer(self):
        self.cancel(2)
        self.patch(self.fake, "_send_batch", lambda *_args: [])
        with self.assertLogs("odoo.addons.channel_inventory_sale", "ERROR"):
            self.send()
        # each was sent by itself
        self.assertEqual(self.states(), ["done"] * 2)

    def test_malformed_answer_parts_the_batch(self):
        self.cancel(2)
        self.fake.faults.append(("answer", MalformedDataError("odd")))
        self.send()
        self.assertTrue(all(self.messages().mapped("is_alone")))

    # -------------------------------------------------------------- pending
    def test_what_is_pending_for_long_is_asked_for_less_often(self):
        self.cancel(2)
        self.send()
        for hours, seconds in ((0, 60), (1, 360), (24, 900)):
            now = fields.Datetime.now()
            self.messages().sent_at = now - timedelta(hours=hours)
            self.due()
            with patch.object(self.fake, "_find_batch", still_pending):
                self.send()
            for message in self.messages():
                waits = (message.retry_at - now).total_seconds()
                self.assertAlmostEqual(waits, seconds, delta=5)


@tagged("post_install", "-at_install")
class TestMessageBatchRace(Sold, CommittedCase):
    """Workers that die or meet over a batch of messages that the channel does not
    know by their keys; real transactions."""

    def setUp(self):
        super().setUp()
        self.go_live(10)
        self.fake.more = {"message_batch": {"cancel": 3}}
        self.names = [self.fake.sell(1) for _number in range(2)]
        self.store(*(self.fake.event(name) for name in self.names))
        self.intake()
        with self.commit() as env:
            for name in self.names:
                self.find_order(env, name).sale_order_id._action_cancel()

    def send(self):
        with self.commit() as env:
            return env["channel.messenger"]._run(self.channel(env))

    def states(self):
        with self.commit() as env:
            messages = env["channel.message"].search(
                [("channel_id", "=", self.channel_id)], order="id"
            )
            states = messages.mapped("state")
            messages.retry_at = False
        return states

    def die(self, *_args):
        raise Killed

    def test_worker_that_dies_after_the_request_leaves_nothing_undone_or_doubled(self):
        messenger = self.registry["channel.messenger"]
        with patch.object(messenger, "_settle", self.die):
            self.assertRaises(Killed, self.send)
        self.assertEqual(self.states(), ["sending"] * 2)
        self.send()
        self.assertEqual((self.fake.batches, self.fake.looks), ([self.names], [2]))
        self.assertEqual(self.states(), ["pending"] * 2)

    def test_worker_that_dies_before_the_request_has_it_sent_by_the_next(self):
        self.fake.faults.append(("send", Killed()))
        self.assertRaises(Killed, self.send)
        self.assertEqual(self.states(), ["sending"] * 2)
        self.send()
        self.assertEqual((self.fake.batches, self.fake.looks), ([self.names], [2]))

    def test_worker_that_dies_between_two_outcomes_has_the_other_found(self):
        messenger = self.registry["channel.messenger"]
        settle, left = messenger._settle, [1]

        def once(model, *args):
            if not left:
                raise Killed
            left.pop()
            settle(model, *args)

        with patch.object(messenger, "_settle", once):
            self.assertRaises(Killed, self.send)
        self.assertEqual(self.states(), ["pending", "sending"])
        self.send()
        self.assertEqual((self.fake.batches, self.fake.looks), ([self.names], [2]))
        self.assertEqual(self.states(), ["pending"] * 2)

    def test_run_comes_back_for_what_it_has_found_pending(self):
        with self.commit() as env:
            env.cr.execute("DELETE FROM queue_job")
        with self.commit() as env:
            channel = self.channel(env)
            # as a job, whose transaction began before it was asked
            self.assertTrue(channel.read(["name"]))
            env["channel.messenger"]._run(channel)
        self.assertEqual(self.states(), ["pending"] * 2)
        with self.commit() as env:
            key = f"channel_inventory:_job_send:{self.channel_id}"
            self.assertTrue(jobs_in(env.cr, [key, f"{key}:later"], WAITING))

    def test_second_worker_leaves_the_batch_to_the_first(self):
        seen, send = [], self.fake._send_batch

        def slow(*args):
            seen.append(self.send())
            return send(*args)

        self.patch(self.fake, "_send_batch", slow)
        self.assertTrue(self.send())
        # another session, while the first was at the channel
        self.assertEqual(seen, [False])
        self.assertEqual(self.fake.batches, [self.names])
