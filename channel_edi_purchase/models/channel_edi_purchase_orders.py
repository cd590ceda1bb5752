# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import defaultdict
from dataclasses import replace
from datetime import timezone
from decimal import Decimal

from odoo import api, models
from odoo.exceptions import UserError

from odoo.addons.channel_edi import schemas
from odoo.addons.channel_edi.lib import gs1
from odoo.addons.channel_edi.lib.change import change_between
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.tools.inner import inner

from .channel_edi_supplies import decimal


class ChannelEdiPurchaseOrders(models.AbstractModel):
    """Tells suppliers what we buy (850, ORDERS), and every change of it (860, ORDCHG),
    in the transaction that makes it.

    What has not left yet is written anew; from then on each change is a document with
    the new totals. What cannot be told is an exception, and the order is told as soon
    as it can be.
    """

    _name = "channel.edi.purchase.orders"
    _description = "Purchase Orders to Suppliers"

    @api.model
    def _tell(self, orders):
        """Tell what the suppliers do not know of these yet."""
        for order in orders:
            if order.state == "purchase":
                self._tell_one(order)
            elif order.state == "cancel":
                self._withdraw(order)

    def _tell_one(self, order):
        purchase = self.env["channel.edi.purchase"]._find(order)
        agreement = purchase.agreement_id or self._choose(order)
        if not agreement:
            return
        channel = self.env["channel.edi.supplies"]._get_channel(agreement)
        key = f"edi_po_untold:{order.id}"
        try:
            # nothing of it is kept where it cannot be told as a whole
            with self.env.cr.savepoint():
                self._tell_news(agreement, order, purchase)
        except UserError as error:
            self._report(channel, order, key, str(error))
        else:
            self.env["channel.exception"]._resolve_keys(channel, [key])

    def _choose(self, order):
        """:return: the agreement, empty where its vendor is not ordered from by
        documents, or by several"""
        found = self.env["channel.edi.supplies"]._get_agreements(order)
        if len(found) > 1:
            channel = self.env["channel.edi.supplies"]._get_channel(found[0])
            words = self.env._(
                "%(vendor)s is ordered from by several agreements: %(names)s. Name it "
                "as the contact of one.",
                vendor=order.partner_id.display_name,
                names=", ".join(found.mapped("name")),
            )
            self._report(channel, order, f"edi_po_untold:{order.id}", words)
            return found.browse()
        return found

    def _report(self, channel, order, key, words):
        self.env["channel.exception"]._report(
            channel,
            "edi_purchase",
            key=key,
            record=order,
            message=self.env._(
                "%(order)s was not told to the supplier: %(words)s",
                order=order.name,
                words=words,
            ),
            suggestion=self.env._(
                "Correct it, then save the order's line again: it is told then."
            ),
        )

    # ------------------------------------------------------------- ordering
    def _tell_news(self, agreement, order, purchase):
        if purchase.cancelled:
            raise UserError(
                self.env._(
                    "It was cancelled with the supplier, whose number for it is used "
                    "up. Duplicate the order and confirm the new one."
                )
            )
        source = f"purchase:{order.id}"
        first = self._find_last(agreement, "850", source)
        content = self._prepare_order(agreement, order)
        if not first:
            self._place_order(agreement, order, content, source)
        elif _has_not_left(first):
            self._place_anew(purchase, first, content)
        else:
            self._change(purchase, content)

    def _place_order(self, agreement, order, content, source):
        channel = self.env["channel.edi.supplies"]._get_channel(agreement)
        first = self._with_agreed_dates(channel, content)
        # sudo: only jobs and what people cause write what channels keep
        purchases = self.env["channel.edi.purchase"].sudo()
        written = base_schemas.dumps(content)
        purchase = purchases.create(
            {
                "agreement_id": agreement.id,
                "channel_id": channel.id,
                "purchase_id": order.id,
                "number": content.number,
                "told": written,
                "known": written,
            }
        )
        self._queue(purchase, "850", source, first)
        purchase._await()

    def _place_anew(self, purchase, first, content):
        """The supplier has not seen it: it is ordered as it is now."""
        written = base_schemas.dumps(content)
        agreed = self._with_agreed_dates(purchase.channel_id, content)
        self._write_anew(first, base_schemas.dumps(agreed))
        purchase.write(
            {
                "told": written,
                "known": written,
                "number": content.number,
                "answered": False,
            }
        )
        purchase._await()

    def _write_anew(self, document, written):
        document.write({"payload": written, "state": "ready", "error": False})
        self.env["channel.exception"]._resolve_record(document)
        document.channel_id._wake("_job_edi_send")

    def _queue(self, purchase, kind, source, value):
        return self.env["channel.edi.document"]._queue(
            purchase.agreement_id,
            kind,
            source,
            value,
            record=purchase.purchase_id,
            business_key=purchase.number,
            trace=f"purchase:{purchase.purchase_id.id}",
        )

    # -------------------------------------------------------------- changes
    def _change(self, purchase, content):
        pending = self._find_pending(purchase)
        before = purchase._load("known" if pending else "told")
        before = self.env["channel.edi.differences"]._agree(purchase, before, content)
        number = purchase.change_count + (0 if pending else 1)
        now = self.env["channel.intake"]._database_time().replace(microsecond=0)
        change = change_between(before, content, str(number), schemas.Moment(now, now))
        if change is None and pending:
            pending.write(
                {"state": "void", "error": self.env._("Changed back before.")}
            )
        if change is None:
            purchase._set_told(content, before)
            return
        if not self.env["channel.edi.supplies"]._get_terms(
            purchase.agreement_id, "860"
        ):
            raise UserError(
                self.env._(
                    "It was changed, and changes (860, ORDCHG) are not agreed. Tell "
                    "the supplier by hand, or add the document to the agreement."
                )
            )
        agreed = self._with_agreed_changes(purchase.channel_id, before, change)
        if pending:
            self._write_anew(pending, base_schemas.dumps(agreed))
        else:
            self._queue(purchase, "860", self._get_source(purchase, number), agreed)
        purchase._set_told(content, before)
        purchase.change_count = number
        self.env["channel.edi.differences"]._decide(
            purchase, [line.line.number for line in change.lines]
        )
        purchase._await()

    def _get_source(self, purchase, number):
        return f"purchase:{purchase.purchase_id.id}:{number}"

    def _find_pending(self, purchase):
        """The last change, as long as it has not left.

        :return: channel.edi.document"""
        if not purchase.change_count:
            # sudo: buyers need not see documents; as those that are found
            return self.env["channel.edi.document"].sudo()
        source = self._get_source(purchase, purchase.change_count)
        last = self._find_last(purchase.agreement_id, "860", source)
        return last.filtered(_has_not_left)

    @api.model
    def _find_last(self, agreement, kind, source):
        """The document that was queued so, or what was sent anew in its place."""
        # sudo: whoever changes an order may not see documents
        documents = self.env["channel.edi.document"].sudo()
        return documents.search(
            [
                ("agreement_id", "=", agreement.id),
                ("kind", "=", agreement._kind_name(kind)),
                "|",
                ("source", "=", source),
                ("source", "=like", f"{source}~%"),
            ],
            order="id desc",
            limit=1,
        )

    # ---------------------------------------------------------------- dates
    @api.model
    def _with_agreed_dates(self, channel, order):
        """The order as the supplier takes it: with one date, where that was agreed.

        :raise UserError: it has several
        """
        if channel.edi_dates != "order":
            return order
        if any(line.dates != order.dates for line in order.lines if line.quantity):
            raise self._too_many_dates()
        return replace(order, lines=tuple(map(_undated, order.lines)))

    def _with_agreed_changes(self, channel, before, change):
        if channel.edi_dates != "order":
            return change
        old = {line.number: line for line in before.lines}
        lines = []
        for each in change.lines:
            line = each.line
            known = old.get(line.number)
            stays = known and (known.dates, known.schedules) == (
                line.dates,
                line.schedules,
            )
            is_usual = line.dates == change.dates and not line.schedules
            if each.action != "delete" and not stays and not is_usual:
                raise self._too_many_dates()
            if each.action != "dates":
                lines.append(replace(each, line=_undated(line)))
        return replace(change, lines=tuple(lines), line_count=len(lines))

    def _too_many_dates(self):
        return UserError(
            self.env._(
                "Its lines have several dates, and the supplier takes one for an "
                "order. Order what comes at another time by itself, or tell the "
                "supplier by hand."
            )
        )

    # --------------------------------------------------------- cancellation
    def _withdraw(self, order):
        """It was cancelled here: the supplier is not to deliver it."""
        purchase = self.env["channel.edi.purchase"]._find(order)
        if not purchase:
            # it could not be told: now there is nothing to tell
            for agreement in self.env["channel.edi.supplies"]._get_agreements(order):
                channel = self.env["channel.edi.supplies"]._get_channel(agreement)
                self.env["channel.exception"]._resolve_keys(
                    channel, [f"edi_po_untold:{order.id}"]
                )
            return
        purchase._resolve("untold", "overdue", "answer", "short")
        if purchase.cancelled:
            return
        purchase.write({"differences": False, "shorts": False, "answer_due_at": False})
        source = f"purchase:{order.id}"
        first = self._find_last(purchase.agreement_id, "850", source)
        if _has_not_left(first):
            first.write({"state": "void", "error": self.env._("Cancelled before.")})
            return
        self._find_pending(purchase).write(
            {"state": "void", "error": self.env._("The order was cancelled before.")}
        )
        if not any(line.quantity for line in purchase._load("told").lines):
            # nothing of it comes: the supplier has said so itself
            purchase.cancelled = True
            return
        self._cancel(purchase)

    def _cancel(self, purchase):
        now = self.env["channel.intake"]._database_time().replace(microsecond=0)
        told = purchase._load("told")
        lines = tuple(
            schemas.ChangeLine(
                "delete",
                replace(line, quantity=Decimal(0), schedules=(), text=""),
                told=("quantity", "unit", "ids"),
            )
            for line in self._with_lines(purchase, told).lines
        )
        change = schemas.OrderChange(
            number=told.number,
            purpose="cancel",
            change_number=str(purchase.change_count + 1),
            placed=told.placed,
            changed=schemas.Moment(now, now),
            dates=told.dates,
            parties=told.parties,
            lines=lines,
            line_count=len(lines),
        )
        source = f"purchase:{purchase.purchase_id.id}:cancel"
        self._queue(purchase, "860", source, change)
        purchase.write({"cancelled": True, "change_count": purchase.change_count + 1})
        self._report_on_the_road(purchase)

    def _with_lines(self, purchase, told):
        """Of a supplier that takes no dates of lines, without them."""
        if purchase.channel_id.edi_dates != "order":
            return told
        return replace(told, lines=tuple(map(_undated, told.lines)))

    def _report_on_the_road(self, purchase):
        # sudo: buyers need not see receipts
        notices = purchase.purchase_id.sudo().picking_ids.filtered("edi_notice")
        coming = notices.filtered(lambda each: each.state != "done")
        if not coming:
            return
        purchase._report(
            "road",
            self.env._(
                "%(order)s was cancelled, and goods of it are under way: shipment "
                "%(notices)s.",
                order=purchase.number,
                notices=", ".join(sorted(set(coming.mapped("edi_notice")))),
            ),
            self.env._(
                "Agree with the supplier what becomes of the goods, then resolve this."
            ),
        )

    # -------------------------------------------------------------- content
    @api.model
    def _prepare_order(self, agreement, order):
        """:return: schemas.PurchaseOrder as it is now; its lines have their numbers
        :raise UserError: a supplier would refuse it, or could not understand it
        """
        lines = self._prepare_lines(agreement, order)
        if not lines:
            raise UserError(self.env._("It has no goods."))
        days = [line.dates.deliver_requested for line in lines if line.quantity]
        first = min(days, key=lambda each: each.first, default=None)
        placed = (order.date_approve or order.date_order).replace(tzinfo=timezone.utc)
        return schemas.PurchaseOrder(
            number=order.name,
            lines=lines,
            type="dropship" if order.dest_address_id else "standalone",
            placed=schemas.Moment(placed, placed),
            currency=order.currency_id.name,
            dates=schemas.Dates(deliver_requested=first),
            parties=self._prepare_parties(agreement, order),
            line_count=len(lines),
        )

    def _prepare_lines(self, agreement, order):
        goods = order.order_line.filtered(
            lambda line: not line.display_type and not line.is_downpayment
        )
        self._give_numbers(goods)
        groups = defaultdict(goods.browse)
        for line in goods.filtered("edi_number"):
            groups[line.edi_number] += line
        return tuple(
            self._prepare_line(agreement, position, number, lines)
            for position, (number, lines) in enumerate(
                sorted(groups.items(), key=lambda each: int(each[0])), 1
            )
        )

    def _give_numbers(self, lines):
        """A number stays with its line; a line of which nothing is wanted gets none."""
        last = max(
            (int(line.edi_number) for line in lines if line.edi_number), default=0
        )
        for line in lines:
            if line.product_qty < 0:
                raise UserError(
                    self.env._(
                        "%s is ordered with a negative quantity. Return it by hand.",
                        line.product_id.display_name,
                    )
                )
            if not line.edi_number and line.product_qty:
                last += 1
                # sudo: a number is given by the server alone
                line.sudo().with_context(**inner(edi_told=True)).edi_number = str(last)

    @api.model
    def _prepare_line(self, agreement, position, number, lines):
        """One line of the supplier's; several here where it comes at several times.

        :return: schemas.OrderLine
        """
        supplies = self.env["channel.edi.supplies"]
        first = lines[:1]
        unit, factor = supplies._get_unit(agreement, first)
        self._check_alike(lines)
        by_day = defaultdict(Decimal)
        for line in lines:
            moment = supplies._get_moment_of(agreement, line.date_planned)
            by_day[moment] += decimal(line.product_qty) * factor
        wanted = {day: quantity for day, quantity in by_day.items() if quantity}
        days = sorted(wanted or by_day, key=lambda day: day.first)
        schedules = tuple(
            schemas.Schedule(by_day[day], unit, schemas.Dates(deliver_requested=day))
            for day in days
        )
        return schemas.OrderLine(
            position=position,
            number=number,
            quantity=sum(by_day.values(), Decimal(0)),
            unit=unit,
            price=supplies._get_price(first, factor),
            ids=supplies._get_ids(agreement, first),
            dates=schemas.Dates(deliver_requested=days[0]),
            schedules=schedules if len(schedules) > 1 else (),
            text=first.product_id.name or "",
        )

    def _check_alike(self, lines):
        """:raise UserError: parts of one line of the supplier's are not of one kind"""
        for name in ("product_id", "product_uom_id", "price_unit_discounted"):
            if len(set(lines.mapped(name))) > 1:
                raise UserError(
                    self.env._(
                        "%(product)s is in several lines that are one at the supplier, "
                        "number %(number)s: give them one product, unit and price.",
                        product=lines[0].product_id.display_name,
                        number=lines[0].edi_number,
                    )
                )

    # -------------------------------------------------------------- parties
    def _prepare_parties(self, agreement, order):
        company = order.company_id.partner_id
        return (
            self._prepare_party(agreement, "buyer", company, agreement.our_id or ""),
            self._prepare_party(
                agreement, "supplier", order.partner_id, agreement.their_id or ""
            ),
            self._prepare_place(agreement, order),
        )

    def _prepare_place(self, agreement, order):
        """Where the goods go: by the code that the supplier has for it, and by its
        address."""
        warehouse = order.picking_type_id.warehouse_id
        address = order.dest_address_id or warehouse.partner_id
        code = ""
        if not order.dest_address_id:
            names = (warehouse.code, warehouse.name)
            codes = agreement.code_ids.filtered(
                lambda each: each.kind == "place" and each.meaning in names
            )
            code = codes[:1].code or ""
        if not code and not (address.street and address.city):
            raise UserError(
                self.env._(
                    "%s has no address with street and city, and no code in the "
                    "agreement.",
                    (order.dest_address_id or warehouse).display_name,
                )
            )
        return self._prepare_party(agreement, "ship_to", address, code)

    def _prepare_party(self, agreement, role, partner, code):
        is_gln = len(code) == 13 and gs1.is_whole(code)
        own = "91" if role == "supplier" else "92"
        return schemas.Party(
            role=role,
            qualifier="UL" if is_gln else own if code else "",
            code=code,
            name=partner.name or partner.parent_id.name or "",
            street=partner.street or "",
            street2=partner.street2 or "",
            city=partner.city or "",
            state=partner.state_id.code or "",
            zip=partner.zip or "",
            country=partner.country_id.code or "",
        )


def _has_not_left(document):
    """Whether nobody has seen it: it may still be written anew."""
    return document.state in ("ready", "void") and not document.number


def _undated(line):
    return replace(line, dates=schemas.Dates(), schedules=())
