# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models

from ..const import HELD


class ChannelReconcileWatcher(models.AbstractModel):
    """Follows differences that wait: for a rule, for an answer, or for the observer."""

    _name = "channel.reconcile.watcher"
    _description = "Follow Differences"

    @api.model
    def _watch_pending(self):
        """Once a minute: rules that took effect, answers that are overdue, and what
        the observer has settled without a word."""
        self._follow_rules()
        self._escalate()
        self._close_checked()
        self.env["channel.completeness"]._follow()
        self.env["channel.count.booker"]._follow()

    def _all(self):
        # sudo: differences of all companies, and decisions of all users
        return self.env["channel.reconcile.difference"].sudo()

    @api.model
    def _follow_rules(self):
        """*Leave theirs* is done when its rule is in effect, and to decide again when
        that was refused."""
        waiting = self._all()._lock_due(
            [("state", "=", "decided"), ("decision", "=", "leave")]
        )
        active = waiting.filtered(lambda each: each.rule_id.state == "active")
        active._settle("accepted")
        refused = waiting.filtered(
            lambda each: each.rule_id.state not in ("active", "proposed")
        )
        refused.write({"state": "proposed", "decision": False, "rule_id": False})

    @api.model
    def _escalate(self):
        """Nobody has answered: where ours is the lower quantity it stays, published
        long since; where theirs is, it is not raised until somebody answers."""
        late = self._all()._lock_due(
            [
                ("state", "in", HELD),
                ("kind", "!=", "wrong_unit"),
                ("is_escalated", "=", False),
                ("answer_by", "<", fields.Datetime.now()),
            ]
        )
        safe = late.filtered(lambda each: each.level_id.target <= each.shown)
        safe.write({"decision": "safe"})
        safe._settle("repaired")
        rest = late - safe
        rest.write({"is_escalated": True})
        for difference in rest:
            difference._report(
                "proposal",
                self.env._(
                    "%(item)s was not decided in time: the lower quantity, %(shown)s, "
                    "stays on the channel, and %(target)s could be sold.",
                    item=difference.display_name,
                    shown=difference.shown,
                    target=difference.level_id.target,
                ),
                self.env._("Decide now: units that could be sold are not offered."),
            )

    @api.model
    def _close_checked(self):
        """A number that is known again, and that nobody has concluded from, was put
        right by a publication."""
        hour = fields.Datetime.now() - timedelta(hours=1)
        checking = self._all()._lock_due(
            [
                ("state", "=", "checking"),
                ("last_seen", "<", hour),
                ("level_id", "!=", False),
            ]
        )
        checking.filtered(
            lambda each: each.level_id.remote_state in ("known", "rejected")
        )._settle("explained")
