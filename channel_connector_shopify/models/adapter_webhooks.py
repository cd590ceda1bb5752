from urllib.parse import urlsplit

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas

from .. import queries
from ..const import TOPICS
from ..lib import webhook


class ChannelAdapterShopify(models.AbstractModel):
    """Webhooks: believing them, and seeing to it that they come."""

    _inherit = "channel.adapter.shopify"

    @api.model
    def _verify_webhook(self, channel, headers, body):
        with self._translated():
            event = webhook.verify(
                headers,
                body,
                self._webhook_secrets(channel),
                *self._shop_known(channel),
            )
        return schemas.load(schemas.InboundEvent, event)

    @api.model
    def _webhook_secrets(self, channel):
        with self._translated():
            secrets = channel._get_secrets(
                "shopify_webhook_secret", "shopify_client_secret"
            )
        return list(secrets.values())

    # ---------------------------------------------------------- subscribing
    @api.model
    def _ensure_webhooks(self, channel, address):
        """One subscription a topic, to ``address``; others of ours are removed.

        All that Shopify lists are of our app, which may serve other channels and
        databases too: ours are those whose path ends in this channel's own token.
        """
        if not self._webhook_secrets(channel):
            return []
        done = []
        with self._connected(channel) as client:
            pages = self._pages(client, queries.WEBHOOKS, "webhookSubscriptions")
            ours = [
                each for page in pages for each in page if _same_path(each, address)
            ]
            keep = {each["topic"]: each for each in ours if _is_right(each, address)}
            drop = [each for each in ours if keep.get(each["topic"]) is not each]
            # first what stands in the way: Shopify takes one for a topic and address
            for each in drop:
                if each["uri"] == address:
                    done.append(self._unsubscribe(client, each))
            for topic in TOPICS:
                if topic not in keep:
                    done.append(self._subscribe(client, topic, address))
            # those to another address when the new ones are there: it may be refused
            for each in drop:
                if each["uri"] != address:
                    done.append(self._unsubscribe(client, each))
        return done

    def _unsubscribe(self, client, subscription):
        answer = client.execute(queries.WEBHOOK_DELETE, {"id": subscription["id"]})
        self._check_subscription(
            answer["webhookSubscriptionDelete"], subscription["topic"]
        )
        return self.env._(
            "Webhook %(topic)s to %(address)s was removed",
            topic=subscription["topic"],
            address=subscription["uri"],
        )

    def _subscribe(self, client, topic, address):
        variables = {"topic": topic, "subscription": {"uri": address, "format": "JSON"}}
        answer = client.execute(queries.WEBHOOK_CREATE, variables)
        self._check_subscription(answer["webhookSubscriptionCreate"], topic)
        return self.env._(
            "Webhook %(topic)s to %(address)s was registered",
            topic=topic,
            address=address,
        )

    def _check_subscription(self, answer, topic):
        words = "; ".join(error["message"] for error in answer["userErrors"])
        if words:
            # not a ConfigurationError: that would stop polling too
            raise exceptions.RejectedError(
                self.env._(
                    "Shopify refuses the webhook %(topic)s: %(words)s. Webhooks need a "
                    "public https address: set web.base.url accordingly. Until then "
                    "orders come in by polling.",
                    topic=topic,
                    words=words,
                ),
                code="WEBHOOK",
            )


def _same_path(subscription, address):
    return urlsplit(subscription["uri"]).path == urlsplit(address).path


def _is_right(subscription, address):
    """Exactly as we would make it: here, wanted, whole and in JSON."""
    return (
        subscription["uri"] == address
        and subscription["topic"] in TOPICS
        and subscription["format"] == "JSON"
        and not subscription["filter"]
        and not subscription["includeFields"]
    )
