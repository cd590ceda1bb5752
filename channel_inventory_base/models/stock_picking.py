# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..tools.inner import get_inner, inner


class StockPicking(models.Model):
    """Transfers that others have carried out, and told of later."""

    _inherit = "stock.picking"

    def _action_done(self):
        result = super()._action_done()
        if moment := get_inner(self, "channel_done_at"):
            # before anybody is told of it
            self._set_done_at(moment)
        return result

    def _post_left(self, moment):
        """Post what has left, or arrived, at ``moment`` (naive UTC), as the warehouse
        tells by now: whatever has been decided since, for it has happened.

        Quantities and parcels are those of the transfers' lines, which are picked.
        """
        facts = inner(channel_done_at=moment, channel_left=True)
        return self.with_context(**facts)._action_done()

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
