# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""

from odoo import fields


def make_rows(case):
    """:param case: a test case with a ``channel``"""
    case.env["channel.metric"].create(
        {
            "channel_id": case.channel.id,
            "company_id": case.channel.company_id.id,
            "hour": fields.Datetime.now().replace(minute=0, second=0, microsecond=0),
            "name": "published",
            "count": 3,
            "sum": 6,
            "p50": 2,
            "p95": 3,
            "max": 3,
        }
    )
