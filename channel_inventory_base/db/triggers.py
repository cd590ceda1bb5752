"""Triggers that write the change outbox.

Triggers, because a change must leave a row however it is made: by the ORM, by another
addon's SQL, by hand. Statement-level with transition tables, because one statement may
touch thousands of rows and each product is wanted once; but a row at a time where Odoo
writes stock, which is mostly a row or two (``RowWatch``). An UPDATE that leaves the
watched expressions as they were writes nothing.
"""

from dataclasses import dataclass

from odoo.tools import SQL

OPEN_STATES = "('waiting', 'confirmed', 'partially_available', 'assigned')"


@dataclass(frozen=True)
class Watch:
    """What makes which levels stale.

    ``columns``: expressions over the table whose change matters; ``targets``: a query
    of (product_id, listing_id, channel_id) over ``changed``, which has them and ``id``
    for old and new rows alike.
    """

    table: str
    columns: tuple
    targets: str
    keyed: bool = True
    # tells an addon's watch of a table from ours
    label: str = ""
    outbox: str = "channel_change (product_id, listing_id, channel_id)"

    def name(self, operation):
        return f"channel_watch{self.label}_{self.table}_{operation}"

    @property
    def operations(self):
        # a row of a relation table is made and deleted, never updated
        return ("insert", "update", "delete") if self.keyed else ("insert", "delete")


@dataclass(frozen=True)
class RowWatch:
    """The same for a table whose rows each have a ``product_id`` and come in ones and
    twos: every stock operation waits for these triggers.

    Within a delivery that takes a third of the time of transition tables; in a
    statement of thousands of rows twice as long, and a product is named once a row.
    What matters is asked in the function: PostgreSQL would read the condition of a
    trigger anew for each statement, which takes longer than to call it.

    ``columns``, ``counts``: expressions that begin with a column; a row is looked at
    while ``counts`` is true for it.
    """

    table: str
    columns: tuple
    counts: str = ""

    operations = ("insert", "update", "delete")

    def name(self, operation):
        return f"channel_watch_{self.table}_{operation}"


def _products():
    return (
        "SELECT DISTINCT product_id, NULL::int, NULL::int FROM changed "
        "WHERE product_id IS NOT NULL"
    )


