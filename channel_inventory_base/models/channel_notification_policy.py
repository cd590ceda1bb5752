from odoo import api, fields, models

SWITCHES = {
    "acceptance": "send_acceptances",
    "shipment": "send_shipments",
    "tracking": "send_shipments",
    "cancel": "send_cancels",
    "refund": "send_refunds",
}


class ChannelNotificationPolicy(models.AbstractModel):
    """What a channel is told about its orders, as far as its type can be told."""

    _name = "channel.notification.policy"
    _description = "Notification Policy"

    send_acceptances = fields.Boolean(
        string="Tell Acceptances",
        help="That an order is taken, once its sale order is confirmed. One more "
        "request for each order.",
    )
    send_shipments = fields.Boolean(
        string="Tell Shipments",
        default=True,
        help="Each parcel with its tracking, when its delivery is validated.",
    )
    send_cancels = fields.Boolean(
        string="Tell Cancellations",
        default=True,
        help="Sale orders that are cancelled here, and units taken off their lines.",
    )
    send_refunds = fields.Boolean(
        string="Tell Refunds",
        default=True,
        help="A customer credit note that is posted here makes the channel pay back "
        "its amount. Off: refunds are made on the channel and come in from there.",
    )
    post_credit_notes = fields.Boolean(
        default=True,
        help="Post the credit notes of refunds that the channel has made. Off: they "
        "wait as drafts for an accountant.",
    )
    told_kinds = fields.Char(compute="_compute_told_kinds")
    message_count = fields.Integer(compute="_compute_message_count")

    @api.depends("channel_type")
    def _compute_told_kinds(self):
        """What this type of channel can be told: the others are not worth a switch."""
        for channel in self:
            kinds = channel._capabilities().messages if channel.channel_type else ()
            channel.told_kinds = " ".join(kinds)

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

    def _tells(self, kind):
        """Whether the channel is told messages of this kind."""
        return (
            kind in self._capabilities().messages
            and self.state != "draft"
            and self[SWITCHES[kind]]
        )
