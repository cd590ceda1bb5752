# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from ..tools.money import add_up
from ..tools.refusal import OrderRefusedError, merge

# Categories that are settled by each import: what it does not report is gone.
CHECKED = (
    "unknown_sku",
    "fraction",
    "pack",
    "price",
    "total_mismatch",
    "currency",
    "tax",
    "address",
    "duplicate",
    "risk",
    "payment",
    "credit",
    "routing",
    "short_stock",
    "test_order",
    "configuration",
    "import",
)

RISKS = {"none": (), "high": ("high",), "medium": ("medium", "high")}


class ChannelOrderChecker(models.AbstractModel):
    """Checks of an order before it is sold, and of its sale order afterwards."""

    _name = "channel.order.checker"
    _description = "Order Checker"

    # --------------------------------------------------------------- checks
    def _check_importable(self, order, data):
        """:raise OrderRefusedError: with the first thing that a person must decide"""
        self._check_test(order, data)
        self._check_mapping(order, data)
        self._check_fractions(order, data)
        self._check_packs(order, data)
        self._check_market(order, data)
        self._check_currency(order, data)
        self.env["channel.order.taxer"]._check(order, data)
        self._check_figures(order, data)
        self._check_policies(order, data)

    def _check_test(self, order, data):
        if order._is_mere_test(data):
            raise OrderRefusedError(
                "test_order",
                self.env._("%s is a test order.", order.name),
                self.env._("Cancel it on the channel, or make this a test channel."),
            )

    def _check_mapping(self, order, data):
        if refusals := self._find_unmapped(order, data):
            raise refusals[0]

    def _find_unmapped(self, order, data):
        """:return: list of OrderRefusedError, one a listing without a product"""
        bought = {line.external_id for line in data.lines if line.quantity}
        lines = order.line_ids.filtered(
            lambda line: line.external_id in bought and not line._is_sold_known()
        )
        return [
            self._refuse_unmapped(order, listing, found)
            for listing, found in lines.grouped("listing_id").items()
        ]

    def _refuse_unmapped(self, order, listing, lines):
        """:param listing: none for what the channel no longer has"""
        return OrderRefusedError(
            "unknown_sku",
            self.env._(
                "No product is matched to: %s.",
                ", ".join(line.sku or line.title or line.external_id for line in lines),
            ),
            " ".join(dict.fromkeys(self._suggest_match(order, line) for line in lines)),
            cause=f"listing:{listing.id}" if listing else "",
            record=listing or None,
        )

    def _check_fractions(self, order, data):
        """A part of a unit is right where the listing says so and the unit of the
        product has it exactly."""
        bought = {line.external_id for line in data.lines if line.quantity}
        lines = order.line_ids.filtered(
            lambda line: line.external_id in bought and line._is_fraction()
        )
        refused = lines.filtered(lambda line: not line._is_fraction_right())
        if refused:
            raise OrderRefusedError(
                "fraction",
                self.env._(
                    "Fractional quantities sold: %s.",
                    ", ".join(line.display_name for line in refused),
                ),
                self.env._(
                    "If that is right, tick “Sold in Fractions” on the listing; its "
                    "product needs a unit with sufficient precision. Otherwise correct "
                    "the quantity on the channel, then fetch the order. Held "
                    "quantities are rounded up to whole units."
                ),
            )

    def _check_packs(self, order, data):
        """What the channel tells of a pack, and what its listing is matched to, are one
        thing: else ten cases of twelve would be shipped for ten of twenty-four."""
        if order._is_overridden("pack"):
            return
        lines = {line.external_id: line for line in order.line_ids}
        others = [
            (lines[each.external_id], each.pack)
            for each in data.lines
            if each.quantity
            and each.pack
            and abs(lines[each.external_id].stock_factor - float(each.pack)) > 1e-6
        ]
        if others:
            raise OrderRefusedError(
                "pack",
                self.env._(
                    "The channel sells other packs than its listings are matched to: "
                    "%s.",
                    "; ".join(
                        self.env._(
                            "%(line)s of %(told)s units, matched to %(here)s",
                            line=line.display_name,
                            told=f"{pack.normalize():f}",
                            here=f"{line.stock_factor:g}",
                        )
                        for line, pack in others
                    ),
                ),
                self.env._(
                    "Correct Units per Sold Unit of the listing and retry. If the "
                    "listing is right, override the check."
                ),
            )

    def _suggest_match(self, order, line):
        if not line.listing_id:
            return self._suggest_unlisted(order, line)
        if product := self._find_product_like(order, line):
            return self.env._(
                "Match %(sku)s: %(product)s is the likely product.",
                sku=line.sku or line.title,
                product=product.display_name,
            )
        return self.env._("Match %s to a product.", line.sku or line.title)

    def _suggest_unlisted(self, order, line):
        name = line.title or line.sku or line.external_id
        if not line.product_id:
            return self.env._(
                "“%s” is in no catalogue of the channel: choose a product for custom "
                "lines on the channel, or match this line.",
                name,
            )
        return self.env._(
            "The listing of “%(name)s” no longer exists on the channel. %(units)s × "
            "%(product)s is held for it: match the line to that product, or to another "
            "one.",
            name=name,
            units=f"{line.open_quantity * line.stock_factor:g}",
            product=line.product_id.display_name,
        )

    def _find_product_like(self, order, line):
        """The suggestion of the listing, else by part of the SKU or by the title."""
        products = self.env["product.product"]
        if line.listing_id.suggested_product_id:
            return line.listing_id.suggested_product_id
        for field, text in (("default_code", line.sku), ("name", line.title)):
            found = products.search([(field, "ilike", text)], limit=1) if text else None
            if found:
                return found
        return products

    def _check_market(self, order, data):
        """Of a channel that has markets, an order is of one that is set up."""
        channel, market = order.channel_id, order._find_market(data)
        if order.market_id != market:
            # it was set up since
            order.market_id = market
        if market or not data.market or not channel.market_ids:
            return
        raise OrderRefusedError(
            "configuration",
            self.env._(
                "Orders come from the market “%(market)s”, which %(channel)s does not "
                "have.",
                market=data.market,
                channel=channel.name,
            ),
            self.env._("Add it to the channel's markets, with its currency and taxes."),
            cause=f"market:{data.market}",
            record=channel,
        )

    def _check_currency(self, order, data):
        market = order._find_market(data)
        sold_by = market or order.channel_id
        wanted = sold_by.currency_id
        if data.currency == wanted.name and wanted.active:
            return
        if not order._get_currency(data.currency):
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
                channel=sold_by.name,
                currency=data.currency,
                expected=wanted.name or "?",
            ),
            self.env._(
                "Correct the channel's currency when that is wrong, and retry. If it "
                "sells in several, add one market in %s to the channel.",
                data.currency,
            )
            if not market
            else self.env._("Correct the market's currency when that is wrong."),
            cause=":".join(
                filter(None, ("currency", market.external_id, data.currency))
            ),
        )

    # -------------------------------------------------------------- figures
    def _check_figures(self, order, data):
        """The channel's own figures must add up before they are worth comparing."""
        money = order._get_money(data)
        products, shipping = self.env["channel.order.importer"]._get_charges(
            order, data
        )
        for charge in (*products, *shipping):
            if odd := charge.find_odd_tax(money):
                self._refuse_tax(order, charge, *odd)
        figures = add_up(money, products, shipping, data.total_tax)
        if (figures.total, figures.taxes) != (data.total, data.total_tax):
            raise OrderRefusedError(
                "total_mismatch",
                self.env._(
                    "%(order)s has a total of %(total)s with %(tax)s tax, its parts "
                    "come to %(sum)s with %(parts_tax)s tax: products %(products)s, "
                    "delivery %(shipping)s, discounts −%(discounts)s.",
                    order=order.name,
                    total=data.total,
                    tax=data.total_tax,
                    sum=figures.total,
                    parts_tax=figures.taxes,
                    products=figures.products,
                    shipping=figures.shipping,
                    discounts=figures.discounts,
                ),
                self._get_difference_message(order),
            )

    def _refuse_tax(self, order, charge, rate, amount, expected):
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
            self._get_difference_message(order),
        )

    def _check_distribution(self, sale_order):
        """Odoo's arithmetic fails on a tax without lines that say where it is booked,
        as a copied or repaired database may have one, and says nothing of which.

        :raise OrderRefusedError: there is such a tax
        """
        taxes = sale_order.order_line.tax_ids.flatten_taxes_hierarchy()
        odd = taxes.filtered(
            lambda tax: (
                not all(
                    "tax" in lines.mapped("repartition_type")
                    for lines in (
                        tax.invoice_repartition_line_ids,
                        tax.refund_repartition_line_ids,
                    )
                )
            )
        )
        if odd:
            raise OrderRefusedError(
                "tax",
                self.env._(
                    "Odoo cannot book these taxes, which have no distribution: %s",
                    ", ".join(odd.mapped("display_name")),
                ),
                self.env._(
                    "Open them in Accounting > Configuration > Taxes and add a line "
                    "for the tax under Distribution for Invoices and for Refunds, then "
                    "retry the order."
                ),
            )

    def _get_difference_message(self, order):
        return self.env._(
            "Compare the order with the channel. Fetch it again if it was changed "
            "there; otherwise enter it manually and report the difference."
        )

    def _find_difference(self, order, sale_order, data):
        """In words, how the sale order differs from the channel's order; "" if not."""
        currency = sale_order.currency_id
        total, tax = float(data.total), float(data.total_tax)
        if (
            currency.name == data.currency
            and not currency.compare_amounts(sale_order.amount_total, total)
            and not currency.compare_amounts(sale_order.amount_tax, tax)
        ):
            return self._find_quantity_difference(order, sale_order, data)
        return self.env._(
            "The channel has %(total)s %(currency)s with %(tax)s tax, Odoo comes to "
            "%(odoo_total)s %(odoo_currency)s with %(odoo_tax)s tax. %(lines)s",
            total=data.total,
            currency=data.currency,
            tax=data.total_tax,
            odoo_total=f"{sale_order.amount_total:.{currency.decimal_places}f}",
            odoo_currency=currency.name,
            odoo_tax=f"{sale_order.amount_tax:.{currency.decimal_places}f}",
            lines=self._get_lines_message(order, sale_order),
        )

    def _get_lines_message(self, order, sale_order):
        """The first lines with their amounts: a person sees the odd one at a glance."""
        return "; ".join(
            f"{line.product_uom_qty:g} × {line.product_id.display_name}: "
            f"{line.price_subtotal:g} + {line.price_tax:g}"
            for line in sale_order.order_line[:10]
        )

    def _find_quantity_difference(self, order, sale_order, data):
        """Each line must take exactly what was sold out of stock."""
        sold = Counter()
        for line in sale_order.order_line.filtered("channel_order_line_id"):
            sold[line.channel_order_line_id] += line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id, round=False
            )
        bought = {line.external_id: line.quantity for line in data.lines}
        for line in order.line_ids:
            if other := self._find_other_product(order, sale_order, line):
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

    def _find_other_product(self, order, sale_order, line):
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

    # -------------------------------------------------------------- causes
    # All that stops an order, told at once.
    #
    # An import stops at the first thing that is wrong, which costs the many good orders
    # nothing. Only then everything else is looked at, so that a person who mends one
    # cause is not sent the next one an hour later.
    def _block_for(self, order, refusal, data):
        """Stop this order for a refusal and for all else that is wrong with it."""
        causes = merge([refusal, *self._find_causes(order, data)])
        order.state = "blocked"
        for refusal in causes:
            self._report_refusal(order, refusal)
        self._resolve_causes(order, causes)

    def _report_refusal(self, order, refusal):
        """A cause that may block several orders is reported as one exception for all of
        them."""
        if not refusal.cause:
            order._block(refusal.category, refusal.message, refusal.suggestion)
            return
        self.env["channel.exception"]._report(
            order.channel_id,
            refusal.category,
            key=refusal.cause,
            message=refusal.message,
            suggestion=refusal.suggestion,
            record=refusal.record,
            orders=order,
        )

    def _resolve_causes(self, order, causes=()):
        """Causes of earlier imports that are gone.

        :param causes: those that stand
        """
        own = {each.category for each in causes if not each.cause}
        exceptions = self.env["channel.exception"]
        exceptions._resolve_keys(
            order.channel_id,
            [f"order:{order.id}:{each}" for each in CHECKED if each not in own],
        )
        shared = [each.cause for each in causes if each.cause]
        exceptions._leave(
            order, [("category", "in", CHECKED), ("key", "not in", shared)]
        )

    def _find_causes(self, order, data):
        """:return: list of OrderRefusedError, maybe several of a category"""
        causes = [
            *self._gather(order, data, self._check_test),
            *self._find_unmapped(order, data),
            *self._gather(
                order,
                data,
                self._check_fractions,
                self._check_packs,
                self._check_market,
            ),
        ]
        in_currency = self._gather(order, data, self._check_currency)
        if not in_currency:
            # amounts mean nothing in a currency that is not known
            causes += self.env["channel.order.taxer"]._find_refusals(order, data)
            causes += self._gather(order, data, self._check_figures)
            causes += self._find_unmapped_taxes(order, data)
        return [
            *causes,
            *in_currency,
            *self._gather(order, data, self._check_services, self._check_countries),
            *self._gather(order, data, *self._get_policy_checks()),
            *self._find_confirm_causes(order, data),
        ]

    def _gather(self, order, data, *checks):
        """:return: list of the OrderRefusedError that the checks raise"""
        causes = []
        for check in checks:
            try:
                check(order, data)
            except OrderRefusedError as refusal:
                causes.append(refusal)
        return causes

    def _find_confirm_causes(self, order, data):
        if order.fulfilled_by_channel:
            return []
        if not self.env["channel.order.importer"]._is_confirm_due(order, data):
            return []
        checks = self.env["channel.payment.checker"]._get_checks()
        return self._gather(order, data, *checks)

    def _find_unmapped_taxes(self, order, data):
        """Each rate once that has no tax, of all lines."""
        taxer = self.env["channel.order.taxer"]
        bought = [line for line in data.lines if line.quantity]
        return self._gather(
            order,
            data,
            *(
                lambda _order, _data, one=line: taxer._find_pairs(
                    order, data, one.taxes
                )
                for line in (*bought, *data.shipping_lines)
            ),
        )

    def _check_services(self, order, data):
        """:raise OrderRefusedError: there is no product for what is no product"""
        for kind in sorted({line.kind for line in data.shipping_lines}):
            self.env["channel.order.importer"]._get_charge_product(order, kind)
        if any(line.discount for line in (*data.lines, *data.shipping_lines)):
            self.env["channel.order.importer"]._get_service(
                order, "discount_product_id"
            )

    def _check_countries(self, order, data):
        """:raise OrderRefusedError: an address is in no country that Odoo knows"""
        for address in (data.billing, data.shipping, data.mark_for):
            self.env["channel.partner"]._prepare_address_vals(order, address, data)

    # -------------------------------------------------------------- policy
    # Checks that a channel's policy asks for, beyond what must be true of all.
    def _check_policies(self, order, data):
        """:raise OrderRefusedError: before there is a sale order"""
        for check in self._get_policy_checks():
            check(order, data)

    def _get_policy_checks(self):
        return (
            self._check_risk,
            self._check_duplicate,
            self._check_address,
            self._check_phones,
            self._check_price,
        )

    # ---------------------------------------------------------------- price
    def _check_price(self, order, data):
        """Prices that the channel tells, and ours: by policy a difference is accepted,
        or decided by a person. Never silently ours."""
        channel = order.channel_id
        if channel.price_policy == "accept" or order._is_overridden("price"):
            return
        others = self.env["channel.order.pricer"]._find_other_prices(
            order, data, channel.price_tolerance
        )
        if others:
            raise OrderRefusedError(
                "price",
                self.env._(
                    "Other prices than ours: %s.",
                    "; ".join(
                        self.env._(
                            "%(line)s at %(theirs)s, ours is %(ours)s",
                            line=line.display_name,
                            theirs=f"{theirs:f}",
                            ours=f"{ours:f}",
                        )
                        for line, theirs, ours in others
                    ),
                ),
                self.env._(
                    "Agree with the customer and have the order changed there, or "
                    "correct the pricelist and retry; override the check to sell at "
                    "the customer's price."
                ),
            )

    # ----------------------------------------------------------------- risk
    def _check_risk(self, order, data):
        stopped = RISKS[order.channel_id.risk_policy]
        if data.risk in stopped and not order._is_overridden("risk"):
            raise OrderRefusedError(
                "risk",
                self.env._(
                    "The channel reports a fraud risk for %(order)s: %(risk)s.",
                    order=order.name,
                    risk=data.risk,
                ),
                self.env._(
                    "Review it on the channel: cancel it there, or override the check."
                ),
            )

    def _check_duplicate(self, order, data):
        """Of two duplicates exactly one is blocked: the later one, or the one imported
        after the other was sold."""
        minutes = order.channel_id.duplicate_minutes
        if not minutes or not order.fingerprint or order._is_overridden("duplicate"):
            return
        if order.sale_order_id or data.origin:
            # what replaces another order is meant to be like it
            return
        if same := self._find_twin(order, timedelta(minutes=minutes)):
            raise OrderRefusedError(
                "duplicate",
                self.env._(
                    "%(order)s: possible duplicate of %(other)s (%(channel)s): same "
                    "customer, lines and total within %(minutes)s minutes.",
                    order=order.name,
                    other=same.name,
                    channel=same.channel_id.name,
                    minutes=minutes,
                ),
                self.env._(
                    "Ask the customer. Cancel one of them on the channel, or override "
                    "the check."
                ),
            )

    def _find_twin(self, order, within):
        """The same order, that goes before this one; empty when there is none.

        Twins are locked: two imports at the same moment wait for each other, and
        PostgreSQL refuses the one whose picture is older than what the other has sold.
        It is tried again then, and sees that.
        """
        self.env["channel.order"].flush_model()
        placed = order.placed_at or order.create_date
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, id < %(own)s OR sale_order_id IS NOT NULL
                  FROM channel_order
                 WHERE company_id = %(company)s AND fingerprint = %(fingerprint)s
                   AND id <> %(own)s AND state NOT IN ('cancelled', 'gone')
                   AND placed_at BETWEEN %(first)s AND %(last)s
                 ORDER BY id FOR NO KEY UPDATE
                """,
                own=order.id,
                company=order.company_id.id,
                fingerprint=order.fingerprint,
                first=placed - within,
                last=placed + within,
            )
        )
        return order.browse([order_id for order_id, is_first in rows if is_first][:1])

    # --------------------------------------------------------------- address
    def _check_address(self, order, data):
        """Check the address for the parts that carriers need, if the policy requires
        it."""
        address = self.env["channel.partner"]._complete_place(
            order, data.shipping or data.billing
        )
        goods = any(line.ships and line.quantity for line in data.lines)
        if order.fulfilled_by_channel:
            return
        if order.channel_id.address_policy != "strict" or not goods:
            return
        missing = self._find_missing(order, address)
        if missing:
            raise OrderRefusedError(
                "address",
                self.env._("The delivery address lacks: %s.", ", ".join(missing)),
                self.env._("Correct the address on the channel, then fetch the order."),
            )

    def _find_missing(self, order, address):
        if not address:
            return [self.env._("everything")]
        country = self.env["channel.partner"]._find_country(order, address.country_code)
        needed = {
            self.env._("street"): address.street,
            self.env._("city"): address.city,
        }
        if country.zip_required:
            needed[self.env._("postcode")] = address.zip
        if country.state_required:
            needed[self.env._("state")] = address.state_code or address.state_name
        return [label for label, value in needed.items() if not (value or "").strip()]

    # ---------------------------------------------------------------- phones
    def _check_phones(self, order, data):
        if order.channel_id.phone_policy != "stop" or order._is_overridden("phone"):
            return
        if phones := self.env["channel.partner"]._find_odd_phones(order, data):
            raise OrderRefusedError(
                "phone",
                self._get_phones_message(order, phones),
                self.env._(
                    "Correct it on the channel and fetch the order, or override the "
                    "check."
                ),
            )

    def _get_phones_message(self, order, phones):
        return self.env._("Invalid phone number: %s.", ", ".join(phones))

    def _note_odd_phones(self, order, data):
        """The order goes on with the number as the customer wrote it."""
        phones = self.env["channel.partner"]._find_odd_phones(order, data)
        if not phones:
            return
        order.sale_order_id._message_log(
            body=self.env._(
                "Invalid phone number, kept as entered by the customer: %s",
                ", ".join(phones),
            )
        )

    def _report_odd_phones(self, order, data):
        """For a person to correct, while the order goes on."""
        if order.channel_id.phone_policy != "report" or order._is_overridden("phone"):
            return
        if phones := self.env["channel.partner"]._find_odd_phones(order, data):
            self.env["channel.exception"]._report(
                order.channel_id,
                "phone",
                key=f"order:{order.id}:phone",
                record=order,
                message=f"{order.name}: {self._get_phones_message(order, phones)}",
                suggestion=self.env._(
                    "The order was imported. Ask the customer, and correct the contact "
                    "before the carrier needs it."
                ),
            )
