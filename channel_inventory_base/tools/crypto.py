# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encryption of secrets with a key that is in no database and in no backup of one.

Each secret is encrypted with a key of its own, derived from the server's key and from
where the secret belongs: moved elsewhere it opens no more. What is stored names the
server's key that made it (``<name of the key>:<Fernet token>``), so that a wrong key
can be told from a secret in the wrong place.
"""

import base64
import os

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from . import options
from .options import SECTION  # noqa: F401 (named where a key is missing)

ENVIRONMENT_VARIABLE = "CHANNEL_INVENTORY_SECRET_KEY"
OPTION = "secret_key"
KEY_BYTES = 32
NAME_BYTES = 8
# What a derived key is for: two purposes never share one.
_NAME, _SECRET = b"channel_inventory/name", b"channel_inventory/secret/"


class KeyMissing(Exception):
    """The server has no usable key."""


class WrongKey(Exception):
    """The text was encrypted with a key that this server does not have."""


class WrongPlace(Exception):
    """The text was encrypted with our key, to stand elsewhere; or it was changed."""


def read_keys(config_path, option=OPTION, variable=ENVIRONMENT_VARIABLE):
    """The server's keys: the first encrypts, all of them decrypt (for rotation).

    :param option: of the server's configuration
    :param variable: of the environment, which goes before it
    """
    text = os.environ.get(variable, "")
    text = text or options.read(config_path, option)
    return [key.strip() for key in text.split(",") if key.strip()]


def encrypt(keys, place, text):
    """``text`` for nowhere but ``place``, such as a channel and the secret's name.

    :raise KeyMissing: no key, or one that is none
    """
    key = decoded(keys)[0]
    return f"{_name(key)}:{_box(key, place).encrypt(text.encode()).decode()}"


def decrypt(keys, place, stored):
    """:raise KeyMissing, WrongKey, WrongPlace:"""
    name, _separator, token = stored.partition(":")
    for key in decoded(keys):
        if _name(key) == name:
            return _opened(_box(key, place), token)
    raise WrongKey


def is_newest(keys, stored):
    """Whether the first of the keys made it: then the others may go.

    :raise KeyMissing:
    """
    return stored.partition(":")[0] == _name(decoded(keys)[0])


def _opened(box, token):
    try:
        return box.decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise WrongPlace from error


def decoded(keys):
    """:return: their bytes

    :raise KeyMissing: none, or one that is none
    """
    try:
        found = [base64.urlsafe_b64decode(key) for key in keys]
    except ValueError as error:
        raise KeyMissing(str(error)) from error
    if not found or any(len(key) != KEY_BYTES for key in found):
        raise KeyMissing("a key has 32 bytes, in urlsafe base64")
    return found


def _box(key, place):
    derived = _derive(key, _SECRET + place.encode(), KEY_BYTES)
    return Fernet(base64.urlsafe_b64encode(derived))


def _name(key):
    """Tells keys apart and reveals none of them."""
    return _derive(key, _NAME, NAME_BYTES).hex()


def _derive(key, purpose, length):
    # no salt: the key is random already, and the same one has to come out again
    return HKDF(SHA256(), length, salt=None, info=purpose).derive(key)
