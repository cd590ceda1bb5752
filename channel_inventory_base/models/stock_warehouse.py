# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models


class StockWarehouse(models.Model):
    """The authority that counts a warehouse's stock, and its stock sold by channels."""

    _name = "stock.warehouse"
    _inherit = ["stock.warehouse", "channel.guarded", "channel.wakes.planner"]

    channel_consignment = fields.Selection(
        [("kept", "Not sold"), ("sold", "Sold by channels")],
        string="Consignment Stock",
        default="kept",
        required=True,
        help="Stock of other owners. If not sold, neither it nor its moves count for "
        "any channel.",
    )
    channel_authority = fields.Selection(
        [("odoo", "Odoo"), ("external", "External")],
        string="Stock Is Counted By",
        default="odoo",
        required=True,
        help="External: a 3PL or another system counts the stock. Its reported "
        "quantity, less shipments in Odoo since then, is the quantity on hand; "
        "Odoo's own quantities are not used.",
    )
    channel_fresh_minutes = fields.Integer(
        string="Fresh for (Minutes)",
        default=60,
        required=True,
        help="How long a report counts in full.",
    )
    channel_stale_percent = fields.Integer(
        string="Then Keep Back (%)",
        default=20,
        required=True,
        help="Percentage of the quantity on hand kept back from then on.",
    )
    channel_silent_minutes = fields.Integer(
        string="Promise Nothing after (Minutes)",
        default=1440,
        required=True,
        help="Age of a report from which nothing may be promised.",
    )
    channel_external_stock_count = fields.Integer(
        compute="_compute_channel_external_stock_count"
    )

    _channel_policy = models.Constraint(
        "CHECK (channel_fresh_minutes > 0 "
        "AND channel_silent_minutes BETWEEN channel_fresh_minutes AND 5256000 "
        "AND channel_stale_percent BETWEEN 0 AND 100)",
        "A report is fresh for at least a minute, expires after that and within ten "
        "years, and 0 to 100 percent can be kept back.",
    )

    def _compute_channel_external_stock_count(self):
        # sudo: a number only; warehouse people need no role in channels
        rows = self.env["channel.external.stock"].sudo()
        counts = dict(
            rows._read_group(
                [("warehouse_id", "in", self.ids)], ["warehouse_id"], ["__count"]
            )
        )
        for warehouse in self:
            warehouse.channel_external_stock_count = counts.get(warehouse, 0)

    def write(self, vals):
        result = super().write(vals)
        if any(name.startswith("channel_") for name in vals):
            # sudo: the confidence follows the policy, no matter which user sets it
            self.env["channel.external.stock"].sudo()._age()
        return result

    def action_channel_external_stock(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_external_stock_action"
        )
        return dict(
            action,
            domain=[("warehouse_id", "=", self.id)],
            context={"default_warehouse_id": self.id},
        )
