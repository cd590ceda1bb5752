"""Access tokens: client credentials, refresh, static ones; expiry and revocation."""

import secrets
import threading
from dataclasses import dataclass
from datetime import timedelta


@dataclass
class Token:
    text: str
    scopes: tuple
    expires_at: object = None  # never
    refresh: str = None
    # The token that the first use of this one ends.
    replaces: "Token" = None


class OAuthError(Exception):
    def __init__(self, code, description, status=400):
        super().__init__(description)
        self.code, self.status = code, status


class Tokens:
    def __init__(self, config, clock):
        self.config = config
        self.clock = clock
        self._lock = threading.Lock()
        self.clear()

    def clear(self):
        self.by_text = {}
        if self.config.access_token:
            static = Token(self.config.access_token, tuple(self.config.scopes))
            self.by_text[static.text] = static

    def check(self, text):
        """The token that this text is, or None: unknown, expired or revoked."""
        with self._lock:
            token = self.by_text.get(text)
            if token and token.expires_at and token.expires_at <= self.clock.now():
                return None
            return token

    def issue(self, scopes=None, ttl=None, refreshable=False):
        """A new token of the app; ``ttl`` in seconds, None for one without end."""
        with self._lock:
            text = "shpat_" + secrets.token_hex(16)
            token = Token(text, tuple(scopes or self.config.scopes))
            if ttl is not None:
                token.expires_at = self.clock.now() + timedelta(seconds=ttl)
            if refreshable:
                token.refresh = "shprt_" + secrets.token_hex(16)
            self.by_text[token.text] = token
            return token

    def revoke(self, text=None):
        """Make one token, or every token, worthless."""
        with self._lock:
            if text is None:
                self.by_text.clear()
            else:
                self.by_text.pop(text, None)

    def expire(self, text=None):
        """Let the tokens that can expire do it now."""
        with self._lock:
            for token in self.by_text.values():
                if token.expires_at and text in (None, token.text):
                    token.expires_at = self.clock.now()

    def exchange(self, form):
        """Answer ``POST /admin/oauth/access_token``.

        :raise OAuthError: with the error code and status of the answer
        """
        self._check_client(form)
        grant = form.get("grant_type")
        if grant == "client_credentials":
            token = self.issue(ttl=self.config.token_ttl)
            return self._answer(token, self.config.token_ttl)
        if grant == "refresh_token":
            return self._refresh(form.get("refresh_token"))
        raise OAuthError("unsupported_grant_type", f"no grant type {grant!r}")

    def _check_client(self, form):
        known = form.get("client_id") == self.config.client_id
        if not known or form.get("client_secret") != self.config.client_secret:
            raise OAuthError("invalid_client", "unknown client", 401)

    def _refresh(self, text):
        """The old refresh token keeps working until the new token is used."""
        with self._lock:
            old = next(
                (t for t in self.by_text.values() if text and t.refresh == text), None
            )
        if old is None:
            raise OAuthError("invalid_grant", "unknown refresh token")
        ttl = self.config.offline_token_ttl
        token = self.issue(old.scopes, ttl, refreshable=True)
        token.replaces = old
        return self._answer(token, ttl)

    def used(self, token):
        """The first use of a refreshed token ends the one it replaces."""
        old, token.replaces = token.replaces, None
        if old is not None:
            self.revoke(old.text)

    def _answer(self, token, ttl):
        answer = {
            "access_token": token.text,
            "scope": ",".join(token.scopes),
            # Live answers are one second short of the whole.
            "expires_in": max(int(ttl) - 1, 0) if ttl == 86400 else int(ttl),
        }
        if token.refresh:
            answer["refresh_token"] = token.refresh
            answer["refresh_token_expires_in"] = 90 * 86400
        return answer
