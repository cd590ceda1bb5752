# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which database this is: also for a copy that was made behind Odoo's back."""

from odoo.tools import SQL

_CACHE = "channel_inventory_cluster"


def database_identity(cr, uuid):
    """Cluster, name and Odoo's uuid of the database.

    A dump that is restored keeps name and uuid and finds another cluster. A replica
    has its primary's, so that it goes on when it takes over; and so has a copy of the
    cluster's files, which nothing in a database can tell from it.
    """
    return f"{cluster(cr)}/{cr.dbname}/{uuid}"


def cluster(cr):
    """PostgreSQL's identifier of the cluster, made by ``initdb``.

    :return: text; "" where the server does not let us read it
    """
    # one cursor speaks to one server
    if _CACHE not in cr.cache:
        cr.cache[_CACHE] = _read(cr)
    return cr.cache[_CACHE]


def _read(cr):
    # asked first: an error would be the end of the caller's transaction
    function = "pg_catalog.pg_control_system()"
    cr.execute(SQL("SELECT has_function_privilege(%s, 'EXECUTE')", function))
    if not cr.fetchone()[0]:
        return ""
    cr.execute(SQL("SELECT system_identifier FROM pg_catalog.pg_control_system()"))
    return str(cr.fetchone()[0])
