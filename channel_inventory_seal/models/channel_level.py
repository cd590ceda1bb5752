# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.exceptions import UserError


class ChannelLevel(models.Model):
    """The number that a channel shows can be proven."""

    _inherit = "channel.level"

    def action_open_proof(self):
        """Of the last number that the channel has acknowledged.

        :raise UserError: there is none
        """
        self.ensure_one()
        line = self.env["channel.publication.line"].search(
            [("level_id", "=", self.id), ("result", "=", "acked")],
            order="id desc",
            limit=1,
        )
        if not line:
            raise UserError(
                self.env._(
                    "No quantity of %s has been acknowledged yet, so there is nothing "
                    "to prove.",
                    self.display_name,
                )
            )
        return line.action_open_proof()
