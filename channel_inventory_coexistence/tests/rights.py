# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.channel": Row(adds=True, methods={"reader": "action_open_shadow"}),
    "channel.shadow": Row(
        methods={"reader": "action_open_differences", "operator": "action_cut_over"}
    ),
    "channel.cut.over": Row(
        fixed="warehouse_id",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": (
                "warehouse_id authority report_minutes freeze_minutes hold_days"
            ),
            "server": (
                "company_id step former begun_at done_at cursor failure line_ids "
                "hold_ids "
                "editor_ids state proposal proposed_by_id proposed_at"
            ),
        },
        methods={
            "reader": "action_open_bookings action_show_audit",
            "operator": "action_preview action_propose action_reopen action_withdraw",
            "manager": (
                "action_activate action_approve action_continue action_reject "
                "action_retire"
            ),
        },
    ),
    "channel.cut.over.line": Row(),
    "channel.master.drift": Row(),
    "channel.ownership": Row(
        fixed="company_id",
        write="operator",
        create="operator",
        unlink="manager",
        fields={
            "operator": (
                "active company_id domain owner system channel_id warehouse_id note"
            ),
            "server": ("editor_ids state proposal proposed_by_id proposed_at effect"),
        },
        methods={
            "reader": "action_show_audit",
            "operator": "action_propose action_reopen action_withdraw",
            "manager": "action_activate action_approve action_reject action_retire",
        },
    ),
}
STANDARD = {
    "stock.warehouse": Standard(server="channel_frozen_until"),
}
