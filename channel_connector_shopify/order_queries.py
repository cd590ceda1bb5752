# SPDX-License-Identifier: AGPL-3.0-or-later
"""The documents that read orders. No odoo in here.

A page holds a few orders with the first of everything in them, which is all of an
ordinary order. Where it is not, ``lib.completion`` reads on with the documents below:
nothing is ever cut off in silence.
"""

from .queries import Document

REFUNDS_IN_PAGE = 2
REFUNDS_IN_ORDER = 4

_MONEY = "{ shopMoney { amount currencyCode } }"
_PAGE = "pageInfo { hasNextPage endCursor }"
_TAXES = f"taxLines {{ title rate priceSet {_MONEY} }}"
_ADDRESS = """{
    name company address1 address2 city zip province provinceCode countryCodeV2
    phone
}"""

_LINE = f"""
    id
    title
    variantTitle
    sku
    quantity
    currentQuantity
    unfulfilledQuantity
    requiresShipping
    isGiftCard
    customAttributes {{ key value }}
    variant {{ id }}
    originalUnitPriceSet {_MONEY}
    discountAllocations {{ allocatedAmountSet {_MONEY} }}
    {_TAXES}
"""

_SHIPPING_LINE = f"""
    id
    title
    code
    originalPriceSet {_MONEY}
    discountedPriceSet {_MONEY}
    currentDiscountedPriceSet {_MONEY}
    {_TAXES}
"""

_FULFILLMENT_ORDER_LINE = "totalQuantity remainingQuantity lineItem { id }"
_FULFILLMENT_ORDER = "id status assignedLocation { location { id } }"

_REFUND_LINE = f"""
    quantity
    restockType
    restocked
    lineItem {{ id }}
    location {{ id }}
    subtotalSet {_MONEY}
    totalTaxSet {_MONEY}
"""
_REFUND_SHIPPING_LINE = (
    f"shippingLine {{ id }} subtotalAmountSet {_MONEY} taxAmountSet {_MONEY}"
)
_REFUND_HEAD = f"id createdAt note totalRefundedSet {_MONEY}"

_HEAD = f"""
    id
    name
    createdAt
    processedAt
    updatedAt
    cancelledAt
    test
    note
    email
    phone
    currencyCode
    taxesIncluded
    displayFinancialStatus
    paymentGatewayNames
    risk {{ recommendation }}
    currentTotalPriceSet {_MONEY}
    currentTotalTaxSet {_MONEY}
    totalTipReceivedSet {_MONEY}
    totalReceivedSet {_MONEY}
    customer {{
      id
      displayName
      defaultEmailAddress {{ emailAddress }}
      defaultPhoneNumber {{ phoneNumber }}
    }}
    billingAddress {_ADDRESS}
    shippingAddress {_ADDRESS}
"""


def _connection(name, selection, first):
    return f"{name}(first: {first}) {{ nodes {{ {selection} }} {_PAGE} }}"


def _order(lines, orders, per_order, shipping, refunds, per_refund):
    """The selection of an order with so many of each in its first pages."""
    fulfillment_order = (
        f"{_FULFILLMENT_ORDER} "
        f"{_connection('lineItems', _FULFILLMENT_ORDER_LINE, per_order)}"
    )
    return f"""
        {_HEAD}
        {_connection("lineItems", _LINE, lines)}
        {_connection("shippingLines", _SHIPPING_LINE, shipping)}
        {_connection("fulfillmentOrders", fulfillment_order, orders)}
        refunds(first: {refunds}) {{
          {_REFUND_HEAD}
          {_connection("refundLineItems", _REFUND_LINE, per_refund)}
          {_connection("refundShippingLines", _REFUND_SHIPPING_LINE, 1)}
        }}
    """


ORDERS = Document(
    "Orders",
    f"""
    query Orders($query: String!, $after: String) {{
      orders(first: 4, after: $after, query: $query, sortKey: UPDATED_AT) {{
        nodes {{ {_order(5, 2, 5, 1, REFUNDS_IN_PAGE, 3)} }}
        {_PAGE}
      }}
    }}
    """,
    cost=250,
)

HEADS_IN_PAGE = 250
ORDER_HEADS = Document(
    "OrderHeads",
    f"""
    query OrderHeads($query: String!, $after: String) {{
      orders(
        first: {HEADS_IN_PAGE}, after: $after, query: $query, sortKey: UPDATED_AT
      ) {{
        nodes {{ id updatedAt }}
        {_PAGE}
      }}
    }}
    """,
    cost=30,
)

ORDERS_IN_READ = 4
ORDERS_BY_ID = Document(
    "OrdersById",
    f"""
    query OrdersById($ids: [ID!]!) {{
      nodes(ids: $ids) {{
        ... on Order {{ {_order(5, 2, 5, 1, REFUNDS_IN_PAGE, 3)} }}
      }}
    }}
    """,
    cost=250,
)

ORDER = Document(
    "Order",
    f"""
    query Order($id: ID!) {{
      order(id: $id) {{ {_order(25, 4, 25, 2, REFUNDS_IN_ORDER, 5)} }}
    }}
    """,
    cost=200,
)


def _more(name, root, field, selection, first):
    """The following pages of one connection, with the age of what they belong to."""
    age = "updatedAt" if root == "order" else "order { updatedAt }"
    return Document(
        name,
        f"""
        query {name}($id: ID!, $after: String) {{
          {root}(id: $id) {{
            {age}
            {field}(first: {first}, after: $after) {{ nodes {{ {selection} }} {_PAGE} }}
          }}
        }}
        """,
        cost=60,
    )


ORDER_LINES = _more("OrderLines", "order", "lineItems", _LINE, 80)
ORDER_SHIPPING_LINES = _more(
    "OrderShippingLines", "order", "shippingLines", _SHIPPING_LINE, 50
)
ORDER_FULFILLMENT_ORDERS = _more(
    "OrderFulfillmentOrders",
    "order",
    "fulfillmentOrders",
    f"{_FULFILLMENT_ORDER} {_connection('lineItems', _FULFILLMENT_ORDER_LINE, 25)}",
    15,
)
FULFILLMENT_ORDER_LINES = _more(
    "FulfillmentOrderLines",
    "fulfillmentOrder",
    "lineItems",
    _FULFILLMENT_ORDER_LINE,
    200,
)
REFUND_LINES = _more("RefundLines", "refund", "refundLineItems", _REFUND_LINE, 100)
REFUND_SHIPPING_LINES = _more(
    "RefundShippingLines", "refund", "refundShippingLines", _REFUND_SHIPPING_LINE, 100
)
MAX_REFUNDS = 250
ORDER_REFUNDS = Document(
    "OrderRefunds",
    f"""
    query OrderRefunds($id: ID!) {{
      order(id: $id) {{
        updatedAt
        refunds(first: {MAX_REFUNDS}) {{ {_REFUND_HEAD} }}
      }}
    }}
    """,
)

KNOWN = Document(
    "KnownOrders", "query KnownOrders($ids: [ID!]!) { nodes(ids: $ids) { id } }"
)
"""Which of these orders the shop shows."""

SCOPES = Document(
    "Scopes",
    "query Scopes { currentAppInstallation { accessScopes { handle } } }",
)
"""What the app may read."""
