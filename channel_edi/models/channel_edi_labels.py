# SPDX-License-Identifier: AGPL-3.0-or-later
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError

from .. import barcode

MODULES = 60
"""Height of the barcodes."""


class ChannelEdiLabels(models.AbstractModel):
    """What stands on the labels of a delivery to a trading partner: one a package, with
    its SSCC as a GS1-128 barcode."""

    _name = "channel.edi.labels"
    _description = "SSCC Labels"

    @api.model
    def _prepare(self, pickings):
        """:return: list of dicts, one a label; the numbers are taken where they are not
        yet
        :raise UserError: one of them is no delivery to a trading partner"""
        pickings.check_access("read")
        return [label for picking in pickings for label in self._prepare_of(picking)]

    def _prepare_of(self, picking):
        order, agreement, ordered = self._find_order(picking)
        packages = self._get_packages(picking)
        # sudo: warehouse staff print labels, and take numbers by it
        numbers = self.env["channel.edi.sscc"].sudo()
        numbers = numbers._take(agreement, order, picking, packages)
        common = self._prepare_common(picking, order, agreement, ordered)
        return [
            {
                **common,
                "package": package.name or "",
                "number": index,
                "count": len(packages),
                "sscc": number.sscc,
                "shown_sscc": show(number.sscc, len(agreement.sscc_prefix) - 1),
                "bars": Markup(
                    barcode.svg(barcode.gs1_128(("00", number.sscc)), MODULES)
                ),
            }
            for index, (package, number) in enumerate(
                zip(packages, numbers, strict=True), 1
            )
        ]

    def _find_order(self, picking):
        """:return: (channel.order, agreement, schemas.PurchaseOrder)"""
        # sudo: warehouse staff need not see channels
        order = picking.sudo()._channel_orders()
        order = order.filtered(lambda each: each.channel_id._is_edi())
        if len(order) != 1:
            raise UserError(
                self.env._("%s is no delivery of one EDI order.", picking.name)
            )
        # sudo: what was ordered is on its label, for whoever packs it
        orders = self.env["channel.edi.orders"].sudo()
        agreement, ordered = orders._get_ordered(order.channel_id, order.external_id)
        if not ordered:
            raise UserError(
                self.env._("%s did not come by an EDI document.", order.name)
            )
        if not agreement.sscc_prefix:
            raise UserError(
                self.env._(
                    "Enter the SSCC prefix in the agreement %s: extension digit and "
                    "GS1 company prefix.",
                    agreement.name,
                )
            )
        return order, agreement, ordered

    def _get_packages(self, picking):
        """:return: list of packages, in the order of ship notices; an empty one for
        what is in none"""
        lines = picking.move_line_ids.filtered("quantity")
        packages = list(lines.result_package_id.sorted("id"))
        if not packages or lines.filtered(lambda each: not each.result_package_id):
            packages.append(self.env["stock.package"])
        return packages

    def _prepare_common(self, picking, order, agreement, ordered):
        parties = {each.role: each for each in reversed(ordered.parties)}
        ship_to, store = parties.get("ship_to"), parties.get("store")
        partner = picking.partner_id
        place = partner.zip or ""
        return {
            "picking": picking,
            "ship_from": picking.picking_type_id.warehouse_id.partner_id
            or picking.company_id.partner_id,
            "ship_to": partner,
            "place": ship_to.code if ship_to else "",
            "store": store.code if store else "",
            "store_name": store.name if store else "",
            "order": ordered.number,
            "department": next(
                (each.value for each in ordered.refs if each.qualifier == "DP"), ""
            ),
            "carrier": self._get_carrier(picking, order, agreement),
            "zip": place,
            "zip_bars": Markup(
                barcode.svg(barcode.gs1_128(("420", place)), MODULES // 2)
            )
            if place.isascii() and place.isalnum()
            else "",
        }

    def _get_carrier(self, picking, order, agreement):
        """How the ship notice will call it."""
        # sudo: the channel's carrier, for staff who need not see channels
        tracking = picking.sudo()._get_channel_tracking(
            order.channel_id, self.env["stock.package"]
        )
        carrier = self.env["channel.edi.answers"]._get_carrier(agreement, tracking)
        return (carrier.name or carrier.code) if carrier else ""


def show(sscc, size=7):
    """As people read it: extension, company, serial, check digit.

    :param size: digits of the company's prefix

    >>> show("106141412345678908")
    '(00) 1 0614141 234567890 8'
    """
    end = 1 + size
    return f"(00) {sscc[0]} {sscc[1:end]} {sscc[end:17]} {sscc[17:]}"
