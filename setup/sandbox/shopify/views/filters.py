"""What lists can be searched and sorted by."""

from .. import totals

VARIANT_FILTERS = {
    "default": ("words", lambda v: [v.display_name, v.sku, v.barcode]),
    "id": ("id", lambda v: v.id),
    "product_id": ("id", lambda v: v.product.id),
    "sku": ("text", lambda v: v.sku),
    "barcode": ("text", lambda v: v.barcode),
    "title": ("text", lambda v: v.title),
    "vendor": ("text", lambda v: v.product.vendor),
    "product_status": ("text", lambda v: v.product.status),
    "product_type": ("text", lambda v: v.product.product_type),
    "tag": ("text", lambda v: v.product.tags),
    "updated_at": ("time", lambda v: v.updated_at),
}
PRODUCT_FILTERS = {
    "default": ("words", lambda p: [p.title, p.vendor, *p.tags]),
    "id": ("id", lambda p: p.id),
    "title": ("text", lambda p: p.title),
    "vendor": ("text", lambda p: p.vendor),
    "status": ("text", lambda p: p.status),
    "tag": ("text", lambda p: p.tags),
    "product_type": ("text", lambda p: p.product_type),
    "sku": ("text", lambda p: [v.sku for v in p.variants]),
    "barcode": ("text", lambda p: [v.barcode for v in p.variants]),
    "created_at": ("time", lambda p: p.created_at),
    "updated_at": ("time", lambda p: p.updated_at),
}
ITEM_FILTERS = {
    "id": ("id", lambda item: item.id),
    "sku": ("text", lambda item: item.variant.sku),
    "created_at": ("time", lambda item: item.created_at),
    "updated_at": ("time", lambda item: item.updated_at),
}
LOCATION_FILTERS = {
    "default": ("words", lambda place: place.name),
    "id": ("id", lambda place: place.id),
    "name": ("text", lambda place: place.name),
    "active": ("flag", lambda place: place.active),
    "city": ("text", lambda place: place.address.get("city")),
    "country": ("text", lambda place: place.address.get("country_code")),
    "created_at": ("time", lambda place: place.created_at),
}


def _status(record):
    if record.cancelled_at:
        return ["cancelled", "any"]
    return ["closed" if record.closed_at else "open", "any"]


_SHIPPED = {
    "FULFILLED": ["fulfilled", "shipped"],
    "PARTIALLY_FULFILLED": ["partial", "unfulfilled"],
    "ON_HOLD": ["on_hold", "unfulfilled"],
    "UNFULFILLED": ["unshipped", "unfulfilled"],
}
ORDER_FILTERS = {
    "default": ("words", lambda o: [o.name, o.email]),
    "id": ("id", lambda o: o.id),
    "name": ("text", lambda o: [o.name, str(o.number)]),
    "email": ("text", lambda o: o.email),
    "tag": ("text", lambda o: o.tags),
    "test": ("flag", lambda o: o.test),
    "status": ("text", _status),
    "sku": ("text", lambda o: [line.sku for line in o.lines]),
    "source_name": ("text", lambda o: o.source_name),
    "financial_status": ("text", lambda o: totals.financial_status(o)),
    "fulfillment_status": ("text", lambda o: _SHIPPED[totals.fulfillment_status(o)]),
    "customer_id": ("id", lambda o: o.customer.id if o.customer else 0),
    "created_at": ("time", lambda o: o.created_at),
    "processed_at": ("time", lambda o: o.created_at),
    "updated_at": ("time", lambda o: o.updated_at),
}
ORDER_KEYS = {
    "ID": lambda o: o.id,
    "CREATED_AT": lambda o: (o.created_at.timestamp(), o.id),
    "PROCESSED_AT": lambda o: (o.created_at.timestamp(), o.id),
    "UPDATED_AT": lambda o: (o.updated_at.timestamp(), o.id),
    "ORDER_NUMBER": lambda o: o.number,
}
VARIANT_KEYS = {
    "ID": lambda v: v.id,
    "SKU": lambda v: (v.sku, v.id),
    "TITLE": lambda v: (v.title, v.id),
    "FULL_TITLE": lambda v: (v.display_name, v.id),
    "NAME": lambda v: (v.display_name, v.id),
}
PRODUCT_KEYS = {
    "ID": lambda p: p.id,
    "TITLE": lambda p: (p.title, p.id),
    "CREATED_AT": lambda p: (p.created_at.timestamp(), p.id),
    "UPDATED_AT": lambda p: (p.updated_at.timestamp(), p.id),
}
LOCATION_KEYS = {"ID": lambda x: x.id, "NAME": lambda x: (x.name, x.id)}
