# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from ..db.jobs import forget_jobs


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    def init(self, force=False):
        """Odoo gives a duplicate, or a backup restored as a copy, a uuid of its own."""
        result = super().init(force=force)
        if force:
            forget_jobs(self.env.cr)
        return result
