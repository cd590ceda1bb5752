# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from itertools import count

from odoo.fields import Command
from odoo.tests import TransactionCase

from odoo.addons.channel_inventory_base import schemas

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
BERLIN = schemas.AddressData(
    name="Erika Muster",
    street="Lindenstr. 4",
    city="Berlin",
    zip="10969",
    country_code="DE",
    phone="030 12345678",
)
ERIKA = schemas.CustomerData(
    external_id="C-1", name="Erika Muster", email="erika@example.com"
)
numbers = count(1001)


def tax(rate, amount, title="VAT"):
    """``rate`` in percent, as people say it."""
    return schemas.TaxData(
        title=title, rate=Decimal(rate) / 100, amount=Decimal(amount)
    )


def order_line(listing_ref, quantity, price, *taxes, ref=None, node=None, **values):
    """An order line as a channel tells it; ``node`` is where the channel took it."""
    values.setdefault("open_quantity", quantity)
    values["discount"] = Decimal(values.get("discount", 0))
    return schemas.OrderLineData(
        external_id=ref or f"L-{next(numbers)}",
        listing_ref=listing_ref,
        quantity=quantity,
        unit_price=Decimal(price),
        taxes=taxes,
        deductions=(schemas.Deduction(node, quantity),),
        **values,
    )


def order_data(*lines, total, total_tax=0, **values):
    """A paid order in US dollars, unless ``values`` say otherwise."""
    number = str(next(numbers))
    defaults = {
        "external_id": number,
        "name": f"#{number}",
        "version": NOON,
        "placed_at": NOON,
        "payment": "paid",
        "currency": "USD",
    }
    return schemas.OrderData(
        lines=lines,
        total=Decimal(total),
        total_tax=Decimal(total_tax),
        **{**defaults, **values},
    )


class OrderCase(TransactionCase):
    """A channel with a warehouse, listings with stock, and orders made of them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.company = cls.env.company
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.warehouse = cls._warehouse("CHO")
        cls.channel = cls.env["channel.channel"].create(
            {"name": "Shop", "currency_id": cls.company.currency_id.id}
        )
        cls.node = cls._node("main", cls.warehouse)
        cls.tax_10 = cls._map_tax(10)
        cls.tax_25 = cls._map_tax(25)
        cls.tax_10_in = cls._map_tax(10, included=True)
        cls.tax_25_in = cls._map_tax(25, included=True)
        cls.lamp = cls._listing("LAMP", stock=100)
        cls.mug = cls._listing("MUG", stock=100)

    # ------------------------------------------------------------- set up
    @classmethod
    def _warehouse(cls, code):
        return cls.env["stock.warehouse"].create(
            {"name": f"House {code}", "code": code}
        )

    @classmethod
    def _node(cls, ref, warehouses, channel=None):
        return cls.env["channel.node"].create(
            {
                "channel_id": (channel or cls.channel).id,
                "name": ref,
                "external_id": ref,
                "warehouse_ids": [Command.set(warehouses.ids)],
            }
        )

    @classmethod
    def _map_tax(cls, rate, included=False, title=False, channel=None):
        account_tax = cls.env["account.tax"].create(
            {
                "name": f"{rate} % {title or ''} {'in' if included else 'on'}",
                "amount": rate,
                "type_tax_use": "sale",
                "price_include_override": "tax_included"
                if included
                else "tax_excluded",
            }
        )
        cls.env["channel.tax.map"].create(
            {
                "channel_id": (channel or cls.channel).id,
                "rate": rate,
                "title": title,
                "price_included": included,
                "tax_id": account_tax.id,
            }
        )
        return account_tax

    @classmethod
    def _listing(cls, sku, stock=0, warehouse=None, **values):
        product = cls.env["product.product"].create(
            {
                "name": sku.capitalize(),
                "default_code": sku,
                "is_storable": True,
                "list_price": 999,
                "invoice_policy": "order",
            }
        )
        if stock:
            cls.env["stock.quant"]._update_available_quantity(
                product, (warehouse or cls.warehouse).lot_stock_id, stock
            )
        return cls.env["channel.listing"].create(
            {
                "channel_id": cls.channel.id,
                "external_id": f"V-{sku}",
                "stock_ref": f"I-{sku}",
                "sku": sku,
                "product_id": product.id,
                "state": "mapped",
                **values,
            }
        )

    # -------------------------------------------------------------- orders
    def _line(self, listing, quantity, price, *taxes, **values):
        values.setdefault("node", "main")
        if not isinstance(listing, str):
            values.setdefault("sku", listing.sku)
            listing = listing.external_id
        return order_line(listing, quantity, price, *taxes, **values)

    def _shipping(self, price, *taxes, discount=0, title="Standard"):
        return schemas.ShippingLineData(
            title=title,
            price=Decimal(price),
            discount=Decimal(discount),
            taxes=taxes,
        )

    def _data(self, *lines, **values):
        values.setdefault("shipping", BERLIN)
        values.setdefault("customer", ERIKA)
        return order_data(*lines, **values)

    def _simple(self, **values):
        values.setdefault("total", "22.00")
        values.setdefault("total_tax", "2.00")
        return self._data(self._line(self.lamp, 2, "10.00", tax(10, "2.00")), **values)

    def _newer(self, data, quantities=None, **values):
        """``data`` a minute later; lines with other quantities, None drops one."""
        quantities = quantities or {}
        lines = []
        for line in data.lines:
            quantity = quantities.get(line.external_id, line.quantity)
            if quantity is not None:
                lines.append(
                    replace(
                        line,
                        quantity=quantity,
                        open_quantity=quantity,
                        deductions=(schemas.Deduction("main", quantity),),
                    )
                )
        values.setdefault("version", data.version + timedelta(minutes=1))
        return replace(data, lines=tuple(lines), **values)

    def _capture(self, data):
        return self.env["channel.order"]._capture(self.channel, data, "trace-1")

    def _import(self, data):
        order = self._capture(data)
        order.env["channel.order.importer"]._import(order)
        self.env.flush_all()
        return order

    def _position(self):
        self.env.flush_all()
        return self.env["channel.position"].search(
            [
                ("product_id", "=", self.lamp.product_id.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )

    # ------------------------------------------------------------- asserts
    def assertImported(self, order, total, total_tax=0):
        exceptions = self._exceptions(order).mapped("message")
        self.assertEqual(order.state, "imported", exceptions)
        sale_order = order.sale_order_id
        self.assertAlmostEqual(sale_order.amount_total, float(total), places=6)
        self.assertAlmostEqual(sale_order.amount_tax, float(total_tax), places=6)
        return sale_order

    def assertRefused(self, order, category):
        self.assertEqual(order.state, "blocked")
        self.assertFalse(order.sale_order_id)
        found = self._exceptions(order)
        self.assertEqual(found.mapped("category"), [category])
        return found

    def _exceptions(self, order):
        return self.env["channel.exception"].search(order._exception_domain())