WATCHES = (
    RowWatch(
        "stock_quant",
        ("product_id", "location_id", "quantity", "owner_id", "lot_id"),
    ),
    RowWatch(
        "stock_move",
        (
            "product_id",
            "location_id",
            "location_dest_id",
            "location_final_id",
            "product_qty",
            "procure_method",
            "restrict_partner_id",
            "date::date",
            "date_deadline::date",
        ),
        # reserving a move changes its state and nothing that counts
        counts=f"state IN {OPEN_STATES}",
    ),
    Watch(
        "stock_move_move_rel",
        ("move_orig_id", "move_dest_id"),
        # which receipt is for which delivery
        """
        SELECT DISTINCT move.product_id, NULL::int, NULL::int FROM changed
          JOIN stock_move move
            ON move.id IN (changed.move_orig_id, changed.move_dest_id)
         WHERE move.state IN """
        + OPEN_STATES,
        keyed=False,
    ),
    Watch(
        "channel_external_stock",
        ("product_id", "warehouse_id", "on_hand", "damaged", "as_of", "confidence"),
        _products(),
    ),
    Watch(
        "channel_supplier_stock",
        ("product_id", "company_id", "quantity", "as_of", "lead_days"),
        _products(),
    ),
    Watch(
        "stock_warehouse",
        ("channel_consignment", "channel_authority"),
        # much of what lies there, and rarely: all that is sold from there
        """
        SELECT DISTINCT NULL::int, NULL::int, node.channel_id FROM changed
          JOIN channel_node_stock_warehouse_rel served
            ON served.stock_warehouse_id = changed.id
          JOIN channel_node node ON node.id = served.channel_node_id
        """,
    ),
    Watch(
        "channel_hold",
        ("product_id", "warehouse_id", "stock_quantity", "state", "expires_at"),
        _products(),
    ),
    Watch(
        "stock_location",
        ("stock_state", "warehouse_id", "usage"),
        """
        SELECT DISTINCT product_id, NULL::int, NULL::int FROM (
            SELECT quant.product_id FROM changed
              JOIN stock_quant quant ON quant.location_id = changed.id
            UNION
            SELECT move.product_id FROM changed
              JOIN stock_move move
                ON changed.id IN (move.location_id, move.location_dest_id,
                                  move.location_final_id)
             WHERE move.state IN """
        + OPEN_STATES
        + ") touched",
    ),
    Watch(
        "product_template",
        ("categ_id",),
        """
        SELECT product.id, NULL::int, NULL::int FROM changed
          JOIN product_product product ON product.product_tmpl_id = changed.id
         GROUP BY product.id
        """,
    ),
    Watch(
        "product_category",
        ("parent_path",),
        """
        SELECT product.id, NULL::int, NULL::int FROM changed
          JOIN product_template template ON template.categ_id = changed.id
          JOIN product_product product ON product.product_tmpl_id = template.id
         GROUP BY product.id
        """,
    ),
    Watch(
        "channel_listing",
        ("product_id", "state", "stock_factor", "active", "tracked"),
        "SELECT DISTINCT NULL::int, id, NULL::int FROM changed",
    ),
    Watch(
        "channel_node",
        ("channel_id", "active", "publish"),
        "SELECT DISTINCT NULL::int, NULL::int, channel_id FROM changed",
    ),
    Watch(
        "channel_node_stock_warehouse_rel",
        ("channel_node_id",),
        """
        SELECT DISTINCT NULL::int, NULL::int, node.channel_id FROM changed
          JOIN channel_node node ON node.id = changed.channel_node_id
        """,
        keyed=False,
    ),
    Watch(
        "channel_rule_version",
        (
            "in_effect",
            "company_id",
            "channel_id",
            "node_id",
            "warehouse_id",
            "categ_id",
            "tag_id",
            "product_tmpl_id",
            "product_id",
            "listing_id",
        ),
        # as narrow as the rule's own scope is
        """
        SELECT DISTINCT rule.product_id, rule.listing_id, NULL::int FROM changed rule
         WHERE rule.in_effect
           AND (rule.product_id IS NOT NULL OR rule.listing_id IS NOT NULL)
        UNION
        SELECT product.id, NULL, NULL FROM changed rule
          JOIN product_product product
            ON product.product_tmpl_id = rule.product_tmpl_id
         WHERE rule.in_effect AND rule.product_id IS NULL AND rule.listing_id IS NULL
        UNION
        SELECT product.id, NULL, NULL FROM changed rule
          JOIN product_tag_product_template_rel tagged
            ON tagged.product_tag_id = rule.tag_id
          JOIN product_product product
            ON product.product_tmpl_id = tagged.product_template_id
         WHERE rule.in_effect AND rule.product_id IS NULL AND rule.listing_id IS NULL
           AND rule.product_tmpl_id IS NULL
        UNION
        SELECT tagged.product_product_id, NULL, NULL FROM changed rule
          JOIN product_tag_product_product_rel tagged
            ON tagged.product_tag_id = rule.tag_id
         WHERE rule.in_effect AND rule.product_id IS NULL AND rule.listing_id IS NULL
           AND rule.product_tmpl_id IS NULL
        UNION
        SELECT product.id, NULL, NULL FROM changed rule
          JOIN product_category scope ON scope.id = rule.categ_id
          JOIN product_category category
            ON starts_with(category.parent_path, scope.parent_path)
          JOIN product_template template ON template.categ_id = category.id
          JOIN product_product product ON product.product_tmpl_id = template.id
         WHERE rule.in_effect AND rule.product_id IS NULL AND rule.listing_id IS NULL
           AND rule.product_tmpl_id IS NULL AND rule.tag_id IS NULL
        UNION
        SELECT NULL, NULL, channel.id FROM changed rule
          JOIN channel_channel channel
            ON channel.company_id = rule.company_id
           AND channel.id = COALESCE(rule.channel_id, channel.id)
         WHERE rule.in_effect AND rule.product_id IS NULL AND rule.listing_id IS NULL
           AND rule.product_tmpl_id IS NULL AND rule.tag_id IS NULL
           AND rule.categ_id IS NULL
        """,
    ),
    Watch(
        "product_tag_product_template_rel",
        ("product_template_id",),
        """
        SELECT DISTINCT product.id, NULL::int, NULL::int FROM changed
          JOIN product_product product
            ON product.product_tmpl_id = changed.product_template_id
        """,
        keyed=False,
    ),
    Watch(
        "product_tag_product_product_rel",
        ("product_product_id",),
        "SELECT DISTINCT product_product_id, NULL::int, NULL::int FROM changed",
        keyed=False,
    ),
    Watch(
        "channel_sales_rate",
        ("product_id", "per_day"),
        _products(),
    ),
    Watch(
        "channel_allocation_version",
        ("state", "basis"),
        # one that ends: those that leave, those that stay
        """
        SELECT DISTINCT NULL::int, NULL::int, member.channel_id FROM changed
          JOIN channel_allocation_version_member member
            ON member.version_id = changed.id
         WHERE changed.state = 'active'
        """,
    ),
    Watch(
        "channel_allocation_version_member",
        ("version_id", "channel_id", "weight"),
        # one that begins: all at once, or some would be raised without the others
        """
        SELECT NULL::int, NULL::int, changed.channel_id FROM changed
        UNION
        SELECT NULL, NULL, other.channel_id FROM changed
          JOIN channel_allocation_version_member other
            ON other.version_id = changed.version_id
        """,
    ),
    Watch(
        "channel_channel",
        ("publish_latency", "active", "state = 'draft' AS is_draft"),
        "SELECT DISTINCT NULL::int, NULL::int, id FROM changed",
    ),
)


