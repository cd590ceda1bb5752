"""Who may ask: Basic over https, OAuth 1.0a over plain http, nothing else.

As in ``WC_REST_Authentication``, with its order of checks and its words.
"""

import base64
import hmac
import time
from urllib.parse import quote, unquote

from .errors import ApiError

WINDOW = 15 * 60
OAUTH = (
    "oauth_consumer_key",
    "oauth_timestamp",
    "oauth_nonce",
    "oauth_signature",
    "oauth_signature_method",
)


def refused(message):
    return ApiError("woocommerce_rest_authentication_error", message, 401)


class Access:
    def __init__(self, config):
        self.config = config
        self.clear()

    def clear(self):
        self.nonces = {}
        self.revoked = False

    def check(self, request, url, params, route):
        """:raise ApiError: no key, a wrong one, or one that may not do this"""
        if not route.startswith(("wc/", "wc-")):
            # keys of WooCommerce are looked at for its own namespaces only
            raise ApiError("rest_forbidden", "Sorry, you are not allowed to do that.")
        if request.scheme == "https":
            permission = self._basic(request, params)
        else:
            permission = self._oauth(request, url, params)
        if permission is None:
            raise ApiError(
                "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."
            )
        writes = request.method not in ("GET", "HEAD", "OPTIONS")
        if writes and permission == "read":
            raise refused("The API key provided does not have write permissions.")

    def _keys(self):
        config = self.config
        if self.revoked:
            return {}
        return {
            config.consumer_key: (config.consumer_secret, "read_write"),
            config.read_only_key: (config.read_only_secret, "read"),
        }

    def _basic(self, request, params):
        key, secret = params.get("consumer_key"), params.get("consumer_secret")
        header = request.headers.get("Authorization", "")
        if header.startswith("Basic "):
            text = base64.b64decode(header[6:]).decode("utf-8", "replace")
            key, _colon, secret = text.partition(":")
        if not key:
            return None
        known = self._keys().get(key)
        if not known:
            raise refused("Consumer key is invalid.")
        if not hmac.compare_digest(known[0].encode(), (secret or "").encode()):
            raise refused("Consumer secret is invalid.")
        return known[1]

    # --- OAuth 1.0a

    def _oauth(self, request, url, params):
        params = {**params, **_header_params(request)}
        given = [name for name in OAUTH if params.get(name)]
        if not given:
            return None
        missing = [name for name in OAUTH if name not in given]
        if missing:
            raise refused(f"Missing OAuth parameters {', '.join(missing)}")
        known = self._keys().get(params["oauth_consumer_key"])
        if not known:
            raise refused("Consumer key is invalid.")
        self._check_signature(request.method, url, params, known[0])
        self._check_nonce(params)
        return known[1]

    def _check_signature(self, method, url, params, secret):
        kind = params["oauth_signature_method"]
        if kind not in ("HMAC-SHA1", "HMAC-SHA256"):
            raise refused("Invalid signature - signature method is invalid.")
        given = params.pop("oauth_signature").replace(" ", "+")
        pairs = "&".join(
            f"{_encode(name)}={_encode(value)}"
            for name, value in sorted(params.items())
        )
        text = "&".join((method.upper(), _encode(url), _encode(pairs)))
        algorithm = kind.removeprefix("HMAC-").lower()
        digest = hmac.new(f"{secret}&".encode(), text.encode(), algorithm).digest()
        wanted = base64.b64encode(digest).decode()
        if not hmac.compare_digest(wanted, given):
            raise refused("Invalid signature - provided signature does not match.")

    def _check_nonce(self, params):
        stamp, nonce = params["oauth_timestamp"], params["oauth_nonce"]
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > WINDOW:
            raise refused("Invalid timestamp.")
        if nonce in self.nonces:
            raise refused("Invalid nonce - nonce has already been used.")
        self.nonces[nonce] = stamp


def _encode(text):
    return quote(str(text), safe="~")


def _header_params(request):
    header = request.headers.get("Authorization", "")
    if not header.startswith("OAuth "):
        return {}
    pairs = (part.strip().partition("=") for part in header[6:].split(","))
    return {name: unquote(value.strip('"')) for name, _equals, value in pairs}
