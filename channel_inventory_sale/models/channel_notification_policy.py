# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

SWITCHES = {
    "acceptance": "send_acceptances",
    "shipment": "send_shipments",
    "tracking": "send_shipments",
    "cancel": "send_cancels",
    "refund": "send_refunds",
}


class ChannelNotificationPolicy(models.AbstractModel):
    """The notifications sent to a channel, as far as its type supports them."""

    _name = "channel.notification.policy"
    _description = "Notification Policy"

    send_acceptances = fields.Boolean(
        string="Send Order Confirmations",
        help="Confirm each order on the channel once its sale order is confirmed. One "
        "more request per order.",
    )
    send_shipments = fields.Boolean(
        default=True,
        help="Send each parcel with its tracking when its delivery is validated.",
    )
    send_cancels = fields.Boolean(
        string="Send Cancellations",
        default=True,
        help="Send cancellations of sale orders, and of units removed from their "
        "lines.",
    )
    send_refunds = fields.Boolean(
        default=True,
        help="The channel refunds the amount of each credit note posted in Odoo. Off: "
        "refunds are made on the channel and imported.",
    )
    notification_kinds = fields.Char(compute="_compute_notification_kinds")
    message_count = fields.Integer(
        string="Notifications", compute="_compute_message_count"
    )

    @api.depends("channel_type")
    def _compute_notification_kinds(self):
        """The notifications supported by this type of channel: the others need no
        switch."""
        for channel in self:
            kinds = channel._capabilities().messages if channel.channel_type else ()
            channel.notification_kinds = " ".join(kinds)

    def _compute_message_count(self):
        groups = dict(
            self.env["channel.message"]._read_group(
                [
                    ("channel_id", "in", self.ids),
                    ("state", "not in", ("done", "void")),
                ],
                ["channel_id"],
                ["__count"],
            )
        )
        for channel in self:
            channel.message_count = groups.get(channel, 0)

    def _notifies(self, kind):
        """Whether the channel is told messages of this kind."""
        return (
            kind in self._capabilities().messages
            and self.state != "draft"
            and self[SWITCHES[kind]]
        )
