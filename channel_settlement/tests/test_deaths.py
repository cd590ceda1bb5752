# SPDX-License-Identifier: AGPL-3.0-or-later
from itertools import count

from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_committed import CommittedCase
from odoo.addons.channel_inventory_base.tests.common_killed import (
    at_commit,
    commits_noted,
    run_in_child,
)

from .common import SettlementSetup

ORDERS = 3
numbers = count(1)


def fetch_and_match(env, channel):
    env["channel.settlement.reader"]._fetch(channel)
    env["channel.settlement.reader"]._run(channel)


def post_and_find_in_bank(env, channel):
    env["channel.settlement.reader"]._run(channel)


@tagged("post_install", "-at_install")
class TestDeaths(SettlementSetup, CommittedCase):
    """A worker is killed at any commit of fetching, storing, matching, posting or
    finding in the bank: the next one goes on, nothing is doubled and nothing lost."""

    def setUp(self):
        super().setUp()
        self.fake.more = {"settlements": True}
        with self.commit() as env:
            number = next(numbers)
            self.channel(env).write({"state": "live"})
            company = env.company
            if number == 1:
                self.make_accounts(env, company)
            gateway = env["account.journal"].create(
                {"name": f"Gateway {number}", "code": f"GW{number}", "type": "bank"}
            )
            clearing = self.make_clearing(env, gateway, f"1019{number:02d}")
            house = env["account.journal"].create(
                {"name": f"House {number}", "code": f"HB{number}", "type": "bank"}
            )
            service = env["product.product"].create(
                {"name": "Service", "type": "service", "taxes_id": False}
            )
            self.ids = {
                "gateway": gateway.id,
                "clearing": clearing.id,
                "house": house.id,
                "service": service.id,
            }

    # ------------------------------------------------------------ helpers
    def make_payout(self):
        """Paid orders, and the channel pays them out. :return: its id"""
        ref = f"P{next(numbers)}"
        lines = []
        with self.commit() as env:
            for place in range(ORDERS):
                order_ref = f"{ref}-{place}"
                self.make_paid(env, order_ref, 100 + place)
                lines.append(
                    self.line(
                        "charge",
                        100 + place,
                        "3.20",
                        settlement=ref,
                        ref=f"T-{order_ref}",
                        order_ref=order_ref,
                    )
                )
            env.cr.execute("DELETE FROM queue_job")
        values = self.document(*lines, external_id=ref, currency=self.currency())
        self.fake.payouts = [(f"{ref}@PAID", values)]
        return ref

    def currency(self):
        with self.commit() as env:
            return env.company.currency_id.name

    def make_paid(self, env, ref, total):
        order = env["channel.order"].create(
            {
                "channel_id": self.channel_id,
                "external_id": ref,
                "name": f"#{ref}",
                "state": "imported",
                "complete": True,
                "currency_name": env.company.currency_id.name,
                "total": total,
            }
        )
        values = {
            "product_id": self.ids["service"],
            "price_unit": total,
            "tax_ids": False,
        }
        sale = env["sale.order"].create(
            {
                "partner_id": env["res.partner"].create({"name": "Buyer"}).id,
                "channel_order_id": order.id,
                "order_line": [Command.create(values)],
            }
        )
        sale.action_confirm()
        sale.order_line.qty_delivered = 1
        invoice = sale._create_invoices()
        invoice.action_post()
        env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({"journal_id": self.ids["gateway"]})._create_payments()

    def settlement(self, env, ref):
        return env["channel.settlement"].search(
            [("channel_id", "=", self.channel_id), ("external_id", "=", ref)]
        )

    def come_to_rest(self, work):
        """The minute's healing, and jobs that it wakes."""
        for _minute in range(3):
            with self.commit() as env:
                env["channel.settlement"]._follow()
            with self.commit() as env:
                work(env, self.channel(env))

    def check_deaths(self, prepare, work, check, steps):
        """
        :param prepare: makes something to do. :return: the payout's id
        :param check: function of (env, id), when the next worker has done it
        :param steps: functions that have to commit for themselves
        """
        # what is done once only is none of the work's commits
        check_once = prepare()
        self.come_to_rest(work)
        with self.commit() as env:
            check(env, check_once)
        ref = prepare()
        with commits_noted() as commits, self.commit() as env:
            work(env, self.channel(env))
        self.come_to_rest(work)
        with self.commit() as env:
            check(env, ref)
        writing = [each for each, (_n, writes, _s) in enumerate(commits) if writes]
        self.assertLessEqual(steps, {commits[number][0] for number in writing})
        for number in writing:
            for side in ("before", "after"):
                with self.subTest(f"{side} {commits[number][0]}", commit=number):
                    ref = prepare()
                    died = run_in_child(
                        self.registry,
                        lambda env: work(env, self.channel(env)),
                        at_commit(number, side),
                    )
                    self.assertTrue(died, "it lives")
                    self.come_to_rest(work)
                    with self.commit() as env:
                        check(env, ref)

    # -------------------------------------------------------------- tests
    def test_killed_at_any_commit_of_fetching_and_matching(self):
        def check(env, ref):
            settlement = self.settlement(env, ref)
            self.assertEqual(len(settlement), 1)
            self.assertEqual(settlement.state, "ready", settlement.check_text)
            self.assertEqual(settlement.line_count, ORDERS)
            refs = settlement.line_ids.mapped("external_id")
            self.assertEqual(
                sorted(refs), [f"T-{ref}-{place}" for place in range(ORDERS)]
            )
            self.assertEqual(set(settlement.line_ids.mapped("match")), {"matched"})
            file = env["channel.settlement.file"].search([("key", "=", f"{ref}@PAID")])
            self.assertEqual([each.state for each in file], ["read"])
            self.assertFalse(self.exceptions(env))

        self.check_deaths(
            self.make_payout, fetch_and_match, check, {"_store_page", "attempt"}
        )

    def test_killed_at_any_commit_of_posting_and_of_the_bank(self):
        def check(env, ref):
            settlement = self.settlement(env, ref)
            self.assertEqual(settlement.state, "posted", settlement.error)
            moves = env["account.move"].search(
                [("channel_settlement_id", "=", settlement.id)]
            )
            self.assertEqual(moves, settlement.move_id, "one entry")
            items = env["account.move.line"].search(
                [
                    ("account_id", "=", self.ids["clearing"]),
                    ("parent_state", "=", "posted"),
                ]
            )
            self.assertEqual(set(items.mapped("amount_residual")), {0})
            self.assertTrue(settlement.in_bank)
            self.assertEqual(settlement.bank_residual, 0)
            self.assertFalse(self.exceptions(env))

        self.check_deaths(self.make_approved, post_and_find_in_bank, check, {"attempt"})

    def make_approved(self):
        """A payout that is matched and approved, and in the bank."""
        ref = self.make_payout()
        with self.commit() as env:
            fetch_and_match(env, self.channel(env))
        with self.commit() as env:
            settlement = self.settlement(env, ref)
            self.assertEqual(settlement.state, "ready", settlement.check_text)
            settlement.state = "approved"
            env["account.bank.statement.line"].create(
                {
                    "journal_id": self.ids["house"],
                    "date": settlement.deposit_date,
                    "payment_ref": f"PAYOUT {ref}",
                    "amount": settlement.payout,
                }
            )
            env.cr.execute("DELETE FROM queue_job")
        return ref

    def exceptions(self, env):
        return env["channel.exception"].search(
            [("channel_id", "=", self.channel_id), ("state", "=", "open")]
        )
