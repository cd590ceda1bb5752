# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import http
from odoo.http import request


class EdiDownload(http.Controller):
    """The bytes of files and interchanges, for those who may see the records."""

    @http.route(
        "/channel/edi/file/<int:record_id>", type="http", auth="user", readonly=True
    )
    def file(self, record_id):
        return self._download("channel.edi.file", record_id)

    @http.route(
        "/channel/edi/interchange/<int:record_id>",
        type="http",
        auth="user",
        readonly=True,
    )
    def interchange(self, record_id):
        return self._download("channel.edi.interchange", record_id)

    def _download(self, model, record_id):
        record = request.env[model].search([("id", "=", record_id)])
        if not record:
            raise request.not_found()
        return request.make_response(
            record._bytes(),
            [
                # never shown by a browser: it is a partner's content
                ("Content-Type", "application/octet-stream"),
                ("X-Content-Type-Options", "nosniff"),
                ("Content-Disposition", http.content_disposition(record.name or "edi")),
            ],
        )
