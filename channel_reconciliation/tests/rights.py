# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, wizard

TERMS = (
    "name active company_id channel_id node_id categ_id listing_id units percent value "
    "edited not_applied lost_decrement not_stocked wrong_unit unmapped foreign_place "
    "sells_below_zero untracked gone stuck answer_hours"
)

RIGHTS = {
    "channel.reconcile.run": Row(methods={"reader": "action_open_differences"}),
    "channel.reconcile.difference": Row(
        methods={
            "reader": "action_open_level",
            "operator": (
                "action_close action_count_shelf action_leave_theirs "
                "action_publish_ours"
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
    "channel.channel": Row(
        adds=True,
        methods={
            "reader": "action_open_reconcile_differences",
            "operator": "action_reconcile",
        },
    ),
}
