# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timezone
from decimal import Decimal

from odoo import api, models

from odoo.addons.channel_inventory_base import exceptions

from .. import schemas
from ..lib import gs1
from ..mapper import line_id, part_of

STATUS = {
    "accepted": "accepted",
    "backordered": "backordered",
    "substituted": "substituted",
    "refused": "rejected",
}
"""What the base decides of a line, and what an order answer calls it."""


class ChannelEdiAnswers(models.AbstractModel):
    """What a retailer is told of its order, in its own words: the lines as it wrote
    them, with what becomes of them (855) and what has left (856)."""

    _name = "channel.edi.answers"
    _description = "Answers to EDI Orders"

    # ---------------------------------------------------------------- order
    @api.model
    def _get_ordered(self, channel, order_ref, fits=None):
        """:param fits: as of ``channel.edi.orders._get_ordered``
        :return: (agreement, schemas.PurchaseOrder as the partner wants it now)
        :raise RejectedError: the order did not come by a document
        """
        agreement, order = self.env["channel.edi.orders"]._get_ordered(
            channel, order_ref, fits
        )
        if not order:
            raise exceptions.RejectedError(
                self.env._(
                    "Order %s did not come by a document: its partner cannot be "
                    "answered by one.",
                    order_ref,
                )
            )
        return agreement, order

    # --------------------------------------------------------------- answer
    @api.model
    def _prepare_answer(self, channel, data):
        """:param data: the base's AcceptanceData, which may have been decided before
            the last change came in: it answers the order as it was
        :return: schemas.OrderAnswer"""
        told = {}
        for each in data.lines:
            told.setdefault(each.line_ref, []).append(each)
        _agreement, order = self._get_ordered(
            channel, data.order_ref, lambda order: not told or _is_answered(order, told)
        )
        lines = tuple(
            schemas.AnswerLine(
                line=line,
                answers=tuple(
                    self._answer_line(line, each)
                    for each in told.get(line_id(line), ())
                )
                or (self._accepted_line(line, bool(data.lines)),),
            )
            for line in order.lines
        )
        states = {answer.status for line in lines for answer in line.answers}
        status = "changed"
        if states == {"accepted"}:
            status = "accepted"
        elif states == {"rejected"}:
            status = "rejected"
        return schemas.OrderAnswer(
            order_number=order.number,
            release=order.release,
            status=status,
            number=data.order_ref,
            ordered=order.placed,
            answered=_moment(self.env["channel.intake"]._database_time()),
            currency=order.currency,
            parties=order.parties,
            lines=lines,
            line_count=len(lines),
        )

    def _answer_line(self, line, told):
        dates = schemas.Dates()
        if told.date:
            dates = schemas.Dates(ship_scheduled=_moment(told.date))
        return schemas.LineAnswer(
            status=STATUS[told.status],
            quantity=told.quantity * part_of(line),
            unit=line.unit,
            dates=dates,
            ids=(schemas.ItemId("VN", told.sku),) if told.replaces else line.ids,
        )

    def _accepted_line(self, line, others):
        """A line of which nothing is said: nothing is owed of it where others are told
        of; where none is, all is accepted as it is."""
        status = "rejected" if others else "accepted"
        return schemas.LineAnswer(
            status=status, quantity=line.quantity, unit=line.unit, ids=line.ids
        )

    # --------------------------------------------------------------- notice
    @api.model
    def _prepare_notice(self, channel, data, number, ssccs):
        """:param data: the base's ShipmentData, of a whole transfer
        :param number: of the notice, unique by partner and year
        :param ssccs: one a parcel, "" where the agreement has no prefix
        :return: schemas.ShipNotice"""
        agreement, order = self._get_ordered(channel, data.order_ref)
        lines = {line_id(line): line for line in order.lines}
        parcels = data.parcels or (data,)
        packs = tuple(
            schemas.Pack(
                sscc=sscc,
                tracking=parcel.tracking.number if parcel.tracking else "",
                items=tuple(
                    self._shipped_item(lines, each, data) for each in parcel.lines
                ),
            )
            for parcel, sscc in zip(parcels, ssccs, strict=True)
        )
        tracking = next((each.tracking for each in parcels if each.tracking), None)
        count = 1 + 1 + len(packs) + sum(len(pack.items) for pack in packs)
        return schemas.ShipNotice(
            number=number,
            created=_moment(self.env["channel.intake"]._database_time()),
            structure="0001",
            bill_of_lading=self._get_bill_of_lading(channel, data),
            tracking=tracking.number if tracking else "",
            dates=schemas.Dates(shipped=_moment(data.shipped_at)),
            carrier=self._get_carrier(agreement, tracking),
            packages=len(packs),
            packaging="CTN25",
            parties=order.parties,
            orders=(
                schemas.ShipOrder(
                    number=order.number,
                    release=order.release,
                    ordered=order.placed,
                    packs=packs,
                ),
            ),
            count=count,
        )

    def _shipped_item(self, lines, told, data):
        line = lines.get(told.line_ref)
        if line is None:
            raise exceptions.RejectedError(
                self.env._(
                    "%(order)s has no line %(line)s that could be told as shipped.",
                    order=data.order_ref,
                    line=told.line_ref,
                )
            )
        return schemas.ShipItem(
            quantity=told.quantity * part_of(line),
            unit=line.unit,
            number=line.number,
            ids=line.ids,
            ordered=line.quantity,
            ordered_unit=line.unit,
        )

    def _get_carrier(self, agreement, tracking):
        """How it travels, by the partner's code of the carrier; of a parcel without one
        the agreement's usual carrier."""
        name = tracking.carrier if tracking else ""
        codes = agreement.code_ids.filtered(lambda each: each.kind == "carrier")
        code = {each.meaning: each.code for each in codes}.get(name, name)
        code = code or agreement.carrier_code
        return schemas.Carrier(code=code, name=name) if code else None

    @api.model
    def _get_ssccs(self, channel, agreement, data):
        """Numbers of the parcels of a shipment: those on their labels, where they were
        printed. They are told from now on, in the caller's transaction.

        :param data: the base's ShipmentData
        :return: list of SSCCs, "" where the agreement has no prefix and the parcel no
            number of its own
        """
        parcels = data.parcels or (data,)
        order, picking = self._get_picking(channel, data)
        if not picking:
            return self._take_ssccs(agreement, len(parcels))
        left = list(picking.move_line_ids.result_package_id.sorted("id"))
        packages = [_pop_named(left, each.parcel, picking) for each in parcels]
        if not agreement.sscc_prefix:
            # none of ours; whoever has packed them may have numbers
            return [gs1.sscc18(each.name or "") for each in packages]
        numbers = self.env["channel.edi.sscc"]
        numbers = numbers._take(agreement, order, picking, packages)
        ssccs = numbers.mapped("sscc")
        numbers.told = True
        return ssccs

    def _get_picking(self, channel, data):
        """:return: (channel.order, the transfer that a ShipmentData is about)"""
        order = self.env["channel.order"].search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "=", data.order_ref),
            ]
        )
        # sudo: the delivery of the channel's own order, whatever job tells of it
        pickings = order.sudo().sale_order_id.picking_ids
        return order, pickings.filtered(lambda each: each.name == data.parcel)[:1]

    def _get_bill_of_lading(self, channel, data):
        """Hook: what the truck's papers call a shipment; the transfer, where nobody has
        called it otherwise."""
        return data.parcel

    @api.model
    def _take_ssccs(self, agreement, count):
        """Numbers of packages, each used once; in the caller's transaction.

        :return: list of SSCCs, "" each where the agreement has no prefix
        """
        prefix = agreement.sscc_prefix or ""
        if not prefix:
            return [""] * count
        serials = self.env["channel.edi.counter"]._take(agreement, "package", count)
        room = 10 ** (16 - len(prefix[1:]))
        return [
            gs1.sscc(int(prefix[0]), prefix[1:], serial % room) for serial in serials
        ]

    # ---------------------------------------------------------------- stock
    @api.model
    def _prepare_stock(self, entries, reference, complete):
        """:param entries: list of the base's LevelEntry
        :param reference: the publication's trace; numbers of documents are shorter
        :param complete: what is not named is not sold any more
        :return: schemas.StockReport"""
        now = _moment(self.env["channel.intake"]._database_time())
        rows = tuple(
            schemas.StockRow(
                position=index,
                quantity=Decimal(max(entry.quantity, 0)),
                unit=unit_of(entry.stock_ref),
                status="available",
                ids=(schemas.ItemId("VN", item_of(entry.stock_ref)),),
            )
            for index, entry in enumerate(entries, 1)
        )
        return schemas.StockReport(
            number=reference[:16], as_of=now, complete=complete, rows=rows
        )


