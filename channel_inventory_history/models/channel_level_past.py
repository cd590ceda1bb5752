# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.channel_inventory_base.tools.actions import open_form

from ..lib.past import Later, Sent, Sold, judge


class ChannelLevelPast(models.Model):
    """What a channel showed of a level at a moment, and the number behind it.

    The moment is ``as_of`` of the context. Nothing is stored for it: rows are the
    levels of now, and only those of a page are looked up, in one statement. SOLD units.

    What is known: each quantity that was sent, with its inputs and its answer
    (``channel.publication.line``), and what channels were known to have sold when it
    was computed. ``lib/past`` says what follows for a moment in between, and when
    nothing does: then the row says why, and shows no number.
    """

    _name = "channel.level.past"
    _description = "Level at a Moment"
    _auto = False
    _order = "channel_id, id"
    _rec_name = "listing_id"

    channel_id = fields.Many2one("channel.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    listing_id = fields.Many2one("channel.listing", readonly=True)
    node_id = fields.Many2one("channel.node", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    sku = fields.Char(string="SKU", readonly=True)
    shown = fields.Char(
        compute="_compute_past",
        help="What the channel showed at the moment, in sold units.",
    )
    target = fields.Char(
        compute="_compute_past",
        string="Planned",
        help="What the channel should have shown, in sold units. Known since it was "
        "changed last; before that, what was sent is.",
    )
    sent = fields.Char(
        compute="_compute_past",
        help="The last quantity that had been sent by then, in sold units.",
    )
    line_id = fields.Many2one(
        "channel.publication.line", compute="_compute_past", string="Published"
    )
    sent_at = fields.Datetime(compute="_compute_past")
    reason = fields.Char(compute="_compute_past", string="Why Not Known")
    inputs = fields.Json(compute="_compute_past")
    why = fields.Html(compute="_compute_why", sanitize=False)

    @property
    def _table_query(self):
        return SQL(
            "SELECT level.id, level.channel_id, level.company_id, level.listing_id, "
            "level.node_id, listing.product_id, listing.sku FROM channel_level level "
            "JOIN channel_listing listing ON listing.id = level.listing_id"
        )

    @api.depends_context("as_of", "lang")
    def _compute_past(self):
        moment = self._get_moment()
        facts = self._read_facts(moment)
        removed = self._was_removed()
        for level in self:
            fact = facts.get(level.id, {})
            quantity, why = judge(
                fact.get("sent"), fact.get("later"), fact.get("sold"), moment
            )
            sent = fact.get("sent")
            level.shown = self._tell(quantity)
            level.sent = self._tell(sent and sent.quantity)
            level.target = self._tell(fact.get("target"))
            level.line_id = fact.get("line_id", False)
            level.sent_at = fact.get("sent_at", False)
            level.inputs = fact.get("inputs", False)
            level.reason = self._get_reason(
                "removed" if why == "never" and removed else why
            )

    @api.depends("inputs")
    @api.depends_context("as_of", "lang")
    def _compute_why(self):
        """The same table as behind a number of today, of the number of then."""
        for level in self:
            level.why = level.inputs and self.env["channel.level"]._render_why(
                level.inputs
            )

    # ------------------------------------------------------------- actions
    def action_open_level(self):
        self.ensure_one()
        return open_form("channel.level", self.id)

    # ------------------------------------------------------------ business
    @api.model
    def _get_moment(self):
        """Naive UTC; the context has it as Odoo writes times."""
        told = self.env.context.get("as_of")
        return fields.Datetime.to_datetime(told) or fields.Datetime.now()

    def _tell(self, quantity):
        return self.env._("not known") if quantity is None else str(quantity)

    def _get_reason(self, why):
        reasons = {
            "never": self.env._("Nothing had been sent by then."),
            "removed": self.env._(
                "No publication of before is left: retention has removed older ones."
            ),
            "unanswered": self.env._(
                "A quantity was on its way: the channel showed this one or the one "
                "before."
            ),
            "stale": self.env._(
                "The channel had refused the last quantity: it showed another number "
                "than was known."
            ),
            "rejected": self.env._(
                "The channel had rejected the last quantity; what it showed instead "
                "was not recorded."
            ),
            "late": self.env._(
                "The channel accepted the last quantity and never applied it as it was "
                "sent."
            ),
            "changed": self.env._(
                "The number was found to be another one later: it was changed on the "
                "channel, and when is not recorded."
            ),
            "sold": self.env._(
                "The channel sold units between two publications, and the orders of "
                "now do not add up to them: they were changed since."
            ),
        }
        return reasons.get(why, "")

    def _was_removed(self):
        """Whether retention has ever removed publications: the trail says so."""
        # sudo: whether, not what; the row is of no company
        trail = self.env["channel.audit"].sudo()
        rows = trail.env.execute_query(
            SQL(
                "SELECT FROM channel_audit WHERE kind = 'control' "
                "AND (data -> 'removed') ? 'channel.publication' LIMIT 1"
            )
        )
        return bool(rows)

    def _read_facts(self, moment):
        """:return: level id -> what is known of it, see ``_prepare_fact``"""
        columns = (
            "id target line_id inputs quantity deducted result shown_at sent_at "
            "expected later_deducted total before"
        ).split()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT level.id,
                       CASE WHEN level.planned_at <= %(moment)s THEN level.target END,
                       last.id, COALESCE(CASE WHEN level.planned_at <= %(moment)s
                                         THEN known.inputs END, last.inputs),
                       last.quantity, last.deducted, last.result, last.shown_at,
                       last.sent_at, later.expected, later.deducted,
                       sold.total, sold.before
                  FROM channel_level level
                  LEFT JOIN channel_level_inputs known ON known.level_id = level.id
                  LEFT JOIN channel_level_remote remote ON remote.level_id = level.id
                  LEFT JOIN LATERAL (
                        SELECT line.*, publication.sent_at,
                               COALESCE(line.applied_at, publication.acked_at)
                                   AS shown_at
                          FROM channel_publication_line line
                          JOIN channel_publication publication
                            ON publication.id = line.publication_id
                         WHERE line.level_id = level.id
                           AND line.frozen_at <= %(moment)s
                         ORDER BY line.id DESC LIMIT 1) last ON true
                  LEFT JOIN LATERAL (
                        SELECT line.base, line.deducted, line.frozen_at
                          FROM channel_publication_line line
                         WHERE line.level_id = level.id AND line.id > last.id
                         ORDER BY line.id LIMIT 1) next ON true
                 CROSS JOIN LATERAL (
                        SELECT COALESCE(sum(quantity), 0)::integer AS now
                          FROM channel_deduction
                         WHERE listing_id = level.listing_id
                           AND node_id = level.node_id) deducted
                 CROSS JOIN LATERAL (
                        SELECT COALESCE(next.base, CASE WHEN remote.state = 'known'
                                   THEN remote.base_qty + remote.base_deducted
                                        - deducted.now END) AS expected,
                               COALESCE(next.deducted, deducted.now) AS deducted
                       ) later
                 CROSS JOIN LATERAL (
                        SELECT COALESCE(sum(units) FILTER (
                                   WHERE captured_at <= next.frozen_at
                                      OR next.frozen_at IS NULL), 0)::integer AS total,
                               COALESCE(sum(units) FILTER (
                                   WHERE placed_at <= %(moment)s), 0)::integer
                                   AS before
                          FROM (%(sales)s) AS sale (captured_at, placed_at, units)
                         WHERE captured_at > last.frozen_at) sold
                 WHERE level.id = ANY(%(ids)s)
                """,
                moment=moment,
                sales=SALES,
                ids=list(self.ids),
            )
        )
        facts = (dict(zip(columns, row, strict=True)) for row in rows)
        return {fact["id"]: self._prepare_fact(fact) for fact in facts}

    def _prepare_fact(self, fact):
        known = {"target": fact["target"], "inputs": fact["inputs"] or False}
        if fact["line_id"] is None:
            return known
        return {
            **known,
            "line_id": fact["line_id"],
            "sent_at": fact["sent_at"],
            "sent": Sent(
                fact["quantity"], fact["deducted"], fact["result"], fact["shown_at"]
            ),
            "later": Later(fact["expected"], fact["later_deducted"]),
            "sold": Sold(fact["total"], fact["before"]),
        }


# The lines that the channel has taken off ``level``, as they are now.
SALES = SQL(
    """
    SELECT ordered.create_date, LEAST(ordered.placed_at, ordered.create_date),
           (line.deducted ->> level.node_id::text)::integer
      FROM channel_listing figure
      JOIN channel_order_line line ON line.listing_id = figure.id
      JOIN channel_order ordered ON ordered.id = line.order_id
     WHERE figure.id = level.listing_id OR figure.stock_listing_id = level.listing_id
    """
)
