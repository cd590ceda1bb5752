# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with the models of this addon: see ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import Row, wizard

RIGHTS = {
    "channel.level.past": Row(methods={"reader": "action_open_level"}),
    "channel.position.past": Row(methods={"reader": "action_show_moves"}),
    "channel.past": wizard("reader", "action_show_levels action_show_positions"),
    "channel.backtest": wizard("operator", "action_back action_play"),
    "channel.backtest.line": wizard("operator"),
    "channel.rule.preview": Row(
        adds=True, methods={"operator": "action_open_backtest"}
    ),
}
