from odoo import api, fields, models
from odoo.tools import SQL

MANY = 1_000  # kits taken apart at once


class ChannelKitComponent(models.Model):
    """What a kit is made of in the end: nested kits taken apart, a component once.

    A row is a component that is stocked, with how much of it one kit takes. A kit that
    cannot be taken apart has one row without a component, which says why: nothing can
    be promised of it. Written by the planner only, from ``channel.kit.change``.
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
            ("empty", "The kit has no component that is stocked"),
        ],
        readonly=True,
    )

    _component_uniq = models.UniqueIndex(
        "(product_id, company_id, (COALESCE(component_id, 0)))"
    )

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
            self._tell_problems(kits)

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
    def _tell_problems(self, kits):
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
                    "Nothing of %(kit)s can be promised: %(problem)s.",
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
        )._resolve(self.env._("The kit can be taken apart again."))


class ChannelException(models.Model):
    _inherit = "channel.exception"

    category = fields.Selection(
        selection_add=[("kit", "Kit"), ("refused",)], ondelete={"kit": "cascade"}
    )
