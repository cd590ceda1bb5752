# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with this addon's models: see the base's ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import Row, wizard

SUBSCRIPTION = "channel.api.subscription"
VALUES = {
    (SUBSCRIPTION, "url"): "https://shop.example.com/hooks",
    ("channel.api.key", "rate"): 60,
    ("channel.api.event", "data"): {"order": "A-1"},
    ("channel.channel", "api_hold_seconds"): 3600,
}

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": "api_offers api_hold_seconds api_key_ids api_subscription_ids"
        },
        methods={"manager": "action_new_api_key"},
    ),
    "channel.node": Row(adds=True, fields={"manager": "api_region"}),
    "channel.hold": Row(adds=True, fields={"server": "api_hold_id"}),
    "channel.api.key": Row(
        write="manager",
        unlink="manager",
        fields={
            "manager": "name may_read may_explain may_order may_hold rate",
            "server": "channel_id company_id prefix digest expires_at revoked_at "
            "last_used_at next_id",
        },
        methods={"manager": "action_revoke action_rotate"},
    ),
    "channel.api.counter": Row(),
    "channel.api.level": Row(),
    "channel.api.event": Row(),
    "channel.api.delivery": Row(methods={"operator": "action_replay"}),
    "channel.api.request": Row(),
    "channel.api.hold": Row(methods={"operator": "action_release"}),
    SUBSCRIPTION: Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": "name active channel_id url wants_availability wants_orders "
            "delivery_ids",
            "server": "company_id has_secret old_secret_until failures rests_until "
            "last_success_at last_error",
        },
        methods={
            "manager": "action_new_secret",
            "operator": "action_replay_dead action_retry",
        },
    ),
    "channel.api.key.new": wizard("manager", "action_make"),
}
