import json

from odoo import api, fields, models

from .. import schemas


class ChannelRefund(models.Model):
    """Money that went back for a channel order: each refund of the channel, once.

    ``kept`` are units that had left the house: their sale stays and a credit note
    stands against it. The others are taken off the sale order, and are credited only
    where they had been invoiced.
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
    created_at = fields.Datetime(readonly=True, help="By the channel's clock")
    amount = fields.Float(readonly=True, digits=(16, 4), help="Paid back, tax included")
    goodwill = fields.Float(
        readonly=True,
        digits=(16, 4),
        help="What of it is for no goods and no charge of the order; negative: what "
        "was kept of their price, as a fee.",
    )
    currency_name = fields.Char(string="Currency", readonly=True)
    note = fields.Char(readonly=True)
    state = fields.Selection(
        [
            ("included", "Before we knew the order"),
            ("ours", "Paid back from here"),
            ("credited", "Credit note made"),
            ("nothing", "Nothing to credit"),
            ("todo", "Needs attention"),
        ],
        required=True,
        readonly=True,
    )
    move_id = fields.Many2one(
        "account.move", string="Credit Note", readonly=True, index="btree_not_null"
    )
    kept = fields.Json(
        readonly=True, help="Line -> units that had been shipped, amount, tax"
    )
    data = fields.Json(readonly=True, help="As the channel has it")

    _external_uniq = models.UniqueIndex("(order_id, external_id)")

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

    def action_open_credit_note(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }
