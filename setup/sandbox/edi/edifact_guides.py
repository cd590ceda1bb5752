"""The guides of the EDIFACT messages that partners take and send: D.96A as EANCOM
commonly narrows it. What is not named is refused."""

from datetime import datetime

from .guide import Guide

UNITS = "PCE|C62|EA|DZN|CT|CS|KGM"

DTM = "01.1!AN1-3 01.2!AN1-35 01.3!AN1-3=101|102|203|204|303|616|718"
RFF = "01.1!AN1-3 01.2?AN1-35 01.3?AN1-6"
PARTY = """01!AN1-3 02.1?AN1-17 02.3?AN1-3 03.1?AN1-35 04.1?AN1-35 04.2?AN1-35
    05.1?AN1-35 06?AN1-35 07?AN1-9 08?AN1-9 09?AN1-3""".replace("\n", " ")
PIA = " ".join(
    f"{number:02}.1{'!' if number == 2 else '?'}AN1-35 {number:02}.2?AN1-3 "
    f"{number:02}.4?AN1-3"
    for number in range(2, 7)
)
LIN = "01!AN1-6 02?AN1-3 03.1?AN1-35 03.2?AN1-3=EN|UP|SRV"
IMD = "01?AN1-3 02?AN1-3 03.1?AN1-17 03.4?AN1-35 03.5?AN1-35"


def _qty(codes, more=""):
    return f"01.1!AN1-3={codes} 01.2!R1-15 01.3?AN1-3={UNITS}{more}"


ORDER = f"""
DTM + {DTM}
FTX * 01!AN1-3 04.1?AN1-70 04.2?AN1-70
RFF * {RFF}
NAD + {PARTY}
CUX ? 01.1!AN1-3 01.2!AN3 01.3?AN1-3
LIN + {LIN}
  PIA * 01!AN1-3 {PIA}
  IMD * {IMD}
  QTY + {_qty("21")}
  DTM * {DTM}
  MOA * 01.1!AN1-3 01.2!R1-18
  FTX * 01!AN1-3 04.1?AN1-70
  PRI * 01.1!AN1-3=AAA|AAB|NTP 01.2!R1-15 01.5?R1-9 01.6?AN1-3
  RFF * {RFF}
  LOC * 01!AN1-3 02.1?AN1-25
UNS 1 01!AN1=S
MOA * 01.1!AN1-3 01.2!R1-18
CNT ? 01.1!AN1-3=2 01.2!N1-9
"""

GUIDES = {
    "ORDERS": Guide(
        "BGM 1 01.1!AN1-3=220|224|226 02!AN1-35 03!AN1-3=9|1|5|7|31 04?AN1-3" + ORDER
    ),
    "ORDCHG": Guide("BGM 1 01.1!AN1-3=230 02!AN1-35 03!AN1-3=4|1|5 04?AN1-3" + ORDER),
    "ORDRSP": Guide(f"""
BGM 1 01.1!AN1-3=231 02!AN1-35 03!AN1-3=29|4|27 04?AN1-3
DTM + {DTM}
FTX * 01!AN1-3 04.1?AN1-70
RFF + {RFF}
NAD + {PARTY}
CUX ? 01.1!AN1-3 01.2!AN3 01.3?AN1-3
LIN * 01!AN1-6 02!AN1-3=1|2|3|4|5|6|7 03.1?AN1-35 03.2?AN1-3=EN|UP|SRV
  PIA * 01!AN1-3 {PIA}
  IMD * {IMD}
  QTY + {_qty("21|113|83|12")}
  DTM * {DTM}
  PRI * 01.1!AN1-3=AAA|AAB 01.2!R1-15
  RFF * {RFF}
  SCC * 01!AN1-3
    QTY 1 {_qty("113|83")}
      DTM 1 {DTM}
UNS 1 01!AN1=S
CNT ? 01.1!AN1-3=2 01.2!N1-9
"""),
    "DESADV": Guide(f"""
BGM 1 01.1!AN1-3=351 02!AN1-35 03!AN1-3=9|1|5
DTM + {DTM}
RFF * {RFF}
NAD + {PARTY}
TDT ? 01!AN1-3 02?AN1-17 03.1?AN1-3 04.1?AN1-8 05.1?AN1-17 05.4?AN1-35
CPS + 01!AN1-12 02?AN1-12 03?AN1-3
  PAC * 01!N1-8 02.1?AN1-3 03.1?AN1-7
    PCI * 01!AN1-3
      GIN * 01!AN1-3=BJ 02.1!AN18 03.1?AN18 04.1?AN18 05.1?AN18 06.1?AN18
  LIN * {LIN}
    PIA * 01!AN1-3 {PIA}
    IMD * {IMD}
    QTY + {_qty("12")}
    DTM * {DTM}
    RFF * {RFF}
CNT ? 01.1!AN1-3=2 01.2!N1-9
"""),
    "INVRPT": Guide(f"""
BGM 1 01.1!AN1-3=35|78 02!AN1-35 03!AN1-3=9|5
DTM + {DTM}
RFF * {RFF}
NAD + {PARTY}
LIN + {LIN}
  PIA * 01!AN1-3 {PIA}
  IMD * {IMD}
  QTY + {_qty("145|17|66|89|96|124|198")}
    DTM * {DTM}
"""),
    "CONTRL": Guide("""
UCI 1 01!AN1-14 02.1!AN1-35 02.2?AN1-4 03.1!AN1-35 03.2?AN1-4 04!AN1=4|7|8 05?AN1-3
UCM * 01!AN1-14 02.1!AN1-6 02.2!AN1-3 02.3!AN1-3 02.4!AN1-3 02.5?AN1-6
  .. 03!AN1=4|7 04?AN1-3
  UCS * 01!N1-6 02?AN1-3
    UCD * 01!AN1-3 02.1?N1-3 02.2?N1-3
"""),
}


# {format of list 2379: as strptime has it}
FORMATS = {
    "101": "%y%m%d",
    "102": "%Y%m%d",
    "203": "%Y%m%d%H%M",
    "204": "%Y%m%d%H%M%S",
}


def read_date(segment):
    """The day of a DTM; None where its format is another than FORMATS.

    :raise ValueError: it is no date
    """
    form = FORMATS.get(segment.at(1, 3))
    return datetime.strptime(segment.at(1, 2), form).date() if form else None


def wrong_dates(message):
    """Yield the DTM segments whose value is not what their format says."""
    for segment in message.segments:
        if segment.tag == "DTM":
            try:
                read_date(segment)
            except ValueError:
                yield segment
