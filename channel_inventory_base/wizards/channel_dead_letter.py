# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.readable import readable


class ChannelDeadLetterDiscard(models.TransientModel):
    """Discards dead letters with a reason."""

    _name = "channel.dead.letter.discard"
    _description = "Discard Dead Letters"
    _inherit = ["channel.guarded"]

    reason = fields.Char(required=True)
    letter_count = fields.Integer(compute="_compute_letter_count")

    @api.depends_context("letter_ids")
    def _compute_letter_count(self):
        self.letter_count = len(self.env.context.get("letter_ids", ()))

    def action_confirm(self):
        letters = self.env["channel.dead.letter"].browse(
            self.env.context.get("letter_ids", ())
        )
        letters._discard(self.reason)
        return {
            "type": "ir.actions.act_window_close",
            "infos": {"discarded": len(letters)},
        }


class ChannelDeadLetterEdit(models.TransientModel):
    """The corrected content of a dead letter. The original stays as received."""

    _name = "channel.dead.letter.edit"
    _description = "Edit and Retry a Dead Letter"
    _inherit = ["channel.guarded"]

    res_model = fields.Char("Record Model", required=True, readonly=True)
    res_id = fields.Many2oneReference(
        "Record ID", model_field="res_model", readonly=True
    )
    error = fields.Char(readonly=True)
    content = fields.Text(required=True)

    @api.model
    def _open_for(self, letter):
        record = self.env[letter.res_model].browse(letter.res_id)
        return self.create(
            {
                "res_model": letter.res_model,
                "res_id": letter.res_id,
                "error": letter.error,
                "content": _spread(record[record._letter_content]),
            }
        )

    def action_confirm(self):
        """Check that it can be read, and take it instead of the original."""
        records = self.env.get(self.res_model)
        if not getattr(records, "_letter_content", None):
            raise UserError(self.env._("There is no content to correct."))
        records.browse(self.res_id)._correct(self.content)
        return {"type": "ir.actions.act_window_close"}


def _spread(text):
    """Indented for people, unless that would change a number: 19.90 is not 19.9."""
    numbers = []

    def keep(number):
        numbers.append(repr(float(number)) == number)
        return float(number)

    try:
        json.loads(text, parse_float=keep)
    except ValueError:
        return text
    return readable(text) if all(numbers) else text
