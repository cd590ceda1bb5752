# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.tools import SQL


class ChannelLevelInputs(models.Model):
    """The inputs of a level's target when it last changed. One row per level.

    Written by the planner, in the statement that writes the level. A table of its own:
    each full plan reads all levels, and this is nine tenths of what they would be.
    """

    _name = "channel.level.inputs"
    _description = "Inputs of a Level"
    _inherit = ["channel.guarded"]
    _rec_name = "level_id"
    _log_access = False

    level_id = fields.Many2one(
        "channel.level", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="level_id.company_id")
    inputs = fields.Json(readonly=True)

    _level_uniq = models.UniqueIndex("(level_id)")

    def init(self):
        # room in each page for the next version of a row, as in the table of levels
        self.env.cr.execute(
            SQL("ALTER TABLE channel_level_inputs SET (fillfactor = 85)")
        )
