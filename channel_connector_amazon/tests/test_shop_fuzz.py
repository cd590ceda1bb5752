# SPDX-License-Identifier: AGPL-3.0-or-later
import re
from contextlib import suppress

from odoo.tests import tagged

from odoo.addons.channel_inventory_account.tests.fuzz import FuzzContract
from odoo.addons.channel_inventory_account.tests.fuzz.contract import (
    COUNT,
    FEW_DELIVERIES,
)
from odoo.addons.channel_inventory_base.lib.errors import Malformed
from odoo.addons.channel_inventory_base.lib.events import unreadable_event

from ..lib import notifications
from .test_shop_life import AccountLife, PricesWithTax

NO_TEXT = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that SQS refuses in a message."""
IDENTITY = re.compile('("notificationId": *")', re.IGNORECASE)


@tagged("post_install", "-at_install")
class TestShopFuzz(PricesWithTax, FuzzContract, AccountLife):
    """Spoiled messages in the seller's queue, and spoiled answers of Amazon."""

    @classmethod
    def make_channel(cls, env, code="CHT", **values):
        queue = {
            "amazon_queue_url": cls.shop.queue_url("orders"),
            "amazon_aws_key": "AKIATEST",
        }
        return super().make_channel(env, code, **{**queue, **values})

    @property
    def queue(self):
        return self.shop.queues["orders"]

    def live_a_little(self):
        """Genuine messages of every kind."""
        self.shop.rules.set(new_order_told=1, ship_date=0)
        self.run_job("begin", "_job_listen")
        first, second = self.life.skus
        refs = [self.life.sell({first: 2, second: 1}) for _order in range(3)]
        self.shop.checkout({first: 1}, payment="pending")
        for act in (self.life.ship, self.life.cancel):
            with suppress(self.life.refusals):
                act(refs.pop())
        self.shop.edit_stock(second, 50)
        self.samples = [each.body.encode() for each in self.queue.messages]
        self.assertGreater(len(self.samples), 3)
        self.queue.messages.clear()
        self.last_event = 0
        self.new_events()

    # ------------------------------------------------------------- messages
    def test_contract_no_delivery_breaks_the_door_or_what_stands_behind_it(self):
        results = self.fire(COUNT or FEW_DELIVERIES, self.deliver_one)
        self.assertGreater(results["stored"], sum(results.values()) / 2, dict(results))

    def deliver_one(self, number):
        """:return: what has become of a message"""
        self.new_events()
        body = self.random.choice(self.samples)
        if self.random.random() > 0.05:
            body = self.mutator.body(body)
        # SQS takes text; most are news, and some repeat what is known
        text = NO_TEXT.sub("", body.decode("utf-8", "backslashreplace"))
        if self.random.random() > 0.1:
            text = IDENTITY.sub(rf"\g<1>{number}-", text)
        for _again in range(2 if self.random.random() < 0.05 else 1):
            self.queue.put(text)
        self.run_job(number, "_job_listen")
        stored = self.new_events()
        if not stored and self.queue.messages:
            # what was not taken comes again
            for message in self.queue.messages:
                message.visible = 0
            self.recover()
            self.run_job(number, "_job_listen")
            stored = self.new_events()
        left = len(self.queue.messages)
        self.queue.messages.clear()
        if stored:
            if left:
                self.note(
                    "stored and not acknowledged", f"number {number}: {text:.200}"
                )
            return "stored"
        if left:
            if self.is_ours(text):
                self.note("left in the queue", f"number {number}: {text:.200}")
            return "left"
        if not self.is_known_word(text):
            self.note("acknowledged and not stored", f"number {number}: {text:.200}")
        return "known"

    def is_ours(self, text):
        """Whether it names no other seller."""
        try:
            seller = notifications.seller_of(text)
        except Malformed:
            return True
        return seller in ("", self.shop.config.seller_id)

    def is_known_word(self, text):
        """Whether a message of the same id was stored before."""
        try:
            key = notifications.event(text)["key"]
        except Malformed:
            key = unreadable_event(text)["key"]
        with self.commit() as env:
            domain = [("channel_id", "=", self.channel_id), ("key", "=like", f"{key}%")]
            return bool(env["channel.inbox.event"].search_count(domain, limit=1))

    # -------------------------------------------------------------- genuine
    def check_genuine_still_work(self, number):
        """A new order comes in by the queue, another by a pull, and both are sold."""
        self.life.calm()
        self.recover()
        self.life.restock()
        self.queue.messages.clear()
        first, second = self.life.skus
        told = self.life.sell({first: 1})
        self.run_job("genuine", "_job_listen")
        self.queue.messages.clear()
        pulled = self.life.sell({second: 2})
        self.queue.messages.clear()
        for method in ("_job_intake", "_job_fetch", "_job_poll", "_job_fetch"):
            self.run_job("genuine", method)
        for _round in range(2):
            self.run_job("genuine", "_job_intake")
        with self.commit() as env:
            for way, ref in (("told", told), ("pulled", pulled)):
                order = self.find_order(env, ref)
                if order.sale_order_id.state != "sale":
                    problems = self.excused(env, order).mapped("message")
                    detail = f"number {number}: {order.state} {problems}"
                    self.note(f"a genuine order that was {way} is not sold", detail)
