# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

FIRST = 5
"""Products and orders that a message names."""


class ChannelInboundPromise(models.Model):
    """Sold units that wait for goods to come in: a row is an order line, product and
    warehouse, with the receipt that it was first promised against. STOCK units.

    A backorder rule sells what is on its way. ``promised_date`` is the day on which
    enough would have come in when the order was first seen to wait, ``due_date`` the
    day as it is now: who is served first, and by which receipt, is found anew each
    time, in the order of ``channel.shortage``. So whatever happens to a receipt is
    found in the same way: it is postponed, cancelled, split, comes short, does not come
    on its day, or a more urgent order takes it.

    Written by ``_write_rows`` only, right behind the plan and once a minute. It ends
    when the goods are there or no longer wanted.
    """

    _name = "channel.inbound.promise"
    _description = "Promise against Inbound"
    _inherit = ["channel.guarded"]
    _order = "due_date, id"
    _log_access = False
    _rec_name = "product_id"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    order_id = fields.Many2one(
        "channel.order", required=True, readonly=True, ondelete="cascade", index=True
    )
    order_line_id = fields.Many2one(
        "channel.order.line", required=True, readonly=True, ondelete="cascade"
    )
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", help="Stock units")
    late_quantity = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Stock units that do not come in by the promised day.",
    )
    promised_date = fields.Date(
        readonly=True, help="When it was to come in when the order was taken"
    )
    promised_document = fields.Char(string="Promised against", readonly=True)
    due_date = fields.Date(
        string="Expected", readonly=True, help="Empty: nothing on its way covers it."
    )
    due_document = fields.Char(string="Expected with", readonly=True)
    is_late = fields.Boolean(
        readonly=True, help="Later than promised, or not expected any more."
    )
    is_accepted = fields.Boolean(
        readonly=True, help="Somebody knows that nothing covers it."
    )
    since = fields.Datetime(readonly=True)

    _line_uniq = models.UniqueIndex("(order_line_id, product_id, warehouse_id)")
    _product_idx = models.Index("(product_id)")

    # --------------------------------------------------------------- write
    @api.model
    def _find_products(self):
        rows = self.env.execute_query(
            SQL("SELECT DISTINCT product_id FROM channel_inbound_promise")
        )
        return [product_id for (product_id,) in rows]

    @api.model
    def _write_rows(self, product_ids):
        """Bring the rows of these products up to date; the lock of shortages is held.

        A receipt that should have come yesterday is expected today, day after day.
        """
        self.flush_model()
        self.env.execute_query(
            SQL(
                """
                WITH position AS MATERIALIZED (
                    SELECT product_id, warehouse_id, - available - doubted AS units
                      FROM channel_position
                     WHERE product_id = ANY(%(products)s)
                       AND available + doubted < -0.00005
                ),
                piece AS (%(pieces)s),
                placed AS (
                    -- how much wants to be served after this piece
                    SELECT piece.*, sum(piece.units) OVER (
                               PARTITION BY piece.product_id, piece.warehouse_id
                               ORDER BY rank DESC, priority, moment DESC, piece.id DESC
                               ROWS UNBOUNDED PRECEDING) - piece.units AS behind
                      FROM piece
                     WHERE piece.line_id IS NOT NULL OR piece.rank = 2 OR NOT EXISTS (
                           SELECT FROM stock_move returned
                            WHERE returned.id = piece.id
                              AND returned.purchase_line_id IS NOT NULL)
                ),
                waiting AS (
                    -- of what waits for goods, so much is served up to this piece
                    SELECT placed.*, position.units - behind AS up_to,
                           LEAST(placed.units, position.units - behind) AS missing
                      FROM placed JOIN position USING (product_id, warehouse_id)
                     WHERE placed.line_id IS NOT NULL
                       AND position.units - behind > 0.00005
                ),
                coming AS MATERIALIZED (
                    SELECT inbound.product_id, inbound.warehouse_id,
                           COALESCE(NULLIF(move.origin, ''), move.reference, '')
                               AS document,
                           GREATEST(due_date, (now() AT TIME ZONE 'UTC')::date) AS day,
                           sum(inbound.quantity) OVER (
                               PARTITION BY inbound.product_id, inbound.warehouse_id
                               ORDER BY due_date, inbound.id) AS total
                      FROM channel_inbound inbound
                      LEFT JOIN stock_move move ON move.id = inbound.move_id
                     WHERE inbound.product_id = ANY(%(products)s)
                ),
                covered AS (
                    SELECT waiting.*, found.day, found.document
                      FROM waiting
                      LEFT JOIN LATERAL (
                        SELECT day, document FROM coming
                         WHERE coming.product_id = waiting.product_id
                           AND coming.warehouse_id = waiting.warehouse_id
                           AND coming.total >= waiting.up_to - 0.00005
                         ORDER BY coming.total LIMIT 1) found ON true
                ),
                found AS (
                    -- a line has come when the last of it has
                    SELECT line_id, product_id, warehouse_id,
                           round(sum(missing)::numeric, 4) AS quantity,
                           max(up_to) AS up_to,
                           CASE WHEN bool_and(day IS NOT NULL) THEN max(day) END AS day,
                           CASE WHEN bool_and(day IS NOT NULL)
                                THEN (array_agg(document ORDER BY day DESC))[1]
                                ELSE '' END AS document,
                           bool_or(%(promised)s) AS is_promised
                      FROM covered placed
                     GROUP BY line_id, product_id, warehouse_id
                ),
                gone AS (
                    DELETE FROM channel_inbound_promise old
                     WHERE product_id = ANY(%(products)s)
                       AND NOT EXISTS (
                           SELECT FROM found
                            WHERE found.line_id = old.order_line_id
                              AND found.product_id = old.product_id
                              AND found.warehouse_id = old.warehouse_id)
                ),
                kept AS (
                    UPDATE channel_inbound_promise old
                       SET quantity = found.quantity, due_date = found.day,
                           late_quantity = round(LEAST(found.quantity, GREATEST(0,
                               found.up_to - COALESCE((
                                   SELECT max(total) FROM coming
                                    WHERE coming.product_id = found.product_id
                                      AND coming.warehouse_id = found.warehouse_id
                                      AND coming.day <= old.promised_date), 0)
                               ))::numeric, 4),
                           due_document = found.document,
                           -- what was hopeless, and a person knew, is promised anew
                           promised_date = CASE
                               WHEN old.is_accepted THEN found.day
                               ELSE old.promised_date END,
                           promised_document = CASE
                               WHEN old.is_accepted AND found.day IS NOT NULL
                               THEN found.document ELSE old.promised_document END,
                           is_late = CASE
                               WHEN old.is_accepted THEN false
                               ELSE found.day IS NULL
                                    OR found.day > old.promised_date END,
                           is_accepted = old.is_accepted AND found.day IS NULL
                      FROM found
                     WHERE found.line_id = old.order_line_id
                       AND found.product_id = old.product_id
                       AND found.warehouse_id = old.warehouse_id
                       AND (old.quantity, old.due_date, old.due_document)
                           IS DISTINCT FROM
                           (found.quantity, found.day, found.document)
                )
                INSERT INTO channel_inbound_promise
                       (channel_id, order_id, order_line_id, product_id, warehouse_id,
                        quantity, promised_date, promised_document, due_date,
                        due_document, is_late, is_accepted, since)
                SELECT sold.channel_id, sold.id, found.line_id, found.product_id,
                       found.warehouse_id, found.quantity, found.day, found.document,
                       found.day, found.document, false, false,
                       now() AT TIME ZONE 'UTC'
                  FROM found
                  JOIN channel_order_line line ON line.id = found.line_id
                  JOIN channel_order sold ON sold.id = line.order_id
                 WHERE found.is_promised AND found.day IS NOT NULL
                ON CONFLICT (order_line_id, product_id, warehouse_id) DO NOTHING
                RETURNING id
                """,
                products=list(product_ids),
                pieces=self.env["channel.shortage"]._pieces_query(),
                promised=self.env["channel.shortage"]._promised(),
            )
        )
        self.invalidate_model()

    # ---------------------------------------------------------- exceptions
    @api.model
    def _find_late(self, product_ids):
        return self.search(
            [("product_id", "in", list(product_ids)), ("is_late", "=", True)]
        )

    @api.model
    def _find_told(self, product_ids):
        """Those that a person is asked about, or has answered for."""
        return self.search(
            Domain("product_id", "in", list(product_ids))
            & (Domain("is_late", "=", True) | Domain("is_accepted", "=", True))
        )

    @api.model
    def _settle(self, product_ids):
        """Open an exception a channel, product, warehouse and document; close what is
        over."""
        wanted = self._find_late(product_ids).grouped(lambda row: row._get_key())
        opened = self._find_opened(product_ids)
        for place in wanted.keys() | opened.keys():
            rows, exception = wanted.get(place), opened.get(place)
            if not rows:
                exception._resolve(
                    self.env._("The goods come in time again, or are not wanted.")
                )
            elif not exception:
                self._report(place, rows)
            elif exception.order_ids != rows.order_id or (
                exception.message != rows._get_message()
            ):
                exception.write(
                    {
                        "message": rows._get_message(),
                        "order_ids": [Command.set(rows.order_id.ids)],
                    }
                )

    def _get_key(self):
        """(channel id, key) of the exception that a row belongs to."""
        self.ensure_one()
        parts = (self.product_id.id, self.warehouse_id.id, self.promised_document or "")
        return self.channel_id.id, "late:" + ":".join(map(str, parts))

    @api.model
    def _find_opened(self, product_ids):
        """:return: {(channel id, key): channel.exception} that a person has not closed
        for good"""
        # sudo: exceptions are raised and closed no matter which user moved the goods
        exceptions = self.env["channel.exception"].sudo()
        found = exceptions.search(
            [
                ("category", "=", "late_receipt"),
                ("state", "in", ("open", "ignored")),
                ("res_model", "=", "product.product"),
                ("res_id", "in", list(product_ids)),
            ],
            order="state desc, id",
        )
        return {(each.channel_id.id, each.key): each for each in found}

    def _report(self, place, rows):
        channel_id, key = place
        self.env["channel.exception"]._report(
            self.env["channel.channel"].browse(channel_id),
            "late_receipt",
            key=key,
            record=rows.product_id,
            orders=rows.order_id,
            message=rows._get_message(),
            suggestion=self.env._(
                "Ask the vendor, buy or transfer goods from elsewhere, or agree on a "
                "new date with the customers: resolve it then, and the new date is "
                "what was promised. It closes by itself when the goods come in time."
            ),
        )

    def _get_message(self):
        """In words what was promised to the orders of these rows, and what is now."""
        product, warehouse = self.product_id, self.warehouse_id
        dates = [day for day in self.mapped("due_date") if day]
        values = {
            "units": f"{sum(self.mapped('late_quantity')):g}",
            "unit": product.uom_id.name,
            "product": product.display_name,
            "warehouse": warehouse.name,
            "document": self[0].promised_document or self.env._("goods in receiving"),
            "promised": format_date(
                self.env, min(filter(None, self.mapped("promised_date")), default=None)
            ),
            "orders": self.env["channel.exception"]._get_orders_label(self.order_id),
        }
        if len(dates) < len(self):
            return self.env._(
                "%(units)s %(unit)s of %(product)s in %(warehouse)s, sold for "
                "%(orders)s and promised against %(document)s for %(promised)s, are "
                "not expected any more: nothing on its way covers them.",
                **values,
            )
        return self.env._(
            "%(units)s %(unit)s of %(product)s in %(warehouse)s, sold for %(orders)s "
            "and promised against %(document)s for %(promised)s, are now expected on "
            "%(due)s (%(now)s).",
            due=format_date(self.env, max(dates)),
            now=self.sorted("due_date")[-1].due_document or values["document"],
            **values,
        )

    @api.model
    def _accept(self, exceptions):
        """A person has dealt with these: what is expected now is what is promised."""
        if not exceptions:
            return
        # sudo: what the server writes, by a button of whoever may close exceptions
        rows = self.sudo().search(
            Domain("is_late", "=", True)
            & Domain("channel_id", "in", exceptions.channel_id.ids)
            & Domain("product_id", "in", exceptions.mapped("res_id"))
        )
        keys = {(each.channel_id.id, each.key) for each in exceptions}
        for row in rows.filtered(lambda each: each._get_key() in keys):
            row.write(
                {
                    "promised_date": row.due_date,
                    "promised_document": row.due_document or row.promised_document,
                    "is_late": False,
                    "is_accepted": not row.due_date,
                }
            )
