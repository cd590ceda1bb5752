# SPDX-License-Identifier: AGPL-3.0-or-later
"""Extracts the readable part of an unreadable WooCommerce order."""

from odoo.addons.channel_inventory_base.lib import salvage
from odoo.addons.channel_inventory_base.schemas import time_of

from .order import CANCELLED, OPEN, is_visible, was_completed

OVER = ("cancelled", "failed", "refunded")


def order(raw):
    """
    :return: values of OrderData, None where it is not known which order it is
    """
    if not is_visible(raw):
        return None
    is_over, is_done = raw.get("status") in OVER, was_completed(raw)
    number = salvage.ref(raw.get("id"))
    return salvage.order(
        number,
        f"#{salvage.ref(raw.get('number')) or number}",
        _time(raw.get("date_modified_gmt")) or _time(raw.get("date_created_gmt")),
        [_line(each, is_done) for each in salvage.items(raw.get("line_items"))],
        state=CANCELLED if is_over and not is_done else OPEN,
        placed_at=_time(raw.get("date_created_gmt")),
    )


def _line(raw, is_done):
    return salvage.line(
        salvage.ref(raw.get("id")),
        salvage.ref(raw.get("variation_id")) or salvage.ref(raw.get("product_id")),
        raw.get("quantity"),
        0 if is_done else raw.get("quantity"),
        sku=raw.get("sku"),
        title=raw.get("name"),
    )


def _time(text):
    return time_of(f"{text}+00:00") if isinstance(text, str) else None
