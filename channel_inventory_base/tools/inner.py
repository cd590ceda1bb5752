# SPDX-License-Identifier: AGPL-3.0-or-later
"""Keys of a context that only code can have set. No odoo in here.

A context is its caller's to write, by RPC as well, and ``sudo()`` keeps it: that a
record is written with more rights says nothing about where a key came from. What is
sent is JSON, which has no objects of this class.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class _Inner:
    """Equal values are equal keys: records that know the same share a cache."""

    value: object


def inner(**values):
    """For ``with_context``: ``records.with_context(**inner(channel_follows=True))``."""
    return {name: _Inner(value) for name, value in values.items()}


def get_inner(records, name):
    """What code has put under ``name`` into the context of these records.

    :return: the value; None where it has not, whatever a caller has sent

    >>> class Records:
    ...     class env:
    ...         context = {"sent": True, **inner(set_by_code="yes")}
    >>> [get_inner(Records, name) for name in ("set_by_code", "sent", "other")]
    ['yes', None, None]
    """
    found = records.env.context.get(name)
    return found.value if isinstance(found, _Inner) else None


def take_inner(values, name):
    """Take what code has put under ``name`` into the values of a new record.

    :return: the value; None where it has not, and then ``values`` stays as it is

    >>> values = {**inner(told=3), "kept": 1}
    >>> take_inner(values, "told"), take_inner(values, "kept"), values
    (3, None, {'kept': 1})
    """
    if not isinstance(values.get(name), _Inner):
        return None
    return values.pop(name).value
