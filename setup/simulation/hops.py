"""Seconds by hop: where the time of numbers and orders went, as the addons tell it.

The addons derive it from the times in their tables (``channel.hop``); here it is
fetched and printed.
"""

import datetime


def read(odoo, began):
    """:param odoo: client of an administrator
    :param began: seconds since the epoch
    :return: list of dicts, see ``channel.hop.read_hops``"""
    begin, end = (
        datetime.datetime.fromtimestamp(each, datetime.timezone.utc)
        for each in (began, datetime.datetime.now().timestamp() + 1)
    )
    return odoo.call(
        "channel.hop",
        "read_hops",
        *(each.strftime("%Y-%m-%d %H:%M:%S") for each in (begin, end)),
    )


def table(rows):
    """Lines of a Markdown table."""
    yield "| way | hop | waited | how many | p50 s | p95 s | longest s | all s |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for row in rows:
        yield (
            f"| {row['way']} | {row['hop']} | {row['waited']} | {row['count']:,}"
            f" | {row['p50']:g} | {row['p95']:g} | {row['longest']:g}"
            f" | {row['total']:g} |"
        )


def find(rows, way, hop, figure):
    """:return: the figure of that hop, the largest of those that waited for different
    things; None where it did not happen"""
    found = [row[figure] for row in rows if (row["way"], row["hop"]) == (way, hop)]
    return max(found, default=None)
