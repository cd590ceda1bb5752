# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.channel_inventory_base.schemas import AddressData, CustomerData

from .common_order import BERLIN, OrderCase

STORE = AddressData(ref="92:0123")
BIGMART = CustomerData(external_id="BIGMART", name="BigMart", email="ap@bigmart.test")


@tagged("post_install", "-at_install")
class TestPlaces(OrderCase):
    """Trading partners name a store by its code, and often by nothing else."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        germany = cls.env.ref("base.de")
        cls.head, cls.store = cls.env["res.partner"].create(
            [
                {"name": "BigMart Head Office", "country_id": germany.id},
                {
                    "name": "BigMart 0123",
                    "street": "Marktstr. 1",
                    "city": "Bonn",
                    "zip": "53111",
                    "country_id": germany.id,
                },
            ]
        )
        cls.env["channel.partner"]._bind(cls.channel, "BIGMART", cls.head)

    def _order(self, **values):
        line = self._line(self.lamp, 1, "10.00")
        values.setdefault("customer", BIGMART)
        return self._import(self._data(line, total="10.00", **values))

    def _link(self, ref="92:0123", partner=None):
        self.env["channel.partner"]._link_place(
            self.channel, ref, partner or self.store
        )

    def test_place_by_code_is_where_it_goes(self):
        self._link()
        sale_order = self.assertImported(self._order(shipping=STORE), "10.00")
        self.assertEqual(sale_order.partner_id, self.head)
        self.assertEqual(sale_order.partner_shipping_id, self.store)
        self.assertEqual(sale_order.partner_invoice_id, self.head)

    def test_linked_place_counts_before_the_address_that_is_told(self):
        self._link()
        told = replace(BERLIN, ref="92:0123")
        sale_order = self.assertImported(self._order(shipping=told), "10.00")
        self.assertEqual(sale_order.partner_shipping_id, self.store)

    def test_unknown_place_with_a_street_is_an_address_like_any_other(self):
        told = replace(BERLIN, ref="92:0999")
        sale_order = self.assertImported(self._order(shipping=told), "10.00")
        self.assertEqual(sale_order.partner_shipping_id.street, "Lindenstr. 4")

    def test_unknown_place_never_goes_to_the_head_office(self):
        order = self._order(shipping=STORE)
        exception = self.assertRefused(order, "address")
        self.assertIn("92:0123", exception.message)
        self.assertEqual(self._position().held, 1)

    def test_code_of_another_qualifier_or_channel_is_another_place(self):
        self._link("91:0123")
        other = self.channel.copy({"name": "Other"})
        self.env["channel.partner"]._link_place(other, "92:0123", self.store)
        self.assertRefused(self._order(shipping=STORE), "address")

    def test_person_links_the_place_and_all_its_orders_go_on(self):
        first, second = self._order(shipping=STORE), self._order(shipping=STORE)
        [exception] = self._exceptions(first)
        self.assertEqual(exception.order_ids, first | second)
        self.assertTrue(first.has_place)
        operator = new_test_user(
            self.env,
            "place_operator",
            groups="channel_inventory_base.group_channel_operator",
        )
        action = first.with_user(operator).action_link_place()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.ref, "92:0123")
        wizard = wizard.with_user(operator)
        with self.assertRaisesRegex(UserError, "Choose the contact"):
            wizard.action_confirm()
        wizard.partner_id = self.store
        wizard.action_confirm()
        for order in (first, second):
            self.assertEqual(order.state, "captured")
            order.env["channel.order.importer"]._import(order)
            sale_order = self.assertImported(order, "10.00")
            self.assertEqual(sale_order.partner_shipping_id, self.store)
        self.assertEqual(exception.state, "resolved")

    def test_wrong_link_is_corrected_for_the_orders_to_come(self):
        self._link(partner=self.head)
        order = self._order(shipping=STORE)
        action = order.action_link_place()
        wizard = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(wizard.partner_id, self.head)
        wizard.partner_id = self.store
        wizard.action_confirm()
        sale_order = self.assertImported(self._order(shipping=STORE), "10.00")
        self.assertEqual(sale_order.partner_shipping_id, self.store)
        # what is sold stays where it was sold to
        self.assertEqual(order.sale_order_id.partner_shipping_id, self.head)

    def test_order_without_places_has_nothing_to_link(self):
        with self.assertRaisesRegex(UserError, "names no place"):
            self._order().action_link_place()

    def test_auditor_links_nothing(self):
        order = self._order(shipping=STORE)
        auditor = new_test_user(
            self.env,
            "place_auditor",
            groups="channel_inventory_base.group_channel_auditor",
        )
        with self.assertRaises(AccessError):
            order.with_user(auditor).action_link_place()

    def test_place_is_no_account_of_the_customer(self):
        self._link(partner=self.head)
        links = self.env["channel.partner"]
        place = links._find(self.channel, "place:92:0123")
        self.assertFalse(place._is_account())

    # --------------------------------------------------------------- mark for
    def test_mark_for_is_on_the_order_and_its_transfers_and_no_address(self):
        self._link()
        center = replace(BERLIN, name="Distribution Center")
        order = self._order(shipping=center, mark_for=STORE)
        sale_order = self.assertImported(order, "10.00")
        self.assertEqual(sale_order.channel_mark_for_id, self.store)
        self.assertEqual(sale_order.partner_shipping_id.city, "Berlin")
        picking = sale_order.picking_ids
        self.assertIn("BigMart 0123", picking.channel_mark_for)
        self.assertEqual(picking.partner_id.city, "Berlin")

    def test_unknown_mark_for_stops_the_order(self):
        self.assertRefused(self._order(mark_for=STORE), "address")

    # --------------------------------------------------------------- policies
    def test_strict_address_is_that_of_the_linked_contact(self):
        self.channel.address_policy = "strict"
        self._link()
        self.assertImported(self._order(shipping=STORE), "10.00")
        self.store.city = False
        self.assertRefused(self._order(shipping=STORE), "address")

    def test_address_key_of_an_order_without_places_is_as_before(self):
        """Orders that were confirmed before must not look as if they had moved."""
        amender = self.env["channel.order.amender"]
        data = self._data(self._line(self.lamp, 1, "10.00"), total="10.00")
        self.assertEqual(
            amender._digest_address(None, data),
            # of the address as it was written before there were places
            "".join(self._digest_without_ref(data)),
        )
        placed = replace(data, shipping=replace(BERLIN, ref="92:1"))
        self.assertNotEqual(
            amender._digest_address(None, data), amender._digest_address(None, placed)
        )

    def _digest_without_ref(self, data):
        import hashlib
        import json

        names = (
            "name company street street2 city zip state_code state_name country_code "
            "phone"
        ).split()
        words = json.dumps(
            {name: getattr(data.shipping, name) for name in names},
            sort_keys=True,
            separators=(",", ":"),
        )
        return hashlib.sha256(words.encode()).hexdigest()[:16]
