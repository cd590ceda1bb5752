# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models

from ..lib import codec

FINAL = ("accepted", "errors", "rejected")
WATCHED = 500


class ChannelEdiAcks(models.AbstractModel):
    """What partners' software says of what we sent: TA1, 997, 999, CONTRL.

    It judges syntax. That a partner agrees is told by business documents only. What it
    has refused is never sent again by itself.
    """

    _name = "channel.edi.acks"
    _description = "EDI Acknowledgements"

    @api.model
    def _take(self, agreement, found, interchange):
        """:param found: an interchange of ``lib.codec.read``
        :param interchange: its record"""
        for ack in codec.acknowledgements(found, agreement._get_options()):
            matched = self._take_interchange(agreement, ack)
            for group in ack.groups:
                matched |= self._take_group(agreement, group)
            for each in ack.documents:
                matched |= self._take_message(agreement, ack, each)
            if not matched:
                self._report_unmatched(agreement, ack, interchange)

    def _take_interchange(self, agreement, ack):
        """TA1, UCI: of the envelope. A refused one is refused with all that is in it.

        :return: whether it is one of ours
        """
        if not ack.interchange:
            return False
        interchange = self._find_interchange(agreement, ack.interchange)
        if not interchange:
            return False
        interchange.ack_status = f"{ack.status} {ack.code}".strip()
        told = {each.number for each in ack.documents}
        rest = interchange.document_ids.filtered(lambda each: each.number not in told)
        if ack.status == "rejected":
            self._judge(rest, "rejected", ack.code)
        elif agreement.standard == "edifact" and ack.status:
            # UCI 7 without UCM answers all messages
            self._judge(rest, _state(ack.status), ack.code)
        return True

    def _find_interchange(self, agreement, number):
        return self.env["channel.edi.interchange"].search(
            [
                ("agreement_id", "=", agreement.id),
                ("direction", "=", "out"),
                ("number", "in", [number, number.lstrip("0")]),
            ],
            limit=1,
        )

    def _take_group(self, agreement, group):
        """:return: whether it is one of ours"""
        documents = self.env["channel.edi.document"].search(
            [
                ("agreement_id", "=", agreement.id),
                ("direction", "=", "out"),
                ("group_number", "=", str(int(group.number)))
                if group.number.isdigit()
                else ("group_number", "=", group.number),
            ]
        )
        # numbers come again when they wrap: the newest interchange is meant
        documents = documents.filtered(
            lambda each: each.interchange_id == documents[:1].interchange_id
        )
        verdicts = {}
        for document in documents:
            state = _state(group.status_of(document.number, document.kind))
            verdicts.setdefault(state, []).append(document.id)
        words = {each.number: each for each in group.documents}
        for state, ids in verdicts.items():
            self._judge(documents.browse(ids), state, group.code, words)
        return bool(documents)

    def _take_message(self, agreement, ack, told):
        """UCM: of one message."""
        interchange = self._find_interchange(agreement, ack.interchange)
        document = interchange.document_ids.filtered(
            lambda each: each.number == told.number
        )
        self._judge(document, _state(told.status), told.code)
        return bool(document)

    def _judge(self, documents, state, code="", words=None):
        """Write what was said, once; later words about the same change nothing but
        from received to a judgement."""
        news = documents.filtered(lambda each: each.ack_state not in FINAL)
        news.write({"ack_state": state})
        if state in ("rejected", "unclear"):
            for document in news:
                told = (words or {}).get(document.number)
                self._report_refused(document, state, code, told)
        else:
            channels = news.channel_id
            keys = [f"edi_ack:{each.id}" for each in news]
            for channel in channels:
                self.env["channel.exception"]._resolve_keys(channel, keys)
        if state == "rejected":
            for document in news:
                document._on_rejected()

    def _report_refused(self, document, state, code, told):
        faults = "; ".join(fault.message for fault in told.faults[:3]) if told else ""
        codes = ", ".join(filter(None, (code, *(told.codes if told else ()))))
        words = {
            "rejected": self.env._(
                "%(document)s was refused by %(partner)s (%(codes)s). %(faults)s",
                document=document.display_name,
                partner=document.agreement_id.name,
                codes=codes,
                faults=faults,
            ),
            "unclear": self.env._(
                "%(partner)s has refused a part of what was sent and does not say "
                "whether %(document)s is in it.",
                document=document.display_name,
                partner=document.agreement_id.name,
            ),
        }
        self.env["channel.exception"]._report(
            document.channel_id,
            "edi_ack",
            key=f"edi_ack:{document.id}",
            record=document,
            message=words[state],
            suggestion=self.env._(
                "Correct the agreement or the record, then press Send Anew on the "
                "document: it gets new numbers. What was accepted is not sent again."
            ),
        )

    def _report_unmatched(self, agreement, ack, interchange):
        self.env["channel.exception"]._report(
            agreement.channel_id,
            "edi_ack",
            key=f"edi_unmatched:{interchange.id}",
            record=interchange,
            message=self.env._(
                "%(partner)s acknowledges what we have not sent (%(kind)s).",
                partner=agreement.name,
                kind=ack.kind,
            ),
            suggestion=self.env._("Ask the partner what it answers; ignore it if old."),
        )

    # ---------------------------------------------------------------- overdue
    @api.model
    def _watch(self):
        """Recovery: acknowledgements that stay away are told once."""
        late = self.env["channel.edi.document"]._lock_due(
            [("ack_state", "=", "awaiting"), ("due_at", "<", fields.Datetime.now())],
            limit=WATCHED,
            order="due_at",
        )
        late.write({"ack_state": "overdue"})
        for document in late:
            self.env["channel.exception"]._report(
                document.channel_id,
                "edi_ack",
                key=f"edi_ack:{document.id}",
                record=document,
                message=self.env._(
                    "%(partner)s has not acknowledged %(document)s, sent on %(when)s.",
                    partner=document.agreement_id.name,
                    document=document.display_name,
                    when=document.sent_at,
                ),
                suggestion=self.env._(
                    "Ask whether the file arrived. If not: Send Again on its "
                    "interchange, the same bytes under the same numbers."
                ),
            )


def _state(status):
    """
    >>> _state("accepted"), _state("received"), _state("")
    ('accepted', 'received', 'unclear')
    """
    return status if status in (*FINAL, "received") else "unclear"
