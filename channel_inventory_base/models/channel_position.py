# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import dataclass

from odoo import fields, models, tools
from odoo.tools import SQL

from ..db.views import create_view_at_end

# What a fact can count in; addons append theirs, with a field of the same name.
KINDS = (
    "on_hand",
    "allocated",
    "held",
    "doubted",
    "damaged",
    "in_transit",
    "dedicated",
    "consigned",
)


OPEN = SQL("('waiting', 'confirmed', 'partially_available', 'assigned')")

# The open move that ``link`` leads to. OFFSET 0: looked up for each link, which few
# moves have; PostgreSQL would read all open moves once more.
NEXT_MOVE = SQL(
    """
    SELECT next.location_id,
           COALESCE(next.location_final_id, next.location_dest_id) AS final_id
      FROM stock_move next
     WHERE next.id = link.move_dest_id AND next.state IN %s OFFSET 0
    """,
    OPEN,
)

NOTHING = SQL("")


@dataclass(frozen=True)
class Moves:
    """Sources of moves for facts: tables or queries, for use in FROM."""

    # those that are open, with the columns of stock_move
    opened: SQL = SQL("(SELECT * FROM stock_move WHERE state IN %s)", OPEN)
    # the open ones that follow a move: (move_orig_id, location_id, final_id)
    following: SQL = SQL(
        "(SELECT link.move_orig_id, next.* FROM stock_move_move_rel link "
        "CROSS JOIN LATERAL (%s) next)",
        NEXT_MOVE,
    )
    # the open ones that a move follows
    leading: SQL = SQL(
        "(SELECT * FROM stock_move move WHERE state IN %s AND EXISTS ("
        "SELECT FROM stock_move_move_rel link CROSS JOIN LATERAL (%s) next "
        "WHERE link.move_orig_id = move.id))",
        OPEN,
        NEXT_MOVE,
    )


STORED_MOVES = Moves()


