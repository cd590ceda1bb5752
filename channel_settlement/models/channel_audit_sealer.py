# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_seal.db.sources import (
    Source,
    columns,
    known,
)

# Lines in the order of their ids. Amounts as numbers, whatever scale their column has.
# Without contacts, which may be merged, and without labels and references, which may be
# edited on what is posted.
_LINES = SQL(
    """
    (SELECT jsonb_agg(
                jsonb_build_array(line.id, line.account_id,
                                  trim_scale(line.debit::numeric),
                                  trim_scale(line.credit::numeric),
                                  trim_scale(line.amount_currency::numeric),
                                  line.currency_id)
                ORDER BY line.id)
       FROM account_move_line line WHERE line.move_id = "row".id)
    """
)
ENTRY = Source(
    name="channel.settlement.entry",
    table="account_move",
    forms={
        1: SQL(
            "%s, %s, %s",
            columns("id channel_settlement_id name date journal_id company_id"),
            SQL("settlement.external_id, settlement.digest"),
            _LINES,
        )
    },
    joins=SQL(
        'JOIN channel_settlement settlement ON settlement.id = "row".'
        "channel_settlement_id"
    ),
    at=known(SQL('"row".create_date')),
    company=SQL('"row".company_id'),
    final=SQL("\"row\".state = 'posted'"),
)


class ChannelAuditSealer(models.AbstractModel):
    """Journal entries of settlements are sealed, line by line."""

    _inherit = "channel.audit.sealer"

    @api.model
    def _get_sources(self):
        return [*super()._get_sources(), ENTRY]
