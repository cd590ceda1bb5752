# SPDX-License-Identifier: AGPL-3.0-or-later
"""The token endpoint of OAuth 2.0 (RFC 6749: client credentials, refresh tokens).

No odoo in here.
"""

import json
from urllib.parse import urlencode

from . import replies, transport
from .errors import Misconfigured, Unauthorized, Unavailable

TRANSIENT = ("server_error", "temporarily_unavailable", "slow_down")
"""OAuth's own codes of what passes, whatever the status that they come with: a person
is not called for that, and nothing stops."""
LONGEST_LIFE = 366 * 24 * 3600
"""Seconds that a token is believed to live: a refusal ends it in any case."""


class TokenEndpoint:
    """Asks for access tokens. Its errors never contain what was sent.

    :param scope: what a token of the app itself is to be good for, where the channel
        wants that told
    """

    def __init__(self, url, client_id, client_secret, *, session, timeout=15, scope=""):
        self._url = url
        self._scope = {"scope": scope} if scope else {}
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._session = session
        self._timeout = timeout

    def client_credentials(self, _refresh=None):
        """A token of the app itself."""
        return self._ask({"grant_type": "client_credentials", **self._scope})

    def refresh(self, refresh_token):
        """The next token and refresh token; the old one works until these are used."""
        return self._ask(
            {"grant_type": "refresh_token", "refresh_token": refresh_token}
        )

    def _ask(self, form):
        reply = transport.send(
            self._session,
            "POST",
            self._url,
            urlencode({**self._client, **form}).encode(),
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            timeout=self._timeout,
            # another token harms nobody
            acts=False,
        )
        self._check(reply)
        return self._read(reply)

    def _check(self, reply):
        if reply.status in (400, 401, 403):
            code = _code(reply)
            if code in TRANSIENT:
                words = "no token is given just now"
                raise Unavailable(words, status=reply.status, code=code)
            raise Unauthorized(
                "the credentials of the app are not accepted",
                status=reply.status,
                code=code,
            )
        if reply.status == 404:
            raise Misconfigured("the address does not exist", status=404, code="404")
        replies.check_status(reply)

    def _read(self, reply):
        try:
            answer = json.loads(reply.body)
            token, lifetime = answer["access_token"], answer["expires_in"]
            good = token and lifetime > 0
            # a header takes no other letters
            fit = isinstance(token, str) and token.isascii() and token.isprintable()
        except (ValueError, KeyError, TypeError):
            good = fit = False
        if not (good and fit):
            # its body is not quoted: it may well contain a token
            raise Unavailable("the token answer cannot be read", code="UNREADABLE")
        return {**answer, "expires_in": min(lifetime, LONGEST_LIFE)}


def _code(reply):
    """OAuth's own error code: letters and underscores, nothing that was sent."""
    try:
        code = json.loads(reply.body).get("error")
    except (ValueError, AttributeError):
        code = None
    plain = isinstance(code, str) and code.replace("_", "").isalpha() and len(code) < 40
    return code if plain else str(reply.status)
