# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import fields

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib import gs1
from odoo.addons.channel_edi.tests.common_edi import BIGMART, change, po, x12
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_sale.tests.ledger_units import units_faults

from .common_warehouse import WarehouseCase, advice


class TestSoldGoods(WarehouseCase):
    """A retailer's order that the warehouse ships: what has left is known to both, also
    where the retailer has cancelled it in the meantime."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.retailer = cls.make_channel(
            cls.env,
            "RET",
            channel_type="edi",
            edi_role="retailer",
            confirm_policy="always",
            charges_no_tax=True,
        )
        cls.retailer.node_ids.warehouse_ids = cls.warehouse
        cls.make_listing(
            cls.env,
            cls.retailer,
            cls.product,
            external_id="SKU-1|EA",
            stock_ref="SKU-1|EA",
        )
        cls.orders_box = cls.env["channel.edi.mailbox"].create(
            {"name": "Orders", "channel_id": cls.retailer.id, "kind": "manual"}
        )
        cls.terms = cls.agreement.copy(
            {
                **BIGMART,
                "their_id": "RETAILER",
                "channel_id": cls.retailer.id,
                "mailbox_id": cls.orders_box.id,
            }
        )
        cls.agreement.document_ids = [(0, 0, {"direction": "out", "kind": "940"})]
        cls.warehouse.edi_carrier = "UPSN"
        cls.env.flush_all()

    def tearDown(self):
        # whatever the warehouse and the retailer have said: no unit is nowhere
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.assertEqual(units_faults(self.env, self.retailer), [])
        super().tearDown()

    def ordered(self, *documents):
        type(self).control += 1
        data = x12(*documents, number=self.control, sender="RETAILER")
        self.env["channel.edi.file"]._store(
            self.orders_box, f"po-{self.control}.edi", "by hand", data
        )
        self.env.flush_all()
        self.env["channel.edi.worker"]._run(self.retailer)
        self.env["channel.intake"]._run(self.retailer)
        self.env.invalidate_all()
        return self.env["channel.order"].search(
            [("channel_id", "=", self.retailer.id), ("name", "=", "4711")]
        )

    def test_shipped_short_leaves_the_rest_to_be_decided(self):
        order = self.ordered(po("4711", (4, "EA", "5.00", "SKU-1")))
        picking = order.sale_order_id.picking_ids
        told = self.env["channel.edi.document"].search([("kind", "=", "940")])
        self.assertEqual(told.business_key, picking.name)
        self.assertEqual(told._values()["po_number"], "4711")
        self.tell(advice(picking.name, ("CP", 4, 3, "EA", "SKU-1")))
        self.assertEqual((self.on_hand(), self.waiting()), (7, 0))
        self.assertEqual(order.sale_order_id.order_line.qty_delivered, 3)

    def test_left_although_the_retailer_has_cancelled(self):
        order = self.ordered(po("4711", (4, "EA", "5.00", "SKU-1")))
        picking = order.sale_order_id.picking_ids
        self.send()
        self.ordered(change("4711", 1, purpose="01"))
        document = self.tell(advice(picking.name, ("CC", 4, 4, "EA", "SKU-1")))
        self.assertEqual(document.state, "done", document.error)
        self.assertEqual((self.on_hand(), self.waiting()), (6, 0))
        late = self.env["channel.exception"].search(
            [
                ("channel_id", "=", self.retailer.id),
                ("category", "=", "cancelled_late"),
                ("state", "=", "open"),
            ]
        )
        self.assertEqual(len(late), 1)
        self.assertIn("4711 has left", late.message)

    # ------------------------------------------------------- as its customer calls it
    def address(self, code="DC07", street="700 DEPOT ROAD"):
        found = [f"N1*ST*BIGMART DC 07*92*{code}"]
        if street:
            found += [f"N3*{street}", "N4*JOLIET*IL*60431*US"]
        return found

    def told(self):
        """:return: what the last 940 says"""
        self.env.flush_all()
        document = self.env["channel.edi.document"].search(
            [("kind", "=", "940")], order="id desc", limit=1
        )
        return base_schemas.load(schemas.ShippingOrder, document._values())

    def test_warehouse_is_told_the_code_of_the_place(self):
        last = fields.Date.today() + timedelta(days=9)
        store = self.agreement.partner_id
        self.env["channel.partner"]._link_place(self.retailer, "92:0101", store)
        self.ordered(
            po(
                "4711",
                (4, "EA", "5.00", "SKU-1"),
                more=[
                    *("REF*DP*0042", "REF*IA*123456", "REF*CO*OURS"),
                    f"DTM*001*{last:%Y%m%d}",
                    *("N1*Z7*BIGMART 0101*92*0101", *self.address()),
                ],
            )
        )
        told = self.told()
        parties = {each.role: each for each in told.parties}
        self.assertEqual(
            (parties["ship_to"].qualifier, parties["ship_to"].code), ("92", "DC07")
        )
        self.assertEqual(parties["ship_to"].city.upper(), "JOLIET")
        self.assertEqual(parties["store"].code, "0101")
        self.assertEqual(
            [(each.qualifier, each.value) for each in told.refs],
            [("DP", "0042"), ("IA", "123456")],
        )
        self.assertEqual(told.dates.cancel_after.first.date(), last)
        [interchange] = self.env["channel.edi.interchange"].browse(
            [each.id for each in self.send() if b"ST*940" in each._bytes()]
        )
        self.assertIn("*92*DC07~", interchange._bytes().decode())

    def test_place_that_is_linked_has_its_code(self):
        place = self.env["res.partner"].create(
            {
                "name": "DC 07",
                "street": "12 Harbor Drive",
                "city": "Joliet",
                "zip": "60431",
                "country_id": self.env.ref("base.us").id,
            }
        )
        self.env["channel.partner"]._link_place(self.retailer, "92:DC07", place)
        self.ordered(
            po("4711", (4, "EA", "5.00", "SKU-1"), more=self.address(street=""))
        )
        [ship_to] = self.told().parties
        self.assertEqual((ship_to.code, ship_to.street), ("DC07", "12 Harbor Drive"))

    def test_another_place_does_not_go_by_that_code(self):
        order = self.ordered(
            po("4711", (4, "EA", "5.00", "SKU-1"), more=self.address())
        )
        picking = order.sale_order_id.picking_ids
        picking.partner_id = picking.partner_id.copy({"street": "1 Other Street"})
        [ship_to] = self.told().parties
        self.assertEqual((ship_to.code, ship_to.street), ("", "1 Other Street"))

    # --------------------------------------------------------------- cartons
    def told_notice(self):
        """:return: the 856 to the retailer"""
        self.env.flush_all()
        self.env["channel.messenger"]._run(self.retailer)
        self.env.invalidate_all()
        [document] = self.env["channel.edi.document"].search([("kind", "=", "856")])
        return base_schemas.load(schemas.ShipNotice, document._values())

    def ship_in(self, picking, *rows, total=4):
        """The warehouse tells cartons: (SSCCs, units)."""
        segments = ["945", f"W06*F*{picking.name}*20261130*S1", "N9*BM*BOL4242"]
        segments += ["G62*11*20261130*8*0800", "W27*M*UPSN"]
        for number, (ssccs, units) in enumerate(rows, 1):
            segments.append(f"LX*{number}")
            segments += [f"MAN*GM*00{sscc}" for sscc in ssccs]
            segments.append(f"W12*CM*{units}*{units}*0*EA**VN*SKU-1")
        return self.tell([*segments, f"W03*{total}*1*LB"])

    def sold(self, prefix="10614141"):
        self.retailer.send_shipments = True
        self.terms.write(
            {
                "sscc_prefix": prefix,
                "document_ids": [(0, 0, {"direction": "out", "kind": "856"})],
            }
        )
        order = self.ordered(
            po("4711", (4, "EA", "5.00", "SKU-1"), more=self.address())
        )
        return order.sale_order_id.picking_ids

    def test_cartons_of_the_warehouse_are_those_of_the_ship_notice(self):
        one, two = "106141412345678908", gs1.sscc(1, "0614141", 77)
        for prefix in ("10614141", False):
            with self.subTest(prefix=prefix), self.env.cr.savepoint() as trial:
                picking = self.sold(prefix)
                document = self.ship_in(picking, ([one], 3), ([two], 1))
                self.assertEqual(document.state, "done", document.error)
                notice = self.told_notice()
                [ordered] = notice.orders
                self.assertEqual(
                    {
                        pack.sscc: [each.quantity for each in pack.items]
                        for pack in ordered.packs
                    },
                    {one: [3], two: [1]},
                )
                self.assertEqual(notice.bill_of_lading, "BOL4242")
                self.assertEqual(notice.packages, 2)
                self.assertFalse(self.exceptions("edi_warehouse"))
                self.assertEqual((self.on_hand(), self.waiting()), (6, 0))
                trial.rollback()
                self.env.invalidate_all()

    def test_cartons_that_nobody_tells_apart_are_told_to_a_person(self):
        one, two = "106141412345678908", gs1.sscc(1, "0614141", 77)
        picking = self.sold()
        self.ship_in(picking, ([one, two], 4))
        [pack] = self.told_notice().orders[0].packs
        self.assertNotIn(pack.sscc, (one, two))
        [told] = self.exceptions("edi_warehouse")
        self.assertIn("in which carton", told.message)

    def test_labels_of_ours_are_on_the_cartons(self):
        picking = self.sold()
        [label] = self.env["channel.edi.labels"]._prepare(picking)
        self.ship_in(picking, ([], 4))
        [pack] = self.told_notice().orders[0].packs
        self.assertEqual(pack.sscc, label["sscc"])
        self.assertFalse(self.exceptions("edi_warehouse"))
