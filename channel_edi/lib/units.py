# SPDX-License-Identifier: AGPL-3.0-or-later
"""Units of measure: X12 355 and UN/ECE Recommendations 20 and 21. No odoo in here.

One piece, a fixed count and a measure are the same for everybody. How many are in a
case only the product knows: a packaging is NEVER one by default.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Unit:
    """What a code means.

    :ivar kind: "piece", "count" (so many pieces), "measure", "packaging" (only the
        product knows), or "" where the code is not known
    :ivar size: pieces, or so much of ``measure``; None for a packaging
    :ivar measure: kg, m, l, m2, m3, "" for pieces
    :ivar doubtful: codes that partners mix up, a person has to map them
    """

    code: str
    kind: str
    size: Decimal | None = None
    measure: str = ""
    doubtful: bool = False


def _table(text, kind):
    """``code size [measure]`` each."""
    found = {}
    for line in text.strip().splitlines():
        code, size, *rest = line.split()
        found[code] = Unit(code, kind, Decimal(size), rest[0] if rest else "")
    return found


def _names(text, kind, size=None):
    return {code: Unit(code, kind, size) for code in text.split()}


_X12_COUNTS = """
DZ 12
HD 6
GS 144
GG 1728
HU 100
HC 100
TH 1000
T3 1000
OP 2
P3 3
P4 4
P5 5
P6 6
P7 7
P8 8
P9 9
"""
_X12_MEASURES = """
LB 0.45359237 kg
OZ 0.028349523125 kg
KG 1 kg
GR 0.001 kg
TN 907.18474 kg
FT 0.3048 m
LF 0.3048 m
IN 0.0254 m
LI 0.0254 m
YD 0.9144 m
LY 0.9144 m
MR 1 m
LM 1 m
CM 0.01 m
MM 0.001 m
SF 0.09290304 m2
SY 0.83612736 m2
SM 1 m2
CF 0.028316846592 m3
CR 1 m3
GA 3.785411784 l
QT 0.946352946 l
LT 1 l
ML 0.001 l
FO 0.0295735295625 l
"""
_REC_COUNTS = """
DZN 12
DZP 144
HD 6
GRO 144
CEN 100
MIL 1000
P2 2
P3 3
P4 4
P5 5
P6 6
P7 7
P8 8
P9 9
"""
_REC_MEASURES = """
KGM 1 kg
GRM 0.001 kg
TNE 1000 kg
LBR 0.45359237 kg
ONZ 0.028349523125 kg
MTR 1 m
CMT 0.01 m
MMT 0.001 m
KMT 1000 m
FOT 0.3048 m
INH 0.0254 m
YRD 0.9144 m
MTK 1 m2
CMK 0.0001 m2
FTK 0.09290304 m2
MTQ 1 m3
LTR 1 l
MLT 0.001 l
CLT 0.01 l
HLT 100 l
GLL 3.785411784 l
"""
X12 = {
    **_names("EA PC UN", "piece", Decimal(1)),
    **_table(_X12_COUNTS, "count"),
    **_table(_X12_MEASURES, "measure"),
    **_names(
        "CA CT BX PK PH BG BO DR JR KE RL ST KT AS PL PF CN CS TB TY BD BN PA PD SL TR "
        "UL EP SH RA CH CL",
        "packaging",
    ),
}
REC20 = {
    **_names("PCE C62 H87 EA NMP NAR", "piece", Decimal(1)),
    **_table(_REC_COUNTS, "count"),
    **_table(_REC_MEASURES, "measure"),
    **_names(
        "CT CS BX PK PX PF PL BG BO BJ CN CR DR JR PA RL SET KT TY 4A 4B CA PH PR5 D97 "
        "XCT XCS XBX XPK XPX XPF XPL XBG XBO",
        "packaging",
    ),
}
DOUBTFUL = {
    "x12": ("CS", "IP", "PX", "GS", "GR", "PR", "PT", "ST", "TN", "TH"),
    "edifact": ("PX", "PR", "NPR", "CS", "PT"),
}
"""CS is a cassette and is used for cases; IP an insurance policy and is used for inner
packs; PX a pint in X12 and a pallet in EDIFACT; GS and GR are mixed up; a pair is one
or two; ST a set or a sheet; PT a pint or a part; TN and TH depend on who writes."""


def unit(code, standard="x12"):
    """What ``code`` means in ``standard`` ("x12", "edifact"); a person, or the
    agreement's map, comes first.

    >>> unit("DZ").size, unit("CA").size, unit("PCE", "edifact").kind
    (Decimal('12'), None, 'piece')
    >>> unit("??").kind, unit("PX", "edifact").doubtful, unit("KGM", "edifact").measure
    ('', True, 'kg')
    """
    table = X12 if standard == "x12" else REC20
    found = table.get(code)
    doubtful = code in DOUBTFUL.get(standard, ())
    if found is None:
        return Unit(code, "", doubtful=doubtful)
    if doubtful:
        return Unit(code, found.kind, found.size, found.measure, True)
    return found


def pieces(quantity, code, *, standard="x12", sizes=(), method="unit"):
    """How many pieces (or how much of the measure's base) ``quantity`` is, or None
    where only a person can tell.

    :param sizes: (code, pieces) of the agreement, or of the product's packagings; they
        win over everything
    :param method: "unit": 1.5 DZ are 18 pieces; "pieces": the number counts pieces,
        whatever the code says: 18 DZ are 18

    >>> pieces(Decimal("1.5"), "DZ"), pieces(Decimal(18), "DZ", method="pieces")
    (Decimal('18.0'), Decimal('18'))
    >>> pieces(Decimal(10), "CA")  # only the product knows
    >>> pieces(Decimal(10), "CA", sizes=[("CA", Decimal(24))])
    Decimal('240')
    >>> pieces(Decimal(1), "PR"), pieces(Decimal(1), "XX"), pieces(Decimal(2), "EA")
    (None, None, Decimal('2'))

    :raise ValueError: there is no such method
    """
    if method == "pieces":
        return quantity
    if method != "unit":
        raise ValueError(f"{method!r} is no way to count")
    for known, size in sizes:
        if known == code:
            return quantity * size
    found = unit(code, standard)
    if found.size is None or found.doubtful or found.kind == "packaging":
        return None
    return quantity * found.size
