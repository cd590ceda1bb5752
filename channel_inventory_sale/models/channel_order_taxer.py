# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from decimal import Decimal

from odoo import api, models

from odoo.addons.channel_inventory_base.schemas import TaxData

from ..tools.money import Money, find_taxes_inside
from ..tools.refusal import OrderRefusedError

COLLECTED = TaxData(title="collected", rate=Decimal(0), amount=Decimal(0))
"""By this title a tax of 0 % is mapped that stands for what a channel has collected."""
OURS = ("odoo", "added")
"""Who says which taxes there are, where it is Odoo."""


class ChannelOrderTaxer(models.AbstractModel):
    """Who says which taxes are in an order's prices.

    The channel, by its lines; or nobody: then the prices are with tax, and the taxes of
    the products, mapped by the market's fiscal position, are taken out of them, to the
    cent. Or the prices are without tax (``added``, as trading partners order): then the
    taxes of the products, mapped by the customer's fiscal position, are put on them. A
    partner that is exempt has a fiscal position that leaves none.

    From then on such an order is like one that told its taxes (``_resolve``). A
    confirmed order keeps the taxes that it was sold with, even if its products get
    others.
    """

    _name = "channel.order.taxer"
    _description = "Taxes of Channel Orders"

    # ------------------------------------------------------------- resolve
    @api.model
    def _resolve(self, order, data):
        """:return: ``data`` (schemas.OrderData), with the taxes that Odoo has where the
        channel tells none; a line whose product is not known yet has none"""
        if data.taxed_by == "added" and data.complete:
            return self._add_taxes(order, data)
        if not self._is_odoos(order, data):
            return data
        currency = order._get_currency(data.currency)
        if not currency:
            return data
        money = Money(Decimal(str(currency.rounding)), taxes_included=True)
        terms = self._get_terms(order, data)
        lines = tuple(
            replace(line, taxes=_taxes_inside(money, line, terms[line.external_id]))
            for line in data.lines
        )
        charges = tuple(
            replace(line, taxes=_taxes_inside(money, line, terms[index]))
            for index, line in enumerate(data.shipping_lines)
        )
        amounts = [tax.amount for line in (*lines, *charges) for tax in line.taxes]
        return replace(
            data,
            taxed_by="odoo",
            taxes_included=True,
            lines=lines,
            shipping_lines=charges,
            total_tax=sum(amounts, Decimal(0)),
            refunds=self._resolve_refunds(data, money, terms),
        )

    def _add_taxes(self, order, data):
        """:return: ``data`` with the taxes that come on top of its prices"""
        currency = order._get_currency(data.currency)
        if not currency or any(line.unit_price is None for line in data.lines):
            return data
        money = Money(Decimal(str(currency.rounding)), taxes_included=False)
        terms = self._get_terms(order, data)
        lines = tuple(
            replace(line, taxes=_taxes_on_top(money, line, terms[line.external_id]))
            for line in data.lines
        )
        charges = tuple(
            replace(line, taxes=_taxes_on_top(money, line, terms[index]))
            for index, line in enumerate(data.shipping_lines)
        )
        amounts = [tax.amount for line in (*lines, *charges) for tax in line.taxes]
        total_tax = sum(amounts, Decimal(0))
        return replace(
            data,
            taxes_included=False,
            lines=lines,
            shipping_lines=charges,
            total_tax=total_tax,
            # what it was told without, however often this is done
            total=data.total - data.total_tax + total_tax,
        )

    def _is_odoos(self, order, data):
        if data.taxed_by != "channel" or not data.complete:
            return data.taxed_by == "odoo" and data.complete
        if order._find_market(data).tax_mode != "odoo" or data.total_tax:
            return False
        told = (
            tax for line in (*data.lines, *data.shipping_lines) for tax in line.taxes
        )
        return not any(tax.rate or tax.amount for tax in told)

    def _get_terms(self, order, data):
        """:return: id of the line, or place of the charge -> tuple of (id of the tax,
        rate as a fraction)"""
        kept = order._get_kept_taxes()
        lines = {line.external_id: line for line in order.line_ids}
        terms = {
            each.external_id: kept[each.external_id]
            if each.external_id in kept
            else self._find_terms(order, data, lines.get(each.external_id))
            for each in data.lines
        }
        sold = list(dict.fromkeys(terms[each.external_id] for each in data.lines))
        for index, each in enumerate(data.shipping_lines):
            key = _charge_key(each, index)
            if key in kept:
                terms[index] = kept[key]
            else:
                terms[index] = self._find_charge_terms(order, data, each, sold)
        return terms

    def _find_terms(self, order, data, line):
        if self._bears_none(order, data):
            return ()
        product = line._get_routed_product() if line else self.env["product.product"]
        return _terms_of(self._map_taxes(order, data, product))

    def _find_charge_terms(self, order, data, charge, sold):
        """Of a charge whose product has no taxes: those of the goods, if these are all
        the same. A gift card bears none."""
        if charge.kind == "gift_card":
            return ()
        if self._bears_none(order, data):
            return ()
        product = self._get_charge_product(order, charge)
        if self._get_taxes(order, product):
            return _terms_of(self._map_taxes(order, data, product))
        return sold[0] if len(sold) == 1 else ()

    def _get_charge_product(self, order, charge):
        products = order.channel_id
        kind = charge.kind
        if kind == "fee" and not products.fee_product_id:
            kind = "shipping"
        return products[f"{kind}_product_id"]

    def _get_taxes(self, order, product):
        # sudo: the figures are the order's, no matter which user looks at it
        return product.sudo().taxes_id._filter_taxes_by_company(order.company_id)

    def _map_taxes(self, order, data, product):
        # sudo: as the taxes
        position = order._find_market(data).sudo().fiscal_position_id
        if not position and data.taxed_by == "added":
            position = self._find_position(order, data)
        mapped = position.map_tax(self._get_taxes(order, product))
        return mapped.flatten_taxes_hierarchy()

    def _bears_none(self, order, data):
        return data.taxed_by == "added" and order.channel_id.charges_no_tax

    def _find_position(self, order, data):
        """The customer's own, or that of its address."""
        customer = (
            order.partner_id
            or self.env["channel.partner"]
            ._find(order.channel_id, data.customer.external_id)
            .partner_id
        )
        # sudo: the figures are the order's, no matter which user looks at it
        positions = self.env["account.fiscal.position"].sudo()
        return positions.with_company(order.company_id)._get_fiscal_position(
            customer.sudo()
        )

    def _resolve_refunds(self, data, money, terms):
        """What goes back has the tax in it that was charged."""
        if not data.refunds:
            return data.refunds
        places = {
            line.external_id: index for index, line in enumerate(data.shipping_lines)
        }
        first = terms.get(0, ())
        return tuple(
            replace(
                refund,
                lines=tuple(
                    _with_tax_inside(money, each, terms.get(each.line_ref, ()))
                    for each in refund.lines
                ),
                charges=tuple(
                    _with_tax_inside(
                        money, each, terms.get(places.get(each.charge_ref), first)
                    )
                    for each in refund.charges
                ),
                shipping_tax=refund.shipping_tax
                or sum(find_taxes_inside(money, refund.shipping, first), Decimal(0)),
            )
            for refund in data.refunds
        )

    @api.model
    def _keep(self, order, data):
        """A confirmed order stays taxed as it is sold."""
        if data.taxed_by not in OURS:
            return
        if data.taxed_by == "added":
            order.total = float(data.total)
        kept = {line.external_id: line.taxes for line in data.lines}
        for index, line in enumerate(data.shipping_lines):
            kept[_charge_key(line, index)] = line.taxes
        order.kept_taxes = {
            key: [[int(each.title), str(each.rate)] for each in taxes]
            for key, taxes in kept.items()
        }

    # --------------------------------------------------------------- pairs
    @api.model
    def _find_pairs(self, order, data, taxes):
        """The Odoo taxes of one line or charge of ``data``, which is resolved.

        :return: list of (account.tax, schemas.TaxData)
        :raise OrderRefusedError: a rate has no mapping, or not a usable one
        """
        if data.taxed_by in OURS:
            accounts = self.env["account.tax"]
            return [(accounts.browse(int(each.title)), each) for each in taxes]
        if data.taxed_by == "collected" and not taxes:
            taxes = (COLLECTED,)
        return order.channel_id.tax_map_ids._find(
            taxes, data.taxes_included, order._find_market(data)
        )

    # -------------------------------------------------------------- checks
    @api.model
    def _check(self, order, data):
        """:raise OrderRefusedError: Odoo's taxes cannot be those in the prices"""
        if refusals := self._find_refusals(order, data):
            raise refusals[0]

    @api.model
    def _find_refusals(self, order, data):
        """:return: list of OrderRefusedError"""
        if data.taxed_by not in OURS:
            return []
        kept = order._get_kept_taxes()
        lines = {line.external_id: line for line in order.line_ids}
        products = self.env["product.product"].union(
            *(
                lines[each.external_id]._get_routed_product()
                for each in data.lines
                if each.quantity and each.external_id not in kept
            )
        )
        found = [self._find_problem(order, data, product) for product in products]
        found += [
            self._find_charge_problem(order, data, each)
            for index, each in enumerate(data.shipping_lines)
            if _charge_key(each, index) not in kept
        ]
        found = [refusal for refusal in found if refusal]
        return found or self._find_other_tax(order, data)

    def _find_problem(self, order, data, product):
        if not (self._get_taxes(order, product) or order.channel_id.charges_no_tax):
            return self._refuse(
                product,
                self.env._(
                    "%s has no customer taxes, and the channel does not tell them.",
                    product.display_name,
                ),
            )
        inside = data.taxed_by == "odoo"
        for tax in self._map_taxes(order, data, product):
            odd = tax.amount_type != "percent" or tax.include_base_amount
            if not inside and (odd or tax.price_include):
                return self._refuse(
                    product,
                    self.env._(
                        "%(tax)s of %(product)s is no percentage on top of the price, "
                        "as the prices of the channel need it.",
                        tax=tax.name,
                        product=product.display_name,
                    ),
                    self.env._(
                        "Set taxes that come on top of the price on the product, or "
                        "map them by the customer's fiscal position. Its orders are "
                        "then imported automatically."
                    ),
                )
            if inside and (tax.amount_type != "percent" or not tax.price_include):
                return self._refuse(
                    product,
                    self.env._(
                        "%(tax)s of %(product)s is no percentage included in the "
                        "price, as the prices of the channel need it.",
                        tax=tax.name,
                        product=product.display_name,
                    ),
                )
        return None

    def _find_charge_problem(self, order, data, charge):
        product = self._get_charge_product(order, charge)
        if charge.kind == "gift_card" or charge.price == charge.discount:
            return None
        if self._get_taxes(order, product):
            return self._find_problem(order, data, product)
        terms = self._get_terms(order, data)
        sold = {terms[each.external_id] for each in data.lines}
        if len(sold) == 1:
            return None
        return self._refuse(
            product,
            self.env._(
                "%s has no customer taxes, and the goods of the order have several.",
                product.display_name,
            ),
        )

    def _refuse(self, product, message, suggestion=""):
        return OrderRefusedError(
            "tax",
            message,
            suggestion
            or self.env._(
                "Set taxes that are included in the price on the product, or map them "
                "by the fiscal position of the channel's market. Its orders are then "
                "imported automatically."
            ),
            cause=f"tax:product:{product.id}",
            record=product,
        )

    def _find_other_tax(self, order, data):
        """Whether the channel tells another tax than Odoo has, beyond rounding."""
        told = Decimal((order.data or {}).get("total_tax") or 0)
        tax = order._get_data().total_tax
        units = sum(line.quantity for line in data.lines) + len(data.shipping_lines)
        step = order._get_money(data).step
        if not told or abs(told - tax) <= step * (units + 1) / 2:
            return []
        return [
            OrderRefusedError(
                "total_mismatch",
                self.env._(
                    "The channel tells %(told)s of tax, the taxes of the products come "
                    "to %(tax)s.",
                    told=told,
                    tax=tax,
                ),
                self.env._(
                    "Correct the taxes of its products, or the fiscal position of the "
                    "channel's market, then retry."
                ),
            )
        ]

    @api.model
    def _retry_for_products(self, products):
        """Taxes of these have changed: orders that waited for that are tried again."""
        # sudo: the setting has changed, no matter by which user
        found = (
            self.env["channel.exception"]
            .sudo()
            .search(
                [
                    ("state", "=", "open"),
                    ("key", "in", [f"tax:product:{each.id}" for each in products]),
                ]
            )
        )
        if found:
            self.env["channel.order"]._retry_blocked(found.channel_id, ("tax",))


