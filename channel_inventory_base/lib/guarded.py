# SPDX-License-Identifier: AGPL-3.0-or-later
"""Connections to addresses that are allowed, and to no others. No odoo in here.

A name is resolved once, where the connection is made, and the connection goes to an
address that was looked at: a name that means something else a moment later (DNS
rebinding) gains nothing by it. What the server's certificate is compared with stays
the name.
"""

import contextlib
import socket
import threading
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy
from urllib3 import exceptions as urllib3_errors
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .errors import Misconfigured, Unavailable

MAX_ADDRESSES = 4
"""Of a name, tried one after the other: each may cost the whole timeout."""
WORDS = (
    "%s is an address of a private network or of this machine: the server's "
    "configuration has to allow it (allow_private_addresses)"
)


def session(allowed):
    """A session whose connections are guarded.

    :param allowed: function that gives the ``addresses.Allowed`` of the moment
    """
    made = GuardedSession()
    made.mount("https://", GuardedAdapter(allowed))
    made.mount("http://", GuardedAdapter(allowed))
    # without it the credentials of a host in somebody's .netrc would be sent, in the
    # place of ours
    made.auth = _no_more
    return made


def _no_more(request):
    return request


class GuardedSession(requests.Session):
    """Redirects are answers like others. (Told not to follow one, ``requests`` still
    reads all that comes with it, and unpacks it, however much that is.)"""

    def get_redirect_target(self, resp):
        return None


class GuardedAdapter(HTTPAdapter):
    """Connections are guarded where they are made. Where the server's environment names
    a proxy, that is where the proxy is: it resolves names itself. So what a name means
    here is looked at before, and what it means there is for the proxy to say."""

    def __init__(self, allowed, **options):
        self._allowed = allowed
        super().__init__(**options)

    def init_poolmanager(self, *args, **options):
        result = super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self._allowed),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self._allowed),
        }
        return result

    def send(self, request, *args, proxies=None, **options):
        if select_proxy(request.url, proxies):
            self._check_proxied(urlsplit(request.url))
        return super().send(request, *args, proxies=proxies, **options)

    def _check_proxied(self, parts):
        try:
            _addresses(parts.hostname, parts.port or 443, self._allowed())
        except OSError:
            # a name of the outside, which nobody knows in here
            return


def _pool(pool, connection, allowed):
    guarded = type(
        f"Guarded{connection.__name__}",
        (_Guarded, connection),
        {"allowed": staticmethod(allowed)},
    )
    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": guarded})


class _Guarded:
    """Before urllib3's connections, at the one place where they open a socket (where
    its own support of SOCKS comes in, too)."""

    def _new_conn(self):
        name, failure = self._dns_host, None
        try:
            for address in self._look_up(name)[:MAX_ADDRESSES]:
                # what urllib3 connects to; a certificate it compares with what is here
                # afterwards: the name again
                self._dns_host = address
                try:
                    return super()._new_conn()
                except urllib3_errors.HTTPError as error:
                    failure = error
            raise failure
        finally:
            self._dns_host = name

    def getresponse(self):
        """Each byte of an answer's headers may take as long as the timeout says, and
        there may be millions: they come within twice of it, or the line is cut."""
        if not self.timeout:
            return super().getresponse()
        late = threading.Event()
        watch = threading.Timer(2 * self.timeout, _hang_up, [self.sock, late])
        watch.daemon = True
        watch.start()
        try:
            response = super().getresponse()
        finally:
            watch.cancel()
        if late.is_set():
            # headers that break off pass for all of them
            raise urllib3_errors.ProtocolError("the answer's headers take too long")
        return response

    def _look_up(self, name):
        try:
            return _addresses(name, self.port, self.allowed())
        except OSError as error:
            raise urllib3_errors.NewConnectionError(
                self, f"the name is not known ({type(error).__name__})"
            ) from None


def _hang_up(sock, late):
    late.set()
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _addresses(name, port, allowed):
    """:return: IP addresses of ``name`` that are allowed, in the resolver's order
    :raise Misconfigured: an address was entered that is not
    :raise Unavailable: a name that has no other: it may have one tomorrow
    :raise OSError: nobody knows the name"""
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(str(error)) from None
    addresses = list(dict.fromkeys(each[4][0] for each in found))
    good = [address for address in addresses if allowed.takes(address)]
    if not good:
        kind = Misconfigured if _is_number(name) else Unavailable
        raise kind(WORDS % name, code="PRIVATE")
    return good


def _is_number(name):
    """Whether it is an IP address, in any of the ways in which C reads them.

    >>> [_is_number(n) for n in ("127.1", "0x7f000001", "::1", "2130706433")]
    [True, True, True, True]
    >>> _is_number("127.0.0.1.example.com")
    False
    """
    try:
        socket.inet_aton(name.rstrip("."))
        return True
    except (OSError, UnicodeError):
        return ":" in name
