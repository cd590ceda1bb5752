# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access tokens: one that never ends, and ones that all workers renew together.

No odoo in here.
"""

import logging
import time
import uuid
from dataclasses import dataclass

from .errors import ClientError, Unauthorized, Unavailable

_logger = logging.getLogger(__name__)

LEASE = 75
"""Seconds that a renewal may take before another worker tries; more than a request."""
SHORT_LEASE = 5
"""The same where two that ask harm nobody: without a refresh token, or with one that
no renewal uses up. All wait for whoever asks, and he may be dead."""
POLL = 0.25
# A token is renewed before its end, so that none ends on its way.
MARGIN = 300


@dataclass(frozen=True)
class _Claim:
    """The right to ask for the next token, for a while.

    ``sealed``: the refresh token as it was stored; ``is_second``: the worker that had
    it before has not been heard of.
    """

    lease: str
    until: float
    refresh: str | None
    sealed: str | None
    is_second: bool


class StaticToken:
    """A token that was entered by a person: it works until it is revoked."""

    def __init__(self, token):
        self._token = token

    def get(self):
        return self._token

    def renew(self, rejected):
        raise Unauthorized("the access token is not accepted", status=401)


class RenewingToken:
    """A token with an end, shared by all workers and renewed by one of them.

    Whoever finds it used up takes a lease in the shared state, leaves the lock, asks
    for a new one and stores it; all others look again until it is there. A lease
    ends by itself, so a worker that dies blocks nobody for long.

    A refresh token may be good for one renewal: then two workers that use the same one
    lose both. Where the channel gives another one with each token, the lease is longer
    than any request; an answer that is later all the same is kept, and a refusal of
    what it may have used up calls no person.

    :param grant: ``grant(refresh_token)`` asks for a token and returns the answer, see
        ``oauth2``
    :param store: ``peek()`` gives the shared dict to look at, ``lock()`` a context
        manager on it, to change
    :param identity: fingerprint of the credentials: other credentials, other token
    :param refresh: first refresh token; each renewal brings the next one
    :param lease: seconds that others wait for whoever renews; None: by whether there
        is a refresh token
    :param seal, unseal: encryption of what is stored, by its name and text; ``unseal``
        gives None for what it cannot open: then it is asked for anew
    """

    def __init__(
        self,
        grant,
        store,
        *,
        identity,
        refresh=None,
        lease=None,
        seal,
        unseal,
        clock=time.time,
        sleep=time.sleep,
    ):
        self._grant = grant
        self._store = store
        self._identity = identity
        self._first_refresh = refresh
        self._lease = lease or (LEASE if refresh else SHORT_LEASE)
        self._seal = seal
        self._unseal = unseal
        self._clock = clock
        self._sleep = sleep

    def get(self):
        return self._usable(self._store.peek(), None) or self.renew(None)

    def renew(self, rejected):
        """A token other than ``rejected``: what another worker has got, or a new one.

        :raise Unauthorized: the credentials are not accepted either
        """
        deadline = self._clock() + LEASE
        while self._clock() < deadline:
            token, claim = self._claim(rejected)
            token = token or claim and self._exchange(claim)
            if token:
                return token
            self._sleep(POLL)
        raise Unavailable("another worker is renewing the token", code="RENEWING")

    def _usable(self, state, rejected):
        if state.get("identity") != self._identity or not state.get("access"):
            return None
        if state["expires_at"] <= self._clock():
            return None
        token = self._unseal("access", state["access"])
        return token if token != rejected else None

    def _claim(self, rejected):
        """:return: (token, None), (None, claim) or Nones: wait"""
        with self._store.lock() as state:
            if state.get("identity") != self._identity:
                state.clear()
                state["identity"] = self._identity
            token = self._usable(state, rejected)
            if token:
                return token, None
            if state.get("lease_until", 0) > self._clock():
                return None, None
            is_second = "lease" in state
            lease = LEASE if state.get("rotates") else self._lease
            state["lease"] = uuid.uuid4().hex
            state["lease_until"] = self._clock() + lease
            sealed = state.get("refresh")
            refresh = self._unseal("refresh", sealed) if sealed else None
            refresh = refresh or self._first_refresh
            until = state["lease_until"]
            return None, _Claim(state["lease"], until, refresh, sealed, is_second)

    def _exchange(self, claim):
        """:return: the token; None where others have to be looked at again"""
        if self._clock() >= claim.until:
            # held up before it asked: another worker may have used the refresh token
            return None
        try:
            answer = self._grant(claim.refresh)
        except Unauthorized as error:
            if self._finish(claim, {}):
                return None
            if claim.refresh and claim.is_second:
                words = "a worker that was not heard of may have used the refresh token"
                raise Unavailable(words, code="RENEWING") from error
            raise
        except ClientError:
            self._finish(claim, {})
            raise
        lifetime = answer["expires_in"]
        values = {
            "access": self._seal("access", answer["access_token"]),
            "expires_at": self._clock() + lifetime - min(MARGIN, lifetime / 10),
        }
        if answer.get("refresh_token"):
            values["refresh"] = self._seal("refresh", answer["refresh_token"])
            values["rotates"] = answer["refresh_token"] != claim.refresh
        self._finish(claim, values)
        return answer["access_token"]

    def _finish(self, claim, values):
        """Store what came, unless it is older than what is there.

        Where the lease ran out and another worker took over, what came is stored only
        where it is the one next refresh token that there is: the one before is used up.

        :return: whether another worker has stored one meanwhile
        """
        with self._store.lock() as state:
            is_same = state.get("identity") == self._identity
            is_newest = is_same and state.get("refresh") == claim.sealed
            if state.get("lease") == claim.lease:
                del state["lease"], state["lease_until"]
                state.update(values)
            elif is_newest and "refresh" in values:
                state.update(values)
            return is_same and not is_newest


def authorized(tokens, send):
    """``send(token)``; a token that is refused is renewed, then it is final.

    Twice: what the first renewal gives may be what another worker got a while ago, and
    that may have expired as well.
    """
    token = tokens.get()
    for _renewal in range(2):
        try:
            return send(token)
        except Unauthorized:
            _logger.info("the access token was refused, renewing it")
        token = tokens.renew(token)
    return send(token)
