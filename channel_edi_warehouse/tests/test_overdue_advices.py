# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from .common_warehouse import WarehouseCase, advice


class TestOverdueAdvices(WarehouseCase):
    """A warehouse that was told to ship and reports nothing: a person is told once, and
    it ends with the delivery."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "940"})]
        cls.warehouse.write({"edi_carrier": "UPSN", "edi_advice_hours": 48})

    def told(self, hours, *wanted):
        """A delivery that the warehouse was told of so many hours ago."""
        picking = self.delivery(*(wanted or [(self.product, 4)]))
        self.send().action_mark_sent()
        document = self.env["channel.edi.document"].search(
            [("kind", "=", "940"), ("business_key", "=", picking.name)]
        )
        self.assertEqual(document.state, "sent")
        self.age(hours, document, picking)
        return picking

    def age(self, hours, document, picking):
        moment = fields.Datetime.now() - timedelta(hours=hours)
        document.sent_at = moment
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE stock_picking SET create_date = %s WHERE id = %s",
            [moment, picking.id],
        )

    def watch(self):
        """:return: what is overdue now"""
        self.env.flush_all()
        self.env["channel.edi.overdue.advices"]._watch()
        self.env.invalidate_all()
        return self.exceptions("edi_warehouse")

    def test_told_once_and_over_when_it_has_left(self):
        self.told(47)
        late = self.told(49, (self.other, 2))
        found = self.watch()
        self.assertEqual(found.mapped("res_id"), late.ids)
        self.assertIn(f"to ship {late.name}, and has", found.message)
        self.assertEqual(self.watch(), found)
        self.assertEqual(found.count, 1)
        self.tell(advice(late.name, ("CC", 2, 2, "EA", "SKU-2")))
        self.assertFalse(self.watch())
        self.assertEqual(found.state, "resolved")

    def test_over_when_it_is_called_off_or_done_by_hand(self):
        one, two = self.told(100), self.told(100, (self.other, 2))
        self.assertEqual(len(self.watch()), 2)
        one.action_cancel()
        two.button_validate()
        self.assertFalse(self.watch())

    def test_what_a_person_has_looked_into_is_not_told_again(self):
        self.told(100)
        self.watch().write({"state": "ignored", "resolution": "They know"})
        self.assertFalse(self.watch())

    def test_rest_is_owed_since_the_other_part_has_left(self):
        picking = self.told(100)
        self.tell(advice(picking.name, ("BP", 4, 3, "EA", "SKU-1")))
        self.assertFalse(self.watch())
        rest = self.env["stock.picking"].search([("backorder_id", "=", picking.id)])
        self.env.cr.execute(
            "UPDATE stock_picking SET create_date = create_date - interval '3 days'"
            " WHERE id = %s",
            [rest.id],
        )
        self.assertEqual(self.watch().res_id, rest.id)

    def test_not_where_nobody_was_told_or_it_is_not_wanted(self):
        self.delivery((self.product, 4))
        self.assertFalse(self.watch())
        self.warehouse.edi_advice_hours = 0
        self.told(1000, (self.other, 1))
        self.assertFalse(self.watch())
