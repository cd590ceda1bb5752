# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class MrpBom(models.Model):
    _name = "mrp.bom"
    _inherit = ["mrp.bom", "channel.wakes.planner"]

    _wakes_when_made = True
    _wakes_when_gone = True


class MrpBomLine(models.Model):
    _name = "mrp.bom.line"
    _inherit = ["mrp.bom.line", "channel.wakes.planner"]

    _wakes_when_made = True
    _wakes_when_gone = True
