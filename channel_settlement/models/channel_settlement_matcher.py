# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import models
from odoo.tools import SQL

from ..const import OF_ORDERS

# A row is a payment of an order that is open on its clearing account: one for each
# journal item of a posted payment that a bank, or a settlement, has not confirmed.
# ``amount`` is in the currency of the item, positive. A payment of several orders is
# one's only: it is not counted twice.
OPEN_ITEMS = SQL(
    """
    SELECT DISTINCT ON (item.id)
           docs.order_id, pay.payment_type AS side, item.id AS item_id,
           item.account_id, item.currency_id,
           abs(item.amount_residual_currency) AS amount
      FROM channel_settle_docs docs
      JOIN account_move__account_payment rel ON rel.invoice_id = docs.move_id
      JOIN account_payment pay ON pay.id = rel.payment_id
       AND pay.state IN ('in_process', 'paid')
      JOIN account_move_line item ON item.move_id = pay.move_id
       AND item.account_id = pay.outstanding_account_id
       AND item.parent_state = 'posted'
      JOIN account_account account ON account.id = item.account_id
       AND account.reconcile
     WHERE item.amount_residual_currency <> 0
       AND (item.amount_residual_currency > 0) = (pay.payment_type = 'inbound')
     ORDER BY item.id, docs.order_id
    """
)

# A row is a posted invoice or credit note of an order of ``channel_settle_claims``.
DOCUMENTS = SQL(
    """
    WITH claimed AS (SELECT DISTINCT order_id FROM channel_settle_claims)
    SELECT claimed.order_id, entry.id AS move_id
      FROM claimed
      JOIN sale_order sale ON sale.channel_order_id = claimed.order_id
      JOIN sale_order_line sold ON sold.order_id = sale.id
      JOIN sale_order_line_invoice_rel rel ON rel.order_line_id = sold.id
      JOIN account_move_line item ON item.id = rel.invoice_line_id
      JOIN account_move entry ON entry.id = item.move_id AND entry.state = 'posted'
     UNION
    SELECT refund.order_id, refund.move_id
      FROM claimed
      JOIN channel_refund refund ON refund.order_id = claimed.order_id
      JOIN account_move entry ON entry.id = refund.move_id AND entry.state = 'posted'
    """
)


# A row is a line that tells of a refund, and the refund here: by the channel's id of
# it; else the only one of this amount.
REFUNDS = SQL(
    """
    SELECT line.id AS line_id,
           COALESCE(min(line.refund_id),
                    min(refund.id) FILTER (WHERE refund.external_id = line.refund_ref),
                    CASE WHEN count(refund.id) = 1 THEN min(refund.id) END) AS refund_id
      FROM channel_settle_lines line
      LEFT JOIN channel_refund refund ON refund.order_id = line.order_id
       AND (refund.external_id = line.refund_ref
            OR refund.amount::numeric(16, 4) = -COALESCE(
               line.paid_amount::numeric(16, 4), line.gross))
     WHERE line.kind = 'refund' OR line.refund_id IS NOT NULL
     GROUP BY line.id
    """
)


