# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base.tools.inner import get_inner


class AccountMove(models.Model):
    """Entries of settlements."""

    _inherit = "account.move"

    channel_settlement_id = fields.Many2one(
        "channel.settlement",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )

    def action_open_channel_settlement(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "channel.settlement",
            "res_id": self.channel_settlement_id.id,
            "view_mode": "form",
        }

    # ------------------------------------------------------------ business
    def button_draft(self):
        self._refuse_of_settlement()
        return super().button_draft()

    def button_cancel(self):
        self._refuse_of_settlement()
        return super().button_cancel()

    def _refuse_of_settlement(self):
        """:raise UserError: the settlement would say that it is posted, and is not"""
        if get_inner(self, "channel_settlement"):
            return
        for move in self.filtered("channel_settlement_id"):
            # sudo: the name alone, for whoever may change the entry
            settlement = move.sudo().channel_settlement_id
            raise UserError(
                self.env._(
                    "%(move)s is the entry of the settlement %(settlement)s: open the "
                    "settlement and press Take Back.",
                    move=move.name,
                    settlement=settlement.name,
                )
            )
