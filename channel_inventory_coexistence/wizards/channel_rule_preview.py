# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError


class ChannelRulePreview(models.TransientModel):
    """Previews also the quantities after a cut-over."""

    _inherit = "channel.rule.preview"

    cut_over_id = fields.Many2one("channel.cut.over", readonly=True)

    @api.model
    def _make_of_cut_over(self, cut_over):
        """Compute the quantities of all that is sold from the warehouse with the other
        authority, and the count booked."""
        scope = cut_over._levels_domain()
        if not self.env["channel.level"].search_count(scope, limit=1):
            raise UserError(
                self.env._(
                    "No channel sells from %s: no quantity would change.",
                    cut_over.warehouse_id.name,
                )
            )
        return self._look_at(
            scope,
            {},
            {"cut_over_id": cut_over.id},
            change=cut_over._change_for_preview,
        )
