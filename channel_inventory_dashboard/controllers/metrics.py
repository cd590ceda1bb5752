# SPDX-License-Identifier: AGPL-3.0-or-later
import hmac
import logging
import os

from psycopg2 import OperationalError
from psycopg2.errors import QueryCanceled
from psycopg2.pool import PoolError

from odoo import SUPERUSER_ID, api, http
from odoo.http import request
from odoo.sql_db import Cursor
from odoo.tools import config

from odoo.addons.channel_inventory_base.lib.bearer import bearer
from odoo.addons.channel_inventory_base.tools import options

from ..lib import families
from ..lib.recent import Recent
from ..models.channel_exporter import TIMEOUT_MS

_logger = logging.getLogger(__name__)

ENVIRONMENT_VARIABLE = "CHANNEL_INVENTORY_METRICS_TOKEN"
OPTION = "metrics_token"
SECONDS = 5
"""Several servers of Prometheus that ask at once cost one reading."""
RECENT = Recent(SECONDS)


class ChannelMetrics(http.Controller):
    """The page that Prometheus reads, there only where the server has a token."""

    @http.route(
        "/channel/metrics",
        type="http",
        auth="none",
        readonly=True,
        methods=["GET"],
        csrf=False,
        save_session=False,
    )
    def scrape(self, **_query):
        token = self._read_token()
        if not token:
            raise request.not_found()
        given = bearer(request.httprequest.headers.get("Authorization"))
        # in the same time however much of it is right
        if not hmac.compare_digest(given.encode(), token.encode()):
            return self._answer(401, "wrong token", ("WWW-Authenticate", "Bearer"))
        try:
            page = RECENT.get(request.db, self._read_page)
        except (QueryCanceled, OperationalError, PoolError) as error:
            _logger.warning("metrics could not be read: %s", error)
            return self._answer(503, "the database is busy")
        return request.make_response(page, [("Content-Type", families.CONTENT_TYPE)])

    def _read_token(self):
        return os.environ.get(ENVIRONMENT_VARIABLE, "").strip() or options.read(
            config["config"], OPTION
        )

    def _read_page(self):
        """On a connection that cannot write, of a replica where there is one."""
        with request.env.registry.cursor(readonly=True) as cr:
            # a test cursor stands on a transaction that goes on
            if isinstance(cr, Cursor):
                cr.execute("SET TRANSACTION READ ONLY")
            cr.execute("SET LOCAL statement_timeout = %s", [TIMEOUT_MS])
            # superuser: the sender is a machine without an Odoo user; what it reads
            # is figures of channels
            env = api.Environment(cr, SUPERUSER_ID, {})
            return env["channel.exporter"]._write_page()

    def _answer(self, status, text, *headers):
        return request.make_response(
            text, [("Content-Type", "text/plain"), *headers], status=status
        )
