# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watches of kits: what changes their components, and who hears of it."""

from odoo.addons.channel_inventory_base.db.triggers import Watch

LABEL = "_kit"
OUTBOX = "channel_kit_change (product_id)"

# the products that a bill of materials is for
_PRODUCTS_OF_BOM = """
    SELECT DISTINCT product.id FROM {bom}
      JOIN product_product product ON product.product_tmpl_id = bom.product_tmpl_id
       AND product.id = COALESCE(bom.product_id, product.id)
"""
_IN_A_BOM = """
    (EXISTS (SELECT FROM mrp_bom bom
              WHERE bom.product_tmpl_id = product.product_tmpl_id)
     OR EXISTS (SELECT FROM mrp_bom_line line WHERE line.product_id = product.id))
"""

WATCHES = (
    Watch(
        "mrp_bom",
        (
            "product_tmpl_id",
            "product_id",
            "product_qty",
            "product_uom_id",
            "type",
            "active",
            "sequence",
            "company_id",
        ),
        _PRODUCTS_OF_BOM.format(bom="changed bom"),
        label=LABEL,
        outbox=OUTBOX,
    ),
    Watch(
        "mrp_bom_line",
        ("bom_id", "product_id", "product_qty", "product_uom_id"),
        _PRODUCTS_OF_BOM.format(
            bom="changed JOIN mrp_bom bom ON bom.id = changed.bom_id"
        ),
        label=LABEL,
        outbox=OUTBOX,
    ),
    Watch(
        "mrp_bom_line_product_template_attribute_value_rel",
        ("mrp_bom_line_id", "product_template_attribute_value_id"),
        _PRODUCTS_OF_BOM.format(
            bom="changed JOIN mrp_bom_line line ON line.id = changed.mrp_bom_line_id "
            "JOIN mrp_bom bom ON bom.id = line.bom_id"
        ),
        keyed=False,
        label=LABEL,
        outbox=OUTBOX,
    ),
    Watch(
        "product_product",
        ("product_tmpl_id",),
        # the id is a column of every watch
        "SELECT product.id FROM (SELECT DISTINCT id, product_tmpl_id FROM changed) "
        "product WHERE " + _IN_A_BOM,
        label=LABEL,
        outbox=OUTBOX,
    ),
    Watch(
        "product_variant_combination",
        ("product_product_id", "product_template_attribute_value_id"),
        "SELECT DISTINCT product.id FROM changed JOIN product_product product "
        "ON product.id = changed.product_product_id WHERE " + _IN_A_BOM,
        keyed=False,
        label=LABEL,
        outbox=OUTBOX,
    ),
    Watch(
        "product_template",
        ("is_storable", "uom_id", "type"),
        "SELECT DISTINCT product.id FROM changed JOIN product_product product "
        "ON product.product_tmpl_id = changed.id WHERE " + _IN_A_BOM,
        label=LABEL,
        outbox=OUTBOX,
    ),
    # rare, and it may concern any: all kits
    Watch(
        "uom_uom",
        ("factor",),
        "SELECT NULL::int FROM changed LIMIT 1",
        label=LABEL,
        outbox=OUTBOX,
    ),
    Watch(
        "channel_channel",
        ("company_id",),
        "SELECT NULL::int FROM changed LIMIT 1",
        label=LABEL,
        outbox=OUTBOX,
    ),
    # the kit's own number, and what its holds and its exclusive shares now take from
    # other components, or do not take any more
    Watch(
        "channel_kit_component",
        ("product_id", "company_id", "component_id", "quantity", "problem"),
        """
        SELECT product_id, NULL::int, NULL::int FROM changed
        UNION
        SELECT component_id, NULL, NULL FROM changed
         WHERE component_id IS NOT NULL
           AND (EXISTS (SELECT FROM channel_hold hold
                         WHERE hold.product_id = changed.product_id
                           AND hold.state = 'active')
                OR EXISTS (SELECT FROM channel_rule_version rule
                            WHERE rule.in_effect AND rule.kind = 'exclusive'))
        """,
        label=LABEL,
    ),
)
