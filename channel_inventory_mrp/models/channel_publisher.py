# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL


class ChannelPublisher(models.AbstractModel):
    _inherit = "channel.publisher"

    def _unplanned_conditions(self):
        """A kit's number is not raised while a change of a component waits, none while
        it is not known what is a kit."""
        return [
            *super()._unplanned_conditions(),
            SQL("EXISTS (SELECT FROM channel_kit_change)"),
            SQL(
                """EXISTS (
                    SELECT FROM channel_kit_component kit
                      JOIN channel_change change
                        ON change.product_id = kit.component_id
                     WHERE kit.product_id = listing.product_id)"""
            ),
        ]
