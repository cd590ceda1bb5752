# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from contextlib import contextmanager, suppress

from odoo.exceptions import UserError

from odoo.addons.channel_inventory_base.db.transaction import retry_on_conflict


class People:
    """What people in Odoo do to the sale order of a shop's order.

    Mixed into a case that commits. ``counted`` is what they moved, by SKU: what the
    shelf must hold in the end, whatever the suite did.
    """

    @contextmanager
    def sale(self, ref):
        """The confirmed sale order of a shop's order, or None; commits."""
        with self.commit() as env:
            order = self.find_order(env, ref)
            yield order.sale_order_id if order.sale_order_id.state == "sale" else None

    def work(self, ref, do):
        """As the web server does it: again after a conflict, and refused in words."""

        def attempt():
            with self.sale(ref) as sale_order:
                if sale_order:
                    do(sale_order)

        with suppress(UserError):
            retry_on_conflict(attempt)

    # ------------------------------------------------------------ warehouse
    def goods_arrive(self, sku, units):
        with self.commit() as env:
            product = env["product.product"].search([("default_code", "=", sku)])
            location = env["stock.location"].browse(self.location_id)
            env["stock.quant"]._update_available_quantity(product, location, units)
        self.counted[sku] += units

    def ship_order(self, ref, one_each=False):
        """Validate what is open; with ``one_each`` one unit of each move, then the rest
        stays as a back-order."""
        moved = Counter()

        def do(sale_order):
            moved.clear()
            for picking in _outgoing(sale_order, done=False):
                for move in picking.move_ids:
                    if one_each and move.product_uom_qty > 1:
                        move.quantity = 1
                    move.picked = True
                picking.with_context(skip_backorder=True).button_validate()
                moved.update(_moved(picking))

        self.work(ref, do)
        self.counted.subtract(moved)

    def receive_back(self, ref):
        """One unit of the first delivery comes back, and can be sold again."""
        moved = Counter()

        def do(sale_order):
            moved.clear()
            for picking in _outgoing(sale_order, done=True)[:1]:
                moved.update(_moved(self.take_back_one(sale_order.env, picking)))

        self.work(ref, do)
        self.counted.update(moved)

    def take_back_one(self, env, picking):
        wizard = (
            env["stock.return.picking"]
            .with_context(active_id=picking.id, active_model="stock.picking")
            .create({"picking_id": picking.id})
        )
        wizard.product_return_moves.quantity = 0
        wizard.product_return_moves[0].quantity = 1
        action = wizard.action_create_returns()
        back = env["stock.picking"].browse(action["res_id"])
        back.move_ids.picked = True
        back.button_validate()
        return back

    # ---------------------------------------------------------------- sales
    def cancel_sale(self, ref):
        self.work(ref, lambda sale_order: sale_order._action_cancel())

    def take_a_unit_off(self, ref):
        def do(sale_order):
            line = sale_order.order_line.filtered(
                lambda each: (
                    each.channel_order_line_id
                    and each.product_uom_qty > max(1, each.qty_delivered)
                )
            )[:1]
            if line:
                line.product_uom_qty -= 1

        self.work(ref, do)

    # ----------------------------------------------------------- accounting
    def invoice(self, ref):
        def do(sale_order):
            if sale_order.invoice_status == "to invoice":
                sale_order._create_invoices().action_post()

        self.work(ref, do)

    def credit(self, ref, price=None):
        """A credit note of one unit, at another ``price`` where one is given."""

        def do(sale_order):
            invoice = sale_order.invoice_ids.filtered(
                lambda move: move.move_type == "out_invoice" and move.state == "posted"
            )[:1]
            if invoice:
                self._credit(sale_order.env, invoice, price)

        self.work(ref, do)

    def _credit(self, env, invoice, price):
        wizard = (
            env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        move = env["account.move"].browse(wizard.refund_moves()["res_id"])
        line = move.invoice_line_ids[:1]
        (move.invoice_line_ids - line).unlink()
        line.quantity = 1
        if price:
            line.write({"price_unit": price, "extra_tax_data": False})
        move.action_post()


def _outgoing(sale_order, done):
    return sale_order.picking_ids.filtered(
        lambda each: (
            each.picking_type_code == "outgoing"
            and each.state != "cancel"
            and (each.state == "done") == done
        )
    )


def _moved(picking):
    """:return: Counter of units by SKU that a transfer has moved"""
    counts = Counter()
    for move in picking.move_ids.filtered(lambda each: each.state == "done"):
        counts[move.product_id.default_code] += move.quantity
    return counts
