# SPDX-License-Identifier: AGPL-3.0-or-later
import math
from collections import Counter
from dataclasses import replace
from datetime import timezone

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tools.inner import get_inner


class ChannelNotifier(models.AbstractModel):
    """Creates the notifications of Odoo's documents to the channel.

    Everything here runs in the transaction of the document: a delivery that is rolled
    back is not notified.
    """

    _name = "channel.notifier"
    _description = "Channel Notifier"

    # ------------------------------------------------------------ shipping
    def _check_may_ship(self, orders, moves):
        """The first change wins: the channel's, if it has cancelled before us.

        Waits for a capture of the same order that is at work just now, and makes one
        that comes later wait for us. Goods that HAVE left, as a warehouse tells later
        (context ``channel_left``, see ``tools.inner``), are posted whatever has
        happened since: they are gone, and a person is told.

        :raise UserError: the channel does not want any more what is about to leave
        """
        if not orders:
            return
        self.env.execute_query(
            SQL(
                "SELECT id FROM channel_order WHERE id = ANY(%s) FOR NO KEY UPDATE",
                sorted(orders.ids),
            )
        )
        orders.invalidate_recordset(
            [
                "state",
                "data",
                "version",
                "payment_reversed",
                "ship_from",
                "cancel_after",
            ]
        )
        for order in orders:
            own = moves.filtered(lambda move, o=order: move._channel_orders() == o)
            try:
                self._check_order(order, own)
            except UserError as error:
                if not get_inner(self, "channel_left"):
                    raise
                self._report_left(order, own, error)

    def _check_order(self, order, moves):
        """:raise UserError: see ``_check_may_ship``"""
        self._check_goods(order, moves)
        self.env["channel.payment.checker"]._check_still_paid(order)
        windows = self.env["channel.ship.window"]
        windows._check_begun(order, get_inner(self, "channel_done_at"))
        windows._check_open(order)
        self._check_still_wanted(order, moves)
        if get_inner(self, "channel_left") and self._is_called_off(order):
            raise UserError(
                self.env._(
                    "It is cancelled on %(channel)s or here.",
                    channel=order.channel_id.name,
                )
            )

    def _is_called_off(self, order):
        """Whether nobody wants it any more, as far as is known here."""
        return (
            order.state in ("cancelled", "gone")
            or order.sale_order_id.state == "cancel"
            or (order.data or {}).get("state") == "cancelled"
        )

    def _report_left(self, order, moves, error):
        """What should not have left has: it is posted, for it is gone."""
        self.env["channel.exception"]._report(
            order.channel_id,
            "cancelled_late",
            key=f"order:{order.id}:left:{moves.picking_id[:1].id}",
            # not of the order: its next import must not settle it
            record=order.sale_order_id,
            message=self.env._(
                "%(order)s has left with %(picking)s, as was reported later: %(why)s",
                order=order.name,
                picking=", ".join(moves.picking_id.mapped("name")),
                why=error,
            ),
            suggestion=self.env._(
                "The goods are booked as shipped. Ask the customer: stop the parcel or "
                "expect a return, then resolve this."
            ),
        )

    def _check_goods(self, order, moves):
        """:raise UserError: something else would leave than what was sold"""
        for move in moves:
            sold = move.sale_line_id
            pieces = sold.channel_order_line_id._get_pieces()
            if not pieces and sold.product_id and move.product_id != sold.product_id:
                raise UserError(
                    self.env._(
                        "%(product)s would be shipped for %(order)s, which was sold "
                        "%(sold)s. Remove it from the transfer.",
                        product=move.product_id.display_name,
                        order=sold.order_id.name,
                        sold=sold.product_id.display_name,
                    )
                )

    def _check_still_wanted(self, order, moves):
        if order.state != "captured" or not order.data:
            # else a newer state is known here and not applied yet
            return
        data = order._get_data()
        if data.state == "cancelled":
            raise UserError(
                self.env._(
                    "%(order)s was cancelled on %(channel)s a moment ago: do not ship "
                    "it. Its delivery will be cancelled as soon as the change is "
                    "imported.",
                    order=order.name,
                    channel=order.channel_id.name,
                )
            )
        wanted = {line.external_id: line.wanted_quantity for line in data.lines}
        for line in moves.sale_line_id.channel_order_line_id:
            leaving = moves.filtered(
                lambda move, one=line: move.sale_line_id.channel_order_line_id == one
            )
            units = line._shipped_with(_about_to_leave(leaving))
            if math.floor(units) > wanted.get(line.external_id, 0):
                raise UserError(
                    self.env._(
                        "%(order)s was changed on %(channel)s a moment ago: the "
                        "quantity of %(line)s is now %(wanted)s. The delivery will be "
                        "corrected as soon as the change is imported; then validate it "
                        "again.",
                        order=order.name,
                        channel=order.channel_id.name,
                        line=line.sku or line.title,
                        wanted=wanted.get(line.external_id, 0),
                    )
                )

    def _on_shipped(self, orders, picking):
        """A message for each parcel of a transfer that is done."""
        for order in orders:
            shipping = self._split_into_parcels(order, picking)
            left = self._left_to_ship(order, shipping)
            if get_inner(self, "channel_shipped_there"):
                # the channel was first
                shipping = []
            if get_inner(self, "channel_left") and self._is_called_off(order):
                # a person was told, and tells the channel what it does not expect
                shipping = []
            if order.channel_id._capabilities().whole_shipments:
                self._notify_whole(order, picking, shipping, left)
                shipping = []
            for number, (package, units) in enumerate(shipping, 1):
                if not units:
                    continue
                data = self._prepare_shipment(order, picking, package, units)
                if number == len(shipping) and not left:
                    data = replace(data, complete=True)
                self._notify(
                    order,
                    "shipment",
                    f"picking:{picking.id}/{package.id or 0}",
                    data,
                    picking,
                    summary=f"{data.parcel} {_describe(data.tracking)}".strip(),
                )
            order._log_document(picking, self.env._("%s: shipped", picking.name))
            order._refresh_stage()
        orders._mark_books()

    def _notify_whole(self, order, picking, shipping, left):
        """One message of all that a transfer has in its parcels.

        :param shipping: as ``_split_into_parcels`` returns it
        :param left: sold units that have not left after this
        """
        filled = [(package, units) for package, units in shipping if units]
        if not filled:
            return
        total = Counter()
        for _package, units in filled:
            total.update(units)
        parcels = tuple(
            schemas.ParcelData(
                parcel=package.name or picking.name,
                lines=_prepare_units(units),
                tracking=picking._get_channel_tracking(order.channel_id, package),
            )
            for package, units in filled
        )
        data = replace(
            self._prepare_shipment(order, picking, filled[0][0], total),
            parcel=picking.name,
            complete=not left,
            parcels=parcels,
        )
        self._notify(
            order,
            "shipment",
            f"picking:{picking.id}",
            data,
            picking,
            summary=self.env._(
                "%(transfer)s, %(count)s parcels",
                transfer=picking.name,
                count=len(parcels),
            ),
        )

    def _split_into_parcels(self, order, picking):
        """Sold units by parcel: whole ones, counted when their last piece has left.

        :return: list of (package, {order line: units})
        """
        told = self._count_notified(order)
        tells_over = order.channel_id._capabilities().tells_over
        running = {line: line._left_here(before=picking) for line in order.line_ids}
        result = []
        for package, move_lines in picking._get_channel_parcels():
            units = {}
            for line in order.line_ids:
                running[line].update(_of_line(move_lines, line))
                total = line._count_whole(running[line])
                total = math.floor(total + 1e-6)
                if not tells_over:
                    total = min(total, round(line._sold_here()))
                if total > told[line]:
                    units[line] = total - told[line]
                    told[line] = total
            result.append((package, units))
        return result

    def _count_notified(self, order):
        """:return: Counter of sold units that shipments have been told of, by line"""
        lines = {line.external_id: line for line in order.line_ids}
        told = Counter()
        for message in order.notification_ids:
            if message.kind == "shipment" and message.state != "void":
                for each in message._get_data().lines:
                    told[lines[each.line_ref]] += each.quantity
        return told

    def _left_to_ship(self, order, shipping):
        """Sold units that have not left after this."""
        told = self._count_notified(order)
        for _package, units in shipping:
            told.update(units)
        return sum(
            max(0, round(line._sold_here()) - told[line])
            for line in order.line_ids
            if line.product_id.type == "consu"
        )

    def _prepare_shipment(self, order, picking, package, units):
        warehouse = picking.picking_type_id.warehouse_id
        return schemas.ShipmentData(
            order_ref=order.external_id,
            lines=_prepare_units(units),
            shipped_at=_aware(picking.date_done or fields.Datetime.now()),
            parcel=package.name or picking.name,
            node_ref=self._find_node(order, warehouse).external_id or "",
            tracking=picking._get_channel_tracking(order.channel_id, package),
        )

    def _find_node(self, order, warehouse):
        """The channel's name for a warehouse: where it took the goods, if it fits."""
        nodes = order.line_ids.node_id | order.channel_id.node_ids
        return nodes.filtered(lambda node: warehouse in node.warehouse_ids)[:1]

    def _on_tracking(self, order, picking):
        """Tell tracking that is not what the parcel's shipment was told with."""
        for package, _lines in picking._get_channel_parcels():
            source = f"picking:{picking.id}/{package.id or 0}"
            shipment = order.notification_ids.filtered(
                lambda each, s=source: (
                    each.kind == "shipment"
                    and each.state != "void"
                    # of its own, or one with its transfer
                    and each.source in (s, s.partition("/")[0])
                )
            )
            tracking = picking._get_channel_tracking(order.channel_id, package)
            if not shipment or not tracking:
                continue
            updates = order.notification_ids.filtered(
                lambda each, m=shipment, s=source: (
                    each.kind == "tracking"
                    and each.after_id == m
                    and each.source.startswith(f"{s}#")
                )
            )
            known = _find_tracking(
                (updates.sorted("id")[-1:] or shipment)._get_data(),
                package.name or picking.name,
            )
            if known == tracking:
                continue
            self._notify(
                order,
                "tracking",
                f"{source}#{len(updates) + 1}",
                schemas.ParcelTrackingData(
                    order_ref=order.external_id,
                    shipment_ref=shipment.ref or "",
                    tracking=tracking,
                    replaces=known.number if known else "",
                ),
                picking,
                summary=_describe(tracking),
                after_id=shipment.id,
            )

    # ----------------------------------------------------------- cancelling
    def _notify_cancelled(self, order):
        """The sale order was cancelled here: what has not left is not to be delivered.

        :return: False where the channel cannot be told and a person has to
        """
        if order.fulfilled_by_channel:
            return False
        reason = self.env.context.get("channel_cancel_reason", "other")
        shipped = self._count_notified(order)
        lines = ()
        if any(shipped.values()):
            if not order.channel_id._capabilities().cancel_lines:
                return False
            lines = tuple(
                schemas.UnitsData(line.external_id, left)
                for line in order.line_ids
                if (left := line.quantity - shipped[line]) > 0
            )
            if not lines:
                return True
            if any(line._is_fraction() for line in order.line_ids):
                return False
        data = schemas.CancelData(order.external_id, lines, reason)
        source = self._name_cancellation(order)
        return bool(self._notify(order, "cancel", source, data, order.sale_order_id))

    def _name_cancellation(self, order):
        """Not that of one that was withdrawn when the order was confirmed again."""
        void = order.notification_ids.filtered(
            lambda each: each.kind == "cancel" and each.state == "void"
        )
        return f"order#{len(void)}" if void else "order"

    def _on_sale_line_changed(self, order, sale_line, before, after):
        """A user changed a quantity in the sale order: the channel is notified.

        Fewer can be told as a cancellation. More cannot: the customer has not paid.

        :param before: quantity of the sale line, in its unit; ``after`` alike
        """
        line = sale_line.channel_order_line_id
        units = math.floor(line._sale_units(sale_line, before)) - math.floor(
            line._sale_units(sale_line, after)
        )
        told = (
            units > 0
            and not order.fulfilled_by_channel
            and not line._is_fraction()
            and order.channel_id._capabilities().cancel_lines
            and self._notify(
                order,
                "cancel",
                # one message each time: the same line may be reduced again
                f"line:{sale_line.id}:{before:g}>{after:g}#{self._count_messages(order)}",
                schemas.CancelData(
                    order.external_id,
                    (schemas.UnitsData(line.external_id, units),),
                    self.env.context.get("channel_cancel_reason", "other"),
                ),
                order.sale_order_id,
                summary=f"{units} × {line.sku or line.title}",
            )
        )
        if not told:
            self._report_differs(order, sale_line)

    def _count_messages(self, order):
        return self.env["channel.message"].search_count([("order_id", "=", order.id)])

    def _report_differs(self, order, sale_line):
        self.env["channel.exception"]._report(
            order.channel_id,
            "changed",
            key=f"order:{order.id}:line:{sale_line.id}",
            record=order,
            message=self.env._(
                "%(order)s: %(line)s was changed in Odoo, and the channel does not "
                "support this change.",
                order=order.name,
                line=sale_line.product_id.display_name,
            ),
            suggestion=self.env._("Change the order on the channel as well."),
        )

    def _report_sold_otherwise(self, order):
        """A person has changed the quotation, then confirmed it: the customer would get
        something else than what the channel has sold."""
        for line in order.line_ids.filtered(lambda line: line._is_sold_otherwise()):
            sold = line.sale_line_ids.filtered("product_uom_qty")
            self.env["channel.exception"]._report(
                order.channel_id,
                "changed",
                key=f"order:{order.id}:quotation:{line.id}",
                record=order,
                message=self.env._(
                    "%(order)s: %(line)s was changed before %(sale)s was confirmed. "
                    "The channel has sold %(wanted)s, the sale order has %(here)s.",
                    order=order.name,
                    line=line.sku or line.title,
                    sale=order.sale_order_id.name,
                    wanted=f"{line._wanted_here():g}",
                    here=", ".join(
                        f"{each.product_uom_qty:g} × {each.product_id.display_name}"
                        for each in sold
                    )
                    or "0",
                ),
                suggestion=self.env._("Change the order on the channel as well."),
            )

    # ------------------------------------------------------------ accepting
    def _notify_accepted(self, order):
        """The sale order is confirmed, and what is there is reserved."""
        if order.fulfilled_by_channel or not order.channel_id._notifies("acceptance"):
            return
        if order.channel_id._capabilities().answers_lines:
            self._answer(order, self._list_confirmed)
            return
        data = schemas.AcceptanceData(order.external_id)
        self._notify(order, "acceptance", "order", data, order.sale_order_id)

    # ----------------------------------------------------------- answering
    # Trading partners are answered line by line as soon as it is decided what becomes
    # of their order, also with a no; once for each version of it.
    def _notify_parked(self, order):
        """It waits, and will be shipped: with the goods that come in for it, or when it
        is to be shipped."""
        if self._answers(order):
            self._answer(order, self._list_parked)

    def _notify_changed(self, order):
        """A confirmed order follows what the channel has changed."""
        if self._answers(order):
            self._answer(order, self._list_confirmed)

    def _notify_refused(self, order):
        """Nothing of it will be shipped.

        :return: whether that is an answer to the channel, which had none yet
        """
        return self._answers(order) and bool(self._answer(order, self._list_refused))

    def _answers(self, order):
        channel = order.channel_id
        return (
            not order.fulfilled_by_channel
            and not order.by_hand
            and channel._notifies("acceptance")
            and channel._capabilities().answers_lines
        )

    def _answer(self, order, list_answers):
        """:param list_answers: function of an order line and what the channel ordered
            (schemas.OrderLineData) that gives the AcceptedLineData of it
        :return: the message, empty where this version was answered before"""
        lines = {line.external_id: line for line in order.line_ids}
        refused = order._get_refused_units()
        answers = []
        for each in order._get_data().lines:
            ref = each.external_id
            parts = list_answers(lines[ref], each) if each.quantity else []
            answers += _refuse_more(parts, ref, refused.get(ref, 0))
        if not answers or not order.version:
            return self.env["channel.message"]
        return self._notify(
            order,
            "acceptance",
            f"version:{order.version.isoformat()}",
            schemas.AcceptanceData(order.external_id, tuple(answers)),
            order.sale_order_id or order,
            summary=self._get_answers_label(answers),
        )

    def _get_answers_label(self, answers):
        labels = {
            "accepted": self.env._("accepted"),
            "backordered": self.env._("backordered"),
            "substituted": self.env._("substituted"),
            "refused": self.env._("refused"),
        }
        units = Counter()
        for each in answers:
            units[each.status] += each.quantity
        return ", ".join(
            f"{units[status]} {label}"
            for status, label in labels.items()
            if units[status]
        )

    def _list_refused(self, line, ordered):
        return [schemas.AcceptedLineData(line.external_id, "refused", ordered.quantity)]

    def _list_parked(self, line, ordered):
        order = line.order_id
        waits = bool(order.held_from)
        return [
            schemas.AcceptedLineData(
                line.external_id,
                "accepted" if waits else "backordered",
                ordered.quantity,
                date=_aware(order.ship_from) if waits else self._find_due(line),
                price=ordered.unit_price,
            )
        ]

    def _list_confirmed(self, line, ordered):
        """What is reserved, what has to come in, and what a person has taken off before
        it was confirmed: together what was ordered."""
        sold = max(0, min(math.floor(line._sold_here() + 1e-6), ordered.quantity))
        there = min(sold, line._count_reserved())
        date = line.order_id.sale_order_id.commitment_date
        substitute = line.substitute_id
        parts = (
            (
                "substituted" if substitute else "accepted",
                there,
                _aware(date) if date else None,
            ),
            ("backordered", sold - there, self._find_due(line)),
            ("refused", ordered.quantity - sold, None),
        )
        return [
            schemas.AcceptedLineData(
                line.external_id,
                status,
                units,
                date=moment,
                price=None if status == "refused" else ordered.unit_price,
                sku=(substitute.default_code or "") if substitute else "",
                replaces=(line.sku or "") if substitute else "",
            )
            for status, units, moment in parts
            if units > 0
        ]

    def _find_due(self, line):
        """When the goods of a line that are not there should have come in; None: that
        is not known."""
        shortages = self.env["channel.shortage"]
        warehouse = (
            line.sale_line_ids.warehouse_id[:1]
            or line.hold_ids.filtered(lambda hold: hold.state == "active").warehouse_id[
                :1
            ]
        )
        product = line._get_routed_product()
        if not product or not warehouse:
            return None
        position = self.env["channel.position"].search(
            shortages._domain_at(product, warehouse)
        )
        due, _document = shortages._find_due(
            product, warehouse, max(0.0, -position.available)
        )
        return _aware(fields.Datetime.to_datetime(due)) if due else None

    # ---------------------------------------------------------------- tell
    def _notify(self, order, kind, source, data, document, **values):
        if order.ending == "deleted":
            # there is nobody to be told of it
            return self.env["channel.message"]
        values.setdefault("summary", order.name)
        return self.env["channel.message"]._queue(
            order, kind, source, data, document, **values
        )

    def _on_message_done(self, order, message):
        """The channel has heard it. What it made of it comes in with the order."""
        order._want_fetch()
        self._on_refund_known(order, message)

    def _on_refund_known(self, order, message):
        """A refund that came in meanwhile may be another than ours after all."""
        if message.kind == "refund" and order.state == "imported":
            # the timeline tells it
            order.with_context(tracking_disable=True).state = "captured"
            order.channel_id._wake("_job_intake")

    def _on_returned(self, orders, picking):
        """Goods came back, to be sold again or not.

        The channel learns of it by the number that is published next, and by the refund
        of these units: see ``schemas.RefundLineData``.
        """
        for order in orders:
            sellable = all(
                move.location_dest_id.stock_state == "sellable"
                for move in picking.move_ids
                if move.state == "done"
            )
            order._log_document(
                picking,
                self.env._("%s: returned, sellable", picking.name)
                if sellable
                else self.env._("%s: returned, not sellable", picking.name),
            )
            order._refresh_stage()


