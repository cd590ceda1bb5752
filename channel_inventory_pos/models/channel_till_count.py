# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.inner import inner

CATEGORY = "till_count"
CORRECTION = "channel_till_correction"
"""By this key of the context a correction is known, which is no count."""
NAMED = 5
"""So many products a message names."""
STANDING = ("clear", "open", "added", "kept")
"""States of a count that no newer one has replaced, and nobody has reverted."""
LATE_DAYS = 7
"""So long after a count what a till sends late is compared with it."""
# A row is a line of an order, with the shelf that it is taken from or put back on.
SOLD_FROM_SHELF = SQL(
    """
    pos_session session
      JOIN pos_config till ON till.id = session.config_id
      JOIN stock_picking_type operation ON operation.id = till.picking_type_id
      LEFT JOIN stock_picking_type back ON back.id = operation.return_picking_type_id
      JOIN pos_order sold ON sold.session_id = session.id
      JOIN pos_order_line line ON line.order_id = sold.id
      JOIN stock_location shelf
        ON shelf.id = CASE WHEN line.qty < 0 AND back.id IS NOT NULL
                           THEN back.default_location_dest_id
                           ELSE operation.default_location_src_id END
    """
)


class ChannelTillCount(models.Model):
    """A product that was counted on a shelf of a till, and what the till had sold of it
    that Odoo had not booked by then.

    The counted quantity lacks these units already, and the session takes them off once
    more when it closes. A count that was taken down before the sales has them in it,
    and nobody but the counter knows: so it is told at once, and a person decides by one
    button, before the session closes or after. A new count of the product decides as
    well: it is compared with what tills have sold by then.

    A till that was offline sends what it had sold before the count when it is back,
    maybe days later (``_note_late``): these units are added to the row while it is
    open, and are a row of their own once that is decided. So a count is remembered
    (``clear``) also where nothing was sold by then.

    One open row a product and shelf of a till; the shelf is where its transfers take
    from. STOCK units.
    """

    _name = "channel.till.count"
    _description = "Count During an Open Session"
    _inherit = ["channel.guarded"]
    _order = "counted_at desc, id desc"
    _log_access = False

    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True
    )
    shelf_id = fields.Many2one(
        "stock.location",
        string="Sold from",
        required=True,
        readonly=True,
        help="Location that the point of sale sells from.",
    )
    location_id = fields.Many2one(
        "stock.location", string="Counted in", required=True, readonly=True
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    units = fields.Float(
        string="Sold, not Booked",
        readonly=True,
        digits="Product Unit",
        help="Sold before it was counted, and not booked by then: by an open session, "
        "or by a point of sale that was offline. Negative: taken back.",
    )
    late_units = fields.Float(
        string="Sent Later",
        readonly=True,
        digits="Product Unit",
        default=0.0,
        help="Sold before it was counted and sent after it by a point of sale that was "
        "offline, as far as is known by now.",
    )
    counted_at = fields.Datetime(string="Counted", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Counted by", readonly=True)
    state = fields.Selection(
        [
            ("clear", "Nothing to Add"),
            ("open", "To decide"),
            ("added", "Added Back"),
            ("kept", "Count Kept"),
            ("recounted", "Counted Again"),
            ("reverted", "Count Reverted"),
        ],
        required=True,
        readonly=True,
        default="open",
    )

    _open_uniq = models.UniqueIndex("(product_id, shelf_id) WHERE state = 'open'")
    _newest_idx = models.Index("(product_id, shelf_id, id DESC)")
    _counted_idx = models.Index("(counted_at, shelf_id)")

    @api.depends("product_id", "location_id")
    def _compute_display_name(self):
        for count in self:
            count.display_name = self.env._(
                "%(product)s in %(place)s",
                product=count.product_id.display_name,
                place=count.location_id.display_name,
            )

    # ------------------------------------------------------------- actions
    def action_add_back(self):
        """The count was taken after the sales: what they will be booked as, or were, is
        put back on the shelf."""
        self._require_role("operator")
        opened = self.filtered(lambda each: each.state == "open")
        if tracked := opened.product_id.filtered(lambda each: each.tracking != "none"):
            raise UserError(
                self.env._(
                    "%s is tracked by lot or serial number: count it again when the "
                    "session is closed.",
                    tracked[0].display_name,
                )
            )
        for count in opened:
            count._put_back()
        opened._settle("added")

    def action_keep(self):
        """The count has the sold units in it: they were on the shelf."""
        self._require_role("operator")
        self.filtered(lambda each: each.state == "open")._settle("kept")

    # ------------------------------------------------------------ business
    @api.autovacuum
    def _gc_clear(self):
        """Nothing that is sent now was sold before these counts."""
        # sudo: rows of the system
        self.sudo().search(
            [("state", "=", "clear"), ("counted_at", "<", self._get_since())]
        ).unlink()

    @api.model
    def _note(self, moves):
        """These counts were booked just now.

        :param moves: stock.move, done
        """
        counted = self._get_places(moves)
        if not counted:
            return
        self.env.flush_all()
        # sudo: whoever counts need not see what tills sell
        counts = self.sudo()
        counts._find_open(counted)._settle("recounted")
        rows = counts.create(counts._prepare_all_vals(counted))
        rows.filtered(lambda row: row.state == "open")._tell()

    @api.model
    def _note_reverted(self, moves):
        """These counts are taken back: Odoo has what it had before.

        :param moves: stock.move of counts
        """
        places = self._get_places(moves)
        # sudo: whoever takes a count back
        counts = self.sudo()
        newest = {}
        for row in counts.search(
            [("product_id", "in", moves.product_id.ids), ("state", "in", STANDING)],
            order="id",
        ):
            newest[row.product_id.id, row.shelf_id.id] = row
        counts.browse(
            row.id
            for row in newest.values()
            if (row.product_id.id, row.location_id.id) in places
        )._settle("reverted")

    @api.model
    def _get_places(self, moves):
        """:return: set of (product id, location id) of counts; goods that are moved to
        another shelf in the list of counts are not counted"""
        return {
            (move.product_id.id, move._get_counted_location().id)
            for move in moves
            if "inventory" in (move.location_id.usage, move.location_dest_id.usage)
        }

    def _find_open(self, places, place="location_id"):
        """:param places: (product id, location id) pairs
        :param place: name of the field that these locations are of
        """
        found = self.search(
            [
                ("state", "=", "open"),
                ("product_id", "in", [product_id for product_id, _place in places]),
            ]
        )
        return found.filtered(
            lambda each: (each.product_id.id, each[place].id) in places
        )

    def _prepare_all_vals(self, counted):
        """:return: values of new rows, one for each product and shelf of a till"""
        found = {
            (product_id, shelf_id): (location_id, units)
            for location_id, shelf_id, product_id, units in self._find_unbooked(counted)
            if (product_id, location_id) in counted and abs(units) > 1e-6
        }
        # another part of the shelf was counted before: this is the newer word
        self._find_open(found, "shelf_id")._settle("recounted")
        self._add_clear(found, counted)
        places = self.env["stock.location"]
        return [
            {
                "product_id": product_id,
                "shelf_id": shelf_id,
                "location_id": location_id,
                "company_id": places.browse(shelf_id).company_id.id
                or self.env.company.id,
                "units": units,
                "state": "open" if units else "clear",
                # what was committed since this transaction began it has not seen
                "counted_at": self.env.cr.now(),
                "user_id": self.env.uid,
            }
            for (product_id, shelf_id), (location_id, units) in found.items()
        ]

    def _add_clear(self, found, counted):
        """Counts of which nothing was sold are added to ``found``, in the place of
        older ones of that kind."""
        shelves = self._find_shelves({location_id for _product, location_id in counted})
        clear = {
            (product_id, shelf_id): (location_id, 0.0)
            for product_id, location_id in counted
            for shelf_id in shelves.get(location_id, ())
            if (product_id, shelf_id) not in found
        }
        if not clear:
            return
        product_ids = [product_id for product_id, _shelf in clear]
        for row in self.search(
            [("product_id", "in", product_ids), ("state", "=", "open")]
        ):
            # of another part of the shelf, and still to be decided
            clear.pop((row.product_id.id, row.shelf_id.id), None)
        self.search(
            [("product_id", "in", product_ids), ("state", "=", "clear")]
        ).filtered(
            lambda row: (row.product_id.id, row.shelf_id.id) in {**found, **clear}
        ).unlink()
        found.update(clear)

    def _find_shelves(self, location_ids):
        """:return: location id -> ids of the shelves of tills in use that it is of"""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT counted.id, array_agg(DISTINCT shelf.id)
                  FROM pos_config till
                  JOIN stock_picking_type operation
                    ON operation.id = till.picking_type_id
                  LEFT JOIN stock_picking_type back
                    ON back.id = operation.return_picking_type_id
                  JOIN stock_location shelf
                    ON shelf.id IN (operation.default_location_src_id,
                                    back.default_location_dest_id)
                  JOIN stock_location counted
                    ON starts_with(counted.parent_path, shelf.parent_path)
                 WHERE counted.id = ANY(%s) AND EXISTS (
                       SELECT FROM pos_session session
                        WHERE session.config_id = till.id
                          AND (session.state <> 'closed' OR session.stop_at > %s))
                 GROUP BY 1
                """,
                list(location_ids),
                self._get_since(),
            )
        )
        return dict(rows)

    def _find_unbooked(self, counted):
        """What open tills have sold of the places counted, kits as their components.

        :param counted: set of (product id, location id)
        :return: list of (location id, shelf id, product id, stock units)
        """
        rows = self.env.execute_query(
            SQL(
                """
                SELECT counted.id, shelf.id, line.product_id, sold.company_id,
                       sum(line.qty)::float
                  FROM %(sold)s
                  JOIN stock_location counted
                    ON starts_with(counted.parent_path, shelf.parent_path)
                 WHERE session.state <> 'closed' AND %(booked_later)s
                   AND counted.id = ANY(%(places)s)
                 GROUP BY 1, 2, 3, 4
                """,
                sold=SOLD_FROM_SHELF,
                booked_later=self.env["channel.position"]._is_booked_later(
                    "sold", "session"
                ),
                places=list({location_id for _product, location_id in counted}),
            )
        )
        units = self._add_up(rows)
        return [(*key, quantity) for key, quantity in units.items()]

    def _add_up(self, rows):
        """:param rows: (place, shelf id, product id, company id, quantity sold)
        :return: {(place, shelf id, product id): stock units}, kits as their components
        """
        units = {}
        for place, shelf_id, product_id, company_id, quantity in rows:
            company = self.env["res.company"].browse(company_id)
            product = self.env["product.product"].browse(product_id)
            for part_id, each in product._get_counted(company).items():
                key = (place, shelf_id, part_id)
                units[key] = units.get(key, 0.0) + quantity * each
        return units

    # ---------------------------------------------------------------- late
    @api.model
    def _note_late(self):
        """Tills that were offline have sent what they had sold before a count.

        Looks at all there is, and writes how far a count and these sales differ from
        what is noted: whatever is done twice, or was missed, comes to the same. So it
        finds as well what came in while a long count was being booked.
        """
        self.env.flush_all()
        late = self._add_up(self._find_late())
        product_ids = [product_id for _moment, _shelf, product_id in late]
        changed = []
        for row_id, *key, before, state in self._find_newest(product_ids):
            units = late.get(tuple(key), 0.0)
            if abs(units - before) > 1e-6:
                changed.append((row_id, state, before, units))
        if changed:
            self._take_late(changed)

    def _get_since(self):
        return fields.Datetime.now() - timedelta(days=LATE_DAYS)

    def _find_late(self):
        """:return: list of (time of a count, shelf id, product id, company id, quantity
        that was sold there before it and sent after it)"""
        return self.env.execute_query(
            SQL(
                """
                WITH sent AS MATERIALIZED (
                    -- a row is an order of the last days, with when it came in; one
                    -- that was a draft here comes in with its payment
                    SELECT sold.id, sold.date_order, COALESCE((
                           SELECT max(payment.create_date) FROM pos_payment payment
                            WHERE payment.pos_order_id = sold.id),
                           sold.create_date) AS came_in
                      FROM pos_session session
                      JOIN pos_order sold ON sold.session_id = session.id
                     WHERE (session.state <> 'closed' OR session.stop_at > %(since)s)
                       AND sold.state IN ('paid', 'done')
                       AND sold.shipping_date IS NULL),
                late AS MATERIALIZED (
                    SELECT * FROM sent WHERE EXISTS (
                           SELECT FROM channel_till_count
                            WHERE counted_at > %(since)s
                              AND counted_at > sent.date_order
                              AND counted_at < sent.came_in))
                SELECT counted.counted_at, shelf.id, line.product_id, sold.company_id,
                       sum(line.qty)::float
                  FROM %(sold)s
                  JOIN late ON late.id = sold.id
                 CROSS JOIN LATERAL (
                       SELECT DISTINCT counted_at FROM channel_till_count
                        WHERE shelf_id = shelf.id AND state = ANY(%(standing)s)
                          AND counted_at > %(since)s AND counted_at > late.date_order
                          AND counted_at < late.came_in) counted
                 GROUP BY 1, 2, 3, 4
                """,
                sold=SOLD_FROM_SHELF,
                since=self._get_since(),
                standing=list(STANDING),
            )
        )

    def _find_newest(self, product_ids):
        """The newest counts of these products, and others that have late units.

        :return: list of (id, time of the count, shelf id, product id, late units,
            state)
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT id, counted_at, shelf_id, product_id, late_units, state
                  FROM (SELECT DISTINCT ON (product_id, shelf_id) *
                          FROM channel_till_count
                         WHERE counted_at > %s
                         ORDER BY product_id, shelf_id, id DESC) newest
                 WHERE state = ANY(%s) AND (product_id = ANY(%s) OR late_units <> 0)
                """,
                self._get_since(),
                list(STANDING),
                product_ids,
            )
        )

    def _take_late(self, changed):
        """Add to what is to be decided; what was decided is not asked again, only what
        came in since. A row that somebody decides at this moment is left to the next
        look.

        :param changed: list of (id, state, late units noted, late units found)
        """
        values = SQL(", ").join(
            SQL("(%s, %s, %s::numeric, %s::numeric)", *each) for each in changed
        )
        rows = self.env.execute_query(
            SQL(
                """
                WITH found (id, state, noted, late) AS (VALUES %s),
                added AS (
                    UPDATE channel_till_count own
                       SET units = own.units + found.late - found.noted,
                           late_units = found.late,
                           state = CASE WHEN abs(own.units + found.late - found.noted)
                                             > 1e-6 THEN 'open' ELSE 'clear' END
                      FROM found
                     WHERE own.id = found.id AND own.state = found.state
                       AND own.state IN ('open', 'clear')
                       AND abs(own.late_units - found.noted) < 1e-6
                    RETURNING own.id
                ),
                apart AS (
                    INSERT INTO channel_till_count (product_id, shelf_id, location_id,
                           company_id, user_id, counted_at, state, units, late_units)
                    SELECT product_id, shelf_id, location_id, company_id, user_id,
                           counted_at, 'open', found.late - found.noted, found.late
                      FROM channel_till_count decided
                      JOIN found ON found.id = decided.id
                     WHERE found.state IN ('added', 'kept')
                        ON CONFLICT DO NOTHING
                    RETURNING id
                )
                SELECT id FROM added UNION ALL SELECT id FROM apart
                """,
                values,
            )
        )
        self.invalidate_model()
        self.browse(row_id for (row_id,) in rows)._tell()

    def _put_back(self):
        """An adjustment by the units that the count has lost, or has too many."""
        # sudo: operators correct what they were told of, whatever else they may move
        stock = self.env["stock.quant"].sudo().with_company(self.company_id)
        stock = stock.with_context(**inner(**{CORRECTION: True}))
        place = {
            "product_id": self.product_id.id,
            "location_id": self.location_id.id,
        }
        loose = {**place, "lot_id": False, "package_id": False, "owner_id": False}
        domain = [(name, "=", value) for name, value in loose.items()]
        quant = stock.search(domain, limit=1)
        counted_at = fields.Datetime.context_timestamp(self, self.counted_at)
        stock._adjust_by(
            {quant or stock.create(place): self.units},
            self.env._(
                "Sold before the count of %s", counted_at.strftime("%Y-%m-%d %H:%M")
            ),
        )

    # ---------------------------------------------------------------- tell
    def _tell(self):
        """A person is told of what is open of these; where nothing is, that ends."""
        opened = self.filtered(lambda row: row.state == "open")
        for shelf in opened.shelf_id:
            self._report(shelf)
        (self - opened)._end_told()

    def _report(self, shelf):
        """One exception a shelf: what was counted together is decided together."""
        rows = self.search([("state", "=", "open"), ("shelf_id", "=", shelf.id)])
        newest = rows[:1]
        names = ", ".join(
            f"{row.units:g} × {row.product_id.display_name}" for row in rows[:NAMED]
        )
        if len(rows) > NAMED:
            names = self.env._(
                "%(names)s and %(count)s more", names=names, count=len(rows) - NAMED
            )
        self.env["channel.exception"]._report(
            self.env["channel.channel"],
            CATEGORY,
            key=_key(shelf),
            message=self.env._(
                "Counted in %(place)s after points of sale had sold units there that "
                "were not booked by then, and are taken off the stock when they are: "
                "%(products)s.",
                place=shelf.display_name,
                products=names,
            ),
            suggestion=self.env._(
                "Open the record. If the shelf was counted after these sales, press "
                "Add Back, else the units are taken off twice. If it was counted "
                "before them, press Keep Count. A new count decides as well."
            ),
            record=newest,
            company=newest.company_id,
        )

    def _settle(self, state):
        if not self:
            return
        # sudo: a field of the system
        self.sudo().state = state
        self.sudo()._end_told()

    def _end_told(self):
        """These are decided; the exception of a shelf ends with its last one."""
        for company, rows in self.grouped("company_id").items():
            left = self.search(
                [("state", "=", "open"), ("shelf_id", "in", rows.shelf_id.ids)]
            )
            self.env["channel.exception"]._resolve_keys(
                self.env["channel.channel"],
                [_key(shelf) for shelf in rows.shelf_id - left.shelf_id],
                company=company,
            )


def _key(shelf):
    return f"till_count:{shelf.id}"
