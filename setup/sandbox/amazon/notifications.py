"""Notifications v1: destinations of the application, subscriptions of the seller."""

import uuid

from . import const, words
from .api import operation
from .errors import ApiError

MODEL = "notifications"
VERSIONS = ("1.0", "2020-09-04")


@operation(MODEL, "createDestination")
def create_destination(call):
    store, body = call.store, call.body
    resource = body["resourceSpecification"]
    if len(resource) != 1:
        call.refuse("wrong_body", message="One kind of resource must be given.")
    if "sqs" in resource:
        _check_queue(call, resource["sqs"]["arn"])
    else:
        _check_event_bus(call, resource["eventBridge"])
        name = f"aws.partner/sellingpartnerapi.amazon.com/{body['name']}"
        resource = {"eventBridge": {**resource["eventBridge"], "name": name}}
    known = store.words.destinations
    if any(each["resource"] == resource for each in known.values()):
        words_ = "A destination of this resource exists."
        call.refuse("subscribed", "Conflict", words_, 409)
    destination = {
        "destinationId": str(uuid.uuid4()),
        "name": body["name"],
        "resource": resource,
    }
    known[destination["destinationId"]] = destination
    return {"payload": destination}


def _check_queue(call, arn):
    config, name = call.store.config, arn.rpartition(":")[2]
    if name.endswith(".fifo"):
        call.store.violations.note("fifo_queue", arn)
        return
    if name not in call.shop.queues or arn != call.shop.queue_arn(name):
        call.refuse("closed_queue", message=f"There is no queue {arn}.")
    elif name in config.closed_queues:
        words_ = "Amazon may not send messages to the queue."
        call.refuse("closed_queue", message=words_)


def _check_event_bus(call, bus):
    config = call.store.config
    if (bus["accountId"], bus["region"]) != (config.aws_account, config.aws_region):
        call.refuse("closed_queue", message="The account or its region is another one.")


@operation(MODEL, "getDestinations")
def get_destinations(call):
    return {"payload": list(call.store.words.destinations.values())}


@operation(MODEL, "getDestination")
def get_destination(call):
    return {"payload": _destination(call, call.path["destinationId"])}


@operation(MODEL, "deleteDestination")
def delete_destination(call):
    name = _destination(call, call.path["destinationId"])["destinationId"]
    subscriptions = call.store.words.subscriptions.values()
    if any(each["destinationId"] == name for each in subscriptions):
        call.refuse("subscribed", "Conflict", "A subscription needs it.", 409)
    del call.store.words.destinations[name]
    return {}


def _destination(call, name):
    if found := call.store.words.destinations.get(name):
        return found
    raise ApiError(404, "NotFound", f"There is no destination {name}.")


@operation(MODEL, "createSubscription")
def create_subscription(call):
    store, body, kind = call.store, call.body, _kind(call)
    need = const.LISTING if kind == words.QUANTITY else None
    call.shop.access.need(const.ORDERS if kind == words.ORDER_CHANGE else need)
    destination = _destination(call, body["destinationId"])
    if kind in words.EVENTBRIDGE_ONLY and "sqs" in destination["resource"]:
        words_ = f"{kind} goes to EventBridge only."
        call.refuse("eventbridge_only", message=words_)
    if kind not in words.EVENTBRIDGE_ONLY and "sqs" not in destination["resource"]:
        call.refuse("eventbridge_only", message=f"{kind} goes to a queue only.")
    if body["payloadVersion"] != _version(kind):
        words_ = f"{kind} has the payloadVersion {_version(kind)}."
        call.refuse("wrong_body", message=words_)
    directive = body.get("processingDirective")
    if kind == words.ORDER_CHANGE:
        event_filter = (directive or {}).get("eventFilter", {})
        if event_filter.get("eventFilterType") != kind:
            words_ = "A processingDirective with an eventFilter is required."
            call.refuse("no_directive", message=words_)
    if kind in store.words.subscriptions:
        call.refuse("subscribed", "Conflict", f"{kind} is subscribed to.", 409)
    subscription = {"subscriptionId": str(uuid.uuid4()), **body}
    store.words.subscriptions[kind] = subscription
    return {"payload": subscription}


@operation(MODEL, "getSubscription")
def get_subscription(call):
    return {"payload": _subscription(call, _kind(call))}


@operation(MODEL, "getSubscriptionById")
def get_subscription_by_id(call):
    return {"payload": _by_id(call)}


@operation(MODEL, "deleteSubscriptionById")
def delete_subscription(call):
    _by_id(call)
    del call.store.words.subscriptions[_kind(call)]
    return {}


@operation(MODEL, "sendTestNotification")
def send_test(call):
    _kind(call)
    name = _destination(call, call.body.get("destinationId"))["destinationId"]
    call.store.words.test(name)
    return {}


def _kind(call):
    kind = call.path["notificationType"]
    if kind not in words.SCHEMAS:
        call.refuse("wrong_value", message=f"{kind} is not played here.")
        raise ApiError(400, "InvalidInput", f"{kind} is not played here.")
    return kind


def _version(kind):
    return VERSIONS[kind in words.SMALL]


def _subscription(call, kind):
    if found := call.store.words.subscriptions.get(kind):
        return found
    raise ApiError(404, "NotFound", f"There is no subscription to {kind}.")


def _by_id(call):
    found = _subscription(call, _kind(call))
    if found["subscriptionId"] != call.path["subscriptionId"]:
        raise ApiError(404, "NotFound", "There is no such subscription.")
    return found
