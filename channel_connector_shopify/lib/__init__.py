"""The parts of the connector that know Shopify and not Odoo."""