class ChannelPosition(models.Model):
    """Canonical stock position: product x warehouse, in STOCK units. A SQL view.

    ``available = on_hand - allocated - held - doubted``; it may be negative, which is
    a shortage. Every row of the inner query is one fact (a quant, an open move, a
    hold) with the column it counts in, see ``channel_position_facts``; nothing but
    sums happens outside of it, so that a condition on the product reaches the indexes
    of each fact.
    """

    _name = "channel.position"
    _description = "Stock Position"
    _inherit = ["channel.sql.view", "channel.foreign.facts"]
    _auto = False
    _order = "product_id, warehouse_id"
    _rec_name = "product_id"

    product_id = fields.Many2one("product.product", readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    categ_id = fields.Many2one(related="product_id.categ_id")
    on_hand = fields.Float(readonly=True, digits="Product Unit", help="Sellable stock")
    allocated = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="All open demand on sellable stock, reserved or not, counted once however "
        "many steps the delivery has. Make-to-order demand counts from the arrival "
        "of its receipt.",
    )
    held = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Demand of orders not yet confirmed in Odoo.",
    )
    doubted = fields.Float(
        string="Withheld",
        readonly=True,
        digits="Product Unit",
        help="Kept back because a report of the warehouse is overdue.",
    )
    available = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="On hand - allocated - held - withheld",
    )
    damaged = fields.Float(readonly=True, digits="Product Unit")
    in_transit = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Open receipts, and goods in receiving or quality control.",
    )
    dedicated = fields.Float(
        string="Committed Inbound",
        readonly=True,
        digits="Product Unit",
        help="In transit and already committed: awaited by a delivery, or a return not "
        "inspected yet.",
    )
    consigned = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Stock of other owners that the warehouse does not sell.",
    )
    backorderable = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="In transit, not committed and not needed to cover a shortage: available "
        "to backorder rules.",
    )
    as_of = fields.Datetime(
        readonly=True,
        help="Time of the external count, where Odoo does not count the stock; of the "
        "last document, where it counts by reported movements.",
    )
    confidence = fields.Integer(
        string="Confidence (%)",
        readonly=True,
        aggregator="min",
        help="Percentage of the stock on hand that may be promised, by the age of the "
        "warehouse's last report. Odoo's own count is always 100 %.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id")

    # ---------------------------------------------------------------- CRUD
    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    # ------------------------------------------------------------- actions
    def action_show_levels(self):
        """The numbers that this position goes into."""
        self.ensure_one()
        action = self.product_id.action_channel_levels()
        return dict(
            action,
            domain=[
                ("listing_id.product_id", "=", self.product_id.id),
                ("node_id.warehouse_ids", "in", self.warehouse_id.ids),
            ],
        )

    def action_show_holds(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_hold_action"
        )
        return dict(
            action,
            domain=[
                ("product_id", "=", self.product_id.id),
                ("warehouse_id", "=", self.warehouse_id.id),
                ("state", "=", "active"),
            ],
            context={},
        )

    # ------------------------------------------------------------ business
    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL("CREATE VIEW channel_position AS %s", self._position_query())
        )
        self.env["channel.inbound"]._create_view()

    def _quantity_kinds(self):
        """Names of the columns that facts count in; addons append theirs."""
        return KINDS

    def _position_query(self):
        """The facts of ``_facts``, summed by product and warehouse."""
        return SQL(
            """
            SELECT position.product_id::bigint * 1000000 + position.warehouse_id AS id,
                   position.product_id, position.warehouse_id, warehouse.company_id,
                   %(columns)s, position.available,
                   GREATEST(0, position.in_transit - position.dedicated
                               + LEAST(0, position.available)) AS backorderable,
                   COALESCE(external.as_of, CASE WHEN warehouse.channel_authority
                            = 'reported' THEN warehouse.channel_told_at END) AS as_of,
                   COALESCE(external.confidence, warehouse.channel_confidence, 100)
                       AS confidence
              FROM (
                SELECT summed.*, on_hand - allocated - held - doubted AS available
                  FROM (SELECT product_id, warehouse_id, %(sums)s
                          FROM (%(facts)s) fact
                         GROUP BY product_id, warehouse_id) summed
              ) position
              JOIN stock_warehouse warehouse ON warehouse.id = position.warehouse_id
              LEFT JOIN channel_external_stock external
                ON external.product_id = position.product_id
               AND external.warehouse_id = position.warehouse_id
               AND warehouse.channel_authority = 'external'
            """,
            columns=SQL(", ").join(
                SQL.identifier("position", kind) for kind in self._quantity_kinds()
            ),
            sums=SQL(", ").join(
                SQL(
                    "COALESCE(sum(quantity) FILTER (WHERE kind = %s), 0) AS %s",
                    kind,
                    SQL.identifier(kind),
                )
                for kind in self._quantity_kinds()
            ),
            facts=SQL(" UNION ALL ").join(self._facts()),
        )

    # --------------------------------------------------------------- facts
    # The facts a position is the sum of.
    #
    # Each method is a query of (product_id, warehouse_id, kind, quantity) in STOCK
    # units. Moves count where they cross the border of a warehouse's sellable stock:
    # what happens on either side of it changes nothing that could be promised.
    def _facts(self):
        """Queries of (product_id, warehouse_id, kind, quantity); addons add theirs."""
        return [
            *self._stock_facts(),
            *self._foreign_facts(STORED_MOVES),
            *self._move_facts(STORED_MOVES),
        ]

    def _stock_facts(self):
        return [self._quant_facts(), *self._stated_facts()]

    def _stated_facts(self):
        """Stock that is not a sum of quants: reported stock."""
        return [
            self._external_facts(),
            self._silence_facts(),
            *map(self._open_demand, self._demand_facts()),
        ]

    def _demand_facts(self):
        """Queries of demand that Odoo has no move for; addons append theirs.

        A change of one has to tell the outbox of all products that are demanded with
        it: ``channel_demanded`` of ``db.functions``.
        """
        return [self._hold_facts()]

    def _open_demand(self, fact):
        """Hook: demand on a product as demand on what it is made of, here itself.

        :param fact: a query of ``_demand_facts``
        """
        return fact

    def _move_facts(self, moves):
        """:param moves: Moves: where to read them"""
        return [
            self._outgoing_facts(moves),
            self._incoming_facts(moves),
            self._dedicated_facts(moves),
        ]

    # -------------------------------------------------------------- stock
    def _quant_facts(self):
        """A row is a quant in a location inside a warehouse that Odoo counts."""
        kind = SQL(
            "CASE %s ELSE warehouse.kind END",
            SQL(" ").join(
                SQL("WHEN %s THEN %s", condition, kind)
                for kind, condition in self._quant_exceptions()
            ),
        )
        return self._quant_rows(SQL("%s AS kind, quant.quantity", kind))

    def _quant_rows(self, columns):
        """Query of (product_id, warehouse_id, ``columns``) over ``quant``.

        Locations, which are few, are judged once each before quants are looked at:
        OFFSET 0 keeps PostgreSQL from judging them once a quant.
        """
        return SQL(
            """
            SELECT quant.product_id, warehouse.warehouse_id, %(columns)s
              FROM stock_quant quant
              JOIN (SELECT judged.*, kind = 'on_hand' AS is_on_hand,
                           kind = 'in_transit' AS is_in_transit
                      FROM (
                        SELECT location.id AS location_id, location.warehouse_id,
                               CASE location.stock_state
                               WHEN 'damaged' THEN 'damaged'
                               WHEN 'receiving' THEN 'in_transit'
                               WHEN 'quality' THEN 'in_transit'
                               ELSE 'on_hand' END AS kind, %(judged_by)s
                          FROM stock_location location
                          JOIN stock_warehouse warehouse
                            ON warehouse.id = location.warehouse_id
                         WHERE location.usage = 'internal'
                           AND warehouse.channel_authority IS DISTINCT FROM 'external'
                      ) judged
                    OFFSET 0) warehouse
                ON warehouse.location_id = quant.location_id
            """,
            columns=columns,
            judged_by=SQL(", ").join(
                SQL.identifier("warehouse", name) for name in self._warehouse_columns()
            ),
        )

    def _quant_exceptions(self):
        """Pairs (kind, condition): what a ``quant`` counts as that does not count as
        its location says; the first that is true. Addons append theirs."""
        ours = self._is_ours("quant", "owner_id")
        return [("consigned", SQL("(%s IS NOT TRUE)", ours))]

    def _warehouse_columns(self):
        """Columns of ``warehouse`` that ``_quant_exceptions`` look at; addons add
        theirs."""
        return [
            "company_id",
            "channel_consignment",
            "channel_authority",
            "channel_confidence",
        ]

    def _is_ours(self, alias, column):
        """Whether an owner is nobody or we, or ``warehouse`` sells for owners."""
        owner = SQL.identifier(alias, column)
        return SQL(
            """(%(owner)s IS NULL OR warehouse.channel_consignment = 'sold'
                OR %(owner)s = (SELECT company.partner_id FROM res_company company
                                 WHERE company.id = warehouse.company_id))""",
            owner=owner,
        )

    def _silence_facts(self):
        """A row is a quant on hand in a warehouse that reports its movements and has
        been silent for too long: some of it is kept back, in the end all.

        Quant by quant, what is there: less than none on a shelf lowers no doubt.
        """
        counts = SQL(" AND ").join(
            SQL("%s IS NOT TRUE", condition)
            for _kind, condition in self._quant_exceptions()
        )
        return SQL(
            """
            %(quants)s
             WHERE warehouse.channel_authority = 'reported'
               AND warehouse.channel_confidence < 100
               AND warehouse.is_on_hand AND quant.quantity > 0 AND %(counts)s
            """,
            quants=self._quant_rows(
                SQL(
                    """
                    'doubted' AS kind,
                    quant.quantity * (100 - warehouse.channel_confidence) / 100
                        AS quantity
                    """
                )
            ),
            counts=counts,
        )

    def _external_facts(self):
        """A row is an external count, brought up to date: less what has left since, as
        far as Odoo knows, plus what has arrived.

        Odoo's own inventory adjustments are left out. They bring Odoo's figure to the
        authority's, and would count what it has counted once more. Those that the
        authority itself has told (``channel_told``) have happened there.
        """
        return SQL(
            """
            SELECT rolled.product_id, rolled.warehouse_id, fact.kind, fact.quantity
              FROM (
                SELECT external.product_id, external.warehouse_id, external.damaged,
                       external.confidence, external.on_hand + COALESCE((
                           SELECT sum(line.quantity_product_uom
                                      * ((%(arrives)s IS TRUE)::int
                                         - (%(leaves)s IS TRUE)::int))
                             FROM stock_move_line line
                             JOIN stock_location source ON source.id = line.location_id
                             JOIN stock_location dest ON dest.id = line.location_dest_id
                            WHERE line.product_id = external.product_id
                              AND line.state = 'done' AND line.date > external.as_of
                              AND external.warehouse_id
                                  IN (source.warehouse_id, dest.warehouse_id)
                              AND ('inventory' NOT IN (source.usage, dest.usage)
                                   OR EXISTS (
                                      SELECT FROM stock_move told
                                       WHERE told.id = line.move_id
                                         AND told.channel_told))
                       ), 0) AS on_hand
                  FROM channel_external_stock external
                  JOIN stock_warehouse warehouse
                    ON warehouse.id = external.warehouse_id
                   AND warehouse.channel_authority = 'external'
              ) rolled
             CROSS JOIN LATERAL (VALUES
                   ('on_hand', rolled.on_hand), ('damaged', rolled.damaged),
                   ('doubted', GREATEST(0, rolled.on_hand)
                               * (100 - rolled.confidence) / 100)
             ) AS fact (kind, quantity)
            """,
            arrives=self._is_sellable("dest", SQL("external.warehouse_id")),
            leaves=self._is_sellable("source", SQL("external.warehouse_id")),
        )

    # -------------------------------------------------------------- moves
    def _is_sellable(self, alias, warehouse):
        """Whether the location ``alias`` is sellable stock of ``warehouse``; not true
        may be null. In words that PostgreSQL has statistics for: a COALESCE here would
        make it guess one row in two hundred, and loop over all there are."""
        return SQL(
            """(%(usage)s IN ('internal', 'view') AND %(in_warehouse)s = %(warehouse)s
                AND (%(state)s IS NULL OR %(state)s = 'sellable'))""",
            usage=SQL.identifier(alias, "usage"),
            in_warehouse=SQL.identifier(alias, "warehouse_id"),
            state=SQL.identifier(alias, "stock_state"),
            warehouse=warehouse,
        )

    def _outgoing_facts(self, moves, more=NOTHING):
        """A row is an open move of goods out of sellable stock, for good.

        :param more: further columns of ``move``, with a comma before

        Deliveries in several steps made by push rules have one open move at a time,
        with the customer as final location. Those made by pull rules have all of them:
        the one that crosses the border counts, the ones that lead to it do not.

        A delivery that waits for a receipt of its own (make to order) and has none yet
        takes nothing from stock: Odoo will never reserve it anything else. Goods that
        leave from where they are received were never to be promised.
        """
        return SQL(
            """
            SELECT move.product_id, source.warehouse_id,
                   CASE WHEN source.stock_state <> 'sellable'
                        THEN 'dedicated' ELSE 'allocated' END AS kind,
                   %(quantity)s AS quantity %(more)s
              FROM %(opened)s move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location final
                ON final.id = COALESCE(move.location_final_id, move.location_dest_id)
             WHERE source.usage IN ('internal', 'view')
               AND source.warehouse_id IS NOT NULL
               AND source.stock_state IS DISTINCT FROM 'damaged'
               AND (final.usage NOT IN ('internal', 'view')
                    OR final.warehouse_id IS DISTINCT FROM source.warehouse_id
                    OR (source.stock_state IS NULL OR source.stock_state = 'sellable')
                       AND final.stock_state <> 'sellable')
               AND (move.restrict_partner_id IS NULL OR EXISTS (
                    SELECT FROM stock_warehouse warehouse
                     WHERE warehouse.id = source.warehouse_id AND %(ours)s OFFSET 0))
               -- OFFSET 0: looked up for the few that ask, not hashed for all
               AND (move.procure_method <> 'make_to_order' OR EXISTS (
                    SELECT FROM stock_move_move_rel link
                      JOIN stock_move supply ON supply.id = link.move_orig_id
                     WHERE link.move_dest_id = move.id
                       AND supply.state NOT IN ('draft', 'cancel') OFFSET 0))
               AND NOT EXISTS (
                    SELECT FROM %(following)s next
                      JOIN stock_location next_source
                        ON next_source.id = next.location_id
                     WHERE next.move_orig_id = move.id
                       AND next_source.warehouse_id = source.warehouse_id
                       AND (next_source.stock_state IS NULL
                            OR next_source.stock_state = 'sellable'))
            """,
            opened=moves.opened,
            following=moves.following,
            ours=self._is_ours("move", "restrict_partner_id"),
            quantity=self._leaving_quantity(),
            more=more,
        )

    def _move_columns(self):
        """Columns of ``stock_move`` that facts look at; addons add theirs."""
        return [
            *("id", "product_id", "product_qty", "procure_method"),
            *("restrict_partner_id", "location_id", "location_dest_id"),
            *("location_final_id", "date", "date_deadline"),
        ]

    def _leaving_quantity(self):
        """Hook: what an open ``move`` takes out of stock, to the location ``final``."""
        return SQL("move.product_qty")

    def _coming_quantity(self):
        """Hook: what an open ``move`` brings, from the location ``source``."""
        return SQL("move.product_qty")

    def _incoming_facts(self, moves):
        """A row is an open move of goods into a warehouse, the last of a chain.

        What is not to be promised counts twice, see ``is_doubtful``.
        """
        return SQL(
            """
            SELECT inbound.product_id, inbound.warehouse_id, counted.kind,
                   inbound.quantity
              FROM (%s) inbound
              JOIN (VALUES ('in_transit', true), ('in_transit', false),
                           ('dedicated', true)) AS counted (kind, is_doubtful)
                ON counted.is_doubtful = inbound.is_doubtful
            """,
            self._inbound_moves(moves),
        )

    def _inbound_moves(self, moves=STORED_MOVES):
        """Query of (id, product_id, warehouse_id, quantity, source_usage, date,
        is_doubtful): open moves into a warehouse from outside, each chain once.

        Doubtful are returns, before somebody has seen in what state they come back, and
        what is bound for a warehouse whose authority is silent.
        """
        return SQL(
            """
            SELECT move.id, move.product_id, final.warehouse_id,
                   %(quantity)s AS quantity, source.usage AS source_usage,
                   -- a vendor's new promise moves the deadline and not the date
                   CASE WHEN source.usage = 'supplier'
                        THEN GREATEST(move.date, move.date_deadline)
                        ELSE move.date END AS date,
                   source.usage = 'customer'
                       OR warehouse.channel_authority = 'reported'
                          AND warehouse.channel_confidence = 0
                       OR warehouse.channel_authority = 'external' AND EXISTS (
                          SELECT FROM channel_external_stock external
                           WHERE external.product_id = move.product_id
                             AND external.warehouse_id = warehouse.id
                             AND external.confidence = 0) AS is_doubtful
              FROM %(opened)s move
              JOIN stock_location source ON source.id = move.location_id
              JOIN stock_location final
                ON final.id = COALESCE(move.location_final_id, move.location_dest_id)
              JOIN stock_warehouse warehouse ON warehouse.id = final.warehouse_id
             WHERE final.usage IN ('internal', 'view')
               AND final.stock_state IS DISTINCT FROM 'damaged'
               AND (source.usage NOT IN ('internal', 'view')
                    OR source.warehouse_id IS DISTINCT FROM final.warehouse_id)
               AND %(ours)s
               AND NOT EXISTS (
                    SELECT FROM %(following)s next
                      JOIN stock_location next_source
                        ON next_source.id = next.location_id
                      JOIN stock_location next_final
                        ON next_final.id = next.final_id
                     WHERE next.move_orig_id = move.id
                       AND next_source.warehouse_id
                           IS DISTINCT FROM final.warehouse_id
                       AND next_final.warehouse_id = final.warehouse_id)
            """,
            opened=moves.opened,
            following=moves.following,
            ours=self._is_ours("move", "restrict_partner_id"),
            quantity=self._coming_quantity(),
        )

    def _dedicated_facts(self, moves):
        """A row is what one delivery will get from receipts of its own.

        It is taken off what the delivery takes from stock, and off what is in transit
        for others. A receipt for several deliveries is divided by what they want.
        """
        return SQL(
            """
            SELECT relief.product_id, relief.warehouse_id, counted.kind,
                   counted.sign * relief.quantity AS quantity
              FROM (
                SELECT product_id, warehouse_id, leaf_id,
                       round(LEAST(leaf_quantity, sum(share)), 6) AS quantity
                  FROM (
                    SELECT move.product_id, final.warehouse_id, leaf.id AS leaf_id,
                           leaf.quantity AS leaf_quantity,
                           move.product_qty * leaf.quantity / NULLIF(
                               sum(leaf.quantity)
                               OVER (PARTITION BY move.product_id, move.id), 0)
                               AS share
                      FROM %(leading)s move
                      JOIN stock_location source ON source.id = move.location_id
                      JOIN stock_location final
                        ON final.id = COALESCE(move.location_final_id,
                                               move.location_dest_id)
                     CROSS JOIN LATERAL (%(leaves)s) leaf
                     WHERE %(enters)s
                       AND %(inside)s IS NOT TRUE
                  ) shared
                 GROUP BY product_id, warehouse_id, leaf_id, leaf_quantity
              ) relief
             CROSS JOIN (VALUES ('allocated', -1), ('dedicated', 1))
                   AS counted (kind, sign)
            """,
            leading=moves.leading,
            enters=self._is_sellable("final", SQL("final.warehouse_id")),
            inside=self._is_sellable("source", SQL("final.warehouse_id")),
            leaves=self._leaving_moves(
                self._is_sellable("source", SQL("final.warehouse_id"))
            ),
        )

    def _leaving_moves(self, walks):
        """The open moves out of sellable stock that ``move`` leads to, through open
        moves inside the warehouse of ``final``.

        :param walks: condition on ``source``, where a move on the way begins
        """
        return SQL(
            """
            WITH RECURSIVE onward (id, quantity, is_leaving) AS (
                SELECT * FROM (%(first)s) begun
                UNION
                SELECT next.* FROM onward
                 CROSS JOIN LATERAL (%(next)s) next
                 WHERE NOT onward.is_leaving
            )
            SELECT id, quantity FROM onward WHERE is_leaving
            """,
            first=self._next_moves(SQL("move.id"), walks),
            next=self._next_moves(SQL("onward.id"), walks),
        )

    def _next_moves(self, move_id, walks):
        return SQL(
            """
            SELECT next.id, next.product_qty AS quantity,
                   %(stays)s IS NOT TRUE AS is_leaving
              FROM stock_move_move_rel link
              JOIN stock_move next ON next.id = link.move_dest_id
              JOIN stock_location source ON source.id = next.location_id
              JOIN stock_location target
                ON target.id = COALESCE(next.location_final_id, next.location_dest_id)
             WHERE link.move_orig_id = %(move)s AND next.state IN %(open)s
               AND %(walks)s
            """,
            stays=self._is_sellable("target", SQL("final.warehouse_id")),
            move=move_id,
            open=OPEN,
            walks=walks,
        )

    # -------------------------------------------------------------- holds
    def _hold_facts(self):
        """A row is a hold that has not ended: of stock, or of what is to come in."""
        return SQL(
            """
            SELECT hold.product_id, hold.warehouse_id, counted.kind, counted.quantity
              FROM channel_hold hold
             CROSS JOIN LATERAL (VALUES ('held', hold.stock_quantity),
                                        ('dedicated', hold.promised_quantity))
                     AS counted (kind, quantity)
             WHERE counted.quantity <> 0
               AND hold.state = 'active' AND hold.product_id IS NOT NULL
               AND (hold.expires_at IS NULL
                    OR hold.expires_at > now() AT TIME ZONE 'UTC')
            """
        )
