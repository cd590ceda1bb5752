# SPDX-License-Identifier: AGPL-3.0-or-later
"""The OpenAPI 3.1 document: what is served, and what requests are checked by. No odoo
in here, and nothing of an account: it is the same for everybody."""

from .problems import STATUS, TITLES

VERSION = "1.0.0"
PREFIX = "/channel/api/v1"
MAX_SKUS = 500
MAX_EXPLAINED = 20
MAX_LINES = 200
MAX_HOLD_LINES = 50
MAX_PAGE = 1000
MAX_UNITS = 1_000_000
TEXT = r"^[^\u0000-\u001f\u007f]*$"
MONEY = r"^-?[0-9]{1,9}(\.[0-9]{1,6})?$"
POSITIVE_MONEY = r"^[0-9]{1,9}(\.[0-9]{1,6})?$"
REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9._:@#+=-]*$"
CURSOR = r"^[0-9a-f]{8}\.[0-9]{1,15}$"

EVENTS = {
    "availability.changed": "Numbers have changed: all items of one publication.",
    "order.confirmed": "The order is confirmed, and its stock reserved.",
    "order.shipped": "A parcel of the order has left.",
    "order.tracking": "The tracking of a parcel that has been told is new or other.",
    "order.cancelled": "Units of the order will not be shipped: our doing, not yours.",
    "order.refunded": "Money of the order is given back.",
}


def _ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def _text(length, description="", **more):
    found = {"type": "string", "maxLength": length, "pattern": TEXT, **more}
    return {**found, "description": description} if description else found


def _object(properties, required=(), description="", closed=True):
    found = {"type": "object", "properties": properties}
    if required:
        found["required"] = list(required)
    if closed:
        found["additionalProperties"] = False
    if description:
        found["description"] = description
    return found


def _all(properties, description=""):
    """Of an answer: everything in it is always there."""
    return _object(properties, list(properties), description)


def _or_null(schema):
    return {**schema, "type": [schema["type"], "null"]}


def _list(schema, **more):
    return {"type": "array", "items": schema, **more}


COUNT = {"type": "integer"}
WORD = {"type": "string"}
MOMENT = {"type": "string", "format": "date-time"}
FLAG = {"type": "boolean"}

