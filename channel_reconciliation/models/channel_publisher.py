# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

HELD = """EXISTS (
    SELECT FROM channel_reconcile_difference difference
     WHERE difference.level_id = level.id
       AND difference.state IN ('proposed', 'decided')
       AND %s)"""


class ChannelPublisher(models.AbstractModel):
    """A level whose difference a person has to decide on is lowered, and not raised;
    where the unit is in doubt, nothing but 0 is published."""

    _inherit = "channel.publisher"

    def _unplanned_conditions(self):
        return [
            *super()._unplanned_conditions(),
            SQL(HELD, SQL("difference.kind <> 'wrong_unit'")),
        ]

    def _withheld_conditions(self):
        return [
            *super()._withheld_conditions(),
            SQL(HELD, SQL("difference.kind = 'wrong_unit'")),
        ]
