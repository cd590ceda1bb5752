# SPDX-License-Identifier: AGPL-3.0-or-later
"""A run is edited in transactions of their own: a step is durable when it is done."""

from contextlib import contextmanager

from odoo.tools import SQL

from odoo.addons.channel_inventory_base.db.transaction import own_transaction


@contextmanager
def edited_run(env, run_id):
    """A run in a transaction of its own, for the time of a block."""
    with own_transaction(env) as own_env:
        # sudo: runs are the server's, whoever's job it is
        yield own_env["channel.reconcile.run"].sudo().browse(run_id)


def now(env):
    """The database's clock, naive UTC."""
    [[moment]] = env.execute_query(SQL("SELECT clock_timestamp() AT TIME ZONE 'UTC'"))
    return moment
