# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""


def make_rows(case):
    """:param case: a test case with a ``channel`` and its ``warehouse``"""
    env, channel = case.env, case.channel
    run = env["channel.reconcile.run"].create(
        {
            "company_id": channel.company_id.id,
            "channel_id": channel.id,
            "kind": "levels",
            "trigger": "hand",
            "trace": "views",
        }
    )
    env["channel.reconcile.difference"].create(
        {
            "run_id": run.id,
            "company_id": channel.company_id.id,
            "channel_id": channel.id,
            "kind": "edited",
            "stock_ref": "item-1",
            "state": "open",
        }
    )
    env["channel.reconcile.policy"].create({"name": "Shop", "units": 2})
    env["channel.reconcile.day"].create(
        {
            "company_id": channel.company_id.id,
            "channel_id": channel.id,
            "run_id": run.id,
            "day": "2026-11-24",
            "state": "equal",
        }
    )
