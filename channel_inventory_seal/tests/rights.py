# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row

RIGHTS = {
    "channel.audit.leaf": Row(read="audit"),
    "channel.audit.seal": Row(
        read="audit",
        methods={
            "reader": "action_open_verification action_show_leaves action_show_previous"
        },
    ),
    "channel.audit.receipt": Row(),
    "channel.audit.anchor": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fixed="company_id",
        fields={
            "manager": "name sequence active company_id kind addresses folder",
            "server": "receipt_ids",
        },
        methods={"operator": "action_retry"},
    ),
    "channel.audit.check": Row(
        "audit",
        "audit",
        "audit",
        "audit",
        methods={"audit": "action_export action_verify"},
    ),
    "channel.audit.proof.file": Row(
        "audit", "audit", "audit", "audit", methods={"audit": "action_print"}
    ),
    "channel.level": Row(adds=True, methods={"reader": "action_open_proof"}),
    "channel.publication.line": Row(adds=True, methods={"reader": "action_open_proof"}),
}
NO_COMPANY = {
    # hashes, of the trail of the whole database
    "channel.audit.leaf",
    "channel.audit.seal",
}
VALUES = {
    # nobody's text, and of one record for both companies
    ("channel.audit.seal", "statement"): "{}",
    ("channel.audit.seal", "hash"): "0" * 64,
    ("channel.audit.leaf", "source"): "channel.nothing",
    ("channel.audit.leaf", "digest"): "0" * 64,
}
