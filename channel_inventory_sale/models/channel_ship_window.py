# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

AHEAD_HOURS = 48
"""So long before an order may not be shipped any more a person is told."""
AT_ONCE = 500

# Orders of which something has not left.
UNSHIPPED = SQL(
    """(channel_order.stage IN ('captured', 'quotation', 'confirmed', 'reserved',
                                'picked', 'packed', 'partly_shipped')
        AND channel_order.state IN ('captured', 'blocked', 'parked', 'imported')
        AND channel_order.ending IS NULL
        AND channel_order.fulfilled_by_channel IS NOT TRUE)"""
)


class ChannelShipWindow(models.AbstractModel):
    """The time within which a customer wants its goods shipped.

    What leaves later is charged for, or refused at the gate: a person is told before,
    and afterwards a delivery is stopped until a person has overridden that. What leaves
    before is charged for as well: by the channel's policy it is stopped until a person
    allows it, or told.
    """

    _name = "channel.ship.window"
    _description = "Ship Window"

    @api.model
    def _report_ending(self):
        """Time passing is no event: once a minute, what has to leave soon."""
        self._resolve_gone()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id FROM channel_order
                 WHERE cancel_after < now() AT TIME ZONE 'UTC'
                                      + make_interval(hours => %s)
                   AND %s
                   AND NOT EXISTS (
                        SELECT FROM channel_exception told
                         WHERE told.channel_id = channel_order.channel_id
                           AND told.category = 'window'
                           AND told.res_model = 'channel.order'
                           AND told.res_id = channel_order.id
                           -- told when it had ended, of one that has
                           AND (cancel_after > now() AT TIME ZONE 'UTC'
                                OR told.last_seen >= cancel_after))
                 ORDER BY cancel_after, id LIMIT %s
                """,
                AHEAD_HOURS,
                UNSHIPPED,
                AT_ONCE,
            )
        )
        for order in self.env["channel.order"].browse(row[0] for row in rows):
            self._report(order)

    def _report(self, order):
        ended = order.cancel_after <= fields.Datetime.now()
        values = {
            "order": order.name,
            "moment": format_datetime(
                self.env, order.cancel_after, tz="UTC", dt_format="yyyy-MM-dd HH:mm"
            ),
        }
        if ended:
            words = self.env._(
                "%(order)s has not left, and was wanted until %(moment)s UTC only.",
                **values,
            )
            advice = self.env._(
                "Ask the customer: override this to ship it all the same, or cancel it."
            )
        else:
            words = self.env._(
                "%(order)s has not left: it is wanted until %(moment)s UTC only.",
                **values,
            )
            advice = self.env._(
                "Ship it before, or agree on another date with the customer."
            )
        self.env["channel.exception"]._report(
            order.channel_id,
            "window",
            key=f"order:{order.id}:window",
            record=order,
            message=words,
            suggestion=advice,
        )

    def _resolve_gone(self):
        """Of what has left, was cancelled, or has more time now."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT told.channel_id, array_agg(told.key)
                  FROM channel_exception told
                  JOIN channel_order ON channel_order.id = told.res_id
                 WHERE told.category = 'window' AND told.state = 'open'
                   AND told.res_model = 'channel.order'
                   AND (cancel_after IS NULL OR NOT %s
                        OR cancel_after >= now() AT TIME ZONE 'UTC'
                                           + make_interval(hours => %s))
                 GROUP BY told.channel_id
                """,
                UNSHIPPED,
                AHEAD_HOURS,
            )
        )
        for channel_id, keys in rows:
            channel = self.env["channel.channel"].browse(channel_id)
            self.env["channel.exception"]._resolve_keys(channel, keys)

    @api.model
    def _check_begun(self, order, left_at=None):
        """:param left_at: when it has left, where that is told later; naive UTC
        :raise UserError: what is about to leave is not wanted yet"""
        if not self._is_early(order, left_at) or order._is_overridden("early"):
            return
        policy = order.channel_id.early_policy
        if policy == "ignore":
            return
        values = {
            "order": order.name,
            "moment": format_datetime(
                self.env, order.ship_from, tz="UTC", dt_format="yyyy-MM-dd HH:mm"
            ),
        }
        if policy == "stop":
            raise UserError(
                self.env._(
                    "%(order)s is to be shipped from %(moment)s UTC on: its customer "
                    "may charge for goods that come before. Wait, or press Allow Early "
                    "Shipping on the order of the channel.",
                    **values,
                )
            )
        self.env["channel.exception"]._report(
            order.channel_id,
            "early",
            key=f"order:{order.id}:early",
            # not of the order: its next import must not settle it
            record=order.sale_order_id,
            message=self.env._(
                "%(order)s has left before its ship window, which begins on %(moment)s "
                "UTC.",
                **values,
            ),
            suggestion=self.env._(
                "Agree with the customer, who may charge for that, then resolve this."
            ),
        )

    @api.model
    def _is_early(self, order, left_at=None):
        begins = order.ship_from
        return bool(begins) and begins > (left_at or fields.Datetime.now())

    @api.model
    def _check_open(self, order):
        """:raise UserError: what is about to leave is not wanted any more"""
        if not order.cancel_after or order._is_overridden("window"):
            return
        if order.cancel_after <= fields.Datetime.now():
            raise UserError(
                self.env._(
                    "%(order)s was wanted until %(moment)s UTC only: do not ship it "
                    "before the customer has agreed. Then override the exception of "
                    "its ship window.",
                    order=order.name,
                    moment=order.cancel_after,
                )
            )
