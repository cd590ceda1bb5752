"""Customers."""

from ...common.clock import iso
from .. import totals
from ..money import total
from ..resolver import Record, View
from .parts import MailingAddress, address, money, page


class Customer(View):
    gql_type = "Customer"

    def _orders(self):
        return [
            order
            for order in self._ctx.store.orders.values()
            if order.customer is self._record
        ]

    def first_name(self):
        return self._record.first_name

    def last_name(self):
        return self._record.last_name

    def display_name(self):
        return self._record.display_name

    def email(self):
        return self._record.email

    def phone(self):
        return self._record.phone

    def note(self):
        return self._record.note

    def tags(self):
        return self._record.tags

    def state(self):
        return "DISABLED"

    def tax_exempt(self):
        return False

    def locale(self):
        return "en"

    def verified_email(self):
        return True

    def default_email_address(self):
        if not self._record.email:
            return None
        return Record(
            "CustomerEmailAddress",
            emailAddress=self._record.email,
            marketingState="NOT_SUBSCRIBED",
            validFormat=True,
        )

    def default_phone_number(self):
        if not self._record.phone:
            return None
        return Record("CustomerPhoneNumber", phoneNumber=self._record.phone)

    def default_address(self):
        return address(self._record.id, self._record.address, self._ctx)

    def addresses(self, first=None):
        found = [self.default_address()] if self._record.address else []
        return found[:first]

    def addresses_v2(self, **edges):
        record = self._record
        found = [(record.id, record.address)] if record.address else []
        return page(self._ctx, found, MailingAddress, key=lambda r: r[0], **edges)

    def email_marketing_consent(self):
        return None

    def number_of_orders(self):
        return str(len(self._orders()))

    def amount_spent(self):
        spent = total(totals.received(order) for order in self._orders())
        return money(spent.shop, self._ctx.store.config.currency)

    def created_at(self):
        return iso(self._record.created_at)

    def updated_at(self):
        return iso(self._record.updated_at)
