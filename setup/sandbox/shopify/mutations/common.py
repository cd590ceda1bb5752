"""Small helpers of all mutations."""

from ..errors import ApiError
from ..ids import number_of
from ..resolver import Record

MAX_INPUT = 250


def user_error(message, field=None, kind="UserError", **more):
    return Record(kind, field=field, message=message, **more)


def check_size(entries, *path):
    """Lists of an input are limited; too long a list runs nothing."""
    if len(entries) > MAX_INPUT:
        error = ApiError(
            f"The input array size of {len(entries)} is greater than the maximum"
            f" allowed of {MAX_INPUT}.",
            "MAX_INPUT_SIZE_EXCEEDED",
        )
        error.path = list(path)
        raise error


def lookup(records, id, kind):
    """The record of a global id, or None."""
    return records.get(number_of(id, kind))
