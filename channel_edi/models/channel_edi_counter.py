# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

LAST = 999_999_999
"""Numbers of interchanges and groups have nine digits, and then begin again."""


class ChannelEdiCounter(models.Model):
    """Control numbers of what we send: gapless by agreement and level; of interchanges
    and groups, by the identities in their envelope (``agreement._get_counting``).

    A number is taken in the transaction that freezes the bytes it stands in. The row is
    locked until that ends: who comes second waits, and who is rolled back leaves no
    gap. Not a sequence of PostgreSQL, which does.
    """

    _name = "channel.edi.counter"
    _description = "EDI Control Numbers"
    _inherit = ["channel.guarded"]
    _order = "agreement_id, level"
    _rec_name = "level"
    _log_access = False

    agreement_id = fields.Many2one(
        "channel.edi.agreement", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(
        related="agreement_id.company_id", store=True, index=True, precompute=True
    )
    level = fields.Selection(
        [
            ("interchange", "Interchange"),
            ("group", "Group"),
            ("document", "Document"),
            ("shipment", "Shipment"),
            ("package", "Package (SSCC)"),
        ],
        string="Numbers Of",
        required=True,
        readonly=True,
    )
    value = fields.Integer(
        string="Last Number", required=True, readonly=True, help="The last that is used"
    )

    _level_uniq = models.UniqueIndex("(agreement_id, level)")

    @api.model
    def _take(self, agreement, level, count=1):
        """:return: list of the next ``count`` numbers, all below ``LAST`` + 1"""
        [[last]] = self.env.execute_query(
            SQL(
                """
                INSERT INTO channel_edi_counter
                            (agreement_id, company_id, level, value)
                VALUES (%(agreement)s, %(company)s, %(level)s, %(count)s)
                ON CONFLICT (agreement_id, level) DO UPDATE
                   SET value = (channel_edi_counter.value + %(count)s - 1)
                               %% %(last)s + 1
                RETURNING value
                """,
                agreement=agreement.id,
                company=agreement.company_id.id,
                level=level,
                count=count,
                last=LAST,
            )
        )
        self.invalidate_model(["value"])
        return [(last - count + number) % LAST + 1 for number in range(count)]
