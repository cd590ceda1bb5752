# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.fields import Command, Domain
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import (
    LOCK_SHORT,
    lock,
    own_transaction,
)
from odoo.addons.channel_inventory_base.models.channel_position import STORED_MOVES

AT_ONCE = 1000
"""Products that are looked at in one transaction."""


class ChannelShortage(models.Model):
    """Sold units that are not in stock, in STOCK units: one row per order line, product
    and warehouse. Kits are short of components.

    Written by ``_look`` only, right after the planner and once a minute, whatever the
    cause: a count, scrap, another delivery. Demand is served in this order: what is
    reserved, then open transfers by priority and date, then what orders hold. Units
    that a backorder rule has promised against receipts are not short; neither is what
    is kept back because a count is stale.

    Without a line: transfers without a channel need more than the available stock.
    """

    _name = "channel.shortage"
    _description = "Short Stock"
    _inherit = ["channel.guarded"]
    _order = "id"
    _log_access = False
    _rec_name = "product_id"

    channel_id = fields.Many2one(
        "channel.channel", required=True, readonly=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="channel_id.company_id")
    order_id = fields.Many2one(
        "channel.order", readonly=True, ondelete="cascade", index=True
    )
    order_line_id = fields.Many2one(
        "channel.order.line", readonly=True, ondelete="cascade"
    )
    product_id = fields.Many2one("product.product", required=True, readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", help="Stock units")
    share = fields.Float(
        readonly=True, help="Missing stock units of the line's open demand"
    )
    since = fields.Datetime(readonly=True)
    due_date = fields.Date(compute="_compute_due", help="When enough stock is expected")
    due_text = fields.Char(string="Expected", compute="_compute_due")

    _place_uniq = models.UniqueIndex(
        "(product_id, warehouse_id, COALESCE(order_line_id, 0))"
    )

    def _compute_due(self):
        for (product, warehouse), rows in self.grouped(
            lambda row: (row.product_id, row.warehouse_id)
        ).items():
            wanted = self.search(self._domain_at(product, warehouse))
            due, document = self._find_due(
                product, warehouse, sum(wanted.mapped("quantity"))
            )
            rows.due_date = due
            rows.due_text = rows._get_due_label(due, document)

    def _domain_at(self, product, warehouse):
        return [
            ("product_id", "=", product.id),
            ("warehouse_id", "=", warehouse.id),
        ]

    def _find_due(self, product, warehouse, quantity):
        """:return: day on which so many stock units have come in, and the document; or
        (False, "")"""
        inbound = self.env["channel.inbound"].search(
            self._domain_at(product, warehouse), order="due_date, id"
        )
        for row in inbound:
            quantity -= row.quantity
            if quantity <= 0:
                # sudo: the number of a document, for who may not open it
                move = row.sudo().move_id
                return row.due_date, move.origin or move.reference or ""
        return False, ""

    def _get_due_label(self, due, document):
        if not due:
            return self.env._("no inbound")
        day = fields.Date.to_string(due)
        if document:
            return self.env._(
                "expected %(day)s (%(document)s)", day=day, document=document
            )
        return self.env._("expected %s", day)

    def _get_summary(self):
        """Text of a row: the missing units, the warehouse and the expected date."""
        return self.env._(
            "%(units)s %(unit)s of %(product)s in %(warehouse)s, %(due)s",
            units=f"{self.quantity:g}",
            unit=self.product_id.uom_id.name,
            product=self.product_id.display_name,
            warehouse=self.warehouse_id.name,
            due=self.due_text,
        )

    # ---------------------------------------------------------------- look
    @api.model
    def _look(self, product_ids):
        """Find out what is short of these products, each some in a transaction."""
        product_ids = sorted(product_ids)
        for start in range(0, len(product_ids), AT_ONCE):
            with own_transaction(self.env) as env:
                env["channel.shortage"]._look_at(product_ids[start : start + AT_ONCE])

    @api.model
    def _look_around(self):
        """Once a minute: what no change of stock tells (a person has reserved it for
        another), and what was left behind by a worker that died."""
        self._look(self._find_candidates())

    @api.model
    def _find_candidates(self):
        """Products of which something is short, or wants what it did not get."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id FROM channel_shortage
                UNION
                SELECT move.product_id FROM stock_move move
                  JOIN sale_order_line line ON line.id = move.sale_line_id
                 WHERE move.state IN ('confirmed', 'partially_available', 'waiting')
                   AND line.channel_order_line_id IS NOT NULL
                UNION
                SELECT held.product_id FROM (%s) held
                 WHERE held.product_id IS NOT NULL
                """,
                self.env["channel.router"]._held_query(),
            )
        )
        return [product_id for (product_id,) in rows]

    @api.model
    def _look_at(self, product_ids):
        lock(self.env, LOCK_SHORT, "")
        self.env.flush_all()
        changed = self._write_rows(product_ids)
        if changed:
            self.invalidate_model()
            self._write_lines({line for *_place, line in changed if line})
        self._settle(product_ids, {tuple(place) for *place, _line in changed})

    def _write_rows(self, product_ids):
        """Bring the rows of these products up to date.

        :return: rows (channel, product, warehouse, line) of what has changed
        """
        return self.env.execute_query(
            SQL(
                """
                WITH position AS MATERIALIZED (
                    SELECT product_id, warehouse_id, - available - doubted AS units,
                           GREATEST(0, in_transit - dedicated) AS coming
                      FROM channel_position
                     WHERE product_id = ANY(%(products)s)
                       AND available + doubted < -0.00005
                ),
                piece AS (%(pieces)s),
                placed AS (
                    -- how much wants to be served after this piece
                    SELECT piece.*, order_line.order_id, orders.channel_id,
                           sum(piece.units) OVER (
                               PARTITION BY piece.product_id, warehouse_id
                               ORDER BY rank DESC, priority, moment DESC, piece.id DESC
                               ROWS UNBOUNDED PRECEDING) - piece.units AS behind,
                           sum(piece.units) OVER (
                               PARTITION BY piece.line_id, piece.product_id) AS wanted
                      FROM piece
                      LEFT JOIN channel_order_line order_line
                        ON order_line.id = piece.line_id
                      LEFT JOIN channel_order orders ON orders.id = order_line.order_id
                ),
                missing AS (
                    SELECT placed.*, LEAST(placed.units, position.units - behind
                           - CASE WHEN %(promised)s THEN coming ELSE 0 END) AS missing
                      FROM placed JOIN position USING (product_id, warehouse_id)
                ),
                others AS (
                    -- beyond what channel orders lack
                    SELECT position.product_id, position.warehouse_id,
                           COALESCE(sum(missing) FILTER (
                               WHERE line_id IS NULL AND missing > 0), 0)
                           + GREATEST(0, position.units
                                         - COALESCE(sum(missing.units), 0)) AS missing
                      FROM position LEFT JOIN missing USING (product_id, warehouse_id)
                     GROUP BY 1, 2, position.units
                ),
                found AS (
                    SELECT channel_id, order_id, line_id, product_id, warehouse_id,
                           round(sum(missing)::numeric, 4) AS quantity,
                           round((sum(missing) / max(wanted))::numeric, 6) AS share
                      FROM missing
                     WHERE line_id IS NOT NULL AND missing > 0.00005
                     GROUP BY 1, 2, 3, 4, 5
                    UNION ALL
                    SELECT seller.channel_id, NULL, NULL, product_id, warehouse_id,
                           round(missing::numeric, 4), 1
                      FROM others CROSS JOIN LATERAL (%(seller)s) seller
                     WHERE missing > 0.00005
                ),
                gone AS (
                    DELETE FROM channel_shortage short
                     WHERE product_id = ANY(%(products)s)
                       AND NOT EXISTS (
                            SELECT FROM found
                             WHERE found.product_id = short.product_id
                               AND found.warehouse_id = short.warehouse_id
                               AND found.line_id IS NOT DISTINCT FROM
                                   short.order_line_id)
                    RETURNING channel_id, product_id, warehouse_id, order_line_id
                ),
                put AS (
                    INSERT INTO channel_shortage AS short
                           (channel_id, order_id, order_line_id, product_id,
                            warehouse_id, quantity, share, since)
                    SELECT channel_id, order_id, line_id, product_id, warehouse_id,
                           quantity, share, now() AT TIME ZONE 'UTC'
                      FROM found
                    ON CONFLICT (product_id, warehouse_id, COALESCE(order_line_id, 0))
                    DO UPDATE SET quantity = EXCLUDED.quantity, share = EXCLUDED.share,
                                  channel_id = EXCLUDED.channel_id
                     WHERE (short.quantity, short.share, short.channel_id)
                           IS DISTINCT FROM
                           (EXCLUDED.quantity, EXCLUDED.share, EXCLUDED.channel_id)
                    RETURNING channel_id, product_id, warehouse_id, order_line_id
                )
                SELECT * FROM gone UNION SELECT * FROM put
                """,
                products=list(product_ids),
                pieces=self._pieces_query(),
                promised=self._promised(),
                seller=self._seller_query(),
            )
        )

    def _pieces_query(self):
        """A row is a part of an open transfer or a hold at a ``position``, reserved or
        not: (product_id, warehouse_id, line_id, units, rank, priority, moment, id)."""
        return SQL(
            """
            SELECT outgoing.product_id, outgoing.warehouse_id,
                   own.id AS line_id, part.units, part.rank,
                   COALESCE(move.priority, '0') AS priority, move.date AS moment,
                   move.id
              FROM (%(outgoing)s) outgoing
              JOIN position USING (product_id, warehouse_id)
              JOIN stock_move move ON move.id = outgoing.move_id
              LEFT JOIN sale_order_line sale_line ON sale_line.id = move.sale_line_id
              -- of the order's own sale order: people may name any line
              LEFT JOIN channel_order sold ON sold.sale_order_id = sale_line.order_id
              LEFT JOIN channel_order_line own
                ON own.id = sale_line.channel_order_line_id AND own.order_id = sold.id
             CROSS JOIN LATERAL (
                SELECT LEAST(outgoing.quantity, COALESCE(
                           CASE WHEN move.state = 'waiting' THEN (%(led)s)
                                ELSE %(reserved)s END, 0)) AS units
             ) reserved
             CROSS JOIN LATERAL (VALUES
                (reserved.units, 0), (outgoing.quantity - reserved.units, 1)
             ) AS part (units, rank)
             WHERE outgoing.kind = 'allocated' AND part.units > 0
            UNION ALL
            SELECT held.product_id, held.warehouse_id, held.line_id, held.quantity, 2,
                   '0', NULL, held.order_id
              FROM (%(held)s) held JOIN position USING (product_id, warehouse_id)
             WHERE held.quantity > 0
            """,
            outgoing=self.env["channel.position"]._outgoing_facts(
                STORED_MOVES, SQL(", move.id AS move_id")
            ),
            reserved=_reserved("move"),
            led=self._led_query(),
            held=self.env["channel.router"]._held_query(),
        )

    def _led_query(self):
        """The quantity reserved for ``move`` by its preceding moves."""
        return SQL(
            """
            WITH RECURSIVE back (id) AS (
                SELECT move_orig_id FROM stock_move_move_rel
                 WHERE move_dest_id = move.id
                UNION
                SELECT link.move_orig_id
                  FROM back JOIN stock_move_move_rel link ON link.move_dest_id = back.id
            )
            SELECT sum(%s) FROM back JOIN stock_move feeder ON feeder.id = back.id
             WHERE feeder.state IN ('assigned', 'partially_available')
            """,
            _reserved("feeder"),
        )

    def _promised(self):
        """Whether a backorder rule counts for what the channel sells of it."""
        return SQL(
            """
            EXISTS (SELECT FROM channel_order_line sold
                      JOIN channel_level level ON level.listing_id = sold.listing_id
                      JOIN channel_level_inputs known ON known.level_id = level.id
                     WHERE sold.id = placed.line_id
                       AND (known.inputs ->> 'backorder_id') IS NOT NULL)
            """
        )

    def _seller_query(self):
        """The first channel that sells the product of ``others`` from its warehouse."""
        return SQL(
            """
            SELECT node.channel_id FROM channel_listing listing
              JOIN channel_node node ON node.channel_id = listing.channel_id
              JOIN channel_node_stock_warehouse_rel served
                ON served.channel_node_id = node.id
             WHERE listing.product_id = others.product_id AND listing.state = 'mapped'
               AND served.stock_warehouse_id = others.warehouse_id
             ORDER BY node.channel_id LIMIT 1
            """
        )

    def _write_lines(self, line_ids):
        """The missing stock units of lines; whole kits for a kit.

        A line locked by another worker is left to the next run.
        """
        self.env.execute_query(
            SQL(
                """
                WITH line AS (
                    SELECT own.id, own.open_quantity, own.missing_quantity,
                           CASE WHEN own.product_id IS NULL THEN listing.stock_factor
                                ELSE own.stock_factor END AS stock_factor,
                           COALESCE(own.substitute_id, own.product_id,
                                    listing.product_id) AS product_id
                      FROM channel_order_line own
                      LEFT JOIN channel_listing listing ON listing.id = own.listing_id
                     WHERE own.id = ANY(%s)
                       FOR NO KEY UPDATE OF own SKIP LOCKED
                ),
                lacks AS (
                    SELECT line.id, CASE
                           WHEN count(short.id) = 0 THEN 0
                           WHEN bool_and(short.product_id = line.product_id)
                           THEN sum(short.quantity)
                           -- two thirds of three kits are two
                           ELSE ceil(max(share) * max(open_quantity) - 0.0001)
                                * max(stock_factor) END AS missing
                      FROM line LEFT JOIN channel_shortage short
                        ON short.order_line_id = line.id
                     GROUP BY line.id
                )
                UPDATE channel_order_line SET missing_quantity = lacks.missing
                  FROM lacks WHERE lacks.id = channel_order_line.id
                RETURNING lacks.id
                """,
                list(line_ids),
            )
        )
        self.env["channel.order.line"].invalidate_model(["missing_quantity"])

    # ------------------------------------------------------------ exceptions
    def _settle(self, product_ids, changed):
        """Open an exception a channel, product and warehouse; close what is gone.

        :param changed: set of (channel, product, warehouse) whose figures are others
        """
        wanted = self._find_wanted(product_ids)
        opened = self._find_opened(product_ids)
        for place in wanted.keys() | opened.keys():
            rows, exception = wanted.get(place), opened.get(place)
            if not rows:
                exception._resolve(
                    self.env._("The goods are in stock, or no longer needed.")
                )
            elif not exception:
                self._report(place, rows)
            elif place in changed or exception.order_ids != rows.order_id:
                exception.write(self._prepare_exception_vals(rows))

    def _find_wanted(self, product_ids):
        """:return: place -> rows of orders whose shortage a person has to know of

        Not of those that wait for stock by policy, that are not imported yet, or whose
        short stock a person is asked about already.
        """
        rows = self.search(Domain("product_id", "in", product_ids))
        asked = self.env["channel.exception"].search(
            [
                ("state", "=", "open"),
                ("category", "=", "short_stock"),
                ("res_model", "=", "channel.order"),
                ("res_id", "in", rows.order_id.ids),
            ]
        )
        asked_about = set(asked.mapped("res_id"))
        rows = rows.filtered(
            lambda row: (
                row.order_id.state != "parked"
                and (
                    row.order_id.state not in ("announced", "captured")
                    or row.order_id.sale_order_id
                )
                and row.order_id.id not in asked_about
            )
        )
        return rows.grouped(
            lambda row: (row.channel_id.id, row.product_id.id, row.warehouse_id.id)
        )

    def _find_opened(self, product_ids):
        """:return: place -> channel.exception that a person has not closed for good"""
        # sudo: exceptions are raised and closed no matter which user moved the goods
        exceptions = self.env["channel.exception"].sudo()
        ids = self.env.execute_query(
            SQL(
                """
                SELECT id, channel_id, split_part(key, ':', 2)::int,
                       split_part(key, ':', 3)::int
                  FROM channel_exception
                 WHERE category = 'oversold' AND state IN ('open', 'ignored')
                   AND key LIKE 'short:%%'
                   AND split_part(key, ':', 2)::int = ANY(%s)
                """,
                list(product_ids),
            )
        )
        return {tuple(place): exceptions.browse(found) for found, *place in ids}

    def _report(self, place, rows):
        channel_id, product_id, warehouse_id = place
        self.env["channel.exception"]._report(
            self.env["channel.channel"].browse(channel_id),
            "oversold",
            key=f"short:{product_id}:{warehouse_id}",
            record=rows.product_id,
            orders=rows.order_id,
            **self._get_exception_message(rows),
        )

    def _prepare_exception_vals(self, rows):
        return {
            "order_ids": [Command.set(rows.order_id.ids)],
            **self._get_exception_message(rows),
        }

    def _get_exception_message(self, rows):
        values = {
            "units": f"{sum(rows.mapped('quantity')):g}",
            "unit": rows.product_id.uom_id.name,
            "product": rows.product_id.display_name,
            "warehouse": rows.warehouse_id.name,
            "due": rows[0].due_text,
        }
        orders = rows.order_id
        if not orders:
            message = self.env._(
                "%(units)s %(unit)s of %(product)s are promised beyond the stock of "
                "%(warehouse)s, by transfers without a channel; %(due)s.",
                **values,
            )
        else:
            message = self.env._(
                "%(units)s %(unit)s of %(product)s sold for %(orders)s are not in "
                "stock in %(warehouse)s; %(due)s.",
                orders=self.env["channel.exception"]._get_orders_label(orders),
                **values,
            )
        return {
            "message": message,
            "suggestion": self.env._(
                "Buy or transfer goods, reroute the orders, or cancel undeliverable "
                "units and notify the customer. It closes automatically. Give fast "
                "movers a buffer (Channels > Configuration > Rules)."
            ),
        }


def _reserved(alias):
    """The reserved quantity of a move, in stock units."""
    return SQL(
        """CASE WHEN %(state)s IN ('assigned', 'partially_available')
                THEN %(quantity)s * %(product_qty)s / NULLIF(%(wanted)s, 0)
                ELSE 0 END""",
        state=SQL.identifier(alias, "state"),
        quantity=SQL.identifier(alias, "quantity"),
        product_qty=SQL.identifier(alias, "product_qty"),
        wanted=SQL.identifier(alias, "product_uom_qty"),
    )
