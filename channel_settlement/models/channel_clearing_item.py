# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models, tools

from odoo.addons.channel_inventory_base.db.views import create_view_at_end


class ChannelClearingItem(models.Model):
    """Payments of channels' orders that no settlement has cleared yet, by gateway and
    age. A SQL view; a row is an open journal item, in the company's currency."""

    _name = "channel.clearing.item"
    _description = "Payment Not Settled"
    _auto = False
    _order = "date, id"

    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True)
    item_id = fields.Many2one("account.move.line", string="Entry", readonly=True)
    account_id = fields.Many2one("account.account", readonly=True)
    journal_id = fields.Many2one("account.journal", string="Gateway", readonly=True)
    date = fields.Date(readonly=True)
    age_days = fields.Integer(string="Age (days)", readonly=True, aggregator="max")
    bucket = fields.Selection(
        [
            ("week", "Up to 7 days"),
            ("fortnight", "8 to 14 days"),
            ("month", "15 to 30 days"),
            ("older", "Over 30 days"),
        ],
        string="Age",
        readonly=True,
    )
    amount = fields.Monetary(readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            """
            CREATE VIEW channel_clearing_item AS
            SELECT DISTINCT ON (item.id)
                   item.id, sold.channel_id, item.company_id, sold.id AS order_id,
                   item.id AS item_id, item.account_id, pay.journal_id, item.date,
                   CURRENT_DATE - item.date AS age_days,
                   CASE WHEN CURRENT_DATE - item.date <= 7 THEN 'week'
                        WHEN CURRENT_DATE - item.date <= 14 THEN 'fortnight'
                        WHEN CURRENT_DATE - item.date <= 30 THEN 'month'
                        ELSE 'older' END AS bucket,
                   item.amount_residual AS amount, company.currency_id
              FROM account_payment pay
              JOIN account_move_line item ON item.move_id = pay.move_id
               AND item.account_id = pay.outstanding_account_id
               AND item.parent_state = 'posted' AND NOT item.reconciled
              JOIN account_account account ON account.id = item.account_id
               AND account.reconcile
              JOIN res_company company ON company.id = item.company_id
              JOIN account_move__account_payment rel ON rel.payment_id = pay.id
             CROSS JOIN LATERAL (
                   SELECT sale.channel_order_id AS order_id
                     FROM account_move_line line
                     JOIN sale_order_line_invoice_rel link
                       ON link.invoice_line_id = line.id
                     JOIN sale_order_line ordered ON ordered.id = link.order_line_id
                     JOIN sale_order sale ON sale.id = ordered.order_id
                    WHERE line.move_id = rel.invoice_id
                      AND sale.channel_order_id IS NOT NULL
                   UNION
                   SELECT refund.order_id FROM channel_refund refund
                    WHERE refund.move_id = rel.invoice_id
                   ) found
              JOIN channel_order sold ON sold.id = found.order_id
             ORDER BY item.id, sold.id
            """
        )

    # ------------------------------------------------------------- actions
    def action_open_entry(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            # sudo: which entry it is in; accounting decides whether it is shown
            "res_id": self.sudo().item_id.move_id.id,
            "view_mode": "form",
        }
