# SPDX-License-Identifier: AGPL-3.0-or-later
"""Wake-ups for the planner; the record of a change is the triggers'."""

from odoo import api, models


class MrpBom(models.Model):
    _inherit = "mrp.bom"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        self.env["channel.change"]._wake_planner()
        return super().write(vals)

    def unlink(self):
        self.env["channel.change"]._wake_planner()
        return super().unlink()


class MrpBomLine(models.Model):
    _inherit = "mrp.bom.line"

    @api.model_create_multi
    def create(self, vals_list):
        self.env["channel.change"]._wake_planner()
        return super().create(vals_list)

    def write(self, vals):
        self.env["channel.change"]._wake_planner()
        return super().write(vals)

    def unlink(self):
        self.env["channel.change"]._wake_planner()
        return super().unlink()
