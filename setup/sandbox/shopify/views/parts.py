"""Small shared pieces: money, addresses, taxes, pages."""

from ..connection import paginate
from ..ids import gid
from ..money import decimal_text, money_text
from ..resolver import Record, View


def money(amount, currency):
    return Record(
        "MoneyV2", amount=decimal_text(amount, currency), currencyCode=currency
    )


def bag(order, value):
    return Record(
        "MoneyBag",
        shopMoney=money(value.shop, order.currency),
        presentmentMoney=money(value.presentment, order.presentment_currency),
    )


def plain_money(order, value):
    """The deprecated scalar: the amount in shop currency."""
    return money_text(value.shop, order.currency)


def tax_lines(order, taxes):
    return [
        Record(
            "TaxLine",
            title=title,
            rate=float(rate),
            ratePercentage=float(rate * 100),
            price=plain_money(order, amount),
            priceSet=bag(order, amount),
            channelLiable=False,
            source="shopify",
        )
        for title, rate, amount in taxes
    ]


def attributes(values):
    return [Record("Attribute", key=key, value=values[key]) for key in values]


def by_id(record):
    return record.id


def page(ctx, records, view, key=by_id, **edges):
    return paginate(ctx, records, key, lambda record: view(record, ctx), **edges)


class Address:
    """The fields of an address, whatever type it is of; ``_value(name)`` has them."""

    def first_name(self):
        return self._value("first_name")

    def last_name(self):
        return self._value("last_name")

    def company(self):
        return self._value("company")

    def address1(self):
        return self._value("address1")

    def address2(self):
        return self._value("address2")

    def city(self):
        return self._value("city")

    def zip(self):
        return self._value("zip")

    def province(self):
        return self._value("province")

    def phone(self):
        return self._value("phone")


class MailingAddress(Address, View):
    """An address of an order or customer; the record is (id, values)."""

    gql_type = "MailingAddress"

    def id(self):
        return gid("MailingAddress", f"{self._record[0]}?model_name=Address")

    def _value(self, name):
        return self._record[1].get(name)

    def name(self):
        parts = (self._value("first_name"), self._value("last_name"))
        return " ".join(filter(None, parts)) or None

    def province_code(self):
        return self._value("province_code")

    def country(self):
        return self._value("country") or self._value("country_code")

    def country_code(self):
        return self._value("country_code")

    def country_code_v2(self):
        return self._value("country_code")

    def formatted(self, with_name=False, with_company=True):
        names = ("address1", "address2", "zip", "city", "country_code")
        first = [self.name()] if with_name else []
        first += [self.company()] if with_company else []
        return [part for part in (*first, *map(self._value, names)) if part]


def address(record_id, values, ctx):
    return MailingAddress((record_id, values), ctx) if values else None


class DiscountApplication(View):
    """Base of the three kinds; the record is (order, index)."""

    def _terms(self):
        order, index = self._record
        return order.terms["discounts"][index]

    def index(self):
        return self._record[1]

    def allocation_method(self):
        return "EACH" if self._terms().get("each") else "ACROSS"

    def target_selection(self):
        return "EXPLICIT" if self._terms().get("lines") is not None else "ALL"

    def target_type(self):
        shipping = self._terms()["target"] == "shipping"
        return "SHIPPING_LINE" if shipping else "LINE_ITEM"

    def value(self):
        order, _index = self._record
        terms = self._terms()
        if terms["type"] == "percentage":
            return Record("PricingPercentageValue", percentage=float(terms["value"]))
        return money(terms["value"], order.currency)

    def title(self):
        return self._terms()["title"]


class ManualDiscountApplication(DiscountApplication):
    gql_type = "ManualDiscountApplication"

    def description(self):
        return self.title()


class AutomaticDiscountApplication(DiscountApplication):
    gql_type = "AutomaticDiscountApplication"


class DiscountCodeApplication(DiscountApplication):
    gql_type = "DiscountCodeApplication"

    def code(self):
        return self._terms()["code"]


_DISCOUNTS = {
    "manual": ManualDiscountApplication,
    "automatic": AutomaticDiscountApplication,
    "code": DiscountCodeApplication,
}


def discount_application(order, index, ctx):
    kind = order.terms["discounts"][index]["kind"]
    return _DISCOUNTS[kind]((order, index), ctx)


class DiscountAllocation(View):
    """The record is (order, index of the application, amount)."""

    gql_type = "DiscountAllocation"

    def allocated_amount(self):
        order, _index, amount = self._record
        return money(amount.shop, order.currency)

    def allocated_amount_set(self):
        order, _index, amount = self._record
        return bag(order, amount)

    def discount_application(self):
        order, index, _amount = self._record
        return discount_application(order, index, self._ctx)


def allocations(order, entries, ctx):
    return [
        DiscountAllocation((order, index, amount), ctx) for index, amount in entries
    ]
