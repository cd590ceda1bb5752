# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..db.transaction import own_transaction
from ..tools.reported import read_time

TOLD_SECONDS = 30
"""Documents that come sooner after each other need not be noted one by one."""


class StockWarehouse(models.Model):
    """The authority that counts a warehouse's stock, and its stock sold by channels."""

    _name = "stock.warehouse"
    _inherit = ["stock.warehouse", "channel.guarded", "channel.wakes.planner"]

    channel_consignment = fields.Selection(
        [("kept", "Not sold"), ("sold", "Sold by channels")],
        string="Consignment Stock",
        default="kept",
        required=True,
        help="Stock of other owners. If not sold, neither it nor its moves count for "
        "any channel.",
    )
    channel_authority = fields.Selection(
        [
            ("odoo", "Odoo"),
            ("reported", "Odoo, from Reported Movements"),
            ("external", "External"),
        ],
        string="Stock Is Counted By",
        default="odoo",
        required=True,
        help="External: a 3PL or another system counts the stock. Its reported "
        "quantity, less shipments in Odoo since then, is the quantity on hand; "
        "Odoo's own quantities are not used. Reported movements: Odoo counts what the "
        "warehouse reports as shipped, received and corrected. If it is silent for too "
        "long, quantities are kept back.",
    )
    channel_fresh_minutes = fields.Integer(
        string="Fresh for (Minutes)",
        default=60,
        required=True,
        help="How long a report counts in full.",
    )
    channel_stale_percent = fields.Integer(
        string="Then Keep Back (%)",
        default=20,
        required=True,
        help="Percentage of the quantity on hand kept back from then on.",
    )
    channel_silent_minutes = fields.Integer(
        string="Promise Nothing after (Minutes)",
        default=1440,
        required=True,
        help="Age of a report from which nothing may be promised.",
    )
    channel_least_percent = fields.Integer(
        string="Least Size of a Complete Report (%)",
        default=50,
        required=True,
        help="A complete report with less than this part of the products, or of the "
        "units, that were there waits for a person. 0: none waits.",
    )
    channel_ignored_columns = fields.Char(
        string="Columns to Ignore",
        help="Names of columns of reports that are of no interest, with commas between "
        "them. Other columns that are not known are told to a person.",
    )
    channel_turn_at = fields.Datetime(
        string="Last Turn",
        readonly=True,
        copy=False,
        help="When a report, or a change of who counts the warehouse, last came.",
    )
    channel_told_at = fields.Datetime(
        string="Last Document",
        readonly=True,
        copy=False,
        help="When the warehouse last reported anything: a shipment, a receipt, a "
        "count.",
    )
    channel_confidence = fields.Integer(
        string="Confidence (%)",
        readonly=True,
        copy=False,
        default=100,
        help="Percentage of the stock on hand that may be promised, by the age of the "
        "last document.",
    )
    channel_external_stock_count = fields.Integer(
        compute="_compute_channel_external_stock_count"
    )

    _channel_policy = models.Constraint(
        "CHECK (channel_fresh_minutes > 0 "
        "AND channel_silent_minutes BETWEEN channel_fresh_minutes AND 5256000 "
        "AND channel_stale_percent BETWEEN 0 AND 100)",
        "A report is fresh for at least a minute, expires after that and within ten "
        "years, and 0 to 100 percent can be kept back.",
    )
    _channel_least = models.Constraint(
        "CHECK (channel_least_percent BETWEEN 0 AND 100)",
        "A complete report has 0 to 100 percent of what was there.",
    )

    def _compute_channel_external_stock_count(self):
        # sudo: a number only; warehouse people need no role in channels
        rows = self.env["channel.external.stock"].sudo()
        counts = dict(
            rows._read_group(
                [("warehouse_id", "in", self.ids)], ["warehouse_id"], ["__count"]
            )
        )
        for warehouse in self:
            warehouse.channel_external_stock_count = counts.get(warehouse, 0)

    def write(self, vals):
        result = super().write(vals)
        if any(name.startswith("channel_") for name in vals):
            # sudo: the confidence follows the policy, no matter which user sets it
            self.env["channel.external.stock"].sudo()._age()
            if vals.get("channel_authority") == "reported":
                # silence begins when somebody is expected to speak
                # sudo: as above
                self.sudo().filtered(
                    lambda each: not each.channel_told_at
                ).channel_told_at = fields.Datetime.now()
            # sudo: as above
            self.sudo()._age_channel_silence()
        return result

    # --------------------------------------------------------------- turns
    def _take_channel_turn(self):
        """One at a time changes what is known of these warehouses, or who counts them,
        until the transaction ends. Another one in REPEATABLE READ begins anew, and sees
        what this one has done; in READ COMMITTED it waits."""
        # sudo: whoever reports need not be able to change warehouses
        self.sudo().flush_recordset()
        for warehouse in self.sorted("id"):
            self.env.execute_query(
                SQL(
                    "UPDATE stock_warehouse SET channel_turn_at = "
                    "now() AT TIME ZONE 'UTC' WHERE id = %s RETURNING id",
                    warehouse.id,
                )
            )
        self.invalidate_recordset(["channel_turn_at", "channel_authority"])

    # -------------------------------------------------------- known demand
    def _acknowledge(self, references, known_at=None):
        """The authority knows of these orders: see
        ``channel.external.stock.acknowledge``.

        The first time counts that it is told of a delivery: a report in between has it.
        """
        moment = read_time(known_at) if known_at else fields.Datetime.now()
        if not moment or not isinstance(references, list | tuple):
            raise UserError(
                self.env._(
                    "Name a list of deliveries or orders, and a time such as "
                    "2026-03-01T10:00:00Z."
                )
            )
        self.env["channel.stock.report"]._check_moment(moment)
        names = sorted({str(each).strip() for each in references if each})
        self._take_channel_turn()
        pickings = self.env["stock.picking"].search(
            [
                ("picking_type_id.warehouse_id", "in", self.ids),
                ("picking_type_id.code", "!=", "incoming"),
                "|",
                ("name", "in", names),
                ("origin", "in", names),
            ]
        )
        known = pickings.move_ids.filtered(
            lambda move: (
                move.state != "cancel"
                and not (move.channel_known_at and move.channel_known_at <= moment)
            )
        )
        known.channel_known_at = moment
        known._tell_planner(known.product_id)
        found = {*pickings.mapped("name"), *pickings.mapped("origin")}
        return {
            "known": len(known),
            "unknown": [name for name in names if name not in found],
        }

    # ------------------------------------------------------------- silence
    # A warehouse that reports its movements is believed as long as it speaks.
    def _note_told(self, moment=None):
        """A document of the warehouse came in, whatever it says.

        :param moment: when it was made (naive UTC), now by default; an older one than
            the last is no news
        """
        moment = moment or fields.Datetime.now()
        self.flush_recordset(["channel_told_at"])
        # not by ``write``: several documents may come at once, most of them no news
        rows = self.env.execute_query(
            SQL(
                """
                UPDATE stock_warehouse
                   SET channel_told_at = LEAST(%(moment)s, now() AT TIME ZONE 'UTC')
                 WHERE id = ANY(%(ids)s)
                   AND (channel_told_at IS NULL
                        OR channel_told_at
                           < %(moment)s - make_interval(secs => %(seconds)s))
                RETURNING id
                """,
                moment=moment,
                ids=list(self.ids),
                seconds=TOLD_SECONDS,
            )
        )
        if rows:
            self.invalidate_recordset(["channel_told_at"])
            self.browse(row[0] for row in rows)._age_channel_silence()

    def _age_channel_silence(self):
        """Bring the confidence of these up to date with the age of their last
        document. The trigger has what is sold from them planned again."""
        self.flush_recordset()
        rows = self.env.execute_query(
            SQL(
                """
                WITH aged AS (
                    SELECT warehouse.id, CASE
                           WHEN channel_authority <> 'reported' THEN 100
                           WHEN age <= make_interval(mins => channel_fresh_minutes)
                           THEN 100
                           WHEN age <= make_interval(mins => channel_silent_minutes)
                           THEN 100 - channel_stale_percent
                           ELSE 0 END AS confidence
                      FROM stock_warehouse warehouse
                     CROSS JOIN LATERAL (
                        SELECT now() AT TIME ZONE 'UTC' - channel_told_at AS age) told
                     WHERE warehouse.id = ANY(%s)
                )
                UPDATE stock_warehouse warehouse SET channel_confidence = confidence
                  FROM aged
                 WHERE aged.id = warehouse.id
                   AND warehouse.channel_confidence IS DISTINCT FROM confidence
                RETURNING warehouse.id
                """,
                list(self.ids),
            )
        )
        if rows:
            self.invalidate_recordset(["channel_confidence"])
            self.env["channel.change"]._wake_planner()

    @api.model
    def _follow_channel_silence(self):
        """Time passing fires no trigger: once a minute, in a transaction of its own."""
        with own_transaction(self.env) as env:
            warehouses = env["stock.warehouse"]
            warehouses.search(
                [("channel_authority", "=", "reported")]
            )._age_channel_silence()

    def action_channel_external_stock(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_base.channel_external_stock_action"
        )
        return dict(
            action,
            domain=[("warehouse_id", "=", self.id)],
            context={"default_warehouse_id": self.id},
        )
