# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, models

from ..tools import words

REST_HOURS = 1
"""An order that the channel gives only in part is asked for again after so long."""


class ChannelOrderWord(models.AbstractModel):
    """What a channel tells of an order before the order itself can be had.

    A word about all of an order replaces the known demand, one about a part of it only
    adds to it, and both have the order fetched. Words may bear the time at which they
    were sent, a moment after the change: the order, when it is fetched, then looks
    older than they are. It is taken all the same if it has all that was told
    (``_is_answer``), or if it was asked for so long after the last word
    (``order_lag`` of the channel) that it must know what that was about.
    """

    _name = "channel.order.word"
    _description = "Word about a Channel Order"

    # ---------------------------------------------------------------- take
    @api.model
    def _take(self, order, word, version):
        """Hold what ``word`` tells of a known order, and have the order fetched.

        :param word: schemas.OrderData, not complete and not old
        :param version: its version, naive
        """
        order._want(version)
        # of one that could not be read as a whole a person is to look at the rest
        is_salvaged = not order.complete and not order.told_at
        if is_salvaged or order._is_known_well():
            if not word.whole:
                self._raise_lines(order, word)
            return
        known = order._get_told_data() if order.data else None
        if not known or not word.whole or words.tells_more(known, word):
            tell = words.follow if word.whole else words.merge
            order._apply(tell(known, word), max(version, order.version or version))
        self._note(order)

    @api.model
    def _note(self, order):
        """Remember when it was told: what was asked for before does not know of it."""
        order.write({"told_at": self._now(), "fetch_after": False})

    def _raise_lines(self, order, word):
        """Lines and units that a word adds to an order that is known otherwise. Its
        figures stay those of the version that they are of."""
        if order.ending:
            # a new version reopens it, and nothing less
            return
        known = order._get_told_data()
        present = self._get_present(order, known)
        raised = []
        for told in word.lines:
            line = present.get(told.external_id)
            more = words.raise_line(line, told) if line else told
            if more != line:
                raised.append(more)
        if raised:
            order.line_ids._apply_some(order, known, raised)
            order.channel_id._wake_publisher_of_queued()
            if order.complete:
                self._note(order)

    def _get_present(self, order, known):
        """:return: channel's id of the line -> schemas.OrderLineData as it is held now,
        of the lines of the order's last version and of words since"""
        nodes = {str(node.id): node for node in order.line_ids._channel_nodes(order)}
        data = {line.external_id: line for line in known.lines}
        return {
            line.external_id: line._get_present(data.get(line.external_id), nodes)
            for line in order.line_ids
        }

    # -------------------------------------------------------------- answer
    @api.model
    def _is_answer(self, order, data, answered_at):
        """Whether ``data`` is newer than the last word, whatever its version says.

        :param answered_at: when the channel gave it on being asked for this order
        """
        if not (order.told_at and data.complete and answered_at):
            return False
        if answered_at < order.told_at:
            return False
        return self._covers(order, data) or self._is_settled(order)

    @api.model
    def _accept(self, order, version):
        """What is wanted is the version that was given, unless more was told since it
        was asked for."""
        asked = order.looked_at and order.looked_at >= order.told_at
        if asked and not order._is_known_well():
            order.wanted_version = version

    def _covers(self, order, data):
        told = data.state if order.complete else order._get_data().state
        units = {line.external_id: line.quantity for line in order.line_ids}
        return words.covers(data, told, units)

    def _is_settled(self, order):
        """Whether it was asked for after the channel had had its time to show what it
        had told of."""
        return bool(order.looked_at and order.looked_at >= self._get_due(order))

    def _get_due(self, order):
        return order.told_at + timedelta(seconds=order.channel_id.order_lag)

    @api.model
    def _on_known_answer(self, order, event, asked):
        """The channel was asked, and gave what is stored already.

        :param asked: the wanted version at the time when the channel was asked
        """
        channel = order.channel_id
        data = channel._adapter()._parse_order(channel, event.body)
        if self._is_answer(order, data, self._now()):
            if order.wanted_version == asked:
                order.wanted_version = order.version
            self.env["channel.inbox.event"]._read_again(channel, event.key)
        elif self._is_settled(order):
            self._wait_for_rest(order)
        else:
            order.fetch_after = self._get_due(order)

    @api.model
    def _wait_for_rest(self, order):
        """The channel does not give all of it yet. Its demand stays held, and it is
        asked for again; of one that could be sold already an operator is told."""
        order.fetch_after = self._now() + timedelta(hours=REST_HOURS)
        if order.state == "announced" or order.ending:
            return
        self.env["channel.exception"]._report(
            order.channel_id,
            "refused",
            key=self._get_key(order),
            record=order,
            message=self.env._(
                "%s is not given in full by the channel. Its known quantities stay "
                "held.",
                order.name,
            ),
            suggestion=self.env._(
                "It is fetched again every hour. Check on the channel what it waits "
                "for, and whether this connection has all permissions: press Test "
                "Connection on the channel."
            ),
        )

    @api.model
    def _on_complete(self, order):
        self.env["channel.exception"]._resolve_keys(
            order.channel_id, [self._get_key(order)]
        )

    def _get_key(self, order):
        return f"order:{order.id}:incomplete"

    def _now(self):
        return self.env["channel.intake"]._database_time().replace(tzinfo=None)
