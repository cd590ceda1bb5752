from odoo import fields, models
from odoo.exceptions import UserError

from .. import exceptions


class ChannelInboxEvent(models.Model):
    """What a person may do about an event: give it up, or say what it should have been.

    The raw body is never changed: a correction is an event of its own.
    """

    _inherit = "channel.inbox.event"

    discard_reason = fields.Char(readonly=True)
    corrects_id = fields.Many2one(
        "channel.inbox.event", readonly=True, index="btree_not_null"
    )

    def _discard(self, reason):
        """Dead letters are given up. Their bodies stay, and they can be replayed."""
        self._require_role("operator")
        dead = self.filtered(lambda event: event.state == "dead")
        # sudo: operators decide, only the intake writes events otherwise
        dead.sudo().write({"state": "ignored", "discard_reason": reason})
        for event in dead:
            self.env["channel.audit"]._log(
                "operator",
                event.channel_id,
                self.env._("%(topic)s: %(why)s", topic=event.topic, why=reason),
                record=event,
                trace=event.trace,
            )
        dead._resolve_buried()

    def _correct(self, body):
        """Take ``body`` in instead of this dead letter.

        :return: the new event
        :raise UserError: it cannot be read either
        """
        self.ensure_one()
        self._require_role("operator")
        if self.state != "dead":
            raise UserError(self.env._("%s is no dead letter any more.", self.topic))
        self._check_readable(body)
        # sudo: operators correct, only the intake writes events otherwise
        corrected = self.sudo().create(
            {
                **self._prepare_corrected_vals(),
                "body": body,
                "corrects_id": self.id,
            }
        )
        self._discard(self.env._("Corrected by %s", self.env.user.name))
        self.channel_id._wake("_job_intake")
        return corrected

    def _prepare_corrected_vals(self):
        count = self.search_count([("corrects_id", "=", self.id)])
        return {
            "channel_id": self.channel_id.id,
            "source": "edited",
            "kind": self._corrected_kind(),
            "topic": self.topic,
            "key": f"{self.key}~{count + 1}",
            "ref": self.ref,
            "occurred_at": self.occurred_at,
            "received_at": fields.Datetime.now(),
            "trace": self.trace,
        }

    def _corrected_kind(self):
        """What could not be read at all is worth correcting where it is an order."""
        return "order" if self.kind == "unreadable" else self.kind

    def _check_readable(self, body):
        if self._corrected_kind() != "order":
            return
        try:
            self.channel_id._adapter()._parse_order(self.channel_id, body)
        except exceptions.ChannelError as error:
            raise UserError(
                self.env._("This cannot be read either: %s", error)
            ) from error
