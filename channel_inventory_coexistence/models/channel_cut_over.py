# SPDX-License-Identifier: AGPL-3.0-or-later
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_datetime

from ..const import STOCK

UNDER_WAY = ("booking", "returning")
DAYS_BACK = 7
"""So long after it a cut-over can be taken back."""


class ChannelCutOver(models.Model):
    """Another authority for the stock of a warehouse, on a day that a company chooses.

    How it works: a draft is previewed and approved as rules are. *To Odoo*: the last
    count, as it is by now, is booked into Odoo's quants, some products at a time, while
    the other system still counts and Odoo's own quantities show nowhere; then one
    transaction books what has moved meanwhile and changes the authority. *To the other
    system*: its last report is the stock from then on. Raises of what is sold from the
    warehouse wait for some minutes, what is lower is published at once.

    To retire it takes it back, within some days: the former authority counts, and what
    was booked is booked back, to the quant, so that quants are as before with all that
    has moved since. Both go on where a worker has died (``channel.cut.over.booker``).
    """

    _name = "channel.cut.over"
    _description = "Cut-Over"
    _inherit = ["channel.controlled", "mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    warehouse_id = fields.Many2one("stock.warehouse", required=True, ondelete="cascade")
    company_id = fields.Many2one(
        related="warehouse_id.company_id", store=True, index=True, precompute=True
    )
    authority = fields.Selection(
        [("odoo", "Odoo"), ("external", "Another system")],
        string="To Be Counted by",
        required=True,
        default="odoo",
    )
    report_minutes = fields.Integer(
        string="Report No Older than (Minutes)", default=60, required=True
    )
    freeze_minutes = fields.Integer(
        string="Raises Wait (Minutes)",
        default=30,
        required=True,
        help="From its beginning, and again from the change: quantities are lowered, "
        "and not raised.",
    )
    hold_days = fields.Integer(
        string="Hold Their Orders for (Days)",
        default=7,
        required=True,
        help="What the other system has reported as allocated for orders that Odoo "
        "does not know is held for so long. Enter those orders meanwhile. 0: it is "
        "free at once.",
    )
    state = fields.Selection(tracking=True)
    step = fields.Selection(
        [
            ("prepared", "Prepared"),
            ("booking", "Booking the count"),
            ("done", "Done"),
            ("returning", "Booking back"),
            ("returned", "Taken back"),
        ],
        string="Progress",
        default="prepared",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    former = fields.Selection(
        [
            ("odoo", "Odoo"),
            ("reported", "Odoo, from reported movements"),
            ("external", "Another system"),
        ],
        string="Counted before by",
        readonly=True,
        copy=False,
    )
    begun_at = fields.Datetime(readonly=True, copy=False)
    done_at = fields.Datetime(string="Changed at", readonly=True, copy=False)
    back_until = fields.Datetime(
        string="Can Be Taken Back until", compute="_compute_back_until"
    )
    cursor = fields.Integer(
        readonly=True, copy=False, help="The last product that was booked"
    )
    failure = fields.Text(readonly=True, copy=False, help="What could not be booked")
    line_ids = fields.One2many("channel.cut.over.line", "cut_over_id", readonly=True)
    hold_ids = fields.Many2many("channel.hold", readonly=True, copy=False)
    report_as_of = fields.Datetime(
        string="Last Report", compute="_compute_report", help="Time of the newest count"
    )
    foreign_units = fields.Float(
        string="Allocated to Their Orders",
        compute="_compute_report",
        digits="Product Unit",
        help="Units of orders that Odoo does not know",
    )

    _bounds = models.Constraint(
        "CHECK (report_minutes > 0 AND freeze_minutes BETWEEN 0 AND 1440 "
        "AND hold_days BETWEEN 0 AND 90)",
        "Reports may be a minute old or more, raises wait for a day at most, and "
        "orders are held for 90 days at most.",
    )
    _one_uniq = models.UniqueIndex(
        "(warehouse_id) WHERE step IN ('booking', 'returning')",
        "Another cut-over of this warehouse is under way.",
    )

    # ------------------------------------------------------------- compute
    @api.depends("warehouse_id", "authority")
    def _compute_name(self):
        for cut_over in self:
            words = cut_over._fields["authority"].convert_to_export(
                cut_over.authority, cut_over
            )
            cut_over.name = self.env._(
                "%(warehouse)s: to be counted by %(authority)s",
                warehouse=cut_over.warehouse_id.name or "",
                authority=words,
            )

    @api.depends("name")
    def _compute_display_name(self):
        for cut_over in self:
            cut_over.display_name = cut_over.name

    @api.depends("done_at")
    def _compute_back_until(self):
        for cut_over in self:
            done_at = cut_over.done_at
            cut_over.back_until = done_at and done_at + timedelta(days=DAYS_BACK)

    @api.depends("warehouse_id", "step")
    def _compute_report(self):
        booker = self.env["channel.cut.over.booker"]
        for cut_over in self:
            warehouse = cut_over.warehouse_id
            cut_over.report_as_of = booker._get_report_time(warehouse)
            cut_over.foreign_units = sum(
                booker._find_foreign(warehouse).values() if warehouse else ()
            )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        cut_overs = super().create(vals_list)
        cut_overs._remember_editor()
        return cut_overs

    def write(self, vals):
        terms = set(self._content_fields())
        if not vals.keys() & terms:
            return super().write(vals)
        for cut_over in self:
            cut_over._require_state(("draft", "proposed"))
        result = super().write(vals)
        self._remember_editor()
        self.filtered("proposal")._end_proposal()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_begun(self):
        for cut_over in self:
            if cut_over.step != "prepared" or cut_over.state == "proposed":
                raise UserError(
                    self.env._("%s has begun, or is proposed.", cut_over.name)
                )

    def _remember_editor(self):
        if self.env.su:
            return
        for cut_over in self:
            # sudo: who has written what is pending is not for people to write
            cut_over.sudo().editor_ids = [(4, self.env.uid)]

    # ------------------------------------------------------------- actions
    def action_preview(self):
        """The quantities on the channels after the change."""
        self.ensure_one()
        self._require_role("operator")
        self._require_fresh_report()
        return self.env["channel.rule.preview"]._make_of_cut_over(self)._open()

    def action_continue(self):
        """Book what could not be booked before, and go on."""
        self._require_role("manager")
        for cut_over in self:
            if cut_over.step not in UNDER_WAY:
                raise UserError(self.env._("%s is not under way.", cut_over.name))
        # sudo: progress is the buttons' to write
        self.sudo().failure = False
        self.env["channel.cut.over.booker"]._go_on(self)

    def action_open_bookings(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "channel_inventory_coexistence.channel_cut_over_line_action"
        )
        return dict(action, domain=[("cut_over_id", "=", self.id)])

    # -------------------------------------------------------------- checks
    def _check_complete(self):
        warehouse = self.warehouse_id
        # who counts it is looked at behind whoever changes that
        warehouse._take_channel_turn()
        if warehouse.channel_authority == self.authority:
            raise UserError(
                self.env._("%s is counted so already.", warehouse.display_name)
            )
        if self.search_count(
            [("warehouse_id", "=", warehouse.id), ("step", "in", UNDER_WAY)], limit=1
        ):
            raise UserError(
                self.env._("Another cut-over of %s is under way.", warehouse.name)
            )
        owner = self.env["channel.ownership"]._get_owner(
            STOCK, self.company_id, warehouse=warehouse
        )
        if owner and self._owns_otherwise(owner):
            raise UserError(
                self.env._(
                    "By the ownership matrix, the stock of %s is another system's to "
                    "count: change that row first.",
                    warehouse.name,
                )
            )
        self._require_fresh_report()

    def _owns_otherwise(self, owner):
        """Whether the owner of the stock would not be who counts it."""
        is_counted_by = self.env["channel.ownership"]._is_counted_by
        return not is_counted_by(self.authority, owner)

    def _require_fresh_report(self):
        """:raise UserError: there is no report to cut over with"""
        warehouse = self.warehouse_id
        if self.authority == "odoo" and warehouse.channel_authority == "reported":
            # Odoo has the stock already
            return
        as_of = self.env["channel.cut.over.booker"]._get_report_time(warehouse)
        oldest = fields.Datetime.now() - timedelta(minutes=self.report_minutes)
        if not as_of or as_of < oldest:
            raise UserError(
                self.env._(
                    "The last report of %(warehouse)s is of %(at)s: one of the last "
                    "%(minutes)s minutes is needed. Where Odoo counts, set Compare "
                    "Reports of Another System on the warehouse, so that reports are "
                    "taken.",
                    warehouse=warehouse.name,
                    at=format_datetime(self.env, as_of) if as_of else "-",
                    minutes=self.report_minutes,
                )
            )
        if self.env["channel.stock.report"].search_count(
            [("warehouse_id", "=", warehouse.id), ("state", "=", "waiting")], limit=1
        ):
            raise UserError(
                self.env._(
                    "A report of %s waits for a decision: believe it, or drop it, "
                    "under Stock Reports.",
                    warehouse.name,
                )
            )

    def _check_end(self):
        if self.step == "booking":
            # nothing has changed yet, but bookings that show nowhere
            return
        if self.step != "done":
            raise UserError(
                self.env._("%s is not done: nothing can be taken back.", self.name)
            )
        if self.back_until < fields.Datetime.now():
            raise UserError(
                self.env._(
                    "%(cut_over)s could be taken back until %(until)s. Make a new "
                    "cut-over instead.",
                    cut_over=self.name,
                    until=format_datetime(self.env, self.back_until),
                )
            )
        if self.warehouse_id.channel_authority != self.authority:
            raise UserError(
                self.env._(
                    "%s is counted by another authority since: take back the last "
                    "change first.",
                    self.warehouse_id.name,
                )
            )

    # ------------------------------------------------------------- control
    @api.model
    def _content_fields(self):
        return [
            *("warehouse_id", "authority", "report_minutes"),
            *("freeze_minutes", "hold_days"),
        ]

    def _is_in_effect(self):
        return self.step in ("booking", "done")

    def _is_in_effect_as_it_is(self):
        return self._is_in_effect()

    def _difference(self):
        return {
            "authority": [self.warehouse_id.channel_authority, self.authority],
            "freeze_minutes": ["", str(self.freeze_minutes)],
            "hold_days": ["", str(self.hold_days)],
        }

    def _put_in_effect(self):
        for cut_over in self:
            # sudo: what takes effect is the buttons' to write
            cut_over.sudo().write(
                {
                    "state": "active",
                    "step": "booking",
                    "former": cut_over.warehouse_id.channel_authority,
                    "begun_at": fields.Datetime.now(),
                    "cursor": 0,
                    "failure": False,
                    "proposal": False,
                    "proposed_by_id": False,
                    "proposed_at": False,
                    "editor_ids": [(5,)],
                }
            )
        self.env["channel.cut.over.booker"]._begin(self)

    def _put_out_of_effect(self):
        for cut_over in self:
            # sudo: as above
            cut_over.sudo().write(
                {
                    "state": "retired",
                    "proposal": False,
                    "proposed_by_id": False,
                    "proposed_at": False,
                }
            )
        self.env["channel.cut.over.booker"]._take_back(self)

    def action_reopen(self):
        self._require_role("operator")
        raise UserError(
            self.env._("A cut-over happens once. Make a new one, with a new report.")
        )

    # ------------------------------------------------------------- preview
    def _levels_domain(self):
        """Of the quantities that the warehouse counts for."""
        return [("node_id.warehouse_ids", "in", self.warehouse_id.ids)]

    def _change_for_preview(self):
        """By SQL, in a transaction that is taken back: what numbers stand on is as it
        would be."""
        booker = self.env["channel.cut.over.booker"]
        differences = booker._find_differences(self)
        holds = booker._prepare_holds(self)
        products = sorted(differences)
        self.env.execute_query(
            SQL(
                """
                INSERT INTO stock_quant (product_id, location_id, company_id, quantity,
                                         reserved_quantity, in_date)
                SELECT row.product_id, %(place)s, %(company)s, row.units, 0,
                       now() AT TIME ZONE 'UTC'
                  FROM unnest(%(products)s::int[], %(units)s::numeric[])
                       AS row (product_id, units)
                RETURNING id
                """,
                place=self.warehouse_id.lot_stock_id.id,
                company=self.company_id.id,
                products=products,
                units=[differences[product] for product in products],
            )
        )
        # sudo: they are gone when their effect has been seen
        self.env["channel.hold"].sudo().create(holds)
        booker._set_authority(self.warehouse_id, self.authority)
