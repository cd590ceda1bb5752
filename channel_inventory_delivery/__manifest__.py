# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory Delivery",
    "summary": "Tracking numbers of parcels, and what each channel calls a carrier",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "auto_install": True,
    "depends": ["channel_inventory_sale", "stock_delivery"],
    "data": [
        "security/ir.model.access.csv",
        "security/channel_rules.xml",
        "views/channel_carrier_map_views.xml",
        "views/channel_channel_views.xml",
        "views/stock_package_views.xml",
    ],
}
