# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from decimal import Decimal

from odoo import api, models

from ..tools.money import add_up

DIGITS = 6
"""Of a price that Odoo has computed: floats have no more that mean anything."""


class ChannelOrderPricer(models.AbstractModel):
    """Prices of orders from channels that tell none, and ours beside those told.

    A trading partner may leave the price of a line open: then it is that of the
    customer's pricelist, and the order's total is what this comes to. From then on such
    an order is like one that told its prices (``_resolve``). A confirmed order keeps
    the prices that it was sold at, even if the pricelist changes.
    """

    _name = "channel.order.pricer"
    _description = "Prices of Channel Orders"

    # ------------------------------------------------------------- resolve
    @api.model
    def _resolve(self, order, data):
        """:return: ``data`` (schemas.OrderData) with our prices where the channel tells
        none, and the total that they come to"""
        if not data.complete or not self._is_open(data):
            return data
        currency = order._get_currency(data.currency)
        kept = self._get_kept(order)
        own = {line.external_id: line for line in order.line_ids}
        lines = []
        for line in data.lines:
            if line.unit_price is None:
                price = kept.get(line.external_id)
                if price is None:
                    price = self._get_price(
                        order, data, line, own.get(line.external_id), currency
                    )
                line = replace(line, unit_price=price)
            lines.append(line)
        return self._sum_up(order, replace(data, lines=tuple(lines)), currency)

    def _is_open(self, data):
        return any(line.unit_price is None for line in data.lines)

    def _sum_up(self, order, data, currency):
        """The total is ours where a price is."""
        if not currency:
            return data
        products, shipping = self.env["channel.order.importer"]._get_charges(
            order, data
        )
        money = order._get_money(data)
        figures = add_up(money, products, shipping, data.total_tax)
        return replace(data, total=figures.total, total_tax=figures.taxes)

    @api.model
    def _get_price(self, order, data, line_data, line, currency):
        """Our price of one of the units that a line is counted in, before discounts.

        :param line: the ``channel.order.line``, None where there is none yet
        :return: Decimal; 0 of what is matched to no product, which is not sold
        """
        product = line._get_routed_product() if line else None
        if not product or not currency:
            return Decimal(0)
        importer = self.env["channel.order.importer"]
        uom, packs = importer._get_sold_unit(
            order, line, importer._get_pack_units(order)
        )
        price = self._get_pricelist(order, data)._get_product_price(
            product.with_company(order.company_id),
            line_data.quantity * packs,
            currency=currency,
            uom=uom,
            date=order.placed_at or order.create_date,
        )
        exact = Decimal(str(round(price, DIGITS))) * Decimal(str(packs))
        return round(exact, 2 * DIGITS).normalize()

    def _get_pricelist(self, order, data):
        """The market's, the channel's or the customer's own, in the order's currency;
        empty for the products' own prices."""
        pricelist = self.env["channel.order.importer"]._get_pricelist(order, data)
        customer = (
            order.partner_id
            or self.env["channel.partner"]
            ._find(order.channel_id, data.customer.external_id)
            .partner_id
        )
        # sudo: the price is the order's, no matter which user looks at it
        own = customer.sudo().with_company(order.company_id)
        return pricelist or own.property_product_pricelist.filtered(
            lambda each: each.currency_id.name == data.currency
        )

    # ---------------------------------------------------------------- keep
    def _get_kept(self, order):
        """:return: id of the line -> price (Decimal) that it was sold at; nothing
        before the order is confirmed"""
        if order.sale_order_id.state in (False, "draft", "sent"):
            return {}
        return {ref: Decimal(price) for ref, price in (order.kept_prices or {}).items()}

    @api.model
    def _keep(self, order, data):
        """A confirmed order stays priced as it is sold.

        :param data: schemas.OrderData, resolved
        """
        is_open = self._is_open(order._get_told_data())
        if is_open:
            order.total = float(data.total)
        if is_open or order.channel_id.price_policy == "check":
            order.kept_prices = {
                line.external_id: f"{line.unit_price:f}" for line in data.lines
            }

    # --------------------------------------------------------------- compare
    @api.model
    def _find_other_prices(self, order, data, tolerance):
        """Lines whose price told by the channel, discounts taken off, is not ours.

        :param tolerance: percent of our price
        :return: list of (line, their price, our price), of one sold unit
        """
        told = {
            line.external_id: line.unit_price for line in order._get_told_data().lines
        }
        currency = order._get_currency(data.currency)
        step, kept = order._get_money(data).step, self._get_kept(order)
        own = {line.external_id: line for line in order.line_ids}
        others = []
        for line in data.lines:
            price = told.get(line.external_id)
            is_ours = price is None or not line.quantity
            if is_ours or kept.get(line.external_id) == price:
                # or it was agreed before
                continue
            theirs = price - line.discount / line.quantity
            ours = self._get_price(order, data, line, own[line.external_id], currency)
            margin = abs(ours) * Decimal(str(tolerance)) / 100 + step / 2
            if abs(theirs - ours) > margin:
                others.append((own[line.external_id], theirs.normalize(), ours))
        return others
