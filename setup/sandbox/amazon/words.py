"""Notifications: what is told to whom, in which form, and how it gets lost."""

import json
import uuid
from collections import deque

from ..common.agenda import iso_ms
from . import schema
from .models import MERCHANT

V0_STATES = {
    "PENDING_AVAILABILITY": "PendingAvailability",
    "PENDING": "Pending",
    "UNSHIPPED": "Unshipped",
    "PARTIALLY_SHIPPED": "PartiallyShipped",
    "SHIPPED": "Shipped",
    "CANCELLED": "Canceled",
    "UNFULFILLABLE": "Unfulfillable",
}
ORDER_CHANGE = "ORDER_CHANGE"
FBA = "FBA_INVENTORY_AVAILABILITY_CHANGES"
FEED = "FEED_PROCESSING_FINISHED"
REPORT = "REPORT_PROCESSING_FINISHED"
QUANTITY = "LISTINGS_ITEM_MFN_QUANTITY_CHANGE"
SCHEMAS = {
    ORDER_CHANGE: "OrderChangeNotification",
    FBA: "FBAInventoryAvailabilityChangeNotification",
    FEED: "FeedProcessingFinishedNotification",
    REPORT: "ReportProcessingFinishedNotification",
    QUANTITY: "ListingsItemMfnQuantityChange",
}
# These two are told with small first letters, the others with capitals.
SMALL = (FEED, REPORT)
EVENTBRIDGE_ONLY = (QUANTITY,)
ON_THE_WAY = (0, 2)
HOUR = 3600


