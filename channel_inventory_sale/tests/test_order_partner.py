# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from dataclasses import replace

from odoo.tests import tagged

from odoo.addons.channel_inventory_base.schemas import AddressData, CustomerData

from .common_order import BERLIN, ERIKA, OrderCase

GUEST = CustomerData(name="Guest", email="Guest <G@Example.com>")


@tagged("post_install", "-at_install")
class TestOrderPartner(OrderCase):
    def _order(self, **values):
        line = self._line(self.lamp, 1, "10.00")
        order = self._import(self._data(line, total="10.00", **values))
        self.assertImported(order, "10.00")
        return order.sale_order_id

    # ----------------------------------------------------------------- customer
    def test_new_customer_lives_at_the_address_of_the_order(self):
        sale_order = self._order()
        partner = sale_order.partner_id
        self.assertEqual(partner.email, "erika@example.com")
        self.assertEqual(partner.city, "Berlin")
        self.assertEqual(partner.country_id.code, "DE")
        self.assertEqual(partner.phone, "+493012345678")
        self.assertEqual(sale_order.partner_shipping_id, partner)
        self.assertEqual(sale_order.partner_invoice_id, partner)

    def test_same_customer_twice_is_one_contact(self):
        first, second = self._order(), self._order()
        self.assertEqual(first.partner_id, second.partner_id)
        self.assertFalse(first.partner_id.child_ids)

    def test_customer_is_found_by_the_channels_id_after_a_new_email(self):
        first = self._order()
        changed = CustomerData(external_id="C-1", name="E.", email="new@example.com")
        self.assertEqual(self._order(customer=changed).partner_id, first.partner_id)

    def test_customer_is_found_by_email_whatever_its_spelling(self):
        known = self.env["res.partner"].create(
            {"name": "Known", "email": "g@example.com"}
        )
        self.assertEqual(self._order(customer=GUEST).partner_id, known)

    def test_contact_of_another_company_is_not_used(self):
        other = self.env["res.company"].create({"name": "Other"})
        known = self.env["res.partner"].create(
            {"name": "Known", "email": "g@example.com", "company_id": other.id}
        )
        self.assertNotEqual(self._order(customer=GUEST).partner_id, known)

    def test_mere_address_is_not_a_customer(self):
        owner = self.env["res.partner"].create({"name": "Owner"})
        address = self.env["res.partner"].create(
            {"parent_id": owner.id, "type": "delivery", "email": "g@example.com"}
        )
        self.assertNotEqual(self._order(customer=GUEST).partner_id, address)

    def test_guest_without_email_is_known_by_name_and_address(self):
        guest = CustomerData(name="Erika Muster")
        first, second = self._order(customer=guest), self._order(customer=guest)
        self.assertEqual(first.partner_id, second.partner_id)
        other = self._order(customer=CustomerData(name="Max Muster"))
        self.assertNotEqual(other.partner_id, first.partner_id)

    def test_nobody_and_nowhere_is_a_customer_of_the_channel(self):
        sale_order = self._order(customer=CustomerData(), shipping=None)
        self.assertEqual(sale_order.partner_id.name, "Customer of Shop")

    def test_customers_of_two_channels_may_have_the_same_id(self):
        customers = self.env["channel.partner"]
        ours = self._order().partner_id
        theirs = self.env["res.partner"].create({"name": "Somebody else"})
        second = self.channel.copy({"name": "Second"})
        customers._bind(second, "C-1", theirs)
        self.assertEqual(customers._find(second, "C-1").partner_id, theirs)
        self.assertEqual(customers._find(self.channel, "C-1").partner_id, ours)

    # ---------------------------------------------------------------- addresses
    def test_delivery_address_is_added_once(self):
        office = replace(BERLIN, street="Werkstr. 1", company="ACME", name="Goods in")
        again = replace(office, street="Werkstr.  1 ")
        sale_orders = [
            self._order(billing=BERLIN, shipping=each) for each in (office, again)
        ]
        [address] = {each.partner_shipping_id for each in sale_orders}
        # no default of the contact: a guest may give anybody's e-mail address
        self.assertEqual(address.type, "other")
        self.assertEqual(address.name, "ACME, Goods in")
        self.assertEqual(address.parent_id, sale_orders[0].partner_id)
        self.assertEqual(sale_orders[0].partner_invoice_id, sale_orders[0].partner_id)
        self.assertEqual(len(address.parent_id.child_ids), 1)

    def test_moving_leaves_older_orders_where_they_went(self):
        first = self._order()
        moved = replace(BERLIN, street="Neue Str. 1")
        second = self._order(shipping=moved)
        self.assertEqual(first.partner_shipping_id.street, "Lindenstr. 4")
        self.assertEqual(second.partner_shipping_id.street, "Neue Str. 1")

    def test_state_by_code_with_or_without_its_country(self):
        for code in ("CA", "US-CA", "ca"):
            address = AddressData(
                name="Ann",
                street="1 Pine",
                city="LA",
                country_code="US",
                state_code=code,
            )
            sale_order = self._order(shipping=address)
            self.assertEqual(sale_order.partner_shipping_id.state_id.code, "CA", code)

    def test_each_state_of_each_country_is_found_in_all_forms(self):
        """As ISO has it, its second half, both run together, as Odoo writes it, and
        by its name where that is unique."""
        states = self.env["res.country.state"].search([])
        self.assertGreater(len(states.country_id), 50)
        finder = self.env["channel.order"]
        names = Counter((each.country_id, each.name.upper()) for each in states)
        for state in states:
            country = state.country_id
            bare = state.code.removeprefix(f"{country.code}-")
            forms = {state.code, bare, f"{country.code}-{bare}", state.code.lower()}
            for code in (*forms, f"{country.code}{bare}"):
                address = AddressData(country_code=country.code, state_code=code)
                self.assertEqual(
                    finder.env["channel.partner"]._find_state(finder, country, address),
                    state,
                    code,
                )
            if names[country, state.name.upper()] == 1 and country.code != "CH":
                address = AddressData(state_code="?!", state_name=state.name)
                self.assertEqual(
                    finder.env["channel.partner"]._find_state(finder, country, address),
                    state,
                )

    def test_two_accounts_with_one_email_are_two_contacts(self):
        first, second, again = (
            self._order(customer=replace(ERIKA, external_id=ref))
            for ref in ("C-7", "C-8", "C-7")
        )
        self.assertNotEqual(first.partner_id, second.partner_id)
        self.assertEqual(first.partner_id, again.partner_id)
        self.assertEqual(second.partner_id.email, first.partner_id.email)

    def test_second_account_takes_a_contact_that_is_no_accounts(self):
        first = self._order(customer=replace(ERIKA, external_id="C-7"))
        free = self.env["res.partner"].create({"name": "Erik", "email": ERIKA.email})
        second = self._order(customer=replace(ERIKA, external_id="C-8"))
        third = self._order(customer=replace(ERIKA, external_id="C-9"))
        self.assertEqual(second.partner_id, free)
        self.assertFalse(third.partner_id & (first.partner_id | free))

    def test_account_takes_the_contact_of_the_guest_it_was(self):
        guest = self._order(customer=replace(ERIKA, external_id=""))
        account = self._order(customer=replace(ERIKA, external_id="C-7"))
        other = self._order(customer=replace(ERIKA, external_id="C-8"))
        self.assertEqual(guest.partner_id, account.partner_id)
        self.assertNotEqual(other.partner_id, guest.partner_id)

    def test_state_that_odoo_does_not_know_stays_in_the_address(self):
        address = replace(BERLIN, street2="3. OG", state_code="ENG")
        partner = self._order(shipping=address).partner_shipping_id
        self.assertFalse(partner.state_id)
        self.assertEqual(partner.street2, "3. OG, ENG")

    def test_unknown_country_is_refused(self):
        for code in ("XX", ""):
            line = self._line(self.lamp, 1, "10.00")
            address = replace(BERLIN, country_code=code)
            order = self._import(self._data(line, total="10.00", shipping=address))
            self.assertRefused(order, "address")

    def test_codes_in_use_that_are_not_isos(self):
        address = replace(BERLIN, country_code="UK", phone="")
        partner = self._order(shipping=address).partner_shipping_id
        self.assertEqual(partner.country_id.code, "GB")

    # -------------------------------------------------------------------- phone
    def test_what_is_no_number_is_kept_and_noted(self):
        address = replace(BERLIN, phone="ask Mr. Schulz")
        sale_order = self._order(shipping=address)
        self.assertEqual(sale_order.partner_shipping_id.phone, "ask Mr. Schulz")
        self.assertIn("ask Mr. Schulz", "".join(sale_order.message_ids.mapped("body")))
