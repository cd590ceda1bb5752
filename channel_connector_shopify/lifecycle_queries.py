"""The documents that tell Shopify what became of an order. No odoo in here.

``fulfillmentCreate`` and ``orderCancel`` know no key: what the shop has is read before
anything is repeated (``FULFILLMENTS``, ``CANCEL_STATE``). Refunds carry a key, and our
mark in their note, by which they are found again.
"""

from .queries import Document

_PAGE = "pageInfo { hasNextPage endCursor }"
_MONEY = "{ shopMoney { amount currencyCode } }"
MAX_FULFILLMENTS = 100
MAX_REFUNDS = 250
MAX_TRANSACTIONS = 100

_FULFILLMENT_ORDER_LINE = "id remainingQuantity lineItem { id }"

FULFILLMENT_ORDERS = Document(
    "ShippableOrders",
    f"""
    query ShippableOrders($id: ID!, $after: String) {{
      order(id: $id) {{
        id
        cancelledAt
        fulfillmentOrders(first: 6, after: $after) {{
          nodes {{
            id
            status
            supportedActions {{ action }}
            fulfillmentHolds {{ displayReason reasonNotes }}
            assignedLocation {{ location {{ id }} }}
            lineItems(first: 40) {{ nodes {{ {_FULFILLMENT_ORDER_LINE} }} {_PAGE} }}
          }}
          {_PAGE}
        }}
      }}
    }}
    """,
    cost=120,
)

FULFILLMENT_ORDER_LINES = Document(
    "ShippableLines",
    f"""
    query ShippableLines($id: ID!, $after: String) {{
      fulfillmentOrder(id: $id) {{
        lineItems(first: 200, after: $after) {{
          nodes {{ {_FULFILLMENT_ORDER_LINE} }} {_PAGE}
        }}
      }}
    }}
    """,
    cost=60,
)

FULFILLMENTS = Document(
    "Fulfillments",
    f"""
    query Fulfillments($id: ID!) {{
      order(id: $id) {{
        id
        fulfillments(first: {MAX_FULFILLMENTS}) {{
          id
          status
          trackingInfo(first: 1) {{ number }}
        }}
      }}
    }}
    """,
    cost=60,
)

FULFILLMENT_LINES = Document(
    "FulfillmentLines",
    f"""
    query FulfillmentLines($id: ID!, $after: String) {{
      fulfillment(id: $id) {{
        fulfillmentLineItems(first: 200, after: $after) {{
          nodes {{ quantity lineItem {{ id }} }} {_PAGE}
        }}
      }}
    }}
    """,
    cost=40,
)

FULFILL = Document(
    "Fulfill",
    """
    mutation Fulfill($fulfillment: FulfillmentInput!) {
      fulfillmentCreate(fulfillment: $fulfillment) {
        fulfillment { id status }
        userErrors { field message }
      }
    }
    """,
    mutation=True,
)

TRACK = Document(
    "Track",
    """
    mutation Track(
      $id: ID!, $tracking: FulfillmentTrackingInput!, $notify: Boolean!
    ) {
      fulfillmentTrackingInfoUpdate(
        fulfillmentId: $id, trackingInfoInput: $tracking, notifyCustomer: $notify
      ) {
        fulfillment { id }
        userErrors { field message }
      }
    }
    """,
    mutation=True,
)

TAG = Document(
    "Tag",
    """
    mutation Tag($id: ID!, $tags: [String!]!) {
      tagsAdd(id: $id, tags: $tags) {
        node { id }
        userErrors { field message }
      }
    }
    """,
    mutation=True,
)

CANCEL = Document(
    "Cancel",
    """
    mutation Cancel(
      $id: ID!, $reason: OrderCancelReason!, $note: String, $refund: Boolean!,
      $notify: Boolean!
    ) {
      orderCancel(
        orderId: $id, reason: $reason, restock: true, staffNote: $note,
        refundMethod: { originalPaymentMethodsRefund: $refund },
        notifyCustomer: $notify
      ) {
        job { id done }
        orderCancelUserErrors { code field message }
      }
    }
    """,
    mutation=True,
)

CANCEL_STATE = Document(
    "CancelState",
    """
    query CancelState($id: ID!) {
      order(id: $id) { id cancelledAt }
    }
    """,
)

CANCEL_JOB = Document(
    "CancelJob",
    """
    query CancelJob($id: ID!) {
      job(id: $id) { id done }
    }
    """,
)

SUGGESTED_REFUND = Document(
    "SuggestedRefund",
    f"""
    query SuggestedRefund($id: ID!, $lines: [RefundLineItemInput!]!) {{
      order(id: $id) {{
        id
        suggestedRefund(refundLineItems: $lines) {{
          amountSet {_MONEY}
          suggestedTransactions {{
            amountSet {_MONEY}
            gateway
            parentTransaction {{ id }}
          }}
        }}
      }}
    }}
    """,
    cost=60,
)

PAYMENTS = Document(
    "Payments",
    f"""
    query Payments($id: ID!) {{
      order(id: $id) {{
        id
        transactions(first: {MAX_TRANSACTIONS}) {{
          id
          kind
          status
          gateway
          amountSet {_MONEY}
          parentTransaction {{ id }}
        }}
      }}
    }}
    """,
    cost=60,
)

REFUND = Document(
    "Refund",
    """
    mutation Refund($input: RefundInput!, $key: String!) {
      refundCreate(input: $input) @idempotent(key: $key) {
        refund { id }
        userErrors { field message }
      }
    }
    """,
    mutation=True,
    idempotent=True,
)

REFUND_NOTES = Document(
    "RefundNotes",
    f"""
    query RefundNotes($id: ID!) {{
      order(id: $id) {{ id refunds(first: {MAX_REFUNDS}) {{ id note }} }}
    }}
    """,
    cost=60,
)
