# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass, field
from datetime import timedelta, timezone

from odoo import api, fields, models
from odoo.tools import unique

from odoo.addons.channel_edi.lib.fold import line_key
from odoo.addons.channel_edi.models.channel_edi_worker import Held
from odoo.addons.channel_inventory_base import schemas as base_schemas
from odoo.addons.channel_inventory_base.tools.inner import inner


@dataclass
class Part:
    """So much of a product (its unit) that lies in one pack and is of one lot."""

    quantity: float
    sscc: str = ""
    lot: str = ""
    serials: tuple = ()
    expires: object = None


@dataclass
class Shipped:
    """What a notice says of one line of the supplier's.

    :ivar product: empty record where it is none of the order's
    """

    purchase: object
    key: str
    product: object
    parts: list = field(default_factory=list)

    @property
    def quantity(self):
        return sum(part.quantity for part in self.parts)


class ChannelEdiNotices(models.AbstractModel):
    """Takes what a supplier says has left (856, DESADV): a receipt of its own with the
    day of arrival, the carrier, the packages and the lots, so that taking the goods in
    is to compare.

    Nothing is received by it, and what is ordered stays what it is: more or less than
    was ordered is told to a person. What has left takes the first goods that are open.
    """

    _name = "channel.edi.notices"
    _description = "Ship Notices of Suppliers"
    _inherit = ["channel.edi.facts"]

    @api.model
    def _take(self, document, notice):
        """:param notice: schemas.ShipNotice"""
        if self._is_over(document, notice):
            return None
        if notice.purpose == "cancel":
            undone = self._undo(document, notice)
            return document._finish(undone[:1])
        shipped = self._read(document, notice)
        if notice.purpose == "replace":
            self._undo(document, notice)
        document.payload = base_schemas.dumps(notice)
        oddities, receipts = [], []
        for each in shipped:
            receipts += self._place(document, notice, each, oddities)
        purchases = {each.purchase.id: each.purchase for each in shipped}
        for purchase in purchases.values():
            keys = [each.key for each in shipped if each.purchase == purchase]
            self._follow(purchase, [key for key in keys if key])
            self._tell_short(document, notice, purchase, keys)
        self._tell_oddities(document, notice, shipped, oddities)
        made = self.env["stock.picking"].browse(receipts[:1])
        return document._finish(made or shipped[0].purchase.purchase_id)

    def _is_over(self, document, notice):
        """Whether it came before; one that replaces or cancels another has its number.

        :raise Held: the same number with another content
        """
        if notice.purpose not in ("replace", "cancel"):
            return self._is_repeated(document, notice)
        same = self._find_known(document).filtered(
            lambda each: each.digest == document.digest
        )
        if same:
            words = self.env._("The same as %s", same[0].display_name)
            document._finish(state="ignored", error=words)
        return bool(same)

    # ----------------------------------------------------------------- read
    def _read(self, document, notice):
        """:return: list of Shipped, one for each line of an order
        :raise Held: something of it is not known
        """
        found = {}
        for order, item, sscc in self._get_items(notice):
            number = order or item.order_number
            purchase = self.env["channel.edi.promises"]._find_purchase(document, number)
            line, key, product = self._find_line(document, purchase, item)
            quantity = self._to_product(document, purchase, line, key, product, item)
            each = found.setdefault(
                (purchase.id, key, product.id), Shipped(purchase, key, product)
            )
            each.parts.append(
                Part(quantity, sscc, item.lot, item.serials, item.expires)
            )
        if not found:
            raise Held(self.env._("It names no goods."))
        return list(found.values())

    def _get_items(self, notice):
        """(number of the order, ShipItem, SSCC of its pack) of all that is in it."""
        for order in notice.orders:
            for item in order.items:
                yield order.number, item, self._get_own_sscc(item)
            for pack in order.packs:
                for item, sscc in _unpack(pack):
                    yield order.number, item, sscc or self._get_own_sscc(item)

    def _get_own_sscc(self, item):
        """Of the one pack that an item is in; several are not told apart."""
        codes = {pack.sscc for pack in item.packs if pack.sscc}
        return codes.pop() if len(codes) == 1 else ""

    def _find_line(self, document, purchase, item):
        """The line of the order that an item is of: by the product, and by the number
        where several lines are of one.

        :return: (purchase.order.line, number, product); without a line and number where
            the product was not ordered
        """
        supplies = self.env["channel.edi.supplies"]
        products, _pack = supplies._find_products(
            document.agreement_id, [item.ids]
        ).get(item.ids, ((), None))
        named = next(
            (each.text for each in item.refs if each.qualifier == "ON" and each.text),
            item.number,
        )
        lines = purchase.purchase_id.order_line.filtered("edi_number")
        mine = lines.filtered(lambda line: line.product_id.id in products)
        by_number = lines.filtered(
            lambda line: line_key(line.edi_number) == line_key(named or "")
        )
        found = (mine & by_number) or mine
        if not products and named:
            # an item that nobody knows is the one whose number it has
            found = by_number
        if len(set(found.mapped("edi_number"))) > 1:
            get_free = self.env["channel.edi.schedules"]._get_free
            found = found.filtered(get_free) or found
            found = found.sorted(lambda line: int(line.edi_number))[:1]
        if found:
            key = line_key(found[0].edi_number)
            return found[:1], key, found[0].product_id
        product, _pack = supplies._find_product(document.agreement_id, item.ids)
        return found, "", product

    def _to_product(self, document, purchase, line, key, product, item):
        """:return: the quantity in the product's unit"""
        if item.quantity < 0:
            raise Held(self.env._("%s cannot have left.", f"{item.quantity:f}"))
        if not line:
            return self._to_stock(document, product, item.quantity, item.unit)
        told = {line_key(each.number): each for each in purchase._load("told").lines}
        quantity = self.env["channel.edi.supplies"]._to_line(
            document, line, told[key], item.quantity, item.unit
        )
        return line.product_uom_id._compute_quantity(quantity, product.uom_id)

    # ---------------------------------------------------------------- place
    def _place(self, document, notice, shipped, oddities):
        """Put what has left of one line into the receipt of the notice.

        :param oddities: words of what is odd, added to
        :return: ids of receipts
        """
        purchase, product = shipped.purchase, shipped.product
        values = {
            "product": product.display_name,
            "quantity": f"{shipped.quantity:g}",
            "order": purchase.number,
        }
        if not shipped.key:
            oddities.append(
                self.env._(
                    "%(quantity)s × %(product)s: not ordered by %(order)s", **values
                )
            )
            return []
        if purchase.cancelled or purchase.purchase_id.state == "cancel":
            oddities.append(
                self.env._(
                    "%(quantity)s × %(product)s: %(order)s was cancelled", **values
                )
            )
            return []
        taken, left = self._take_lines(purchase, shipped)
        if product.uom_id.compare(left, 0) > 0:
            oddities.append(
                self.env._(
                    "%(quantity)s × %(product)s: %(more)s more than %(order)s has "
                    "open, or they have come already",
                    **values,
                    more=f"{left:g}",
                )
            )
        if not taken:
            return []
        moves = self.env["stock.move"].browse(
            [move_id for ids, _each in taken.values() for move_id in ids]
        )
        receipts = self._move_to_receipts(document, notice, moves)
        for moved, (ids, each) in taken.items():
            own = moves.browse(ids).sorted(lambda move: (move.date, move.id))
            part = shipped if moved == product else _as_component(shipped, moved, each)
            self._pack(own, part, oddities)
        self._date(purchase, notice, moves)
        return receipts.ids

    def _take_lines(self, purchase, shipped):
        """Take what has left off what is open. A kit has left with its components.

        :return: ({product: (ids of moves that have left, how much of it one piece
            is)}, how much of what was shipped is none of them)
        """
        schedules = self.env["channel.edi.schedules"]
        left, taken, uom = shipped.quantity, {}, shipped.product.uom_id
        for line in schedules._alone(purchase._get_lines(shipped.key)):
            free = line.product_uom_id._compute_quantity(
                schedules._get_free(line), uom, rounding_method="HALF-UP"
            )
            components, most = schedules._get_components(line), 0.0
            wanted = left if shipped.product in components else min(left, free)
            for product, each in components.items():
                moves = schedules._get_free_moves(line).filtered(
                    lambda move, one=product: move.product_id == one
                )
                ids, rest = self._take_moves(moves, wanted * each)
                if ids:
                    taken.setdefault(product, ([], each))[0].extend(ids)
                most = max(most, wanted - rest / each)
            left -= most
        return taken, max(0.0, left)

    def _take_moves(self, moves, left):
        """:return: (ids of moves that have left, how much of it is none of them)"""
        taken = []
        for move in moves:
            uom = move.product_id.uom_id
            if uom.compare(left, 0) <= 0:
                break
            if uom.compare(left, move.product_qty) < 0:
                move = self.env["channel.edi.schedules"]._split_move(move, left)
            taken.append(move.id)
            left -= move.product_qty
        return taken, left

    def _move_to_receipts(self, document, notice, moves):
        """A transfer whose goods have all left is the receipt itself; else they get one
        of their own, with what else of the order is in the notice."""
        # sudo: receipts and moves are written for the supplier, whoever runs the job
        moves, pickings = moves.sudo(), self.env["stock.picking"].sudo()
        ids = []
        for source in moves.picking_id:
            own = moves.filtered(lambda move, one=source: move.picking_id == one)
            receipt = self._find_receipt(document, notice, source)
            is_all = all(
                move in own or move.state in ("done", "cancel")
                for move in source.move_ids
            )
            if not receipt and is_all:
                receipt = source
            elif not receipt:
                receipt = source.copy({"move_ids": [], "move_line_ids": []})
            own.move_line_ids.unlink()
            own.picking_id = receipt
            receipt.write(self._prepare_receipt_vals(document, notice))
            if source != receipt and not source.move_ids:
                source.unlink()
            ids.append(receipt.id)
        return pickings.browse(unique(ids))

    def _find_receipt(self, document, notice, source):
        """The receipt that this notice has made already for the same order."""
        return source.search(
            [
                ("edi_notice", "=", notice.number),
                ("partner_id", "=", source.partner_id.id),
                ("origin", "=", source.origin),
                ("picking_type_id", "=", source.picking_type_id.id),
                ("state", "not in", ("done", "cancel")),
            ],
            limit=1,
        )

    def _prepare_receipt_vals(self, document, notice):
        carrier = notice.carrier
        code = carrier.code if carrier else ""
        codes = document.agreement_id.code_ids.filtered(
            lambda each: each.kind == "carrier" and each.code == code
        )
        numbers = [notice.tracking or notice.bill_of_lading]
        for order in notice.orders:
            for pack in order.packs:
                numbers += _tracking(pack)
        return {
            "edi_notice": notice.number,
            "edi_carrier": codes[:1].meaning or (carrier and carrier.name) or code,
            "edi_tracking": ", ".join(dict.fromkeys(filter(None, numbers))) or False,
        }

    # ----------------------------------------------------------------- pack
    def _pack(self, moves, shipped, oddities):
        """The lines of the moves are the packs and lots that are told; what there is
        more of than is expected is on the last move."""
        uom = shipped.product.uom_id
        parts = [[part, part.quantity] for part in _by_serial(shipped)]
        # sudo: as of receipts
        moves = moves.sudo()
        for move in moves:
            last = move == moves[-1]
            room = sum(rest for _part, rest in parts) if last else move.product_qty
            while parts and uom.compare(room, 0) > 0:
                part, rest = parts[0]
                quantity = min(room, rest)
                self._add_line(move, part, quantity, oddities)
                room -= quantity
                parts[0][1] -= quantity
                if uom.compare(parts[0][1], 0) <= 0:
                    parts.pop(0)

    def _add_line(self, move, part, quantity, oddities):
        product = move.product_id
        values = move._prepare_move_line_vals()
        values.update(
            quantity=quantity,
            product_uom_id=product.uom_id.id,
            picked=False,
            **self._prepare_lot_vals(move, part),
        )
        if package := self._get_package(move, part.sscc, oddities):
            values["result_package_id"] = package.id
        # sudo: as of receipts
        line = self.env["stock.move.line"].sudo().create(values)
        if part.expires and "expiration_date" in line._fields and line.lot_name:
            moment = part.expires.last.astimezone(timezone.utc)
            line.expiration_date = moment.replace(tzinfo=None)

    def _prepare_lot_vals(self, move, part):
        """A lot that is known; else its name, where receipts may make new ones."""
        product = move.product_id
        name = part.serials[0] if part.serials else part.lot
        if product.tracking == "none" or not name:
            return {}
        lot = self.env["stock.lot"].search(
            [
                ("product_id", "=", product.id),
                ("name", "=", name),
                ("company_id", "in", [False, move.company_id.id]),
            ],
            limit=1,
        )
        if lot:
            return {"lot_id": lot.id}
        return {"lot_name": name} if move.picking_type_id.use_create_lots else {}

    def _get_package(self, move, sscc, oddities):
        """The package of this number, made where there is none."""
        # sudo: as of receipts
        packages = self.env["stock.package"].sudo()
        if not sscc:
            return packages
        package = packages.search(
            [("name", "=", sscc), ("company_id", "in", [False, move.company_id.id])],
            limit=1,
        )
        if package.quant_ids.filtered("quantity"):
            oddities.append(
                self.env._("package %s is here already, with goods in it", sscc)
            )
            return packages
        return package or packages.create({"name": sscc})

    # ---------------------------------------------------------------- dates
    def _date(self, purchase, notice, moves):
        """They come when the notice says; a purchase line that is under way as a whole
        has that date, too."""
        day = self._get_arrival(purchase, notice)
        if not day:
            return
        supplies, schedules = (
            self.env["channel.edi.supplies"],
            self.env["channel.edi.schedules"],
        )
        # sudo: as of receipts
        moves = moves.sudo().with_context(**inner(date_source="document"))
        for move in moves:
            planned = supplies._get_planned(purchase.agreement_id, move.date, day)
            move.write({"date": planned, "date_deadline": planned})
        for line in schedules._alone(moves.purchase_line_id):
            uom = line.product_uom_id
            if uom.compare(schedules._get_free(line), 0) <= 0:
                line.date_planned = max(schedules._get_open(line).mapped("date"))

    def _get_arrival(self, purchase, notice):
        """:return: the day at the supplier's, None where nothing is told"""
        get_day = self.env["channel.edi.supplies"]._get_day
        dates = notice.dates
        arrives = dates.deliver_scheduled or dates.deliver_requested or dates.deliver_by
        if arrives:
            return get_day(purchase.agreement_id, arrives)
        left = dates.shipped or dates.ship_scheduled
        if not left:
            return None
        days = timedelta(days=purchase.channel_id.edi_transit_days)
        return get_day(purchase.agreement_id, left) + days

    def _follow(self, purchase, keys):
        if not purchase.cancelled and purchase.purchase_id.state == "purchase":
            self.env["channel.edi.promises"]._follow(purchase, keys)

    # ------------------------------------------------------------- oddities
    def _tell_short(self, document, notice, purchase, keys):
        """What is due with the goods of a notice, and is in none: it stays expected."""
        schedules = self.env["channel.edi.schedules"]
        supplies = self.env["channel.edi.supplies"]
        day = self._get_arrival(purchase, notice) or fields.Date.context_today(purchase)
        shorts = {}
        for key in {*keys, *(purchase.shorts or {})} - {""}:
            lines = purchase._get_lines(key)
            due = lines.filtered(
                lambda line: (
                    supplies._get_day(
                        purchase.agreement_id,
                        supplies._get_moment_of(
                            purchase.agreement_id, line.date_planned
                        ),
                    )
                    <= day
                )
            )
            short = sum(schedules._get_free(line) for line in due)
            if due and due[0].product_uom_id.compare(short, 0) > 0:
                shorts[key] = f"{short:g} × {due[0].product_id.display_name}"
        purchase.shorts = shorts or False
        if not shorts:
            purchase._resolve("short")
            return
        purchase._report(
            "short",
            self.env._(
                "%(order)s: less is under way by shipment %(number)s than is due. "
                "Missing: %(goods)s",
                order=purchase.number,
                number=notice.number,
                goods=", ".join(words for _key, words in sorted(shorts.items())),
            ),
            self.env._(
                "It stays expected. Ask the supplier when it comes and enter the date "
                "on the order's line, or lower its quantity: the supplier is told. It "
                "ends when a later shipment has the rest; else resolve it."
            ),
        )

    def _tell_oddities(self, document, notice, shipped, oddities):
        if not oddities:
            return
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_purchase",
            key=f"edi_notice:{document.id}",
            record=shipped[0].purchase.purchase_id,
            message=self.env._(
                "Shipment %(number)s of %(partner)s has what was not expected: "
                "%(words)s",
                number=notice.number,
                partner=document.agreement_id.name,
                words="; ".join(oddities),
            ),
            suggestion=self.env._(
                "Decide with the supplier whether it is taken, tell those who receive "
                "it, then resolve this."
            ),
        )

    # ----------------------------------------------------------------- undo
    def _undo(self, document, notice):
        """The notice is not true any more: its goods are expected as before.

        :return: purchase.order that they are of
        :raise Held: they have come
        """
        purchases = self.env["channel.edi.purchase"].search(
            [("agreement_id", "=", document.agreement_id.id)]
        )
        receipts = (
            # sudo: as of receipts
            self.env["stock.picking"]
            .sudo()
            .search(
                [
                    ("edi_notice", "=", notice.number),
                    ("company_id", "=", document.company_id.id),
                ]
            )
            .filtered(
                lambda each: (
                    each.move_ids.purchase_line_id.order_id & purchases.purchase_id
                )
            )
        )
        if receipts.filtered(lambda each: each.state == "done"):
            raise Held(
                self.env._(
                    "The goods of shipment %s were received: correct that by hand, and "
                    "discard the document.",
                    notice.number,
                )
            )
        orders = receipts.move_ids.purchase_line_id.order_id
        for receipt in receipts.filtered(lambda each: each.state != "cancel"):
            receipt.move_line_ids.unlink()
            receipt.write(
                {"edi_notice": False, "edi_carrier": False, "edi_tracking": False}
            )
            for move in receipt.move_ids:
                planned = move.purchase_line_id.date_planned
                if planned and move.state not in ("done", "cancel"):
                    move.write({"date": planned, "date_deadline": planned})
            receipt.action_assign()
        return orders


def _unpack(pack, sscc=""):
    """(ShipItem, SSCC of the innermost pack that has one) of all that is in a pack."""
    sscc = pack.sscc or sscc
    for item in pack.items:
        yield item, sscc
    for packed in pack.packs:
        yield from _unpack(packed, sscc)


def _as_component(shipped, product, each):
    """What has left of a component of a kit. Its lots nobody has told.

    :param each: so much of it one kit is
    """
    parts = [Part(part.quantity * each, part.sscc) for part in shipped.parts]
    return Shipped(shipped.purchase, shipped.key, product, parts)


def _tracking(pack):
    found = [pack.tracking]
    for packed in pack.packs:
        found += _tracking(packed)
    return found


def _by_serial(shipped):
    """The parts, those with serial numbers piece by piece."""
    found = []
    for part in shipped.parts:
        named = part.serials[: int(part.quantity)]
        if shipped.product.tracking != "serial" or not named:
            found.append(part)
            continue
        for serial in named:
            found.append(Part(1.0, part.sscc, "", (serial,), part.expires))
        if rest := part.quantity - len(named):
            found.append(Part(rest, part.sscc, "", (), part.expires))
    return found