REQUESTS = {
    "Reference": {
        "type": "string",
        "minLength": 1,
        "maxLength": 64,
        "pattern": REFERENCE,
        "description": "A name of your own, unique among the things of its kind.",
    },
    "Sku": {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "pattern": TEXT,
        "description": "Letter by letter, as the channel's listing is called.",
    },
    "NodeRef": {
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "pattern": TEXT,
        "description": "A node of the channel; `getAccount` names them.",
    },
    "Money": {
        "type": "string",
        "pattern": MONEY,
        "description": "A decimal in the order's currency, such as 12.50.",
    },
    "Price": {
        "type": "string",
        "pattern": POSITIVE_MONEY,
        "description": "A decimal in the order's currency that is not negative.",
    },
    "Units": {
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_UNITS,
        "description": "Sold units: a case of twelve is one.",
    },
    "Ttl": {
        "type": "integer",
        "minimum": 1,
        "maximum": 31_536_000,
        "description": "Seconds from now on. A channel allows less than this schema: "
        "`getAccount` tells `max_hold_seconds`.",
    },
    "AvailabilityQuery": _object(
        {
            "skus": _list(_ref("Sku"), minItems=1, maxItems=MAX_SKUS, uniqueItems=True),
            "node": _ref("NodeRef"),
            "region": _text(64, "Only nodes of this region.", minLength=1),
            "why": {
                "type": "boolean",
                "description": f"Explain the numbers of at most {MAX_EXPLAINED} SKUs. "
                "Needs the scope `explain`.",
            },
        },
        ["skus"],
    ),
    "Tax": _object(
        {
            "title": _text(64, minLength=1),
            "rate": {
                "type": "string",
                "pattern": r"^[01](\.[0-9]{1,6})?$",
                "description": "A fraction: 0.19 is 19 %.",
            },
            "amount": _ref("Money"),
        },
        ["title", "rate", "amount"],
    ),
    "Address": _object(
        {
            "name": _text(128),
            "company": _text(128),
            "street": _text(128),
            "street2": _text(128),
            "city": _text(64),
            "zip": _text(24),
            "state_code": _text(16),
            "state_name": _text(64),
            "country_code": {"type": "string", "pattern": "^[A-Z]{2}$"},
            "phone": _text(32),
        },
        ["name", "country_code"],
    ),
    "Customer": _object(
        {
            "id": _text(64),
            "name": _text(128),
            "email": _text(254),
            "phone": _text(32),
            "company": _text(128),
            "vat": _text(32),
        }
    ),
    "OrderLine": _object(
        {
            "id": _ref("Reference"),
            "sku": _ref("Sku"),
            "quantity": _ref("Units"),
            "unit_price": _ref("Price"),
            "discount": _ref("Price"),
            "title": _text(256),
            "node": _ref("NodeRef"),
            "taxes": _list(_ref("Tax"), maxItems=10),
        },
        ["id", "sku", "quantity", "unit_price"],
    ),
    "Charge": _object(
        {
            "id": _ref("Reference"),
            "title": _text(128, minLength=1),
            "kind": {"type": "string", "enum": ["shipping", "fee", "tip"]},
            "price": _ref("Price"),
            "discount": _ref("Price"),
            "taxes": _list(_ref("Tax"), maxItems=10),
        },
        ["title", "price"],
    ),
    "Payment": _object(
        {
            "status": {
                "type": "string",
                "enum": ["pending", "authorized", "paid", "refunded", "voided"],
            },
            "gateway": _text(64),
            "received": _ref("Price"),
        },
        ["status"],
    ),
    "OrderRequest": _object(
        {
            "reference": _ref("Reference"),
            "name": _text(64, "What people call it; the reference without it."),
            "placed_at": MOMENT,
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            "prices": {
                "type": "string",
                "enum": ["gross", "net", "taxed"],
                "description": "gross (default): prices include the taxes of the "
                "products, which are not told. net: those taxes come on top. taxed: "
                "prices include the `taxes` that lines and charges tell.",
            },
            "total": {
                **_ref("Price"),
                "description": "All that is to be paid; before taxes where prices are "
                "net.",
            },
            "lines": _list(_ref("OrderLine"), minItems=1, maxItems=MAX_LINES),
            "charges": _list(_ref("Charge"), maxItems=20),
            "customer": _ref("Customer"),
            "billing": _ref("Address"),
            "shipping": _ref("Address"),
            "payment": _ref("Payment"),
            "note": _text(1000),
            "customer_ref": _text(64),
            "market": _text(64),
            "ship_from": MOMENT,
            "ship_by": MOMENT,
            "test": FLAG,
            "hold": {
                **_ref("Reference"),
                "description": "The hold that this order redeems: it is released in "
                "the transaction that holds the order's stock.",
            },
        },
        ["reference", "currency", "total", "lines"],
    ),
    "CancelRequest": _object(
        {
            "reason": {
                "type": "string",
                "enum": ["customer", "fraud", "payment", "other"],
            },
            "note": _text(256),
        }
    ),
    "HoldLine": _object(
        {
            "sku": _ref("Sku"),
            "quantity": _ref("Units"),
            "node": _ref("NodeRef"),
        },
        ["sku", "quantity"],
    ),
    "HoldRequest": _object(
        {
            "reference": _ref("Reference"),
            "ttl": _ref("Ttl"),
            "partial": {
                "type": "boolean",
                "description": "Hold what is there. Without it all or nothing.",
            },
            "lines": _list(_ref("HoldLine"), minItems=1, maxItems=MAX_HOLD_LINES),
        },
        ["reference", "ttl", "lines"],
    ),
    "ExtendRequest": _object({"ttl": _ref("Ttl")}, ["ttl"]),
}

NUMBER = _or_null({"type": "integer", "minimum": 0})
TRACKING = _or_null(_all({"number": WORD, "carrier": WORD, "url": WORD}))
LINE_UNITS = _list(_all({"id": WORD, "quantity": COUNT}))

