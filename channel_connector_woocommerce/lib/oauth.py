"""OAuth 1.0a with one leg, as WooCommerce wants it over plain http.

The secret never travels. Source: RFC 5849, and ``WC_REST_Authentication``, which signs
all parameters of the query, ``rest_route`` included.
"""

import base64
import hashlib
import hmac
from urllib.parse import quote

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
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def signed(method, url, params, key, secret, *, now, nonce):
    """``params`` with everything that proves who asks.

    :param now: seconds since 1970; the shop takes 15 minutes of difference
    :param nonce: used once: the shop remembers it
    """
    params = {
        **params,
        "oauth_consumer_key": key,
        "oauth_timestamp": str(int(now)),
        "oauth_nonce": nonce,
        "oauth_signature_method": METHOD,
    }
    return {**params, "oauth_signature": sign(method, url, params, secret)}
