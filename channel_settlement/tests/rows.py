# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""

import json

from odoo.addons.channel_inventory_base import schemas


def make_rows(case):
    """:param case: a test case with a ``channel`` and its ``warehouse``"""
    env, channel = case.env, case.channel
    account = env["account.account"].search([("account_type", "=", "expense")], limit=1)
    env["channel.settlement.account"].create(
        {"kind": "fee", "account_id": account.id, "company_id": channel.company_id.id}
    )
    document = schemas.SettlementDocument(
        "views", "payout.json", json.dumps({}).encode()
    )
    file = env["channel.settlement.file"]._store(channel, document)
    settlement = env["channel.settlement"].create(
        {
            "channel_id": channel.id,
            "name": "Views 1",
            "external_id": "views",
            "kind": "payout",
            "status": "paid",
            "currency_id": channel.currency_id.id,
            "file_id": file.id,
            "has_total": True,
            "stated_total": 9,
            "difference": -1,
            "state": "exceptions",
            "check_text": "A difference of 1.00.",
        }
    )
    env["channel.settlement.line"].create(
        {
            "settlement_id": settlement.id,
            "channel_id": channel.id,
            "company_id": channel.company_id.id,
            "currency_id": channel.currency_id.id,
            "external_id": "views",
            "kind": "charge",
            "gross": 10,
            "net": 10,
            "match": "no_order",
            "order_id": _make_paid_order(env, channel).id,
        }
    )


def _make_paid_order(env, channel):
    """An order whose payment no settlement has cleared."""
    order = env["channel.order"].create(
        {
            "channel_id": channel.id,
            "external_id": "views-paid",
            "name": "#paid",
            "state": "imported",
            "complete": True,
            "currency_name": channel.currency_id.name,
        }
    )
    product = env["product.product"].create(
        {"name": "Service", "type": "service", "taxes_id": False}
    )
    sale = env["sale.order"].create(
        {
            "partner_id": env["res.partner"].create({"name": "Buyer"}).id,
            "channel_order_id": order.id,
            "order_line": [
                (0, 0, {"product_id": product.id, "price_unit": 10, "tax_ids": False})
            ],
        }
    )
    sale.action_confirm()
    sale.order_line.qty_delivered = 1
    invoice = sale._create_invoices()
    invoice.action_post()
    journal = env["account.journal"].create(
        {"name": "Views Gateway", "code": "VWGW", "type": "bank"}
    )
    journal.inbound_payment_method_line_ids.payment_account_id = env[
        "account.account"
    ].create(
        {
            "name": "Views Clearing",
            "code": "101955",
            "account_type": "asset_current",
            "reconcile": True,
        }
    )
    env["account.payment.register"].with_context(
        active_model="account.move", active_ids=invoice.ids
    ).create({"journal_id": journal.id})._create_payments()
    return order
