# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo import api, fields, models

from odoo.addons.channel_inventory_base.db.audit_guard import lifted_guard
from odoo.addons.channel_inventory_base.tools.actions import open_form

from ..db.guard import create_guard
from ..verify import ANCHOR


class ChannelAuditSeal(models.Model):
    """A statement about rows of the trail, signed, that names the hash of the seal
    before it.

    ``statement`` is the very text that is hashed and signed (JSON): ``number``,
    ``previous``, ``count``, ``root`` (Merkle root of the leaves by position),
    ``first_at``, ``last_at``, ``sealed_at``, ``complete`` (nothing that could be seen
    was left out), ``sources`` (highest id of each), ``keys`` (public keys of the
    signatures), ``database``. What is shown is read from it.
    """

    _name = "channel.audit.seal"
    _description = "Audit Seal"
    _inherit = ["channel.guarded"]
    _order = "number desc"
    _rec_name = "number"
    _log_access = False

    number = fields.Integer(required=True, readonly=True, aggregator=None)
    sealed_at = fields.Datetime(string="Sealed", required=True, readonly=True)
    count = fields.Integer(string="Rows", required=True, readonly=True)
    statement = fields.Text(required=True, readonly=True)
    hash = fields.Char(required=True, readonly=True, help="SHA-256 of the statement")
    signatures = fields.Json(readonly=True, help="One for each key of the statement")
    previous = fields.Char(compute="_compute_stated", string="Seal Before")
    root = fields.Char(compute="_compute_stated", string="Merkle Root")
    first_at = fields.Datetime(compute="_compute_stated", string="First Row")
    last_at = fields.Datetime(compute="_compute_stated", string="Last Row")
    key_names = fields.Char(compute="_compute_stated", string="Signed by Key")
    is_signed = fields.Boolean(compute="_compute_stated", string="Signed")
    receipt_ids = fields.One2many(
        "channel.audit.receipt", compute="_compute_receipt_ids", string="Receipts"
    )
    anchored_at = fields.Datetime(compute="_compute_receipt_ids", string="Anchored")
    warning = fields.Char(compute="_compute_warning")

    _number_uniq = models.UniqueIndex("(number)")
    _sealed_at_idx = models.Index("(sealed_at)")

    def init(self):
        create_guard(self.env.cr, self._table)

    def _init_column(self, column_name):
        with lifted_guard(self.env.cr, self._table):
            return super()._init_column(column_name)

    @api.depends("number")
    def _compute_display_name(self):
        for seal in self:
            seal.display_name = self.env._("Seal %s", seal.number)

    @api.depends("statement", "signatures")
    def _compute_stated(self):
        for seal in self:
            stated = seal._read_statement()
            seal.previous, seal.root = stated.get("previous"), stated.get("root")
            seal.first_at = _as_moment(stated.get("first_at"))
            seal.last_at = _as_moment(stated.get("last_at"))
            keys = stated.get("keys") or []
            seal.key_names = ", ".join(keys) or False
            seal.is_signed = bool(keys and seal.signatures)

    def _compute_receipt_ids(self):
        receipts = self.env["channel.audit.receipt"].search(
            [("seal_number", "in", self.mapped("number"))]
        )
        found = receipts.grouped("seal_number")
        for seal in self:
            seal.receipt_ids = found.get(seal.number, receipts.browse())
            seal.anchored_at = min(seal.receipt_ids.mapped("at"), default=False)

    def _compute_warning(self):
        """What these seals do not prove, in plain words."""
        has_anchor = self.env["channel.audit.anchor"]._is_any_active()
        for seal in self:
            words = []
            if not seal.is_signed:
                words.append(
                    self.env._(
                        "Not signed: who can write to the database could make this "
                        "seal anew. Enter seal_key in the server's configuration."
                    )
                )
            if not has_anchor:
                words.append(
                    self.env._(
                        "Nothing is sent outside: seals that are cut off the end would "
                        "not be missed. Set up an anchor."
                    )
                )
            seal.warning = " ".join(words) or False

    # ------------------------------------------------------------- actions
    def action_show_leaves(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Rows of Seal %s", self.number),
            "res_model": "channel.audit.leaf",
            "view_mode": "list",
            "domain": [("seal_number", "=", self.number)],
        }

    def action_open_verification(self):
        """Ask what to verify against."""
        return dict(
            self.env["ir.actions.act_window"]._for_xml_id(
                "channel_inventory_seal.channel_audit_check_action"
            ),
        )

    def action_show_previous(self):
        self.ensure_one()
        before = self.search([("number", "=", self.number - 1)], limit=1)
        return open_form(self._name, (before or self).id)

    # ------------------------------------------------------------ business
    def _read_statement(self):
        """What was signed, as a dict; an empty one where it was changed beyond that."""
        try:
            stated = json.loads(self.statement or "{}")
        except ValueError:
            return {}
        return stated if isinstance(stated, dict) else {}

    @api.model
    def _get_last(self):
        return self.search([], limit=1)

    def _prepare_anchor(self):
        """What goes outside: all that a verifier needs of this seal. :return: JSON"""
        return json.dumps(
            {
                "format": ANCHOR,
                "number": self.number,
                "hash": self.hash,
                "statement": self.statement,
                "signatures": self.signatures or [],
            },
            indent=1,
        )


def _as_moment(text):
    """A time of a statement, to the second; False where it is none."""
    try:
        return fields.Datetime.to_datetime(str(text or "")[:19].replace("T", " "))
    except ValueError:
        return False
