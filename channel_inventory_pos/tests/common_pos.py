# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid
from datetime import timedelta

from odoo import fields

from odoo.addons.channel_inventory_base.tests.common_position import PositionCase


class TillCase(PositionCase):
    """A till of the warehouse, with a session that books when it closes; 10 pieces on
    hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.warehouse.company_id
        cls.company.point_of_sale_update_stock_quantities = "closing"
        cls.env["stock.warehouse"]._create_missing_pos_picking_types()
        cls.till = cls.make_till("Till 1")
        cls.session = cls.open_session(cls.till)

    @classmethod
    def make_till(cls, name, **values):
        bank = cls.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", cls.company.id)], limit=1
        )
        card = cls.env["pos.payment.method"].create(
            {"name": f"Card at {name}", "journal_id": bank.id}
        )
        return cls.env["pos.config"].create(
            {
                "name": name,
                "picking_type_id": cls.warehouse.pos_type_id.id,
                "payment_method_ids": [(6, 0, card.ids)],
                **values,
            }
        )

    @classmethod
    def open_session(cls, till):
        till.open_ui()
        session = till.current_session_id
        session.set_opening_control(0, None)
        return session

    def ring(self, *lines, session=None, state="paid", minutes_ago=0, **values):
        """An order as a till sends it.

        :param lines: (product, quantity), or with the refunded line and other values
        """
        session = session or self.session
        made_at = fields.Datetime.now() - timedelta(minutes=minutes_ago)
        total = sum(10 * quantity for _product, quantity, *_rest in lines)
        payment = {
            "amount": total,
            "name": fields.Datetime.to_string(made_at),
            "payment_method_id": session.config_id.payment_method_ids[:1].id,
        }
        data = {
            "amount_paid": total if state == "paid" else 0,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": total,
            "company_id": self.company.id,
            "date_order": fields.Datetime.to_string(made_at),
            "fiscal_position_id": False,
            "pricelist_id": session.config_id.pricelist_id.id,
            "lines": [self._line(*line) for line in lines],
            "name": "Order",
            "partner_id": False,
            "session_id": session.id,
            "payment_ids": [(0, 0, payment)] if state == "paid" else [],
            "user_id": self.env.uid,
            "uuid": str(uuid.uuid4()),
            "to_invoice": False,
            "state": state,
            **values,
        }
        found = self.env["pos.order"].sync_from_ui([data])["pos.order"]
        order = self.env["pos.order"].browse(
            [each["id"] for each in found if each["uuid"] == data["uuid"]]
        )
        order.invalidate_recordset()
        return order

    def _line(self, product, quantity, refunded=None, more=None):
        vals = {
            "price_unit": 10,
            "product_id": product.id,
            "price_subtotal": 10 * quantity,
            "price_subtotal_incl": 10 * quantity,
            "qty": quantity,
            "discount": 0,
            "tax_ids": [(6, 0, [])],
            "pack_lot_ids": [],
            "uuid": str(uuid.uuid4()),
            **(more or {}),
        }
        if refunded:
            vals["refunded_orderline_id"] = refunded.id
        return (0, 0, vals)

    def available(self, product=None):
        return self.position_at(self.warehouse, product or self.product).available

    def held(self, product=None):
        return self.position_at(self.warehouse, product or self.product).held

    def exceptions(self, category):
        return self.env["channel.exception"].search(
            [("category", "=", category), ("company_id", "=", self.company.id)]
        )

    def changed(self):
        """Ids of the products in the outbox, which is emptied."""
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM channel_change RETURNING product_id")
        return {product_id for (product_id,) in self.env.cr.fetchall()}
