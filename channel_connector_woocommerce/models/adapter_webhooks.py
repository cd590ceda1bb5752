import hashlib
from contextlib import suppress
from urllib.parse import urlsplit

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions, schemas

from .. import errors
from ..const import API, TOPICS
from ..lib import webhook

ROUTE = f"{API}/webhooks"


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Webhooks: believing them, and seeing to it that they come."""

    _inherit = "channel.adapter.woocommerce"

    @api.model
    def _verify_webhook(self, channel, headers, body):
        with self._translated():
            event = webhook.verify(
                headers, body, lambda topic: self._webhook_secret(channel, topic)
            )
        return event and schemas.load(schemas.InboundEvent, event)

    @api.model
    def _webhook_secret(self, channel, topic):
        secret = channel._get_secret("woocommerce_consumer_secret")
        return secret and webhook.derive_secret(secret, channel._door_token(), topic)

    # ---------------------------------------------------------- subscribing
    @api.model
    def _ensure_webhooks(self, channel, address):
        """One active webhook a topic, to ``address``; what is broken is made anew.

        A webhook that was disabled remembers its failures: switched on again, one more
        disables it. Its secret cannot be read, so a fingerprint of it is kept here.
        Ours are those whose path ends in this channel's own token.
        """
        self._discover(channel)
        secrets = {topic: self._webhook_secret(channel, topic) for topic in TOPICS}
        mark = _fingerprint("".join(secret or "" for secret in secrets.values()))
        fits = channel._get_shared_state("webhooks").get("secret") == mark
        done, keep, drop = [], set(), []
        with self._connected(channel) as client:
            pages = list(client.pages(ROUTE, orderby="id", order="asc"))
            for each in (hook for page in pages for hook in page):
                if not _same_path(each, address):
                    continue
                if fits and each["topic"] not in keep and _is_right(each, address):
                    keep.add(each["topic"])
                else:
                    drop.append(each)
            for topic in TOPICS:
                if topic not in keep:
                    done.append(self._subscribe(client, topic, address, secrets[topic]))
            # when the new ones are there: an address may be refused
            done += [self._unsubscribe(client, each) for each in drop]
        if not fits:
            with channel._shared_state("webhooks") as state:
                state["secret"] = mark
        return done

    def _unsubscribe(self, client, hook):
        # not found: somebody was quicker
        with suppress(errors.NotFound):
            client.change("DELETE", f"{ROUTE}/{hook['id']}", force="true")
        return self.env._(
            "Webhook %(topic)s (%(status)s) to %(address)s was removed",
            topic=hook["topic"],
            status=hook["status"],
            address=hook["delivery_url"],
        )

    def _subscribe(self, client, topic, address, secret):
        body = {
            "name": f"Odoo: {topic}",
            "topic": topic,
            "delivery_url": address,
            "secret": secret,
            "status": "active",
        }
        try:
            client.change("POST", ROUTE, body)
        except errors.Refused as error:
            # not a ConfigurationError: that would stop polling too
            raise exceptions.RejectedError(
                self.env._(
                    "WooCommerce refuses the webhook %(topic)s: %(words)s. Set "
                    "web.base.url to an address that the shop can reach. Until then "
                    "orders come in by polling.",
                    topic=topic,
                    words=error,
                ),
                code="WEBHOOK",
            ) from error
        return self.env._(
            "Webhook %(topic)s to %(address)s was registered",
            topic=topic,
            address=address,
        )


def _same_path(hook, address):
    return urlsplit(hook["delivery_url"]).path == urlsplit(address).path


def _is_right(hook, address):
    """Exactly as we would make it: here, wanted, and alive."""
    return (
        hook["delivery_url"] == address
        and hook["topic"] in TOPICS
        and hook["status"] == "active"
    )


def _fingerprint(secret):
    """Tells another secret from this one and reveals neither."""
    return hashlib.sha256(secret.encode()).hexdigest()[:16]
