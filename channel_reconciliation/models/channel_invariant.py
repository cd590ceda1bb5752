# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

MOST = 1000
"""So many rows of one invariant are kept: more of them are one fault."""

# Class of a difference -> the invariants that it breaks.
KINDS = {"units_twice": ("twice", "more"), "units_unmoved": ("lost",)}

# Moves of a sale line of a channel order, in STOCK units: what is to leave, and has. A
# kit's moves are of other products, and left out with their lines.
MOVED = """
    SELECT line.channel_order_line_id AS line_id, move.product_id,
           sum(move.product_qty) FILTER (
               WHERE move.state IN ('confirmed', 'waiting', 'partially_available',
                                    'assigned')) AS open,
           sum(move.quantity) FILTER (WHERE move.state = 'done') AS done
      FROM stock_move move
      JOIN sale_order_line line ON line.id = move.sale_line_id
      JOIN stock_location destination ON destination.id = move.location_dest_id
      JOIN stock_location origin ON origin.id = move.location_id
     WHERE line.channel_order_line_id IS NOT NULL AND move.company_id = %(company)s
       AND destination.usage = 'customer' AND origin.usage <> 'customer'
     GROUP BY line.channel_order_line_id, move.product_id
"""
HELD = """
    SELECT order_line_id AS line_id, product_id, sum(stock_quantity) AS held
      FROM channel_hold
     WHERE state = 'active' AND order_line_id IS NOT NULL AND company_id = %(company)s
     GROUP BY order_line_id, product_id
"""

# Each a query of (line id, units, expected units) that has no row unless something is
# wrong.
INVARIANTS = {
    # units of one line that are held and in transfers besides, or held twice
    "twice": """
        WITH moved AS (%(moved)s), held AS (%(held)s)
        SELECT line.id, held.held + COALESCE(moved.open, 0) + COALESCE(moved.done, 0),
               line.quantity * line.stock_factor
          FROM held
          JOIN channel_order_line line ON line.id = held.line_id
          LEFT JOIN moved ON moved.line_id = held.line_id
           AND moved.product_id = held.product_id
         WHERE held.held + COALESCE(moved.open, 0) + COALESCE(moved.done, 0)
               > line.quantity * line.stock_factor + 0.00005
         ORDER BY line.id LIMIT %(most)s
    """,
    # units of a confirmed line that leave more often than they were sold
    "more": """
        WITH moved AS (%(moved)s), sold AS (%(sold)s)
        SELECT sold.line_id, COALESCE(moved.open, 0) + COALESCE(moved.done, 0),
               sold.units
          FROM sold JOIN moved USING (line_id, product_id)
         WHERE COALESCE(moved.open, 0) > 0
           AND COALESCE(moved.open, 0) + COALESCE(moved.done, 0) > sold.units + 0.00005
         ORDER BY sold.line_id LIMIT %(most)s
    """,
    # units of a confirmed line that nothing holds, moves or has delivered
    "lost": """
        WITH moved AS (%(moved)s), held AS (%(held)s), sold AS (%(sold)s)
        SELECT sold.line_id, COALESCE(moved.open, 0) + COALESCE(moved.done, 0)
                             + COALESCE(held.held, 0), sold.units
          FROM sold
          JOIN moved USING (line_id, product_id)
          LEFT JOIN held USING (line_id, product_id)
          JOIN channel_order_line line ON line.id = sold.line_id
          JOIN channel_order orders ON orders.id = line.order_id
         WHERE orders.state = 'imported' AND line.open_quantity > 0
           AND COALESCE(moved.open, 0) + COALESCE(moved.done, 0)
               + COALESCE(held.held, 0) < sold.units - 0.00005
         ORDER BY sold.line_id LIMIT %(most)s
    """,
}
# Confirmed lines of channel orders in STOCK units.
SOLD = """
    SELECT line.channel_order_line_id AS line_id, line.product_id,
           sum(line.product_uom_qty * unit.factor / stock_unit.factor)::float8 AS units
      FROM sale_order_line line
      JOIN sale_order sale ON sale.id = line.order_id
      JOIN uom_uom unit ON unit.id = line.product_uom_id
      JOIN product_product product ON product.id = line.product_id
      JOIN product_template template ON template.id = product.product_tmpl_id
      JOIN uom_uom stock_unit ON stock_unit.id = template.uom_id
     WHERE line.channel_order_line_id IS NOT NULL AND sale.state = 'sale'
       AND sale.company_id = %(company)s AND template.is_storable
     GROUP BY line.channel_order_line_id, line.product_id
"""


