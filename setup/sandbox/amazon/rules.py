"""What Amazon refuses, what it does by itself, and what it lets an app do wrong.

Every one has a name. A refusal (rate 1) can be switched off, a habit has a rate from 0
to 1, and what an app does wrong is counted by name, whether it was refused or not.
"""

# {name: what is refused}
REFUSALS = {
    # the wire
    "unknown_operation": "a path or method that the sandbox does not play",
    "unknown_parameter": "a query parameter that the model does not have",
    "missing_parameter": "a query parameter that the model wants",
    "wrong_value": "a parameter against its type, list size or enumeration",
    "wrong_body": "a body against its schema, unknown fields included",
    "unencoded_path": "a path whose parts are not encoded",
    # who asks
    "dead_token": "an access token that is unknown, expired or revoked",
    "token_kind": "a seller's token for a grantless operation, or the reverse",
    "role_missing": "an operation whose role the application lacks",
    "wrong_seller": "a listing of another seller",
    "wrong_marketplace": "a marketplace where the seller does not sell",
    "secret_expired": "a client secret older than 180 days",
    # orders
    "offset_time": "times of the search with an offset instead of Z",
    "after_keys": "none or both of the After times, or the Before of the other one",
    "before_too_late": "a Before less than two minutes ago, or before its After",
    "page_token": "a page token that is a day old, unknown or of another search",
    "page_size": "more than 100 orders a page",
    # shipping
    "reference_type": "a packageReferenceId that is not a string of a positive number",
    "unknown_carrier": "a carrier code outside the list, or Other without a name",
    "no_tracking": "a shipment without a tracking number",
    "ship_date": "a ship date in the future or before the order",
    "over_quantity": "more units than are left to ship",
    "ship_repeat": "a package that is confirmed already (PackageToUpdateNotFound)",
    "ship_state": "shipping what is pending, cancelled or Amazon's to ship",
    # listings and feeds
    "too_many_identifiers": "more than 20 SKUs in one search",
    "feed_marketplaces": "a listings feed for more than one marketplace",
    "feed_rate": "a sixth listings feed within five minutes",
    "feed_document": "a feed of an unknown document, or of one without content",
    "feed_cancel": "cancelling a feed that is not in the queue any more",
    "feed_type": "a feed type that the sandbox does not play",
    "feed_broken": "a feed that cannot be read, too long or of another seller: FATAL",
    "message_twice": "a messageId that is there twice: FATAL",
    "old_feed_type": "an XML or flat listings feed: FATAL",
    "document_headers": "another Content-Type, or credentials, at a document's URL",
    "document_late": "a document's URL after five minutes",
    # order feeds
    "cancel_reason": "a cancellation reason outside the list",
    "cancel_state": "cancelling what is pending, cancelled or Amazon's to ship",
    "cancel_items": "a cancellation that does not name all the items of the order",
    "refund_reason": "a refund reason outside the list",
    "refund_state": "a refund before anything has shipped",
    "refund_amount": "more money back than was paid, or in another currency",
    "unknown_order": "an order or an item that is not the seller's",
    # reports
    "report_type": "a report type that cannot be asked for",
    "report_often": "the same report twice in 30 minutes: CANCELLED",
    # FBA
    "fba_account": "FBA inventory of an account without FBA",
    "fba_granularity": "not one marketplace, or granularityId for another one",
    "fba_page": "a nextToken older than 30 seconds",
    "fba_start": "a startDateTime more than 18 months ago",
    # notifications and the queue
    "no_directive": "ORDER_CHANGE subscribed to without a processingDirective",
    "subscribed": "a second subscription to one type (409)",
    "eventbridge_only": "a listings notification subscribed to with a queue",
    "closed_queue": "a destination that is no queue, or whose policy shuts Amazon out",
    "sqs_signature": "a request to the queue that is not signed, or wrongly",
    "sqs_region": "a request to the queue signed for another region or service",
    "sqs_request": "too many messages, too long a wait, an unknown queue",
}

# {name: (rate, what happens)}
HABITS = {
    "rate_header": (0.5, "an answer bears x-amzn-RateLimit-Limit"),
    "gzip": (0.5, "a document is compressed"),
    "patch_invalid": (0.02, "a PATCH answers INVALID with 200"),
    "patch_slow": (0.0, "a PATCH is applied after 15 minutes"),
    "patch_lost": (0.0, "an accepted PATCH is never applied"),
    "line_lost": (0.02, "an accepted line of a feed is never applied"),
    "feed_stuck": (0.0, "a feed stays IN_PROGRESS for hours and lands meanwhile"),
    "feed_stuck_in_queue": (0.0, "a feed stays IN_QUEUE for hours"),
    "feed_fatal": (0.0, "a feed ends FATAL with nothing done"),
    "payment_fails": (0.05, "a pending order ends cancelled"),
    "payment_takes_days": (0.05, "a pending order stays so for days"),
    "late_index": (0.01, "a change reaches the search some minutes later still"),
    "search_unsorted": (1.0, "a search gives its orders in no order of time"),
    "state_missing": (0.0, "an order comes without FULFILLMENT although asked"),
    "pending_price": (0.0, "a pending order shows its price, as in Japan"),
    "tax_zero": (0.5, "an EU order tells a tax of 0.00 instead of none"),
    "discount_positive": (0.0, "a discount is told without its minus"),
    "breakdown_odd": (0.0, "the breakdowns of an item do not add up"),
    "order_level": (0.5, "a word on an order has all its items, and not one each"),
    "new_order_told": (0.5, "a new order is notified and not only later changes"),
    "word_lost": (0.02, "a notification is lost"),
    "word_twice": (0.02, "a notification comes twice"),
    "word_late": (0.02, "a notification comes up to an hour late"),
    "null_times": (0.3, "a word has no time of the change or of the purchase"),
    "short_poll": (0.2, "a poll without a wait misses messages that are there"),
    "queue_repeats": (0.005, "a deleted message comes once more"),
    "local_headers": (1.0, "reports have the headers and charset of the marketplace"),
    "charset_missing": (0.5, "a report's Content-Type does not tell the charset"),
    "report_empty": (0.0, "a report with nothing in it is CANCELLED"),
    "report_fatal": (0.0, "a report ends FATAL, with a document that says why"),
    "fba_leak": (0.1, "FBA inventory has a row of another marketplace"),
}

# {name: what the app did, though nobody refused it}
WATCHED = {
    "fba_writes": "wrote a merchant number on an FBA SKU: a second offer is open",
    "stubs": "wrote to a SKU that does not exist: a stub listing is born",
    "waste": "sent a number that stands there already and was settled",
    "lead_time_wiped": "replaced fulfilment, and lost lead time or restock date",
    "mixed_messages": "price and quantity in one message",
    "destructive_feed": "UPDATE, PARTIAL_UPDATE or DELETE in a feed",
    "cancel_after_shipping": "cancelled what was partly shipped: all was refunded",
    "double_refund": "the same refund twice",
    "fifo_queue": "a FIFO queue as destination: nothing ever comes",
    "document_reuse": "one document for two feeds: its work is done twice",
    "throttled": "a request beyond the limits (429)",
    "own_answers": "an answer of the sandbox against Amazon's model: a bug in here",
}
