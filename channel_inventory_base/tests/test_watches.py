# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields
from odoo.tests import TransactionCase, tagged

from ..db.triggers import Watch, create_triggers
from ..db.watches import WATCHES
from .common import ChannelCase
from .common_watches import WatchContract


@tagged("post_install", "-at_install")
class TestWatches(WatchContract, ChannelCase):
    watches = WATCHES
    values = {
        ("stock_move", "state"): "'cancel'",
        ("channel_allocation_version", "state"): "'superseded'",
        ("channel_channel", "state"): "'draft'",
        ("channel_rule_version", "in_effect"): "false",
    }

    def rows(self):
        env, product = self.env, self.product
        quant = product.stock_quant_ids.filtered(
            lambda each: each.location_id.usage == "internal"
        )
        self.move = self.make_move()
        external = self.make_warehouse(env, "EXT")
        external.channel_authority = "external"
        self.node.warehouse_ids |= external
        category = env["product.category"].create({"name": "Lamps"})
        product.categ_id = category
        rule = self.rule("fixed", 1, product_id=product.id)
        group = self.make_group(env, self.channel | self.make_channel(env, "OTH"))
        group.action_activate()
        version = env["channel.allocation.version"].search([], limit=1, order="id desc")
        return {
            "stock_quant": quant.id,
            "stock_move": self.move.id,
            "channel_external_stock": env["channel.external.stock"]
            .create(
                {
                    "product_id": product.id,
                    "warehouse_id": external.id,
                    "on_hand": 5,
                    "as_of": fields.Datetime.now(),
                }
            )
            .id,
            "channel_supplier_stock": self.make_supplier_stock().id,
            "stock_warehouse": self.warehouse.id,
            "channel_hold": self.make_hold().id,
            "stock_location": quant.location_id.id,
            "product_template": product.product_tmpl_id.id,
            "product_category": category.id,
            "channel_listing": self.listing.id,
            "channel_node": self.node.id,
            "channel_rule_version": rule.version_ids.filtered("in_effect").id,
            "channel_sales_rate": self.make_rate().id,
            "channel_allocation_version": version.id,
            "channel_allocation_version_member": version.member_ids[:1].id,
            "channel_channel": self.channel.id,
        }

    def links(self):
        first, second = self.make_move(), self.make_move()
        first.move_dest_ids = second
        tag = self.env["product.tag"].create({"name": "Scarce"})
        self.product.product_tmpl_id.product_tag_ids = tag
        self.product.additional_product_tag_ids = tag
        return {
            "stock_move_move_rel": {
                "move_orig_id": first.id,
                "move_dest_id": second.id,
            },
            "channel_node_stock_warehouse_rel": {
                "channel_node_id": self.node.id,
                "stock_warehouse_id": self.warehouse.id,
            },
            "product_tag_product_template_rel": {
                "product_tag_id": tag.id,
                "product_template_id": self.product.product_tmpl_id.id,
            },
            "product_tag_product_product_rel": {
                "product_tag_id": tag.id,
                "product_product_id": self.product.id,
            },
        }

    def make_move(self):
        move = self.env["stock.move"].create(
            {
                "product_id": self.product.id,
                "product_uom_qty": 2,
                "location_id": self.warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            }
        )
        move._action_confirm()
        return move

    def make_hold(self):
        return self.env["channel.hold"].create(
            {
                "product_id": self.product.id,
                "warehouse_id": self.warehouse.id,
                "company_id": self.env.company.id,
                "stock_quantity": 1,
                "cause": "manual",
            }
        )

    def make_supplier_stock(self):
        partner = self.env["res.partner"].create({"name": "Vendor"})
        return self.env["channel.supplier.stock"].create(
            {
                "product_id": self.product.id,
                "partner_id": partner.id,
                "quantity": 5,
                "as_of": fields.Datetime.now(),
            }
        )

    def make_rate(self):
        return self.env["channel.sales.rate"].create(
            {
                "product_id": self.product.id,
                "company_id": self.env.company.id,
                "measured_at": fields.Datetime.now(),
                "per_day": 1,
            }
        )


class TestNames(TransactionCase):
    def test_triggers_of_one_name_are_refused(self):
        watch = Watch("res_partner", ("name",), "SELECT 1, 1, 1 FROM changed")
        with self.assertRaisesRegex(ValueError, "not unique"):
            create_triggers(self.env.cr, (watch, watch))
