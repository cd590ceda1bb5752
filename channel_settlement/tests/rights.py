# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who may do what with this addon's models: see the base's ``attack/rights.py``."""

from odoo.addons.channel_inventory_base.tests.attack.rights import (
    Row,
    Standard,
    wizard,
)

PEOPLE = {"accountant": "channel_settlement.group_channel_accountant"}

COLUMNS = (
    "kind_column line_column settlement_column gross_column fee_column net_column "
    "currency_column order_column transaction_column refund_column date_column "
    "deposit_column words_column status_column balance_column paid_amount_column "
    "paid_currency_column"
)
MANAGED = {"write": "accountant", "create": "accountant", "unlink": "accountant"}


def _bank_journal(records):
    domain = [("type", "=", "bank"), ("company_id", "=", records.company.id)]
    return records.env["account.journal"].search(domain, limit=1).id


VALUES = {
    ("account.bank.statement.line", "journal_id"): _bank_journal,
    # it makes its own entry
    ("account.bank.statement.line", "move_id"): None,
    ("channel.settlement.format", "tz"): "UTC",
    ("channel.settlement.format", "date_format"): None,
    ("channel.settlement.file", "data"): None,
    ("channel.settlement.import", "data"): "YQ==",
    ("channel.settlement.decide", "decision"): "account",
}

RIGHTS = {
    "channel.settlement": Row(
        methods={
            "reader": (
                "action_open_entry action_open_file action_open_issues "
                "action_open_lines"
            ),
            "accountant": (
                "action_accept_difference action_approve action_choose_bank "
                "action_fetch action_find_bank action_match action_propose "
                "action_reject_correction action_take_back action_take_correction "
                "action_void action_withdraw"
            ),
        }
    ),
    "channel.settlement.line": Row(
        methods={
            "reader": "action_open_order",
            "accountant": "action_decide action_undecide",
        }
    ),
    "channel.settlement.file": Row(
        methods={
            "reader": "action_open_settlements",
            "accountant": "action_discard action_retry",
        }
    ),
    "channel.settlement.account": Row(
        **MANAGED,
        fixed="company_id",
        fields={
            "accountant": (
                "sequence active company_id channel_id kind words account_id tax_id "
                "label"
            )
        },
    ),
    "channel.settlement.format": Row(
        **MANAGED,
        fixed="company_id",
        fields={
            "accountant": (
                "name active company_id gateway delimiter charset mark date_format tz "
                "default_currency_id fee_is_negative status_words word_ids "
                f"{COLUMNS}"
            )
        },
    ),
    "channel.settlement.format.word": Row(
        **MANAGED,
        fixed="format_id",
        fields={"accountant": "format_id word kind", "server": "company_id"},
    ),
    "channel.clearing.item": Row(methods={"reader": "action_open_entry"}),
    "channel.order.margin": Row(),
    "channel.order.transaction": Row(),
    "channel.settlement.decide": wizard("accountant", "action_confirm"),
    "channel.settlement.bank": wizard("accountant"),
    "channel.settlement.bank.line": wizard("accountant", "action_choose"),
    "channel.settlement.import": wizard("accountant", "action_import"),
    "channel.channel": Row(adds=True, methods={"reader": "action_open_settlements"}),
    "channel.order": Row(adds=True, methods={"reader": "action_open_settlement_lines"}),
}

STANDARD = {
    "account.move": Standard(server="channel_settlement_id"),
    "account.bank.statement.line": Standard(server="channel_settlement_id"),
    "res.company": Standard(
        people=(
            "channel_settlement_approval channel_settlement_journal_id "
            "channel_settlement_transfer_account_id channel_settlement_bank_days "
            "channel_settlement_days"
        )
    ),
}
