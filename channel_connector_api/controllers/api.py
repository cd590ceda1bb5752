# SPDX-License-Identifier: AGPL-3.0-or-later
import hashlib
import json
import logging
import re
import uuid

from psycopg2 import OperationalError
from psycopg2.pool import PoolError

from odoo import SUPERUSER_ID, http
from odoo.http import request

from odoo.addons.channel_inventory_base.db.transaction import (
    CONFLICTS,
    request_reading,
    request_transaction,
    retry_on_conflict,
)
from odoo.addons.channel_inventory_base.lib.bearer import bearer

from ..lib.document import DOCUMENT, PREFIX
from ..lib.problems import Problem

_logger = logging.getLogger(__name__)

MAX_BODY = 1_000_000
RETRY_SECONDS = "2"
ATTEMPTS = 4
TAGGED = ("getAvailability", "getOrder")
TAG = re.compile(r'"([0-9a-f]{32})(?:-{1,2}[a-z]+)?"')


class ChannelApi(http.Controller):
    """The one door of the API, version 1: reads a request, has it answered, and writes
    the answer down.

    The caller has no user of Odoo: its key is its credential, for one channel. Who the
    key belongs to is found out in a transaction of its own, in which also the request
    is counted; the operation has the next one. What only reads numbers has none: the
    count of a key is no lock then on which its other requests wait.
    """

    @http.route(
        [PREFIX, f"{PREFIX}/<path:rest>"],
        type="http",
        auth="none",
        readonly=False,
        csrf=False,
        save_session=False,
        # a form is taken apart before we are called: not a larger one
        max_content_length=MAX_BODY,
    )
    def call(self, rest="", **_query):
        # superuser: the caller is a machine without an Odoo user, bound to the channel
        # of its key by each operation
        request.update_env(
            user=SUPERUSER_ID, context={"lang": None, "prefetch_fields": True}
        )
        env = request.env
        try:
            return self._respond(env, f"/{rest}")
        except Problem as problem:
            return self._refuse(problem)
        except CONFLICTS:
            return self._refuse(self._busy(env))
        except (OperationalError, PoolError) as error:
            _logger.warning("a request of the API was refused for now: %s", error)
            return self._refuse(self._busy(env))
        except Exception:
            ref = uuid.uuid4().hex
            _logger.exception("the API could not answer a request (%s)", ref)
            words = env._("An error of this server. Its log names it by %s.", ref)
            return self._refuse(Problem("internal", words))

    def _respond(self, env, path):
        sent = request.httprequest
        desk = env["channel.api.desk"]
        if sent.method == "GET" and path == "/openapi.json":
            return self._write(200, DOCUMENT)
        # who has no key is not told whether what was sent makes sense
        text = bearer(sent.headers.get("Authorization"))
        if not text:
            with request_transaction(env):
                env["channel.api.key"]._admit("")
        call, problem = None, None
        try:
            call = desk._read_call(
                sent.method,
                path,
                list(sent.args.items(multi=True)),
                sent.headers,
                self._read_text(env),
            )
        except Problem as error:
            problem = error
        if call and call.only_reads:
            with request_reading(env):
                key, refusal = desk._admit(text, call)
                if refusal:
                    raise refusal
                answer = desk._answer(key, call)
        else:
            with request_transaction(env):
                key, refusal = desk._admit(text, call)
            # counted, also where it is refused for another reason
            if problem or refusal:
                raise problem or refusal
            answer = self._act(env, key, call)
        return self._write(
            answer.status, answer.data, answer.headers, call.operation in TAGGED
        )

    def _act(self, env, key, call):
        """Have an operation done, each of its steps in a transaction of its own."""
        desk = env["channel.api.desk"]

        def within(work):
            def once():
                with request_transaction(env):
                    return work()

            return retry_on_conflict(once, ATTEMPTS)

        if call.operation != "placeOrder":
            return within(lambda: desk._answer(key, call))
        # stored whatever becomes of it next
        stored = within(lambda: desk._store_order(key, call))
        try:
            return within(lambda: desk._answer(key, call, stored))
        except CONFLICTS:
            # a job takes it in within moments
            return within(lambda: desk._answer(key, call, (None, stored[1])))

    def _read_text(self, env):
        """The body as text.

        :raise Problem: it is packed, too large, or no text
        """
        sent = request.httprequest
        if sent.headers.get("Content-Encoding", "identity") != "identity":
            raise Problem("media_type", env._("Send it as it is, not packed."))
        length = sent.content_length
        chunked = "Transfer-Encoding" in sent.headers
        if chunked or (length or 0) > MAX_BODY:
            raise Problem(
                "too_large",
                env._("A body has %s bytes at most, and says how many.", MAX_BODY),
            )
        try:
            return sent.get_data().decode() if length else ""
        except UnicodeDecodeError as error:
            raise Problem("malformed", env._("The body is not UTF-8.")) from error

    # --------------------------------------------------------------- write
    def _write(self, status, data, headers=(), is_tagged=False):
        body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
        found = [
            ("Content-Type", "application/json"),
            ("Cache-Control", "private, no-cache"),
            ("Vary", "Authorization"),
            *headers,
        ]
        if is_tagged:
            tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            found.append(("ETag", tag))
            if self._has_tag(tag):
                return request.make_response(b"", found[1:], status=304)
        return request.make_response(body, found, status=status)

    def _has_tag(self, tag):
        """Also as a proxy has changed it that packs what it passes on: nginx calls it
        weak (``W/``), others write how it is packed into it (``-gzip``)."""
        sent = request.httprequest.headers.get("If-None-Match", "")
        known = TAG.findall(sent)
        return tag.strip('"') in known or sent.strip() == "*"

    def _refuse(self, problem):
        return request.make_response(
            json.dumps(problem.body(), ensure_ascii=False).encode(),
            [
                ("Content-Type", "application/problem+json"),
                ("Cache-Control", "no-store"),
                *problem.headers,
            ],
            status=problem.status,
        )

    def _busy(self, env):
        return Problem(
            "busy",
            env._("Another request is at this: try again."),
            headers=[("Retry-After", RETRY_SECONDS)],
        )
