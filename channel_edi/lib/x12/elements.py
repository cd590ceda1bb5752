# SPDX-License-Identifier: AGPL-3.0-or-later
"""The elements of X12 segments: number, type, length. No odoo in here.

Of 4010, with what 5010 has made longer behind a slash. Only segments that we write, or
whose faults we tell; what is not here is not checked.
"""

_ITEMS = "235:ID:2:2 234:AN:1:48/80"
_ADDRESS = "93:AN:1:60"

_TABLE = {
    "ACK": "668:ID:2:2 380:R:1:15 355:ID:2:2 374:ID:3:3 373:DT:6:8 326:AN:1:45"
    + f" {_ITEMS}" * 10
    + " 559:ID:2:2 822:AN:1:15 1271:AN:1:30",
    "AMT": "522:ID:1:3 782:R:1:18",
    "BAK": "353:ID:2:2 587:ID:2:2 324:AN:1:22 373:DT:6:8 328:AN:1:30 326:AN:1:45 "
    "367:AN:1:30 127:AN:1:30/50 373:DT:6:8",
    "BCA": "353:ID:2:2 587:ID:2:2 324:AN:1:22 328:AN:1:30 327:AN:1:8 373:DT:6:8 "
    "326:AN:1:45 367:AN:1:30 127:AN:1:30/50 373:DT:6:8 373:DT:6:8 373:DT:6:8",
    "BCH": "353:ID:2:2 92:ID:2:2 324:AN:1:22 328:AN:1:30 327:AN:1:8 373:DT:6:8 "
    "326:AN:1:45 367:AN:1:30 127:AN:1:30/50 373:DT:6:8 373:DT:6:8",
    "BEG": "353:ID:2:2 92:ID:2:2 324:AN:1:22 328:AN:1:30 373:DT:6:8 367:AN:1:30",
    "BIA": "353:ID:2:2 755:ID:2:2 127:AN:1:30/50 373:DT:6:8 337:TM:4:8",
    "BIG": "373:DT:6:8 76:AN:1:22 373:DT:6:8 324:AN:1:22 328:AN:1:30 327:AN:1:8 "
    "640:ID:2:2",
    "BSN": "353:ID:2:2 396:AN:2:30 373:DT:6:8 337:TM:4:8 1005:ID:4:4",
    "CAD": "91:ID:1:2 206:AN:1:4 207:AN:1:10/15 140:ID:2:4 387:AN:1:35",
    "CTP": "687:ID:2:2 236:ID:3:3 212:R:1:17 380:R:1:15 355:ID:2:2",
    "CTT": "354:N:1:6 347:R:1:10",
    "CUR": "98:ID:2:3 100:ID:3:3",
    "DTM": "374:ID:3:3 373:DT:6:8 337:TM:4:8 623:ID:2:2 1250:ID:2:3 1251:AN:1:35",
    "G62": "432:ID:2:2 373:DT:6:8 176:ID:1:2 337:TM:4:8",
    "G69": "369:AN:1:45",
    "HL": "628:AN:1:12 734:AN:1:12 735:ID:1:2 736:ID:1:1",
    "IT1": "350:AN:1:20 358:R:1:10 355:ID:2:2 212:R:1:17 639:ID:2:2"
    + f" {_ITEMS}" * 10,
    "ITD": "336:ID:2:2 333:ID:1:2 338:R:1:6 370:DT:6:8 351:N:1:3 446:DT:6:8 386:N:1:3 "
    "362:N:1:10 388:DT:6:8 389:N:1:10 342:R:1:5 352:AN:1:80",
    "LIN": f"350:AN:1:20{f' {_ITEMS}' * 15}",
    "LX": "554:N:1:6",
    "MAN": "88:ID:1:2 87:AN:1:48 87:AN:1:48 88:ID:1:2 87:AN:1:48 87:AN:1:48",
    "MSG": "933:AN:1:264",
    "N1": f"98:ID:2:3 {_ADDRESS} 66:ID:1:2 67:AN:2:80",
    "N2": f"{_ADDRESS} {_ADDRESS}",
    "N3": "166:AN:1:55 166:AN:1:55",
    "N4": "19:AN:2:30 156:ID:2:2 116:ID:3:15 26:ID:2:3",
    "N9": "128:ID:2:3 127:AN:1:30/50 369:AN:1:45",
    "NTE": "363:ID:3:3 352:AN:1:80",
    "PER": f"366:ID:2:2 {_ADDRESS}{' 365:ID:2:2 364:AN:1:80/256' * 3}",
    "PID": "349:ID:1:1 750:ID:2:3 559:ID:2:2 751:AN:1:12 352:AN:1:80",
    "PO1": "350:AN:1:20 330:R:1:15 355:ID:2:2 212:R:1:17 639:ID:2:2"
    + f" {_ITEMS}" * 10,
    "PO4": "356:N:1:6 357:R:1:8 355:ID:2:2 103:AN:3:5",
    "POC": "350:AN:1:20 670:ID:2:2 330:R:1:15 671:R:1:9 355:ID:2:2 212:R:1:17 "
    "639:ID:2:2" + f" {_ITEMS}" * 10,
    "PRF": "324:AN:1:22 328:AN:1:30 327:AN:1:8 373:DT:6:8",
    "QTY": "673:ID:2:2 380:R:1:15 355:ID:2:2",
    "REF": "128:ID:2:3 127:AN:1:30/50 352:AN:1:80",
    "SAC": "248:ID:1:1 1300:ID:4:4 559:ID:2:2 1301:AN:1:10 610:N:1:15 378:ID:1:1 "
    "332:R:1:6 118:R:1:9 355:ID:2:2 380:R:1:15 380:R:1:15 331:ID:2:2 127:AN:1:30/50 "
    "770:AN:1:20 352:AN:1:80",
    "SCH": "380:R:1:15 355:ID:2:2 98:ID:2:3 93:AN:1:60"
    + " 374:ID:3:3 373:DT:6:8 337:TM:4:8" * 2,
    "SDQ": f"355:ID:2:2 66:ID:1:2{' 67:AN:2:80 380:R:1:15' * 10}",
    "SN1": "350:AN:1:20 382:R:1:10 355:ID:2:2 646:R:1:15 330:R:1:15 355:ID:2:2 "
    "728:ID:2:2 668:ID:2:2",
    "TD1": "103:AN:3:5 80:N:1:7 23:ID:1:1 22:AN:1:30 79:AN:1:50 187:ID:1:2 81:R:1:10 "
    "355:ID:2:2",
    "TD3": "40:ID:2:2 206:AN:1:4 207:AN:1:10/15",
    "TD5": "133:ID:1:2 66:ID:1:2 67:AN:2:80 91:ID:1:2 387:AN:1:35 368:ID:2:2 "
    "309:ID:1:2 310:AN:1:30 731:ID:2:2 732:ID:2:2 733:R:1:4 284:ID:2:2",
    "TDS": "361:N:1:15",
    "TXI": "963:ID:2:2 782:R:1:18 954:R:1:10",
    "W01": "330:R:1:15 355:ID:2:2 438:AN:12:12 235:ID:2:2 234:AN:1:48/80 235:ID:2:2 "
    "234:AN:1:48/80",
    "W03": "382:R:1:10 81:R:1:10 355:ID:2:2",
    "W04": "382:R:1:10 355:ID:2:2 438:AN:12:12 235:ID:2:2 234:AN:1:48/80 235:ID:2:2 "
    "234:AN:1:48/80",
    "W05": "473:ID:1:1 285:AN:1:22 324:AN:1:22",
    "W07": "413:R:1:10 355:ID:2:2 438:AN:12:12 235:ID:2:2 234:AN:1:48/80 235:ID:2:2 "
    "234:AN:1:48/80",
    "W12": "368:ID:2:2 330:R:1:15 382:R:1:10 411:R:1:10 355:ID:2:2 438:AN:12:12 "
    "235:ID:2:2 234:AN:1:48/80",
    "W19": "426:ID:2:2 380:R:1:15 355:ID:2:2 438:AN:12:12 235:ID:2:2 234:AN:1:48/80",
    "W27": "91:ID:1:2 140:ID:2:4 387:AN:1:35 146:ID:2:2",
    "W76": "330:R:1:15 81:R:1:10 355:ID:2:2",
}


