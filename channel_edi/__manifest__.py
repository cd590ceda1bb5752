# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel EDI",
    "summary": "Trade with retailers, warehouses and suppliers by EDI documents",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Alpha",
    "depends": ["channel_inventory_base", "channel_inventory_sale"],
}
