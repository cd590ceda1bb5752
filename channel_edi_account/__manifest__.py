# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel EDI: Invoices",
    "summary": "Send invoices and credit notes to retailers by EDI",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Alpha",
    "auto_install": True,
    "depends": ["channel_edi", "channel_inventory_account"],
    "data": [
        "data/channel_guide_data.xml",
        "views/account_move_views.xml",
        "views/channel_edi_agreement_views.xml",
        "views/channel_edi_document_views.xml",
    ],
    "assets": {"web.assets_tests": ["channel_edi_account/static/tests/tours/**/*"]},
}
