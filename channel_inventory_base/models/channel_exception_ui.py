from odoo import api, fields, models

from ..const import LET_THROUGH


class ChannelException(models.Model):
    _inherit = "channel.exception"

    is_late = fields.Boolean(compute="_compute_is_late")
    can_retry = fields.Boolean(compute="_compute_can_retry")
    can_let_through = fields.Boolean(compute="_compute_can_let_through")

    @api.depends("state", "deadline")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for exception in self:
            deadline = exception.deadline
            exception.is_late = bool(
                exception.state == "open" and deadline and deadline < now
            )

    @api.depends("res_model", "category")
    def _compute_can_let_through(self):
        for exception in self:
            exception.can_let_through = (
                exception.res_model == "channel.order"
                and exception.category in LET_THROUGH
            )

    @api.depends("res_model")
    def _compute_can_retry(self):
        """Whether the record it is about knows how to try again."""
        for exception in self:
            known = exception.res_model in self.env
            exception.can_retry = known and hasattr(
                self.env[exception.res_model], "action_retry"
            )

    def action_let_through(self):
        """Overrule the check for the orders that it stopped."""
        for exception in self.filtered("can_let_through"):
            order = exception._record()
            if order is not None:
                order.action_let_through(exception.category)
        self.action_resolve()

    def action_short_stock(self):
        self.ensure_one()
        return self.env["channel.order"].browse(self.res_id).action_short_stock()

    def action_match_listings(self):
        """The listings of its order; its lines, when the channel has none for them."""
        self.ensure_one()
        order = self.env["channel.order"].browse(self.res_id)
        if any(line._is_unlisted() for line in order.line_ids):
            return order.action_match_lines()
        listings = order.line_ids.listing_id
        if not listings:
            return self.action_open_record()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_listing_review_action"
        )
        return dict(action, domain=[("id", "in", listings.ids)], context={})
