"""Records in the form of the API."""

from ..common.clock import iso
from . import const
from .models import MERCHANT, ZERO

HOURS_48 = 48 * 3600


def amount(value, currency):
    return {"amount": f"{value:.2f}", "currencyCode": currency}


# --- orders


def order(store, record, blocks=()):
    """:param blocks: of ``includedData``; what was not asked for is not there"""
    place = const.MARKETPLACES[record.marketplace]
    shown = record.pending and not store.rules.strikes("pending_price")
    view = {
        "orderId": record.id,
        "createdTime": iso(record.created),
        "lastUpdatedTime": iso(record.updated),
        "salesChannel": {
            "channelName": "AMAZON",
            "marketplaceId": record.marketplace,
            "marketplaceName": place.name,
        },
        "orderItems": [
            _item(store, record, item, blocks, shown) for item in record.items
        ],
    }
    if record.alias:
        view["orderAliases"] = [
            {"aliasId": record.alias, "aliasType": "SELLER_ORDER_ID"}
        ]
    if record.programs:
        view["programs"] = list(record.programs)
    if record.replaces:
        association = {
            "orderId": record.replaces,
            "associationType": "REPLACEMENT_ORIGINAL_ID",
        }
        view["associatedOrders"] = [association]
    for block, function in BLOCKS.items():
        if block in blocks and (part := function(record, shown)):
            view.update(part)
    return view


def _buyer(record, _bare):
    if record.pending:
        return None
    buyer = dict(record.buyer)
    if not record.merchant:
        buyer.pop("buyerEmail", None)
    return {"buyer": buyer}


def _recipient(record, _bare):
    return (
        None if record.pending else {"recipient": {"deliveryAddress": record.address}}
    )


def _proceeds(record, bare):
    if bare:
        return None
    total = sum((sum(_parts(item).values()) for item in record.items), ZERO)
    return {"proceeds": {"grandTotal": amount(total, record.currency)}}


def _fulfillment(record, _bare):
    earliest, latest = record.created, record.created.timestamp() + HOURS_48
    window = {
        "earliestDateTime": iso(earliest),
        "latestDateTime": iso(type(earliest).fromtimestamp(latest, earliest.tzinfo)),
    }
    view = {
        "fulfillmentStatus": record.status,
        "fulfilledBy": "MERCHANT" if record.merchant else "AMAZON",
        "fulfillmentServiceLevel": record.service,
    }
    if not record.pending:
        view.update(shipByWindow=window, deliverByWindow=window)
    return {"fulfillment": view}


def _packages(record, _bare):
    return {
        "packages": [
            {
                "packageReferenceId": package.reference,
                "createdTime": iso(package.created),
                # detailedStatus is documented and never there
                "packageStatus": {"status": "SHIPPED"},
                "carrier": package.carrier,
                "shipTime": iso(package.shipped),
                "shippingService": package.service,
                "trackingNumber": package.tracking,
                "packageItems": [
                    {"orderItemId": number, "quantity": units}
                    for number, units in package.items
                ],
            }
            for package in record.packages
        ]
    }


def _tax(record, _bare):
    if not record.tax_number or record.pending:
        return None
    registration = {
        "entityType": "BUYER",
        "legalName": record.buyer.get("buyerCompanyName", ""),
        "taxRegistrationType": "VAT",
        "taxRegistrationNumber": record.tax_number,
    }
    return {"tax": {"taxRegistrations": [registration]}}


def _payment(record, bare):
    if record.pending or bare:
        return None
    total = sum((sum(_parts(item).values()) for item in record.items), ZERO)
    execution = {
        "paymentMethod": record.payment,
        "paymentAmount": amount(total, record.currency),
    }
    return {"payment": {"paymentExecutions": [execution]}}


BLOCKS = {
    "BUYER": _buyer,
    "RECIPIENT": _recipient,
    "PROCEEDS": _proceeds,
    "FULFILLMENT": _fulfillment,
    "PACKAGES": _packages,
    "TAX": _tax,
    "PAYMENT": _payment,
}


def _parts(item):
    """{breakdown type: amount} that add up to what was paid for the item."""
    parts = {"ITEM": item.price, "SHIPPING": item.shipping}
    parts.update(GIFT_WRAP=item.gift_wrap, COD_FEE=item.cod_fee)
    parts.update(DISCOUNT=-item.discount, TAX=item.tax)
    return {name: value for name, value in parts.items() if value or name == "ITEM"}


