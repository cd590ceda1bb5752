# SPDX-License-Identifier: AGPL-3.0-or-later
import json
from collections import Counter
from decimal import Decimal

from odoo import api, fields, models

from odoo.addons.channel_inventory_base import schemas

from ..tools.refund import (
    cost_of_kept,
    worth_parts,
)


class ChannelRefund(models.Model):
    """A refund of a channel order: each refund of the channel, once.

    ``kept`` are units that were already shipped: their sale stays and is credited. The
    others are removed from the sale order, and are credited only if they were invoiced.
    """

    _name = "channel.refund"
    _description = "Channel Refund"
    _inherit = ["channel.guarded"]
    _order = "id desc"
    _rec_name = "external_id"
    _log_access = False

    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one(related="order_id.channel_id")
    company_id = fields.Many2one(related="order_id.company_id")
    external_id = fields.Char(required=True, readonly=True)
    created_at = fields.Datetime(readonly=True, help="Time by the channel's clock")
    amount = fields.Float(
        readonly=True, digits=(16, 4), help="Refunded amount, tax included"
    )
    goodwill = fields.Float(
        readonly=True,
        digits=(16, 4),
        help="Refunded amount for no line or charge of the order (goodwill); negative: "
        "a fee kept from the refund.",
    )
    currency_name = fields.Char(string="Currency Code", readonly=True)
    currency_id = fields.Many2one(related="order_id.currency_id")
    note = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("included", "Before capture"),
            ("ours", "Refunded from Odoo"),
            ("credited", "Credited"),
            ("nothing", "Nothing to credit"),
            ("todo", "Needs attention"),
        ],
        required=True,
        readonly=True,
    )
    is_deleted = fields.Boolean(
        string="Deleted on Channel",
        readonly=True,
        help="Deleted on the channel: it does not count any more.",
    )
    kept = fields.Json(
        readonly=True, help="Line -> units that had been shipped, amount, tax"
    )
    data = fields.Json(readonly=True, help="The channel's data")

    _external_uniq = models.UniqueIndex("(order_id, external_id)")

    # ------------------------------------------------------------ business
    def _get_data(self):
        """:return: schemas.OrderRefundData"""
        return schemas.load(schemas.OrderRefundData, self.data)

    @api.model
    def _prepare_vals(self, order, data, state, kept):
        return {
            "order_id": order.id,
            "external_id": data.external_id,
            "created_at": data.created_at and data.created_at.replace(tzinfo=None),
            "amount": float(data.amount),
            "currency_name": order.currency_name,
            "note": data.note[:500],
            "state": state,
            "kept": kept,
            "data": json.loads(schemas.dumps(data)),
        }

    # -------------------------------------------------------------- refund
    def _get_goodwill(self):
        return Decimal(f"{self.goodwill:.4f}")

    def _get_settled(self):
        """Money of it that is no goodwill and of no part of the order: it pays back
        what an edit has taken off; negative: it was kept to pay what was added."""
        data = self._get_data()
        parts = worth_parts(data, self.order_id._get_data().taxes_included)
        rest = data.amount - sum((part.total for part in parts), Decimal(0))
        return rest - self._get_goodwill()

    # --------------------------------------------------------------- moved
    def _get_money(self):
        """:return: (amount, what of it is under way, what has failed)"""
        data = self._get_data()
        return data.amount, data.pending, data.failed

    def _get_arrived(self):
        """The part of its amount that is back with the customer."""
        data = self._get_data()
        return data.amount - data.pending

    def _follow_money(self, data):
        """Its money has arrived, or has not: its units and their credit note stay."""
        failed = data.failed > self._get_data().failed
        self.write(
            {
                "amount": float(data.amount),
                "data": json.loads(schemas.dumps(data)),
            }
        )
        if failed:
            self._report_failed()

    def _is_failed(self):
        """Whether money of it did not go back, and no later refund has."""
        return bool(self._get_data().failed) and not self.order_id.refund_ids.filtered(
            lambda each: each.id > self.id and not each.is_deleted
        )

    def _get_failed_key(self):
        return f"refund:{self.order_id.id}:{self.external_id}:failed"

    def _report_failed(self):
        order = self.order_id
        digits = order._get_currency(self.currency_name).decimal_places
        self.env["channel.exception"]._report(
            order.channel_id,
            "refund",
            key=self._get_failed_key(),
            record=self,
            message=self.env._(
                "%(order)s: %(amount)s %(currency)s could not be paid back.",
                order=order.name,
                amount=f"{self._get_data().failed:.{digits}f}",
                currency=self.currency_name,
            ),
            suggestion=self.env._(
                "The customer is owed this amount. Refund it on the channel again, or "
                "pay it back otherwise and register the payment, then resolve this."
            ),
        )

    # ------------------------------------------------------------- deleted
    def _set_deleted(self):
        """The channel has them no more: what they took back is sold again."""
        self.is_deleted = True
        self.order_id.invalidate_recordset(["refund_ids"])
        self.env["channel.exception"]._resolve_keys(self.channel_id, self._get_keys())

    def _get_keys(self):
        return [f"refund:{each.order_id.id}:{each.external_id}" for each in self]

    def _format_amount(self):
        digits = self.order_id._get_currency(self.currency_name).decimal_places
        return f"{self.amount:.{digits}f} {self.currency_name}"

    def _on_taken(self, ours):
        """Hook: it was stored.

        :param ours: the channel.message by which the channel was asked for it, if any
        """

    def _report(self, message, suggestion):
        order = self.order_id
        self.env["channel.exception"]._report(
            order.channel_id,
            "refund",
            key=f"refund:{order.id}:{self.external_id}",
            record=self,
            message=f"{order.name}: {message}",
            suggestion=suggestion,
        )

    # ---------------------------------------------------------------- kept
    def _keep_more(self, units, money):
        """More units had been shipped; decisions for fewer units are reopened."""
        kept = {ref: row[0] for ref, row in (self.kept or {}).items()}
        wanted = Counter(kept) + Counter(units)
        no_units = {ref: row for ref, row in (self.kept or {}).items() if not row[0]}
        more = cost_of_kept(self._get_data().lines, wanted, money)
        self.kept = {**no_units, **more}
        if self.state == "nothing":
            self.state = "todo"
