# SPDX-License-Identifier: AGPL-3.0-or-later
"""OAuth 1.0a with one leg (RFC 5849): the secret never travels, also over plain http.

All parameters of the query are signed. No odoo in here.
"""

from urllib.parse import quote

from . import signature

METHOD = "HMAC-SHA256"


def encode(text):
    """
    >>> encode("a b/ü~")
    'a%20b%2F%C3%BC~'
    """
    return quote(str(text), safe="~")


def query(params):
    """
    >>> query({"b": 1, "a": "x y"})
    'a=x%20y&b=1'
    """
    return "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(params.items()))


def sign(method, url, params, secret):
    """Base64 of the signature of a request.

    >>> sign("GET", "http://shop.example/wp-json/wc/v3/orders", {"page": 1}, "cs_1")
    '8sPfxiWEGKoN4A4jFCXPRWjhKJhh+7OxxA9pCo8g5aE='
    """
    text = "&".join((method.upper(), encode(url), encode(query(params))))
    return signature.sign(f"{secret}&", text.encode())


def signed(method, url, params, key, secret, *, now, nonce):
    """``params`` with everything that proves who asks.

    :param now: seconds since 1970; servers take minutes of difference
    :param nonce: used once: the server remembers it
    """
    params = {
        **params,
        "oauth_consumer_key": key,
        "oauth_timestamp": str(int(now)),
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
    }
    return {**params, "oauth_signature": sign(method, url, params, secret)}
