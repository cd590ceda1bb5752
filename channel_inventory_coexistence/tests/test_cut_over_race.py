# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.db.transaction import retry_on_conflict
from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestCutOverRace(CommittedCase):
    """Reports that come in, and two people who press, while a cut-over runs."""

    def setUp(self):
        super().setUp()
        self.now = fields.Datetime.now()
        with self.commit() as env:
            env["stock.warehouse"].browse(self.warehouse_id).write(
                {
                    "channel_authority": "external",
                    "channel_fresh_minutes": 6000,
                    "channel_silent_minutes": 60000,
                }
            )
        self.report(40, 30)

    def report(self, on_hand, minutes):
        def work():
            with self.commit() as env:
                env["channel.external.stock"]._report(
                    env["stock.warehouse"].browse(self.warehouse_id),
                    [{"product_id": self.product_id, "on_hand": on_hand}],
                    self.now - timedelta(minutes=minutes),
                )

        retry_on_conflict(work)

    def make(self):
        with self.commit() as env:
            values = {"warehouse_id": self.warehouse_id, "authority": "odoo"}
            return env["channel.cut.over"].create(values).id

    def press(self, cut_over_id):
        def work():
            with self.commit() as env:
                env["channel.cut.over"].browse(cut_over_id).action_activate()

        try:
            retry_on_conflict(work)
        except UserError as error:
            self.refused.append(str(error))

    def outcome(self):
        with self.commit() as env:
            product = env["product.product"].browse(self.product_id)
            warehouse = env["stock.warehouse"].browse(self.warehouse_id)
            position = env["channel.position"].search(
                [
                    ("product_id", "=", product.id),
                    ("warehouse_id", "=", warehouse.id),
                ]
            )
            done = env["channel.cut.over"].search_count(
                [("step", "=", "done"), ("warehouse_id", "=", warehouse.id)]
            )
            return position.on_hand, warehouse.channel_authority, done

    def test_report_that_comes_in_meanwhile_is_before_it_or_after_it(self):
        """Before: it is what is booked. After: it is compared, and changes nothing."""
        self.refused = []
        cut_over_id = self.make()
        self.in_threads(
            lambda: self.press(cut_over_id),
            *(
                lambda minutes=minutes: self.report(60 + minutes, minutes)
                for minutes in (9, 6, 3)
            ),
        )
        on_hand, authority, done = self.outcome()
        self.assertEqual((authority, done, self.refused), ("odoo", 1, []))
        self.assertIn(on_hand, (40, 69, 66, 63))
        self.plan()
        self.assertEqual(self.target(), on_hand)

    def test_two_people_who_press_book_once(self):
        self.refused = []
        first, second = self.make(), self.make()
        self.in_threads(
            lambda: self.press(first),
            lambda: self.press(first),
            lambda: self.press(second),
        )
        self.assertEqual(self.outcome(), (40, "odoo", 1))
        self.assertEqual(len(self.refused), 2)
