"""From records of the store to GraphQL objects.

A ``View`` shows a record as one type: each public method or property is one field,
in snake case. A ``Record`` is a plain bag of values for small types. Whatever is
neither is "not in this sandbox", which is found before a document runs.
"""

import functools
import inspect
import re

from graphql import (
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    is_interface_type,
    is_union_type,
    visit,
)

from .errors import ApiError, NotInSandbox
from .ids import InvalidGid

VIEWS = {}
EDGES = {"first", "last", "after", "before", "reverse"}
"""The arguments of a list's page."""
CONNECTION_FIELDS = {
    "Connection": {"edges", "nodes", "pageInfo"},
    "Edge": {"node", "cursor"},
}
INTERFACES = {
    "Node": {"id"},
    "LegacyInteroperability": {"legacyResourceId"},
    "DisplayableError": {"field", "message"},
    "Media": {"id", "alt", "mediaContentType"},
    "DiscountApplication": {
        "allocationMethod",
        "index",
        "targetSelection",
        "targetType",
        "value",
    },
}
ABSENT = {
    "Collection",
    "CollectionRuleSet",
    "CustomerEmailMarketingConsentState",
    "DraftOrder",
    "DraftOrderLineItem",
    "Image",
    "MediaImage",
    "OrderAdjustment",
    "OrderRiskAssessment",
    "Return",
}
"""What no store of the sandbox has, which is the answer: lists of it are empty, and so
nobody ever asks one for a field."""
RECORDS = {
    "AccessScope": {"handle", "description"},
    "ApiVersion": {"handle", "displayName", "supported"},
    "Attribute": {"key", "value"},
    "BulkOperationRunQueryPayload": {"bulkOperation", "userErrors"},
    "BulkOperationUserError": {"field", "message", "code"},
    "CashRoundingAdjustment": {"paymentSet", "refundSet"},
    "Count": {"count", "precision"},
    "CustomerEmailAddress": {"emailAddress", "marketingState", "validFormat"},
    "CustomerPhoneNumber": {"phoneNumber"},
    "Domain": {"id", "host", "url", "sslEnabled"},
    "FulfillmentCreatePayload": {"fulfillment", "userErrors"},
    "FulfillmentOrderHoldPayload": {
        "fulfillmentHold",
        "fulfillmentOrder",
        "remainingFulfillmentOrder",
        "userErrors",
    },
    "FulfillmentOrderHoldUserError": {"field", "message", "code"},
    "FulfillmentOrderMoveFulfillmentOrderMoveUserError": {"field", "message", "code"},
    "FulfillmentOrderMovePayload": {
        "movedFulfillmentOrder",
        "originalFulfillmentOrder",
        "remainingFulfillmentOrder",
        "userErrors",
    },
    "FulfillmentOrderReleaseHoldPayload": {"fulfillmentOrder", "userErrors"},
    "FulfillmentOrderReleaseHoldUserError": {"field", "message", "code"},
    "FulfillmentOrderSupportedAction": {"action", "externalUrl"},
    "FulfillmentTrackingInfo": {"company", "number", "url"},
    "FulfillmentTrackingInfoUpdatePayload": {"fulfillment", "userErrors"},
    "InventoryActivatePayload": {"inventoryLevel", "userErrors"},
    "InventoryAdjustQuantitiesPayload": {"inventoryAdjustmentGroup", "userErrors"},
    "InventoryAdjustQuantitiesUserError": {"field", "message", "code"},
    "InventoryItemMeasurement": {"weight"},
    "InventoryMoveQuantitiesPayload": {"inventoryAdjustmentGroup", "userErrors"},
    "InventoryMoveQuantitiesUserError": {"field", "message", "code"},
    "InventoryQuantity": {"id", "name", "quantity", "updatedAt"},
    "InventorySetQuantitiesPayload": {"inventoryAdjustmentGroup", "userErrors"},
    "InventorySetQuantitiesUserError": {"field", "message", "code"},
    "LocationAddress": {
        "address1",
        "address2",
        "city",
        "country",
        "countryCode",
        "formatted",
        "phone",
        "province",
        "provinceCode",
        "zip",
    },
    "MoneyBag": {"shopMoney", "presentmentMoney"},
    "MoneyV2": {"amount", "currencyCode"},
    "OrderApp": {"id", "name"},
    "OrderCancelPayload": {"job", "jobResult", "orderCancelUserErrors", "userErrors"},
    "OrderCancelUserError": {"field", "message", "code"},
    "OrderCancellation": {"staffNote"},
    "OrderRiskSummary": {"assessments", "recommendation"},
    "PageInfo": {"hasNextPage", "hasPreviousPage", "startCursor", "endCursor"},
    "ProductOption": {"id", "name", "position", "optionValues"},
    "ProductOptionValue": {"id", "name"},
    "PricingPercentageValue": {"percentage"},
    "RefundCreatePayload": {"order", "refund", "userErrors"},
    "SelectedOption": {"name", "value"},
    "ShopifyPaymentsAssociatedOrder": {"id", "name"},
    "ShopifyPaymentsBalanceTransactionAssociatedPayout": {"id", "status"},
    "ShopifyPaymentsPayoutSummary": {
        "adjustmentsFee",
        "adjustmentsGross",
        "advanceFees",
        "advanceGross",
        "chargesFee",
        "chargesGross",
        "refundsFee",
        "refundsFeeGross",
        "reservedFundsFee",
        "reservedFundsGross",
        "retriedPayoutsFee",
        "retriedPayoutsGross",
        "usdcRebateCreditAmount",
    },
    "SuggestedOrderTransaction": {
        "amountSet",
        "gateway",
        "kind",
        "maximumRefundableSet",
        "parentTransaction",
    },
    "SuggestedRefund": {
        "amountSet",
        "maximumRefundableSet",
        "subtotalSet",
        "suggestedTransactions",
        "totalTaxSet",
    },
    "ProductVariantsBulkUpdatePayload": {"productVariants", "userErrors"},
    "ProductVariantsBulkUpdateUserError": {"field", "message", "code"},
    "ShopAddress": {"countryCodeV2"},
    "ShopPlan": {"displayName", "partnerDevelopment", "shopifyPlus"},
    "TagsAddPayload": {"node", "userErrors"},
    "TaxLine": {
        "title",
        "rate",
        "ratePercentage",
        "price",
        "priceSet",
        "channelLiable",
        "source",
    },
    "UserError": {"field", "message"},
    "WebhookHttpEndpoint": {"callbackUrl"},
    "WebhookSubscriptionCreatePayload": {"webhookSubscription", "userErrors"},
    "WebhookSubscriptionDeletePayload": {"deletedWebhookSubscriptionId", "userErrors"},
    "WebhookSubscriptionUpdatePayload": {"webhookSubscription", "userErrors"},
    "Weight": {"value", "unit"},
}


