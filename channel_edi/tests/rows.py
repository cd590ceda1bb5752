# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon."""


def make_rows(case):
    """:param case: a test case with a ``channel`` and its ``warehouse``"""
    env, channel = case.env, case.channel
    mailbox = env["channel.edi.mailbox"].create(
        {"name": "By hand", "channel_id": channel.id, "kind": "manual"}
    )
    agreement = env["channel.edi.agreement"].create(
        {
            "name": "BigMart",
            "channel_id": channel.id,
            "mailbox_id": mailbox.id,
            "their_id": "BIGMART",
            "our_id": "US",
            "document_ids": [(0, 0, {"direction": "in", "kind": "850"})],
            "code_ids": [(0, 0, {"kind": "unit", "code": "CA", "meaning": "12"})],
        }
    )
    file = env["channel.edi.file"]._store(mailbox, "po.edi", "1:1", b"ISA*")
    interchanges = env["channel.edi.interchange"]
    interchange = interchanges.create(
        {
            "agreement_id": agreement.id,
            "mailbox_id": mailbox.id,
            "channel_id": channel.id,
            "file_id": file.id,
            "direction": "in",
            "state": "done",
            **interchanges._prepare_vals(b"ISA*"),
        }
    )
    env["channel.edi.document"].create(
        {
            "agreement_id": agreement.id,
            "channel_id": channel.id,
            "interchange_id": interchange.id,
            "direction": "in",
            "kind": "850",
            "state": "held",
        }
    )
