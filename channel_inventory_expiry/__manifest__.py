# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Expiry",
    "summary": "Lots that have expired, or soon will, are not sold on channels",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["channel_inventory_base", "product_expiry"],
    "auto_install": True,
    "data": ["views/channel_position_views.xml", "views/stock_warehouse_views.xml"],
    "uninstall_hook": "uninstall_hook",
}
