# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ChannelCase


@tagged("post_install", "-at_install")
class TestCompanyException(ChannelCase):
    """What concerns a company's stock and no channel is told to a person, too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Without Channels"})
        cls.other = cls.env["res.company"].create({"name": "Neither"})
        cls.owner = cls.make_user(cls.env, "operator", "stock_owner")
        cls.owner.company_ids |= cls.company

    def report(self, company=None, key="stock", **values):
        return self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "stock_report",
            key=key,
            message="Two rows were rejected",
            company=company or self.company,
            **values,
        )

    def test_it_has_a_company_and_the_companys_owner(self):
        self.company.channel_exception_user_id = self.owner
        found = self.report()
        self.assertFalse(found.channel_id)
        self.assertEqual(found.company_id, self.company)
        self.assertEqual(found.user_id, self.owner)

    def test_one_a_cause_and_company(self):
        first = self.report()
        self.assertEqual(self.report(), first)
        self.assertEqual(first.count, 2)
        self.assertNotEqual(self.report(self.other), first)
        self.env["channel.exception"]._resolve_keys(
            self.env["channel.channel"], ["stock"], company=self.company
        )
        self.assertEqual(first.state, "resolved")
        self.assertNotEqual(self.report(), first)

    def test_one_of_a_channel_is_another(self):
        first = self.report(self.channel.company_id)
        second = self.env["channel.exception"]._report(
            self.channel, "stock_report", key="stock", message="Two rows"
        )
        self.assertNotEqual(first, second)
        self.env["channel.exception"]._resolve_keys(self.channel, ["stock"])
        self.assertEqual((first.state, second.state), ("open", "resolved"))

    def test_colleagues_of_other_companies_do_not_see_it(self):
        stranger = self.make_user(self.env, "manager", "stock_stranger")
        found = self.report()
        exceptions = self.env["channel.exception"]
        domain = [("id", "=", found.id)]
        theirs = exceptions.with_user(self.owner)
        companies = self.owner.company_ids.ids
        self.assertTrue(
            theirs.with_context(allowed_company_ids=companies).search(domain)
        )
        self.assertFalse(exceptions.with_user(stranger).search(domain))

    def test_its_owner_may_see_it(self):
        stranger = self.make_user(self.env, "manager", "stock_stranger")
        with self.assertRaises(UserError):
            self.company.channel_exception_user_id = stranger
        found = self.report().with_user(self.owner)
        found = found.with_context(allowed_company_ids=self.owner.company_ids.ids)
        with self.assertRaises(UserError):
            found.user_id = stranger
        found.user_id = self.owner

    def test_a_channel_without_owner_has_that_of_its_company(self):
        self.channel.company_id.channel_exception_user_id = self.owner
        exceptions = self.env["channel.exception"]
        found = exceptions._report(self.channel, "drift", key="1", message="x")
        self.assertEqual(found.user_id, self.owner)

    def test_a_bad_stock_report_of_a_company_without_a_channel_is_told(self):
        warehouse = self.env["stock.warehouse"].create(
            {"name": "3PL", "code": "3PLX", "company_id": self.company.id}
        )
        warehouse.channel_authority = "external"

        def report(rows):
            now = fields.Datetime.to_string(fields.Datetime.now())
            self.env["channel.external.stock"]._report(warehouse, rows, f"{now}Z")
            return self.env["channel.exception"].search(
                [("company_id", "=", self.company.id), ("state", "=", "open")]
            )

        found = report([{"product": "NOBODY-KNOWS", "on_hand": 3}])
        self.assertEqual(found.category, "stock_report")
        self.assertFalse(found.channel_id)
        self.assertFalse(report([{"product_id": self.product.id, "on_hand": 3}]))
