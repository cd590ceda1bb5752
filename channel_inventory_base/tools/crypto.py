"""Encryption of secrets with a key that is in no database and in no backup of one."""

import functools
import os
from configparser import ConfigParser

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

ENVIRONMENT_VARIABLE = "CHANNEL_INVENTORY_SECRET_KEY"
SECTION = "channel_inventory"
OPTION = "secret_key"


class KeyMissing(Exception):
    """The server has no usable key."""


class WrongKey(Exception):
    """The text was encrypted with a key that this server does not have."""


def read_keys(config_path):
    """The server's keys: the first encrypts, all of them decrypt (for rotation)."""
    text = os.environ.get(ENVIRONMENT_VARIABLE, "")
    if not text and config_path:
        text = _read_option(config_path, _version(config_path))
    return [key.strip() for key in text.split(",") if key.strip()]


def _version(path):
    """Another one whenever the file has changed: a new key counts at once, in every
    process; None without a file."""
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns


@functools.lru_cache(maxsize=1)
def _read_option(path, _version):
    # each webhook needs the key, and a configuration file is long
    parser = ConfigParser(interpolation=None)
    parser.read(path)
    return parser.get(SECTION, OPTION, fallback="")


def _box(keys):
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise KeyMissing(str(error)) from error


def encrypt(keys, text):
    """:raise KeyMissing: no key, or one that is none"""
    return _box(keys).encrypt(text.encode()).decode()


def decrypt(keys, token):
    """:raise KeyMissing, WrongKey:"""
    try:
        return _box(keys).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise WrongKey from error
