"""Documents at presigned URLs: what goes into feeds, and what comes of reports."""

import gzip
import secrets
from dataclasses import dataclass

from werkzeug.wrappers import Response

MINUTES_5 = 300
ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    "<Error><Code>{}</Code><Message>{}</Message></Error>"
)


@dataclass(eq=False)
class Document:
    """:ivar content_type: what it was declared as, to the letter
    :ivar body: None before anything was put in"""

    id: str
    content_type: str
    body: bytes = None
    packed: bool = False
    used: bool = False


class Documents:
    def __init__(self, store):
        self.store = store
        self.clear()

    def clear(self):
        # {signature: (method, document, until)}
        self.urls = {}

    def create(self, content_type, body=None):
        """A document; one with a body is packed or not, as it falls."""
        packed = body is not None and self.store.rules.strikes("gzip")
        body = gzip.compress(body) if packed else body
        record = Document(self.store.document_id(), content_type, body, packed)
        self.store.documents[record.id] = record
        return record

    def url(self, record, method):
        signature = secrets.token_hex(32)
        until = self.store.clock.time() + MINUTES_5
        self.urls[signature] = method, record, until
        return (
            f"{self.store.config.url}/_documents/{record.id}"
            f"?X-Amz-Expires={MINUTES_5}&X-Amz-Signature={signature}"
        )

    def view(self, record, name):
        """The answer of getFeedDocument and getReportDocument."""
        view = {name: record.id, "url": self.url(record, "GET")}
        if record.packed:
            view["compressionAlgorithm"] = "GZIP"
        return view

    def answer(self, request):
        """What the storage says, which is not the API."""
        place = self.urls.get(request.args.get("X-Amz-Signature", ""))
        if place is None or place[0] != request.method:
            return self._refused("document_headers", "SignatureDoesNotMatch")
        method, record, until = place
        if self.store.clock.time() > until and self.store.rules.strikes(
            "document_late"
        ):
            return self._refused("document_late", "AccessDenied", "Request has expired")
        foreign = {"authorization", "x-amz-access-token"} & {
            name.lower() for name in request.headers.keys()
        }
        wrong = method == "PUT" and (
            request.headers.get("Content-Type") != record.content_type
        )
        if (foreign or wrong) and self.store.rules.strikes("document_headers"):
            return self._refused("document_headers", "SignatureDoesNotMatch")
        if method == "PUT":
            record.body = request.get_data()
            return Response(b"", 200)
        return Response(record.body, 200, content_type=record.content_type)

    def _refused(self, rule, code, words="The request signature does not match."):
        self.store.violations.note(rule, words)
        return Response(ERROR.format(code, words), 403, content_type="application/xml")
