from odoo import models
from odoo.tools import SQL


class ChannelKitComponent(models.Model):
    """How a kit is taken apart: ``mrp.bom``'s ``_bom_find`` and ``explode`` as one
    statement for thousands of kits.

    Not rounded on the way, unlike ``explode``, which rounds a line up for the quantity
    at hand: a third of a sheet is a third of a sheet until it is sold.
    """

    _inherit = "channel.kit.component"

    def _flattened_ctes(self, kits):
        """Recursive CTEs up to ``flattened``: (product_id, company_id, component_id,
        quantity, problem), the rows that ``kits`` should have."""
        return SQL(
            """
            company AS (SELECT DISTINCT company_id FROM channel_channel),
            -- a row is a product met on the way down, with the kit BoM that takes it
            -- apart for the company, or none: then it is a component
            opened AS (
                SELECT root.id AS product_id, company.company_id,
                       root.id AS component_id, 1::numeric AS quantity,
                       ARRAY[]::int[] AS path, bom.id AS bom_id, false AS is_cycle
                  FROM product_product root
                 CROSS JOIN company
                 CROSS JOIN LATERAL (%(root_bom)s) bom
                 WHERE root.id = ANY(%(kits)s)
                UNION ALL
                SELECT opened.product_id, opened.company_id, line.product_id,
                       opened.quantity * %(per_unit)s,
                       opened.path || opened.component_id, nested.id,
                       line.product_id = ANY(opened.path || opened.component_id)
                  FROM opened
                  JOIN mrp_bom bom ON bom.id = opened.bom_id
                  JOIN uom_uom bom_uom ON bom_uom.id = bom.product_uom_id
                  JOIN product_product parent ON parent.id = opened.component_id
                  JOIN product_template parent_template
                    ON parent_template.id = parent.product_tmpl_id
                  JOIN uom_uom parent_uom ON parent_uom.id = parent_template.uom_id
                  JOIN mrp_bom_line line ON line.bom_id = bom.id
                  JOIN uom_uom line_uom ON line_uom.id = line.product_uom_id
                  JOIN product_product component ON component.id = line.product_id
                  JOIN product_template template
                    ON template.id = component.product_tmpl_id
                  JOIN uom_uom component_uom ON component_uom.id = template.uom_id
                  LEFT JOIN LATERAL (%(nested_bom)s) nested ON true
                 WHERE NOT opened.is_cycle AND line.product_qty > 0
                   AND NOT %(skipped)s
            ),
            judged AS (
                SELECT opened.product_id, opened.company_id,
                       CASE WHEN bool_or(is_cycle) THEN 'cycle'
                            WHEN NOT bool_or(bom_id IS NULL AND template.is_storable)
                            THEN 'empty' END AS problem
                  FROM opened
                  JOIN product_product component ON component.id = component_id
                  JOIN product_template template
                    ON template.id = component.product_tmpl_id
                 GROUP BY opened.product_id, opened.company_id
            ),
            flattened AS (
                SELECT opened.product_id, opened.company_id, opened.component_id,
                       sum(opened.quantity) AS quantity,
                       NULL::varchar AS problem
                  FROM opened
                  JOIN judged USING (product_id, company_id)
                  JOIN product_product component ON component.id = opened.component_id
                  JOIN product_template template
                    ON template.id = component.product_tmpl_id
                 WHERE opened.bom_id IS NULL AND template.is_storable
                   AND judged.problem IS NULL
                 GROUP BY 1, 2, 3
                UNION ALL
                SELECT product_id, company_id, NULL, NULL, problem
                  FROM judged WHERE problem IS NOT NULL
            )
            """,
            root_bom=self._bom_query("root"),
            nested_bom=self._bom_query("component", "opened"),
            per_unit=SQL(
                """(line.product_qty * line_uom.factor / component_uom.factor
                    / (bom.product_qty * bom_uom.factor / parent_uom.factor))"""
            ),
            skipped=self._skipped_condition(),
            kits=kits,
        )

    def _bom_query(self, product, company="company"):
        """The kit BoM of ``product``, as ``_bom_find`` chooses it."""
        return SQL(
            """
            SELECT bom.id FROM mrp_bom bom
              JOIN product_template owner ON owner.id = bom.product_tmpl_id
             WHERE bom.product_tmpl_id = %(template)s
               AND (bom.product_id IS NULL OR bom.product_id = %(product)s)
               AND bom.active AND bom.type = 'phantom' AND owner.type <> 'service'
               AND (bom.company_id IS NULL OR bom.company_id = %(company)s)
             ORDER BY bom.sequence, bom.product_id IS NULL, bom.id LIMIT 1
            """,
            template=SQL.identifier(product, "product_tmpl_id"),
            product=SQL.identifier(product, "id"),
            company=SQL.identifier(company, "company_id"),
        )

    def _skipped_condition(self):
        """Whether ``line`` is not for the variant ``parent``, as ``_skip_bom_line``
        says: of each attribute it names the variant must have one of the values; values
        that make no variants are known in an order only, so the line does not count."""
        return SQL(
            """EXISTS (
                SELECT FROM mrp_bom_line_product_template_attribute_value_rel wanted
                  JOIN product_template_attribute_value value
                    ON value.id = wanted.product_template_attribute_value_id
                  JOIN product_attribute attribute ON attribute.id = value.attribute_id
                 WHERE wanted.mrp_bom_line_id = line.id
                 GROUP BY value.attribute_line_id
                HAVING bool_or(attribute.create_variant = 'no_variant')
                    OR NOT bool_or(EXISTS (
                        SELECT FROM product_variant_combination has
                         WHERE has.product_product_id = parent.id
                           AND has.product_template_attribute_value_id = value.id)))"""
        )
