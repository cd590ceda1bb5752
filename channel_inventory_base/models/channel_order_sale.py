from collections import Counter
from dataclasses import replace
from decimal import Decimal
from math import isclose

from odoo import models
from odoo.fields import Command
from odoo.tools import plaintext2html

from ..tools.money import Charge, Money, Sheet, sum_taxes
from ..tools.refusal import OrderRefusedError


class ChannelOrder(models.Model):
    """The values of the sale order: the channel's figures in Odoo's terms, exactly."""

    _inherit = "channel.order"

    def _prepare_sale_vals(self, data):
        """Values to create or replace the sale order; may create contacts."""
        customer, invoice, delivery = self._get_partners(data)
        lines = self._prepare_sale_lines_vals(data)
        vals = {
            "channel_order_id": self.id,
            "company_id": self.company_id.id,
            "partner_id": customer.id,
            "partner_invoice_id": invoice.id,
            "partner_shipping_id": delivery.id,
            "user_id": customer.user_id.id,
            "team_id": self.channel_id.team_id.id,
            "channel_invoice_policy": self.channel_id.invoice_policy,
            "pricelist_id": self._get_pricelist(data).id,
            "warehouse_id": self._get_main_warehouse(lines).id,
            "client_order_ref": self.name,
            "origin": f"{self.channel_id.name} {self.name}",
            "date_order": self.placed_at or self.create_date,
            "order_line": [Command.create(line) for line in lines],
        }
        if self.channel_id.invoice_journal_id:
            vals["journal_id"] = self.channel_id.invoice_journal_id.id
        if data.note:
            vals["note"] = plaintext2html(data.note)
        if "sale_order_template_id" in self.env["sale.order"]._fields:
            # the company's template would bring its terms, and mail to the customer
            vals["sale_order_template_id"] = False
        return vals

    def _get_pricelist(self, data):
        """The channel's, unless it would bring another currency along."""
        return self.channel_id.pricelist_id.filtered(
            lambda pricelist: pricelist.currency_id.name == data.currency
        )

    def _get_main_warehouse(self, lines):
        """The one that most lines come from. Each line keeps its own all the same."""
        voters = [line for line in lines if line.get("channel_warehouse_id")]
        votes = Counter(line["channel_warehouse_id"] for line in voters)
        for warehouse_id, _lines in votes.most_common(1):
            return self.env["stock.warehouse"].browse(warehouse_id)
        return self._route_warehouse() or self.env["stock.warehouse"].search(
            [("company_id", "=", self.company_id.id)], limit=1
        )

    # -------------------------------------------------------------- charges
    def _get_money(self, data):
        step = Decimal(str(self._get_currency(data.currency).rounding))
        return Money(step, data.taxes_included)

    def _get_currency(self, name):
        """The active currency of that code, empty when there is none."""
        usual = self.channel_id.currency_id
        if usual.name == name and usual.active:
            return usual
        return self.env["res.currency"].search([("name", "=", name)])

    def _get_charges(self, data):
        """:return: charges of the products still bought, and those of the delivery"""
        return (
            [self._product_charge(line) for line in data.lines if line.quantity],
            [self._shipping_charge(line, data) for line in data.shipping_lines],
        )

    def _product_charge(self, line):
        # thousandths of a unit are no units whose tax is rounded one by one
        is_whole = line.unit_size == 1
        return Charge(
            label=line.title or line.sku or line.listing_ref,
            quantity=line.quantity if is_whole else 1,
            unit_price=line.unit_price * (1 if is_whole else line.quantity),
            discount=line.discount,
            taxes=tuple((each.rate, each.amount) for each in line.taxes),
        )

    def _shipping_charge(self, line, data):
        return Charge(
            label=line.title or line.code,
            quantity=1,
            unit_price=line.price,
            discount=line.discount,
            taxes=tuple((each.rate, each.amount) for each in line.taxes),
            service=True,
            partly=any(
                each.quantity and not any(tax.amount for tax in each.taxes)
                for each in data.lines
            ),
        )

    def _split_shipping(self, line, data, money):
        """A charge by the rates of the goods: each part with the tax that is on it."""
        rows = self._shipping_charge(line, data).split(money)
        if not rows:
            return [line]
        return [
            replace(
                line,
                price=price,
                discount=discount,
                taxes=tuple(line.taxes[index] for index in indexes),
            )
            for indexes, price, discount in rows
        ]

    # ---------------------------------------------------------------- lines
    def _prepare_sale_lines_vals(self, data):
        """Products in the channel's order, then delivery, then discounts."""
        sheet = self._open_sheet(data)
        lines = {line.external_id: line for line in self.line_ids}
        uoms = self._get_pack_units()
        for each in data.lines:
            line = lines[each.external_id]
            for part, warehouse in self._split_line(line, each, sheet.money):
                vals = self._prepare_product_vals(line, part, warehouse, uoms)
                self._add_to_sheet(sheet, self._product_charge(part), part, vals)
        for each in data.shipping_lines:
            for part in self._split_shipping(each, data, sheet.money):
                vals = self._prepare_shipping_vals(part)
                charge = self._shipping_charge(part, data)
                self._add_to_sheet(sheet, charge, part, vals)
        currency = self._get_currency(data.currency)
        return [
            self._finish_line(line, sheet.money, currency)
            for line in sheet.close(self._prepare_discount_vals)
        ]

    def _open_sheet(self, data):
        money = self._get_money(data)
        products, shipping = self._get_charges(data)
        once, _by_rate = sum_taxes(money, [*products, *shipping])
        return Sheet(money, by_tax=once != data.total_tax)

    def _add_to_sheet(self, sheet, charge, line_data, vals):
        pairs = self.channel_id.tax_map_ids._find(
            line_data.taxes, sheet.money.taxes_included
        )
        taxes = tuple((each.rate, each.amount) for _tax, each in pairs)
        tax_ids = [tax.id for tax, _each in pairs]
        sheet.add(replace(charge, taxes=taxes), tax_ids, vals)

    def _prepare_product_vals(self, line, line_data, warehouse, uoms):
        """One sold unit as a unit of measure of its own where there is one."""
        uom, packs = self._get_sold_unit(line, uoms)
        vals = {
            "channel_order_line_id": line.id,
            "channel_warehouse_id": warehouse.id,
            "product_id": line._get_routed_product().id,
            "product_uom_id": uom.id,
            "product_uom_qty": line_data.quantity * packs,
            "price_unit": float(line_data.unit_price / Decimal(str(packs))),
        }
        if name := self._find_line_name(line):
            vals["name"] = "\n".join(filter(None, (name, line.properties)))
        if line.properties:
            vals["channel_properties"] = line.properties
        return vals

    def _find_line_name(self, line):
        """What the line is called where its product alone does not say it."""
        if line.substitute_id:
            return self.env._(
                "%(product)s, instead of %(sold)s",
                product=line.substitute_id.display_name,
                sold=line.title or line.sku,
            )
        return (line.title or line.sku) if line.sold_as == "custom" else ""

    def _get_sold_unit(self, line, uoms):
        """(unit, how many of it one sold unit is): (Dozen, 1) rather than (Unit, 12).

        A price by the dozen is exact, a twelfth of it often is not; the amount is exact
        either way, as prices of order lines are not rounded.
        """
        uom = line.uom_id or line.product_id.uom_id
        if line.pack_qty == 1 or line._is_fraction():
            return uom, line.pack_qty * line.unit_size
        factor = line.pack_qty * uom.factor
        for each in line.product_id.uom_ids | uoms:
            if isclose(each.factor, factor) and each._has_common_reference(uom):
                return each, 1
        return uom, line.pack_qty

    def _get_pack_units(self):
        """Units made of others; none are read for an order without packs."""
        units = self.env["uom.uom"]
        if any(line.pack_qty != 1 for line in self.line_ids):
            return units.search([("relative_uom_id", "!=", False)])
        return units

    def _prepare_shipping_vals(self, line_data):
        product = self._get_charge_product(line_data.kind)
        vals = {
            "product_id": product.id,
            "price_unit": float(line_data.price),
            "channel_charge_ref": line_data.external_id,
        }
        if title := line_data.title or line_data.code:
            vals["name"] = title
        return vals

    def _get_charge_product(self, kind):
        """:raise OrderRefusedError: the channel has no product for it"""
        if kind == "fee" and not self.channel_id.fee_product_id:
            kind = "shipping"
        return self._get_service(f"{kind}_product_id")

    def _prepare_discount_vals(self):
        return {"product_id": self._get_service("discount_product_id").id}

    def _get_service(self, name):
        """:raise OrderRefusedError: the channel has no product for it"""
        product = self.channel_id[name]
        if not product:
            label = self.channel_id._fields[name]._description_string(self.env)
            raise OrderRefusedError(
                "configuration",
                self.env._("%s is not set on the channel.", label),
                self.env._("Choose a service product for it, then retry."),
                cause=f"service:{name}",
                record=self.channel_id,
            )
        return product

    def _finish_line(self, line, money, currency):
        """Nailed down: no pricelist, tax rate or fiscal position changes it later."""
        vals = {"product_uom_qty": 1, **line.vals}
        price = vals["price_unit"]
        vals.update(
            discount=0,
            # Odoo takes a price for its own, and computes it again when the quantity
            # changes, as long as it equals this one
            technical_price_unit=price + 1,
            tax_ids=[Command.set(line.tax_ids)],
        )
        if line.taxes:
            untaxed = float(line.untaxed(money))
            vals["extra_tax_data"] = {
                "manual_total_excluded_currency": untaxed,
                "manual_tax_amounts": {
                    str(tax_id): {
                        "tax_amount_currency": float(amount),
                        "base_amount_currency": untaxed,
                    }
                    for tax_id, amount in line.taxes.items()
                },
                "currency_id": currency.id,
                "price_unit": price,
                "discount": 0.0,
                "quantity": vals["product_uom_qty"],
            }
        return vals
