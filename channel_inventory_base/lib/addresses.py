# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which addresses a channel may have: those of the internet, and what is allowed.

A channel's address is typed by a person, and the address of a bulk file comes from a
shop. Neither may have this server ask what only this server can reach: its own
services, its neighbours, the metadata of its cloud. No odoo in here.

Sources: the special-purpose registries of IANA (RFC 6890). Written down, because the
``ipaddress`` of older Pythons calls some of them global.
"""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from .errors import Malformed, Misconfigured

_FORM = re.compile(
    r"https?://(\[[0-9a-f:.]+\]|[\w.-]+)(:[0-9]{1,5})?(/[\w./~%+-]*(\?[\w.=&%-]*)?)?",
    re.IGNORECASE,
)
"""Nothing that two readers could take for two different hosts: no user before the host,
no backslash, nothing invisible. A path may have been pasted along."""

PRIVATE = (
    "127.0.0.0/8",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1/128",
    "fc00::/7",
)
"""What ``yes`` allows: this machine, and networks of one's own."""
METADATA = ("168.63.129.16/32", "fd00:ec2::254/128", "fd20:ce::254/128")
"""Services of a cloud for its machines that lie among addresses of another kind: of
Azure, of Amazon, of Google. The usual 169.254.169.254 is in ``SPECIAL``."""
SPECIAL = (
    "0.0.0.0/8",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/3",
    # Teredo and what else is for protocols; documentation; 6to4, which hides an IPv4
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "3fff::/20",
)
INTERNET6 = ip_network("2000::/3")
"""All that is assigned; what lies outside is for something else."""
NAT64 = ip_network("64:ff9b::/96")
"""How a network without IPv4 reaches one: the last 32 bits are the address."""

WORDS = {"yes": PRIVATE, "true": PRIVATE, "1": PRIVATE, "no": (), "false": (), "0": ()}


def parts(text):
    """An address that was typed, split; None where it is not plainly one.

    >>> parts(" https://shop.example.com:8443/wp ").netloc
    'shop.example.com:8443'
    >>> [parts(f"https://{each}") for each in ("shop@10.0.0.1", "a b", "a:99999")]
    [None, None, None]
    """
    text = (text or "").strip()
    if not _FORM.fullmatch(text):
        return None
    try:
        found = urlsplit(text)
        return found if found.port != 0 else None
    except ValueError:
        return None


def same_path(one, other):
    """Whether two addresses differ in nothing but the host.

    >>> same_path("https://old.example.com/hook/1", "http://a.example/hook/1")
    True
    """
    return urlsplit(one).path == urlsplit(other).path


def signed(place, own):
    """An address that an answer tells, of a file on any host: it signs itself, so our
    credentials are not for it.

    :param place: a reader.JsonValue
    :param own: the channel's address
    :raise Malformed: it is less safe than the channel's
    """
    url = place.text()
    if urlsplit(url).scheme not in ("https", urlsplit(own).scheme):
        raise Malformed("is no safe address", path=place.path)
    return url


def _networks(texts):
    return tuple(ip_network(text) for text in texts)


_PRIVATE = _networks(PRIVATE)
_METADATA = _networks(METADATA)
_SPECIAL = _networks(SPECIAL)


class Allowed:
    """What the server's configuration allows beyond the internet.

    :param option: ``yes`` (``PRIVATE``, and never a cloud's metadata), or networks such
        as ``127.0.0.0/8, 10.2.0.7``; nothing else is allowed where it is empty or wrong

    >>> home = Allowed("127.0.0.0/8, ::1")
    >>> home.takes("127.0.0.1"), home.takes("::ffff:127.0.0.1"), home.takes("10.0.0.1")
    (True, True, False)
    >>> Allowed("yes").takes("10.0.0.1"), Allowed("yes").takes("169.254.169.254")
    (True, False)
    >>> Allowed("").takes("1.1.1.1"), Allowed("").takes("64:ff9b::a9fe:a9fe")
    (True, False)
    """

    def __init__(self, option=""):
        word = (option or "").strip().lower()
        self.by_word = word in WORDS
        texts = WORDS.get(word) or filter(None, word.replace(",", " ").split())
        self.networks = () if WORDS.get(word) == () else self._read(texts)

    def _read(self, texts):
        try:
            return tuple(ip_network(text, strict=False) for text in texts)
        except ValueError as error:
            raise Misconfigured(
                f"allow_private_addresses of the server's configuration: {error}",
                code="OPTION",
            ) from None

    def takes(self, text):
        """Whether a connection to this IP address (as text) may be made."""
        address = _real(ip_address(text.partition("%")[0]))
        if _is_in(address, _METADATA) and self.by_word:
            return False
        return _is_in(address, self.networks) or _is_public(address)


def _real(address):
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _is_in(address, networks):
    return any(
        address in network for network in networks if network.version == address.version
    )


def _is_public(address):
    if isinstance(address, IPv6Address) and address not in INTERNET6:
        return False
    return not any(
        _is_in(address, networks) for networks in (_PRIVATE, _METADATA, _SPECIAL)
    )
