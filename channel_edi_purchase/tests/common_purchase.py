# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import date, datetime, time, timedelta

from odoo import fields

from odoo.addons.channel_edi.lib import codec
from odoo.addons.channel_edi.tests.common_edi import EdiCase, x12

FIRST = datetime.combine(date.today() + timedelta(days=9), time(12))
"""When purchase orders of the tests are wanted; naive UTC."""
TODAY = -9
"""As a number of days after that."""


def days(number):
    return FIRST + timedelta(days=number)


def day8(number):
    return f"{days(number):%Y%m%d}"


def answer(number, *lines, kind="AC", ours="AB1", day=TODAY):
    """Segments of an 855. ``lines``: (line, ordered, unit, price, SKU, [ACK segments
    without their id])."""
    found = ["855", f"BAK*00*{kind}*{number}*{day8(TODAY)}****{ours}*{day8(day)}"]
    for line, ordered, unit, price, sku, acks in lines:
        found.append(f"PO1*{line}*{ordered}*{unit}*{price}**VN*{sku}")
        found += [f"ACK*{each}" for each in acks]
    return [*found, f"CTT*{len(lines)}"]


def accepted(quantity, day=None, unit="EA", code="IA"):
    """An ACK: so much comes, on a day after the first."""
    when = f"*017*{day8(day)}" if day is not None else ""
    return f"{code}*{quantity}*{unit}{when}"


class PurchaseCase(EdiCase):
    """A supplier that calls SKU-1 V-1 and SKU-2 V-2, and takes orders by X12."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.channel.write({"name": "Fabrik", "edi_role": "supplier"})
        cls.vendor = cls.agreement.partner_id
        cls.agreement.write(
            {
                "name": "Fabrik",
                "document_ids": [
                    (0, 0, {"direction": "out", "kind": "850"}),
                    (0, 0, {"direction": "out", "kind": "860"}),
                ],
                "code_ids": [
                    (
                        0,
                        0,
                        {"kind": "place", "code": "DC1", "meaning": cls.warehouse.code},
                    )
                ],
            }
        )
        cls.other = cls.make_product(cls.env, 2, 0, cls.warehouse)
        for product, code, price in ((cls.product, "V-1", 2.5), (cls.other, "V-2", 4)):
            cls.add_seller(product, code, price)
        cls.env.flush_all()
        cls.control = 0

    @classmethod
    def add_seller(cls, product, code, price, **values):
        return cls.env["product.supplierinfo"].create(
            {
                "partner_id": cls.vendor.id,
                "product_tmpl_id": product.product_tmpl_id.id,
                "product_code": code,
                "price": price,
                "delay": 3,
                **values,
            }
        )

    def buy(self, *wanted, confirm=True, **values):
        """:param wanted: (product, quantity, price), and a unit maybe"""
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "picking_type_id": self.warehouse.in_type_id.id,
                "order_line": [
                    (
                        0,
                        0,
                        {
                            "product_id": product.id,
                            "product_qty": quantity,
                            "price_unit": price,
                            "date_planned": FIRST,
                            "tax_ids": False,
                            **({"product_uom_id": unit[0].id} if unit else {}),
                        },
                    )
                    for product, quantity, price, *unit in wanted
                ],
                **values,
            }
        )
        if confirm:
            order.button_confirm()
        return order

    def told(self, *kinds):
        """:return: documents to the supplier"""
        self.env.flush_all()
        return self.env["channel.edi.document"].search(
            [
                ("direction", "=", "out"),
                ("kind", "in", kinds or ("850", "860", "ORDERS", "ORDCHG")),
            ],
            order="id",
        )

    def sent(self):
        """:return: what the documents that go out now say, as segments"""
        found = []
        for interchange in self.send():
            for document in next(codec.read(interchange._bytes())).documents:
                if document.head.kind not in ("997", "CONTRL"):
                    found.append(
                        [
                            [segment.id, *map(segment.get, range(1, 12))]
                            for segment in document.segments()
                        ]
                    )
            interchange.action_mark_sent()
        return found

    def ordered(self, *wanted, **values):
        """A purchase order that the supplier has."""
        order = self.buy(*wanted, **values)
        self.sent()
        return order

    def purchase(self, order):
        return self.env["channel.edi.purchase"].search([("purchase_id", "=", order.id)])

    def tell(self, *documents, functional="PR"):
        """:return: documents that come of one interchange"""
        type(self).control += 1
        return self.receive(x12(*documents, number=self.control, functional=functional))

    def lines(self, order):
        """[(product, quantity, day after the first)] of a purchase order."""
        order.invalidate_recordset()
        return [
            (line.product_id.default_code, line.product_qty, _days(line.date_planned))
            for line in order.order_line.sorted(
                lambda each: (each.date_planned, each.id)
            )
            if line.product_qty
        ]

    def inbound(self, product=None):
        """[(quantity, day after the first)] that may be promised."""
        self.env.flush_all()
        rows = self.env["channel.inbound"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
        rows.invalidate_recordset()
        found = {}
        for row in rows:
            key = (row.due_date - FIRST.date()).days
            found[key] = found.get(key, 0) + row.quantity
        return sorted((quantity, day) for day, quantity in found.items())

    def assertDone(self, documents):
        for document in documents:
            self.assertEqual(document.state, "done", document.error)

    def assertHeld(self, document, words):
        self.assertEqual(document.state, "held", document.error)
        self.assertIn(words, document.error)

    def differences(self):
        """Words of what a person is to decide."""
        return " | ".join(self.exceptions("edi_purchase").mapped("message"))

    def take_in(self, pickings):
        for picking in pickings:
            picking.button_validate()


def _days(planned):
    return (fields.Datetime.to_datetime(planned).date() - FIRST.date()).days
