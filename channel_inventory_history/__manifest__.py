# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: History",
    "summary": "What channels showed at any moment, and rules tried on past orders",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["channel_inventory_sale"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "security/channel_rules.xml",
        "views/channel_level_past_views.xml",
        "views/channel_position_past_views.xml",
        "wizards/channel_past_views.xml",
        "wizards/channel_backtest_views.xml",
        "wizards/channel_rule_preview_views.xml",
    ],
}
