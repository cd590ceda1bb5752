# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
{
    "name": "Channel Inventory: Dashboards",
    "summary": "Whether all is well, what it costs, and metrics for Prometheus",
    "version": "19.0.1.0.0",
    "category": "Supply Chain/Inventory",
    "author": "Channel Inventory contributors, Odoo Community Association (OCA)",
    "website": "https://github.com/OCA/channel-inventory",
    "license": "AGPL-3",
    "development_status": "Beta",
    "depends": ["channel_inventory_base", "spreadsheet_dashboard"],
    "auto_install": True,
    "external_dependencies": {"python": ["prometheus-client>=0.22.0"]},
    "data": [
        "views/channel_metric_views.xml",
        "views/channel_report_figure_views.xml",
        "views/channel_dashboard_views.xml",
        "data/spreadsheet_dashboard_data.xml",
    ],
    "assets": {
        "web.assets_backend": ["channel_inventory_dashboard/static/src/**/*"],
        "web.assets_tests": ["channel_inventory_dashboard/static/tests/tours/**/*"],
    },
}
