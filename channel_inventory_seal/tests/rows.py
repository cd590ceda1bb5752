# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""


def make_rows(case):
    """:param case: a test case with a ``channel``"""
    env, company = case.env, case.channel.company_id
    env["channel.audit"]._log("channel", case.channel, "Seen by the seal")
    env["channel.audit.sealer"]._seal_all()
    env["channel.audit.anchor"].create(
        {"name": "Accountants", "addresses": "a@example.com", "company_id": company.id}
    )
