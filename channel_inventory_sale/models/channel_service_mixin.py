# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL, format_list

from .channel_ship_window import UNSHIPPED

NAMED = 5
"""So many orders are named."""
KEY = "ship_by"

# Of ``channel_order``: what should have left and has not.
LATE = SQL("(channel_order.ship_by < now() AT TIME ZONE 'UTC' AND %s)", UNSHIPPED)


class ChannelServiceMixin(models.AbstractModel):
    """Orders that have not left by the time that the channel wants them handed to the
    carrier: marketplaces count each of them against the seller.

    A service level of its channel, and no share: one order that is late is one too
    many. The exception closes when all have left or ended.
    """

    _inherit = "channel.service.mixin"

    judge_ship_by = fields.Boolean(
        string="Judge Ship-By Times",
        default=True,
        tracking=True,
        help="An exception names orders that should have left and have not.",
    )

    @api.model
    def _get_service_queries(self):
        return {**super()._get_service_queries(), KEY: self._late_query()}

    @api.model
    def _late_query(self):
        return SQL(
            """
            SELECT channel_order.channel_id, 0, count(*)
              FROM channel_order
              JOIN channel_channel channel ON channel.id = channel_order.channel_id
             WHERE channel.judge_ship_by AND %s
             GROUP BY channel_order.channel_id
            """,
            LATE,
        )

    def _is_service_missed(self, key, share, total):
        if key != KEY:
            return super()._is_service_missed(key, share, total)
        # also of a paused channel, whose orders are to be shipped all the same
        return bool(total)

    def _get_service_message(self, key, share, missed):
        if key != KEY:
            return super()._get_service_message(key, share, missed)
        return self.env._(
            "%(channel)s: %(count)s orders should have left by now and have not: "
            "%(orders)s",
            channel=self.name,
            count=missed,
            orders=self._get_late_names(missed),
        ), self.env._(
            "Ship them, the earliest first; what cannot be shipped, cancel or agree on "
            "with the customer. It closes by itself when all have left."
        )

    def _get_late_names(self, count):
        rows = self.env.execute_query(
            SQL(
                "SELECT name FROM channel_order WHERE channel_id = %s AND %s "
                "ORDER BY ship_by, id LIMIT %s",
                self.id,
                LATE,
                NAMED,
            )
        )
        names = [name for (name,) in rows]
        more = count - len(names)
        if more > 0:
            names.append(self.env._("%s more", more))
        return format_list(self.env, names)
