# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory",
    "summary": "One stock position, one number per channel, and a reason for each",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "application": True,
    "depends": ["sale_stock", "queue_job"],
    "external_dependencies": {"python": ["cryptography", "phonenumbers"]},
    "data": [
        "security/channel_groups.xml",
        "security/ir.model.access.csv",
        "security/channel_rules.xml",
        "data/queue_job_data.xml",
        "data/ir_cron_data.xml",
        "data/product_data.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
