# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""

from datetime import timedelta

from odoo import fields


def make_rows(case):
    """:param case: a test case with a ``channel``"""
    env, channel = case.env, case.channel
    now = fields.Datetime.now()
    later = now + timedelta(hours=1)
    env["channel.api.hold"].create(
        {
            "channel_id": channel.id,
            "ref": "CART-1",
            "digest": "0" * 64,
            "expires_at": later,
            "lines": [],
        }
    )
    env["channel.api.key"].create(
        {
            "name": "Shop",
            "channel_id": channel.id,
            "prefix": "chk_1",
            "digest": "0" * 64,
            "expires_at": later,
        }
    )
    event = env["channel.api.event"].create(
        {
            "channel_id": channel.id,
            "kind": env["channel.api.event"]._fields["kind"].get_values(env)[0],
            "key": "1",
            "data": {"sku": "SKU-1"},
            "seq": 1,
            "created_at": now,
        }
    )
    subscription = env["channel.api.subscription"].create(
        {
            "name": "Shop",
            "channel_id": channel.id,
            "url": "https://shop.example.com/hooks",
        }
    )
    env["channel.api.delivery"].create(
        {
            "subscription_id": subscription.id,
            "event_id": event.id,
            "channel_id": channel.id,
            "message_ref": "msg_1",
            "body": "{}",
            "state": "new",
            "next_at": later,
        }
    )
