# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.duration import format_duration

HOURS = 24
REASONS = 5
"""So many causes are named by their exceptions; all of them are a click away."""
WORST = ("bad", "late", "ok", "off")
TILES = ("short", "overdue", "hidden", "prevented", "drift", "settlement")
"""Kinds of figures with a tile each, where an addon that is installed has them."""


class ChannelLive(models.AbstractModel):
    """What the overview shows: is all well, and if not, where. Read with the rights of
    whoever looks, so each sees the channels of their companies alone."""

    _name = "channel.live"
    _description = "Overview of Channels"

    @api.model
    @api.readonly
    def get_board(self):
        """:return: dictionary of plain values, for the page"""
        channels = self.env["channel.channel"].search([("active", "=", True)])
        channels = channels.sorted(lambda each: WORST.index(each.health))
        freshness = self._read_freshness(channels)
        exceptions = self.env["channel.exception"].search_count(
            [("state", "=", "open")]
        )
        return {
            "sentence": self._get_sentence(freshness),
            "health": self._get_worst(channels, exceptions),
            "reasons": [
                *self._get_channel_reasons(channels),
                *self._get_exception_reasons(),
            ],
            "channels": [
                self._get_card(channel, freshness.get(channel.id))
                for channel in channels
            ],
            "tiles": self._get_tiles(),
            "hours": self._get_hours(channels),
            "exceptions": exceptions,
            # that of the values: sums of several currencies are worth nothing
            "currency_id": self.env.company.currency_id.id,
            "as_of": fields.Datetime.to_string(fields.Datetime.now()),
        }

    # ----------------------------------------------------------- freshness
    def _read_freshness(self, channels):
        """:return: {channel id: row of ``_freshness_query``}, live channels alone"""
        self.env.flush_all()
        query = self.env["channel.metric.source"]._freshness_query()
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT * FROM (%s) fresh WHERE channel_id = ANY(%s)",
                query,
                channels.ids,
            )
        )
        return {row["channel_id"]: row for row in cr.dictfetchall()}

    def _get_sentence(self, freshness):
        rows = list(freshness.values())
        numbers = sum(row["numbers"] for row in rows)
        if not numbers:
            return self.env._("No channel is live: nothing is published yet.")
        late = sum(row["late"] for row in rows)
        # rounded down: not all is well as long as one is late
        share = int(1000 * (numbers - late) / numbers) / 10
        sentence = self.env._(
            "%(share)s %% of %(numbers)s quantities are current.",
            share=f"{share:g}",
            numbers=numbers,
        )
        waiting = [row for row in rows if row["oldest_seconds"] is not None]
        if not waiting:
            return sentence
        oldest = max(waiting, key=lambda row: row["oldest_seconds"])
        level = self.env["channel.level"].browse(oldest["oldest_level_id"]).exists()
        return self.env._(
            "%(sentence)s The oldest waits for %(time)s: %(what)s.",
            sentence=sentence,
            time=format_duration(self.env, oldest["oldest_seconds"]),
            what=level.display_name or "?",
        )

    def _get_worst(self, channels, exceptions):
        """Some exceptions are of a company, and on no channel's card: with one of them
        open not all is well, however healthy the channels are."""
        found = set(channels.mapped("health"))
        if exceptions:
            found.add("late")
        return next((each for each in WORST if each in found), "off")

    # -------------------------------------------------------------- reasons
    def _get_channel_reasons(self, channels):
        """What is not well by itself, in the order of ``channels``. One that waits for
        people is named by its exceptions instead."""
        return [
            {
                "key": f"channel-{channel.id}",
                "health": channel.health,
                "text": f"{channel.name}: {channel.health_text}",
                "res_model": channel._name,
                "res_id": channel.id,
            }
            for channel in channels
            if channel.health in ("bad", "late") and not self._waits_for_people(channel)
        ]

    def _waits_for_people(self, channel):
        judged = channel.health, channel.health_text
        return bool(channel.exception_count) and channel._judge_people() == judged

    def _get_exception_reasons(self):
        """The most urgent causes, by channel and category: what one click opens."""
        exceptions = self.env["channel.exception"]
        groups = exceptions._read_group(
            [("state", "=", "open")],
            ["channel_id", "category"],
            ["__count", "id:min"],
            order="deadline:min, id:min",
            limit=REASONS,
        )
        labels = dict(exceptions._fields["category"]._description_selection(self.env))
        reasons = []
        for channel, category, count, first_id in groups:
            first = exceptions.browse(first_id)
            name = channel.name or first.company_id.name
            reason = {
                "key": f"exception-{first_id}",
                "health": "late",
                "text": f"{name}: {labels[category]}: {first.message}",
                "res_model": exceptions._name,
                "res_id": first_id,
            }
            if count > 1:
                reason.update(
                    text=f"{name}: {labels[category]} ({count})",
                    res_id=False,
                    context={
                        "search_default_category": category,
                        "search_default_channel_id": channel.id,
                        "search_default_no_channel": not channel,
                    },
                )
            reasons.append(reason)
        return reasons

    def _get_card(self, channel, fresh):
        return {
            "id": channel.id,
            "name": channel.name,
            "health": channel.health,
            "text": channel.health_text,
            "numbers": fresh["numbers"] if fresh else 0,
            "late": fresh["late"] if fresh else 0,
            "pending": channel.pending_count,
            "exceptions": channel.exception_count,
            "dead_letters": channel.dead_letter_count,
        }

    # --------------------------------------------------------------- tiles
    def _get_tiles(self):
        figures = self.env["channel.report.figure"]
        labels = dict(figures._fields["kind"]._description_selection(self.env))
        kinds = [kind for kind in TILES if kind in labels]
        groups = figures._read_group(
            [("kind", "in", kinds)],
            ["kind"],
            ["__count", "units:sum", "value:sum_currency"],
        )
        sums = {kind: figures for kind, *figures in groups}
        return [
            {
                "kind": kind,
                "label": labels[kind],
                "count": sums.get(kind, (0, 0, 0))[0],
                "units": sums.get(kind, (0, 0, 0))[1] or 0,
                "value": sums.get(kind, (0, 0, 0))[2] or 0,
            }
            for kind in kinds
        ]

    # -------------------------------------------------------------- charts
    def _get_hours(self, channels):
        """The last day by the hour, the hours without a row too."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT hour, name, sum(count), max(p95) FROM channel_metric
                 WHERE channel_id = ANY(%s)
                   AND name IN ('published', 'published_late', 'captured')
                   AND hour >= date_trunc('hour', now() AT TIME ZONE 'UTC')
                               - make_interval(hours => %s)
                 GROUP BY hour, name
                """,
                channels.ids,
                HOURS,
            )
        )
        known = {(hour, name): (count, p95) for hour, name, count, p95 in rows}
        now = fields.Datetime.now().replace(minute=0, second=0, microsecond=0)
        hours = [
            fields.Datetime.subtract(now, hours=back) for back in range(HOURS, 0, -1)
        ]

        def read(name):
            return [int(known.get((each, name), (0, 0))[0]) for each in hours]

        return {
            # of the reader, so that the page need not know of time zones
            "labels": [
                fields.Datetime.context_timestamp(self, each).strftime("%H:%M")
                for each in hours
            ],
            "published": read("published"),
            "late": read("published_late"),
            "orders": read("captured"),
            # none in an hour without any: nothing was quick then
            "seconds": [known.get((each, "published"), (0, None))[1] for each in hours],
        }
