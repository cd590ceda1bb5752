# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login with Amazon: tokens of a seller, and of the application itself.

The seller's refresh token does not end with the client secret, nor with its use; the
secret has to be rotated every 180 days. No odoo in here.
"""

from urllib.parse import urlsplit

from odoo.addons.channel_inventory_base.lib.oauth2 import TokenEndpoint

from ..const import NOTIFICATIONS_SCOPE, TOKEN_URL

AMAZON = ".amazon.com"
TOKEN_PATH = "/auth/o2/token"

REVOKED = "invalid_grant"
"""The seller has withdrawn the application's permission, or it was never given."""
SECRET_ENDED = ("invalid_client", "unauthorized_client")
"""The client secret is wrong, or has ended: a new one has to be entered."""


def seller_grant(client_id, client_secret, *, session, url=TOKEN_URL):
    """``grant(refresh_token)`` for ``tokens.RenewingToken``.

    :raise Unauthorized: with ``code`` REVOKED or one of SECRET_ENDED
    """
    return TokenEndpoint(url, client_id, client_secret, session=session).refresh


def application_grant(
    client_id, client_secret, *, session, url=TOKEN_URL, scope=NOTIFICATIONS_SCOPE
):
    """The same for what belongs to no seller, such as destinations."""
    endpoint = TokenEndpoint(
        url, client_id, client_secret, session=session, scope=scope
    )
    return endpoint.client_credentials


def token_url(base_url):
    """Where tokens are asked for: the credentials go to Amazon, or to the account that
    stands in for it.

    >>> token_url("https://sellingpartnerapi-eu.amazon.com")
    'https://api.amazon.com/auth/o2/token'
    >>> token_url("http://127.0.0.1:9300")
    'http://127.0.0.1:9300/auth/o2/token'
    >>> token_url("https://amazon.com.example").startswith("https://amazon.com.example")
    True
    """
    host = urlsplit(base_url).hostname or ""
    return TOKEN_URL if host.endswith(AMAZON) else base_url.rstrip("/") + TOKEN_PATH


class FreshToken:
    """A token of the application, asked for when it is needed: destinations are looked
    at once in a while.

    :param grant: see ``application_grant``
    """

    def __init__(self, grant):
        self._grant, self._token = grant, None

    def get(self):
        return self._token or self.renew(None)

    def renew(self, rejected):
        """Another token than one that was refused."""
        self._token = self._grant(rejected)["access_token"]
        return self._token
