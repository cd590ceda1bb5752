# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError

from .channel_edi_invoices import INVOICES


class ChannelEdiDocument(models.Model):
    """An invoice is written when it is posted, and may wait for its goods."""

    _inherit = "channel.edi.document"

    state = fields.Selection(
        selection_add=[("waiting", "Waits for Its Goods"), ("ready",)],
        ondelete={"waiting": "cascade"},
    )

    can_resend = fields.Boolean(compute="_compute_can_resend")

    _waiting_idx = models.Index("(channel_id, id) WHERE state = 'waiting'")
    _record_idx = models.Index("(res_id) WHERE res_model = 'account.move'")

    @api.depends("state", "direction", "ack_state", "declined")
    def _compute_can_resend(self):
        for document in self:
            out = document.direction == "out" and document.state in ("sent", "void")
            document.can_resend = out and not document._is_with_partner()

    # ------------------------------------------------------------- actions
    def action_send_waiting(self):
        """Send an invoice now, whatever it waits for: a person knows better."""
        self._require_role("operator")
        waiting = self.filtered(lambda each: each.state == "waiting")
        if not waiting:
            raise UserError(self.env._("It does not wait for anything."))
        # sudo: operators decide; only jobs write documents otherwise
        waiting.sudo().write({"state": "ready", "error": False, "parked_until": False})
        for document in waiting:
            self.env["channel.audit"]._log(
                "operator",
                document.channel_id,
                self.env._("%s is sent before its ship notice", document.display_name),
                record=document,
            )
        self.env["channel.exception"]._resolve_record(waiting)
        waiting.channel_id._wake("_job_edi_send")

    # ------------------------------------------------------------ business
    def _is_invoice(self):
        return self.kind in INVOICES and self.res_model == "account.move"

    def _is_at_partner(self):
        """Whether the partner has it, or is about to: it was sent, not refused, and not
        sent anew since because it was refused."""
        self.ensure_one()
        if self.state not in ("framed", "sent"):
            return False
        if self.ack_state == "rejected" or self.declined:
            return False
        anew = self.search([("corrects_id", "=", self.id)])
        # what a replacement has not replaced yet is there
        return all(each._values().get("purpose") == "replace" for each in anew)

    def _is_with_partner(self):
        """A changed invoice may replace the one that the partner has, where that was
        agreed."""
        invoices = self.env["channel.edi.invoices"]
        if self._is_invoice() and super()._is_with_partner():
            return not invoices._may_replace(self)
        return super()._is_with_partner()

    def _get_payload_anew(self):
        """The invoice as it is now: what was wrong with it may be corrected."""
        if not self._is_invoice():
            return super()._get_payload_anew()
        return self.env["channel.edi.invoices"]._write_anew(self)

    def _send_anew(self, payload):
        anew = super()._send_anew(payload)
        if self._is_invoice():
            # sudo: operators send again; only jobs write documents otherwise
            self.env["channel.edi.invoices"].sudo()._check_may_go(anew.sudo())
        return anew
