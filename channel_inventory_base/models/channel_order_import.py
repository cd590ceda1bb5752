import logging

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..tools.refusal import OrderParkedError, OrderRefusedError
from .channel_order import QUIET

_logger = logging.getLogger(__name__)

# Confirmation policy -> payments that confirm.
PAID_WHEN = {"paid": ("paid", "authorized"), "captured": ("paid",)}
MAX_STEPS = 3
"""Transfers of a delivery in several steps: pick, pack, ship."""


class ChannelOrder(models.Model):
    """From a captured order to a sale order that is exact, confirmed and reserved.

    Refuses rather than fudges: what cannot be said in Odoo to the last unit of the
    currency leaves nothing behind but an exception that tells both figures. The hold
    stays until a person has acted.
    """

    _inherit = "channel.order"

    def _import(self):
        """Make the sale order, or bring a quotation up to date; confirm when due.

        In the current transaction, which should be REPEATABLE READ. Does nothing twice:
        whatever is called again finds what is there.
        """
        self.ensure_one()
        order = self.with_company(self.company_id)
        data = order._get_data()
        if self.state == "cancelled" or data.state == "cancelled":
            return
        if not all(line.sold_as for line in order.line_ids):
            # matched while the order was captured, and so unseen by whoever did that
            self.env["channel.sold"]._follow_orders(order)
        was_sold = order.sale_order_id.state == "sale"
        try:
            if order._is_to_write(data):
                # all or nothing, contacts included
                with self.env.cr.savepoint():
                    order._write_sale_order(data)
            # of a quotation they are in the figures of now
            order._take_refunds(data)
            if order._is_confirm_due(data):
                order._check_confirmable(data)
                with self.env.cr.savepoint():
                    order.sale_order_id.with_context(**QUIET).action_confirm()
                order._ship_as_there(data)
            order._follow_properties()
            if was_sold:
                with self.env.cr.savepoint():
                    order._follow_changes(data)
        except OrderRefusedError as refusal:
            order._block_for(refusal, data)
        except OrderParkedError as parked:
            order._park(parked)
        except UserError as error:
            order._block("import", str(error), self.env._("Correct that, then retry."))
        else:
            # the trail tells it; a chatter message an order would be half of the cost
            order.with_context(tracking_disable=True).state = "imported"
            self.env["channel.exception"]._resolve_record(self)
            order._check_shipped_elsewhere(data)
            order._report_odd_phones(data)
        if was_sold or order.sale_order_id.state == "cancel":
            order._mark_books()
        if order.sale_order_id.state in ("sale", "cancel"):
            order._credit_refunds(data)
        if was_sold or not order.sale_order_id or data.refunds:
            order._prove_unbooked()

    def _is_to_write(self, data):
        """Check what is to be sold and where from, right before it is.

        :return: whether the sale order has to be made, or made anew
        """
        if self._must_write(data):
            self._check_importable(data)
            if not self._is_shipped(data):
                self._secure_stock(data)
            return True
        if not self._is_confirm_due(data) or self._is_shipped(data):
            return False
        # a quotation that waited: its stock may have gone elsewhere
        return self._secure_stock(data) or self._is_placed_otherwise()

    def _must_write(self, data):
        """Whether there is no sale order, or a quotation that says something else."""
        sale_order = self.sale_order_id
        if not sale_order:
            return self._is_anything_sold(data)
        return sale_order.state in ("draft", "sent") and bool(
            self._find_difference(sale_order, data)
        )

    def _is_anything_sold(self, data):
        """Units, or a charge that was paid for without any."""
        return any(line.quantity for line in data.lines) or any(
            line.price != line.discount or any(tax.amount for tax in line.taxes)
            for line in data.shipping_lines
        )

    def _write_sale_order(self, data):
        """Create or correct the sale order, then read back what it came to.

        :raise OrderRefusedError: it does not come to the channel's figures
        """
        vals = self._prepare_sale_vals(data)
        if self.sale_order_id:
            self._rewrite_quotation(vals)
        else:
            orders = self.env["sale.order"].with_context(**QUIET)
            self.sale_order_id = orders.create(vals).with_env(self.env)
        sale_order = self.sale_order_id
        self.partner_id = sale_order.partner_id
        if difference := self._find_difference(sale_order, data):
            raise OrderRefusedError(
                "total_mismatch", difference, self._words_to_differ()
            )
        self._note_odd_phones(data)
        self.address_key = self._digest_address(data)
        self.money_key = self._digest_money(data)

    def _rewrite_quotation(self, vals):
        """Head first: what depends on it would otherwise overwrite the lines' taxes."""
        lines = vals.pop("order_line")
        self.sale_order_id.write(vals)
        self.sale_order_id.write({"order_line": [Command.clear(), *lines]})

    # -------------------------------------------------------------- confirm
    def _is_confirm_due(self, data):
        if self.sale_order_id.state not in ("draft", "sent"):
            return False
        policy = self.channel_id.confirm_policy
        wanted = PAID_WHEN.get(policy, ())
        paid = data.payment in wanted
        if wanted and not data.total and data.payment == "pending":
            # a channel may leave the status of what is free open for ever
            paid = True
        return paid or policy == "always"

    def _ship_as_there(self, data):
        """What had left before the order came in leaves Odoo's stock as well, where it
        is exact: all of it, from where the channel took it, without serial numbers.
        Otherwise the delivery stays open, and a person is told."""
        if self._is_shipped(data) and all(
            line.deducted for line in self.line_ids if line.quantity
        ):
            try:
                with self.env.cr.savepoint():
                    self._ship_step_by_step()
            except UserError as error:
                _logger.info("%s is not shipped here: %s", self.name, error)

    def _ship_step_by_step(self):
        """:raise UserError: it cannot be told exactly what left"""
        for _step in range(MAX_STEPS):
            moves = self.sale_order_id.picking_ids.move_ids.filtered(
                lambda move: move.state not in ("done", "cancel")
            )
            if not moves:
                return
            if not moves._is_exact():
                raise UserError(self.env._("Not all of it is there."))
            moves.picked = True
            pickings = moves.picking_id.with_context(channel_shipped_there=True)
            pickings._action_done()

    def _on_sale_confirmed(self):
        """Holds turn into reservations, whoever confirmed, in one transaction."""
        for order in self:
            order.sale_order_id._reserve()
            order._release_holds()
            order._tell_accepted()
        self._mark_books()
        # those that are being imported have it when that is done
        others = self.filtered(lambda order: order.state != "captured")
        others._refresh_stage()
        for order in others:
            order._report_sold_otherwise()
