# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from functools import partial
from math import isclose

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import plaintext2html

from odoo.addons.channel_inventory_base.models.channel_order import QUIET
from odoo.addons.channel_inventory_base.tools.inner import inner

from ..tools.money import Charge, Sheet, sum_taxes
from ..tools.refund import with_paid_back
from ..tools.refusal import OrderCutError, OrderParkedError, OrderRefusedError

_logger = logging.getLogger(__name__)

# Confirmation policy -> payments that confirm.
PAID_WHEN = {"paid": ("paid", "authorized"), "captured": ("paid",)}
MAX_STEPS = 3
"""Transfers of a delivery in several steps: pick, pack, ship."""


class ChannelOrderImporter(models.AbstractModel):
    """Turns a captured order into a sale order that is exact, confirmed and reserved.

    An order that Odoo cannot represent to the last unit of the currency is rolled back
    and leaves an exception with both amounts. Its hold stays until an operator has
    acted.
    """

    _name = "channel.order.importer"
    _description = "Order Importer"

    def _import(self, order):
        """Make the sale order, or bring a quotation up to date; confirm when due.

        In the current transaction, which should be REPEATABLE READ. Does nothing twice:
        whatever is called again finds what is there.
        """
        order.ensure_one()
        importer = self.with_company(order.company_id)
        importer._import_own(order.with_env(importer.env))

    def _import_own(self, order):
        data = order._get_data()
        if order.state == "cancelled" or data.state == "cancelled":
            return
        if not all(line.sold_as for line in order.line_ids):
            # matched while the order was captured, and so unseen by whoever did that
            self.env["channel.sold"]._follow_orders(order)
        was_sold = order.sale_order_id.state == "sale"
        try:
            self._sell(order, data)
        except OrderCutError as cut:
            self._refuse_units(order, cut.lines)
            self._import_rest(order)
            return
        except OrderRefusedError as refusal:
            self.env["channel.order.checker"]._block_for(order, refusal, data)
        except OrderParkedError as parked:
            self.env["channel.allocator"]._park(order, parked)
        except UserError as error:
            order._block("import", str(error), self.env._("Correct that, then retry."))
        else:
            self._end_import(order, data)
        if was_sold or order.sale_order_id.state == "cancel":
            order._mark_books()
        if order.sale_order_id.state in ("sale", "cancel"):
            order._credit_refunds(data)
        if was_sold or not order.sale_order_id or data.refunds:
            order._prove_books()

    def _end_import(self, order, data):
        if order._is_cancelled_here_alone(data):
            # tried again, and nobody has decided anything
            order._block_cancelled_here()
            return
        # the trail tells it; a chatter message an order would be half of the cost
        order.with_context(tracking_disable=True).state = "imported"
        self.env["channel.exception"]._resolve_record(order)
        self._report_imported(order, data)

    def _report_imported(self, order, data):
        """What a person should know of an order that is in."""
        self.env["channel.order.amender"]._check_shipped_elsewhere(order, data)
        self.env["channel.order.checker"]._report_odd_phones(order, data)

    def _sell(self, order, data):
        """Make the sale order, confirm it when due, and have a confirmed one follow
        what has changed.

        :raise OrderCutError, OrderParkedError, OrderRefusedError, UserError: not now
        """
        was_sold = order.sale_order_id.state == "sale"
        if self._is_to_write(order, data):
            # all or nothing, contacts included
            with self.env.cr.savepoint():
                self._write_sale_order(order, data)
        # of a quotation they are in the figures of now
        self.env["channel.refunder"]._take_refunds(order, data)
        if self._is_confirm_due(order, data):
            if not order.fulfilled_by_channel:
                checker = self.env["channel.payment.checker"]
                checker._check_confirmable(order, data)
            with self.env.cr.savepoint():
                order.sale_order_id.with_context(**QUIET).action_confirm()
            self._ship_as_there(order, data)
        self.env["channel.order.amender"]._follow_properties(order)
        changed = self.env["channel.order.amender"]._follow_dates(order, data)
        if was_sold:
            with self.env.cr.savepoint():
                changed |= self.env["channel.order.amender"]._follow_changes(
                    order, data
                )
            self.env["channel.order.amender"]._follow_delivered(order, data)
            if changed:
                self.env["channel.notifier"]._notify_changed(order)

    def _refuse_units(self, order, lines):
        """Decide that units are not shipped: the order is what is left of it.

        :param lines: order line -> sold units
        """
        ordered = {line.external_id: line.quantity for line in order.line_ids}
        cuts = dict(order.cuts or {})
        for line, units in lines.items():
            ref = line.external_id
            whole, before = cuts.get(ref, (ordered[ref], 0))
            cuts[ref] = [whole, before + min(units, ordered[ref])]
        order.cuts = cuts
        units = {line.external_id: units for line, units in lines.items()}
        order._apply(order._cut_data(order._get_told_data(), units), order.version)
        self.env["channel.audit"]._log(
            "order",
            order.channel_id,
            self.env._(
                "%(order)s: not in stock and refused: %(lines)s",
                order=order.name,
                lines=", ".join(
                    f"{units} × {line.sku or line.title}"
                    for line, units in lines.items()
                ),
            ),
            record=order,
            trace=order.trace,
        )

    def _import_rest(self, order):
        """What is left of an order after units were refused; maybe nothing."""
        if self._is_anything_sold(order, order._get_data()):
            self._import_own(order)
            return
        self.env["channel.notifier"]._notify_refused(order)
        order._end("refused")

    def _is_to_write(self, order, data):
        """Check what is to be sold and where from, right before it is.

        :return: whether the sale order has to be made, or made anew
        """
        if self._must_write(order, data):
            self.env["channel.order.checker"]._check_importable(order, data)
            if not order.fulfilled_by_channel and not order._is_shipped(data):
                self.env["channel.allocator"]._wait_for_horizon(order)
                self.env["channel.allocator"]._secure_stock(order, data)
            return True
        if not self._is_confirm_due(order, data) or order._is_shipped(data):
            return False
        if order.fulfilled_by_channel:
            return False
        self.env["channel.allocator"]._wait_for_horizon(order)
        # a quotation that waited: its stock may have gone elsewhere
        return self.env["channel.allocator"]._secure_stock(order, data) or self.env[
            "channel.router"
        ]._is_placed_otherwise(order)

    def _must_write(self, order, data):
        """Whether there is no sale order, or a quotation that says something else."""
        sale_order = order.sale_order_id
        if not sale_order:
            return self._is_anything_sold(order, data)
        return sale_order.state in ("draft", "sent") and bool(
            self.env["channel.order.checker"]._find_difference(order, sale_order, data)
        )

    def _is_anything_sold(self, order, data):
        """Units, or a charge that was paid for without any."""
        return any(line.quantity for line in data.lines) or any(
            line.price != line.discount or any(tax.amount for tax in line.taxes)
            for line in data.shipping_lines
        )

    def _write_sale_order(self, order, data):
        """Create or correct the sale order, then read back what it came to.

        :raise OrderRefusedError: it does not come to the channel's figures
        """
        vals = self._prepare_sale_vals(order, data)
        if order.sale_order_id:
            self._rewrite_quotation(order, vals)
        else:
            orders = self.env["sale.order"].with_context(**QUIET)
            order.sale_order_id = orders.create(vals).with_env(self.env)
        self._check_written(order, data)

    def _check_written(self, order, data):
        """Read back what the sale order came to, and note what it was made of.

        :raise OrderRefusedError: it does not come to the channel's figures
        """
        sale_order = order.sale_order_id
        order.partner_id = sale_order.partner_id
        self.env["channel.order.checker"]._check_distribution(sale_order)
        if difference := self.env["channel.order.checker"]._find_difference(
            order, sale_order, data
        ):
            raise OrderRefusedError(
                "total_mismatch",
                difference,
                self.env["channel.order.checker"]._get_difference_message(order),
            )
        self.env["channel.order.checker"]._note_odd_phones(order, data)
        order.address_key = self.env["channel.order.amender"]._digest_address(
            order, data
        )
        order.money_key = self.env["channel.order.amender"]._digest_money(order, data)
        order.dates_key = self.env["channel.order.amender"]._digest_dates(data)
        self.env["channel.order.taxer"]._keep(order, data)
        self.env["channel.order.pricer"]._keep(order, data)

    def _rewrite_quotation(self, order, vals):
        """Head first: what depends on it would otherwise overwrite the lines' taxes."""
        lines = vals.pop("order_line")
        order.sale_order_id.write(vals)
        order.sale_order_id.write({"order_line": [Command.clear(), *lines]})

    # -------------------------------------------------------------- confirm
    def _is_confirm_due(self, order, data):
        if order.sale_order_id.state not in ("draft", "sent"):
            return False
        if order.fulfilled_by_channel:
            # whatever it was paid by: it has left
            return any(line.left_quantity for line in data.lines)
        policy = order.channel_id.confirm_policy
        wanted = PAID_WHEN.get(policy, ())
        paid = data.payment in wanted
        if wanted and not data.total and data.payment == "pending":
            # a channel may leave the status of what is free open for ever
            paid = True
        return paid or policy == "always"

    def _ship_as_there(self, order, data):
        """Units shipped before the import are also removed from Odoo's stock, if that
        is exact: complete, from the channel's location, without serial numbers.
        Otherwise the delivery stays open, and an exception is raised."""
        if order._is_shipped(data) and all(
            line.deducted for line in order.line_ids if line.quantity
        ):
            try:
                with self.env.cr.savepoint():
                    self._ship_step_by_step(order)
            except UserError as error:
                _logger.info("%s is not shipped here: %s", order.name, error)

    def _ship_step_by_step(self, order):
        """:raise UserError: it cannot be told exactly what left"""
        for _step in range(MAX_STEPS):
            moves = order.sale_order_id.picking_ids.move_ids.filtered(
                lambda move: move.state not in ("done", "cancel")
            )
            if not moves:
                return
            if not moves._is_exact():
                raise UserError(self.env._("Not all units are in stock."))
            moves.picked = True
            pickings = moves.picking_id.with_context(
                **inner(channel_shipped_there=True)
            )
            pickings._action_done()

    def _on_sale_confirmed(self, orders):
        """Holds turn into reservations in the transaction of the confirmation."""
        orders.sale_order_id._reserve()
        orders._release_holds()
        for order in orders:
            if order.fulfilled_by_channel:
                self.env["channel.order.amender"]._follow_delivered(
                    order, order._get_data()
                )
            self.env["channel.notifier"]._notify_accepted(order)
        self._on_cancellation_undone(orders)
        orders._mark_books()
        # those that are being imported have it when that is done
        others = orders.filtered(lambda order: order.state != "captured")
        others._refresh_stage()
        for order in others:
            self.env["channel.notifier"]._report_sold_otherwise(order)

    def _on_cancellation_undone(self, orders):
        """Cancelled in Odoo, and confirmed again: the channel need not hear of it as
        long as it has not, and nobody has to cancel it there."""
        self.env["channel.message"]._withdraw_cancellations(orders)
        for order in orders:
            if order.state == "blocked" and order.stage == "cancelled":
                order.state = "captured"
                order.channel_id._wake("_job_intake")

    # ---------------------------------------------------------------- sale
    # The values of the sale order: the channel's figures in Odoo's terms, exactly.
    def _prepare_sale_vals(self, order, data):
        """Values to create or replace the sale order; may create contacts."""
        partners = self.env["channel.partner"]
        customer, invoice, delivery = partners._get_partners(order, data)
        lines = self._prepare_sale_lines_vals(order, data)
        vals = {
            "channel_order_id": order.id,
            "company_id": order.company_id.id,
            "partner_id": customer.id,
            "partner_invoice_id": invoice.id,
            "partner_shipping_id": delivery.id,
            "user_id": customer.user_id.id,
            "team_id": (order.market_id.team_id or order.channel_id.team_id).id,
            "pricelist_id": self._get_pricelist(order, data).id,
            "warehouse_id": self._get_main_warehouse(order, lines).id,
            "client_order_ref": data.customer_ref or order.name,
            "origin": self._get_origin(order, data),
            "date_order": order.placed_at or order.create_date,
            # it was ordered and is paid on the channel, not in Odoo's portal
            "require_signature": False,
            "require_payment": False,
            "fulfilled_by_channel": order.fulfilled_by_channel,
            "order_line": [Command.create(line) for line in lines],
        }
        if order.market_id.fiscal_position_id:
            vals["fiscal_position_id"] = order.market_id.fiscal_position_id.id
        if data.mark_for:
            vals["channel_mark_for_id"] = partners._get_mark_for(order, data).id
        if not order.fulfilled_by_channel:
            if moment := self._get_commitment(data):
                vals["commitment_date"] = moment
        if data.note:
            vals["note"] = plaintext2html(data.note)
        if "sale_order_template_id" in self.env["sale.order"]._fields:
            # the company's template would bring its terms, and mail to the customer
            vals["sale_order_template_id"] = False
        return vals

    def _get_commitment(self, data):
        """When it has to leave, or else is wanted; naive UTC, None: as soon as it can.

        Its transfers have this as their deadline.
        """
        moment = data.ship_by or data.deliver_by or data.ship_from
        return moment.replace(tzinfo=None) if moment else None

    def _get_origin(self, order, data):
        name = f"{order.channel_id.name} {order.name}"
        if not data.origin:
            return name
        replaced = order.search(
            [
                ("channel_id", "=", order.channel_id.id),
                ("external_id", "=", data.origin),
            ]
        )
        return self.env._(
            "%(order)s, replaces %(other)s",
            order=name,
            other=replaced.name or data.origin,
        )

    def _get_pricelist(self, order, data):
        """The market's or the channel's, unless it would bring another currency
        along."""
        pricelist = order.market_id.pricelist_id or order.channel_id.pricelist_id
        return pricelist.filtered(
            lambda pricelist: pricelist.currency_id.name == data.currency
        )

    def _get_main_warehouse(self, order, lines):
        """The one that most lines come from. Each line keeps its own all the same."""
        voters = [line for line in lines if line.get("channel_warehouse_id")]
        votes = Counter(line["channel_warehouse_id"] for line in voters)
        for warehouse_id, _lines in votes.most_common(1):
            return self.env["stock.warehouse"].browse(warehouse_id)
        return order._route_warehouse() or self.env["stock.warehouse"].search(
            [("company_id", "=", order.company_id.id)], limit=1
        )

    def _get_charges(self, order, data):
        """:return: charges of the products still bought, and those of the delivery"""
        products = [
            with_paid_back(self._product_charge(order, line), data, line.external_id)
            for line in data.lines
            if line.quantity
        ]
        return products, [
            self._shipping_charge(order, line, data) for line in data.shipping_lines
        ]

    def _product_charge(self, order, line):
        # thousandths of a unit are no units whose tax is rounded one by one
        is_whole = line.unit_size == 1
        return Charge(
            label=line.title or line.sku or line.listing_ref,
            quantity=line.quantity if is_whole else 1,
            unit_price=line.unit_price * (1 if is_whole else line.quantity),
            discount=line.discount,
            taxes=tuple((each.rate, each.amount) for each in line.taxes),
        )

    def _shipping_charge(self, order, line, data):
        charge = Charge(
            label=line.title or line.code,
            quantity=1,
            unit_price=line.price,
            discount=line.discount,
            taxes=tuple((each.rate, each.amount) for each in line.taxes),
            service=True,
            partly=any(
                each.quantity and not any(tax.amount for tax in each.taxes)
                for each in data.lines
            ),
        )
        return with_paid_back(charge, data, line.external_id)

    def _split_shipping(self, order, line, data, money):
        """A charge by the rates of the goods: each part with the tax that is on it."""
        rows = self._shipping_charge(order, line, data).split(money)
        if not rows:
            return [line]
        return [
            replace(
                line,
                price=price,
                discount=discount,
                taxes=tuple(line.taxes[index] for index in indexes),
            )
            for indexes, price, discount in rows
        ]

    # ---------------------------------------------------------------- lines
    def _prepare_sale_lines_vals(self, order, data):
        """Products in the channel's order, then delivery, then discounts."""
        sheet, taxer = self._open_sheet(order, data), self.env["channel.order.taxer"]
        lines = {line.external_id: line for line in order.line_ids}
        uoms = self._get_pack_units(order)
        for each in data.lines:
            line = lines[each.external_id]
            for part, warehouse in self.env["channel.router"]._split_line(
                order, line, each, sheet.money
            ):
                vals = self._prepare_product_vals(order, line, part, warehouse, uoms)
                pairs = taxer._find_pairs(order, data, part.taxes)
                self._add_to_sheet(
                    sheet, self._product_charge(order, part), pairs, vals
                )
        for each in data.shipping_lines:
            for part in self._split_shipping(order, each, data, sheet.money):
                vals = self._prepare_shipping_vals(order, part)
                charge = self._shipping_charge(order, part, data)
                pairs = taxer._find_pairs(order, data, part.taxes)
                self._add_to_sheet(sheet, charge, pairs, vals)
        currency = order._get_currency(data.currency)
        return [
            self._finish_line(order, line, sheet.money, currency)
            for line in sheet.close(partial(self._prepare_discount_vals, order))
        ]

    def _open_sheet(self, order, data):
        money = order._get_money(data)
        products, shipping = self._get_charges(order, data)
        once, _by_rate = sum_taxes(money, [*products, *shipping])
        return Sheet(money, by_tax=once != data.total_tax)

    def _add_to_sheet(self, sheet, charge, pairs, vals):
        """:param pairs: list of (account.tax, schemas.TaxData)"""
        taxes = tuple((each.rate, each.amount) for _tax, each in pairs)
        tax_ids = [tax.id for tax, _each in pairs]
        sheet.add(replace(charge, taxes=taxes), tax_ids, vals)

    def _prepare_product_vals(self, order, line, line_data, warehouse, uoms):
        """One sold unit as a unit of measure of its own where there is one."""
        uom, packs = self._get_sold_unit(order, line, uoms)
        vals = {
            "channel_order_line_id": line.id,
            "channel_warehouse_id": warehouse.id,
            "product_id": line._get_routed_product().id,
            "product_uom_id": uom.id,
            "product_uom_qty": line_data.quantity * packs,
            "price_unit": float(line_data.unit_price / Decimal(str(packs))),
        }
        if name := self._find_line_name(order, line):
            vals["name"] = "\n".join(filter(None, (name, line.properties)))
        if line.properties:
            vals["channel_properties"] = line.properties
        return vals

    def _find_line_name(self, order, line):
        """The description of a line if the product's name is not sufficient."""
        if line.substitute_id:
            return self.env._(
                "%(product)s, instead of %(sold)s",
                product=line.substitute_id.display_name,
                sold=line.title or line.sku,
            )
        return (line.title or line.sku) if line.sold_as == "custom" else ""

    def _get_sold_unit(self, order, line, uoms):
        """(unit, how many of it one sold unit is): (Dozen, 1) rather than (Unit, 12).

        A price by the dozen is exact, a twelfth of it often is not; the amount is exact
        either way, as prices of order lines are not rounded.
        """
        uom = line.uom_id or line.product_id.uom_id
        if self._is_unit_changed(line, uom):
            return line.product_id.uom_id, line.stock_factor * line.unit_size
        if line.pack_qty == 1 or line._is_fraction():
            return uom, line.pack_qty * line.unit_size
        factor = line.pack_qty * uom.factor
        for each in line.product_id.uom_ids | uoms:
            if isclose(each.factor, factor) and each._has_common_reference(uom):
                return each, 1
        return uom, line.pack_qty

    def _is_unit_changed(self, line, uom):
        """Whether the unit contained something else when the line was sold."""
        stock_uom = line.product_id.uom_id
        if not stock_uom or not uom._has_common_reference(stock_uom):
            return False
        units = uom._compute_quantity(line.pack_qty, stock_uom, round=False)
        return not isclose(units, line.stock_factor, rel_tol=1e-5)

    def _get_pack_units(self, order):
        """Units made of others; none are read for an order without packs."""
        units = self.env["uom.uom"]
        if any(line.pack_qty != 1 for line in order.line_ids):
            return units.search([("relative_uom_id", "!=", False)])
        return units

    def _prepare_shipping_vals(self, order, line_data):
        product = self._get_charge_product(order, line_data.kind)
        vals = {
            "product_id": product.id,
            "price_unit": float(line_data.price),
            "channel_charge_ref": line_data.external_id,
        }
        if title := line_data.title or line_data.code:
            vals["name"] = title
        return vals

    def _get_charge_product(self, order, kind):
        """:raise OrderRefusedError: the channel has no product for it"""
        if kind == "fee" and not order.channel_id.fee_product_id:
            kind = "shipping"
        return self._get_service(order, f"{kind}_product_id")

    def _prepare_discount_vals(self, order):
        return {"product_id": self._get_service(order, "discount_product_id").id}

    def _get_service(self, order, name):
        """:raise OrderRefusedError: the channel has no product for it"""
        product = order.channel_id[name]
        if not product:
            label = order.channel_id._fields[name]._description_string(self.env)
            raise OrderRefusedError(
                "configuration",
                self.env._("%s is not set on the channel.", label),
                self.env._("Choose a service product for it, then retry."),
                cause=f"service:{name}",
                record=order.channel_id,
            )
        return product

    def _finish_line(self, order, line, money, currency):
        """Nailed down: no pricelist, tax rate or fiscal position changes it later."""
        vals = {"product_uom_qty": 1, **line.vals}
        price = vals["price_unit"]
        vals.update(
            discount=0,
            # Odoo takes a price for its own, and computes it again when the quantity
            # changes, as long as it equals this one
            technical_price_unit=price + 1,
            tax_ids=[Command.set(line.tax_ids)],
        )
        rounds_once = (
            order.company_id.tax_calculation_rounding_method == "round_globally"
        )
        if rounds_once and not line.taxes and money.round(line.amount) != line.amount:
            # the company rounds all lines at once, and the channel each
            whole = float(line.untaxed(money))
            vals["price_unit"] = whole / vals["product_uom_qty"]
        if line.taxes:
            untaxed = float(line.untaxed(money))
            vals["extra_tax_data"] = {
                "manual_total_excluded_currency": untaxed,
                "manual_tax_amounts": {
                    str(tax_id): {
                        "tax_amount_currency": float(amount),
                        "base_amount_currency": untaxed,
                    }
                    for tax_id, amount in line.taxes.items()
                },
                "currency_id": currency.id,
                "price_unit": price,
                "discount": 0.0,
                "quantity": vals["product_uom_qty"],
            }
        return vals
