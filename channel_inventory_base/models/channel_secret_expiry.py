# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.endings import deadline_of, stage_of
from .channel_secret_mixin import MASK

STAGES = (30, 14, 3, 0)
"""Days before the end of a secret at which people are told, each more urgent."""
KEY = "secret_expires"


class ChannelSecretExpiry(models.AbstractModel):
    """When the channel ends the credentials that it was given: told in time, since a
    channel that refuses everything stops orders and quantities alike.

    How it works: one exception, opened 30 days before, gets more urgent 14 and 3 days
    before and on the day; its owner is notified each time. It closes when the date is a
    later one. A connector names the lifetime of its secrets
    (``_secret_lifetimes``): one that is entered anew moves the date. Days are those of
    UTC, whoever asks: a stage and its deadline never differ.
    """

    _name = "channel.secret.expiry"
    _description = "Expiry of Secrets"

    secret_expires_on = fields.Date(
        copy=False,
        tracking=True,
        help="The day from which the channel no longer accepts the secret. Exceptions "
        "are raised 30, 14 and 3 days before.",
    )
    secret_warning = fields.Char(compute="_compute_secret_warning")

    @api.depends("secret_expires_on", "channel_type")
    def _compute_secret_warning(self):
        for channel in self:
            stage = channel._get_secret_stage()
            channel.secret_warning = (
                stage is not None
                and channel._adapter()._get_secret_message(channel, stage == 0)
            )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        for channel, vals in zip(channels, vals_list, strict=True):
            ends = channel._find_secret_end(vals, entered=vals)
            if ends:
                channel.secret_expires_on = ends
        return channels

    def write(self, vals):
        rotated = {
            channel: ends
            for channel in self
            if (ends := channel._find_secret_end(vals, channel._get_new_secrets(vals)))
        }
        result = super().write(vals)
        for channel, ends in rotated.items():
            channel.secret_expires_on = ends
        return result

    # ------------------------------------------------------------ business
    @api.model
    def _secret_lifetimes(self):
        """Hook: how long secrets live from the day that they are made.

        :return: {field of ``_secret_fields``: days}
        """
        return {}

    def _find_secret_end(self, vals, entered):
        """:return: the end of the secret that lives shortest of those entered; None
        where none has an end, or its day is entered with it"""
        days = [
            each for name, each in self._secret_lifetimes().items() if entered.get(name)
        ]
        if not days or vals.get("secret_expires_on"):
            return None
        return fields.Date.today() + timedelta(days=min(days))

    def _get_new_secrets(self, vals):
        """:return: {field: value} of what is entered and was not stored before"""
        names = self._secret_fields()
        return {
            field: vals[field]
            for field in self._secret_lifetimes()
            if vals.get(field)
            and vals[field] not in (MASK, self._get_secret_if_known(names[field]))
        }

    def _get_secret_if_known(self, name):
        try:
            return self._get_secret(name)
        except UserError:
            # of another key or place: what is entered is another one in any case
            return False

    def _get_secret_stage(self):
        """:return: the number of STAGES that has been reached, None: none"""
        self.ensure_one()
        if not self.secret_expires_on:
            return None
        return stage_of(self.secret_expires_on, fields.Date.today(), STAGES)

    def _judge_secret(self):
        """As the others of ``channel.health.mixin``."""
        stage = self._get_secret_stage()
        if stage is None:
            return None
        return "bad" if stage <= STAGES[-2] else "late", self.secret_warning

    def _watch_secret(self):
        """Open the exception, make it more urgent, or close it."""
        stage = self._get_secret_stage()
        if stage is None:
            self.env["channel.exception"]._resolve_keys(self, [KEY])
            return
        self._tell_end(
            KEY,
            "auth",
            deadline_of(self.secret_expires_on, stage, STAGES),
            self.secret_warning,
            self.env._(
                "Enter the new secret under Connection. This closes automatically."
            ),
        )

    def _tell_end(self, key, category, deadline, message, suggestion):
        """One exception about what ends on a day; its owner hears of each stage once.

        :param deadline: when the next stage is due, naive UTC
        """
        exceptions, message = self.env["channel.exception"], f"{self.name}: {message}"
        # sudo: exceptions are the system's
        known = exceptions.sudo().search(
            [
                ("channel_id", "=", self.id),
                ("key", "=", key),
                ("state", "=", "open"),
            ],
            limit=1,
        )
        if known and known.deadline == deadline and known.message == message:
            # told already, and as urgently
            return
        found = exceptions._report(
            self,
            category,
            key=key,
            record=self,
            message=message,
            suggestion=suggestion,
        )
        found.deadline = deadline
        if known and found.user_id:
            found.message_post(
                body=found.message, partner_ids=found.user_id.partner_id.ids
            )
