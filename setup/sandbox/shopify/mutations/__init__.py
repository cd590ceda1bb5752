"""The root of all mutations, put together from one module for each area."""

from .bulk import BulkMutations
from .fulfillment import FulfillmentMutations
from .inventory import InventoryMutations
from .orders import OrderMutations
from .products import ProductMutations
from .webhooks import WebhookMutations


class Mutation(
    InventoryMutations,
    OrderMutations,
    ProductMutations,
    FulfillmentMutations,
    WebhookMutations,
    BulkMutations,
):
    gql_type = "Mutation"
