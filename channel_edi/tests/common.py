# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of partners: samples that others have published, and files made for a test."""

import unittest
from datetime import datetime, timezone
from pathlib import Path

from .. import schemas
from ..lib import codec

SAMPLES = Path(__file__).parent / "data" / "samples"
AT = datetime(2026, 12, 1, 14, 30, tzinfo=timezone.utc)


if __name__.startswith("odoo.addons."):
    from odoo.tests import BaseCase
else:
    # pytest has found the file by its path: the library is tested without Odoo
    BaseCase = unittest.TestCase


class PureCase(BaseCase):
    """No database, no network, and no Odoo where there is none."""


def samples(pattern="*/*"):
    """The published files: [(name, bytes)]."""
    return [
        (f"{path.parent.name}/{path.name}", path.read_bytes())
        for path in sorted(SAMPLES.glob(pattern))
    ]


def isa(number="000000007", sender="THEM", receiver="US", **more):
    """An ISA segment without its terminator."""
    values = {
        "version": "00401",
        "repetition": "U",
        "usage": "P",
        "asks": "0",
        "component": ">",
        "date": "261201",
        "time": "1430",
        **more,
    }
    return (
        f"ISA*00*          *00*          *ZZ*{sender:15}*ZZ*{receiver:15}"
        f"*{values['date']}*{values['time']}*{values['repetition']}"
        f"*{values['version']}*{number}*{values['asks']}*{values['usage']}"
        f"*{values['component']}"
    )


def x12(*bodies, kind="850", end="~", group="PO", version="004010", **head):
    """An interchange of one group; each body is what stands between ST and SE, with
    ``~`` behind each segment."""
    parts = [isa(**head), f"GS*{group}*THEMAPP*USAPP*20261201*1430*5*X*{version}"]
    for index, body in enumerate(bodies, 1):
        segments = [each for each in body.strip().split("~") if each.strip()]
        parts.append(f"ST*{kind}*{index:04}")
        parts += [each.strip() for each in segments]
        parts.append(f"SE*{len(segments) + 2}*{index:04}")
    parts += [f"GE*{len(bodies)}*5", f"IEA*1*{head.get('number', '000000007')}"]
    return "".join(each + end for each in parts).encode("latin-1")


def edifact(*bodies, kind="ORDERS", una="", charset="latin-1", syntax="UNOC:3"):
    """An interchange of messages, with ``'`` behind each segment."""
    parts = [f"UNB+{syntax}+THEM:14+US:14+261201:1430+7"]
    for index, body in enumerate(bodies, 1):
        segments = [each.strip() for each in body.strip().split("'\n") if each.strip()]
        segments = [each.removesuffix("'") for each in segments]
        parts.append(f"UNH+{index}+{kind}:D:96A:UN:EAN008")
        parts += segments
        parts.append(f"UNT+{len(segments) + 2}+{index}")
    parts.append(f"UNZ+{len(bodies)}+7")
    return (una + "".join(each + "'" for each in parts)).encode(charset)


def only(data, **options):
    """The only interchange of a file."""
    (interchange,) = codec.read(data, make_options(**options))
    return interchange


def parsed(data, **options):
    """What the only document of a file says."""
    (document,) = only(data, **options).documents
    return codec.parse(document, make_options(**options))


def make_options(**options):
    return codec.Options(**options)


def envelope(standard="x12", **values):
    usual = {"version": "UNOC:3" if standard == "edifact" else "00401"}
    return schemas.Envelope(
        standard,
        **{
            "sender": schemas.Identity("US", "ZZ"),
            "receiver": schemas.Identity("THEM", "ZZ"),
            "number": 41,
            "at": AT,
            **usual,
            **values,
        },
    )


def codes(faults):
    """[(code list, code)] of faults."""
    return [(each.code_list, each.code) for each in faults]


def at(text, zone=timezone.utc):
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def day(text):
    return schemas.Moment(at(text), at(f"{text}T23:59:59"), text.replace("-", ""))


def written(value, standard="x12", **options):
    """Segments of what we write, without their envelope."""
    data = codec.write([value], envelope(standard), make_options(**options)).decode()
    end = "'" if standard == "edifact" else "~"
    segments = data.rstrip(end).split(end)
    return segments[3 : -3 if standard == "x12" else -2]


def again(value, standard="x12", **options):
    """What is read of what we write."""
    data = codec.write([value], envelope(standard), make_options(**options))
    interchange = only(data)
    (document,) = interchange.documents
    if document.fatal:
        raise AssertionError(document.fatal)
    found = codec.parse(document, make_options(**options))
    if document.faults:
        raise AssertionError(document.faults)
    return found
