# SPDX-License-Identifier: AGPL-3.0-or-later

STOCK = "stock"
NOTIFIED = {
    "acceptance": "acceptance",
    "shipment": "shipment",
    "tracking": "shipment",
}
"""Kind of notification -> the domain whose owner sends it."""
OF_CHANNEL = ("acceptance", "shipment", "invoice")
"""Domains of which a channel is a place where the code asks who owns them."""
