# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from datetime import datetime, timezone
from decimal import Decimal
from itertools import count

from odoo.tests import new_test_user

from odoo.addons.channel_inventory_account.tests.test_books import BooksCase
from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tests.common import fake_adapter
from odoo.addons.channel_inventory_base.tests.fake_channel import FakeChannel

DAY = datetime(2026, 3, 2, 9, tzinfo=timezone.utc)
numbers = count(1)


class SettlementSetup:
    """Accounts, maps and documents of settlements. Mixed into cases of any kind."""

    @classmethod
    def make_accounts(cls, env, company):
        """Account -> its record; fees, chargebacks and reserves are mapped."""
        kinds = {
            "fee": "expense",
            "chargeback": "asset_current",
            "reserve": "asset_current",
            "adjustment": "expense",
        }
        cls.accounts = {}
        for number, (kind, account_type) in enumerate(kinds.items()):
            account = env["account.account"].create(
                {
                    "name": f"Settlement {kind}",
                    "code": f"98{number}00",
                    "account_type": account_type,
                    "company_ids": [(6, 0, company.ids)],
                }
            )
            cls.accounts[kind] = account
            if kind != "adjustment":
                env["channel.settlement.account"].create(
                    {
                        "kind": kind,
                        "account_id": account.id,
                        "company_id": company.id,
                    }
                )

    @classmethod
    def make_accountant(cls, env, login):
        return new_test_user(
            env, login, groups="channel_settlement.group_channel_accountant"
        )

    @classmethod
    def make_clearing(cls, env, journal, code):
        """A clearing account of the gateway's own."""
        account = env["account.account"].create(
            {
                "name": f"Clearing {journal.name}",
                "code": code,
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        methods = journal.inbound_payment_method_line_ids
        methods |= journal.outbound_payment_method_line_ids
        methods.payment_account_id = account
        return account

    # ----------------------------------------------------------- documents
    def line(self, kind, gross, fee=0, net=None, **values):
        gross, fee = Decimal(str(gross)), Decimal(str(fee))
        return {
            "settlement": values.pop("settlement", "P1"),
            "external_id": values.pop("ref", f"T{next(numbers)}"),
            "kind": kind,
            "gross": str(gross),
            "fee": str(fee),
            "net": str(gross - fee if net is None else net),
            "posted_at": DAY.isoformat(),
            **values,
        }

    def document(self, *lines, **head):
        """What the fake channel writes of a payout."""
        values = {
            "external_id": "P1",
            "currency": "USD",
            "status": "in_transit",
            "deposit_at": DAY.isoformat(),
            **head,
        }
        if "total" not in values:
            values["total"] = str(
                sum(
                    Decimal(line["net"]) for line in lines if line["kind"] != "transfer"
                )
            )
        return {"head": values, "lines": list(lines)}

    def store(self, channel, values, key=None, **more):
        content = values if isinstance(values, bytes) else json.dumps(values).encode()
        document = schemas.SettlementDocument(
            key or f"K{next(numbers)}", "payout.json", content
        )
        return channel.env["channel.settlement.file"]._store(channel, document, **more)


class SettlementCase(SettlementSetup, BooksCase):
    """Orders that are invoiced and paid, and payouts of a channel in memory."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls._registry_patched:
            cls.registry_enter_test_mode_cls()
        cls.channel.write({"state": "live"})
        cls.clearing = cls.make_clearing(cls.env, cls.bank, "101990")
        cls.make_accounts(cls.env, cls.company)
        cls.first = cls.make_accountant(cls.env, "settle_first")
        cls.second = cls.make_accountant(cls.env, "settle_second")
        cls.house_bank = cls.env["account.journal"].create(
            {"name": "House Bank", "code": "HBNK", "type": "bank"}
        )
        cls.transfer = cls.company.transfer_account_id

    def setUp(self):
        super().setUp()
        self.fake = FakeChannel()
        self.fake.more = {"settlements": True}
        context = fake_adapter(self.fake)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    # --------------------------------------------------------------- orders
    def plain(self, total, ref, **values):
        """An order of one lamp without tax."""
        type(self).number += 1
        line = self._line(
            self.lamp,
            1,
            str(total),
            ref="L",
            open_quantity=1,
            shipped_quantity=0,
        )
        return self._data(
            line,
            external_id=ref,
            name=f"#{ref}",
            version=DAY.replace(minute=self.number % 60, hour=9 + self.number // 60),
            total=str(total),
            **{"total_tax": "0", **values},
        )

    def paid(self, total, ref, **values):
        """An order that is invoiced and paid. :return: the order"""
        self.order = self._import(self.plain(total, ref, **values))
        self.assertEqual(self.order.state, "imported", self._exceptions(self.order))
        self.sale_order = self.order.sale_order_id
        self.book()
        return self.order

    def pay_back(self, order, amount, ref="R1"):
        """Money goes back for no line: it is credited and paid back."""
        self.order = order
        # a channel takes what went back for no line off no total
        back = self.refund(amount, ref=ref)
        self._capture(self.plain(order.total, order.external_id, refunds=(back,)))
        if order.state == "captured":
            order._follow()
        self.env.flush_all()
        self.book()

    # ---------------------------------------------------------- settlements
    def take_in(self, *lines, **head):
        """Received, read and matched. :return: the settlement that counts"""
        ref = head.get("external_id", "P1")
        self.store(self.channel, self.document(*lines, **head))
        self.work()
        return self.settlement(ref)

    def work(self):
        """What the job does."""
        self.env.flush_all()
        self.env["channel.settlement.reader"]._run(self.channel)
        self.env.invalidate_all()

    def settlement(self, ref="P1"):
        return self.env["channel.settlement"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("external_id", "=", ref),
                ("state", "not in", ("replaced", "correction")),
            ]
        )

    def post(self, settlement):
        """One proposes, another approves."""
        self.assertEqual(settlement.state, "ready", self.why(settlement))
        settlement.with_user(self.first).action_propose()
        settlement.with_user(self.second).action_approve()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(settlement.state, "posted", settlement.error)
        return settlement.move_id

    def bank_shows(self, amount, date="2026-03-03", label="PAYOUT", **values):
        return self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.house_bank.id,
                "date": date,
                "payment_ref": label,
                "amount": amount,
                **values,
            }
        )

    # --------------------------------------------------------------- looks
    def why(self, settlement):
        lines = [
            (line.external_id, line.kind, line.match) for line in settlement.line_ids
        ]
        return settlement.check_text, lines

    def matches(self, settlement):
        return [line.match for line in settlement.line_ids.sorted("id")]

    def open_on(self, account):
        """What is open on an account, in the company's currency."""
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(lines.mapped("amount_residual")), 2)

    def balance_of(self, account):
        lines = self.env["account.move.line"].search(
            [("account_id", "=", account.id), ("parent_state", "=", "posted")]
        )
        return round(sum(lines.mapped("balance")), 2)

    def exceptions(self, category):
        return self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.channel.id),
                ("category", "=", category),
                ("state", "=", "open"),
            ]
        )

    def assertBalanced(self, move):
        self.assertEqual(move.state, "posted")
        self.assertAlmostEqual(sum(move.line_ids.mapped("balance")), 0)