def _item(store, record, item, blocks, bare):
    currency, rules = record.currency, store.rules
    view = {
        "orderItemId": item.id,
        "quantityOrdered": item.quantity,
        "product": {
            "asin": item.asin,
            "title": item.title,
            "sellerSku": item.sku,
            "condition": {"conditionType": "NEW", "conditionSubtype": "NEW"},
        },
    }
    if not bare:
        view["product"]["price"] = {"unitPrice": amount(item.unit_price, currency)}
    if "PROCEEDS" in blocks and not bare:
        view["proceeds"] = _breakdown(rules, record, item)
    if "PROMOTION" in blocks and item.promotion:
        view["promotion"] = {"breakdowns": [{"promotionId": item.promotion}]}
    if "CANCELLATION" in blocks and (item.wish or item.cancelled_by):
        view["cancellation"] = _cancellation(item)
    if "FULFILLMENT" in blocks:
        fulfilment = {
            "quantityFulfilled": item.shipped,
            "quantityUnfulfilled": item.open,
        }
        if item.gift_wrap or item.gift_message:
            option = {"giftMessage": item.gift_message, "giftWrapLevel": "STANDARD"}
            fulfilment["packing"] = {"giftOption": option}
        view["fulfillment"] = fulfilment
    if "TAX" in blocks and item.tax:
        collection = {
            "model": "MARKETPLACE_FACILITATOR",
            "responsibleParty": "Amazon Services, Inc.",
        }
        view["tax"] = {"taxCollections": [collection]}
    return view


def _breakdown(rules, record, item):
    currency, parts = record.currency, _parts(item)
    total = sum(parts.values())
    if const.MARKETPLACES[record.marketplace].tax == "included":
        if rules.strikes("tax_zero"):
            parts["TAX"] = ZERO
    if "DISCOUNT" in parts and rules.strikes("discount_positive"):
        parts["DISCOUNT"] = -parts["DISCOUNT"]
    if rules.strikes("breakdown_odd"):
        parts["OTHER"] = parts.get("OTHER", ZERO) + 1
    return {
        "proceedsTotal": amount(total, currency),
        "breakdowns": [
            {"type": name, "subtotal": amount(value, currency)}
            for name, value in parts.items()
        ],
    }


def _cancellation(item):
    view = {}
    if item.wish:
        view["cancellationRequest"] = {"requester": "BUYER", "cancelReason": item.wish}
    if item.cancelled_by:
        view["cancellationExecution"] = {
            "cancelledBy": item.cancelled_by,
            "cancelReason": item.cancel_reason,
        }
    return view


# --- listings


def listing(store, record, blocks, marketplaces):
    """``fulfillmentAvailability`` is what is live, ``attributes`` what was sent."""
    places = [each for each in marketplaces if each in record.prices]
    view = {"sku": record.sku}
    if "summaries" in blocks:
        view["summaries"] = [_summary(record, place) for place in places]
    if "attributes" in blocks:
        attributes = {k: v for k, v in record.attributes.items() if v is not None}
        if record.submitted:
            attributes["fulfillment_availability"] = record.submitted
        view["attributes"] = attributes
    if "issues" in blocks:
        view["issues"] = []
    if "offers" in blocks:
        view["offers"] = [
            {
                "marketplaceId": place,
                "offerType": "B2C",
                "price": amount(record.prices[place], store.config.currency_of(place)),
            }
            for place in places
            if record.prices[place] is not None
        ]
    if "fulfillmentAvailability" in blocks:
        rows = [
            {"fulfillmentChannelCode": code, "quantity": quantity}
            for code, quantity in record.offers
        ]
        for row in rows:
            # of Amazon's own stock this API does not tell the number
            if row["fulfillmentChannelCode"] != MERCHANT:
                del row["quantity"]
        view["fulfillmentAvailability"] = rows
    if "productTypes" in blocks:
        view["productTypes"] = [
            {"marketplaceId": place, "productType": record.product_type}
            for place in places
        ]
    return view


def _summary(record, place):
    view = {
        "marketplaceId": place,
        "productType": record.product_type,
        "status": ["BUYABLE", "DISCOVERABLE"] if record.active else [],
        "createdDate": iso(record.created),
        "lastUpdatedDate": iso(record.updated or record.created),
        "conditionType": "new_new",
    }
    if record.asin:
        view.update(asin=record.asin, itemName=record.title)
    if record.fba:
        view["fnSku"] = record.fba.fnsku
    return view
