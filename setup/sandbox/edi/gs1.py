"""Check digits of GS1 numbers."""


def check_digit(digits):
    """The digit that belongs behind these, as a text."""
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1)
        for place, digit in enumerate(reversed(digits))
    )
    return str(-total % 10)


def with_digit(digits):
    return digits + check_digit(digits)


def is_valid(number, length):
    """Whether it has this length, digits only, and its check digit is right."""
    if len(number) != length or not (number.isascii() and number.isdigit()):
        return False
    return check_digit(number[:-1]) == number[-1]


class SsccSeries:
    """SSCCs of one company, none twice.

    :param prefix: extension digit and company prefix
    """

    def __init__(self, prefix):
        self.prefix, self._number = prefix, 0

    def next(self):
        self._number += 1
        return with_digit(f"{self.prefix}{self._number:0{17 - len(self.prefix)}}")
