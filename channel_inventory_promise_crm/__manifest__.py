# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Opportunities",
    "summary": "Opportunities show the stock that their quotations hold",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["channel_inventory_promise", "sale_crm"],
    "auto_install": True,
    "data": ["views/crm_lead_views.xml"],
}
