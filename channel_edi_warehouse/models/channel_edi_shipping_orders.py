# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import replace
from datetime import timezone
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib import gs1
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_sale.models.channel_partner import PLACE

CODES = {
    "uom.product_uom_unit": "EA",
    "uom.product_uom_kgm": "KG",
    "uom.product_uom_meter": "MR",
    "uom.product_uom_litre": "LT",
}
"""Units of Odoo in which a warehouse can be told a quantity, and X12's codes."""
WINDOWS = ("ship_not_before", "ship_by", "cancel_after")
"""Of what a customer has ordered: when it may leave."""
LABEL_REFS = ("DP", "IA", "MR", "PD")
"""Numbers of a customer that stand on its labels: department, vendor, and such."""
QUALIFIERS = {12: "UP", 13: "EN", 14: "UK", 8: "EO"}
"""Of a barcode, by its digits."""


class ChannelEdiShippingOrders(models.AbstractModel):
    """Tells a warehouse what to ship (940): once for each transfer that is ready.

    Its backorders are under the same number there, so they are never told. What was
    told cannot be changed without a person: the warehouse may have shipped by now.
    """

    _name = "channel.edi.shipping.orders"
    _description = "Shipping Orders to Warehouses"

    _told_kind = "940"
    _answer_kind = "945"
    _told_class = schemas.ShippingOrder

    @api.model
    def _offer(self, pickings):
        """Tell of these, as far as they are ready and were not told."""
        for picking in pickings:
            agreement = self._get_agreement(picking)
            if agreement and self._is_ready(picking) and not self._get_told(picking):
                self._tell(agreement, picking)

    def _get_agreement(self, picking):
        """:return: channel.edi.agreement by which a transfer is told; empty where it is
        not told by documents"""
        # sudo: warehouse staff need not see channels and agreements
        agreements = self.env["channel.edi.agreement"].sudo()
        # sudo: as above
        channel = self._get_warehouse(picking.sudo()).edi_channel_id
        if not channel:
            return agreements
        agreement = agreements._get_of_channel(channel.id)
        terms = agreement and agreement._terms_of(self._told_kind, "out")
        return agreement if terms else agreements

    def _get_warehouse(self, picking):
        """:return: the warehouse that has something to do with a transfer"""
        warehouse = picking.picking_type_id.warehouse_id
        return warehouse if picking.picking_type_code == "outgoing" else warehouse[:0]

    def _is_ready(self, picking):
        moves = picking.move_ids.filtered(lambda move: move.state != "cancel")
        return bool(moves) and all(move.state == "assigned" for move in moves)

    def _get_told(self, picking):
        """What was told, or reported, of a transfer or one that it is the rest of.

        :return: channel.edi.document
        """
        agreement = self._get_agreement(picking)
        names, each = [], picking
        while each:
            names.append(each.name)
            each = each.backorder_id
        # sudo: warehouse staff need not see documents
        return (
            self.env["channel.edi.document"]
            .sudo()
            .search(
                [
                    ("agreement_id", "=", agreement.id),
                    ("kind", "in", (self._told_kind, self._answer_kind)),
                    ("business_key", "in", names),
                    ("state", "not in", ("void", "ignored", "refused")),
                ],
                order="id",
            )
        )

    def _tell(self, agreement, picking):
        key = self._get_key(picking)
        channel = agreement._channel_of(self._told_kind)
        try:
            order = self._prepare_order(agreement, picking)
        except UserError as error:
            self._report(channel, picking, key, str(error))
            return
        self.env["channel.edi.document"]._queue(
            agreement,
            self._told_kind,
            f"picking:{picking.id}",
            order,
            record=picking,
            business_key=picking.name,
        )
        self.env["channel.exception"]._resolve_keys(channel, [key])

    def _get_key(self, picking):
        """Of the exception of a transfer that cannot be told."""
        return f"edi_{self._told_kind}:{picking.id}"

    # --------------------------------------------------------------- content
    def _prepare_order(self, agreement, picking):
        """:return: schemas.ShippingOrder
        :raise UserError: a warehouse would refuse it, or could not understand it
        """
        # sudo: warehouse staff need not see the sale order
        sale = picking.sudo().sale_id
        day = picking.scheduled_date.replace(tzinfo=timezone.utc)
        dates = schemas.Dates(ship_requested=schemas.Moment(day, day))
        order, ordered = self._get_ordered(picking)
        ship_to = self._prepare_party(picking)
        if not ordered:
            terms = {"parties": (ship_to,)}
        else:
            windows = {name: getattr(ordered.dates, name) for name in WINDOWS}
            dates = replace(dates, **windows)
            place = self._get_place(order, ordered, picking.partner_id)
            stores = [each for each in ordered.parties if each.role == "store"]
            terms = {
                "parties": (replace(ship_to, **place), *stores),
                "refs": tuple(
                    each for each in ordered.refs if each.qualifier in LABEL_REFS
                ),
            }
        return schemas.ShippingOrder(
            number=picking.name,
            lines=self._prepare_lines(picking),
            po_number=sale.client_order_ref or "",
            dates=dates,
            carrier=self._prepare_carrier(agreement, picking),
            **terms,
        )

    def _get_ordered(self, picking):
        """What a trading partner has ordered that is shipped by a transfer.

        :return: (channel.order, schemas.PurchaseOrder or None)
        """
        # sudo: warehouse staff need not see channels and their orders
        order = picking.sudo()._channel_orders()
        if len(order) != 1 or not order.channel_id._is_edi():
            return order, None
        # sudo: as above
        orders = self.env["channel.edi.orders"].sudo()
        _agreement, ordered = orders._get_ordered(order.channel_id, order.external_id)
        return order, ordered

    def _get_place(self, order, ordered, partner):
        """How the customer calls the place that ``partner`` is: what stands on labels,
        and in its ship notice.

        :return: values of a schemas.Party; none where it goes to another place, or one
            that has no code
        """
        told = next(
            (each for each in ordered.parties if each.role == "ship_to" and each.code),
            None,
        )
        if told is None:
            return {}
        # sudo: warehouse staff need not see customers of channels
        places = self.env["channel.partner"].sudo()
        linked = places._find(
            order.channel_id, f"{PLACE}{told.qualifier}:{told.code}"
        ).partner_id
        if linked:
            is_there = linked == partner
        else:
            is_there = _bare(told.street, told.zip) == _bare(
                partner.street, partner.zip
            )
        return {"qualifier": told.qualifier, "code": told.code} if is_there else {}

    def _prepare_lines(self, picking):
        wanted = defaultdict(float)
        for move in picking.move_ids:
            if move.state not in ("done", "cancel"):
                wanted[move.product_id] += move.product_qty
        return tuple(
            schemas.ShippingLine(
                quantity=_decimal(quantity),
                unit=self._get_unit_code(product),
                number=str(index),
                ids=self._get_ids(product),
                text=product.name or "",
            )
            for index, (product, quantity) in enumerate(wanted.items(), 1)
        )

    def _get_unit_code(self, product):
        for name, code in CODES.items():
            if product.uom_id == self.env.ref(name):
                return code
        raise UserError(
            self.env._(
                "%(product)s is counted in %(unit)s, which has no code by which a "
                "warehouse could be told. Send it the order by hand.",
                product=product.display_name,
                unit=product.uom_id.name,
            )
        )

    def _get_ids(self, product):
        found = []
        if product.default_code:
            found.append(schemas.ItemId("VN", product.default_code))
        barcode = product.barcode or ""
        if gs1.gtin14(barcode):
            found.append(schemas.ItemId(QUALIFIERS[len(barcode)], barcode))
        if not found:
            raise UserError(
                self.env._(
                    "%s has neither an internal reference nor a GTIN by which the "
                    "warehouse could know it. Enter one.",
                    product.display_name,
                )
            )
        return tuple(found)

    def _prepare_party(self, picking):
        partner = picking.partner_id
        if not partner.street or not partner.city:
            raise UserError(
                self.env._(
                    "%(picking)s has no delivery address with street and city.",
                    picking=picking.name,
                )
            )
        return schemas.Party(
            role="ship_to",
            name=partner.name or partner.parent_id.name or "",
            street=partner.street,
            street2=partner.street2 or "",
            city=partner.city,
            state=partner.state_id.code or "",
            zip=partner.zip or "",
            country=partner.country_id.code or "",
        )

    def _prepare_carrier(self, agreement, picking):
        name = picking.picking_type_id.warehouse_id.edi_carrier or ""
        if "carrier_id" in picking._fields and picking.carrier_id:
            name = picking.carrier_id.name
        if not name:
            raise UserError(
                self.env._(
                    "%(picking)s has no carrier. Choose it there, or enter the usual "
                    "one on the warehouse.",
                    picking=picking.name,
                )
            )
        codes = agreement.code_ids.filtered(lambda each: each.kind == "carrier")
        code = {each.meaning: each.code for each in codes}.get(name)
        return schemas.Carrier(code=code or name, name=name)

    # ---------------------------------------------------------------- changes
    @api.model
    def _withdraw(self, picking):
        """It was cancelled here: the warehouse is not to ship it."""
        agreement = self._get_agreement(picking)
        if not agreement:
            return
        documents = self.env["channel.edi.document"]
        channel = agreement._channel_of(self._told_kind)
        self.env["channel.exception"]._resolve_keys(channel, [self._get_key(picking)])
        source = f"picking:{picking.id}"
        told = documents._find_queued(agreement, self._told_kind, source)
        if not told:
            if self._get_told(picking):
                self._report_changed(agreement, picking)
            return
        if told.state == "ready":
            told.write({"state": "void", "error": self.env._("Cancelled before.")})
            return
        if told.state == "void" or told.ack_state == "rejected":
            return
        order = base_schemas.load(self._told_class, told._values())
        documents._queue(
            agreement,
            self._told_kind,
            f"picking:{picking.id}:cancel",
            replace(order, purpose="cancel"),
            record=picking,
            business_key=picking.name,
        )

    @api.model
    def _drop_unsent(self, pickings):
        """They are done: what was to be sent of them is not sent any more."""
        for picking in pickings:
            agreement = self._get_agreement(picking)
            told = agreement and self.env["channel.edi.document"]._find_queued(
                agreement, self._told_kind, f"picking:{picking.id}"
            )
            if told and told.state == "ready":
                told.state = "void"

    @api.model
    def _note_changed(self, pickings):
        """Quantities have changed: where the warehouse knows others, a person has to
        tell it. What was not sent yet is written anew."""
        for picking in pickings:
            agreement = self._get_agreement(picking)
            told = agreement and self._get_told(picking)
            if not told:
                continue
            own = told.filtered(lambda each: each.direction == "out")[:1]
            if own.state == "ready":
                self._rewrite(agreement, picking, own)
            else:
                self._report_changed(agreement, picking)

    def _rewrite(self, agreement, picking, told):
        try:
            order = self._prepare_order(agreement, picking)
        except UserError as error:
            channel = agreement._channel_of(self._told_kind)
            self._report(channel, picking, self._get_key(picking), str(error))
            return
        told.payload = base_schemas.dumps(order)

    def _report_changed(self, agreement, picking):
        self._report(
            agreement._channel_of(self._told_kind),
            picking,
            f"edi_{self._told_kind}_changed:{picking.id}",
            self.env._(
                "%(picking)s was changed after the warehouse was told to ship it.",
                picking=picking.name,
            ),
            self.env._(
                "Tell the warehouse by hand what it is to ship now, then resolve this."
            ),
        )

    def _report(self, channel, picking, key, words, suggestion=""):
        self.env["channel.exception"]._report(
            channel,
            "edi_warehouse",
            key=key,
            record=picking,
            message=self.env._(
                "%(picking)s: %(words)s", picking=picking.name, words=words
            ),
            suggestion=suggestion
            or self.env._("Correct it: then the warehouse is told to ship."),
        )


def _bare(*texts):
    """Texts as they are compared: without case and superfluous blanks.

    >>> _bare("700  Depot Road", None) == _bare("700 DEPOT ROAD ", "")
    True
    """
    return [" ".join((text or "").split()).casefold() for text in texts]


def _decimal(quantity):
    """
    >>> _decimal(4.0), _decimal(0.1 + 0.2)
    (Decimal('4'), Decimal('0.3'))
    """
    return Decimal(f"{quantity:.6f}").normalize() + Decimal(0)