def _find_tracking(data, parcel):
    """:param data: ParcelTrackingData or ShipmentData
    :return: TrackingData that was told of a parcel, or None"""
    for each in getattr(data, "parcels", ()):
        if each.parcel == parcel:
            return each.tracking
    return data.tracking


def _refuse_more(answers, line_ref, units):
    """:param answers: AcceptedLineData of what is left of a line
    :param units: sold units that were taken off it before"""
    if not units:
        return answers
    units += sum(each.quantity for each in answers if each.status == "refused")
    return [
        *(each for each in answers if each.status != "refused"),
        schemas.AcceptedLineData(line_ref, "refused", units),
    ]


def _prepare_units(units):
    """:param units: {channel.order.line: sold units}"""
    return tuple(
        schemas.UnitsData(line.external_id, quantity)
        for line, quantity in units.items()
    )


def _about_to_leave(moves):
    """Moves that are being validated: what is picked, else all."""
    picked = moves.filtered("picked") or moves
    return picked.filtered(lambda move: move.state not in ("done", "cancel"))


def _of_line(move_lines, line):
    """:return: Counter of an order line's stock units in done move lines, by product"""
    quantities = Counter()
    for each in move_lines:
        sold = each.move_id.sale_line_id.channel_order_line_id
        if each.state == "done" and sold == line:
            quantities[each.product_id.id] += each.quantity_product_uom
    return quantities


def _describe(tracking):
    return f"{tracking.carrier} {tracking.number}".strip() if tracking else ""


def _aware(moment):
    return moment.replace(tzinfo=timezone.utc)
