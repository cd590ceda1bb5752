# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..db.functions import DEMANDED

MANY = 1_000  # kits taken apart at once


class ChannelKitComponent(models.Model):
    """Components of a kit with nested kits exploded, each component once.

    A row is a stocked component, with its quantity per kit. A kit that cannot be
    exploded has one row without a component, with the reason: it cannot be promised.
    Written by the planner only, from ``channel.kit.change``.
    """

    _name = "channel.kit.component"
    _description = "Kit Component"
    _inherit = ["channel.guarded"]
    _order = "product_id, component_id"
    _rec_name = "product_id"
    _log_access = False

    product_id = fields.Many2one(
        "product.product",
        string="Kit",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    component_id = fields.Many2one(
        "product.product", readonly=True, ondelete="cascade", index=True
    )
    quantity = fields.Float(
        readonly=True,
        digits=0,
        aggregator=None,
        help="Stock units of the component in one stock unit of the kit",
    )
    component_uom_id = fields.Many2one(related="component_id.uom_id")
    problem = fields.Selection(
        [
            ("cycle", "The kit contains itself"),
            ("empty", "The kit has no stocked component"),
        ],
        readonly=True,
    )

    _component_uniq = models.UniqueIndex(
        "(product_id, company_id, (COALESCE(component_id, 0)))"
    )

    def init(self):
        self.env.cr.execute(DEMANDED)

    # ------------------------------------------------------------- rebuild
    @api.model
    def _rebuild_changed(self):
        """Take apart anew what the outbox names, and all kits above it.

        Called by the planner, of which there is one at a time; what it writes is a
        change that the same plan takes up.
        """
        changed = self.env.execute_query(
            SQL("DELETE FROM channel_kit_change RETURNING product_id")
        )
        if not changed:
            return
        products = {row[0] for row in changed}
        kits = self._all_kits() if None in products else self._kits_above(products)
        if kits:
            self.env.execute_query(self._rebuild_query(sorted(kits)))
            self.invalidate_model()
            if len(kits) >= MANY:
                # what PostgreSQL knows of the table decides how the plan looks kits up
                self.env.cr.execute("ANALYZE channel_kit_component")
            self._report_problems(kits)

    def _all_kits(self):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product.id FROM product_product product
                 WHERE product.product_tmpl_id IN (
                       SELECT product_tmpl_id FROM mrp_bom WHERE type = 'phantom')
                 UNION SELECT product_id FROM channel_kit_component
                """
            )
        )
        return {row[0] for row in rows}

    def _kits_above(self, products):
        """:return: ids of ``products`` and of all that may contain one of them"""
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE above (product_id) AS (
                    SELECT unnest(%s::int[])
                    UNION
                    SELECT product.id FROM above
                      JOIN mrp_bom_line line ON line.product_id = above.product_id
                      JOIN mrp_bom bom ON bom.id = line.bom_id
                       AND bom.type = 'phantom'
                      JOIN product_product product
                        ON product.product_tmpl_id = bom.product_tmpl_id
                       AND product.id = COALESCE(bom.product_id, product.id)
                )
                SELECT product_id FROM above
                """,
                list(products),
            )
        )
        return {row[0] for row in rows}

    def _rebuild_query(self, kits):
        """Write the rows of ``kits`` that differ, delete those that are gone."""
        return SQL(
            """
            WITH RECURSIVE %(flattened)s,
            gone AS (
                DELETE FROM channel_kit_component known
                 WHERE known.product_id = ANY(%(kits)s) AND NOT EXISTS (
                       SELECT FROM flattened
                        WHERE flattened.product_id = known.product_id
                          AND flattened.company_id = known.company_id
                          AND flattened.component_id
                              IS NOT DISTINCT FROM known.component_id)
            )
            INSERT INTO channel_kit_component AS known
                   (product_id, company_id, component_id, quantity, problem)
            SELECT product_id, company_id, component_id, quantity, problem
              FROM flattened
            ON CONFLICT (product_id, company_id, (COALESCE(component_id, 0)))
            DO UPDATE SET quantity = EXCLUDED.quantity, problem = EXCLUDED.problem
             WHERE known.quantity IS DISTINCT FROM EXCLUDED.quantity
                OR known.problem IS DISTINCT FROM EXCLUDED.problem
            RETURNING id
            """,
            flattened=self._flattened_ctes(kits),
            kits=kits,
        )

    # ------------------------------------------------------------ problems
    def _report_problems(self, kits):
        """An exception for each channel that sells a kit which contains itself."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT listing.channel_id, kit.product_id, kit.problem
                  FROM channel_kit_component kit
                  JOIN channel_listing listing ON listing.product_id = kit.product_id
                   AND listing.company_id = kit.company_id
                   AND listing.state = 'mapped'
                 WHERE kit.product_id = ANY(%s) AND kit.problem IS NOT NULL
                """,
                list(kits),
            )
        )
        words = dict(self._fields["problem"]._description_selection(self.env))
        told = set()
        for channel_id, product_id, problem in rows:
            product = self.env["product.product"].browse(product_id)
            exception = self.env["channel.exception"]._report(
                self.env["channel.channel"].browse(channel_id),
                "kit",
                key=f"kit:{product_id}",
                record=product,
                message=self.env._(
                    "%(kit)s cannot be promised: %(problem)s.",
                    kit=product.display_name,
                    problem=words[problem].lower(),
                ),
                suggestion=self.env._(
                    "Correct its bill of materials, or those of the kits in it."
                ),
            )
            told.add(exception.id)
        # sudo: the planner speaks for everybody
        self.env["channel.exception"].sudo().search(
            [
                ("category", "=", "kit"),
                ("state", "=", "open"),
                ("key", "in", [f"kit:{product_id}" for product_id in kits]),
                ("id", "not in", list(told)),
            ]
        )._resolve(self.env._("The kit can be exploded again."))

    # ------------------------------------------------------------- flatten
    # How a kit is taken apart: ``mrp.bom``'s ``_bom_find`` and ``explode`` as one
    # statement for thousands of kits.
    #
    # Not rounded on the way, unlike ``explode``, which rounds a line up for the
    # quantity at hand: a third of a sheet is a third of a sheet until it is sold.
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


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[("kit", "Kit"), ("refused",)], ondelete={"kit": "cascade"}
    )