class ChannelSettlementMatcher(models.AbstractModel):
    """Finds the orders, payments and accounts of the lines of a settlement.

    How it works: a few statements over all lines, whatever their number. Of an order
    all that customers have paid in this settlement is one *claim*, and all that they
    got back another; each is compared with the payments of the order that are open
    here. Nothing is matched by amount alone: a line that names no order is a person's.
    """

    _name = "channel.settlement.matcher"
    _description = "Settlement Matcher"

    def _match(self, settlement):
        """Match all lines anew, but for what a person has decided."""
        lines = self.env["channel.settlement.line"]
        lines.flush_model()
        self.env["account.move.line"].flush_model()
        self.env["account.move"].flush_model(["state"])
        self.env["account.payment"].flush_model()
        settlement.flush_recordset()
        self._prepare(settlement)
        self._write_lines()
        lines.invalidate_model()

    def _prepare(self, settlement):
        """The tables that matching and posting stand on, until the transaction ends.

        ``channel_settle_lines`` has a row for each line: what is found of it.
        ``channel_settle_judged`` has a row for each order and side (inbound: what
        customers have paid). ``claimed`` is in the settlement's currency, ``due`` in
        that of the payments; ``held``: what is open here of the same order and side;
        ``verdict``: what is right of it; ``fits``: both sides of the order together do.
        ``channel_settle_items``: see ``OPEN_ITEMS``.

        Tables, and not parts of one statement: of those the planner knows no sizes, and
        joins a hundred thousand rows with as many one by one.
        """
        self._make_table("lines", self._get_lines(settlement))
        self._make_table("claims", self._get_claims())
        self._make_table("docs", DOCUMENTS)
        self._make_table("items", OPEN_ITEMS)
        self._make_table("judged", self._get_judged(settlement))

    def _make_table(self, name, query):
        table = SQL.identifier(f"channel_settle_{name}")
        cr = self.env.cr
        cr.execute(SQL("DROP TABLE IF EXISTS pg_temp.%s", table))
        cr.execute(SQL("CREATE TEMPORARY TABLE %s ON COMMIT DROP AS %s", table, query))
        cr.execute(SQL("ANALYZE %s", table))

    def _write_lines(self):
        """Write what was found, once a line and where it is new: a settlement that is
        matched again is as a rule as it was."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE channel_settlement_line line
                   SET order_id = found.order_id, refund_id = found.refund_id,
                       map_id = found.map_id, fee_map_id = found.fee_map_id,
                       match = found.match, open_amount = found.open_amount
                  FROM (
                    SELECT lines.id, lines.order_id, refunds.refund_id, lines.map_id,
                           lines.fee_map_id, judged.held AS open_amount,
                           COALESCE(judged.verdict, lines.match) AS match
                      FROM channel_settle_lines lines
                      LEFT JOIN channel_settle_judged judged
                             ON judged.is_claimed AND lines.match = 'new'
                            AND judged.order_id = lines.order_id
                            AND judged.side = CASE WHEN lines.kind = 'refund'
                                THEN 'outbound' ELSE 'inbound' END
                      LEFT JOIN (%(refunds)s) refunds ON refunds.line_id = lines.id
                  ) found
                 WHERE line.id = found.id
                   AND (line.order_id, line.refund_id, line.map_id, line.fee_map_id,
                        line.match, line.open_amount)
                       IS DISTINCT FROM
                       (found.order_id, found.refund_id, found.map_id, found.fee_map_id,
                        found.match, found.open_amount)
                """,
                refunds=REFUNDS,
            )
        )

    # --------------------------------------------------------------- lines
    def _get_lines(self, settlement):
        """Of each line its order: by the transaction, the order's id, its name, the
        first that fits. What is of no order, and fees that were kept, go to accounts by
        kind and words, which are few, however many lines there are. Then what each line
        is by itself."""
        best = self.env["channel.settlement.account"]._best
        return SQL(
            """
            WITH words AS MATERIALIZED (
                SELECT DISTINCT kind, COALESCE(words, '') AS words
                  FROM channel_settlement_line WHERE settlement_id = %(id)s
            ), maps AS MATERIALIZED (
                SELECT kind, words, %(own)s AS map_id, %(fee)s AS fee_map_id
                  FROM words
            ), named AS (
                SELECT line.*,
                       COALESCE(line.order_id, paid.order_id, by_id.id, by_name.id)
                       AS found_id
                  FROM channel_settlement_line line
                  LEFT JOIN channel_order_transaction paid
                         ON line.order_id IS NULL
                        AND paid.channel_id = line.channel_id
                        AND paid.external_id = line.transaction_ref
                  LEFT JOIN channel_order by_id
                         ON line.order_id IS NULL
                        AND by_id.channel_id = line.channel_id
                        AND by_id.external_id = line.order_ref
                  LEFT JOIN LATERAL (
                        SELECT CASE WHEN count(*) = 1 THEN min(called.id) END AS id
                          FROM channel_order called
                         WHERE line.order_id IS NULL AND by_id.id IS NULL
                           AND line.order_ref <> ''
                           AND called.channel_id = line.channel_id
                           AND called.name IN (line.order_ref, '#' || line.order_ref)
                       ) by_name ON true
                 WHERE line.settlement_id = %(id)s
            )
            SELECT line.id, line.kind, line.gross, line.paid_amount, line.paid_currency,
                   line.decision, line.transaction_ref, line.refund_ref,
                   line.channel_id, line.refund_id, line.found_id AS order_id,
                   maps.map_id,
                   CASE WHEN line.fee <> 0 THEN maps.fee_map_id END AS fee_map_id,
                   CASE
                   WHEN line.decision = 'account' THEN 'account'
                   WHEN line.kind = 'transfer' THEN 'not_needed'
                   WHEN line.is_test AND NOT %(test)s THEN 'test'
                   WHEN COALESCE(line.decision <> 'count', true) AND EXISTS (
                        SELECT FROM channel_settlement_line other
                          JOIN channel_settlement owner
                            ON owner.id = other.settlement_id
                           AND owner.state NOT IN ('void', 'correction', 'replaced')
                         WHERE other.channel_id = line.channel_id
                           AND other.external_id = line.external_id
                           AND owner.external_id <> %(ref)s
                           AND (owner.move_id IS NOT NULL
                                OR owner.id < line.settlement_id))
                        THEN 'twice'
                   WHEN line.fee <> 0 AND maps.fee_map_id IS NULL THEN 'unmapped'
                   WHEN %(of_order)s THEN
                        CASE WHEN line.found_id IS NULL THEN 'no_order'
                             ELSE 'new' END
                   WHEN line.gross = 0 THEN 'not_needed'
                   WHEN maps.map_id IS NULL THEN 'unmapped'
                   ELSE 'account' END AS match,
                   %(of_order)s AS is_of_order
              FROM named line
              JOIN maps ON maps.kind = line.kind
               AND maps.words = COALESCE(line.words, '')
            """,
            id=settlement.id,
            ref=settlement.external_id,
            own=best(settlement, SQL("words.kind"), SQL("words.words")),
            fee=best(settlement, SQL("'fee'"), SQL("words.words")),
            test=settlement.channel_id.environment == "test",
            of_order=self._is_of_order(),
        )

    @staticmethod
    def _is_of_order():
        """Condition of ``line``: it stands against payments of an order."""
        return SQL(
            """
            (line.kind IN ('charge', 'refund')
             OR line.kind IN ('tax', 'promotion')
                AND (line.found_id IS NOT NULL OR line.order_ref <> ''))
            """
        )

    # -------------------------------------------------------------- claims
    def _get_claims(self):
        # in the order's currency: as the line tells, or the order's transaction
        paid = SQL(
            "COALESCE(line.paid_amount::numeric(16, 4), "
            "told.amount::numeric(16, 4) * sign(line.gross))"
        )
        paid_currency = SQL(
            "COALESCE(line.paid_currency, "
            "CASE WHEN told.id IS NOT NULL THEN sold.currency_name END)"
        )
        return SQL(
            """
            SELECT line.order_id,
                   CASE WHEN line.kind = 'refund' THEN 'outbound'
                        ELSE 'inbound' END AS side,
                   sum(CASE WHEN line.kind = 'refund' THEN -line.gross
                            ELSE line.gross END) AS claimed,
                   CASE WHEN count(%(paid)s) = count(*)
                         AND count(DISTINCT %(paid_currency)s) = 1
                        THEN sum((CASE WHEN line.kind = 'refund' THEN -1 ELSE 1 END)
                                 * %(paid)s) END AS paid,
                   min(%(paid_currency)s) AS paid_currency,
                   max(line.decision) AS decision,
                   bool_and(COALESCE(told.amount::numeric(16, 4) = abs(COALESCE(
                       line.paid_amount::numeric(16, 4), line.gross)), false))
                       AS exact
              FROM channel_settle_lines line
              JOIN channel_order sold ON sold.id = line.order_id
              LEFT JOIN channel_order_transaction told
                     ON told.channel_id = line.channel_id
                    AND told.external_id = line.transaction_ref
                    AND told.order_id = line.order_id
             WHERE line.kind IN %(kinds)s AND line.is_of_order
               AND line.match NOT IN ('account', 'test', 'twice')
             GROUP BY 1, 2
            """,
            kinds=OF_ORDERS,
            paid=paid,
            paid_currency=paid_currency,
        )

    def _get_judged(self, settlement):
        return SQL(
            """
            WITH held AS (
                SELECT order_id, side, sum(amount) AS amount,
                       min(currency_id) AS currency_id,
                       count(DISTINCT currency_id) AS currencies,
                       array_agg(amount) AS parts
                  FROM channel_settle_items GROUP BY order_id, side
            ), sides AS (
                SELECT order_id, side, claims.claimed, claims.decision,
                       COALESCE(claims.exact, false) AS exact,
                       held.amount AS held, held.currency_id, held.currencies,
                       held.parts,
                       CASE WHEN held.currency_id IS NULL
                              OR held.currency_id = %(currency)s THEN claims.claimed
                            WHEN currency.name = claims.paid_currency THEN claims.paid
                            END AS due,
                       claims.order_id IS NOT NULL AS is_claimed
                  FROM channel_settle_claims claims
                  FULL JOIN held USING (order_id, side)
                  LEFT JOIN res_currency currency ON currency.id = held.currency_id
            ), whole AS (
                SELECT sides.*,
                       bool_and(COALESCE(currencies, 1) = 1
                                AND COALESCE(currency_id, %(currency)s) = %(currency)s)
                           OVER one
                       AND sum(CASE side WHEN 'inbound' THEN claimed
                                         ELSE -claimed END) OVER one
                           IS NOT DISTINCT FROM
                           COALESCE(sum(CASE side WHEN 'inbound' THEN held
                                             ELSE -held END) OVER one, 0) AS fits,
                       bool_or(is_claimed) OVER one AS is_order_claimed
                  FROM sides WINDOW one AS (PARTITION BY order_id)
            )
            SELECT whole.*,
                   CASE
                   WHEN held IS NULL AND claimed = 0 THEN 'not_needed'
                   WHEN currencies > 1 THEN 'currency'
                   WHEN decision = 'difference' AND held IS NOT NULL THEN 'matched'
                   WHEN due IS NULL THEN 'currency'
                   WHEN due = held THEN 'matched'
                   WHEN fits AND held IS NULL THEN 'not_needed'
                   WHEN fits THEN 'matched'
                   WHEN held IS NULL THEN 'no_payment'
                   WHEN due > 0 AND due < held
                    AND (decision = 'take' OR due = ANY(parts) OR exact)
                        THEN 'matched'
                   ELSE 'amount' END AS verdict
              FROM whole
            """,
            currency=settlement.currency_id.id,
        )

    def _get_cleared(self, settlement):
        """The payments that the settlement clears, summed up for its entry. After
        ``_match``, in its transaction.

        A row is an account, currency and side; one more for each order of which only a
        part is cleared. ``amount`` is in the currency of the payments, ``worth`` in
        that of the settlement: both positive. ``item_ids``: what is cleared by it.

        :return: list of (account id, currency id, side, amount, worth, item ids,
            order id or None)
        """
        return self.env.execute_query(
            SQL(
                """
                WITH clearing AS (
                    SELECT judged.*,
                           -- all that is open, but where a part is paid out only
                           CASE WHEN verdict = 'matched' AND NOT fits
                                 AND COALESCE(decision <> 'difference', true)
                                THEN due ELSE held END AS cleared
                      FROM channel_settle_judged judged
                     WHERE held IS NOT NULL
                       AND (verdict = 'matched' OR fits AND is_order_claimed)
                ), parts AS (
                    SELECT items.*, clearing.cleared, clearing.held, clearing.claimed,
                           -- the payment of just this amount first
                           sum(items.amount) OVER (
                               PARTITION BY items.order_id, items.side
                               ORDER BY items.amount <> clearing.cleared, items.item_id
                           ) - items.amount AS before
                      FROM channel_settle_items items
                      JOIN clearing USING (order_id, side)
                ), cut AS (
                    SELECT parts.*, LEAST(amount, cleared - before) AS part,
                           cleared < held AS is_part
                      FROM parts WHERE cleared > before
                )
                SELECT account_id, currency_id, side, sum(part),
                       sum(CASE WHEN currency_id = %(currency)s THEN part
                                ELSE part * claimed / cleared END),
                       array_agg(item_id ORDER BY item_id),
                       CASE WHEN is_part THEN order_id END AS partly
                  FROM cut
                 GROUP BY account_id, currency_id, side, partly
                 ORDER BY account_id, currency_id, side, partly
                """,
                currency=settlement.currency_id.id,
            )
        )

    def _get_differences(self, settlement):
        """What a person has decided to book beside the payments that are cleared.
        After ``_match``, in its transaction.

        :return: list of (account id, amount of the settlement's currency that is ours)
        """
        return self.env.execute_query(
            SQL(
                """
                SELECT decided.account_id,
                       sum((CASE side WHEN 'inbound' THEN 1 ELSE -1 END)
                           * (claimed - held))
                  FROM channel_settle_judged judged
                 CROSS JOIN LATERAL (
                       SELECT min(line.account_id) AS account_id
                         FROM channel_settlement_line line
                        WHERE line.settlement_id = %(id)s
                          AND line.order_id = judged.order_id
                          AND line.decision = 'difference') decided
                 WHERE decision = 'difference' AND verdict = 'matched' AND NOT fits
                   AND is_claimed AND currency_id = %(currency)s
                 GROUP BY 1 HAVING sum((CASE side WHEN 'inbound' THEN 1 ELSE -1 END)
                           * (claimed - held)) <> 0
                """,
                id=settlement.id,
                currency=settlement.currency_id.id,
            )
        )
