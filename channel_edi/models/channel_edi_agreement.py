# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..lib.options import Options
from ..schemas import EDIFACT, X12, Delimiters, Envelope, Identity

DEFAULT_ACK_HOURS = {"856": 4, "DESADV": 4}
"""Hours in which a document of ours has to be acknowledged; of others a day."""
ACKS = ("997", "999", "TA1", "CONTRL")
"""They are never acknowledged themselves."""
EDIFACT_NAMES = {
    "850": "ORDERS",
    "860": "ORDCHG",
    "855": "ORDRSP",
    "856": "DESADV",
    "846": "INVRPT",
    "810": "INVOIC",
}
"""Documents of X12 and the messages of EDIFACT that say the same."""
VISIBLE = {"LF": "\n", "CR": "\r", "CRLF": "\r\n", "TAB": "\t"}
"""How characters that cannot be seen are entered."""


class ChannelEdiAgreement(models.Model):
    """What two identities have agreed on: standard, versions, delimiters, time zone,
    codes, and what is acknowledged within what time.

    ``channel_id`` is the partner in the role that most of its documents are about. One
    partner may be retailer and warehouse under one identity: then each role is a
    channel, and ``role_ids`` tells whose documents go where.
    """

    _name = "channel.edi.agreement"
    _description = "EDI Agreement"
    _inherit = ["channel.noted", "channel.guarded"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    channel_id = fields.Many2one(
        "channel.channel",
        required=True,
        ondelete="restrict",
        index=True,
        domain=[("channel_type", "=", "edi")],
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    partner_id = fields.Many2one("res.partner", check_company=True)
    mailbox_id = fields.Many2one(
        "channel.edi.mailbox",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    standard = fields.Selection(
        [("x12", "X12"), ("edifact", "EDIFACT"), ("table", "CSV or fixed columns")],
        required=True,
        default="x12",
        tracking=True,
    )
    our_qualifier = fields.Char(help="ISA05/07, UNB: ZZ, 01, 12, 14")
    our_id = fields.Char(string="Our ID", tracking=True)
    their_qualifier = fields.Char()
    their_id = fields.Char(string="Their ID", tracking=True)
    our_group_id = fields.Char(
        string="Our Group ID", help="GS02/03, where it differs from the interchange's"
    )
    their_group_id = fields.Char(string="Their Group ID")
    version = fields.Char(
        help="Of the interchanges that we send: 00401, 00501, UNOC:3. Empty: the "
        "standard's usual one."
    )
    group_version = fields.Char(
        string="Version of Documents", help="Such as 004010VICS or D:96A:UN:EAN008"
    )
    segment_end = fields.Char(
        string="Segment Terminator", help="~, ', LF, CR. Empty: the usual one."
    )
    element_separator = fields.Char()
    component_separator = fields.Char()
    newline = fields.Selection(
        [("none", "None"), ("LF", "LF"), ("CRLF", "CR LF")],
        string="After Each Segment",
        default="none",
        required=True,
    )
    decimal_mark = fields.Selection([(".", "."), (",", ",")], help="EDIFACT")
    charset = fields.Char(help="Such as cp1252. Empty: what the file says.")
    upper = fields.Boolean(string="Capitals Only", help="In what we send")
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or "UTC",
        help="The partner's dates and times tell no time zone: they are of this one.",
    )
    strict = fields.Boolean(
        help="Also what is readable is refused where it breaks the standard: wrong "
        "lengths, wrong counts of segments."
    )
    sends_acks = fields.Boolean(
        string="We Acknowledge",
        default=True,
        help="With a 997 or CONTRL, in the minutes after a document was received.",
    )
    ack_details = fields.Boolean(
        default=True, help="Name accepted documents in a 997, too (AK2)."
    )
    ta1 = fields.Selection(
        [("asked", "When asked for"), ("always", "Always"), ("never", "Never")],
        string="TA1",
        default="asked",
        required=True,
    )
    reuses_numbers = fields.Boolean(
        string="Partner Repeats Control Numbers",
        help="An interchange with a number that was used before and another content is "
        "held for a person. Tick it where the partner's numbers mean nothing; then "
        "only the documents' own numbers count.",
    )
    stock_complete = fields.Selection(
        [("unknown", "Not agreed"), ("snapshot", "Everything"), ("changes", "Changes")],
        string="Stock Documents Have",
        default="unknown",
        required=True,
        help="Everything: an item that is missing in an 846 or INVRPT is gone.",
    )
    order_days = fields.Integer(
        string="Order Numbers Are Unique For (days)",
        default=400,
        help="The same number later than that is another order.",
    )
    park_minutes = fields.Integer(
        string="Wait for Earlier Documents (minutes)",
        default=120,
        help="A change that comes before its order waits so long, then a person is "
        "told.",
    )
    file_name = fields.Char(
        default="{kind}_{number}.edi",
        required=True,
        help="Of what we send: {kind} 856, {number} control number, {partner} their "
        "ID, {date} and {time}.",
    )
    file_pattern = fields.Char(
        string="Their Files",
        help="CSV: names of the files of this agreement, such as INV_*.csv, since the "
        "content does not say whose it is.",
    )
    carrier_code = fields.Char(
        string="Usual Carrier (SCAC)",
        help="In ship notices, where the parcel has no carrier. Others are told by "
        "Codes.",
    )
    sscc_prefix = fields.Char(
        string="SSCC Prefix", help="Extension digit and GS1 company prefix: 8 to 11"
    )
    code_ids = fields.One2many("channel.edi.code", "agreement_id", copy=True)
    document_ids = fields.One2many(
        "channel.edi.agreement.document", "agreement_id", copy=True
    )
    role_ids = fields.One2many("channel.edi.agreement.role", "agreement_id", copy=True)
    counter_ids = fields.One2many("channel.edi.counter", "agreement_id")
    overdue_count = fields.Integer(compute="_compute_counts", string="Overdue")
    held_count = fields.Integer(compute="_compute_counts", string="On Hold")
    conversation_count = fields.Integer(compute="_compute_counts", string="Documents")
    edi_role = fields.Selection(related="channel_id.edi_role", string="Partner Is")
    listing_count = fields.Integer(
        compute="_compute_listing_count",
        string="Products",
        help="What the partner may buy, and what a stock document has.",
    )

    _identity_idx = models.Index("(their_id, our_id) WHERE active")

    def _compute_counts(self):
        documents = self.env["channel.edi.document"]
        mine = [("agreement_id", "in", self.ids)]
        counted = {
            "overdue_count": [("ack_state", "=", "overdue")],
            "held_count": [("state", "in", ("held", "refused"))],
            "conversation_count": [],
        }
        for name, domain in counted.items():
            counts = dict(
                documents._read_group([*mine, *domain], ["agreement_id"], ["__count"])
            )
            for agreement in self:
                agreement[name] = counts.get(agreement, 0)

    def _compute_listing_count(self):
        counts = dict(
            self.env["channel.listing"]._read_group(
                [("channel_id", "in", self.channel_id.ids)], ["channel_id"], ["__count"]
            )
        )
        for agreement in self:
            agreement.listing_count = counts.get(agreement.channel_id, 0)

    @api.constrains("channel_id", "mailbox_id", "partner_id")
    def _check_companies(self):
        for agreement in self:
            if agreement.mailbox_id.company_id != agreement.company_id:
                raise ValidationError(
                    self.env._("The mailbox belongs to another company.")
                )

    @api.constrains("their_id", "our_id", "their_qualifier", "our_qualifier", "active")
    def _check_identity(self):
        """:raise ValidationError: a file would be of two agreements"""
        for agreement in self.filtered(lambda each: each.active and each.their_id):
            twin = self.search(
                [
                    ("id", "!=", agreement.id),
                    ("standard", "=", agreement.standard),
                    ("their_id", "=", agreement.their_id),
                    ("our_id", "=", agreement.our_id),
                    ("their_qualifier", "=", agreement.their_qualifier),
                    ("our_qualifier", "=", agreement.our_qualifier),
                    ("their_group_id", "=", agreement.their_group_id),
                    ("company_id", "=", agreement.company_id.id),
                ],
                limit=1,
            )
            if twin:
                raise ValidationError(
                    self.env._(
                        "%(one)s and %(other)s are between the same two identities.",
                        one=agreement.name,
                        other=twin.name,
                    )
                )

    @api.constrains("segment_end", "element_separator", "component_separator")
    def _check_delimiters(self):
        for agreement in self:
            chosen = agreement._get_delimiters()
            marks = [chosen.segment, chosen.element, chosen.component]
            if any(len(mark) != 1 or mark.isalnum() for mark in marks) or len(
                set(marks)
            ) < len(marks):
                raise ValidationError(
                    self.env._(
                        "Delimiters are three different characters, and no letters or "
                        "digits."
                    )
                )

    # ------------------------------------------------------------- actions
    def action_open_documents(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_edi.channel_edi_document_action"
        )
        domain = [("agreement_id", "=", self.id)]
        return dict(action, domain=domain, context={"search_default_business": 1})

    def action_open_listings(self):
        self.ensure_one()
        return self.channel_id._open_edi_listings()

    def action_add_products(self):
        """Choose what the partner may buy."""
        self.ensure_one()
        self._require_role("manager")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Add Products"),
            "res_model": "channel.edi.products",
            "view_mode": "form",
            "target": "new",
            "context": {"default_channel_id": self.channel_id.id},
        }

    # ------------------------------------------------------------ business
    @api.model
    def _find(self, company, head, groups=()):
        """The agreement of an interchange that was received.

        Qualifiers are compared where the agreement has them; the ids of the first group
        decide where several agreements share the identities of the interchange.

        :param head: schemas.InterchangeHead
        :param groups: list of schemas.GroupHead
        :return: an agreement, empty where none or more than one fits
        """
        found = self.search(
            [
                ("company_id", "=", company.id),
                ("standard", "=", head.standard),
                ("their_id", "=", head.sender.id),
                ("our_id", "=", head.receiver.id),
                ("their_qualifier", "in", [head.sender.qualifier, False, ""]),
                ("our_qualifier", "in", [head.receiver.qualifier, False, ""]),
            ]
        )
        senders = {group.sender.id for group in groups}
        named = found.filtered(lambda each: each.their_group_id in senders)
        found = named or found.filtered(lambda each: not each.their_group_id)
        return found if len(found) == 1 else self.browse()

    @api.model
    def _get_of_channel(self, channel_id):
        """The agreement by which a channel's partner is written to."""
        return self._get_all_of_channel(channel_id)[:1]

    @api.model
    def _get_all_of_channel(self, channel_id):
        """Those of a channel, then those in which it is another role of the partner."""
        own = self.search([("channel_id", "=", channel_id)])
        roles = self.env["channel.edi.agreement.role"].search(
            [("channel_id", "=", channel_id)]
        )
        return own + (roles.agreement_id.filtered("active") - own)

    def _kind_name(self, kind):
        """What the agreement's standard calls a document that X12 calls ``kind``."""
        return EDIFACT_NAMES.get(kind, kind) if self.standard == "edifact" else kind

    def _channel_of(self, kind):
        """The channel that documents of this kind are about."""
        self.ensure_one()
        role = self.role_ids.filtered(lambda each: kind in each._kinds())
        return role[:1].channel_id or self.channel_id

    def _terms_of(self, kind, direction):
        """What was agreed about a kind of document; may be empty."""
        return self.document_ids.filtered(
            lambda each: each.kind == kind and each.direction == direction
        )[:1]

    def _awaits_ack(self, kind):
        if kind in ACKS or self.standard == "table":
            return False
        terms = self._terms_of(kind, "out")
        return terms.wants_ack if terms else True

    def _ack_due(self, kind, moment):
        """:param moment: when the document was sent"""
        terms = self._terms_of(kind, "out")
        hours = terms.ack_hours if terms else DEFAULT_ACK_HOURS.get(kind, 24)
        return moment + timedelta(hours=hours)

    def _get_options(self):
        """:return: lib.options.Options"""
        self.ensure_one()
        maps = {}
        for code in self.code_ids.filtered("meaning"):
            maps.setdefault(code.kind, []).append((code.code, code.meaning))
        pairs = {kind: tuple(found) for kind, found in maps.items()}
        complete = {"snapshot": True, "changes": False}
        return Options(
            standard=self.standard if self.standard != "table" else "",
            zone=self.tz,
            charset=self.charset or "",
            forgiven=() if self.strict else ("718:4", "0085:29/UNT"),
            lengths=self.strict,
            qualifiers=pairs.get("qualifier", ()),
            parties=pairs.get("party", ()),
            dates=pairs.get("date", ()),
            states=pairs.get("state", ()),
            order_types=pairs.get("type", ()),
            complete=complete.get(self.stock_complete),
            upper=self.upper,
            ack_details=self.ack_details,
            ack_interchange=self.ta1,
            delimiters=self._get_delimiters(),
        )

    def _get_delimiters(self):
        """:return: schemas.Delimiters of what we send"""
        self.ensure_one()
        usual = EDIFACT if self.standard == "edifact" else X12
        return Delimiters(
            segment=_character(self.segment_end) or usual.segment,
            element=_character(self.element_separator) or usual.element,
            component=_character(self.component_separator) or usual.component,
            repetition="^" if (self.version or "") >= "00402" else usual.repetition,
            release=usual.release,
            decimal=self.decimal_mark or usual.decimal,
            newline=VISIBLE.get(self.newline, ""),
        )

    def _prepare_envelope(self, kind, count, test=False, groups=True):
        """An envelope for ``count`` documents of one kind, with numbers of its own.

        Called in the transaction that freezes the bytes.

        :param groups: False: only a TA1 is in it, which is in no group

        :return: schemas.Envelope
        """
        self.ensure_one()
        take, counting = self.env["channel.edi.counter"]._take, self._get_counting()
        terms = self._terms_of(kind, "out")
        x12 = self.standard == "x12"
        return Envelope(
            standard=self.standard,
            sender=Identity(self.our_id or "", self.our_qualifier or ""),
            receiver=Identity(self.their_id or "", self.their_qualifier or ""),
            number=take(counting, "interchange")[0],
            at=self.env["channel.intake"]._database_time(),
            version=self.version or ("00401" if x12 else "UNOC:3"),
            group_version=terms.version
            or self.group_version
            or ("004010" if x12 else "D:96A:UN"),
            group_sender=self.our_group_id and Identity(self.our_group_id) or None,
            group_receiver=self.their_group_id
            and Identity(self.their_group_id)
            or None,
            group_number=take(counting, "group")[0] if groups else 1,
            document_numbers=tuple(take(self, "document", count)) if count else (),
            test=test or self.channel_id.environment == "test",
            delimiters=self._get_delimiters(),
            charset=self.charset or "",
        )

    def _get_counting(self):
        """Whose numbers are taken: partners look for those that they had before by the
        identities of the envelope, whichever of several agreements they are of, and
        whether or not an earlier one is archived."""
        if not self.their_id:
            return self
        # sudo: it may be another company's, or one that the job's user does not see
        agreements = self.sudo().with_context(active_test=False)
        names = ("standard", "their_id", "our_id", "their_qualifier", "our_qualifier")
        domain = [(name, "=", self[name]) for name in names]
        return agreements.search(domain, order="id", limit=1)

    def _get_file_name(self, kind, number, moment):
        """:return: name of a file that is sent; no two interchanges have the same"""
        name = (self.file_name or "").format(
            kind=kind,
            number=f"{number:09d}",
            partner=self.their_id or "",
            date=f"{moment:%Y%m%d}",
            time=f"{moment:%H%M%S}",
        )
        return "".join(each if each not in '/\\\0:*?"<>|' else "_" for each in name)

    @api.constrains("file_name")
    def _check_file_name(self):
        for agreement in self:
            try:
                name = agreement._get_file_name("850", 1, fields.Datetime.now())
            except (KeyError, IndexError, ValueError) as error:
                raise ValidationError(
                    self.env._("File name: %s is none of the placeholders.", error)
                ) from error
            if "000000001" not in name:
                raise ValidationError(
                    self.env._(
                        "The file name needs {number}: two files of one name would "
                        "replace each other."
                    )
                )


def _character(text):
    """
    >>> _character("LF"), _character("~"), _character(False)
    ('\\n', '~', '')
    """
    return VISIBLE.get((text or "").strip().upper(), text or "")
