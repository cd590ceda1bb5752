# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL, format_datetime

LATE_HOURS = 24
"""Orders that arrived within so many hours say whether a till is on time."""


class ChannelTillWatch(models.AbstractModel):
    """Finds what tills do in silence: transfers that could not be booked, and sales
    that arrive long after they were made, or after their shelf was counted."""

    _name = "channel.till.watch"
    _description = "Watch of Points of Sale"

    @api.model
    def _look(self):
        self.env.flush_all()
        self._look_at_transfers()
        self._look_at_lateness()
        self.env["channel.till.count"]._note_late()

    # ----------------------------------------------------------- transfers
    def _look_at_transfers(self):
        """Odoo closes a sale whose transfer it cannot book, and goes on: a serial
        number is missing, a lot has no stock. The goods are gone all the same."""
        open_ids = {picking_id for (picking_id,) in self._find_open_transfers()}
        told = self._find_told("till_transfer", "stock.picking")
        for picking in self.env["stock.picking"].browse(sorted(open_ids)):
            if picking.id not in told:
                self._report_transfer(picking)
        for picking_id, exception in told.items():
            if picking_id not in open_ids:
                exception._resolve(self.env._("The transfer is booked or cancelled."))

    def _find_open_transfers(self):
        return self.env.execute_query(
            SQL(
                """
                SELECT picking.id FROM stock_picking picking
                  LEFT JOIN pos_order sold ON sold.id = picking.pos_order_id
                 WHERE picking.pos_session_id IS NOT NULL
                   AND picking.state NOT IN ('draft', 'done', 'cancel')
                   -- what is to be shipped later is open for good reason
                   AND sold.shipping_date IS NULL
                """
            )
        )

    def _report_transfer(self, picking):
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            "till_transfer",
            key=f"till:{picking.id}",
            message=self.env._(
                "%(transfer)s of %(session)s is not booked, though its goods have been "
                "handed over: %(products)s.",
                transfer=picking.name,
                session=picking.pos_session_id.name,
                products=", ".join(
                    picking.move_ids.product_id[:5].mapped("display_name")
                ),
            ),
            suggestion=self.env._(
                "Open the transfer, enter the lot or serial numbers that are missing, "
                "and validate it. Until then its units count as allocated."
            ),
            record=picking,
            company=picking.company_id,
        )

    # ------------------------------------------------------------ lateness
    def _look_at_lateness(self):
        told = self._find_told("till_late", "pos.config")
        seen = set()
        for till_id, minutes, made_at in self._find_late():
            seen.add(till_id)
            till = self.env["pos.config"].browse(till_id)
            message = self.env._(
                "%(till)s was offline: an order of %(moment)s arrived %(minutes)s "
                "minutes later.",
                till=till.name,
                moment=format_datetime(self.env, made_at, dt_format="short"),
                minutes=minutes,
            )
            if till_id in told and told[till_id].message == message:
                continue
            self.env["channel.exception"]._report(
                self.env["channel.channel"],
                "till_late",
                key=f"till:{till_id}",
                message=message,
                suggestion=self.env._(
                    "Channels could sell these units meanwhile: look for stock below "
                    "zero, check the connection of the point of sale, and give its "
                    "products a buffer if this happens often."
                ),
                record=till,
                company=till.company_id,
            )
        for till_id, exception in told.items():
            if till_id not in seen:
                exception._resolve(self.env._("Its orders arrive on time again."))

    def _find_late(self):
        """:return: (till id, minutes, when it was made) of tills whose last order was
        late"""
        return self.env.execute_query(
            SQL(
                """
                SELECT till.id, floor(last.late / 60)::int, last.date_order
                  FROM pos_config till
                 CROSS JOIN LATERAL (
                       SELECT sold.date_order, EXTRACT(
                              epoch FROM sold.create_date - sold.date_order) AS late
                         FROM pos_order sold
                         JOIN pos_session session ON session.id = sold.session_id
                        WHERE session.config_id = till.id
                          AND session.start_at > now() AT TIME ZONE 'UTC' - interval
                              '30 days'
                          AND sold.create_date > %(since)s
                        ORDER BY sold.create_date DESC, sold.date_order DESC, sold.id
                        LIMIT 1) last
                 WHERE till.channel_late_minutes > 0
                   AND last.late >= till.channel_late_minutes * 60
                """,
                since=fields.Datetime.subtract(fields.Datetime.now(), hours=LATE_HOURS),
            )
        )

    def _find_told(self, category, model):
        """:return: record id -> open or ignored exception"""
        # sudo: exceptions are the system's, whoever runs this
        exceptions = self.env["channel.exception"].sudo()
        found = exceptions.search(
            [
                ("category", "=", category),
                ("res_model", "=", model),
                ("state", "in", ("open", "ignored")),
            ],
            order="id",
        )
        return {each.res_id: each for each in found}
