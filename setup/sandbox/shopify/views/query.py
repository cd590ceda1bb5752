"""The root of all queries."""

from datetime import timedelta

from ..errors import NotInSandbox, not_found
from ..ids import number_of, split_gid
from ..resolver import Record, View
from ..schema import versions
from ..search import compile_query
from . import catalog, customer, fulfillment, misc, order, payments, refunds, stock
from .filters import (
    ITEM_FILTERS,
    LOCATION_FILTERS,
    LOCATION_KEYS,
    ORDER_FILTERS,
    ORDER_KEYS,
    PRODUCT_FILTERS,
    PRODUCT_KEYS,
    VARIANT_FILTERS,
    VARIANT_KEYS,
)
from .parts import page

# Older orders need the scope read_all_orders.
ORDER_DAYS = 60


def _key(keys, sort_key, where):
    if sort_key not in keys:
        raise NotInSandbox(f"{where}(sortKey: {sort_key})")
    return keys[sort_key]


class QueryRoot(View):
    gql_type = "QueryRoot"

    def shop(self):
        return misc.Shop(self._ctx.store, self._ctx)

    def shopify_payments_account(self):
        if not self._ctx.store.config.shopify_payments:
            return None
        return payments.Account(self._ctx.store, self._ctx)

    def app(self, id=None):
        return misc.App(None, self._ctx)

    def current_app_installation(self):
        return misc.AppInstallation(None, self._ctx)

    def public_api_versions(self):
        config = self._ctx.sandbox.config
        served = versions(config.schemas, config.oldest_version)
        return [misc.api_version(version) for version in served]

    # One object

    def node(self, id):
        kind, _number = split_gid(id)
        return self._find(kind, id)

    def nodes(self, ids):
        return [self.node(id) for id in ids]

    def _find(self, kind, id):
        if kind == "InventoryLevel":
            return self.inventory_level(id)
        if kind == "Job":
            return self.job(id)
        store = self._ctx.store
        sources = {
            "Location": (store.locations, stock.Location),
            "Product": (store.products, catalog.Product),
            "ProductVariant": (store.variants, catalog.ProductVariant),
            "InventoryItem": (store.items, stock.InventoryItem),
            "Order": (store.orders, order.Order),
            "Customer": (store.customers, customer.Customer),
            "FulfillmentOrder": (
                store.fulfillment_orders,
                fulfillment.FulfillmentOrder,
            ),
            "Fulfillment": (store.fulfillments, fulfillment.Fulfillment),
            "Refund": (store.refunds, refunds.Refund),
            "BulkOperation": (store.bulk_operations, misc.BulkOperation),
            "WebhookSubscription": (
                self._ctx.sandbox.webhooks.subscriptions,
                misc.WebhookSubscription,
            ),
        }
        if kind not in sources:
            raise not_found(id)
        records, view = sources[kind]
        record = records.get(number_of(id, kind))
        if record is not None:
            self._ctx.access.check_type(kind)
        return view(record, self._ctx) if record is not None else None

    def _one(self, kind, id):
        number_of(id, kind)
        return self._find(kind, id)

    def order(self, id):
        found = self._one("Order", id)
        return found if found and self._readable(found._record) else None

    def refund(self, id):
        found = self._one("Refund", id)
        return found if found and self._readable(found._record.order) else None

    def customer(self, id):
        return self._one("Customer", id)

    def product(self, id):
        return self._one("Product", id)

    def product_variant(self, id):
        return self._one("ProductVariant", id)

    def inventory_item(self, id):
        return self._one("InventoryItem", id)

    def inventory_level(self, id):
        level = self._ctx.store.find_level(id)
        if level is None:
            return None
        self._ctx.access.check_type("InventoryLevel")
        return stock.InventoryLevel(level, self._ctx)

    def location(self, id=None):
        if id is None:
            first = next(iter(self._ctx.store.locations.values()))
            return stock.Location(first, self._ctx)
        return self._one("Location", id)

    def fulfillment_order(self, id):
        return self._one("FulfillmentOrder", id)

    def fulfillment(self, id):
        return self._one("Fulfillment", id)

    def job(self, id):
        _kind, key = split_gid(id)
        record = self._ctx.store.jobs.get(key)
        return misc.Job(record, self._ctx) if record else None

    def webhook_subscription(self, id):
        return self._one("WebhookSubscription", id)

    def bulk_operation(self, id):
        return self._one("BulkOperation", id)

    def current_bulk_operation(self, type="QUERY"):
        records = list(self._ctx.store.bulk_operations.values())
        if type != "QUERY" or not records:
            return None
        return misc.BulkOperation(records[-1], self._ctx)

    # Lists

    def _list(self, records, view, where, query, filters, key, edges):
        wanted = compile_query(query, filters, where)
        found = [record for record in records if wanted(record)]
        return page(self._ctx, found, view, key=key, **edges)

    def locations(
        self,
        query=None,
        sort_key="NAME",
        include_inactive=False,
        include_legacy=False,
        **edges,
    ):
        records = [
            place
            for place in self._ctx.store.locations.values()
            if place.active or include_inactive
        ]
        key = _key(LOCATION_KEYS, sort_key, "locations")
        args = ("locations", query, LOCATION_FILTERS, key, edges)
        return self._list(records, stock.Location, *args)

    def locations_count(self, query=None):
        wanted = compile_query(query, LOCATION_FILTERS, "locationsCount")
        return _count(filter(wanted, self._ctx.store.locations.values()))

    def products(self, query=None, sort_key="ID", **edges):
        records = self._ctx.store.products.values()
        key = _key(PRODUCT_KEYS, sort_key, "products")
        args = ("products", query, PRODUCT_FILTERS, key, edges)
        return self._list(records, catalog.Product, *args)

    def product_variants(self, query=None, sort_key="ID", **edges):
        records = self._ctx.store.variants.values()
        key = _key(VARIANT_KEYS, sort_key, "productVariants")
        args = ("productVariants", query, VARIANT_FILTERS, key, edges)
        return self._list(records, catalog.ProductVariant, *args)

    def product_variants_count(self, query=None):
        wanted = compile_query(query, VARIANT_FILTERS, "productVariantsCount")
        return _count(filter(wanted, self._ctx.store.variants.values()))

    def inventory_items(self, query=None, **edges):
        records = self._ctx.store.items.values()
        args = ("inventoryItems", query, ITEM_FILTERS, ITEM_FILTERS["id"][1], edges)
        return self._list(records, stock.InventoryItem, *args)

    def orders(self, query=None, sort_key="PROCESSED_AT", **edges):
        key = _key(ORDER_KEYS, sort_key, "orders")
        args = ("orders", query, ORDER_FILTERS, key, edges)
        return self._list(self._orders(), order.Order, *args)

    def customers(self, **edges):
        records = self._ctx.store.customers.values()
        return page(self._ctx, list(records), customer.Customer, **edges)

    def draft_orders(self, query=None, **edges):
        return page(self._ctx, [], View, **edges)

    def collections(self, **edges):
        return page(self._ctx, [], View, **edges)

    def orders_count(self, query=None, limit=10000):
        """Counts up to the limit; without one all of them."""
        wanted = compile_query(query, ORDER_FILTERS, "ordersCount")
        return _count(filter(wanted, self._orders()), limit)

    def _orders(self):
        return [o for o in self._ctx.store.orders.values() if self._readable(o)]

    def _readable(self, record):
        if "read_all_orders" in self._ctx.access.scopes:
            return True
        horizon = self._ctx.store.clock.now() - timedelta(days=ORDER_DAYS)
        return record.created_at >= horizon

    def fulfillment_orders(self, include_closed=False, **edges):
        records = [
            record
            for record in self._ctx.store.fulfillment_orders.values()
            if include_closed or record.status not in ("CLOSED", "CANCELLED")
        ]
        return page(self._ctx, records, fulfillment.FulfillmentOrder, **edges)

    def webhook_subscriptions(self, topics=None, uri=None, callback_url=None, **edges):
        address = uri or callback_url
        records = [
            record
            for record in list(self._ctx.sandbox.webhooks.subscriptions.values())
            if (not topics or record.topic in topics)
            and (not address or record.uri == address)
        ]
        return page(self._ctx, records, misc.WebhookSubscription, **edges)


def _count(records, limit=None):
    count = sum(1 for _record in records)
    if limit is not None and count > limit:
        return Record("Count", count=limit, precision="AT_LEAST")
    return Record("Count", count=count, precision="EXACT")
