# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL


class ChannelBookkeeping(models.Model):
    """Outbox of the books: orders whose invoices or payments may be behind.

    Written in the transaction that causes it (a confirmation, a delivery, a payment, a
    refund), appended only, so that a shipment never waits for the bookkeeper. The
    bookkeeper deletes the rows it has seen in the transaction that acts on them.
    ``failed`` rows wait for an operator.
    """

    _name = "channel.bookkeeping"
    _description = "Order to Be Invoiced"
    _inherit = ["channel.guarded"]
    _order = "id"
    _rec_name = "order_id"
    _log_access = False

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    failed = fields.Boolean(readonly=True)

    _todo_idx = models.Index("(channel_id, id) WHERE failed IS NOT TRUE")

    @api.model
    def _mark(self, orders):
        """Have the books of these orders looked at, soon after this transaction.

        One INSERT, whoever calls: the rows are for the bookkeeper's eyes.
        """
        channels = orders.channel_id.filtered(lambda each: each._keeps_books())
        marked = orders.filtered(lambda order: order.channel_id in channels)
        if not marked:
            return
        self.env.execute_query(
            SQL(
                "INSERT INTO channel_bookkeeping (channel_id, order_id) VALUES %s "
                "RETURNING id",
                SQL(", ").join(
                    SQL("(%s, %s)", order.channel_id.id, order.id) for order in marked
                ),
            )
        )
        channels._wake("_job_book")

    @api.model
    def _retry(self, orders):
        """Look again at what had failed. :return: those of ``orders`` that had"""
        rows = self.env.execute_query(
            SQL(
                "UPDATE channel_bookkeeping SET failed = false "
                "WHERE failed AND order_id = ANY(%s) RETURNING order_id",
                orders.ids,
            )
        )
        found = orders.browse({order_id for (order_id,) in rows})
        found.channel_id._wake("_job_book")
        return found

    @api.model
    def _retry_channels(self, channels):
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT order_id FROM channel_bookkeeping "
                "WHERE failed AND channel_id = ANY(%s)",
                channels.ids,
            )
        )
        self._retry(self.env["channel.order"].browse(row[0] for row in rows))

    @api.model
    def _wake_waiting(self):
        """Bookkeepers of channels that have work though its wake-up was lost."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT channel_id FROM channel_bookkeeping "
                "WHERE failed IS NOT TRUE"
            )
        )
        self.env["channel.channel"].browse(row[0] for row in rows)._wake("_job_book")

    @api.model
    def _next(self, channel, limit):
        """The orders that have waited longest. :return: list of their ids"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT order_id FROM channel_bookkeeping
                 WHERE channel_id = %s AND failed IS NOT TRUE
                 GROUP BY order_id ORDER BY min(id) LIMIT %s
                """,
                channel.id,
                limit,
            )
        )
        return [order_id for (order_id,) in rows]

    @api.model
    def _take(self, order_ids):
        """Take the marks of these orders off, as of this transaction.

        What is marked later stays. :return: ids of those that still had any
        """
        rows = self.env.execute_query(
            SQL(
                "DELETE FROM channel_bookkeeping "
                "WHERE order_id = ANY(%s) AND failed IS NOT TRUE RETURNING order_id",
                list(order_ids),
            )
        )
        return sorted({order_id for (order_id,) in rows})

    @api.model
    def _fail(self, order_id):
        self.env.execute_query(
            SQL(
                "UPDATE channel_bookkeeping SET failed = true WHERE order_id = %s "
                "RETURNING id",
                order_id,
            )
        )
