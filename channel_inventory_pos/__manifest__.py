# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Point of Sale",
    "summary": "What open tills have sold is not sold again on channels",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["channel_inventory_base", "point_of_sale"],
    "auto_install": True,
    "data": [
        "security/channel_rules.xml",
        "security/ir.model.access.csv",
        "data/channel_guide_data.xml",
        "views/channel_position_views.xml",
        "views/channel_till_count_views.xml",
        "views/pos_config_views.xml",
        "views/pos_order_line_views.xml",
        "views/pos_session_views.xml",
    ],
    "assets": {
        "point_of_sale._assets_pos": ["channel_inventory_pos/static/src/**/*"],
        "web.assets_tests": ["channel_inventory_pos/static/tests/tours/**/*"],
    },
    "uninstall_hook": "uninstall_hook",
}