class ChannelInvariant(models.AbstractModel):
    """What must be true of Odoo's own figures at any time, checked in SQL.

    Each row found is a unit that is counted twice, or not at all: a fault of the
    software, or of SQL that somebody has run. It is recorded with its order line, told
    to a person, and closed when the figures agree again.
    """

    _name = "channel.invariant"
    _description = "Invariants of Stock Figures"

    @api.model
    def _run(self, company, trigger="schedule"):
        """Check all of a company. :return: the run"""
        self.env.flush_all()
        run = self.env["channel.reconcile.run"]._begin(
            "stock", trigger, company=company
        )
        run.noted_at = fields.Datetime.now()
        counts = {}
        for name in INVARIANTS:
            rows = self._find(name, company)
            counts[name] = len(rows)
            for line_id, units, expected in rows:
                self._record(run, name, line_id, units, expected)
        run.counts = {
            kind: sum(counts[name] for name in names) for kind, names in KINDS.items()
        }
        self._close_unseen(run)
        run._end("done")
        return run

    def _find(self, name, company):
        parts = {"moved": MOVED, "held": HELD, "sold": SOLD}
        values = {"company": company.id, "most": MOST}
        queries = {each: SQL(text, **values) for each, text in parts.items()}
        return self.env.execute_query(SQL(INVARIANTS[name], **queries, **values))

    def _record(self, run, name, line_id, units, expected):
        line = self.env["channel.order.line"].browse(line_id)
        words = self._get_message(name, line, units, expected)
        found = self.env["channel.reconcile.recorder"]._record(
            {
                "run_id": run.id,
                "company_id": run.company_id.id,
                "channel_id": line.channel_id.id,
                "kind": "units_unmoved" if name == "lost" else "units_twice",
                "state": "open",
                "listing_id": line.listing_id.id,
                "product_id": line.product_id.id,
                "stock_ref": f"line:{line.id}",
                "node_ref": name,
                "sku": line.sku,
                "shown": round(units),
                "expected": round(expected),
                "units": round(units - expected),
                "note": words,
                "trace": run.trace,
                "res_model": "channel.order",
                "res_id": line.order_id.id,
            }
        )
        found._report(
            "invariant",
            words,
            self.env._(
                "Compare the order's holds, sale order and transfers. If nobody has "
                "changed the database by hand, report it as a fault of the software."
            ),
        )

    def _get_message(self, name, line, units, expected):
        values = {
            "order": line.order_id.name,
            "item": line.sku or line.title or line.external_id,
            "units": f"{units:g}",
            "expected": f"{expected:g}",
        }
        if name == "twice":
            return self.env._(
                "%(order)s, %(item)s: %(units)s units are held or in transfers, of "
                "%(expected)s sold.",
                **values,
            )
        if name == "more":
            return self.env._(
                "%(order)s, %(item)s: %(units)s units leave, of %(expected)s sold.",
                **values,
            )
        return self.env._(
            "%(order)s, %(item)s: only %(units)s of %(expected)s sold units are held, "
            "in transfers or delivered.",
            **values,
        )

    def _close_unseen(self, run):
        self.env["channel.reconcile.difference"].search(
            [
                ("company_id", "=", run.company_id.id),
                ("kind", "in", list(KINDS)),
                ("state", "=", "open"),
                ("run_id", "!=", run.id),
            ]
        )._settle("closed")
