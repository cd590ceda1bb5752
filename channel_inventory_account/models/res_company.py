# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _get_books_context(self):
        """Jobs have no time zone, and Odoo dates documents by that of who makes them:
        around midnight they would be in another month than the company's.

        :return: dict for ``with_context``
        """
        zone = self.partner_id.tz
        return {"tz": zone} if zone else {}
