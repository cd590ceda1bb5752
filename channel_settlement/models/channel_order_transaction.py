# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

# The transactions in the canonical form of orders, as rows.
TOLD = SQL(
    """
    SELECT sold.id AS order_id, sold.channel_id, sold.company_id,
           told ->> 'external_id' AS external_id, told ->> 'kind' AS kind,
           told ->> 'gateway' AS gateway, (told ->> 'amount')::numeric AS amount,
           (told ->> 'at')::timestamptz AT TIME ZONE 'UTC' AS at
      FROM channel_order sold
     CROSS JOIN LATERAL jsonb_array_elements(
               CASE jsonb_typeof(sold.data -> 'transactions')
               WHEN 'array' THEN sold.data -> 'transactions' ELSE '[]' END) told
    """
)


class ChannelOrderTransaction(models.Model):
    """Money that has moved for an order, as its channel tells. Settlements name it."""

    _name = "channel.order.transaction"
    _description = "Order Transaction"
    _inherit = ["channel.guarded"]
    _order = "at, id"
    _rec_name = "external_id"
    _log_access = False

    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    external_id = fields.Char(required=True, readonly=True)
    kind = fields.Selection(
        [("charge", "Charge"), ("refund", "Refund"), ("chargeback", "Chargeback")],
        required=True,
        readonly=True,
    )
    gateway = fields.Char(readonly=True)
    amount = fields.Float(readonly=True, digits=(16, 4))
    at = fields.Datetime(string="Date", readonly=True)

    _external_uniq = models.UniqueIndex("(channel_id, external_id)")

    @api.model
    def _store(self, orders):
        """Keep what these orders tell now. What a channel has told stays: a newer word
        about an order may leave its transactions out."""
        orders.flush_recordset(["data"])
        self._insert(SQL("sold.id = ANY(%s)", orders.ids))

    @api.model
    def _store_all(self):
        self._insert(SQL("sold.data -> 'transactions' IS NOT NULL"))

    def _insert(self, condition):
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO channel_order_transaction
                       (order_id, channel_id, company_id, external_id, kind, gateway,
                        amount, at)
                SELECT DISTINCT ON (channel_id, external_id) *
                  FROM (%s WHERE %s) told (order_id, channel_id, company_id,
                       external_id, kind, gateway, amount, at)
                ON CONFLICT (channel_id, external_id)
                   DO UPDATE SET amount = EXCLUDED.amount, kind = EXCLUDED.kind
                      WHERE (channel_order_transaction.amount,
                             channel_order_transaction.kind)
                            IS DISTINCT FROM (EXCLUDED.amount, EXCLUDED.kind)
                """,
                TOLD,
                condition,
            )
        )
        self.invalidate_model()
