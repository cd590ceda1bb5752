# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import fields, models

from ..const import KINDS


class ChannelSettlementFormatWord(models.Model):
    """What a word of a gateway's file says of its row."""

    _name = "channel.settlement.format.word"
    _description = "Word of a Settlement Format"
    _inherit = ["channel.accountant"]
    _order = "format_id, kind, word, id"
    _rec_name = "word"

    format_id = fields.Many2one(
        "channel.settlement.format", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="format_id.company_id", store=True, index=True, precompute=True
    )
    word = fields.Char(required=True)
    kind = fields.Selection(
        [*KINDS, ("skip", "Does not count")], string="Means", required=True
    )

    _word_uniq = models.UniqueIndex(
        "(format_id, lower(word))", "The format has this word already."
    )
