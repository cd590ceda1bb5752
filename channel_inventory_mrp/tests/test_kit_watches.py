# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import tagged

from odoo.addons.channel_inventory_base.tests.common_watches import WatchContract

from ..db.watches import WATCHES
from .common import KitCase


@tagged("post_install", "-at_install")
class TestKitWatches(WatchContract, KitCase):
    watches = WATCHES
    values = {
        ("mrp_bom", "type"): "'normal'",
        ("channel_hold", "state"): "'released'",
        ("product_template", "type"): "'service'",
    }

    def rows(self):
        kit = self.kit(10, (self.product, 2), (self.part, 1))
        self.plan()
        bom = kit.product_tmpl_id.bom_ids
        self.values = {
            **self.values,
            ("mrp_bom", "product_id"): str(kit.id),
        }
        hold = self.env["channel.hold"].create(
            {
                "product_id": kit.id,
                "company_id": self.env.company.id,
                "warehouse_id": self.warehouse.id,
                "stock_quantity": 1,
                "cause": "manual",
            }
        )
        self.env.cr.execute(
            "SELECT id FROM channel_kit_component WHERE product_id = %s", (kit.id,)
        )
        component = self.env.cr.fetchone()[0]
        return {
            "mrp_bom": bom.id,
            "mrp_bom_line": bom.bom_line_ids[0].id,
            "product_product": kit.id,
            "product_template": kit.product_tmpl_id.id,
            "uom_uom": self.env.ref("uom.product_uom_dozen").id,
            "channel_channel": self.channel.id,
            "channel_hold": hold.id,
            "channel_kit_component": component,
        }

    def links(self):
        attribute = self.env["product.attribute"].create(
            {
                "name": "Colour",
                "value_ids": [(0, 0, {"name": "Red"}), (0, 0, {"name": "Blue"})],
            }
        )
        template = self.env["product.template"].create(
            {
                "name": "Set",
                "is_storable": True,
                "attribute_line_ids": [
                    (
                        0,
                        0,
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [(6, 0, attribute.value_ids.ids)],
                        },
                    )
                ],
            }
        )
        variant = template.product_variant_ids[0]
        bom = self.make_bom(self.env, variant, [(self.product, 1), (self.part, 1)])
        value = variant.product_template_attribute_value_ids
        bom.bom_line_ids[1].bom_product_template_attribute_value_ids = value
        return {
            "mrp_bom_line_product_template_attribute_value_rel": {
                "mrp_bom_line_id": bom.bom_line_ids[1].id,
                "product_template_attribute_value_id": value.id,
            },
            "product_variant_combination": {
                "product_product_id": variant.id,
                "product_template_attribute_value_id": value.id,
            },
        }
