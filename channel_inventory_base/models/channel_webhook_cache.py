# SPDX-License-Identifier: AGPL-3.0-or-later
import re

from odoo import api, models
from odoo.tools import ormcache

from ..lib import aging

# What a delivery is verified by and stored with: of a channel, nothing else is read.
FIELDS = ("channel_type", "company_id", "base_url", "environment", "webhook_token")
TOKEN = re.compile("[0-9a-f]{32}")


class _NoSuchDoorError(Exception):
    """No channel has this webhook token."""


class ChannelWebhookCache(models.AbstractModel):
    """Channels by webhook token, looked up hundreds of times per second.

    The fields used change rarely and are cached by every process: Odoo checks the
    validity of its caches at the beginning of each request. What that does not tell is
    believed for a minute (``lib.aging``).
    """

    _name = "channel.webhook.cache"
    _description = "Channels by Webhook Token"

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if not {"active", *FIELDS}.isdisjoint(vals):
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    def _find_by_webhook_token(self, token):
        """The channel whose webhooks come to this address, if there is one.

        Anybody may ask, with as many tokens as they like: one that cannot be is not
        looked up, and one that is not there is not kept, or it would take the place of
        what all the rest of Odoo has kept.
        """
        if not TOKEN.fullmatch(token):
            return self.browse()
        try:
            number, *values = self._get_webhook_facts(token, aging.period())
        except _NoSuchDoorError:
            return self.browse()
        channel = self.browse(number)
        for name, value in zip(FIELDS, values, strict=False):
            channel._fields[name]._update_cache(channel, value)
        return channel

    @api.model
    @ormcache("token", "period")
    def _get_webhook_facts(self, token, period):
        """:return: id and ``FIELDS`` as the cache of records has them
        :raise _NoSuchDoorError: what raises is not kept"""
        domain = [("webhook_token", "=", token)]
        channel = self.search_fetch(domain, FIELDS, limit=1)
        if not channel:
            raise _NoSuchDoorError
        fields = (channel._fields[name] for name in FIELDS)
        return channel.id, *(
            field.convert_to_cache(channel[field.name], channel) for field in fields
        )
