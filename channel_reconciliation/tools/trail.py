# SPDX-License-Identifier: AGPL-3.0-or-later
"""What people decide is in the audit trail. No odoo in here."""


def log_decision(record, words):
    """:param record: a run, or a difference: it is logged under the run's trace"""
    record.env["channel.audit"]._log(
        "control",
        record.channel_id,
        f"{record.display_name}: {words}",
        record=record,
        trace=record.trace,
        company=record.company_id,
    )
