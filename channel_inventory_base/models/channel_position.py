from odoo import fields, models, tools
from odoo.tools import SQL

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
        help="All open demand that takes from sellable stock, reserved or not, counted "
        "once however many steps the delivery has. What a delivery gets from a receipt "
        "of its own counts when it has arrived.",
    )
    held = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Demand of orders that are not confirmed in Odoo yet.",
    )
    doubted = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Kept back because whoever counts the stock there has been silent.",
    )
    available = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="On hand - allocated - held - doubted",
    )
    damaged = fields.Float(readonly=True, digits="Product Unit")
    in_transit = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Open receipts, and goods in receiving or quality control.",
    )
    dedicated = fields.Float(
        string="Spoken For",
        readonly=True,
        digits="Product Unit",
        help="In transit and not to be promised: it comes for a delivery that waits "
        "for it, or it is a return that nobody has looked at yet.",
    )
    consigned = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="Stock of other owners, which the warehouse does not sell.",
    )
    backorderable = fields.Float(
        readonly=True,
        digits="Product Unit",
        help="In transit, not spoken for and not needed to cover a shortage: what a "
        "backorder rule may promise.",
    )
    as_of = fields.Datetime(
        readonly=True,
        help="When the warehouse's authority counted, where it is not Odoo.",
    )
    confidence = fields.Integer(
        string="Confidence (%)",
        readonly=True,
        aggregator="min",
        help="How much of the stock on hand may be promised, by the age of the "
        "authority's word. Odoo's own count is always believed.",
    )

    def init(self):
        # at the end, when all the tables it stands on are there
        self.pool.post_init(self._create_view)

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
                   %(columns)s, available,
                   GREATEST(0, in_transit - dedicated + LEAST(0, available))
                       AS backorderable,
                   external.as_of, COALESCE(external.confidence, 100) AS confidence
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
