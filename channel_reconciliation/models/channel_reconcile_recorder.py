# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models

from ..const import AGAIN, AGAIN_DAYS, HELD, PENDING, SHOWN, UNKNOWN_RUNS

AGAIN_KEY = "again:"
"""What exceptions of levels begin with that are put right again and again."""


class ChannelReconcileRecorder(models.AbstractModel):
    """Records what runs and the observer have found to differ: once a class and item,
    however often it is seen."""

    _name = "channel.reconcile.recorder"
    _description = "Record Differences"

    @api.model
    def _record(self, values):
        """Record a difference, or see one again that is pending.

        :param values: of the fields; ``run_id`` may be missing
        :return: the difference
        """
        return self._record_all([values])

    @api.model
    def _record_all(self, vals_list):
        """Record many differences of one company, or see them again.

        :param vals_list: as of ``_record``, each of another class or item
        :return: the differences, in their order
        """
        differences = self.env["channel.reconcile.difference"]
        now, pending = fields.Datetime.now(), self._find_pending(vals_list)
        new = differences.create(
            [
                {**values, "first_seen": now, "last_seen": now}
                for values in vals_list
                if _key(values) not in pending
            ]
        )
        created, ids = iter(new.ids), []
        for values in vals_list:
            found = pending.get(_key(values))
            if found:
                self._see_again(found, values, now)
            ids.append(found.id if found else next(created))
        return differences.browse(ids)

    def _find_pending(self, vals_list):
        """:return: {key: difference}"""
        if not vals_list:
            return {}
        names = ("channel_id", "company_id", "kind", "stock_ref")
        domain = [
            (name, "in", list({values.get(name) or False for values in vals_list}))
            for name in names
        ]
        found = self.env["channel.reconcile.difference"].search(
            [*domain, ("state", "in", PENDING)], order="id desc"
        )
        return {
            _key(
                {
                    "channel_id": each.channel_id.id,
                    "company_id": each.company_id.id,
                    "kind": each.kind,
                    "stock_ref": each.stock_ref,
                    "node_ref": each.node_ref,
                }
            ): each
            for each in found
        }

    def _see_again(self, found, values, now):
        if found.run_id.id != values.get("run_id", found.run_id.id):
            values = dict(values, times=found.times + 1)
        under_way = found.decision == "stop" and found.state in ("checking", "decided")
        if under_way or found.state in HELD and values["state"] == "checking":
            values = {key: value for key, value in values.items() if key != "state"}
        found.write({**values, "last_seen": now})

    # ----------------------------------------------------------------- run
    @api.model
    def _close_unseen(self, run):
        """What a reading does not show any more is over; one by name tells nothing of
        what it has not asked for."""
        kinds = [*SHOWN, "unknown"] if run._is_whole() else ["stuck", "unknown"]
        states = ("open", "watched", "checking", "decided")
        self.env["channel.reconcile.difference"].search(
            [
                ("channel_id", "=", run.channel_id.id),
                ("kind", "in", kinds),
                ("state", "in", states),
                ("run_id", "!=", run.id),
            ]
        )._settle("closed")

    @api.model
    def _open_when_lasting(self, differences):
        """A number that stays unknown is a person's after so many runs."""
        for difference in differences:
            if difference.times < UNKNOWN_RUNS or difference.state == "open":
                continue
            difference.state = "open"
            difference._report(
                "reconcile",
                self.env._(
                    "%(item)s: the quantity on the channel could not be found out in "
                    "%(count)s runs.",
                    item=difference.display_name,
                    count=difference.times,
                ),
                self.env._(
                    "Look at the item on the channel; test the connection, and check "
                    "that orders are pulled."
                ),
            )

    # --------------------------------------------------------------- again
    @api.model
    def _report_again(self, difference):
        """What is put right and wrong again, run after run, is a person's, also where
        it is repaired in silence: another program writes the number, or the channel
        acknowledges what it does not apply."""
        since = fields.Datetime.now() - timedelta(days=AGAIN_DAYS)
        times = difference.search_count(
            [
                ("level_id", "=", difference.level_id.id),
                ("state", "=", "repaired"),
                ("last_seen", ">", since),
            ]
        )
        if times < AGAIN:
            return
        self.env["channel.exception"]._report(
            difference.channel_id,
            "reconcile",
            key=f"{AGAIN_KEY}{difference.level_id.id}",
            record=difference,
            message=self.env._(
                "%(item)s was wrong on the channel %(count)s times in %(days)s days, "
                "and put right each time.",
                item=difference.display_name,
                count=times,
                days=AGAIN_DAYS,
            ),
            suggestion=self.env._(
                "Another program may write the number, or the channel may not apply "
                "what it acknowledges, as a cache does. Look at the item's stock "
                "history there. It closes when a run finds the number right."
            ),
        )

    @api.model
    def _end_again(self, run):
        """What this run has found right is over."""
        told = self.env["channel.exception"].search(
            [
                ("channel_id", "=", run.channel_id.id),
                ("state", "=", "open"),
                ("key", "=like", f"{AGAIN_KEY}%"),
            ]
        )
        wrong = {f"{AGAIN_KEY}{level.id}" for level in run.difference_ids.level_id}
        keys = set(told.mapped("key")) - wrong
        if keys:
            told._resolve_keys(run.channel_id, list(keys))


def _key(values):
    """What a pending difference is known by."""
    return (
        values.get("channel_id") or False,
        values["company_id"],
        values["kind"],
        values["stock_ref"],
        values.get("node_ref") or False,
    )
