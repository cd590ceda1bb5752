# SPDX-License-Identifier: AGPL-3.0-or-later
"""Why a channel order does not become a sale order. No odoo in here."""


class OrderRefusedError(Exception):
    """An order must not be sold as it stands; a person has to act.

    :param category: a category of ``channel.exception``
    :param message: what happened, with the figures
    :param suggestion: what to do next
    :param cause: names what other orders may be stopped by as well; "" for what is
        wrong with this order alone
    :param record: what the cause is about, where it is not the order
    """

    def __init__(self, category, message, suggestion="", cause="", record=None):
        super().__init__(message)
        self.category = category
        self.message = message
        self.suggestion = suggestion
        self.cause = cause
        self.record = record


def merge(refusals):
    """One refusal a category and cause, with all that it says, each thing once.

    >>> found = [
    ...     OrderRefusedError("tax", "A", "Map it."),
    ...     OrderRefusedError("risk", "B"),
    ...     OrderRefusedError("tax", "C", "Map it."),
    ...     OrderRefusedError("tax", "A", "Map it."),
    ... ]
    >>> [(each.category, each.message, each.suggestion) for each in merge(found)]
    [('tax', 'A C', 'Map it.'), ('risk', 'B', '')]
    >>> found = [
    ...     OrderRefusedError("unknown_sku", "A", cause="listing:1"),
    ...     OrderRefusedError("unknown_sku", "B", cause="listing:2"),
    ...     OrderRefusedError("unknown_sku", "A", cause="listing:1"),
    ... ]
    >>> [(each.cause, each.message) for each in merge(found)]
    [('listing:1', 'A'), ('listing:2', 'B')]
    """
    by_cause = {}
    for each in refusals:
        by_cause.setdefault((each.category, each.cause), []).append(each)
    return [
        OrderRefusedError(
            category,
            " ".join(dict.fromkeys(each.message for each in found)),
            " ".join(
                dict.fromkeys(each.suggestion for each in found if each.suggestion)
            ),
            cause=cause,
            record=found[0].record,
        )
        for (category, cause), found in by_cause.items()
    ]


class OrderCutError(Exception):
    """Units of an order will not be shipped, and its channel is answered so.

    :param lines: channel.order.line -> sold units that are refused
    """

    def __init__(self, lines):
        super().__init__()
        self.lines = lines


class OrderParkedError(Exception):
    """An order waits, for stock or for the channel; no decision is needed.

    :param message: what it waits for
    :param seconds: after which it is looked at again by itself; None for never
    """

    def __init__(self, message, seconds=None):
        super().__init__(message)
        self.message = message
        self.seconds = seconds