@functools.cache
def snake(name):
    """``legacyResourceId`` -> ``legacy_resource_id``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class View:
    """Base of all views: a record as seen by one request."""

    gql_type = None

    def __init_subclass__(cls):
        if cls.gql_type:
            VIEWS[cls.gql_type] = cls

    def __init__(self, record, ctx):
        self._record = record
        self._ctx = ctx

    def id(self):
        return self._record.gid

    def legacy_resource_id(self):
        return str(self._record.id)


class Record:
    """Values of a small type, by their GraphQL names."""

    def __init__(self, gql_type, **values):
        self.gql_type = gql_type
        self.values = values


def implements(type_name, field_name):
    """Does the sandbox play this field?"""
    for suffix, names in CONNECTION_FIELDS.items():
        if type_name.endswith(suffix):
            return field_name in names
    if type_name in ABSENT:
        return True
    if type_name in RECORDS:
        return field_name in RECORDS[type_name]
    view = VIEWS.get(type_name)
    return bool(view) and hasattr(view, snake(field_name))


def resolve_type(value, _info, _abstract):
    return value.gql_type


def resolve_field(source, info, **arguments):
    """The default resolver of every field of a request."""
    ctx = info.context
    source = source or ctx.root(info.parent_type.name)
    ctx.access.check(info.parent_type.name, info.field_name, info.return_type)
    if isinstance(source, Record):
        return source.values.get(info.field_name)
    attribute = getattr(source, snake(info.field_name), None)
    if not callable(attribute):
        return attribute
    try:
        return attribute(**_arguments(attribute, info, arguments))
    except InvalidGid as error:
        raise ApiError(str(error), "argumentLiteralsIncompatible") from error


@functools.cache
def _accepted(function):
    """The names of its parameters; ``**edges`` takes those of every list."""
    names = frozenset(inspect.signature(function).parameters)
    return names | EDGES if "edges" in names else names


def _arguments(attribute, info, arguments):
    """In snake case; the request may not set one that the sandbox ignores."""
    accepted = _accepted(getattr(attribute, "__func__", attribute))
    result = {}
    if "info" in accepted:
        result["info"] = info
    given = {node.name.value for node in info.field_nodes[0].arguments or ()}
    for name, value in arguments.items():
        if snake(name) in accepted:
            result[snake(name)] = value
            continue
        if name not in given:
            continue
        definition = info.parent_type.fields[info.field_name].args[name]
        if value is not None and value != definition.default_value:
            where = f"{info.parent_type.name}.{info.field_name}"
            raise NotInSandbox(f"{where}({name}:)")
    return result


class _Coverage(Visitor):
    def __init__(self, type_info, errors):
        super().__init__()
        self.type_info = type_info
        self.errors = errors

    def enter_field(self, node, *_args):
        parent = self.type_info.get_parent_type()
        name = node.name.value
        if parent is None or name.startswith("__") or parent.name.startswith("__"):
            return
        if is_interface_type(parent) or is_union_type(parent):
            covered = name in INTERFACES.get(parent.name, ())
        else:
            covered = implements(parent.name, name)
        if not covered:
            self.errors.append(NotInSandbox(f"{parent.name}.{name}"))


def uncovered(schema, document):
    """Errors for the fields of a document that the sandbox does not play."""
    errors = []
    type_info = TypeInfo(schema)
    visit(document, TypeInfoVisitor(type_info, _Coverage(type_info, errors)))
    return errors
