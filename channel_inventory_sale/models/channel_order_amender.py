# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib

from odoo import models
from odoo.fields import Command

from odoo.addons.channel_inventory_base import schemas
from odoo.addons.channel_inventory_base.tools.inner import inner

from ..tools.refund import list_figures
from ..tools.refusal import OrderRefusedError


class ChannelOrderAmender(models.AbstractModel):
    """Changes on the channel after the sale order was confirmed.

    Removed units are applied as long as they are not shipped, prices and charges at any
    time: the bookkeeper corrects existing invoices. Added units and lines are applied
    unless goods of the order are picked or shipped, another address while nothing is
    picked; after that an operator decides. In the import's transaction, which detects a
    concurrent shipment.
    """

    _name = "channel.order.amender"
    _description = "Order Amender"

    def _must_follow(self, order, data):
        """Whether a confirmed sale order is behind what the channel says."""
        return (
            any(line._differs_from_sale() for line in order.line_ids)
            or self.env["channel.refunder"]._has_other_refunds(order, data)
            or bool(
                data.refunds
                and self.env["channel.refunder"]._find_late_kept(order, data)
            )
            or self._is_address_changed(order, data)
            or any(line._is_asked_otherwise() for line in order.line_ids)
            or self._is_date_changed(order, data)
            or self._is_money_changed(order, data)
            or bool(self._find_delivered(order, data))
        )

    def _follow_changes(self, order, data):
        """Make a confirmed sale order what the channel says now.

        :return: whether anything had to be changed
        :raise OrderRefusedError: an operator has to decide; nothing was changed
        """
        differing = order.line_ids.filtered(lambda line: line._differs_from_sale())
        moved = self._is_address_changed(order, data)
        dearer = self._is_money_to_follow(order, data)
        if not differing and not moved and not dearer:
            return False
        self._check_followable(order, differing, moved)
        if differing or dearer:
            self._follow_lines(order, data)
        if moved:
            self._follow_address(order, data)
        if order.channel_id._capabilities().answers_lines:
            # a change is answered as the order was
            self.env["channel.notifier"]._notify_accepted(order)
        self.env["channel.audit"]._log(
            "order",
            order.channel_id,
            self.env._(
                "%(order)s: %(sale)s follows the change on the channel",
                order=order.name,
                sale=order.sale_order_id.name,
            ),
            record=order,
            trace=order.trace,
        )
        return True

    # ------------------------------------------------------------- delivered
    def _follow_delivered(self, order, data):
        """What the channel has shipped from its own warehouse is delivered, without any
        transfer of ours."""
        for line, quantity in self._find_delivered(order, data).items():
            line.qty_delivered = quantity

    def _find_delivered(self, order, data):
        """:return: {sale order line: quantity in its unit} of those that differ"""
        if not order.fulfilled_by_channel or order.sale_order_id.state != "sale":
            return {}
        left = {line.external_id: line.left_quantity for line in data.lines}
        return {
            sold: quantity
            for line in order.line_ids
            for sold, quantity in line._find_delivered(left.get(line.external_id, 0))
            if sold.product_uom_id.compare(sold.qty_delivered, quantity)
        }

    def _follow_properties(self, order):
        """The customer's specifications changed: too late for picked goods."""
        changed = order.line_ids.sale_line_ids._follow_properties()
        late = changed.channel_order_line_id.filtered(
            lambda line: line._begun_here() > 0
        )
        if not late:
            return
        self.env["channel.exception"]._report(
            order.channel_id,
            "changed",
            key=f"order:{order.id}:properties",
            # not of the order: its next import must not settle it
            record=order.sale_order_id,
            message=self.env._(
                "%(order)s: the customer's specifications changed after picking or "
                "shipping: %(lines)s",
                order=order.name,
                lines="; ".join(
                    f"{line.display_name}: {line.properties or '-'}" for line in late
                ),
            ),
            suggestion=self.env._(
                "Check that the packed goods are right, then resolve this."
            ),
        )

    # ---------------------------------------------------------------- dates
    def _is_date_changed(self, order, data):
        """Whether the CHANNEL changed one: a person here may have had a reason."""
        if order.fulfilled_by_channel or not order.dates_key:
            return False
        return order.dates_key != self._digest_dates(data)

    def _digest_dates(self, data):
        dates = (data.ship_from, data.ship_by, data.deliver_by)
        return ",".join(each.isoformat() if each else "" for each in dates)

    def _follow_dates(self, order, data):
        """Another date of what has not left: the deadline of its transfers follows.

        :return: whether there was one
        """
        if not self._is_date_changed(order, data):
            return False
        moment = self.env["channel.order.importer"]._get_commitment(data) or False
        sale_order = order.sale_order_id
        if sale_order.state == "sale":
            sale_order.commitment_date = moment
            moves = sale_order.order_line.move_ids.filtered(
                lambda move: move.state not in ("done", "cancel")
            )
            moves.date_deadline = moment
        order.dates_key = self._digest_dates(data)
        return True

    # --------------------------------------------------------------- checks
    def _check_followable(self, order, differing, moved):
        sale_order = order.sale_order_id
        if sale_order.locked:
            self._refuse_change(order, self.env._("%s is locked.", sale_order.name))
        more = differing.filtered(
            lambda line: line._is_exchanged() or line._wanted_here() > line._sold_here()
        )
        moves = sale_order.order_line.move_ids
        in_hand = moves.filtered(lambda move: move._is_in_hand())
        left = moves.filtered(
            lambda move: move.state == "done" and move.location_id.usage == "internal"
        )
        exchanged = any(line._is_exchanged() for line in differing)
        picked = in_hand or (left if moved or exchanged else left.browse())
        if picked and (more or moved):
            self._refuse_change(
                order,
                self.env._(
                    "%s is being picked, or was shipped.", picked.picking_id[:1].name
                ),
            )
        for line in differing - more:
            self._check_still_here(order, line)

    def _check_still_here(self, order, line):
        """Units that are taken away must not have left, nor be on their way out."""
        taken = line._begun_here()
        if line._wanted_here() >= taken:
            return
        raise OrderRefusedError(
            "cancelled_late",
            self.env._(
                "The channel's quantity of %(line)s is %(wanted)s, %(taken)s were "
                "picked or shipped.",
                wanted=line._wanted_here(),
                line=line.sku or line.title,
                taken=f"{taken:g}",
            ),
            self.env._("Expect a return, or reject the cancellation."),
        )

    def _refuse_change(self, order, why):
        raise OrderRefusedError(
            "changed",
            self.env._(
                "%(order)s was changed on the channel after import: %(lines)s %(why)s",
                order=order.name,
                lines=self._get_change_message(order),
                why=why,
            ),
            self._suggest_for_change(order),
        )

    def _suggest_for_change(self, order):
        if order.has_exchanged:
            return self.env._(
                "Stock is held for the new product. Stop the picking and retry, or "
                "change the line back on the channel. If the customer gets the "
                "original product, press “Keep Sold Product”."
            )
        return self.env._(
            "Compare its lines with %s and change the sale order, then retry.",
            order.sale_order_id.name,
        )

    def _get_change_message(self, order):
        return ", ".join(
            line._get_exchange_message()
            if line._is_exchanged()
            else self.env._(
                "%(line)s from %(before)s to %(after)s",
                line=line.sku or line.title,
                before=f"{line._sold_here():g}",
                after=line._wanted_here(),
            )
            for line in order.line_ids
            if line._differs_from_sale()
        )

    # ---------------------------------------------------------------- lines
    def _follow_lines(self, order, data):
        """Write the figures of now into the confirmed sale order, and read them back.

        :raise OrderRefusedError: it does not come to the channel's figures
        """
        restored = self.env["channel.refunder"]._restore(order, data)
        self.env["channel.order.checker"]._check_importable(order, restored)
        order.line_ids._take_exchange()
        sale_order = order.sale_order_id.with_context(**inner(channel_follows=True))
        todo = list(sale_order.order_line.filtered("product_id"))
        for vals in self.env["channel.order.importer"]._prepare_sale_lines_vals(
            order, restored
        ):
            line = self._match_line(order, todo, vals)
            if line:
                todo.remove(line)
                line.write(self._prepare_followed_vals(order, line, vals))
            else:
                sale_order.write({"order_line": [Command.create(vals)]})
        for line in todo:
            if line.channel_order_line_id or self._is_service_of_ours(order, line):
                # the line stays with nothing in it: it was confirmed once
                line.write({"product_uom_qty": 0, "extra_tax_data": False})
        sale_order._reserve()
        difference = self.env["channel.order.checker"]._find_difference(
            order, sale_order, restored
        )
        if difference:
            raise OrderRefusedError(
                "total_mismatch",
                difference,
                self.env["channel.order.checker"]._get_difference_message(order),
            )
        order.money_key = self._digest_money(order, data)
        self.env["channel.order.taxer"]._keep(order, restored)
        self.env["channel.order.pricer"]._keep(order, restored)
        # what the sale order took over need not be held beside it
        order.line_ids._hold(order, data)
        self._check_followed(order)

    def _check_followed(self, order):
        """Figures of a channel that contradict each other (one unit bought, two to
        ship) can be followed for ever without the sale order becoming what is to be
        delivered: then a person decides.

        :raise OrderRefusedError: the sale order still has other units
        """
        if self.env["channel.message"]._is_open(order, ["refund"]):
            # what is taken off may be ours: looked at again when its outcome is known
            return
        odd = order.line_ids.filtered(lambda line: line._differs_from_sale())
        if not odd:
            return
        raise OrderRefusedError(
            "changed",
            self.env._(
                "%(order)s: the channel's quantities contradict each other: %(lines)s.",
                order=order.name,
                lines="; ".join(
                    self.env._(
                        "%(line)s: %(bought)s bought, %(open)s to ship, %(wanted)s to "
                        "deliver in all",
                        line=line.sku or line.title,
                        bought=line.quantity,
                        open=line.open_quantity,
                        wanted=line._wanted_here(),
                    )
                    for line in odd
                ),
            ),
            self.env._(
                "Look at the order on the channel, then press Fetch Again. If it stays "
                "so, correct its quantities there, or change %s to what is to be "
                "delivered, then resolve this.",
                order.sale_order_id.name,
            ),
        )

    def _match_line(self, order, lines, vals):
        """The line of the sale order that ``vals`` are for."""
        same = [
            line
            for line in lines
            if line.product_id.id == vals["product_id"]
            and line.channel_order_line_id.id
            == vals.get("channel_order_line_id", False)
            and (line.channel_charge_ref or "") == vals.get("channel_charge_ref", "")
        ]
        warehouse = vals.get("channel_warehouse_id")
        taxes = set(vals["tax_ids"][0][2]) if not warehouse else None
        exact = [
            each
            for each in same
            if each.channel_warehouse_id.id == warehouse
            or taxes is not None
            and set(each.tax_ids.ids) == taxes
        ]
        return (exact or same or [None])[0]

    def _is_service_of_ours(self, order, line):
        return line.product_id in order.channel_id._get_service_products()

    def _prepare_followed_vals(self, order, line, vals):
        """The changed values of a confirmed line; product and unit never change."""
        names = {
            "product_uom_qty",
            "price_unit",
            "technical_price_unit",
            "discount",
            "tax_ids",
            "extra_tax_data",
        }
        followed = {name: vals[name] for name in names if name in vals}
        followed.setdefault("extra_tax_data", False)
        return followed

    # ---------------------------------------------------------------- money
    def _is_money_changed(self, order, data):
        """Whether the CHANNEL changed a price, a discount or a charge: what a person
        has changed here stays, as it may have had a reason.

        A refund that is not looked at yet is no change of a price.
        """
        if not order.money_key or self.env["channel.refunder"]._has_other_refunds(
            order, data
        ):
            return False
        return order.money_key != self._digest_money(order, data)

    def _is_money_to_follow(self, order, data):
        """As ``_is_money_changed``; a locked sale order that comes to the same already,
        because it was changed here before, is left alone."""
        if not self._is_money_changed(order, data):
            return False
        sale_order = order.sale_order_id
        if sale_order.locked and not self.env["channel.order.checker"]._find_difference(
            order, sale_order, self.env["channel.refunder"]._restore(order, data)
        ):
            order.money_key = self._digest_money(order, data)
            return False
        return True

    def _digest_money(self, order, data):
        figures = list_figures(self.env["channel.refunder"]._restore(order, data))
        return hashlib.sha256(repr(figures).encode()).hexdigest()[:16]

    # -------------------------------------------------------------- address
    def _is_address_changed(self, order, data):
        """Whether the CHANNEL changed it: a person here may have had a reason."""
        return bool(order.address_key) and order.address_key != self._digest_address(
            order, data
        )

    def _digest_address(self, order, data):
        address = schemas.dump(data.shipping or data.billing)
        if address and not address["ref"]:
            # as it was told before there were places
            del address["ref"]
        words = schemas.dumps(address)
        if data.mark_for:
            words += schemas.dumps(data.mark_for)
        return hashlib.sha256(words.encode()).hexdigest()[:16]

    def _follow_address(self, order, data):
        sale_order = order.sale_order_id
        _customer, _invoice, delivery = self.env["channel.partner"]._get_partners(
            order, data
        )
        sale_order.partner_shipping_id = delivery
        sale_order.channel_mark_for_id = self.env["channel.partner"]._get_mark_for(
            order, data
        )
        pickings = sale_order.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        pickings.write({"partner_id": delivery.id})
        order.address_key = self._digest_address(order, data)

    # ------------------------------------------------------ shipped elsewhere
    def _check_shipped_elsewhere(self, order, data):
        """The channel has parcels that nobody told it from here: the delivery that is
        still open here would go out a second time."""
        if order.fulfilled_by_channel:
            return
        told = self.env["channel.notifier"]._count_notified(order)
        lines = {line.external_id: line for line in order.line_ids}
        strange = [
            (lines[each.external_id], each.left_quantity)
            for each in data.lines
            if each.left_quantity
            and each.external_id in lines
            and each.left_quantity > told[lines[each.external_id]]
        ]
        # what had been shipped when the order came in is not to be shipped here
        strange = [
            (line, units)
            for line, units in strange
            if line._sold_here() - line._shipped_here() > line.open_quantity
        ]
        key = f"order:{order.id}:shipped"
        if not strange:
            self.env["channel.exception"]._resolve_keys(order.channel_id, [key])
            return
        self.env["channel.exception"]._report(
            order.channel_id,
            "shipped_elsewhere",
            key=key,
            record=order,
            message=self.env._(
                "%(order)s: shipped according to the channel: %(lines)s. Its delivery "
                "is open in Odoo.",
                order=order.name,
                lines=", ".join(
                    f"{units} × {line.sku or line.title}" for line, units in strange
                ),
            ),
            suggestion=self.env._(
                "Validate the delivery if the goods were shipped from here; otherwise "
                "cancel it. Confirm the sale order first if it is a quotation."
            ),
        )

    # -------------------------------------------------------- shipped no more
    def _find_unshipped_there(self, order, data):
        """Units that left here and that the channel, which knew it, has to ship again:
        its fulfillment was cancelled. Called before the order becomes ``data``.

        :return: {line: sold units}
        """
        lines = {line.external_id: line for line in order.line_ids}
        more = [
            each
            for each in data.lines
            if each.external_id in lines
            and each.open_quantity > lines[each.external_id].open_quantity
        ]
        if not more or data.state != "open" or order.sale_order_id.state != "sale":
            return {}
        left = {
            each.external_id: each.left_quantity for each in order._get_data().lines
        }
        found = {}
        for each in more:
            line = lines[each.external_id]
            known = min(left.get(each.external_id, 0), int(line._shipped_here()))
            if (units := known - each.left_quantity) > 0:
                found[line] = units
        return found

    def _report_unshipped_there(self, order, data, unshipped):
        key = f"order:{order.id}:unshipped"
        if not unshipped:
            if order.sale_order_id and self._is_shipped_as_here(order, data):
                exceptions = self.env["channel.exception"]
                exceptions._resolve_keys(order.channel_id, [key])
            return
        self.env["channel.exception"]._report(
            order.channel_id,
            "changed",
            key=key,
            # not of the order: its next import must not settle it
            record=order.sale_order_id,
            message=self.env._(
                "%(order)s: shipped from Odoo, and to be shipped again according to "
                "the channel: %(lines)s.",
                order=order.name,
                lines=", ".join(
                    f"{units} × {line.sku or line.title}"
                    for line, units in unshipped.items()
                ),
            ),
            suggestion=self.env._(
                "If the parcel is on its way, mark it as shipped on the channel. If it "
                "comes back, receive its return, then deliver again or cancel the "
                "units on the channel: stock is not held for them."
            ),
        )

    def _is_shipped_as_here(self, order, data):
        left = {each.external_id: each.left_quantity for each in data.lines}
        return data.state != "open" or all(
            line._shipped_here() <= left.get(line.external_id, 0)
            for line in order.line_ids
            if line.quantity
        )
