# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models


class ChannelReconcileDay(models.Model):
    """Whether all orders of a day have come in: one row a channel and day (UTC).

    What was found of a day adds up over all runs; what differs is as of the last one.
    Written by ``channel.completeness`` only.
    """

    _name = "channel.reconcile.day"
    _description = "Order Completeness by Day"
    _inherit = ["channel.guarded"]
    _order = "day desc, channel_id"
    _rec_name = "day"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    run_id = fields.Many2one(
        "channel.reconcile.run", readonly=True, ondelete="set null", index=True
    )
    day = fields.Date(
        required=True, readonly=True, index=True, help="Day of placing, in UTC"
    )
    state = fields.Selection(
        [
            ("checking", "Being checked"),
            ("equal", "Complete"),
            ("differs", "Differs"),
            ("refused", "Not believable"),
        ],
        required=True,
        readonly=True,
    )
    count_there = fields.Integer(string="Orders There", readonly=True)
    count_here = fields.Integer(string="Orders Here", readonly=True)
    missing = fields.Integer(
        string="Missing Here", readonly=True, help="Placed there, and not here"
    )
    gone = fields.Integer(
        string="Gone There", readonly=True, help="Here, and not on the channel"
    )
    cancelled = fields.Integer(
        string="Cancelled There", readonly=True, help="Cancelled there, and not here"
    )
    changed = fields.Integer(
        string="Changed There", readonly=True, help="Newer there than here"
    )
    differing = fields.Integer(
        readonly=True, help="Orders that differed when the day was checked last"
    )
    found = fields.Integer(
        string="Found by Checks",
        readonly=True,
        help="Orders that neither webhooks nor polls had brought",
    )
    late_hours = fields.Float(
        string="Hours Late",
        readonly=True,
        aggregator="max",
        help="So long after it was placed the latest of them was found",
    )
    by_ids = fields.Boolean(
        string="By Ids",
        readonly=True,
        help="Each order was compared, and not only how many there are",
    )
    checked_at = fields.Datetime(readonly=True)

    _day_uniq = models.UniqueIndex("(channel_id, day)")

    @api.depends("day", "channel_id")
    def _compute_display_name(self):
        for each in self:
            each.display_name = f"{each.channel_id.name}: {each.day}"

    # ------------------------------------------------------------- actions
    def action_open_differences(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_reconciliation.channel_reconcile_difference_action"
        )
        domain = [("channel_id", "=", self.channel_id.id), ("day", "=", self.day)]
        return dict(action, domain=domain, context={})

    # ------------------------------------------------------------ business
    @api.model
    def _note(self, run, **values):
        """Write what a run knows of the day that it is at. :return: the row"""
        values = {**values, "run_id": run.id, "checked_at": fields.Datetime.now()}
        found = self.search(
            [("channel_id", "=", run.channel_id.id), ("day", "=", run.day)]
        )
        if found:
            found.write(values)
            return found
        return self.create(
            {
                "channel_id": run.channel_id.id,
                "company_id": run.company_id.id,
                "day": run.day,
                "state": "checking",
                **values,
            }
        )
