# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

MAX_HOLD_SECONDS = 604_800


class ChannelChannel(models.Model):
    """A channel whose other side calls us: a headless shop, a CRM, a middleware."""

    _inherit = "channel.channel"

    channel_type = fields.Selection(
        selection_add=[("api", "API: the other side calls")],
        ondelete={"api": "set default"},
    )
    api_offers = fields.Selection(
        [
            ("all", "All goods that are sold and have an internal reference"),
            ("made", "Listings made by hand only"),
        ],
        string="Offers",
        default="all",
        required=True,
        help="What Fetch Listings offers here. The SKU is the internal reference.",
    )
    api_hold_seconds = fields.Integer(
        string="Longest Hold (seconds)",
        default=14400,
        required=True,
        help="Another system holds stock for so long at a time, and may extend that.",
    )
    api_key_ids = fields.One2many("channel.api.key", "channel_id", string="API Keys")
    api_subscription_ids = fields.One2many(
        "channel.api.subscription", "channel_id", string="Webhooks"
    )

    _api_hold_seconds_possible = models.Constraint(
        f"CHECK (api_hold_seconds BETWEEN 1 AND {MAX_HOLD_SECONDS})",
        "A hold lasts from a second to a week.",
    )

    # ------------------------------------------------------------- actions
    def action_new_api_key(self):
        self.ensure_one()
        self._require_role("manager")
        return self.env["channel.api.key.new"]._open_for(self)

    # ---------------------------------------------------------------- jobs
    def _job_api_deliver(self):
        """Send what waits for webhooks."""
        work = self.env["channel.api.deliverer"]._run
        self._guarded("_job_api_deliver", work, self._may_talk)

    @api.model
    def _get_job_priorities(self):
        return {**super()._get_job_priorities(), "_job_api_deliver": 11}

    @api.model
    def _recovery_steps(self):
        return (
            *super()._recovery_steps(),
            ("channel.api.hold", "_sweep"),
            ("channel.api.level", "_follow_offers"),
            ("channel.api.deliverer", "_follow_time"),
        )
