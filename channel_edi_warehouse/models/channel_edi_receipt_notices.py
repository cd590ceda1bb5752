# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timezone

from odoo import api, models

from odoo.addons.channel_edi import schemas


class ChannelEdiReceiptNotices(models.AbstractModel):
    """Tells a warehouse what is on its way to it (943): receipts from suppliers, and
    transfers from another place of ours once they are reserved or have left there.

    Each is told once, under the number by which its 944 will name it; what is left of
    one that came in part is known there. It is news and no order: one that is cancelled
    or changed after it was told is a person's to tell.
    """

    _name = "channel.edi.receipt.notices"
    _description = "Notices of Receipts to Warehouses"
    _inherit = ["channel.edi.shipping.orders"]

    _told_kind = "943"
    _answer_kind = "944"
    _told_class = schemas.ReceiptNotice

    def _get_warehouse(self, picking):
        warehouse = picking.picking_type_id.warehouse_id
        if picking.picking_type_code == "incoming":
            return warehouse
        target = picking.location_dest_id.warehouse_id
        if picking.picking_type_code == "internal" and target:
            # what is moved inside of it is its own business
            return target - picking.location_id.warehouse_id
        return warehouse.browse()

    # --------------------------------------------------------------- content
    def _prepare_order(self, agreement, picking):
        """:return: schemas.ReceiptNotice
        :raise UserError: a warehouse could not understand it"""
        day = picking.scheduled_date.replace(tzinfo=timezone.utc)
        moment = schemas.Moment(day, day)
        return schemas.ReceiptNotice(
            number=picking.name,
            lines=tuple(
                schemas.NoticeLine(
                    quantity=each.quantity,
                    unit=each.unit,
                    number=each.number,
                    ids=each.ids,
                )
                for each in self._prepare_lines(picking)
            ),
            shipment_number=self._get_shipment_number(picking),
            date=moment,
            dates=schemas.Dates(deliver_scheduled=moment),
            parties=self._prepare_parties(picking),
        )

    def _get_shipment_number(self, picking):
        """By what its sender calls it: a purchase, a delivery."""
        return (picking.origin or "")[:30]

    def _prepare_parties(self, picking):
        sender = picking.partner_id or picking.location_id.warehouse_id.partner_id
        if not sender.name:
            return ()
        return (
            schemas.Party(
                role="ship_from",
                name=sender.name,
                street=sender.street or "",
                city=sender.city or "",
                zip=sender.zip or "",
                country=sender.country_id.code or "",
            ),
        )

    # ---------------------------------------------------------------- changes
    @api.model
    def _withdraw(self, picking):
        """It does not come."""
        agreement = self._get_agreement(picking)
        if not agreement:
            return
        channel = agreement._channel_of(self._told_kind)
        self.env["channel.exception"]._resolve_keys(channel, [self._get_key(picking)])
        told = self._get_told(picking).filtered(lambda each: each.direction == "out")
        unsent = told.filtered(lambda each: each.state == "ready")
        unsent.write({"state": "void", "error": self.env._("Cancelled before.")})
        if told - unsent:
            self._report_changed(agreement, picking)

    def _report_changed(self, agreement, picking):
        self._report(
            agreement._channel_of(self._told_kind),
            picking,
            f"edi_943_changed:{picking.id}",
            self.env._("it was changed after the warehouse was told that it comes."),
            self.env._("Tell the warehouse by hand what comes now, then resolve this."),
        )

    def _report(self, channel, picking, key, words, suggestion=""):
        suggestion = suggestion or self.env._(
            "Correct it: then the warehouse is told what comes."
        )
        return super()._report(channel, picking, key, words, suggestion)
