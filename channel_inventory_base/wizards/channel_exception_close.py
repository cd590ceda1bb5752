from odoo import api, fields, models


class ChannelExceptionClose(models.TransientModel):
    """Closes exceptions with a note: the action taken, or why they are ignored."""

    _name = "channel.exception.close"
    _description = "Close Exceptions"
    _inherit = ["channel.guarded"]

    exception_ids = fields.Many2many(
        "channel.exception", required=True, readonly=True, string="Exceptions"
    )
    exception_count = fields.Integer(compute="_compute_standing")
    state = fields.Selection(
        [("resolved", "Resolved"), ("ignored", "Ignored")],
        required=True,
        readonly=True,
    )
    reason = fields.Char()
    standing = fields.Char(
        compute="_compute_standing", help="Reasons not to resolve them."
    )
    may_be_by_hand = fields.Boolean(compute="_compute_standing")
    by_hand = fields.Boolean(
        string="Entered Manually",
        help="A sale order was created manually for each of these orders: their holds "
        "are released, and they are not imported any more.",
    )

    @api.depends("exception_ids", "by_hand")
    def _compute_standing(self):
        for wizard in self:
            orders = wizard.exception_ids._get_orders()
            wizard.exception_count = len(wizard.exception_ids)
            wizard.standing = wizard.exception_ids._find_standing()
            wizard.may_be_by_hand = any(order._is_unsold() for order in orders)

    def action_confirm(self):
        self.exception_ids._close(self.state, self.reason, self.by_hand)
        return {"type": "ir.actions.act_window_close"}
