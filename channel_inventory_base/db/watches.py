# SPDX-License-Identifier: AGPL-3.0-or-later
"""The changes that make levels stale: tables, their columns, and the affected products.
How they are watched: ``triggers``."""

from .triggers import RowWatch, Watch

OPEN_STATES = "('waiting', 'confirmed', 'partially_available', 'assigned')"


# Targets of a table with a product.
PRODUCTS = (
    "SELECT DISTINCT product_id, NULL::int, NULL::int FROM changed "
    "WHERE product_id IS NOT NULL"
)
# Of demand on a product: on what it is made of, too.
DEMANDED = (
    "SELECT DISTINCT demanded, NULL::int, NULL::int FROM changed "
    "CROSS JOIN LATERAL channel_demanded(changed.product_id) AS demanded "
    "WHERE changed.product_id IS NOT NULL"
)
# Of warehouses: much of what lies there, and rarely, so all that is sold from there.
SOLD_FROM_WAREHOUSES = """
    SELECT DISTINCT NULL::int, NULL::int, node.channel_id FROM changed
      JOIN channel_node_stock_warehouse_rel served
        ON served.stock_warehouse_id = changed.id
      JOIN channel_node node ON node.id = served.channel_node_id
"""


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
            "channel_known_at",
        ),
        # reserving a move changes its state and nothing that counts
        counts=f"state IN {OPEN_STATES}",
        ended="state = 'done'",
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
        (
            "product_id",
            "warehouse_id",
            "on_hand",
            "damaged",
            "allocated",
            "allocated_as_of",
            "in_transit",
            "due",
            "as_of",
            "confidence",
        ),
        PRODUCTS,
    ),
    Watch(
        "channel_supplier_stock",
        ("product_id", "company_id", "quantity", "as_of", "lead_days", "is_stale"),
        PRODUCTS,
    ),
    Watch(
        "stock_warehouse",
        ("channel_consignment", "channel_authority", "channel_confidence"),
        SOLD_FROM_WAREHOUSES,
    ),
    Watch(
        "channel_hold",
        (
            "product_id",
            "warehouse_id",
            "stock_quantity",
            "promised_quantity",
            "held_from",
            "state",
            "expires_at",
        ),
        DEMANDED,
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
        (
            "product_id",
            "state",
            "stock_factor",
            "active",
            "tracked",
            "uncounted",
            "stopped",
        ),
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
        PRODUCTS,
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
