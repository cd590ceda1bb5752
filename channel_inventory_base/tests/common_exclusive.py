# SPDX-License-Identifier: AGPL-3.0-or-later
from ..exceptions import UncertainError


class ExclusiveEvents:
    """What happens, in random order, to ``channels`` that share stock exclusively.

    ``unseen`` are sales that are not known here: (channel, the fake's name of it).
    """

    def publish_on(self, channel):
        self.env.flush_all()
        self.env["channel.publisher"]._run(channel)
        self.env.invalidate_all()

    def observe_on(self, channel):
        self.env.flush_all()
        self.env["channel.observer"]._run(channel)
        self.env.invalidate_all()

    def publish_unanswered(self, channel):
        """The answer is lost; it is asked again with the next publication.

        Not by assertRaises, which would undo what was committed before.
        """
        self.fake.faults = [("answer", UncertainError("lost"))]
        try:
            self.publish_on(channel)
        except UncertainError:
            self.env.invalidate_all()
        self.fake.faults = []

    # ------------------------------------------------------------- events
    def see(self, dice):
        """Orders become known, not always in their order."""
        dice.shuffle(self.unseen)
        for channel, name in self.unseen[: dice.randint(1, 3)]:
            event = self.fake.event(name)
            self.env["channel.inbox.event"]._store(channel, [event], "webhook")
            self.env["channel.intake"]._capture_next(channel)
            self.unseen.remove((channel, name))
        self.env.invalidate_all()

    def plan_(self, dice):
        self.plan()

    def send(self, dice):
        self.publish_on(dice.choice(self.channels))

    def lose(self, dice):
        self.publish_unanswered(dice.choice(self.channels))

    def look(self, dice):
        self.observe_on(dice.choice(self.channels))
