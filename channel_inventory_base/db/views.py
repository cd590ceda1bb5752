# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of the database, which stand on tables of any addon."""

from odoo.tools.sql import table_exists


def create_at_end(model, create):
    """Call ``create`` when all tables are there: at the end, where an addon is being
    installed or updated; now, where Odoo makes again what went with the tables of an
    addon that was uninstalled."""
    if _is_loading(model):
        model.pool.post_init(create)
    else:
        create()


def create_view_at_end(model, create, after=()):
    """The same for the view of a model.

    :param after: names of models whose views it stands on; Odoo, which makes again what
        is missing, knows no order
    """
    if not _is_loading(model):
        if table_exists(model.env.cr, model._table):
            # made already, for one that stands on it
            return
        for name in after:
            model.env[name].init()
    create_at_end(model, create)


def _is_loading(model):
    return hasattr(model.pool, "_post_init_queue")
