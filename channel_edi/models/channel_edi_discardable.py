# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models


class ChannelEdiDiscardable(models.AbstractModel):
    """Files, interchanges and documents that a person may give up; their bytes stay."""

    _name = "channel.edi.discardable"
    _description = "EDI Discard"

    def _discardable(self):
        """:return: those of these that are still to be given up"""
        return self

    def _discard(self, reason):
        self._require_role("operator")
        given_up = self._discardable()
        # sudo: operators decide; otherwise only jobs write these
        given_up.sudo().write({"state": "ignored", "error": reason})
        for record in given_up:
            self.env["channel.audit"]._log(
                "operator",
                record.channel_id,
                self.env._(
                    "%(name)s discarded: %(why)s", name=record.display_name, why=reason
                ),
                record=record,
                trace=record["trace"] if "trace" in record._fields else None,
            )
        self.env["channel.exception"]._resolve_record(given_up)