class Element:
    """One element of a segment.

    >>> [Element("127:AN:1:30/50").most(each) for each in ("004010", "005010")]
    [30, 50]
    """

    __slots__ = ("number", "type", "least", "_most")

    def __init__(self, text):
        self.number, self.type, least, most = text.split(":")
        old, _slash, new = most.partition("/")
        self.least, self._most = int(least), (int(old), int(new or old))

    def most(self, version):
        return self._most[version >= "005"]

    def size(self, value):
        """Characters that count: of numbers the digits only.

        >>> Element("380:R:1:15").size("-1.50"), Element("352:AN:1:80").size("-1.50")
        (3, 5)
        """
        if self.type in ("R", "N"):
            return sum(char.isdigit() for char in value)
        return len(value)


ELEMENTS = {
    name: tuple(Element(each) for each in text.split()) for name, text in _TABLE.items()
}


def element(segment_id, number):
    """The ``Element`` of a segment, None where it is not known.

    >>> element("PO1", 2).number, element("PO1", 99), element("XYZ", 1)
    ('330', None, None)
    """
    known = ELEMENTS.get(segment_id, ())
    return known[number - 1] if 0 < number <= len(known) else None


def length_fault(segment_id, number, value, version):
    """(code of 723, words) where a value is too short or too long, else None.

    >>> length_fault("BEG", 3, "X" * 23, "004010")
    ('5', 'it has 23 characters, 22 at most are allowed')
    >>> length_fault("BEG", 3, "X", "004010")
    >>> length_fault("BEG", 1, "0", "004010")[0]
    '4'
    """
    known = element(segment_id, number)
    if known is None or not value:
        return None
    size, most = known.size(value), known.most(version)
    if size > most:
        return "5", f"it has {size} characters, {most} at most are allowed"
    if size < known.least:
        return "4", f"it has {size} characters, {known.least} at least are needed"
    return None
