# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged("post_install", "-at_install")
class TestAccess(TransactionCase):
    def test_warehouse_worker_opens_a_delivery_with_carriers_by_postcode(self):
        prefix = self.env["delivery.zip.prefix"].create({"name": "10969"})
        self.env["delivery.carrier"].create(
            {
                "name": "City",
                "product_id": self.env["product.product"]
                .create({"name": "City", "type": "service"})
                .id,
                "zip_prefix_ids": [(4, prefix.id)],
            }
        )
        partner = self.env["res.partner"].create({"name": "Ada", "zip": "10969"})
        warehouse = self.env["stock.warehouse"].search([], limit=1)
        picking = self.env["stock.picking"].create(
            {"partner_id": partner.id, "picking_type_id": warehouse.out_type_id.id}
        )
        worker = new_test_user(self.env, "worker", groups="stock.group_stock_user")
        self.env.invalidate_all()
        [values] = picking.with_user(worker).web_read(
            {"allowed_carrier_ids": {"fields": {"display_name": {}}}}
        )
        names = [each["display_name"] for each in values["allowed_carrier_ids"]]
        self.assertIn("City", names)