ANSWERS = {
    "Problem": _object(
        {
            "type": WORD,
            "title": WORD,
            "status": COUNT,
            "code": {"type": "string", "enum": list(STATUS)},
            "detail": WORD,
            "errors": _list(
                _all({"pointer": WORD, "code": WORD, "detail": WORD}),
            ),
        },
        ["type", "title", "status", "code", "detail"],
        "RFC 9457. Go by `code`; `detail` is for people and may change.",
        closed=False,
    ),
    "Account": _all(
        {
            "channel": WORD,
            "currency": WORD,
            "environment": {"type": "string", "enum": ["production", "test"]},
            "live": {
                "type": "boolean",
                "description": "Off: numbers are not brought up to date just now.",
            },
            "nodes": _list(_all({"node": WORD, "name": WORD, "region": WORD})),
            "max_hold_seconds": COUNT,
            "key": _all(
                {
                    "prefix": WORD,
                    "scopes": _list(WORD),
                    "expires_at": MOMENT,
                    "requests_per_second": COUNT,
                }
            ),
        }
    ),
    "Step": _all(
        {
            "kind": WORD,
            "words": WORD,
            "amount": {"type": "number"},
            "left": {"type": "number"},
            "unit": {"type": "string", "enum": ["stock", "sold"]},
        }
    ),
    "NodeAvailability": _object(
        {
            "node": WORD,
            "region": WORD,
            "available": {
                **NUMBER,
                "description": "null: not offered there, or not told yet.",
            },
            "changed_at": _or_null(MOMENT),
            "why": _list(_ref("Step")),
        },
        ["node", "region", "available", "changed_at"],
    ),
    "Item": _all(
        {
            "sku": WORD,
            "status": {
                "type": "string",
                "enum": ["offered", "not_offered", "unknown"],
            },
            "available": {
                **NUMBER,
                "description": "Of all nodes together, each warehouse once.",
            },
            "nodes": _list(_ref("NodeAvailability")),
        }
    ),
    "Availability": _all({"live": FLAG, "items": _list(_ref("Item"))}),
    "Change": _all(
        {"sku": WORD, "node": WORD, "available": NUMBER, "changed_at": MOMENT}
    ),
    "Changes": _all(
        {
            "live": FLAG,
            "changes": _list(_ref("Change")),
            "cursor": {
                "type": "string",
                "description": "For the next call; keep it when this page is stored.",
            },
            "more": FLAG,
        }
    ),
    "Event": _all(
        {
            "id": WORD,
            "type": {"type": "string", "enum": list(EVENTS)},
            "timestamp": MOMENT,
            "data": {"type": "object"},
        }
    ),
    "Events": _all({"events": _list(_ref("Event")), "cursor": WORD, "more": FLAG}),
    "OrderLineState": _all(
        {
            "id": WORD,
            "sku": WORD,
            "quantity": COUNT,
            "shipped": COUNT,
            "cancelled": COUNT,
            "status": {"type": "string", "enum": ["known", "unknown_sku"]},
        }
    ),
    "Shipment": _all(
        {
            "id": WORD,
            "shipped_at": MOMENT,
            "node": WORD,
            "complete": FLAG,
            "lines": LINE_UNITS,
            "tracking": TRACKING,
        }
    ),
    "Cancellation": _all(
        {
            "cancelled_at": MOMENT,
            "by": {"type": "string", "enum": ["you", "us"]},
            "reason": WORD,
            "lines": {
                **LINE_UNITS,
                "description": "Empty: all that had not been shipped.",
            },
        }
    ),
    "Refund": _all({"refunded_at": MOMENT, "amount": WORD, "currency": WORD}),
    "Order": _all(
        {
            "reference": WORD,
            "state": {
                "type": "string",
                "enum": [
                    "received",
                    "accepted",
                    "waiting",
                    "blocked",
                    "confirmed",
                    "partly_shipped",
                    "shipped",
                    "returned",
                    "cancelled",
                    "closed",
                ],
                "description": "received: stored, its stock is being held. accepted: "
                "its stock is held. waiting: for stock or its time. blocked: a person "
                "looks at it, its stock stays held. confirmed: reserved.",
            },
            "problems": {
                **_list(WORD),
                "description": "Why it is blocked, as codes: unknown_sku, ...",
            },
            "payment": WORD,
            "currency": WORD,
            "total": WORD,
            "placed_at": _or_null(MOMENT),
            "lines": _list(_ref("OrderLineState")),
            "shipments": _list(_ref("Shipment")),
            "cancellations": _list(_ref("Cancellation")),
            "refunds": _list(_ref("Refund")),
        }
    ),
    "HoldLineState": _all(
        {
            "sku": WORD,
            "node": _or_null(WORD),
            "requested": COUNT,
            "held": COUNT,
            "places": _list(_all({"node": WORD, "held": COUNT})),
        }
    ),
    "Hold": _all(
        {
            "reference": WORD,
            "state": {
                "type": "string",
                "enum": ["held", "expired", "released", "redeemed"],
            },
            "expires_at": MOMENT,
            "complete": {
                "type": "boolean",
                "description": "All that was asked for is held.",
            },
            "order": _or_null(WORD),
            "lines": _list(_ref("HoldLineState")),
        }
    ),
}

