# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel EDI: Suppliers",
    "summary": "Suppliers that are ordered from, and answer, by EDI documents",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Purchase",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Alpha",
    "depends": ["channel_edi", "purchase_stock"],
    "auto_install": True,
    "data": [
        "security/ir.model.access.csv",
        "security/channel_edi_purchase_rules.xml",
        "data/channel_guide_data.xml",
        "views/channel_edi_purchase_views.xml",
        "views/channel_channel_views.xml",
        "views/purchase_order_views.xml",
        "views/stock_picking_views.xml",
    ],
    "assets": {"web.assets_tests": ["channel_edi_purchase/static/tests/tours/**/*"]},
}
