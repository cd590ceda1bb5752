from odoo import api, fields, models

from ..const import LET_THROUGH
from ..tools.duration import words_for_duration


class ChannelException(models.Model):
    _inherit = "channel.exception"

    due_text = fields.Char(
        string="Due", compute="_compute_is_late", help="Time left, or how late it is."
    )
    order_count = fields.Integer(compute="_compute_order_count")
    is_late = fields.Boolean(compute="_compute_is_late")
    can_retry = fields.Boolean(compute="_compute_can_retry")
    can_let_through = fields.Boolean(compute="_compute_can_let_through")

    @api.depends("state", "deadline")
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for exception in self:
            deadline = exception.deadline
            is_open = exception.state == "open" and deadline
            exception.is_late = bool(is_open and deadline < now)
            exception.due_text = is_open and exception._words_for_due(deadline - now)

    def _words_for_due(self, left):
        """:param left: time until the deadline, negative when that has passed"""
        words = words_for_duration(self.env, abs(left.total_seconds()))
        if left.total_seconds() < 0:
            return self.env._("%s late", words)
        return self.env._("in %s", words)

    @api.depends("order_ids")
    def _compute_order_count(self):
        for exception in self:
            exception.order_count = len(exception.order_ids)

    @api.depends("res_model", "category")
    def _compute_can_let_through(self):
        for exception in self:
            exception.can_let_through = (
                exception.res_model == "channel.order"
                and exception.category in LET_THROUGH
            )

    @api.depends("res_model", "order_ids", "category")
    def _compute_can_retry(self):
        """Whether the record it is about knows how to try again."""
        for exception in self:
            known = exception.res_model in self.env
            exception.can_retry = exception.category != "oversold" and (
                bool(exception.order_ids)
                or known
                and hasattr(self.env[exception.res_model], "action_retry")
            )

    def action_let_through(self):
        """Overrule the check for the orders that it stopped; the import ends it."""
        for exception in self.filtered("can_let_through"):
            order = exception._record()
            if order is None:
                continue
            was_stopped = order.state == "blocked"
            order.action_let_through(exception.category)
            if was_stopped:
                # sudo: a field of the system
                exception.sudo().retried_at = fields.Datetime.now()
            else:
                exception._resolve(self.env._("Overridden by %s", self.env.user.name))

    def action_short_stock(self):
        self.ensure_one()
        return self.env["channel.order"].browse(self.res_id).action_short_stock()

    def action_open_orders(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_order_action"
        )
        domain = [("id", "in", self._get_orders().ids)]
        return dict(action, domain=domain, context={})

    def action_map_tax(self):
        """The tax mappings of its channel, where a manager adds the one that lacks."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Taxes of %s", self.channel_id.name),
            "res_model": "channel.tax.map",
            "view_mode": "list,form",
            "domain": [("channel_id", "=", self.channel_id.id)],
            "context": {"default_channel_id": self.channel_id.id},
        }

    def action_match_listings(self):
        """The listings it is about; the lines, when the channel has none for them."""
        self.ensure_one()
        listings = self.env["channel.listing"]
        if self.res_model == listings._name:
            listings = listings.browse(self.res_id).exists()
        else:
            orders = self._get_orders()
            if any(line._is_unlisted() for line in orders.line_ids):
                return orders[:1].action_match_lines()
            listings = orders.line_ids.listing_id
        if not listings:
            return self.action_open_orders()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_listing_review_action"
        )
        return dict(action, domain=[("id", "in", listings.ids)], context={})
