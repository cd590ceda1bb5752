# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""


def make_rows(case):
    """:param case: a test case with a ``channel`` and its ``warehouse``"""
    env, channel = case.env, case.channel
    mailbox = env["channel.edi.mailbox"].create(
        {"name": "Supplier by hand", "channel_id": channel.id, "kind": "manual"}
    )
    agreement = env["channel.edi.agreement"].create(
        {
            "name": "Fabrik",
            "channel_id": channel.id,
            "mailbox_id": mailbox.id,
            "their_id": "FABRIK",
            "our_id": "US",
        }
    )
    vendor = env["res.partner"].create({"name": "Fabrik"})
    order = env["purchase.order"].create(
        {"partner_id": vendor.id, "company_id": channel.company_id.id}
    )
    env["channel.edi.purchase"].create(
        {
            "agreement_id": agreement.id,
            "channel_id": channel.id,
            "purchase_id": order.id,
            "number": order.name,
        }
    )
