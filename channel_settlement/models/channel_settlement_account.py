# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from ..const import KINDS


class ChannelSettlementAccount(models.Model):
    """The account of what a settlement has beside payments of orders: fees, taxes,
    chargebacks, reserves.

    The channel's own maps go first, then those with words, then by sequence. What no
    map fits is booked nowhere and reported.
    """

    _name = "channel.settlement.account"
    _description = "Settlement Account"
    _inherit = ["channel.accountant"]
    _order = "company_id, kind, channel_id, sequence, id"
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    channel_id = fields.Many2one(
        "channel.channel",
        check_company=True,
        ondelete="cascade",
        help="Empty: for all channels of the company.",
    )
    kind = fields.Selection(KINDS, required=True)
    words = fields.Char(
        help="What the channel calls it, or a part of that. Empty: all of this kind."
    )
    account_id = fields.Many2one(
        "account.account", required=True, check_company=True, ondelete="restrict"
    )
    tax_id = fields.Many2one(
        "account.tax",
        check_company=True,
        ondelete="restrict",
        help="Is in the amount: a fee of 12.10 with 21 % is 10.00 and 2.10 of tax.",
    )
    label = fields.Char(
        help="On the journal entry. Empty: the kind and the channel's words."
    )

    _words_stripped = models.Constraint(
        "CHECK (words IS NULL OR (words = btrim(words) AND words <> ''))",
        "Words have neither spaces around them nor are they empty.",
    )

    @api.depends("kind", "words", "account_id")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for each in self:
            parts = filter(None, (kinds.get(each.kind), each.words))
            each.display_name = " · ".join(parts)

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        created = super().create([self._tidy(vals) for vals in vals_list])
        created._match_again()
        return created

    def write(self, vals):
        result = super().write(self._tidy(vals))
        self._match_again()
        return result

    @api.model
    def _tidy(self, vals):
        if "words" not in vals:
            return vals
        return dict(vals, words=(vals["words"] or "").strip() or False)

    def _match_again(self):
        """What waited for an account is matched by it."""
        # sudo: settlements are the server's; these of the map's own company
        self.env["channel.settlement"].sudo()._wake_open(self.company_id)

    # ------------------------------------------------------------ business
    @api.model
    def _best(self, settlement, kind, words):
        """The expression of the map that fits ``kind`` and ``words``.

        :param kind, words: SQL
        """
        return SQL(
            """
            (SELECT map.id FROM channel_settlement_account map
              WHERE map.active AND map.company_id = %(company)s
                AND (map.channel_id IS NULL OR map.channel_id = %(channel)s)
                AND map.kind = %(kind)s
                AND (map.words IS NULL
                     OR strpos(lower(%(words)s), lower(map.words)) > 0)
              ORDER BY map.channel_id IS NULL, map.words IS NULL, map.sequence, map.id
              LIMIT 1)
            """,
            company=settlement.company_id.id,
            channel=settlement.channel_id.id,
            kind=kind,
            words=words,
        )
