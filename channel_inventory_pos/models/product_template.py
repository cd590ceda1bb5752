# SPDX-License-Identifier: AGPL-3.0-or-later
import math

from odoo import models

DIGITS = 6  # of units, where floats are not exact


class ProductTemplate(models.Model):
    _inherit = "product.template"

    def get_product_info_pos(
        self, price, quantity, pos_config_id, product_variant_id=False
    ):
        """Beside what is free, what is left of it: orders of channels hold the rest.

        Of a kit as many as its components make; of what is not stocked nothing is said.
        """
        info = super().get_product_info_pos(
            price, quantity, pos_config_id, product_variant_id=product_variant_id
        )
        product = self.env["product.product"].browse(product_variant_id)
        product = product or self.product_variant_id
        company = self.env["pos.config"].browse(pos_config_id).company_id
        # sudo: what a kit is made of, and figures of what the till is selling
        counted = product.sudo().with_company(company)._get_counted(company)
        if counted:
            is_kit = set(counted) != set(product.ids)
            known = self._read_channel_positions(counted)
            for warehouse in info["warehouses"]:
                stock = [
                    (*known.get((part_id, warehouse["id"]), (0, 0)), units)
                    for part_id, units in counted.items()
                ]
                left = min(left / units for left, _held, units in stock)
                unheld = min((left + held) / units for left, held, units in stock)
                if is_kit:
                    left, unheld = _whole(left), _whole(unheld)
                warehouse["channel_sellable"] = left
                warehouse["channel_held"] = round(unheld - left, DIGITS)
        return info

    def _read_channel_positions(self, product_ids):
        """:return: {(product id, warehouse id): (available, held)}, stock units"""
        # sudo: figures of the products that the till is selling
        positions = self.env["channel.position"].sudo()
        rows = positions.search_read(
            [("product_id", "in", list(product_ids))],
            ["product_id", "warehouse_id", "available", "held"],
        )
        return {
            (row["product_id"][0], row["warehouse_id"][0]): (
                row["available"],
                row["held"],
            )
            for row in rows
        }


def _whole(units):
    return math.floor(round(units, DIGITS))
