# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..db.views import create_view_at_end
from ..tools.actions import open_form


class ChannelDeadLetter(models.Model):
    """All permanent failures that wait for an operator. A SQL view.

    ``cause`` is the error with record-specific values (numbers, quoted words) removed,
    so that a thousand letters with one cause are one group. The buttons call the
    records themselves, which implement their own retry.
    """

    _name = "channel.dead.letter"
    _description = "Dead Letter"
    _auto = False
    _order = "at desc, id desc"
    _rec_name = "error"

    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    direction = fields.Selection(
        [("in", "From the channel"), ("out", "To the channel")], readonly=True
    )
    topic = fields.Char(string="Subject", readonly=True)
    cause = fields.Char(readonly=True, help="Error with record-specific values removed")
    error = fields.Char(readonly=True)
    at = fields.Datetime(string="When", readonly=True)
    attempts = fields.Integer(readonly=True)
    order_id = fields.Many2one("channel.order", readonly=True)
    trace = fields.Char(readonly=True)
    res_model = fields.Char("Record Model", readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True
    )
    is_editable = fields.Boolean(
        compute="_compute_is_editable",
        help="Quantities are recomputed on retry: a publication cannot be edited.",
    )

    def init(self):
        # at the end, when all the tables it stands on are there
        create_view_at_end(self, self._create_view)

    def _create_view(self):
        tools.drop_view_if_exists(self.env.cr, self._table)
        self.env.cr.execute(
            SQL(
                """
                CREATE VIEW channel_dead_letter AS
                SELECT letter.*,
                       regexp_replace(
                           regexp_replace(
                               left(COALESCE(NULLIF(error, ''), '?'), 200),
                               '“[^”]*”|''[^'']*''|"[^"]*"', '…', 'g'),
                           '[0-9]+', '#', 'g') AS cause
                  FROM (%s) letter
                """,
                SQL(" UNION ALL ").join(self._numbered(self._letters())),
            )
        )

    @staticmethod
    def _numbered(letters):
        """The queries with ids that no two of their rows share."""
        return [
            SQL(
                """
                SELECT res_id::bigint * %s + %s AS id, source.*
                  FROM (%s) AS source (
                       channel_id, company_id, direction, topic, error, at, attempts,
                       order_id, trace, res_model, res_id)
                """,
                len(letters),
                place,
                letter,
            )
            for place, letter in enumerate(letters)
        ]

    def _letters(self):
        """Queries of one column list (see ``_numbered``); an addon with messages of its
        own adds one."""
        return [
            SQL(
                """
                SELECT channel_id, company_id, 'in', topic, error, processed_at, 1,
                       order_id, trace, 'channel.inbox.event', id
                  FROM channel_inbox_event WHERE state = 'dead'
                """
            ),
            SQL(
                """
                SELECT channel_id, company_id, 'out', 'levels', error,
                       COALESCE(sent_at, write_date), attempts, NULL::int, trace,
                       'channel.publication', id
                  FROM channel_publication WHERE state = 'dead'
                """
            ),
        ]

    @api.depends("res_model")
    def _compute_is_editable(self):
        for letter in self:
            records = self.env.get(letter.res_model)
            letter.is_editable = bool(getattr(records, "_letter_content", None))

    # -------------------------------------------------------------- records
    def _records(self):
        """:return: list of recordsets, one for each model that the letters are of"""
        # what was retried or discarded meanwhile has left the view
        letters = self.exists()
        return [
            self.env[model].browse(each.mapped("res_id"))
            for model, each in letters.grouped("res_model").items()
        ]

    # -------------------------------------------------------------- buttons
    def action_retry(self):
        """Try all of them again. What fails again comes back."""
        for records in self._records():
            records.action_retry()
            self.env["channel.exception"]._note_retry(records)
        self.env.flush_all()
        self.invalidate_model()

    def action_discard(self):
        """Ask for the reason first."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Discard %s Dead Letters", len(self)),
            "res_model": "channel.dead.letter.discard",
            "view_mode": "form",
            "target": "new",
            "context": {"letter_ids": self.ids},
        }

    def _discard(self, reason):
        for records in self._records():
            records._discard(reason)
            self.env["channel.exception"]._resolve_record(records)
        self.env.flush_all()
        self.invalidate_model()

    def action_edit(self):
        self.ensure_one()
        if not self.is_editable:
            raise UserError(
                self.env._("Quantities are recomputed: press Retry instead.")
            )
        wizard = self.env["channel.dead.letter.edit"]._open_for(self)
        return open_form(
            wizard._name, wizard.id, name=self.env._("Edit and Retry"), target="new"
        )

    def action_open_record(self):
        self.ensure_one()
        return open_form(self.res_model, self.res_id)
