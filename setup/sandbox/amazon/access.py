"""Login with Amazon: access tokens, what they are for, and how they die."""

import secrets
from dataclasses import dataclass

from . import const
from .errors import TokenError, unauthorized

NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
SCOPES = (NOTIFICATIONS_SCOPE, "sellingpartnerapi::client_credential:rotation")
DAY = 86400


@dataclass
class Token:
    """:ivar scope: of a grantless token; None for a seller's"""

    value: str
    expires: float
    scope: str = None


class Access:
    """The one application that the seller has let in."""

    def __init__(self, config, clock, rules, violations):
        self.config, self.clock = config, clock
        self.rules, self.violations = rules, violations
        self.clear()

    def clear(self):
        self.tokens = {}
        self.revoked = False
        self.secret_born = self.clock.time()
        # an old secret that still works for some days: (secret, until)
        self.old_secret = None

    # --- what people do in Seller Central

    def revoke(self):
        """The seller takes the application's permission back."""
        self.revoked = True
        self.tokens = {
            value: token for value, token in self.tokens.items() if token.scope
        }

    def expire(self):
        """Every access token dies now, as after an hour."""
        self.tokens.clear()

    def rotate(self, days=7):
        """A new client secret; the old one works for so many days more."""
        until = self.clock.time() + days * DAY
        self.old_secret = (self.config.client_secret, until)
        self.config.client_secret = f"amzn1.oa2-cs.v1.{secrets.token_hex(8)}"
        self.secret_born = self.clock.time()
        return self.config.client_secret

    # --- the token endpoint

    def exchange(self, form):
        """The answer to a token request.

        :raise TokenError: it is refused
        """
        self._check_client(form)
        kind = form.get("grant_type")
        if kind == "client_credentials":
            scope = form.get("scope")
            if scope not in SCOPES:
                raise TokenError("invalid_scope", "The requested scope is invalid.")
            return self._answer(self._mint(scope))
        if kind != "refresh_token":
            words = "The authorization grant type is not supported."
            raise TokenError("unsupported_grant_type", words)
        if self.revoked or form.get("refresh_token") != self.config.refresh_token:
            raise TokenError(
                "invalid_grant",
                "The request has an invalid grant parameter : refresh_token. "
                "User may have revoked or didn't grant the permission.",
            )
        body = self._answer(self._mint(None))
        return {**body, "refresh_token": self.config.refresh_token}

    def _check_client(self, form):
        now = self.clock.time()
        good = form.get("client_secret") == self.config.client_secret
        if self.old_secret and now < self.old_secret[1]:
            good = good or form.get("client_secret") == self.old_secret[0]
        age = now - self.secret_born
        if age > self.config.secret_days * DAY and self.rules.strikes("secret_expired"):
            self.violations.note("secret_expired")
            good = False
        if form.get("client_id") != self.config.client_id or not good:
            raise TokenError("invalid_client", "Client authentication failed", 401)

    def _mint(self, scope):
        value = f"Atza|{secrets.token_urlsafe(24)}"
        expires = self.clock.time() + self.config.token_seconds
        self.tokens[value] = Token(value, expires, scope)
        return self.tokens[value]

    def _answer(self, token):
        return {
            "access_token": token.value,
            "token_type": "bearer",
            "expires_in": int(self.config.token_seconds),
        }

    # --- the API

    def check(self, headers, operation):
        """The seller that the request speaks for; None for a grantless one.

        :raise ApiError: the token does not allow it
        """
        token = self.tokens.get(headers.get("x-amz-access-token", ""))
        expired = token is None or token.expires <= self.clock.time()
        if token is None or (expired and self.rules.strikes("dead_token")):
            words = "The access token you provided is revoked, malformed or invalid."
            raise unauthorized("dead_token", words)
        grantless = operation in const.GRANTLESS
        fits = (token.scope == NOTIFICATIONS_SCOPE) if grantless else not token.scope
        if not fits and self.rules.strikes("token_kind"):
            raise unauthorized("token_kind")
        self.need(const.ROLE_OF.get(operation))
        return None if grantless else self.config.seller_id

    def need(self, role):
        """:raise ApiError: the application has not got the role"""
        if role and role not in self.config.roles:
            if self.rules.strikes("role_missing"):
                raise unauthorized("role_missing")

    def sees(self, block):
        """Whether a block of orders is shown to this application at all."""
        role = const.ROLE_OF_BLOCK.get(block)
        return not role or role in self.config.roles
