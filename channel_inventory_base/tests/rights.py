# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with the models of this addon: see ``attack/rights.py``."""

from .attack.rights import Row, Standard, wizard

CONTROL = {
    "operator": "action_discard_changes action_propose action_reopen action_withdraw",
    "manager": "action_activate action_approve action_reject action_retire",
    "reader": "action_show_audit action_show_numbers",
}
CONTROLLED = (
    "editor_ids state proposal proposed_by_id proposed_at version_ids active_version_id"
)
TERMS = (
    "active sequence company_id kind value horizon_days lead_days supplier_stock "
    "allocation_group_id channel_id node_id warehouse_id categ_id tag_id "
    "product_tmpl_id product_id listing_id valid_from valid_until reason"
)

RIGHTS = {
    # ------------------------------------------------------------- set up
    "channel.channel": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": (
                "name sequence active color channel_type company_id environment "
                "base_url currency_id order_lag poll_minutes publish_minutes "
                "publish_times poll_overlap exception_user_id node_ids listing_ids "
                "custom_product_id archived_policy mass_quantity scarce_quantity "
                "hold_horizon_days personal_days secret_expires_on "
                "freshness_target intake_target service_goal"
            ),
            "server": (
                "state connection_state connection_message webhook_token "
                "home_database publish_latency connected_at sells preset "
                "previewed_at"
            ),
        },
        methods={
            "reader": (
                "action_open_dead_letters action_open_go_live action_open_orders "
                "action_open_preset action_open_unmatched action_open_unsettled "
                "action_import_orders action_open_by_hand"
            ),
            "operator": (
                "action_export_quantities action_fetch_listings action_pause "
                "action_open_preview"
            ),
            "manager": (
                "action_fetch_nodes action_go_live action_prepare "
                "action_test_connection"
            ),
        },
    ),
    "channel.node": Row(
        write="manager",
        create="manager",
        unlink="manager",
        fields={
            "manager": (
                "name sequence active channel_id external_id warehouse_ids publish"
            ),
            "server": "company_id fulfilled_by_channel",
        },
    ),
    "channel.listing": Row(
        fixed="active",
        write="operator",
        create="manager",
        unlink="manager",
        fields={
            "operator": (
                "active state product_id uom_id pack_qty barcode title fractions"
            ),
            "server": (
                "channel_id external_id stock_ref stock_listing_id sharing_ids sku "
                "tracked company_id sells_below_zero "
                "uncounted stopped channel_note suggested_product_id match_reason "
                "suggested_uom_id tells_pack told_pack stock_factor "
                "told_price told_weight "
                "level_ids version_ids version_id proposal_id"
            ),
        },
        methods={
            "operator": (
                "action_accept action_accept_suggested action_ignore action_reopen "
                "action_withdraw_mapping"
            ),
            "manager": "action_approve_mapping action_reject_mapping",
        },
    ),
    "channel.listing.version": Row(
        methods={
            "reader": "action_show_audit",
            "operator": "action_retire action_withdraw",
            "manager": "action_approve action_reject",
            "server": "action_activate action_propose action_reopen",
        },
    ),
    "channel.rule": Row(
        write="operator",
        create="operator",
        unlink="manager",
        fixed="company_id",
        fields={"operator": f"{TERMS} name", "server": f"{CONTROLLED} specificity"},
        methods={
            **CONTROL,
            "reader": "action_preview action_show_levels action_show_audit "
            "action_show_numbers",
        },
    ),
    "channel.rule.version": Row(
        methods={"reader": "action_show_levels action_show_publication_lines"}
    ),
    "channel.allocation.group": Row(
        fixed="company_id",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": "active company_id basis name member_ids",
            "server": CONTROLLED,
        },
        methods={
            **CONTROL,
            "reader": "action_preview action_show_audit action_show_numbers",
        },
    ),
    "channel.allocation.member": Row(
        write="operator",
        create="operator",
        unlink="operator",
        fields={"operator": "group_id channel_id sequence weight"},
    ),
    "channel.allocation.version": Row(methods={"reader": "action_show_levels"}),
    "channel.allocation.version.member": Row(),
    "channel.guide": Row(),
    "channel.retention": Row(
        read="audit",
        write="manager",
        # of all companies: by who works for each that has a channel
        fixed="days",
        fields={"manager": "days sequence", "server": "kind last_run last_count"},
    ),
    # -------------------------------------------------------------- stock
    "channel.hold": Row(
        fixed="company_id listing_id quantity",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": (
                "company_id channel_id listing_id product_id warehouse_id quantity "
                "stock_quantity expires_at note"
            ),
            "server": "order_line_id cause state promised_quantity held_from",
        },
        methods={"operator": "action_release"},
    ),
    "channel.external.stock": Row(
        fixed="warehouse_id",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": (
                "warehouse_id product_id on_hand damaged allocated in_transit due "
                "as_of source"
            ),
            "server": "company_id received_at confidence allocated_as_of",
        },
        methods={"operator": "acknowledge report"},
    ),
    "channel.supplier.stock": Row(
        fixed="company_id",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": (
                "partner_id company_id product_id quantity as_of source lead_days"
            ),
            "server": "received_at is_stale",
        },
        methods={"operator": "report"},
    ),
    "channel.stock.report": Row(
        methods={"operator": "action_drop", "manager": "action_believe"}
    ),
    "channel.position": Row(methods={"reader": "action_show_holds action_show_levels"}),
    "channel.inbound": Row(),
    "channel.sales.rate": Row(),
    "channel.change": Row(),
    "channel.sweep": Row(),
    # ---------------------------------------------------------------- out
    "channel.level": Row(
        methods={
            "reader": (
                "action_open_cause action_show_positions action_show_publications"
            ),
            "operator": "action_publish_again action_retry",
        }
    ),
    "channel.level.difference": Row(methods={"reader": "action_open_level"}),
    "channel.level.inputs": Row(),
    "channel.level.remote": Row(),
    "channel.level.pending": Row(),
    "channel.publication": Row(methods={"operator": "action_discard action_retry"}),
    "channel.publication.line": Row(methods={"reader": "action_open_cause"}),
    # ----------------------------------------------------------- in, back
    "channel.inbox.event": Row(methods={"operator": "action_discard action_retry"}),
    "channel.order": Row(
        methods={
            "reader": "action_open_exceptions",
            "operator": (
                "action_end action_fetch action_match_lines action_retry "
                "action_take_mapping"
            ),
        }
    ),
    "channel.order.line": Row(),
    "channel.deduction": Row(),
    "channel.metric": Row(),
    "channel.report.figure": Row(methods={"reader": "action_open_record"}),
    "channel.refusal": Row(),
    "channel.hand.upload": Row(methods={"operator": "action_drop action_uploaded"}),
    "channel.hand.upload.line": Row(),
    "channel.outage": Row(),
    "channel.dead.letter": Row(
        methods={
            "reader": "action_open_record",
            "operator": "action_discard action_edit action_retry",
        }
    ),
    "channel.exception": Row(
        write="user",
        fields={
            "user": "user_id deadline",
            "server": (
                "state resolution order_ids retried_at channel_id company_id "
                "category key message suggestion res_model "
                "res_id count last_seen"
            ),
        },
        methods={
            "reader": (
                "action_match_listings action_open_guide action_open_orders "
                "action_open_record"
            ),
            "user": "action_ignore action_resolve action_take",
            "operator": "action_retry",
        },
    ),
    # ------------------------------------------------- what nobody is shown
    "channel.audit": Row(read="audit"),
    "channel.secret": Row(read="server"),
    "channel.shared.state": Row(read="server"),
    # ------------------------------------------------------------- wizards
    "channel.database.move": wizard("manager", "action_confirm"),
    "channel.dead.letter.discard": wizard("operator", "action_confirm"),
    "channel.dead.letter.edit": wizard("operator", "action_confirm"),
    "channel.exception.close": wizard("user", "action_confirm"),
    "channel.go.live": wizard("manager", "action_confirm action_open_preview"),
    "channel.order.match": wizard("operator", "action_apply"),
    "channel.order.match.line": wizard("operator"),
    "channel.order.upload": wizard("operator", "action_import"),
    "channel.preset": wizard("manager", "action_confirm"),
    "channel.rejection": wizard("manager", "action_confirm"),
    "channel.replay": wizard("operator", "action_back action_replay action_show"),
    "channel.replay.line": wizard("operator"),
    "channel.rule.preview": wizard(
        "operator",
        "action_propose",
        manager="action_activate action_approve action_retire",
    ),
    "channel.rule.preview.line": wizard("operator"),
}

# Models without a company of their own, and why that is right.
NO_COMPANY = {
    # how long data is kept is the database's to decide
    "channel.retention",
    # the same for everybody
    "channel.guide",
}

STANDARD = {
    "product.product": Standard(
        server="channel_listing_ids",
        methods="action_channel_levels action_channel_positions",
    ),
    "product.template": Standard(
        methods="action_channel_levels action_channel_positions",
    ),
    "res.company": Standard(people="channel_change_approval channel_exception_user_id"),
    "res.partner": Standard(people="channel_fresh_days"),
    "stock.move": Standard(server="channel_told channel_known_at"),
    "stock.location": Standard(
        people="own_stock_state",
        server="stock_state input_warehouse_ids quality_warehouse_ids",
    ),
    "stock.warehouse": Standard(
        people=(
            "channel_consignment channel_authority channel_fresh_minutes "
            "channel_stale_percent channel_silent_minutes channel_least_percent "
            "channel_ignored_columns"
        ),
        server="channel_told_at channel_confidence channel_turn_at",
        methods="action_channel_external_stock",
    ),
}