def _changed_rows(watch, operation):
    """Rows that came or went, in what matters.

    Of an UPDATE those that are not there twice, as they were and as they are: one
    aggregate costs half of two set differences. A join of the transition tables would
    be planned for one row and then, from the session's plan cache, be run with ten
    thousand.
    """
    columns = ("id",) * watch.keyed + watch.columns
    old = f"SELECT {', '.join(columns)} FROM old_rows"
    new = f"SELECT {', '.join(columns)} FROM new_rows"
    places = ", ".join(str(place) for place, _column in enumerate(columns, start=1))
    return {
        "insert": new,
        "delete": old,
        "update": f"SELECT * FROM ({old} UNION ALL {new}) row_versions"
        f" GROUP BY {places} HAVING count(*) = 1",
    }[operation]


_TRANSITION = {
    "insert": "NEW TABLE AS new_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
}


def _create(watch, operation):
    create = _create_by_row if isinstance(watch, RowWatch) else _create_by_statement
    return create(watch, operation)


def _create_by_row(watch, operation):
    name = watch.name(operation)
    row = "OLD" if operation == "delete" else "NEW"
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            IF {_row_matters(watch, operation)} THEN
                INSERT INTO channel_change (product_id) VALUES ({row}.product_id);
                {_OLD_PRODUCT if operation == "update" else ""}
            END IF;
            RETURN NULL;
        END $body$;
        CREATE OR REPLACE TRIGGER {name} AFTER {operation.upper()} ON {watch.table}
            FOR EACH ROW EXECUTE FUNCTION {name}();
    """


_OLD_PRODUCT = """
                IF OLD.product_id <> NEW.product_id THEN
                    INSERT INTO channel_change (product_id) VALUES (OLD.product_id);
                END IF;
"""


def _row_matters(watch, operation):
    old, new = (
        f"{row}.{watch.counts}" if watch.counts else "true" for row in ("OLD", "NEW")
    )
    if operation != "update":
        return old if operation == "delete" else new
    before, after = (
        ", ".join(f"{row}.{column}" for column in watch.columns)
        for row in ("OLD", "NEW")
    )
    return f"({old} OR {new}) AND ({before}, {old}) IS DISTINCT FROM ({after}, {new})"


def _create_by_statement(watch, operation):
    # identifiers and query texts come from WATCHES alone, never from data
    name = watch.name(operation)
    return f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
        BEGIN
            WITH changed AS ({_changed_rows(watch, operation)})
            INSERT INTO {watch.outbox}
            {watch.targets};
            RETURN NULL;
        END $body$;
        DROP TRIGGER IF EXISTS {name} ON {watch.table};
        CREATE TRIGGER {name} AFTER {operation.upper()} ON {watch.table}
            REFERENCING {_TRANSITION[operation]}
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
    """


def create_triggers(cr, watches=WATCHES):
    for watch in watches:
        for operation in watch.operations:
            cr.execute(SQL(_create(watch, operation).replace("%", "%%")))


def drop_triggers(cr, watches=WATCHES):
    for watch in watches:
        for operation in watch.operations:
            name = SQL.identifier(watch.name(operation))
            cr.execute(SQL("DROP FUNCTION IF EXISTS %s CASCADE", name))
