# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.exceptions import UserError


class ChannelEdiPartnerWizard(models.TransientModel):
    """A warehouse is told what to ship, and its documents are booked in a warehouse of
    Odoo."""

    _inherit = "channel.edi.partner.wizard"

    def _get_told_kinds(self):
        return ["940"] if self.role == "warehouse" else super()._get_told_kinds()

    def action_create(self):
        """:raise UserError: the warehouse is run by another partner already"""
        self.ensure_one()
        house = self.warehouse_id
        if self.role != "warehouse" or not house:
            return super().action_create()
        self._require_role("manager")
        # sudo: managers of channels need not be managers of stock
        house = house.sudo()
        if house.edi_channel_id:
            raise UserError(
                self.env._(
                    "%(warehouse)s is run by %(partner)s. Choose another warehouse.",
                    warehouse=house.name,
                    partner=house.edi_channel_id.name,
                )
            )
        action = super().action_create()
        agreement = self.env[action["res_model"]].browse(action["res_id"])
        house.edi_channel_id = agreement.channel_id
        if house.channel_authority == "odoo":
            # Odoo counts, from what the warehouse reports; its silence is noticed
            house.channel_authority = "reported"
        return action
