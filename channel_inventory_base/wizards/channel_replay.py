# SPDX-License-Identifier: AGPL-3.0-or-later
from collections import Counter
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..models.channel_inbox_event import OUTCOMES
from ..tools.actions import open_form

AT_ONCE = 2000
"""Events of one replay; a longer period is replayed in parts."""


class ChannelReplay(models.TransientModel):
    """Replays a period of a channel: a preview first, then the replay."""

    _name = "channel.replay"
    _description = "Replay a Period"
    _inherit = ["channel.guarded"]

    channel_id = fields.Many2one("channel.channel", required=True)
    source = fields.Selection(
        [
            ("stored", "Stored events"),
            ("pull", "Present orders of the channel"),
        ],
        default="stored",
        required=True,
    )
    date_from = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.now() - timedelta(days=1)
    )
    date_to = fields.Datetime(required=True, default=lambda self: fields.Datetime.now())
    state = fields.Selection(
        [("draft", "Choose"), ("shown", "Preview")], default="draft", readonly=True
    )
    line_ids = fields.One2many("channel.replay.line", "wizard_id", readonly=True)
    summary = fields.Text(readonly=True)
    useful_count = fields.Integer(readonly=True)

    def _check_period(self):
        self.channel_id._require_role("operator")
        if self.date_to < self.date_from:
            raise UserError(self.env._("The end of the period is before its start."))

    def _get_events(self):
        # sudo: bodies, to say what is in them
        return (
            self.env["channel.inbox.event"]
            .sudo()
            .search(
                [
                    ("channel_id", "=", self.channel_id.id),
                    ("kind", "=", "order"),
                    ("state", "!=", "new"),
                    ("received_at", ">=", self.date_from),
                    ("received_at", "<=", self.date_to),
                ],
                order="id",
                limit=AT_ONCE + 1,
            )
        )

    def action_show(self):
        """Say what replaying would do. Nothing is changed."""
        self.ensure_one()
        self._check_period()
        if self.source == "pull":
            return self._show([], self._get_pull_message())
        events = self._get_events()
        if len(events) > AT_ONCE:
            raise UserError(
                self.env._(
                    "There are more than %(limit)s events in this period: end it at "
                    "%(end)s, then replay the rest.",
                    limit=AT_ONCE,
                    end=events[AT_ONCE - 1].received_at,
                )
            )
        foreseen = events._foresee()
        return self._show(foreseen, self._get_preview_message(foreseen))

    def _get_pull_message(self):
        return self.env._(
            "All orders changed since %(moment)s are fetched from the channel. Orders "
            "already up to date are not changed.",
            moment=self.date_from,
        )

    def _get_preview_message(self, foreseen):
        counts = Counter(outcome for _event, outcome, _order, _words in foreseen)
        labels = dict(
            self.env["channel.replay.line"]
            ._fields["outcome"]
            ._description_selection(self.env)
        )
        found = [f"{n} × {labels[each]}" for each, n in sorted(counts.items())]
        return "\n".join(found) or self.env._("There is no event in this period.")

    def _show(self, foreseen, words):
        self.write(
            {
                "state": "shown",
                "summary": words,
                "useful_count": sum(OUTCOMES[each[1]] for each in foreseen),
                "line_ids": [
                    fields.Command.clear(),
                    *(
                        fields.Command.create(
                            {
                                "event_id": event.id,
                                "outcome": outcome,
                                "order_id": order.id if order else False,
                                "words": text,
                            }
                        )
                        for event, outcome, order, text in foreseen
                    ),
                ],
            }
        )
        return self._reopen()

    def action_back(self):
        self.write({"state": "draft", "line_ids": [fields.Command.clear()]})
        return self._reopen()

    def action_replay(self):
        """Do it: only what would change something is processed again."""
        self.ensure_one()
        self._check_period()
        if self.source == "pull":
            self.env["channel.intake"]._pull_from(self.channel_id, self.date_from)
            words = self.env._("Orders since %s are pulled again", self.date_from)
        else:
            lines = self.line_ids.filtered(lambda line: OUTCOMES[line.outcome])
            if lines.event_id.channel_id - self.channel_id:
                raise UserError(
                    self.env._(
                        "These are events of channels other than %s: preview again.",
                        self.channel_id.name,
                    )
                )
            count = self.env["channel.inbox.event"]._replay(lines.event_id)
            words = self.env._(
                "%(count)s events from %(start)s to %(end)s are replayed",
                count=count,
                start=self.date_from,
                end=self.date_to,
            )
        self.env["channel.audit"]._log("operator", self.channel_id, words)
        return self.channel_id._notify_user(self.env._("Replay"), words, "success")

    def _reopen(self):
        return open_form(
            self._name, self.id, name=self.env._("Replay a Period"), target="new"
        )


class ChannelReplayLine(models.TransientModel):
    _name = "channel.replay.line"
    _description = "Effect of Replaying an Event"
    _inherit = ["channel.guarded"]
    _order = "id"

    wizard_id = fields.Many2one("channel.replay", required=True, ondelete="cascade")
    event_id = fields.Many2one("channel.inbox.event", required=True, ondelete="cascade")
    received_at = fields.Datetime(related="event_id.received_at", related_sudo=False)
    topic = fields.Char(related="event_id.topic", related_sudo=False)
    order_id = fields.Many2one("channel.order")
    outcome = fields.Selection(
        [
            ("new", "Order captured"),
            ("newer", "Order updated"),
            ("fetch", "Order fetched"),
            ("unreadable", "Unreadable, retried"),
            ("same", "None, already up to date"),
            ("blank", "None, its body was blanked"),
            ("other", "None, not an order"),
        ],
        required=True,
    )
    words = fields.Char(string="Effect")
