# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login with Amazon: tokens of a seller, and of the application itself.

The seller's refresh token does not end with the client secret, nor with its use; the
secret has to be rotated every 180 days. No odoo in here.
"""

from odoo.addons.channel_inventory_base.lib.oauth2 import TokenEndpoint

from ..const import NOTIFICATIONS_SCOPE, TOKEN_URL

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
