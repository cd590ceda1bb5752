# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Connector Amazon",
    "summary": "Keep the stock of an Amazon seller honest, and take its orders",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Alpha",
    "depends": ["channel_inventory_base"],
    "external_dependencies": {
        "python": ["requests>=2.32.4", "requests-aws4auth>=1.4.0"]
    },
    "data": ["views/channel_channel_views.xml"],
    "demo": ["demo/channel_demo.xml"],
    "uninstall_hook": "uninstall_hook",
}
