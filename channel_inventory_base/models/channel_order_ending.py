# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models

ENDINGS = [
    ("cancelled", "Cancelled on the channel"),
    ("deleted", "Deleted on the channel"),
    ("history", "Shipped before the channel was connected"),
    ("elsewhere", "Shipped from a location without stock in Odoo"),
    ("ignored", "Shipped by the channel, not recorded"),
    ("test", "Test order"),
    ("refused", "Refused: nothing in stock"),
    ("person", "Ended manually"),
]
STATES = {"cancelled": "cancelled", "deleted": "gone"}
"""Way to end -> state; all others are closed: never ours to ship."""


class ChannelOrderEnding(models.AbstractModel):
    """Endings of orders that were not shipped and paid in the usual way.

    Holds are released in no other way: each ending has a name, is logged on the order
    and in the audit trail with the released holds, and is refused while a delivery is
    open in Odoo. Then an exception is raised, and the order ends with its delivery.
    """

    _name = "channel.order.ending"
    _description = "Endings of Channel Orders"

    @api.model
    def _end(self, order, ending):
        """End ``order`` in one of the named ways, when nothing of it is under way.

        :return: False where it is not the end: a person was told
        """
        order.ending = ending
        if transfers := self._find_open_transfers(order):
            self._report_open(order, transfers)
            return False
        held = self._get_held_label(order)
        order._release_holds()
        order.write(
            {
                "state": STATES.get(ending, "closed"),
                "ending": ending,
                "wanted_version": order.version,
            }
        )
        self.env["channel.exception"]._resolve_record(order)
        self._log(order, held)
        return True

    def _find_open_transfers(self, order):
        """Hook: names of transfers that would still go out to the customer."""
        return []

    def _report_open(self, order, transfers):
        """Hook: an operator decides about these transfers."""

    # ------------------------------------------------------------------ words
    def _get_held_label(self, order):
        held = order.line_ids.hold_ids.filtered(lambda hold: hold.state == "active")
        return ", ".join(
            f"{hold.quantity} × {hold.order_line_id.sku or hold.order_line_id.title}"
            for hold in held
        )

    def _log(self, order, held):
        label = dict(order._fields["ending"]._description_selection(self.env))
        self.env["channel.audit"]._log(
            "order",
            order.channel_id,
            self.env._(
                "%(order)s ended: %(ending)s; holds released: %(held)s",
                order=order.name,
                ending=label[order.ending],
                held=held or self.env._("nothing"),
            ),
            record=order,
            trace=order.trace,
        )
