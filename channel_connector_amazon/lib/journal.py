# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which feeds about orders are ours. No odoo in here.

Amazon neither takes a key with a feed nor tells which document it was made of. So what
is about to be handed in is written down before, and the feed's id behind it: where the
answer was lost, a feed of that kind that was made since and that nobody has written
down is the one.
"""

from datetime import datetime, timedelta, timezone

from odoo.addons.channel_inventory_base.lib.errors import Refused

KEPT = timedelta(days=3)
"""A message of which nothing is known for longer is looked at by a person anyway."""
SLACK = timedelta(seconds=5)
"""Amazon tells times in whole seconds."""


class Journal:
    """
    :param store: a dict that all workers share, as ``channel.adapter.SharedDict``
    :param clock: function that gives the time, aware
    """

    def __init__(self, store, clock=lambda: datetime.now(timezone.utc)):
        self._store, self._clock = store, clock

    def begin(self, places, kind, moment=None):
        """A feed is about to be handed in.

        :param places: {key of a message that it carries out: its
            ``order_messages.Place``, of which the feed is not known yet}
        :param kind: the feed's
        :param moment: the time by Amazon's clock; None: by ours
        """
        moment = moment or self._clock()
        with self._store.lock() as state:
            for old, note in list(state.items()):
                if datetime.fromisoformat(note["at"]) < moment - KEPT:
                    del state[old]
            note = {"kind": kind, "at": moment.isoformat(), "feed": ""}
            note["batch"] = next(iter(places))
            for key, place in places.items():
                state[key] = {**note, "place": str(place)}

    def end(self, keys, ref):
        """It was taken, as the feed ``ref``."""
        with self._store.lock() as state:
            for key in keys:
                state.get(key, {}).update(feed=ref)

    def forget(self, keys):
        """It was certainly not taken."""
        with self._store.lock() as state:
            for key in keys:
                state.pop(key, None)

    def find(self, key, feeds):
        """The feed that carries out a message.

        :param feeds: a ``documents.Feeds``
        :return: its id and the message's place in it; "" where none was made
        :raise Refused: ``UNKNOWN``: it may be that of another message as well
        """
        with self._store.lock() as state:
            notes = {name: dict(note) for name, note in state.items()}
        note = notes.get(key)
        if not note or note["feed"]:
            return f"{note['feed']}{note['place']}" if note else ""
        since = datetime.fromisoformat(note["at"]) - SLACK
        claimed = {each["feed"] for each in notes.values()}
        made = [
            ref
            for ref, _status, _moment in feeds.made_since(note["kind"], since)
            if ref not in claimed
        ]
        if not made:
            return ""
        rivals = [
            name
            for name, each in notes.items()
            if each["batch"] != note["batch"]
            and not each["feed"]
            and each["kind"] == note["kind"]
        ]
        if rivals or len(made) > 1:
            raise Refused(f"one of the feeds {', '.join(made)}", code="UNKNOWN")
        together = [name for name in notes if notes[name]["batch"] == note["batch"]]
        self.end(together, made[0])
        return f"{made[0]}{note['place']}"
