# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Kits",
    "summary": "What a channel may sell of a kit, from the stock of its components",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["channel_inventory_sale", "sale_mrp"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "security/channel_kit_rules.xml",
        "data/channel_guide_data.xml",
        "views/channel_kit_component_views.xml",
        "views/channel_level_templates.xml",
        "views/product_views.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
