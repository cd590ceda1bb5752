# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Accounting",
    "summary": "Invoices, payments and credit notes of channels' orders, to the cent",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "auto_install": True,
    "depends": ["channel_inventory_sale", "account"],
    "data": [
        "security/ir.model.access.csv",
        "security/channel_rules.xml",
        "data/queue_job_data.xml",
        "views/channel_channel_views.xml",
        "views/channel_order_views.xml",
    ],
}
