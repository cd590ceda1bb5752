# SPDX-License-Identifier: AGPL-3.0-or-later
"""The REST address of a WordPress site: /wp-json/, or a parameter with plain
permalinks."""

from odoo.addons.channel_inventory_base.lib.errors import Misconfigured, Unavailable

from ..const import API

NOT_HERE = ("HTML", "NOT_JSON", "NO_REST", "NO_ROUTE", "FIREWALL")


def find(ask):
    """Try both addresses.

    :param ask: ``ask(plain)`` gives the index of the API
    :return: (plain, namespaces, name of the site)
    :raise ClientError: REST answers at neither, or WooCommerce is not in it
    """
    first = None
    for plain in (False, True):
        try:
            index = ask(plain)
        except (Misconfigured, Unavailable) as error:
            if error.code not in NOT_HERE:
                raise
            first = first or error
            continue
        if isinstance(index, dict) and isinstance(index.get("namespaces"), list):
            return plain, _checked(index["namespaces"]), str(index.get("name") or "")
    raise first or Misconfigured("no index of a REST API", code="NO_REST")


def _checked(namespaces):
    if API not in namespaces:
        raise Misconfigured("the site has no WooCommerce", code="NO_WOOCOMMERCE")
    return namespaces
