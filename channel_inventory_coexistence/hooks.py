# SPDX-License-Identifier: AGPL-3.0-or-later


def uninstall_hook(env):
    env.cr.execute("DROP VIEW IF EXISTS channel_shadow")
    env.cr.execute("DROP VIEW IF EXISTS channel_master_drift")
