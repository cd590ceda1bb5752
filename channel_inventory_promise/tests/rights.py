# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.attack.rights import Row, Standard

RIGHTS = {
    "channel.hold": Row(
        adds=True,
        fields={
            "server": (
                "sale_line_id sale_order_id asked_quantity quote_value ended_at "
                "end_reason taken_quantity is_untold"
            )
        },
        methods={"reader": "action_open_quotation"},
    ),
    "channel.promise.turn": Row(),
    # the holds of their own quotations
    "channel.quote.hold": Row(
        methods={"reader": "action_open_quotation"},
        readers="sales sales_manager invoicing",
    ),
}
SETTINGS = (
    "channel_quote_policy channel_quote_hours channel_quote_percent "
    "channel_quote_short channel_confirm_policy"
)
STANDARD = {
    "sale.order": Standard(
        methods=(
            "action_channel_hold action_channel_extend action_channel_release "
            "action_channel_confirm_anyway"
        )
    ),
    "res.company": Standard(people=SETTINGS),
}
