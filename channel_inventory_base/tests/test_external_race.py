# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..db.transaction import retry_on_conflict
from .common_committed import CommittedCase


@tagged("post_install", "-at_install")
class TestExternalRace(CommittedCase):
    """Reports of one warehouse that come in at once, while confidence is aged."""

    def report(self, on_hand, minutes):
        def work():
            with self.commit() as env:
                env["channel.external.stock"]._report(
                    env["stock.warehouse"].browse(self.warehouse_id),
                    [
                        {"product_id": product_id, "on_hand": on_hand}
                        for product_id in self.products
                    ],
                    self.now - timedelta(minutes=minutes),
                )

        retry_on_conflict(work)

    def heal(self):
        with self.commit() as env:
            env["channel.external.stock"]._age_reports()

    def test_the_newest_report_wins_whatever_the_order(self):
        self.now = fields.Datetime.now()
        with self.commit() as env:
            env["stock.warehouse"].browse(
                self.warehouse_id
            ).channel_authority = "external"
            self.products = [self.product_id] + [
                self.make_product(env, number).id for number in range(2, 8)
            ]
        self.report(1, 120)
        self.in_threads(
            *(
                lambda minutes=minutes: self.report(100 - minutes, minutes)
                for minutes in (30, 10, 50, 20)
            ),
            *(self.heal for _round in range(3)),
        )
        self.heal()
        with self.commit() as env:
            rows = env["channel.external.stock"].search(
                [("warehouse_id", "=", self.warehouse_id)]
            )
            self.assertEqual(rows.mapped("on_hand"), [90] * len(self.products))
            self.assertEqual(set(rows.mapped("confidence")), {100})
        self.plan()
        self.assertEqual(self.target(), 90)

    def test_report_in_progress_is_left_to_itself(self):
        """Aging waits for nobody: a slow report must not stop the healing."""
        self.now = fields.Datetime.now()
        with self.commit() as env:
            env["stock.warehouse"].browse(
                self.warehouse_id
            ).channel_authority = "external"
            self.products = [self.product_id]
        self.report(1, 120)
        with self.commit() as env:
            env.cr.execute(
                "UPDATE channel_external_stock SET as_of = as_of - interval '3 days'"
            )
        with self.commit() as slow:
            slow.cr.execute("UPDATE channel_external_stock SET on_hand = 2")
            self.heal()
        with self.commit() as env:
            self.assertEqual(env["channel.external.stock"].search([]).confidence, 80)
        self.heal()
        with self.commit() as env:
            self.assertEqual(env["channel.external.stock"].search([]).confidence, 0)
