from collections import Counter

from odoo import models

from ..tools.money import add_up
from ..tools.refusal import OrderRefusedError


class ChannelOrder(models.Model):
    """What must be true of an order before it is sold, and of its sale order after."""

    _inherit = "channel.order"

    # --------------------------------------------------------------- checks
    def _check_importable(self, data):
        """:raise OrderRefusedError: with the first thing that a person must decide"""
        self._check_test(data)
        self._check_mapping(data)
        self._check_fractions(data)
        self._check_currency(data)
        self._check_figures(data)
        self._check_policies(data)

    def _is_mere_test(self, data):
        """Whether nobody has bought anything: nothing is held for it."""
        return data.test and not self.channel_id.import_test_orders

    def _check_test(self, data):
        if self._is_mere_test(data):
            raise OrderRefusedError(
                "test_order",
                self.env._("%s is a test order.", self.name),
                self.env._("Cancel it on the channel, or make this a test channel."),
            )

    def _check_mapping(self, data):
        if refusals := self._find_unmapped(data):
            raise refusals[0]

    def _find_unmapped(self, data):
        """:return: list of OrderRefusedError, one a listing without a product"""
        bought = {line.external_id for line in data.lines if line.quantity}
        lines = self.line_ids.filtered(
            lambda line: line.external_id in bought and not line._is_sold_known()
        )
        return [
            self._refuse_unmapped(listing, found)
            for listing, found in lines.grouped("listing_id").items()
        ]

    def _refuse_unmapped(self, listing, lines):
        """:param listing: none for what the channel no longer has"""
        return OrderRefusedError(
            "unknown_sku",
            self.env._(
                "No product is matched to: %s.",
                ", ".join(line.sku or line.title or line.external_id for line in lines),
            ),
            " ".join(dict.fromkeys(self._suggest_match(line) for line in lines)),
            cause=f"listing:{listing.id}" if listing else "",
            record=listing or None,
        )

    def _check_fractions(self, data):
        """A part of a unit is right where the listing says so and the unit of the
        product has it exactly."""
        bought = {line.external_id for line in data.lines if line.quantity}
        lines = self.line_ids.filtered(
            lambda line: line.external_id in bought and line._is_fraction()
        )
        refused = lines.filtered(lambda line: not line._is_fraction_right())
        if refused:
            raise OrderRefusedError(
                "fraction",
                self.env._(
                    "Sold in parts of a unit: %s.",
                    ", ".join(line.display_name for line in refused),
                ),
                self.env._(
                    "Where that is right, tick “Sold in Fractions” on the listing; its "
                    "product needs a unit that is fine enough. Otherwise correct the "
                    "quantity on the channel, then fetch the order. What is begun of a "
                    "unit is held."
                ),
            )

    def _suggest_match(self, line):
        if not line.listing_id:
            return self._suggest_unlisted(line)
        if product := self._find_product_like(line):
            return self.env._(
                "Match %(sku)s: %(product)s looks like it.",
                sku=line.sku or line.title,
                product=product.display_name,
            )
        return self.env._("Match %s to a product.", line.sku or line.title)

    def _suggest_unlisted(self, line):
        name = line.title or line.sku or line.external_id
        if not line.product_id:
            return self.env._(
                "“%s” is in no catalogue of the channel: choose a product for custom "
                "lines on the channel, or match this line.",
                name,
            )
        return self.env._(
            "The channel no longer has what “%(name)s” was sold as. %(units)s × "
            "%(product)s is held for it: match the line to that, or to another "
            "product.",
            name=name,
            units=f"{line.open_quantity * line.stock_factor:g}",
            product=line.product_id.display_name,
        )

    def _find_product_like(self, line):
        """The suggestion of the listing, else by part of the SKU or by the title."""
        products = self.env["product.product"]
        if line.listing_id.suggested_product_id:
            return line.listing_id.suggested_product_id
        for field, text in (("default_code", line.sku), ("name", line.title)):
            found = products.search([(field, "ilike", text)], limit=1) if text else None
            if found:
                return found
        return products

    def _check_currency(self, data):
        wanted = self.channel_id.currency_id
        if data.currency == wanted.name and wanted.active:
            return
        if not self._get_currency(data.currency):
            raise OrderRefusedError(
                "currency",
                self.env._("The currency “%s” is not active in Odoo.", data.currency),
                self.env._("Activate it under Currencies, then retry."),
                cause=f"currency:{data.currency}",
            )
        raise OrderRefusedError(
            "currency",
            self.env._(
                "Orders come in %(currency)s, %(channel)s is in %(expected)s.",
                channel=self.channel_id.name,
                currency=data.currency,
                expected=wanted.name or "?",
            ),
            self.env._("Correct the channel's currency when that is wrong, and retry."),
            cause=f"currency:{data.currency}",
        )

    # -------------------------------------------------------------- figures
    def _check_figures(self, data):
        """The channel's own figures must add up before they are worth comparing."""
        money = self._get_money(data)
        products, shipping = self._get_charges(data)
        for charge in (*products, *shipping):
            if odd := charge.find_odd_tax(money):
                self._refuse_tax(charge, *odd)
        figures = add_up(money, products, shipping, data.total_tax)
        if (figures.total, figures.taxes) != (data.total, data.total_tax):
            raise OrderRefusedError(
                "total_mismatch",
                self.env._(
                    "%(order)s has a total of %(total)s with %(tax)s tax, its parts "
                    "come to %(sum)s with %(parts_tax)s tax: products %(products)s, "
                    "delivery %(shipping)s, discounts −%(discounts)s.",
                    order=self.name,
                    total=data.total,
                    tax=data.total_tax,
                    sum=figures.total,
                    parts_tax=figures.taxes,
                    products=figures.products,
                    shipping=figures.shipping,
                    discounts=figures.discounts,
                ),
                self._words_to_differ(),
            )

    def _refuse_tax(self, charge, rate, amount, expected):
        raise OrderRefusedError(
            "total_mismatch",
            self.env._(
                "%(line)s: the channel charged %(amount)s tax, %(rate)s %% would be "
                "%(expected)s.",
                line=charge.label,
                amount=amount,
                rate=f"{float(rate * 100):g}",
                expected=expected,
            ),
            self._words_to_differ(),
        )

    def _words_to_differ(self):
        return self.env._(
            "Compare the order with the channel. Fetch it again when it was changed "
            "there; otherwise enter it by hand and report what differs."
        )

    def _find_difference(self, sale_order, data):
        """In words, how the sale order differs from the channel's order; "" if not."""
        currency = sale_order.currency_id
        total, tax = float(data.total), float(data.total_tax)
        if (
            currency.name == data.currency
            and not currency.compare_amounts(sale_order.amount_total, total)
            and not currency.compare_amounts(sale_order.amount_tax, tax)
        ):
            return self._find_quantity_difference(sale_order, data)
        return self.env._(
            "The channel has %(total)s %(currency)s with %(tax)s tax, Odoo comes to "
            "%(odoo_total)s %(odoo_currency)s with %(odoo_tax)s tax. %(lines)s",
            total=data.total,
            currency=data.currency,
            tax=data.total_tax,
            odoo_total=f"{sale_order.amount_total:.{currency.decimal_places}f}",
            odoo_currency=currency.name,
            odoo_tax=f"{sale_order.amount_tax:.{currency.decimal_places}f}",
            lines=self._words_for_lines(sale_order),
        )

    def _words_for_lines(self, sale_order):
        """The first lines with their amounts: a person sees the odd one at a glance."""
        return "; ".join(
            f"{line.product_uom_qty:g} × {line.product_id.display_name}: "
            f"{line.price_subtotal:g} + {line.price_tax:g}"
            for line in sale_order.order_line[:10]
        )

    def _find_quantity_difference(self, sale_order, data):
        """Each line must take exactly what was sold out of stock."""
        sold = Counter()
        for line in sale_order.order_line.filtered("channel_order_line_id"):
            sold[line.channel_order_line_id] += line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id, round=False
            )
        bought = {line.external_id: line.quantity for line in data.lines}
        for line in self.line_ids:
            if other := self._find_other_product(sale_order, line):
                return other
            quantity = sold[line]
            wanted = bought.get(line.external_id, 0) * line._get_factor()
            # a millionth: the precision of a listing's pack
            if abs(quantity - wanted) > 1e-6 * max(1.0, wanted):
                return self.env._(
                    "%(line)s is %(wanted)s stock units, the sale order has "
                    "%(quantity)s.",
                    line=line.display_name,
                    wanted=f"{wanted:g}",
                    quantity=f"{quantity:g}",
                )
        return ""

    def _find_other_product(self, sale_order, line):
        """In words, what a quotation has of a line that is something else now."""
        if sale_order.state not in ("draft", "sent"):
            return ""
        product = line._get_routed_product()
        for each in sale_order.order_line:
            if each.channel_order_line_id == line and each.product_id != product:
                return self.env._(
                    "%(line)s is %(product)s, the sale order has %(other)s.",
                    line=line.display_name,
                    product=product.display_name,
                    other=each.product_id.display_name,
                )
        return ""
