"""Subscribing to webhooks."""

from ..resolver import Record, View
from ..views.misc import WebhookSubscription
from ..webhooks import SubscriptionError
from .common import lookup, user_error


class WebhookMutations(View):
    def webhook_subscription_create(self, topic, webhook_subscription):
        kind = "WebhookSubscriptionCreatePayload"
        hooks, values = self._ctx.sandbox.webhooks, webhook_subscription
        try:
            record = hooks.subscribe(
                topic, _values(values), self._ctx.version, self._ctx.access.scopes
            )
        except SubscriptionError as error:
            return Record(kind, userErrors=[user_error(str(error), error.field)])
        view = WebhookSubscription(record, self._ctx)
        return Record(kind, webhookSubscription=view, userErrors=[])

    def webhook_subscription_update(self, id, webhook_subscription):
        kind = "WebhookSubscriptionUpdatePayload"
        hooks = self._ctx.sandbox.webhooks
        record = lookup(hooks.subscriptions, id, "WebhookSubscription")
        try:
            if record is None:
                raise SubscriptionError("Webhook subscription does not exist", ["id"])
            hooks.change(record, _values(webhook_subscription))
        except SubscriptionError as error:
            return Record(kind, userErrors=[user_error(str(error), error.field)])
        view = WebhookSubscription(record, self._ctx)
        return Record(kind, webhookSubscription=view, userErrors=[])

    def webhook_subscription_delete(self, id):
        kind = "WebhookSubscriptionDeletePayload"
        subscriptions = self._ctx.sandbox.webhooks.subscriptions
        record = lookup(subscriptions, id, "WebhookSubscription")
        if record is None:
            error = user_error("Webhook subscription does not exist", ["id"])
            return Record(kind, userErrors=[error])
        del subscriptions[record.id]
        return Record(kind, deletedWebhookSubscriptionId=record.gid, userErrors=[])


def _values(values):
    return {
        "uri": values.get("uri") or values.get("callbackUrl"),
        "format": values.get("format"),
        "include_fields": values.get("includeFields"),
        "filter": values.get("filter"),
        "name": values.get("name"),
    }
