# SPDX-License-Identifier: AGPL-3.0-or-later
import csv
import io

import openpyxl

from odoo.tests import new_test_user, tagged

from .common import ChannelCase

BASE = "channel_inventory_base.group_channel_"
TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@tagged("post_install", "-at_install")
class TestImport(ChannelCase):
    """Rules and mappings from a file, by Odoo's own import and people's own names."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = new_test_user(
            cls.env, "imp_operator", groups=BASE + "operator,base.group_allow_export"
        )
        cls.other = cls.make_channel(cls.env, code="IM2", name="Other")
        cls.second = cls.make_product(cls.env, 2, 24, cls.warehouse)
        cls.twin = cls.make_listing(
            cls.env, cls.other, cls.product, sku="SKU-1", external_id="twin"
        )
        cls.category = cls.env["product.category"].create({"name": "Imported"})

    def file(self, kind, rows):
        if kind == "csv":
            buffer = io.StringIO()
            csv.writer(buffer).writerows(rows)
            return buffer.getvalue().encode()
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        buffer = io.BytesIO()
        book.save(buffer)
        return buffer.getvalue()

    def load(self, model, fields, rows, kind="csv", user=None, dryrun=False):
        """What the import screen does: the first row are the names of the fields."""
        importer = (
            self.env["base_import.import"]
            .with_user(user or self.operator)
            .create(
                {
                    "res_model": model,
                    "file": self.file(kind, [fields, *rows]),
                    "file_name": f"rules.{kind}",
                    "file_type": TYPES[kind],
                }
            )
        )
        options = {
            "has_headers": True,
            "quoting": '"',
            "separator": ",",
            "encoding": "utf-8",
            "float_thousand_separator": ",",
            "float_decimal_separator": ".",
            "datetime_format": "%Y-%m-%d %H:%M:%S",
            "date_format": "%Y-%m-%d",
        }
        if kind == "xlsx":
            options["sheet"] = "Sheet"
        return importer.execute_import(fields, fields, options, dryrun=dryrun)

    def messages(self, result):
        return [(each["record"], each["message"]) for each in result["messages"]]

    def rules(self, result):
        return self.env["channel.rule"].browse(result["ids"])

    # ----------------------------------------------------------------- rules
    def test_rules_are_imported_as_drafts(self):
        fields = [
            "kind",
            "value",
            "channel_id",
            "listing_id",
            "product_id",
            "categ_id",
            "valid_until",
            "reason",
        ]
        rows = [
            ["Fixed buffer", 3, "Fake", "", "", "Imported", "", ""],
            ["cap", 20, "Other", "SKU-1", "", "", "", ""],
            ["risk", 1.5, "", "", "SKU-2", "", "", "Returns"],
            ["freeze", 5, "", "twin", "", "", "2099-01-01 00:00:00", "Fair"],
        ]
        for kind in TYPES:
            with self.subTest(kind):
                result = self.load("channel.rule", fields, rows, kind)
                self.assertFalse(result["messages"])
                rules = self.rules(result)
                self.assertEqual(set(rules.mapped("state")), {"draft"})
                self.assertEqual(
                    rules.mapped("kind"), ["fixed", "cap", "risk", "freeze"]
                )
                self.assertEqual(rules[0].channel_id, self.channel)
                self.assertEqual(rules[0].categ_id, self.category)
                self.assertEqual(rules[1].listing_id, self.twin)
                self.assertEqual(rules[2].product_id, self.second)
                self.assertEqual((rules[2].value, rules[2].reason), (1.5, "Returns"))
                self.assertEqual(rules[3].listing_id, self.twin)

    def test_each_row_that_fits_nothing_is_told(self):
        result = self.load(
            "channel.rule",
            ["kind", "value", "channel_id", "listing_id", "product_id"],
            [
                ["fixed", 1, "Fake", "", ""],
                ["fixed", 1, "Nobody", "", ""],
                ["fixed", 1, "", "SKU-1", ""],
                ["fixed", 1, "Fake", "twin", ""],
                ["fixed", 1, "", "", "SKU-?"],
            ],
        )
        self.assertFalse(result["ids"])
        messages = dict(self.messages(result))
        self.assertEqual(sorted(messages), [1, 2, 3, 4])
        self.assertIn("“Nobody” matches no record of Sales Channel", messages[1])
        self.assertIn("“SKU-1” matches several records of Channel Listing", messages[2])
        self.assertIn("“twin” matches no record", messages[3])

    def test_two_products_of_one_reference_are_not_guessed(self):
        self.make_product(self.env, 2)
        result = self.load(
            "channel.rule", ["kind", "value", "product_id"], [["fixed", 1, "SKU-2"]]
        )
        [[record, message]] = self.messages(result)
        self.assertEqual(record, 0)
        self.assertIn("several", message)

    def test_rule_that_cannot_be_is_told_with_its_row(self):
        result = self.load(
            "channel.rule",
            ["kind", "value"],
            [["fixed", 1], ["percent", 101], ["freeze", 5]],
        )
        self.assertFalse(result["ids"])
        messages = dict(self.messages(result))
        self.assertIn("cannot exceed 100", messages[1])
        self.assertIn("needs a reason and an end", messages[2])
        self.assertNotIn(0, messages)

    def test_state_is_not_imported(self):
        result = self.load(
            "channel.rule", ["kind", "value", "state"], [["fixed", 1, "active"]]
        )
        self.assertFalse(result["ids"])
        self.assertIn("cannot be edited", self.messages(result)[0][1])

    def test_try_writes_nothing(self):
        before = self.env["channel.rule"].search_count([])
        result = self.load(
            "channel.rule", ["kind", "value"], [["fixed", 1]], dryrun=True
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self.env["channel.rule"].search_count([]), before)

    def test_exported_rules_can_be_edited_and_imported_again(self):
        rule = self.rule("fixed", 3, channel_id=self.channel.id)
        names = ["id", "kind", "value", "channel_id", "categ_id"]
        exported = rule.with_user(self.operator).with_context(import_compat=True)
        [row] = exported.export_data(["id", "kind", "value", "channel_id", "categ_id"])[
            "datas"
        ]
        self.assertEqual(row[3], "Fake")
        row[2] = 7
        result = self.load("channel.rule", names, [[each or "" for each in row]])
        self.assertFalse(result["messages"])
        self.assertEqual(result["ids"], rule.ids)
        self.assertEqual((rule.value, rule.state), (7, "draft"))
        self.assertEqual(rule.active_version_id.value, 3)

    # -------------------------------------------------------------- mappings
    def test_channel_and_sku_say_which_listing(self):
        unmatched = self.make_listing(
            self.env, self.channel, self.env["product.product"], 3, state="unmapped"
        )
        for kind in TYPES:
            result = self.load(
                "channel.listing",
                ["channel_id", "sku", "product_id", "pack_qty"],
                [["Fake", "SKU-1", "SKU-2", 12], ["Fake", "SKU-3", "SKU-1", 1]],
                kind,
            )
            with self.subTest(kind):
                self.assertFalse(result["messages"])
                self.assertEqual(result["ids"], (self.listing | unmatched).ids)
                self.assertEqual(self.listing.product_id, self.second)
                self.assertEqual(self.listing.pack_qty, 12)
                self.assertEqual(self.listing.sku, "SKU-1")
                self.assertEqual(unmatched.state, "mapped")
                self.assertEqual(self.twin.product_id, self.product)
        version = self.listing.version_id
        self.assertEqual((version.number, version.approved_by_id), (2, self.operator))

    def test_imported_mapping_is_a_proposal_where_two_have_to_agree(self):
        self.channel.company_id.channel_change_approval = True
        result = self.load(
            "channel.listing",
            ["channel_id", "external_id", "product_id", "pack_qty"],
            [["Fake", "variant-1", "SKU-2", 12]],
        )
        self.assertFalse(result["messages"])
        self.assertEqual(self.listing.product_id, self.product)
        proposal = self.listing.proposal_id
        self.assertEqual((proposal.product_id, proposal.pack_qty), (self.second, 12))
        self.assertEqual(proposal.proposed_by_id, self.operator)

    def test_each_mapping_that_fits_nothing_is_told(self):
        self.make_listing(
            self.env, self.channel, self.product, 4, sku="SKU-1", state="ignored"
        )
        result = self.load(
            "channel.listing",
            ["channel_id", "sku", "product_id", "pack_qty"],
            [
                ["Other", "SKU-1", "SKU-2", 1],
                ["Other", "SKU-9", "SKU-2", 1],
                ["Fake", "SKU-1", "SKU-2", 1],
                ["", "SKU-1", "SKU-2", 1],
                ["Other", "SKU-1", "", 1],
            ],
        )
        self.assertFalse(result["ids"])
        messages = dict(self.messages(result))
        self.assertEqual(sorted(messages), [1, 2, 3, 4])
        self.assertIn("“SKU-9” matches no record", messages[1])
        self.assertIn("several", messages[2])
        self.assertIn("Enter the channel of “SKU-1”", messages[3])
        self.assertIn("Enter the product", messages[4])
        self.assertEqual(self.twin.product_id, self.product)

    def test_mapping_that_cannot_be_is_told_with_its_row(self):
        result = self.load(
            "channel.listing",
            ["channel_id", "sku", "product_id", "pack_qty"],
            [["Other", "SKU-1", "SKU-2", 2], ["Fake", "SKU-1", "SKU-2", -1]],
        )
        self.assertFalse(result["ids"])
        # Odoo tells the first row, too, what has stopped the rows together
        messages = dict(self.messages(result))
        self.assertIn("less than a millionth", messages[1])
        self.assertEqual(self.twin.pack_qty, 1)
