# SPDX-License-Identifier: AGPL-3.0-or-later
from .db.functions import drop_functions
from .db.jobs import forget_jobs
from .db.triggers import drop_triggers
from .db.watches import WATCHES


def uninstall_hook(env):
    """Stock tables must not call functions that write to a table which is gone."""
    # nothing is left that could run them: the server would fail at each, at each start
    forget_jobs(env.cr)
    drop_triggers(env.cr, WATCHES)
    drop_functions(env.cr)
    # their tables go with the addon, functions would stay
    env.cr.execute("DROP FUNCTION IF EXISTS channel_audit_guard CASCADE")
    env.cr.execute("DROP FUNCTION IF EXISTS channel_level_forget CASCADE")


def disconnect(env, channel_type):
    """For the uninstall hook of a connector: without it a channel speaks to nobody, so
    none keeps looking live, and no secret stays."""
    channels = env["channel.channel"].with_context(active_test=False)
    channels = channels.search([("channel_type", "=", channel_type)])
    channels._forget_secrets()
    channels._set_connection("unknown", False)
    channels.filtered(lambda channel: channel.state == "live").state = "paused"
