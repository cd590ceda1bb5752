from odoo import models
from odoo.tools import SQL


class ChannelPublisher(models.AbstractModel):
    _inherit = "channel.publisher"

    def _unplanned_conditions(self):
        """A number is not raised while a change waits of what it shares components
        with: its own components, and kits that are held and take from them."""
        return [
            *super()._unplanned_conditions(),
            SQL("EXISTS (SELECT FROM channel_kit_change)"),
            SQL(
                """EXISTS (
                    WITH parts AS (
                        SELECT listing.product_id AS id
                        UNION
                        SELECT kit.component_id FROM channel_kit_component kit
                         WHERE kit.product_id = listing.product_id
                    )
                    SELECT FROM channel_change change
                     WHERE change.product_id IN (SELECT id FROM parts)
                        OR change.product_id IN (
                           SELECT kit.product_id FROM channel_kit_component kit
                             JOIN parts ON parts.id = kit.component_id))"""
            ),
        ]
