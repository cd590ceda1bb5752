# SPDX-License-Identifier: AGPL-3.0-or-later
"""Demand on a kit is demand on its components, whose numbers it lowers."""

DEMANDED = """
CREATE OR REPLACE FUNCTION channel_demanded(product integer)
RETURNS SETOF integer LANGUAGE sql STABLE AS $body$
    SELECT product
    UNION
    SELECT kit.component_id FROM channel_kit_component kit
     WHERE kit.product_id = product AND kit.component_id IS NOT NULL
$body$
"""
