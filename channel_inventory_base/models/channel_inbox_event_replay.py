from odoo import api, fields, models

from .. import exceptions
from .channel_order import _naive

# What a replayed event would do -> whether it is worth replaying.
OUTCOMES = {
    "new": True,
    "newer": True,
    "fetch": True,
    "unreadable": True,
    "same": False,
    "blank": False,
    "other": False,
}


class ChannelInboxEvent(models.Model):
    """Events looked at again: what would happen, and making it happen.

    Safe at any time, because capture is: an order is taken in once, and what is not
    newer than what is known changes nothing.
    """

    _inherit = "channel.inbox.event"

    def _foresee(self):
        """What replaying these events, oldest first, would do. Changes nothing.

        :return: list of (event, outcome of ``OUTCOMES``, order or None, words)
        """
        seen = {}
        return [
            (event, *event._foresee_one(seen))
            for event in self.sorted(lambda event: event.id)
        ]

    def _foresee_one(self, seen):
        """:param seen: channel's id of an order -> newest version foreseen so far"""
        if self.kind != "order":
            return "other", None, self.env._("Not an order: left alone")
        if not self.body:
            return "blank", self.order_id, self.env._("Its body was blanked")
        try:
            data = self.channel_id._adapter()._parse_order(self.channel_id, self.body)
        except exceptions.ChannelError as error:
            return "unreadable", None, str(error)
        version = _naive(data.version)
        order = self.env["channel.order"].search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("external_id", "=", data.external_id),
            ]
        )
        outcome = self._outcome(order, data, version, seen.get(data.external_id))
        if OUTCOMES[outcome]:
            seen[data.external_id] = version
        return outcome, order, self._words_for_outcome(outcome, order, data)

    def _outcome(self, order, data, version, foreseen):
        if foreseen and version <= foreseen:
            return "same"
        if not order:
            return "newer" if foreseen else "new"
        if order._is_old(data, version):
            return "same"
        return "newer" if data.complete else "fetch"

    def _words_for_outcome(self, outcome, order, data):
        known = fields.Datetime.to_string(order.version) if order else ""
        return {
            "new": self.env._("Takes %s in, which is not known here", data.name),
            "newer": self.env._("Brings %s up to date", data.name),
            "fetch": self.env._("Has the newest version of %s fetched", data.name),
            "same": self.env._(
                "Nothing: %(order)s is known as of %(version)s",
                order=data.name,
                version=known or self.env._("an event before"),
            ),
        }[outcome]

    @api.model
    def _replay(self, events):
        """Process these events again, by the next intake.

        One that is being processed at this moment is not touched.

        :return: how many
        """
        events._require_role("operator")
        # sudo: operators replay, only the intake writes events otherwise
        chosen = events.sudo().filtered(
            lambda event: event.state != "new" and event.body
        )
        chosen = chosen.try_lock_for_update()
        chosen.write({"state": "new"})
        self.env["channel.exception"]._note_retry(chosen)
        chosen.channel_id._wake("_job_intake")
        return len(chosen)
