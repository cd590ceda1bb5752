# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from .channel_order import naive

GONE_MINUTES = 5


class ChannelOrderLookup(models.AbstractModel):
    """What becomes of an order that its channel was asked for, other than a newer
    version of it."""

    _name = "channel.order.lookup"
    _description = "Lookup of Orders on Their Channel"

    @api.model
    def _note_looked(self, channel, refs):
        """The channel is being asked for these now; who is at one of them looks anew
        anyway."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_order
                   SET looked_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE id IN (SELECT id FROM channel_order
                               WHERE channel_id = %s AND external_id = ANY(%s)
                               ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
                RETURNING id
                """,
                channel.id,
                refs,
            )
        )

    @api.model
    def _doubt_gone(self, channel, refs):
        """The channel tells of orders what it has told before. Those that are gone may
        have come back as they were: what is fetched now will tell."""
        gone = self.env["channel.order"].search(
            [
                ("channel_id", "=", channel.id),
                ("external_id", "in", refs),
                ("state", "=", "gone"),
            ]
        )
        for order in gone:
            order._want_fetch()

    @api.model
    def _set_clock_right(self, order, event):
        """The version just fetched is the newest, if the time of the stored one was
        wrong.

        :param event: schemas.InboundEvent, fetched and not stored yet
        """
        order._lock()
        shown = naive(event.occurred_at)
        if not order.has_false_time or not shown or shown >= order.version:
            return
        before = shown - timedelta(seconds=1)
        order.write({"version": before, "wanted_version": before})
        self.env["channel.inbox.event"]._read_again(order.channel_id, event.key)

    @api.model
    def _on_not_shown(self, order, is_gone, asked):
        """The channel does not show it: it is deleted there, or hidden from us.

        A young one may not be shown yet: the channel's webhook was faster than it.

        :param is_gone: whether the channel is known to have it no more
        :param asked: the wanted version at the time when the channel was asked
        """
        if order.create_date > fields.Datetime.now() - timedelta(minutes=GONE_MINUTES):
            return
        order._lock()
        if order.wanted_version == asked:
            order.wanted_version = order.version
        if is_gone:
            order._on_deleted()
        else:
            order._on_hidden()

    @api.model
    def _on_nothing_new(self, order, event, asked):
        """The fetched event is stored already: there is no newer version.

        An order that is still incomplete then waits for that event. Maybe a worker is
        at it right now; when it could not be read, it is a dead letter, and an operator
        has to look at it.

        :param event: schemas.InboundEvent
        :param asked: the wanted version at the time when the channel was asked
        """
        order._lock()
        known = self.env["channel.inbox.event"]._find_by_key(
            order.channel_id, event.key
        )
        if known.state == "new":
            return
        word = self.env["channel.order.word"]
        if order.told_at and known.state == "done":
            word._on_known_answer(order, event, asked)
            return
        if order.wanted_version == asked:
            order.wanted_version = order.version
        if not order.complete and known.state == "dead":
            order.state = "blocked"
            self.env["channel.inbox.event"]._report_dead_again(
                order.channel_id, event.key
            )
        elif not order.complete:
            word._wait_for_rest(order)
        elif order.state == "gone" or order.told_at:
            # shown again as it was when it was deleted, or before that was told
            order._apply(order._get_told_data(), order.version)

    @api.model
    def _on_refused(self, order, error, asked):
        """The channel does not give it to us: what we know stays, an exception is
        raised.

        :param asked: the wanted version at the time when the channel was asked
        """
        order._lock()
        if order.wanted_version == asked:
            order.wanted_version = order.version
        order._block(
            "refused",
            self.env._(
                "%(order)s cannot be fetched from the channel: %(error)s",
                order=order.name,
                error=error,
            ),
            self.env._(
                "Its known quantities stay held. Check it on the channel, then press "
                "Fetch Again."
            ),
        )
