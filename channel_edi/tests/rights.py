# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with this addon's models: see the base's ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import (
    Row,
    Standard,
    wizard,
)

MANAGED = {"write": "manager", "create": "manager", "unlink": "manager"}

AGREEMENT = "channel.edi.agreement"
VALUES = {
    (AGREEMENT, "segment_end"): None,
    (AGREEMENT, "element_separator"): None,
    (AGREEMENT, "component_separator"): None,
    (AGREEMENT, "file_name"): "{number}",
    ("channel.edi.upload", "data"): "SVNBKg==",
}

RIGHTS = {
    "channel.audit.anchor": Row(adds=True, fields={"manager": "mailbox_id"}),
    "channel.channel": Row(
        adds=True,
        fields={
            "manager": "edi_role edi_counts_down edi_ship_to edi_agreement_ids "
            "edi_mailbox_ids"
        },
        methods={"reader": "action_open_edi_documents"},
    ),
    "channel.edi.mailbox": Row(
        **MANAGED,
        fields={
            "manager": (
                "name active channel_id kind host port username password private_key "
                "host_key incoming outgoing archive after_reading ready_when "
                "quiet_seconds marker pattern agreement_ids"
            ),
            "server": "company_id shown_host_key",
        },
        methods={
            "reader": "action_open_files",
            "operator": "action_receive",
            "manager": "action_test action_accept_host_key",
        },
    ),
    "channel.edi.agreement": Row(
        **MANAGED,
        fields={
            "manager": (
                "name active channel_id partner_id mailbox_id standard our_qualifier "
                "our_id their_qualifier their_id our_group_id their_group_id version "
                "group_version segment_end element_separator component_separator "
                "newline decimal_mark charset upper tz strict sends_acks ack_details "
                "ta1 reuses_numbers stock_complete order_days park_minutes file_name "
                "file_pattern sscc_prefix carrier_code code_ids document_ids role_ids"
            ),
            "server": "company_id counter_ids",
        },
        methods={
            "reader": "action_open_documents action_open_listings",
            "manager": "action_add_products",
        },
    ),
    "channel.edi.agreement.document": Row(
        **MANAGED,
        fields={
            "manager": (
                "agreement_id direction kind wants_ack ack_hours version "
                "table_document fixed titles skip delimiter quote decimal_mark "
                "thousands_mark date_format trailer unit column_ids"
            ),
            "server": "company_id",
        },
        methods={"reader": "action_open_columns"},
    ),
    "channel.edi.column": Row(
        **MANAGED,
        fields={
            "manager": (
                "terms_id position header path width constant date_format required "
                "scale"
            ),
            "server": "company_id example",
        },
    ),
    "channel.edi.agreement.role": Row(
        **MANAGED,
        fields={"manager": "agreement_id channel_id kinds", "server": "company_id"},
    ),
    "channel.edi.code": Row(
        **MANAGED,
        fields={"manager": "agreement_id kind code meaning", "server": "company_id"},
    ),
    "channel.edi.counter": Row(),
    "channel.edi.sscc": Row(),
    "channel.edi.file": Row(
        methods={"reader": "action_open_content", "operator": "action_retry"}
    ),
    "channel.edi.interchange": Row(
        methods={
            "reader": "action_open_content",
            "operator": "action_retry action_send_again action_mark_sent",
        }
    ),
    "channel.edi.document": Row(
        methods={
            "reader": "action_open_record",
            "operator": "action_retry action_resend",
        }
    ),
    "channel.edi.discard": wizard("operator", "action_discard"),
    "channel.edi.upload": wizard("operator", "action_upload"),
    "channel.edi.partner.wizard": wizard("manager", "action_create"),
    "channel.edi.products": wizard("manager", "action_add"),
}

STANDARD = {"stock.picking": Standard(methods="action_print_edi_labels")}
