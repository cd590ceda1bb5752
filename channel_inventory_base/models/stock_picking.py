# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class StockPicking(models.Model):
    """Transfers that others have carried out, and told of later."""

    _inherit = "stock.picking"

    def _set_done_at(self, moment):
        """These transfers are done, and were at ``moment``: when the truck left, not
        when its document came in.

        A count that was made in between knows them; one made before does not. With the
        date of the document, whichever came later would be wrong by these units.

        :param moment: naive UTC, not later than now
        """
        done = self.filtered(lambda picking: picking.state == "done")
        if not done:
            return
        moment = min(moment, fields.Datetime.now())
        done.write({"date_done": moment})
        done.move_ids._set_done_at(moment)
