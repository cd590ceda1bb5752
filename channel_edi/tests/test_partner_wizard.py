# SPDX-License-Identifier: AGPL-3.0-or-later
import base64

from odoo.exceptions import UserError
from odoo.tests import Form

from .common_edi import EdiCase, po, x12

CSV = (
    b"PO Number;Item;Qty;Unit;Price;Ship To\n"
    b"4711;SKU-1;4;EA;5,00;0123\n"
    b"4712;SKU-1;3;EA;5,00;0456\n"
)


class TestPartnerWizard(EdiCase):
    """A partner out of one sample file."""

    def wizard(self, data, sample="sample.edi", **values):
        # the browser sends the name along with the file
        wizards = self.env["channel.edi.partner.wizard"]
        form = Form(wizards.with_context(default_sample_name=sample))
        form.data = base64.b64encode(data)
        for field, value in values.items():
            form[field] = value
        return form.save()

    def agreement_of(self, action):
        return self.env[action["res_model"]].browse(action["res_id"])

    def test_sample_of_an_order(self):
        sample = x12(po("1", (1, "EA", "5.00", "SKU-1")), sender="NEWMART")
        wizard = self.wizard(sample, warehouse_id=self.warehouse)
        self.assertEqual(
            (wizard.standard, wizard.their_qualifier, wizard.their_id, wizard.our_id),
            ("x12", "ZZ", "NEWMART", "US"),
        )
        self.assertEqual((wizard.kinds, wizard.role), ("850", "retailer"))
        agreement = self.agreement_of(wizard.action_create())
        agreed = agreement.document_ids.sorted("kind")
        self.assertEqual(agreed.mapped("kind"), ["846", "850", "855", "856"])
        self.assertEqual(agreed.mapped("ack_hours"), [24, 24, 24, 4])
        self.assertEqual(agreement.channel_id.confirm_policy, "always")
        self.assertEqual(agreement.channel_id.node_ids.warehouse_ids, self.warehouse)
        self.assertEqual(agreement.mailbox_id.kind, "manual")
        # nothing of the sample was taken, and the next file is
        self.assertFalse(agreement.conversation_count)
        agreement.channel_id.action_test_connection()
        agreement.channel_id.action_prepare()
        self.mailbox = agreement.mailbox_id
        self.channel = agreement.channel_id
        document = self.receive(sample)
        self.assertEqual((document.agreement_id, document.state), (agreement, "done"))

    def test_sample_of_a_table(self):
        """Columns whose titles tell what they are; a person tells the others."""
        wizard = self.wizard(CSV, "orders.csv", warehouse_id=self.warehouse)
        self.assertEqual(wizard.standard, "table")
        agreement = self.agreement_of(wizard.action_create())
        columns = agreement.document_ids.column_ids
        self.assertEqual(
            columns.mapped("header"),
            ["PO Number", "Item", "Qty", "Unit", "Price", "Ship To"],
        )
        paths = dict(zip(columns.mapped("header"), columns.mapped("path"), strict=True))
        self.assertEqual(paths["PO Number"], "number")
        self.assertEqual(paths["Qty"], "line.quantity")
        meaning = {"Item": "line.id.VN", "Unit": "line.unit", "Price": "line.price"}
        meaning["Ship To"] = "party.ship_to.code"
        for column in columns:
            column.path = meaning.get(column.header, column.path)
        self.mailbox, self.channel = agreement.mailbox_id, agreement.channel_id
        self.channel.action_test_connection()
        self.channel.action_prepare()
        documents = self.receive(CSV, "orders.csv")
        self.assertEqual(
            documents.sorted("id").mapped("business_key"), ["4711", "4712"]
        )
        self.assertEqual(documents.mapped("state"), ["done", "done"])
        orders = self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id)]
        )
        self.assertEqual(sum(orders.line_ids.mapped("quantity")), 7)

    def test_table_with_a_row_that_cannot_be_read(self):
        """Nothing of it is taken: nobody could tell what is missing."""
        self.test_sample_of_a_table()
        bad = CSV.replace(b";3;EA", b";three;EA").replace(b"471", b"481")
        self.assertFalse(self.receive(bad, "bad.csv"))
        file = self.env["channel.edi.file"].search([("name", "=", "bad.csv")])
        self.assertEqual(file.state, "refused")
        self.assertIn("3", file.error)

    def test_sample_that_is_nothing(self):
        form = Form(self.env["channel.edi.partner.wizard"])
        form.data = base64.b64encode(b"\0\0\0")
        self.assertIn("Nothing can be read", form.found)

    def test_without_a_sample(self):
        with self.assertRaises(UserError):
            self.env["channel.edi.partner.wizard"].create({}).action_create()

    def test_upload(self):
        upload = self.env["channel.edi.upload"].create(
            {
                "mailbox_id": self.mailbox.id,
                "name": "C:\\fakepath\\po.edi",
                "data": base64.b64encode(x12(po("1", (1, "EA", "5.00", "SKU-1")))),
            }
        )
        file = self.env["channel.edi.file"].browse(upload.action_upload()["res_id"])
        self.assertEqual(file.name, "po.edi")
        self.work()
        self.assertEqual(file.document_ids.state, "done")

    def test_products_that_a_partner_may_buy(self):
        """There is no catalogue to read: people choose, and orders find them."""
        other = self.make_product(self.env, 2, 24, self.warehouse)
        wizard = self.env["channel.edi.products"].create(
            {
                "channel_id": self.channel.id,
                "product_ids": [(6, 0, (self.product + other).ids)],
            }
        )
        wizard.action_add()
        listed = self.env["channel.listing"].search(
            [("channel_id", "=", self.channel.id)], order="external_id"
        )
        # the first was listed before
        self.assertEqual(listed.mapped("external_id"), ["SKU-1|EA", "SKU-2|EA"])
        cases = wizard.copy({"unit": " ca ", "pieces": 12, "product_ids": other.ids})
        cases.action_add()
        case = self.env["channel.listing"].search([("external_id", "=", "SKU-2|CA")])
        self.assertEqual((case.product_id, case.pack_qty), (other, 12))
        self.plan()
        level = self.env["channel.level"].search([("listing_id", "=", case.id)])
        self.assertEqual(level.target, 2)
        with self.assertRaisesRegex(UserError, "Add Products"):
            self.channel.action_fetch_listings()

    def test_product_without_a_reference_is_not_added(self):
        self.product.default_code = False
        wizard = self.env["channel.edi.products"].create(
            {"channel_id": self.channel.id, "product_ids": self.product.ids}
        )
        with self.assertRaisesRegex(UserError, "internal reference"):
            wizard.action_add()