IDEMPOTENT = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Not needed: references make requests idempotent. Where it is sent "
    "it must not be sent with another request.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 128,
        "pattern": "^[!-~]+$",
    },
}
NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 1000, "pattern": "^[ -~]*$"},
}


def _path(name):
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": _ref("Reference"),
    }


def _query(name, schema, required=False, description=""):
    found = {"name": name, "in": "query", "required": required, "schema": schema}
    if schema.get("type") == "array":
        found.update(style="form", explode=True)
    return {**found, "description": description} if description else found


SINCE = _query(
    "since",
    {"type": "string", "pattern": CURSOR},
    description="The cursor of the last page; without it from the beginning.",
)
LIMIT = _query(
    "limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 500}
)
COMMON = ("rate_limited", "busy", "internal", "malformed")
KEYED = (*COMMON, "key_unknown", "scope_missing", "channel_stopped", "invalid")


def _operation(
    name,
    summary,
    scope,
    answer,
    *,
    status=200,
    also=(),
    parameters=(),
    body=None,
    refusals=(),
    description="",
    idempotent=False,
    tagged=False,
):
    """:param also: further statuses with the same answer"""
    codes = [*(KEYED if scope is not None else COMMON), *refusals]
    parameters = list(parameters)
    if body:
        codes += ["too_large", "media_type"]
    if idempotent:
        codes.append("idempotency_key_reused")
        parameters.append(IDEMPOTENT)
    responses = {
        str(each): {
            "description": summary,
            "content": {"application/json": {"schema": answer}},
        }
        for each in (status, *also)
    }
    if tagged:
        parameters.append(NONE_MATCH)
        responses["304"] = {"description": "As the ETag says: nothing has changed"}
    for each in sorted({STATUS[code] for code in codes}):
        responses[str(each)] = {
            "description": TITLES[each],
            "content": {"application/problem+json": {"schema": _ref("Problem")}},
        }
    found = {
        "operationId": name,
        "summary": summary,
        "responses": dict(sorted(responses.items())),
    }
    if description:
        found["description"] = description
    if parameters:
        found["parameters"] = parameters
    if body:
        found["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": body}},
        }
    if scope is None:
        found["security"] = []
    else:
        found["x-scope"] = scope
    return found


