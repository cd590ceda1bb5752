# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel EDI: Warehouses",
    "summary": "Third-party warehouses that ship by EDI documents",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Alpha",
    "depends": ["channel_edi", "stock"],
    "data": ["data/channel_guide_data.xml", "views/stock_warehouse_views.xml"],
    "assets": {"web.assets_tests": ["channel_edi_warehouse/static/tests/tours/**/*"]},
}
