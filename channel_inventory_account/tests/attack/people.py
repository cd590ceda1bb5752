# SPDX-License-Identifier: AGPL-3.0-or-later
"""One user of each role, all of them of one company."""

from odoo.tests import new_test_user

from odoo.addons.channel_inventory_base.tests.attack import rights

CHANNELS = "channel_inventory_base.group_channel_"
GROUPS = {
    "portal": "base.group_portal",
    "plain": "base.group_user",
    "stock": "stock.group_stock_user",
    "stock_manager": "stock.group_stock_manager",
    "sales": "sales_team.group_sale_salesman_all_leads",
    "sales_manager": "sales_team.group_sale_manager",
    "invoicing": "account.group_account_invoice,sales_team.group_sale_salesman",
    "auditor": f"{CHANNELS}auditor",
    "user": f"{CHANNELS}user",
    "operator": f"{CHANNELS}operator",
    "manager": f"{CHANNELS}manager",
}


def make_people(env, company):
    """Return {role: user}."""
    return {
        role: new_test_user(
            env,
            f"attack_{role}",
            groups=groups,
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )
        for role, groups in {**GROUPS, **rights.people(env)}.items()
    }
