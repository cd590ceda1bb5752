from datetime import datetime, timezone
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


def tax(rate, amount, title="VAT"):
    """``rate`` in percent, as people say it."""
    return schemas.TaxData(
        title=title, rate=Decimal(rate) / 100, amount=Decimal(amount)
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
        cls.numbers = count(1001)

    # ------------------------------------------------------------- set up
    @classmethod
    def _warehouse(cls, code):
        return cls.env["stock.warehouse"].create({"name": f"House {code}", "code": code})

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
    def _line(self, listing, quantity, price, *taxes, ref=None, node="main", **values):
        values.setdefault("open_quantity", quantity)
        return schemas.OrderLineData(
            external_id=ref or f"L-{next(self.numbers)}",
            listing_ref=listing if isinstance(listing, str) else listing.external_id,
            quantity=quantity,
            sku=values.pop("sku", "") or getattr(listing, "sku", ""),
            title=values.pop("title", ""),
            unit_price=Decimal(price),
            discount=Decimal(values.pop("discount", 0)),
            taxes=taxes,
            deductions=(schemas.Deduction(node, quantity),),
            **values,
        )

    def _shipping(self, price, *taxes, discount=0, title="Standard"):
        return schemas.ShippingLineData(
            title=title,
            price=Decimal(price),
            discount=Decimal(discount),
            taxes=taxes,
        )

    def _data(self, *lines, total, total_tax=0, **values):
        number = next(self.numbers)
        values.setdefault("payment", "paid")
        values.setdefault("currency", "USD")
        values.setdefault("shipping", BERLIN)
        values.setdefault(
            "customer",
            schemas.CustomerData(
                external_id="C-1", name="Erika Muster", email="erika@example.com"
            ),
        )
        values.setdefault("version", NOON)
        values.setdefault("placed_at", NOON)
        values.setdefault("external_id", str(number))
        values.setdefault("name", f"#{number}")
        return schemas.OrderData(
            lines=lines,
            total=Decimal(total),
            total_tax=Decimal(total_tax),
            **values,
        )

    def _capture(self, data):
        return self.env["channel.order"]._capture(self.channel, data, "trace-1")

    def _import(self, data):
        order = self._capture(data)
        order._import()
        self.env.flush_all()
        return order

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
        return self.env["channel.exception"].search(
            [
                ("res_model", "=", "channel.order"),
                ("res_id", "=", order.id),
                ("state", "=", "open"),
            ]
        )
