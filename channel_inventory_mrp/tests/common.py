# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.addons.channel_inventory_base.tests.common import ChannelCase


class KitSetup:
    """Products that are components, and bills of materials that make kits of them."""

    @classmethod
    def make_kit(cls, env, number, parts, *, listed=True, **bom):
        """A listed kit.

        :param parts: list of (product, quantity) or (product, quantity, unit)
        """
        kit = cls.make_product(env, number)
        cls.make_bom(env, kit, parts, **bom)
        if listed:
            cls.make_listing(env, cls.channel, kit, number)
        return kit

    @classmethod
    def make_bom(cls, env, product, parts, **values):
        return env["mrp.bom"].create(
            {
                "product_tmpl_id": product.product_tmpl_id.id,
                "type": "phantom",
                "product_qty": 1,
                "product_uom_id": product.uom_id.id,
                "bom_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": part.id,
                            "product_qty": quantity,
                            "product_uom_id": (unit[0] if unit else part.uom_id).id,
                        },
                    )
                    for part, quantity, *unit in parts
                ],
                **values,
            }
        )


class KitCase(KitSetup, ChannelCase):
    """10 of component 1 (listed as well), 6 of component 2."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.make_product(cls.env, 2, 6, cls.warehouse)

    def kit(self, number, *parts, **values):
        return self.make_kit(self.env, number, parts, **values)

    def kit_of_others(self):
        """7 of a product that only another company makes of component 2."""
        company = self.env["res.company"].create({"name": "Other"})
        product = self.make_product(self.env, 10, 7, self.warehouse)
        self.make_listing(self.env, self.channel, product, 10)
        self.make_bom(self.env, product, [(self.part, 1)], company_id=company.id)
        self.env["channel.channel"].create({"name": "Theirs", "company_id": company.id})
        return product

    def target(self, product):
        self.plan()
        return self.level_of(product).target

    def level_of(self, product):
        return self.env["channel.level"].search(
            [("listing_id.product_id", "=", product.id)]
        )

    def components(self, kit):
        """What the kit was taken apart to, as of the last plan."""
        self.plan()
        rows = self.env["channel.kit.component"].search(
            [
                ("product_id", "=", kit.id),
                ("company_id", "=", self.env.company.id),
            ]
        )
        return {row.component_id: row.quantity or row.problem for row in rows}

    def hold(self, product, quantity):
        return self.env["channel.hold"].create(
            {
                "company_id": self.env.company.id,
                "product_id": product.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": quantity,
            }
        )

    def position_of(self, product):
        self.env.flush_all()
        self.env["channel.position"].invalidate_model()
        return self.env["channel.position"].search(
            [
                ("product_id", "=", product.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
