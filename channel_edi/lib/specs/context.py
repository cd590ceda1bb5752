# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reading one document: values by their place, and what is wrong with them. No odoo in
here."""

import re
from decimal import Decimal

from ...schemas_envelope import Fault
from ...schemas_parts import Dates, OtherDate
from ..dates import edifact_moment, x12_moment, x12_range
from ..errors import BadDocument, shown
from ..x12.elements import element as x12_element
from ..x12.elements import length_fault

MAX_DIGITS = 15
"""Before the point of a number, and as many behind it."""

MAX_FAULTS = 200
"""Of one document: more help nobody, and would have to be answered one by one."""

_X12_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_WHOLE = re.compile("[0-9]{1,9}")


class Context:
    """What is read, with which agreement. Faults go to ``faults``.

    :ivar codes: of the standard, for: a missing segment, an unknown one, one in a wrong
        place; a missing element, a bad number, a bad date, a value that cannot be
    """

    def __init__(self, document, options):
        self.document, self.options = document, options
        self.syntax = document.interchange.syntax
        self.source = document.interchange.source
        self.faults, self.fatal = [], False
        self._decimals = {}
        self.edifact = document.head.standard == "edifact"
        if self.edifact:
            self.code_lists = ("0085", "0085")
            self.codes = ("13", "15", "15", "13", "37", "12", "12")
            self.decimal = self.syntax.decimal
        else:
            self.code_lists = ("720", "723")
            self.codes = ("3", "6", "2", "1", "6", "8", "7")
            self.decimal = "."
        self.maps = {
            name: dict(getattr(options, name))
            for name in ("qualifiers", "parties", "dates", "states", "order_types")
        }

    # -------------------------------------------------------------- faults
    def blame(
        self, message, segment, code, code_list, element=0, component=0, fatal=True
    ):
        fault = Fault(
            message,
            code=code,
            code_list=code_list,
            fatal=fatal,
            segment=segment.number if segment else 0,
            segment_id=segment.id if segment else "",
            element=element,
            component=component,
            offset=self.source.offset(segment.start) if segment else -1,
            data_element=self._number_of(segment, element),
            value=shown(_value(segment, element, component)) if element else "",
        )
        if fatal and self.options.is_forgiven(fault):
            fault = Fault(**dict(vars(fault), fatal=False))
        self.fatal = self.fatal or fault.fatal
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(fault)
        elif self.fatal and not any(each.fatal for each in self.faults):
            self.faults[-1] = fault

    def _number_of(self, segment, element):
        """The number of an element in the dictionary of X12, "" unknown."""
        known = x12_element(segment.id, element) if segment and element else None
        return known.number if known and not self.edifact else ""

    def lengths(self):
        """Tell of elements that are shorter or longer than the standard has them; they
        are read all the same."""
        version = self.document.head.version
        for segment in self.document.segments():
            for index in range(1, segment.size + 1):
                wrong = length_fault(segment.id, index, segment.get(index), version)
                if wrong:
                    code, words = wrong
                    self.blame(words, segment, code, "723", index, fatal=False)

    def unknown(self, segment, elsewhere):
        words = "is not expected here" if elsewhere else "is not part of this document"
        code = self.codes[2 if elsewhere else 1]
        told = f"{shown(segment.id, 12)!r} {words}"
        self.blame(told, segment, code, self.code_lists[0], fatal=False)

    def missing(self, segment, name):
        self.blame(f"{name} is missing", segment, self.codes[0], self.code_lists[0])

    def wrong(self, segment, element, message, *, component=0, fatal=True, kind=6):
        """A value that cannot be."""
        code, code_list = self.codes[kind], self.code_lists[1]
        self.blame(message, segment, code, code_list, element, component, fatal)

    def finish(self):
        """Hand over what is wrong.

        Lengths are looked at where that was agreed.

        :raise BadDocument: something is that keeps the document from being accepted
        """
        if self.options.lengths and not self.edifact:
            self.lengths()
        fatal = [fault for fault in self.faults if fault.fatal]
        if fatal:
            raise BadDocument(fatal[0], self.faults)
        self.document.faults.extend(
            fault for fault in self.faults if fault not in self.document.faults
        )

    def head(self, root, *names):
        """The segment that the document begins with.

        :raise BadDocument: it is not there
        """
        for name in names:
            if segment := root.first(name):
                return segment
        if root.segment is None or not any(each.fatal for each in self.faults):
            self.missing(root.segment, names[0])
        raise BadDocument(self.faults[-1], self.faults)

    # -------------------------------------------------------------- values
    def need(self, segment, element, component=0):
        """A text that has to be there."""
        value = _value(segment, element, component) if segment else ""
        if not value and segment:
            name = f"{segment.id}{element:02}"
            told = f"{name} is empty"
            self.wrong(segment, element, told, component=component, kind=3)
        return value

    def number(self, segment, element, component=0, need=False):
        """An exact number; None where nothing is told, or it is none."""
        value = self.need(segment, element, component) if need else ""
        value = value or (_value(segment, element, component) if segment else "")
        if not value:
            return None
        found = self._decimals.get(value)
        if found is None:
            # most numbers of a big document stand in it many times
            found = self._decimals[value] = self.decimal_of(value)
        if found is None:
            told = f"{shown(value)!r} is no number"
            self.wrong(segment, element, told, component=component, kind=4)
        return found

    def decimal_of(self, value):
        """``value`` as a Decimal, None where it is no number of this document.

        A minus may stand behind in EDIFACT; the other decimal mark than was declared is
        taken where it cannot be one of thousands.
        """
        if self.edifact:
            if value[-1:] in ("-", "+"):
                value = value[-1] + value[:-1]
            if self.decimal == ",":
                if "." in value and "," in value:
                    return None
                value = value.replace(",", ".")
            elif "," in value:
                if "." in value or value.count(",") > 1:
                    return None
                value = value.replace(",", ".")
        if not _X12_NUMBER.fullmatch(value) or not value.isascii():
            return None
        whole, _point, part = value.lstrip("+-").partition(".")
        if len(whole.lstrip("0")) > MAX_DIGITS or len(part.rstrip("0")) > MAX_DIGITS:
            return None
        return Decimal(value)

    def whole(self, segment, element, component=0):
        """A count; None where nothing is told, or it is none."""
        value = _value(segment, element, component) if segment else ""
        return int(value) if _WHOLE.fullmatch(value) and value.isascii() else None

    def day(self, segment, element, time=0, need=False):
        """The ``Moment`` of a date of X12, with its time where that is told."""
        value = self.need(segment, element) if need else ""
        value = value or (segment.get(element) if segment else "")
        if not value:
            return None
        clock = segment.get(time) if time else ""
        return self.moment(segment, element, x12_moment, value, clock, fatal=need)

    def moment(self, segment, element, make, *values, fatal=False, code=""):
        """What ``make`` gives; a date that is none is told, and None."""
        try:
            more = {"code": code} if code else {}
            return make(*values, zone=self.options.zone, **more)
        except (ValueError, OverflowError):
            shown_value = shown(" ".join(filter(None, values)))
            told = f"{shown_value!r} is no date"
            self.wrong(segment, element, told, fatal=fatal, kind=5)
            return None

    # --------------------------------------------------------------- dates
    def dates(self, segments, table):
        """``Dates`` of DTM segments: the agreement's map first, then ``table``."""
        known, others = {}, []
        for segment in segments:
            code, at = self._date(segment)
            if at is None:
                continue
            field = self.maps["dates"].get(code) or table.get(code)
            if field and field not in known:
                known[field] = at
            else:
                others.append(OtherDate(code, at))
        return Dates(**known, others=tuple(others))

    def _date(self, segment):
        if self.edifact:
            code, value, form = (segment.get(1, n) for n in (1, 2, 3))
            if not value:
                return code, None
            return code, self.moment(segment, 1, edifact_moment, value, form)
        code = segment.get(1)
        if segment.id == "G62":
            return code, self.day(segment, 2, 4)
        day, time, zone = segment.get(2), segment.get(3), segment.get(4)
        form, value = segment.get(5), segment.get(6)
        if not day and form == "RD8":
            return code, self.moment(segment, 6, x12_range, value)
        if not day and form in ("D8", "DT") and value:
            return code, self.moment(segment, 6, x12_moment, value[:8], value[8:])
        if not day:
            return code, None
        century = form if len(day) == 6 and len(form) == 2 and form.isdigit() else ""
        more = (century,) if century else ()
        return code, self.moment(
            segment,
            2,
            _with_century if more else x12_moment,
            day,
            time,
            *more,
            code=zone,
        )


def _with_century(day, time, century, zone, code=""):
    return x12_moment(day, time, zone, code, century)


def _value(segment, element, component):
    return segment.get(element, component) if component else segment.get(element)
