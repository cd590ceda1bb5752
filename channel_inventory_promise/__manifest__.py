# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Quotations",
    "summary": "Quotations hold stock, and promise what channels have not sold",
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
        "data/channel_guide_data.xml",
        "views/channel_quote_hold_views.xml",
        "views/channel_hold_views.xml",
        "views/sale_order_views.xml",
        "views/sale_portal_templates.xml",
        "views/res_config_settings_views.xml",
        "views/channel_menus.xml",
    ],
    "demo": ["demo/sale_order_demo.xml"],
    "assets": {
        "web.assets_backend": ["channel_inventory_promise/static/src/**/*"],
        "web.assets_tests": ["channel_inventory_promise/static/tests/tours/**/*"],
    },
}
