# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with this addon's models: see the base's ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import (
    Row,
    Standard,
    wizard,
)

RIGHTS = {
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": (
                "pricelist_id team_id confirm_policy shipping_product_id "
                "discount_product_id tax_map_ids send_acceptances send_shipments "
                "send_cancels send_refunds short_policy reroute_confirmed phone_policy "
                "address_policy duplicate_minutes risk_policy check_credit "
                "payment_hours tip_product_id fee_product_id gift_card_product_id "
                "charges_no_tax unpaid_policy early_policy fulfilled_policy market_ids "
                "price_policy price_tolerance judge_ship_by"
            )
        },
        methods={"reader": "action_open_messages"},
    ),
    "channel.listing": Row(adds=True, fields={"operator": "short_policy"}),
    "channel.order": Row(
        adds=True,
        methods={
            "reader": (
                "action_open_deliveries action_open_messages action_open_sale_order"
            ),
            "operator": (
                "action_keep_sold action_override action_allow_early action_reroute "
                "action_short_stock action_cancel_missing action_cancel_rest "
                "action_deliver_again action_link_place"
            ),
        },
    ),
    "channel.exception": Row(
        adds=True,
        methods={
            "reader": "action_map_tax action_short_stock",
            "operator": "action_override",
        },
    ),
    "channel.tax.map": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": "channel_id market_id rate title price_included tax_id",
            "server": "company_id",
        },
    ),
    "channel.market": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": (
                "channel_id sequence name external_id currency_id tax_mode "
                "fiscal_position_id pricelist_id team_id lang"
            ),
            "server": "company_id",
        },
    ),
    "channel.routing.rule": Row(
        fixed="company_id",
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": (
                "name sequence active company_id channel_id node_ids country_ids "
                "state_ids zip_prefixes outcome candidate_ids split split_cost "
                "split_limit"
            )
        },
    ),
    "channel.routing.candidate": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": "rule_id sequence warehouse_id cost",
            "server": "company_id",
        },
    ),
    "channel.message": Row(
        methods={
            "reader": "action_open_document",
            "operator": "action_discard action_retry",
        }
    ),
    "channel.refund": Row(),
    "channel.timeline": Row(methods={"reader": "action_open_source"}),
    "channel.partner": Row(),
    "channel.shortage": Row(),
    "channel.place.link": wizard("operator", "action_confirm"),
    "channel.short.stock": wizard("operator", "action_confirm"),
    "channel.short.stock.line": wizard("operator"),
}

STANDARD = {
    "product.product": Standard(people="channel_short_policy channel_substitute_ids"),
    "product.template": Standard(people="channel_short_policy channel_substitute_ids"),
    "res.partner": Standard(server="email_normalized"),
    "res.users": Standard(server="email_normalized"),
    "sale.order": Standard(
        server=("channel_order_id channel_id fulfilled_by_channel channel_mark_for_id"),
        methods="action_open_channel_order",
    ),
    "sale.order.line": Standard(
        server=(
            "channel_charge_ref channel_order_line_id channel_properties "
            "channel_warehouse_id"
        )
    ),
}