def _charge_key(line, index):
    return f"charge:{line.external_id or index}"


def _terms_of(taxes):
    return tuple((tax.id, Decimal(str(tax.amount)) / 100) for tax in taxes)


def _taxes_inside(money, line, terms):
    """:param line: schemas.OrderLineData or ShippingLineData
    :return: tuple of TaxData, their titles the ids of Odoo's taxes"""
    quantity = getattr(line, "quantity", 1)
    price = line.unit_price if hasattr(line, "unit_price") else line.price
    gross = money.round(quantity * price) - line.discount if quantity else Decimal(0)
    amounts = find_taxes_inside(money, gross, terms)
    return tuple(
        TaxData(title=str(tax_id), rate=rate, amount=amount)
        for (tax_id, rate), amount in zip(terms, amounts, strict=True)
    )


def _taxes_on_top(money, line, terms):
    """:param line: schemas.OrderLineData or ShippingLineData, without tax
    :return: tuple of TaxData, rounded once, their titles the ids of Odoo's taxes"""
    quantity = getattr(line, "quantity", 1)
    price = line.unit_price if hasattr(line, "unit_price") else line.price
    net = money.round(quantity * price) - line.discount if quantity else Decimal(0)
    return tuple(
        TaxData(title=str(tax_id), rate=rate, amount=money.round(net * rate))
        for tax_id, rate in terms
    )


def _with_tax_inside(money, part, terms):
    """A line or charge of a refund, with its tax where the channel tells none."""
    if part.tax:
        return part
    return replace(
        part, tax=sum(find_taxes_inside(money, part.amount, terms), Decimal(0))
    )
