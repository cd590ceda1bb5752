"""Why a channel order does not become a sale order. No odoo in here."""


class OrderRefusedError(Exception):
    """An order must not be sold as it stands; a person has to act.

    :param category: a category of ``channel.exception``
    :param message: what happened, with the figures
    :param suggestion: what to do next
    """

    def __init__(self, category, message, suggestion=""):
        super().__init__(message)
        self.category = category
        self.message = message
        self.suggestion = suggestion


def merge(refusals):
    """One refusal a category, with all that it says, each thing once.

    >>> found = [
    ...     OrderRefusedError("tax", "A", "Map it."),
    ...     OrderRefusedError("risk", "B"),
    ...     OrderRefusedError("tax", "C", "Map it."),
    ...     OrderRefusedError("tax", "A", "Map it."),
    ... ]
    >>> [(each.category, each.message, each.suggestion) for each in merge(found)]
    [('tax', 'A C', 'Map it.'), ('risk', 'B', '')]
    """
    by_category = {}
    for each in refusals:
        by_category.setdefault(each.category, []).append(each)
    return [
        OrderRefusedError(
            category,
            " ".join(dict.fromkeys(each.message for each in found)),
            " ".join(
                dict.fromkeys(each.suggestion for each in found if each.suggestion)
            ),
        )
        for category, found in by_category.items()
    ]


class OrderParkedError(Exception):
    """An order waits, for stock or for the channel, and nobody need decide anything.

    :param message: what it waits for
    :param seconds: after which it is looked at again by itself; None for never
    """

    def __init__(self, message, seconds=None):
        super().__init__(message)
        self.message = message
        self.seconds = seconds
