# SPDX-License-Identifier: AGPL-3.0-or-later
import base64

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.base.models.res_partner import _tz_get

from ..lib.guess import guess
from ..models.channel_edi_agreement import DEFAULT_ACK_HOURS, EDIFACT_NAMES
from ..schemas import Delimiters

STOCK_MINUTES = 60
"""Between two stock documents, where nothing else is agreed yet."""

ROLES_OF = {
    "850": "retailer",
    "860": "retailer",
    "ORDERS": "retailer",
    "ORDCHG": "retailer",
    "945": "warehouse",
    "944": "warehouse",
    "947": "warehouse",
    "855": "supplier",
    "856": "supplier",
    "ORDRSP": "supplier",
    "DESADV": "supplier",
}
"""What a partner is that sends such a document."""


class ChannelEdiPartnerWizard(models.TransientModel):
    """A new partner from one sample file: what the file shows is filled in."""

    _name = "channel.edi.partner.wizard"
    _description = "New EDI Partner"
    _inherit = ["channel.guarded"]

    data = fields.Binary(string="Sample File", attachment=False)
    sample_name = fields.Char()
    name = fields.Char(string="Partner")
    partner_id = fields.Many2one("res.partner", string="Contact")
    role = fields.Selection(
        selection=lambda self: (
            self.env["channel.channel"]
            ._fields["edi_role"]
            ._description_selection(self.env)
        ),
        default="retailer",
        required=True,
    )
    standard = fields.Selection(
        [("x12", "X12"), ("edifact", "EDIFACT"), ("table", "CSV or fixed columns")],
        default="x12",
        required=True,
    )
    their_qualifier = fields.Char()
    their_id = fields.Char(string="Their ID")
    our_qualifier = fields.Char()
    our_id = fields.Char(string="Our ID")
    their_group_id = fields.Char()
    our_group_id = fields.Char()
    version = fields.Char()
    group_version = fields.Char()
    segment_end = fields.Char()
    element_separator = fields.Char()
    component_separator = fields.Char()
    kinds = fields.Char(
        string="The Partner Sends", help="Documents by their numbers, such as 850 860"
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.company.partner_id.tz or "UTC",
        help="The partner's dates and times tell no time zone: they are of this one.",
    )
    sends_answers = fields.Boolean(
        string="Answer Each Order (855)",
        default=True,
        help="Line by line, what is shipped and what is not.",
    )
    sends_notices = fields.Boolean(
        string="Announce Each Shipment (856)",
        default=True,
        help="When a delivery is validated.",
    )
    sends_stock = fields.Boolean(
        string="Tell Available Stock (846)",
        default=True,
        help="Every hour; other times are set on the channel.",
    )
    warehouse_id = fields.Many2one("stock.warehouse")
    found = fields.Char(readonly=True, string="Found in the Sample")

    @api.constrains("warehouse_id", "partner_id")
    def _check_own_company(self):
        """:raise ValidationError: of another company than the one that is worked in"""
        for wizard in self:
            for record in (wizard.warehouse_id, wizard.partner_id):
                # sudo: whose it is, to be refused without being shown
                owner = record.sudo().company_id
                if owner and owner != self.env.company:
                    raise ValidationError(
                        self.env._("Choose a warehouse and a contact of your company.")
                    )

    @api.onchange("data")
    def _onchange_data(self):
        if self.data:
            shown = guess(self._get_sample())
            self.update(self._prepare_shown(shown))

    def _get_sample(self):
        return base64.b64decode(self.with_context(bin_size=False).data or b"")

    def _prepare_shown(self, shown):
        """:param shown: lib.guess.Guess
        :return: values of the form"""
        if not shown.standard:
            words = "; ".join(shown.faults)
            return {"found": self.env._("Nothing can be read in it. %s", words)}
        if shown.standard == "table":
            titles = ", ".join(filter(None, shown.titles))
            return {
                "standard": "table",
                "name": self.name or (self.sample_name or "").rpartition(".")[0],
                "found": self.env._("A table: %s", titles),
            }
        kinds = [kind for kind, _count in shown.kinds]
        roles = dict(self._fields["role"]._description_selection(self.env))
        role = next((ROLES_OF[kind] for kind in kinds if kind in ROLES_OF), None)
        delimiters = shown.delimiters or Delimiters()
        return {
            "standard": shown.standard,
            "found": ", ".join(f"{kind} × {count}" for kind, count in shown.kinds),
            "kinds": " ".join(kinds),
            "role": role if role in roles else self.role,
            "name": self.name or shown.sender.id,
            "their_qualifier": shown.sender.qualifier,
            "their_id": shown.sender.id,
            "our_qualifier": shown.receiver.qualifier,
            "our_id": shown.receiver.id,
            "their_group_id": _other(shown.group_sender, shown.sender),
            "our_group_id": _other(shown.group_receiver, shown.receiver),
            "version": shown.version,
            "group_version": shown.group_version,
            "segment_end": _visible(delimiters.segment),
            "element_separator": delimiters.element,
            "component_separator": delimiters.component,
        }

    def action_create(self):
        """Make channel, mailbox (by hand) and agreement; the rest is entered there."""
        self.ensure_one()
        self._require_role("manager")
        if not self.name or not (self.their_id or self.standard == "table"):
            raise UserError(
                self.env._("Enter the partner's name and its ID, or choose a sample.")
            )
        channel = self.env["channel.channel"].create(self._prepare_channel_vals())
        mailbox = self.env["channel.edi.mailbox"].create(
            {"name": self.name, "channel_id": channel.id, "kind": "manual"}
        )
        agreement = self.env["channel.edi.agreement"].create(
            {
                **self._prepare_agreement_vals(),
                "channel_id": channel.id,
                "mailbox_id": mailbox.id,
            }
        )
        return {
            "type": "ir.actions.act_window",
            "res_model": agreement._name,
            "res_id": agreement.id,
            "view_mode": "form",
        }

    def _prepare_channel_vals(self):
        node = {
            "name": self.name,
            "external_id": "1",
            "warehouse_ids": [fields.Command.set(self.warehouse_id.ids)],
        }
        return {
            "name": self.name,
            "channel_type": "edi",
            "edi_role": self.role,
            "company_id": self.env.company.id,
            "exception_user_id": self.env.uid,
            **self._prepare_policy_vals(node),
        }

    def _prepare_policy_vals(self, node):
        """A retailer pays by invoice: its orders are confirmed at once."""
        if self.role != "retailer":
            return {}
        return {
            "node_ids": [fields.Command.create(node)],
            "confirm_policy": "always",
            "send_acceptances": self.sends_answers,
            "send_shipments": self.sends_notices,
            "publish_minutes": STOCK_MINUTES if self.sends_stock else 0,
        }

    def _get_told_kinds(self):
        """:return: documents that the partner gets, as X12 calls them"""
        told = {
            "855": self.sends_answers,
            "856": self.sends_notices,
            "846": self.sends_stock,
        }
        if self.role != "retailer":
            return []
        return [kind for kind, is_told in told.items() if is_told]

    def _prepare_agreement_vals(self):
        names = (
            "standard",
            "their_qualifier",
            "their_id",
            "our_qualifier",
            "our_id",
            "their_group_id",
            "our_group_id",
            "version",
            "group_version",
            "segment_end",
            "element_separator",
            "component_separator",
        )
        documents = [
            fields.Command.create({"direction": "in", "kind": kind})
            for kind in (self.kinds or "").split()
        ]
        if self.standard == "table":
            documents = [fields.Command.create(self._prepare_table_vals())]
        else:
            documents += self._prepare_told_vals()
        return {
            **{name: self[name] for name in names},
            "tz": self.tz,
            "name": self.name,
            "partner_id": self.partner_id.id,
            "document_ids": documents,
            "file_pattern": "*" if self.standard == "table" else False,
        }

    def _prepare_told_vals(self):
        names = EDIFACT_NAMES if self.standard == "edifact" else {}
        hours = DEFAULT_ACK_HOURS
        return [
            fields.Command.create(
                {
                    "direction": "out",
                    "kind": names.get(kind, kind),
                    "ack_hours": hours.get(names.get(kind, kind), 24),
                }
            )
            for kind in self._get_told_kinds()
        ]

    def _prepare_table_vals(self):
        terms = self.env["channel.edi.agreement.document"]
        shown = guess(self._get_sample())
        if shown.standard != "table":
            return {"direction": "in", "kind": "850"}
        return {
            "direction": "in",
            **terms._prepare_layout_vals(shown.layout, shown.titles, shown.examples),
        }


def _other(identity, usual):
    """The id of a group where it is another one than the interchange's."""
    return identity.id if identity and identity.id != usual.id else False


def _visible(character):
    names = {"\n": "LF", "\r": "CR", "\r\n": "CRLF", "\t": "TAB"}
    return names.get(character, character)
