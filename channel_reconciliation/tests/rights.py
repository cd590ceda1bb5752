# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard, wizard

TERMS = (
    "name active company_id channel_id node_id categ_id listing_id units percent value "
    "edited not_applied lost_decrement not_stocked wrong_unit unmapped foreign_place "
    "sells_below_zero untracked gone stuck units_unknown units_over "
    "answer_hours"
)

RIGHTS = {
    "channel.reconcile.run": Row(
        methods={
            "reader": "action_open_differences",
            "operator": "action_adjust_all",
            "manager": "action_believe",
        }
    ),
    "channel.selling.stop": Row(),
    "channel.reconcile.day": Row(methods={"reader": "action_open_differences"}),
    "channel.reconcile.difference": Row(
        methods={
            "reader": "action_open_level action_open_orders",
            "operator": (
                "action_accept_count action_close action_count_shelf "
                "action_leave_theirs action_publish_ours action_stop_selling"
            ),
            "manager": "action_approve action_reject",
        }
    ),
    "channel.reconcile.policy": Row(
        fixed="company_id",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": TERMS,
            "server": "editor_ids state proposal proposed_by_id proposed_at effect",
        },
        methods={
            "reader": "action_show_audit",
            "operator": "action_propose action_reopen action_withdraw",
            "manager": "action_activate action_approve action_reject action_retire",
        },
    ),
    "channel.exposure": Row(
        methods={"reader": "action_open_levels", "operator": "action_suggest_rule"}
    ),
    "channel.reconcile.leave": wizard("operator", "action_confirm"),
    "channel.reconcile.adjust": wizard("operator", "action_confirm"),
    "channel.order": Row(
        adds=True, methods={"reader": "action_open_reconcile_differences"}
    ),
    "channel.channel": Row(
        adds=True,
        methods={
            "reader": ("action_open_reconcile_days action_open_reconcile_differences"),
            "operator": "action_reconcile",
        },
    ),
}

STANDARD = {
    "stock.warehouse": Standard(people="channel_compares channel_adjust_value"),
}
