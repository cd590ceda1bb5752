# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError


class ChannelPlaceLink(models.TransientModel):
    """The contact of a place that a channel names by a code only."""

    _name = "channel.place.link"
    _description = "Link a Place to a Contact"
    _inherit = ["channel.guarded"]

    order_id = fields.Many2one("channel.order", required=True, readonly=True)
    company_id = fields.Many2one(related="order_id.company_id", related_sudo=False)
    ref = fields.Char(string="Place", required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        domain="[('company_id', 'in', (False, company_id))]",
        help="Orders to the place are delivered to this address.",
    )

    @api.model
    def _open_for(self, order):
        """:return: the wizard for the first place of ``order`` that nobody has linked,
            else for its first one
        :raise UserError: it names none"""
        order._require_role("operator")
        places = self._list_places(order)
        if not places:
            raise UserError(self.env._("%s names no place by a code.", order.name))
        ref, partner = next(iter(places.items()))
        return self.create({"order_id": order.id, "ref": ref, "partner_id": partner.id})

    def _list_places(self, order):
        # sudo: links of customers are no operator's to read
        partners = self.env["channel.partner"].sudo()
        return partners._list_places(order, order.sudo()._get_data())

    def action_confirm(self):
        """Link it, and try all orders again that waited for an address."""
        self.ensure_one()
        order = self.order_id
        order._require_role("operator")
        order.check_access("read")
        if not self.partner_id:
            raise UserError(self.env._("Choose the contact of the place."))
        self.partner_id.check_access("read")
        if self.ref not in self._list_places(order):
            raise UserError(
                self.env._(
                    "%(order)s does not name the place %(place)s any more.",
                    order=order.name,
                    place=self.ref,
                )
            )
        if self.partner_id.company_id not in (self.company_id, self.env["res.company"]):
            raise UserError(
                self.env._(
                    "%s is a contact of another company.", self.partner_id.display_name
                )
            )
        # sudo: an operator links a place, and may not write links otherwise
        self.env["channel.partner"].sudo()._link_place(
            order.channel_id, self.ref, self.partner_id
        )
        order._log_decision(
            self.env._(
                "%(order)s: the place %(place)s is %(contact)s",
                order=order.name,
                place=self.ref,
                contact=self.partner_id.display_name,
            )
        )
        self.env["channel.order"]._retry_blocked(order.channel_id, ("address",))
        return {"type": "ir.actions.act_window_close"}
