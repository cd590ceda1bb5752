# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ed25519 signatures by keys of the server's configuration. No odoo in here."""

import base64

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from odoo.addons.channel_inventory_base.tools import crypto

OPTION = "seal_key"
ENVIRONMENT_VARIABLE = "CHANNEL_INVENTORY_SEAL_KEY"


class Signer:
    """:ivar public: the public key, hex"""

    def __init__(self, seed):
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw().hex()

    def sign(self, text):
        return base64.b64encode(self._key.sign(text.encode())).decode()


def read_signers(config_path):
    """The server's keys, in their order: all of them sign. Two are there while one is
    being replaced, and so the old one vouches for the new one.

    :return: list of ``Signer``, empty without a key
    :raise crypto.KeyMissing: there is one, and it is none
    """
    found = crypto.read_keys(config_path, OPTION, ENVIRONMENT_VARIABLE)
    return [Signer(seed) for seed in crypto.decoded(found)] if found else []