class Words:
    """Sends each word to the queue of its subscription, if it has one.

    :ivar subscriptions: {type: subscription}
    :ivar destinations: {id: destination}, of the application
    """

    def __init__(self, store, queues):
        self.store, self.queues = store, queues
        self.clear()

    def clear(self):
        self.subscriptions = {}
        self.destinations = {}
        self.log = deque(maxlen=5000)

    # --- what happens

    def order(self, order, reason, new=False, wish=False):
        """Something has changed on an order: one word, or one for each item."""
        if new and not self.store.rules.strikes("new_order_told"):
            return
        kind = "BuyerRequestedChange" if wish else "OrderStatusChange"
        if kind not in self._order_changes():
            return
        if self.store.rules.strikes("order_level") or len(order.items) == 1:
            self._order(order, kind, reason, "OrderLevel", order.items)
            return
        for item in order.items:
            self._order(order, kind, reason, "OrderItemLevel", [item])

    def _order_changes(self):
        subscription = self.subscriptions.get(ORDER_CHANGE, {})
        directive = subscription.get("processingDirective", {})
        event_filter = directive.get("eventFilter", {})
        every = ("OrderStatusChange", "BuyerRequestedChange")
        return event_filter.get("orderChangeTypes", every)

    def _order(self, order, kind, reason, level, items):
        blank = self.store.rules.strikes("null_times")
        moment = iso_ms(self.store.clock.time())
        created = order.created.timestamp()
        shipped = sum(item.shipped for item in order.items)
        summary = {
            "MarketplaceId": order.marketplace,
            "OrderStatus": V0_STATES[order.status],
            "PurchaseDate": None if blank else iso_ms(created),
            "DestinationPostalCode": (
                None if blank or order.pending else order.address.get("postalCode")
            ),
            "FulfillmentType": "MFN" if order.merchant else "AFN",
            "OrderType": "StandardOrder",
            "EarliestShipDate": iso_ms(created),
            "LatestShipDate": iso_ms(created + 48 * HOUR),
            "NumberOfItemsShipped": shipped,
            "NumberOfItemsUnshipped": sum(item.open for item in order.items),
            "OrderItems": [self._item(order, item) for item in items],
        }
        if order.pending:
            summary["CancelNotifyDate"] = iso_ms(created + 24 * HOUR)
        if order.replaces:
            summary["OrderPrograms"] = ["Replacement"]
        body = {
            "NotificationLevel": level,
            "SellerId": self.store.config.seller_id,
            "AmazonOrderId": order.id,
            "OrderChangeType": kind,
            "OrderChangeTrigger": {
                "TimeOfOrderChange": None if blank else moment,
                "ChangeReason": reason,
            },
            "Summary": summary,
        }
        self._send(ORDER_CHANGE, {"OrderChangeNotification": body})

    def _item(self, order, item):
        return {
            "OrderItemId": item.id,
            "SellerSKU": item.sku,
            "SupplySourceId": None,
            **(
                {}
                if order.pending or not order.live
                else {"OrderItemStatus": "Unshipped" if item.open else "Shipped"}
            ),
            "Quantity": item.quantity - item.cancelled,
            "QuantityShipped": item.shipped,
            "IsBuyerRequestedCancel": bool(item.wish),
        }

    def quantity(self, listing):
        payload = {
            "SellerId": self.store.config.seller_id,
            "FulfillmentChannelCode": MERCHANT,
            "Sku": listing.sku,
            "Quantity": listing.quantity,
        }
        self._send(QUANTITY, payload)

    def fba(self, listing):
        stock = listing.fba
        inventory = {
            "InboundQuantityBreakdown": {
                "Working": 0,
                "Shipped": stock.inbound,
                "Receiving": 0,
            },
            "Fulfillable": stock.fulfillable,
            "Unfulfillable": stock.unfulfillable,
            "Researching": 0,
            "ReservedQuantityBreakdown": {
                "WarehouseProcessing": 0,
                "WarehouseTransfer": 0,
                "PendingCustomerOrder": stock.reserved,
            },
            "FutureSupplyBuyable": 0,
            "PendingCustomerOrderInTransit": 0,
        }
        rows = [
            {
                "MarketplaceId": marketplace,
                "ItemName": listing.title,
                "FulfillmentInventory": inventory,
            }
            for marketplace in listing.prices
        ]
        payload = {
            "SellerId": self.store.config.seller_id,
            "FNSKU": stock.fnsku,
            "ASIN": listing.asin,
            "SKU": listing.sku,
            "FulfillmentInventoryByMarketplace": rows,
        }
        self._send(FBA, payload)

    def feed(self, feed):
        body = {
            "sellerId": self.store.config.seller_id,
            "accountId": "amzn1.merchant.o.SANDBOX",
            "feedId": feed.id,
            "feedType": feed.type,
            "processingStatus": feed.status,
        }
        if feed.result:
            body["resultFeedDocumentId"] = feed.result
        self._send(FEED, {"feedProcessingFinishedNotification": body})

    def report(self, report):
        body = {
            "sellerId": self.store.config.seller_id,
            "accountId": "amzn1.merchant.o.SANDBOX",
            "reportId": report.id,
            "reportType": report.type,
            "processingStatus": report.status,
        }
        if report.document:
            body["reportDocumentId"] = report.document
        self._send(REPORT, {"reportProcessingFinishedNotification": body})

    def test(self, destination):
        """What sendTestNotification sends: a word of no other use."""
        body = {"NotificationType": "TEST", "Payload": {}}
        self._deliver(destination, "TEST", body)

    # --- on their way

    def _send(self, kind, payload):
        subscription = self.subscriptions.get(kind)
        if not subscription:
            return
        body = self._envelope(kind, subscription, payload)
        document = schema.load(SCHEMAS[kind])
        if problem := schema.first_problem(document, body, document):
            self.store.violations.note("own_answers", f"{kind}: {problem}")
        self._deliver(subscription["destinationId"], kind, body)

    def _envelope(self, kind, subscription, payload):
        moment = iso_ms(self.store.clock.time())
        notification = str(uuid.uuid4())
        if kind in SMALL:
            return {
                "notificationVersion": "2020-09-04",
                "notificationType": kind,
                "payloadVersion": "2020-09-04",
                "eventTime": moment,
                "payload": payload,
                "notificationMetadata": {
                    "applicationId": self.store.config.application_id,
                    "subscriptionId": subscription["subscriptionId"],
                    "publishTime": moment,
                    "notificationId": notification,
                },
            }
        return {
            "NotificationVersion": "1.0",
            "NotificationType": kind,
            "PayloadVersion": subscription["payloadVersion"],
            "EventTime": moment,
            "Payload": payload,
            "NotificationMetadata": {
                "ApplicationId": self.store.config.application_id,
                "SubscriptionId": subscription["subscriptionId"],
                "PublishTime": moment,
                "NotificationId": notification,
            },
        }

    def _deliver(self, destination, kind, body):
        store, rules = self.store, self.store.rules
        resource = self.destinations.get(destination, {}).get("resource", {})
        if "sqs" in resource:
            name = resource["sqs"]["arn"].rpartition(":")[2]
        else:
            name = store.config.eventbridge_queue
            body = self._event(kind, body)
        queue = self.queues.get(name)
        lost = queue is None or rules.strikes("word_lost")
        text = json.dumps(body, ensure_ascii=False)
        self.log.append({"type": kind, "lost": lost, "body": text})
        if lost:
            return
        for _copy in range(1 + rules.strikes("word_twice")):
            delay = store.between(*ON_THE_WAY)
            if rules.strikes("word_late"):
                delay = store.config.life(store.between(60, HOUR))
            store.clock.after(delay, queue.put, text)

    def _event(self, kind, body):
        """As a rule of EventBridge hands it on."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": "aws.partner/sellingpartnerapi.amazon.com/sandbox",
            "account": self.store.config.aws_account,
            "time": iso_ms(self.store.clock.time()),
            "region": self.store.config.aws_region,
            "resources": [],
            "detail": body,
        }
