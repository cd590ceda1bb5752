"""The GraphQL documents, all of them. No odoo in here.

Tests validate each against the published schemas of every version that can be
selected, and keep each under Shopify's cap of 1,000 points a request even if pages
are counted by their full size. ``cost`` is a first guess: what Shopify reports
replaces it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Document:
    """``mutation``: it acts. ``idempotent``: it takes a key, so it may be repeated."""

    name: str
    text: str
    cost: int = 10
    mutation: bool = False
    idempotent: bool = False


# ------------------------------------------------------------- connection
SHOP = Document(
    "Shop",
    """
    query Shop {
      shop {
        id
        name
        myshopifyDomain
        currencyCode
        plan { partnerDevelopment }
      }
      currentAppInstallation { accessScopes { handle } }
    }
    """,
)

# -------------------------------------------------------------- catalogue
LOCATIONS = Document(
    "Locations",
    """
    query Locations($after: String) {
      locations(first: 100, after: $after, includeInactive: true, sortKey: ID) {
        nodes { id name isActive }
        pageInfo { hasNextPage endCursor }
      }
    }
    """,
)

VARIANT_COUNT = Document(
    "VariantCount", "query VariantCount { productVariantsCount { count } }"
)

_VARIANT = """
    id
    sku
    barcode
    title
    requiresComponents
    product { title status }
    inventoryItem { id tracked }
"""

VARIANTS = Document(
    "Variants",
    f"""
    query Variants($after: String) {{
      productVariants(first: 240, after: $after, sortKey: ID) {{
        nodes {{ {_VARIANT} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """,
    cost=50,
)

BULK_VARIANTS = f"{{ productVariants {{ edges {{ node {{ {_VARIANT} }} }} }} }}"
"""Run by ``BULK_START``: without pages, and outside of the points."""

BULK_START = Document(
    "BulkStart",
    """
    mutation BulkStart($query: String!) {
      bulkOperationRunQuery(query: $query, groupObjects: false) {
        bulkOperation { id status }
        userErrors { field message code }
      }
    }
    """,
    mutation=True,
)

BULK_STATUS = Document(
    "BulkStatus",
    """
    query BulkStatus($id: ID!) {
      bulkOperation(id: $id) { id status errorCode objectCount url }
    }
    """,
)

# ----------------------------------------------------------------- levels
LEVELS = Document(
    "Levels",
    """
    query Levels($items: [ID!]!, $location: ID!) {
      nodes(ids: $items) {
        ... on InventoryItem {
          id
          inventoryLevel(locationId: $location) {
            quantities(names: ["available"]) { name quantity }
          }
        }
      }
    }
    """,
    cost=50,
)

SET_QUANTITIES = Document(
    "SetQuantities",
    """
    mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
      inventorySetQuantities(input: $input) @idempotent(key: $key) {
        inventoryAdjustmentGroup {
          id
          createdAt
          changes(quantityNames: ["available"]) { item { id } location { id } }
        }
        userErrors { code field message }
      }
    }
    """,
    mutation=True,
    idempotent=True,
)

ACTIVATE = Document(
    "Activate",
    """
    mutation Activate($item: ID!, $location: ID!, $key: String!) {
      inventoryActivate(inventoryItemId: $item, locationId: $location)
      @idempotent(key: $key) {
        inventoryLevel { id }
        userErrors { field message }
      }
    }
    """,
    mutation=True,
    idempotent=True,
)

# --------------------------------------------------------------- webhooks
WEBHOOKS = Document(
    "Webhooks",
    """
    query Webhooks($after: String) {
      webhookSubscriptions(first: 100, after: $after) {
        nodes { id topic uri format filter includeFields }
        pageInfo { hasNextPage endCursor }
      }
    }
    """,
)

WEBHOOK_CREATE = Document(
    "WebhookCreate",
    """
    mutation WebhookCreate(
      $topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!
    ) {
      webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
        webhookSubscription { id }
        userErrors { field message }
      }
    }
    """,
    mutation=True,
)

WEBHOOK_DELETE = Document(
    "WebhookDelete",
    """
    mutation WebhookDelete($id: ID!) {
      webhookSubscriptionDelete(id: $id) {
        deletedWebhookSubscriptionId
        userErrors { field message }
      }
    }
    """,
    mutation=True,
)