def _paths():
    holds, orders = "holds", "orders"
    return {
        "/openapi.json": {
            "get": _operation("getDocument", "This document", None, {"type": "object"})
        },
        "/account": {
            "get": _operation(
                "getAccount",
                "The channel, its nodes, and this key",
                "",
                _ref("Account"),
            )
        },
        "/availability": {
            "get": _operation(
                "getAvailability",
                "What may be sold now",
                "read",
                _ref("Availability"),
                parameters=[
                    _query(
                        "sku",
                        _list(_ref("Sku"), minItems=1, maxItems=MAX_SKUS),
                        required=True,
                        description="Once for each.",
                    ),
                    _query("node", _ref("NodeRef")),
                    _query(
                        "region",
                        {
                            "type": "string",
                            "minLength": 1,
                            "maxLength": 64,
                            "pattern": TEXT,
                        },
                    ),
                    _query("why", {"type": "boolean"}),
                ],
                tagged=True,
            )
        },
        "/availability/query": {
            "post": _operation(
                "queryAvailability",
                "What may be sold now, of more SKUs than an address takes",
                "read",
                _ref("Availability"),
                body=_ref("AvailabilityQuery"),
            )
        },
        "/availability/changes": {
            "get": _operation(
                "listChanges",
                "Numbers that have changed since a cursor",
                "read",
                _ref("Changes"),
                parameters=[SINCE, LIMIT],
                refusals=["cursor_unknown"],
                description="Without `since` all numbers, page by page. No change is "
                "left out, whatever commits at the same time; a number that changes "
                "again comes again, as it is then.",
            )
        },
        "/events": {
            "get": _operation(
                "listEvents",
                "What webhooks tell, to be read again",
                "read",
                _ref("Events"),
                parameters=[SINCE, LIMIT],
                refusals=["cursor_unknown"],
            )
        },
        "/orders": {
            "post": _operation(
                "placeOrder",
                "Tell an order",
                orders,
                _ref("Order"),
                status=201,
                also=(200, 202),
                body=_ref("OrderRequest"),
                refusals=["order_conflict"],
                idempotent=True,
                description="An order is a fact: it is taken whether or not its goods "
                "are there, and also with SKUs that nobody knows. Its stock is held "
                "before this answers. 200: this very order had been told before. 202: "
                "it is stored, and its stock will be held within moments.",
            )
        },
        "/orders/{reference}": {
            "parameters": [_path("reference")],
            "get": _operation(
                "getOrder",
                "An order as it is now",
                orders,
                _ref("Order"),
                refusals=["unknown_order"],
                tagged=True,
            ),
        },
        "/orders/{reference}/cancel": {
            "parameters": [_path("reference")],
            "post": _operation(
                "cancelOrder",
                "Cancel an order of which nothing has left",
                orders,
                _ref("Order"),
                body=_ref("CancelRequest"),
                refusals=["unknown_order", "already_shipped", "not_captured_yet"],
                idempotent=True,
            ),
        },
        "/orders/{reference}/payment": {
            "parameters": [_path("reference")],
            "post": _operation(
                "payOrder",
                "Tell how far an order is paid",
                orders,
                _ref("Order"),
                body=_ref("Payment"),
                refusals=["unknown_order", "already_ended", "not_captured_yet"],
                idempotent=True,
            ),
        },
        "/holds": {
            "post": _operation(
                "takeHold",
                "Hold stock for a while",
                holds,
                _ref("Hold"),
                status=201,
                also=(200,),
                body=_ref("HoldRequest"),
                refusals=[
                    "hold_conflict",
                    "insufficient",
                    "unknown_sku",
                    "unknown_node",
                    "ttl",
                    "too_many_holds",
                ],
                idempotent=True,
                description="Never more than is there. 200: this very hold had been "
                "taken before, and this is what is left of it.",
            )
        },
        "/holds/{reference}": {
            "parameters": [_path("reference")],
            "get": _operation(
                "getHold",
                "A hold as it is now",
                holds,
                _ref("Hold"),
                refusals=["unknown_hold"],
            ),
            "delete": _operation(
                "releaseHold",
                "Let go of a hold",
                holds,
                _ref("Hold"),
                refusals=["unknown_hold"],
                description="May be repeated; one that has ended stays as it ended.",
            ),
        },
        "/holds/{reference}/extend": {
            "parameters": [_path("reference")],
            "post": _operation(
                "extendHold",
                "Keep a hold for so many seconds from now on",
                holds,
                _ref("Hold"),
                body=_ref("ExtendRequest"),
                refusals=["unknown_hold", "hold_ended", "ttl"],
                idempotent=True,
            ),
        },
    }


def _webhooks():
    return {
        kind: {
            "post": {
                "summary": summary,
                "requestBody": {
                    "content": {"application/json": {"schema": _ref("Event")}}
                },
                "responses": {"2XX": {"description": "Taken"}},
            }
        }
        for kind, summary in EVENTS.items()
    }


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {
        "title": "Channel API",
        "version": VERSION,
        "description": "Availability, orders and holds of one sales channel. Units are "
        "sold units, times are RFC 3339, money is a decimal in a text. What is not "
        "known in a request is refused, so that nothing is left out in silence; "
        "answers may gain members in this version. Webhooks are signed as Standard "
        "Webhooks 1.0 says; the same one may come twice and out of order: go by "
        "`webhook-id`, and read what it is about.",
    },
    "servers": [{"url": PREFIX}],
    "security": [{"key": []}],
    "paths": _paths(),
    "webhooks": _webhooks(),
    "components": {
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        "schemas": {**REQUESTS, **ANSWERS},
    },
}
