# SPDX-License-Identifier: AGPL-3.0-or-later
from .db.commitments import drop_open
from .db.order_refs import drop_refs
from .db.staging import drop_staging


def uninstall_hook(env):
    env.cr.execute("DROP VIEW IF EXISTS channel_exposure")
    env.cr.execute(
        "DROP FUNCTION IF EXISTS channel_expected_oversell(float8, float8, float8)"
    )
    drop_staging(env.cr)
    drop_refs(env.cr)
    drop_open(env.cr)
