# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.labels import label_of

from ..tools.refusal import OrderRefusedError

UNPAID_AT_ONCE = 500
SECURED = ("paid", "authorized", "refunded")
"""Payments that were not reversed; a repayment is a refund."""


class ChannelPaymentChecker(models.AbstractModel):
    """Payment checks before a quotation is confirmed, and afterwards."""

    _name = "channel.payment.checker"
    _description = "Payment Checker"

    def _check_confirmable(self, order, data):
        """:raise OrderRefusedError: the quotation must not be confirmed"""
        for check in self._get_checks():
            check(order, data)

    def _get_checks(self):
        return (self._check_payment, self._check_credit)

    # --------------------------------------------------------------- payment
    def _check_payment(self, order, data):
        if data.payment in ("voided", "refunded"):
            raise OrderRefusedError(
                "payment",
                self.env._(
                    "The payment of %(order)s is %(payment)s.",
                    order=order.name,
                    payment=label_of(order, "payment", data.payment).lower(),
                ),
                self.env._(
                    "Cancel the order on the channel, or confirm its quotation "
                    "manually."
                ),
            )

    @api.model
    def _cron_unpaid(self):
        """Report what has held stock for long without being paid."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT unpaid.id FROM channel_order unpaid
                  JOIN channel_channel channel ON channel.id = unpaid.channel_id
                  JOIN sale_order sale ON sale.id = unpaid.sale_order_id
                 WHERE channel.payment_hours > 0 AND channel.active
                   AND channel.confirm_policy IN ('paid', 'captured')
                   AND unpaid.state = 'imported' AND sale.state IN ('draft', 'sent')
                   AND unpaid.payment IN ('pending', 'authorized')
                   AND unpaid.fulfilled_by_channel IS NOT TRUE
                   AND unpaid.placed_at + make_interval(hours => payment_hours)
                       < now() AT TIME ZONE 'UTC'
                   AND NOT EXISTS (
                        SELECT FROM channel_exception
                         WHERE channel_id = unpaid.channel_id AND category = 'payment'
                           AND res_model = 'channel.order' AND res_id = unpaid.id)
                 ORDER BY unpaid.id LIMIT %s
                """,
                UNPAID_AT_ONCE,
            )
        )
        for order in self.env["channel.order"].browse(order_id for (order_id,) in rows):
            self._report_unpaid(order)

    def _report_unpaid(self, order):
        self.env["channel.exception"]._report(
            order.channel_id,
            "payment",
            key=f"order:{order.id}:payment",
            record=order,
            message=self.env._(
                "%(order)s has been unpaid since %(placed)s, and its stock is held.",
                order=order.name,
                placed=fields.Datetime.to_string(order.placed_at),
            ),
            suggestion=self.env._(
                "Remind the customer, or cancel the order on the channel."
            ),
        )

    # ------------------------------------------------------------ taken back
    def _follow_payment(self, order, before, data):
        """A payment that was there and is not: what was sold for it may not leave.

        :param before: the payment of the last version
        """
        key = f"order:{order.id}:unpaid"
        if data.payment in SECURED or data.state == "cancelled":
            order.payment_reversed = False
            self.env["channel.exception"]._resolve_keys(order.channel_id, [key])
        elif before in SECURED and order.sale_order_id.state == "sale":
            order.payment_reversed = True
            self._report_reversed_payment(order, key, before, data.payment)

    def _report_reversed_payment(self, order, key, before, now):
        open_ones = order.sale_order_id.picking_ids.filtered(
            lambda picking: picking.state not in ("done", "cancel")
        )
        self.env["channel.exception"]._report(
            order.channel_id,
            "unpaid",
            key=key,
            record=order,
            message=self.env._(
                "%(order)s was %(before)s and is %(now)s now. Open deliveries: "
                "%(pickings)s; registered in Odoo as paid: %(paid)s %(currency)s.",
                order=order.name,
                before=label_of(order, "payment", before).lower(),
                now=label_of(order, "payment", now).lower(),
                pickings=", ".join(open_ones.mapped("name")) or self.env._("none"),
                paid=order._get_paid_here(),
                currency=order.currency_name,
            ),
            suggestion=self.env._(
                "Ask the payment provider or the customer. Cancel the order on the "
                "channel, or override the check; if the payment is lost for good, "
                "unreconcile it in Odoo. Closes automatically when the channel reports "
                "the payment."
            ),
        )

    def _check_still_paid(self, orders):
        """:raise UserError: the channel's policy keeps back what is not paid"""
        for order in orders.filtered("payment_reversed"):
            if order.channel_id.unpaid_policy == "stop" and not order._is_overridden(
                "unpaid"
            ):
                raise UserError(
                    self.env._(
                        "The payment of %(order)s was reversed on %(channel)s: do not "
                        "ship it before it is paid, or override the check at its "
                        "exception.",
                        order=order.name,
                        channel=order.channel_id.name,
                    )
                )

    # ---------------------------------------------------------------- credit
    def _check_credit(self, order, data):
        """On account only: what is paid or authorized is no credit."""
        if (
            not order.channel_id.check_credit
            or data.payment != "pending"
            or order._is_overridden("credit")
        ):
            return
        sale_order = order.sale_order_id
        partner = sale_order.partner_id.commercial_partner_id
        limit = partner.credit_limit
        if not order.company_id.account_use_credit_limit or not limit:
            return
        self._collide_on(order, partner)
        partner.invalidate_recordset(["credit", "credit_to_invoice"])
        owed = partner.credit + partner.credit_to_invoice
        total = sale_order.amount_total / (sale_order.currency_rate or 1.0)
        currency = order.company_id.currency_id
        if currency.compare_amounts(owed + total, limit) > 0:
            raise OrderRefusedError(
                "credit",
                self.env._(
                    "%(customer)s owes %(owed)s, with %(order)s it would be %(sum)s; "
                    "the limit is %(limit)s.",
                    customer=partner.display_name,
                    owed=f"{owed:.2f}",
                    order=order.name,
                    sum=f"{owed + total:.2f}",
                    limit=f"{limit:.2f}",
                ),
                self.env._(
                    "Wait for a payment, raise the customer's limit, or override the "
                    "check."
                ),
            )

    def _collide_on(self, order, partner):
        """Make two orders on one limit at the same moment collide: the second is tried
        again, and then sees what the first one owes."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_partner SET write_date = now() AT TIME ZONE 'UTC'
                 WHERE partner_id IN (SELECT id FROM res_partner
                                       WHERE commercial_partner_id = %s)
                RETURNING id
                """,
                partner.id,
            )
        )
