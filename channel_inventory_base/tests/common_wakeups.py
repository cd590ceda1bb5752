# SPDX-License-Identifier: AGPL-3.0-or-later
from ..models import channel_outage

LONG_WAITS = (5, 10, 20, 40, 60)


class WakeUps:
    """What is asked to be woken, whichever transaction asks for it.

    Mixed into a case with one channel.
    """

    def setUp(self):
        super().setUp()
        self.woken = {}
        # longer than a test takes to look
        self.patch(channel_outage, "WAITS", LONG_WAITS)
        cls = self.registry["channel.channel"]
        after_commit = cls._after_commit

        def note(channels, channel_id, method, seconds=0):
            known = self.woken.get((channel_id, method), seconds)
            self.woken[channel_id, method] = min(known, seconds)
            return after_commit(channels, channel_id, method, seconds)

        self.patch(cls, "_after_commit", note)

    def wanted(self, job):
        """:return: seconds after which ``job`` of the channel is to run; None: not"""
        return self.woken.get((self.channel.id, job))

    def forget_wakeups(self):
        self.woken.clear()
