# SPDX-License-Identifier: AGPL-3.0-or-later
"""Variants that are not to be sold when their number is 0. No odoo in here."""

from odoo.addons.channel_inventory_base.lib import errors

from .. import queries

DENY = "DENY"
NOT_THERE = "NOT_THERE"


def stop(client, variants):
    """
    :param client: a ``client.Client``
    :param variants: ids of variants
    :return: {id: words of a refusal, a code of ours where it is not there, "" done}
    """
    nodes = client.execute(queries.PRODUCTS_OF, {"variants": variants})["nodes"]
    found = dict.fromkeys(variants, NOT_THERE)
    products = {}
    for node in nodes:
        if node:
            products.setdefault(node["product"]["id"], []).append(node["id"])
    for product, ids in products.items():
        found.update(_stop_product(client, product, ids))
    return found


def _stop_product(client, product, ids):
    inputs = [{"id": variant, "inventoryPolicy": DENY} for variant in ids]
    try:
        client.mutate(queries.STOP_SELLING, {"product": product, "variants": inputs})
    except (errors.Refused, errors.Forbidden) as error:
        return dict.fromkeys(ids, str(error) or error.code)
    return dict.fromkeys(ids, "")
