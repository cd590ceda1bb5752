# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models

from ..tools.believe import Reading

MANY = 10
"""Of fewer numbers in one request nobody can tell whether they are believable."""


class ChannelObserver(models.AbstractModel):
    """What the observer concludes is classified, recorded, and subject to policy."""

    _inherit = "channel.observer"

    def _is_believable(self, channel, facts, shown):
        """One request with numbers that are none, or 0, nearly throughout: a permission
        was lost, or the channel has forgotten its stock. It waits for a person, and
        what was read is not used."""
        believable = super()._is_believable(channel, facts, shown)
        pairs = [
            (fact["expected"] or 0, shown[ref])
            for fact in facts
            if (ref := (fact["stock_ref"], fact["node_ref"])) in shown
            and (fact["expected"] or 0) > 0
        ]
        if not believable or len(pairs) < MANY:
            return believable
        reading = Reading(
            known=len(pairs),
            read=len(pairs),
            nothing=sum(not number for _expected, number in pairs),
            differing=0,
            total=len(pairs),
        )
        if not reading.find_fault():
            return True
        self.env["channel.reconciler"]._refuse(channel, "nothing", reading)
        return False

    def _on_difference(self, channel, fact, seen_sum):
        kept = self.env["channel.reconciler"]._conclude(channel, fact, seen_sum)
        if not kept:
            return super()._on_difference(channel, fact, seen_sum)
        return None

    def _on_explained(self, channel, fact):
        self.env["channel.reconciler"]._explain(channel, fact)
        return super()._on_explained(channel, fact)
