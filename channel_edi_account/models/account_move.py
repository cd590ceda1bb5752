# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class AccountMove(models.Model):
    """Invoices and credit notes of orders that came by EDI are told by EDI."""

    _inherit = "account.move"

    channel_edi_count = fields.Integer(
        compute="_compute_channel_edi_count", string="EDI Documents"
    )

    def _compute_channel_edi_count(self):
        # sudo: a number only, for a smart button
        documents = self.env["channel.edi.document"].sudo()
        counts = dict(
            documents._read_group(self._get_edi_domain(), ["res_id"], ["__count"])
        )
        for move in self:
            move.channel_edi_count = counts.get(move.id, 0)

    # ------------------------------------------------------------- actions
    def action_open_edi_documents(self):
        """For who may see them."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_edi.channel_edi_document_action"
        )
        return dict(action, domain=self._get_edi_domain(), context={})

    def button_draft(self):
        posted = self.filtered(lambda move: move.state == "posted")
        result = super().button_draft()
        posted._note_withdrawn()
        return result

    def button_cancel(self):
        result = super().button_cancel()
        self._note_withdrawn()
        return result

    # ------------------------------------------------------------ business
    def _get_edi_domain(self):
        return [("res_model", "=", self._name), ("res_id", "in", self.ids)]

    def _post(self, soft=True):
        posted = super()._post(soft)
        # sudo: accountants need not see channels and their documents
        for move in posted.sudo().filtered(lambda move: move.is_sale_document()):
            move.env["channel.edi.invoices"]._tell(move)
        return posted

    def _note_withdrawn(self):
        # sudo: as above
        for move in self.sudo().filtered(lambda move: move.is_sale_document()):
            move.env["channel.edi.invoices"]._withdraw(move)
