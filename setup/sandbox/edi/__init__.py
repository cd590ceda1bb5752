"""Local trading partners: a retailer, a warehouse and a supplier on one SFTP server.

In a test::

    from sandbox.edi import running_partner

    with running_partner("dock9", tick=None) as dock9:
        dock9.receive({"SKU-1": 20})
        dock9.step(3600)
        dock9.files("out"), dock9.ledger.entries, dock9.truth()
"""

import contextlib

from .bigmart import SoldOut
from .config import Config
from .partner import PartnerError
from .sandbox import PARTNERS, Sandbox

__all__ = [
    "PARTNERS",
    "Config",
    "PartnerError",
    "Sandbox",
    "SoldOut",
    "running_partner",
    "start",
]


def start(seed=None, names=None, port=0, sftp_port=0, host="127.0.0.1", **settings):
    """Start partners and return their sandbox; ``settings`` are fields of ``Config``.

    :param seed: {name of a partner: its goods and settings}, or the path of a JSON file
    :param names: which partners; None for all
    :param port: of the control API; 0 takes a free one, as for ``sftp_port``
    """
    return Sandbox(Config(**settings), seed, names, host, port, sftp_port).start()


@contextlib.contextmanager
def running_partner(name, seed=None, settings=None, **sandbox_settings):
    """One partner alone.

    :param seed: its goods
    :param settings: fields of its own settings
    """
    values = {**(seed or {})}
    values["settings"] = {**values.get("settings", {}), **(settings or {})}
    with start({name: values}, [name], **sandbox_settings) as sandbox:
        yield sandbox.partners[name]