def _is_answered(order, told):
    """Whether answers add up to what an order wants. What comes in place of a line may
    be another quantity.

    :param told: {id of a line: [AcceptedLineData]}
    """
    lines = {line_id(line): line for line in order.lines}
    if told.keys() - lines.keys():
        return False
    for name, line in lines.items():
        answers = told.get(name, ())
        if any(each.status == "substituted" for each in answers):
            continue
        if sum(each.quantity for each in answers) * part_of(line) != line.quantity:
            return False
    return True


def _pop_named(packages, name, picking):
    """Take the first package of that name off the list; an empty one where none has
    it. Names are people's, and may come twice."""
    for index, package in enumerate(packages):
        if package.name == name:
            return packages.pop(index)
    return picking.env["stock.package"]


def item_of(ref):
    """
    >>> item_of("SOAP|CA"), unit_of("SOAP|CA"), item_of(listing_ref("SOAP", ""))
    ('SOAP', 'CA', 'SOAP')
    """
    return ref.rpartition("|")[0] or ref


def unit_of(ref):
    return ref.rpartition("|")[2] if "|" in ref else "EA"


def _moment(at):
    """:param at: aware, or naive UTC"""
    moment = at if at.tzinfo else at.replace(tzinfo=timezone.utc)
    return schemas.Moment(first=moment, last=moment)
