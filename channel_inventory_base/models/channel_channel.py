# SPDX-License-Identifier: AGPL-3.0-or-later
import uuid
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..db.identity import database_identity
from ..db.jobs import WAITING, identity_key, jobs_in
from ..tools import windows

# What data/neutralize.sql writes in the place of the database.
NEUTRALIZED = "neutralized"
DAY_SECONDS = 86400


class ChannelChannel(models.Model):
    """One connected account: a Shopify store, a WooCommerce site, an EDI partner.

    How it works: the planner keeps the channel's levels up to date in every state;
    orders are imported as soon as that is started; only a live channel publishes. The
    capabilities of its type are found through ``_adapter()``, the only dispatch point.
    """

    _name = "channel.channel"
    _description = "Sales Channel"
    _inherit = [
        "channel.noted",
        "mail.activity.mixin",
        "channel.health.mixin",
        "channel.job.mixin",
        "channel.webhook.cache",
        "channel.secret.expiry",
        "channel.secret.mixin",
        "channel.service.mixin",
        "channel.setup.mixin",
        "channel.rollout.mixin",
        "channel.by.hand.mixin",
        "channel.api.version",
        "channel.guarded",
    ]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    color = fields.Integer()
    channel_type = fields.Selection(
        [("none", "Not connected")],
        string="Type",
        required=True,
        default="none",
        help="What kind of account this is. Each connector addon adds its own.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("paused", "Paused"), ("live", "Live")],
        default="draft",
        required=True,
        readonly=True,
        tracking=True,
        copy=False,
        help="Draft: being set up. Paused: quantities are planned and orders are "
        "imported, nothing is published. Live: quantities are published.",
    )
    connection_state = fields.Selection(
        [
            ("unknown", "Not tested"),
            ("ok", "Connected"),
            ("auth_failed", "Authentication failed"),
            ("misconfigured", "Configuration error"),
        ],
        default="unknown",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    connection_message = fields.Char(readonly=True, copy=False)
    connected_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When the order import of this channel started, by the channel's clock. "
        "Orders placed and shipped before are history.",
    )
    environment = fields.Selection(
        [("production", "Production"), ("test", "Test")],
        default="production",
        required=True,
        help="A test channel accepts test orders; a production channel rejects them.",
    )
    base_url = fields.Char(
        string="Address",
        help="Address of the channel's API, such as https://shop.example.com. A "
        "sandbox or a local server works as well.",
    )
    webhook_token = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        index=True,
        groups="channel_inventory_base.group_channel_manager",
    )
    home_database = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_system",
        help="The database in which this channel was connected: PostgreSQL cluster, "
        "name, Odoo's uuid. In any other database the channel is disabled, even if "
        "the copy was never neutralized.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_currency_id",
        store=True,
        readonly=False,
        precompute=True,
    )
    import_test_orders = fields.Boolean(compute="_compute_import_test_orders")
    archived_policy = fields.Selection(
        [("sell", "Sell remaining stock"), ("stop", "Stop selling")],
        string="Archived Products",
        default="sell",
        required=True,
        help="Quantity published for archived products whose listings are still on the "
        "channel. An exception is raised either way.",
    )
    custom_product_id = fields.Many2one(
        "product.product",
        check_company=True,
        help="Product for order lines that are not in the channel's catalogue: a "
        "consumable if they are to be delivered, otherwise a service.",
    )
    order_lag = fields.Integer(
        string="Order Lag (seconds)",
        compute="_compute_order_lag",
        store=True,
        readonly=False,
        precompute=True,
        help="How long after a sale the channel may take to expose its order. A stock "
        "difference is reported only when it persists beyond this time.",
    )
    poll_minutes = fields.Integer(
        string="Poll Orders Every (minutes)",
        default=5,
        help="Polling complements webhooks: orders of lost webhooks are found within "
        "this time.",
    )
    publish_minutes = fields.Integer(
        string="Publish Every (minutes)",
        help="For partners that get all quantities in one document: from one document "
        "to the next. 0: as soon as a quantity has changed.",
    )
    publish_times = fields.Char(
        string="Publish At",
        help="For partners that get all quantities in one document: the times of day "
        "that were agreed, such as 06:00, 18:30, in the time zone of the company. They "
        "count instead of the minutes from one document to the next.",
    )
    poll_overlap = fields.Integer(
        string="Poll Overlap (seconds)",
        default=300,
        help="How far each poll reaches back before the last order found.",
    )
    mass_quantity = fields.Integer(
        string="Mass Change From (quantities)",
        default=1500,
        help="So many quantities waiting at once go by the channel's way for mass "
        "changes, which takes them all and applies them minutes or hours later. Fewer "
        "are sent one by one.",
    )
    scarce_quantity = fields.Integer(
        string="Scarce Up To",
        default=3,
        help="Quantities that rise and are not above this are always sent one by one.",
    )
    has_lanes = fields.Boolean(compute="_compute_is_connectable")
    pushes_levels = fields.Boolean(compute="_compute_is_connectable")
    sells = fields.Boolean(
        compute="_compute_sells",
        store=True,
        help="Quantities are offered here and orders come in. Not so of partners that "
        "only store or supply goods.",
    )
    personal_days = fields.Integer(
        string="Blank Personal Data After (Days)",
        compute="_compute_personal_days",
        store=True,
        readonly=False,
        tracking=True,
        help="So many days after an order was shipped, what it tells of its customer "
        "is blanked, and what was received after as many days. 0: as the retention of "
        "all channels says, which applies in any case.",
    )
    hold_horizon_days = fields.Integer(
        string="Hold Horizon (Days)",
        default=30,
        help="An order holds stock from so many days before it may be shipped. "
        "Earlier, it is promised inbound stock that is due in time, and only what does "
        "not come in is held. 0 to hold at once.",
    )
    publish_latency = fields.Float(
        string="Publication Latency (seconds)",
        default=60,
        readonly=True,
        copy=False,
        digits=(16, 1),
        help="Time from a stock change until the channel acknowledges the new quantity "
        "(95th percentile of the last day). Used by risk buffers.",
    )
    exception_user_id = fields.Many2one(
        "res.users",
        string="Exception Owner",
        tracking=True,
        help="Owns new exceptions of this channel and is notified of each by e-mail.",
    )
    node_ids = fields.One2many("channel.node", "channel_id")
    listing_ids = fields.One2many("channel.listing", "channel_id")
    is_connectable = fields.Boolean(compute="_compute_is_connectable")
    is_snapshot = fields.Boolean(
        compute="_compute_is_connectable",
        help="All quantities go out in one document.",
    )
    next_step = fields.Char(compute="_compute_next_step")
    is_fetching = fields.Boolean(compute="_compute_is_fetching")
    setup_steps = fields.Json(
        compute="_compute_next_step", help="Setup steps of the channel."
    )
    change_count = fields.Integer(
        string="Quantities to Publish",
        compute="_compute_change_count",
        help="Levels whose quantity on the channel differs from the target.",
    )
    publication_count = fields.Integer(compute="_compute_publication_count")
    proposed_mapping_count = fields.Integer(compute="_compute_proposed_counts")
    proposed_rule_count = fields.Integer(
        compute="_compute_proposed_counts", help="Of this channel, or of all channels."
    )
    proposed_group_count = fields.Integer(
        compute="_compute_proposed_counts",
        help="Allocation groups that include this channel, proposals too.",
    )

    _horizon_not_negative = models.Constraint(
        "CHECK (hold_horizon_days BETWEEN 0 AND 3650)",
        "The hold horizon is 0 to 3650 days.",
    )
    _personal_days_not_negative = models.Constraint(
        "CHECK (personal_days >= 0)", "Days cannot be negative."
    )
    _webhook_token_uniq = models.UniqueIndex("(webhook_token)")

    @api.depends("company_id")
    def _compute_currency_id(self):
        """The company's own, until the channel has said what it sells in."""
        for channel in self:
            if channel.connection_state == "unknown" and channel.state == "draft":
                channel.currency_id = channel.company_id.currency_id

    @api.depends("environment")
    def _compute_import_test_orders(self):
        for channel in self:
            channel.import_test_orders = channel.environment == "test"

    @api.depends("channel_type")
    def _compute_is_connectable(self):
        for channel in self:
            can = channel._capabilities()
            channel.is_connectable = can.connectable
            channel.is_snapshot = can.snapshot
            channel.pushes_levels = can.push_levels
            channel.has_lanes = bool(can.lanes)

    @api.depends("channel_type")
    def _compute_sells(self):
        for channel in self:
            channel.sells = channel._capabilities().sells

    @api.depends("channel_type")
    def _compute_order_lag(self):
        for channel in self:
            channel.order_lag = channel._adapter()._capabilities().order_lag

    @api.depends("channel_type")
    def _compute_personal_days(self):
        """As the terms of the channel's type ask for."""
        for channel in self:
            channel.personal_days = channel._adapter()._capabilities().personal_days

    @api.depends(
        "channel_type",
        "state",
        "connection_state",
        "node_ids.warehouse_ids",
        "node_ids.publish",
        "exception_user_id",
        "preset",
    )
    def _compute_next_step(self):
        for channel in self:
            steps = channel._get_setup_steps()
            channel.setup_steps = [
                {"name": step.name, "figure": step.figure, "is_done": step.is_done}
                for step in steps
            ]
            channel.next_step = next(
                (step.message for step in steps if not step.is_done), False
            )

    def _compute_change_count(self):
        counts = dict(
            self.env["channel.level.difference"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.change_count = counts.get(channel, 0)

    def _compute_publication_count(self):
        counts = dict(
            self.env["channel.publication"]._read_group(
                [("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        for channel in self:
            channel.publication_count = counts.get(channel, 0)

    def _compute_proposed_counts(self):
        proposed = [("state", "=", "proposed")]
        mappings = dict(
            self.env["channel.listing.version"]._read_group(
                [*proposed, ("channel_id", "in", self.ids)], ["channel_id"], ["__count"]
            )
        )
        rules = {
            (company, channel): count
            for company, channel, count in self.env["channel.rule"]._read_group(
                proposed, ["company_id", "channel_id"], ["__count"]
            )
        }
        groups = self.env["channel.allocation.group"].search(proposed)
        for channel in self:
            channel.proposed_group_count = len(
                groups.filtered(
                    lambda group, channel=channel: (
                        channel in group._channels_before_and_after()
                    )
                )
            )
            channel.proposed_mapping_count = mappings.get(channel, 0)
            channel.proposed_rule_count = sum(
                rules.get((channel.company_id, each), 0)
                for each in (channel, self.browse())
            )

    def _compute_is_fetching(self):
        """Whether a job that reads the catalogue waits or is at work."""
        keys = {
            identity_key(channel.id, "_job_fetch_listings", 0): channel.id
            for channel in self
            if channel.id
        }
        found = jobs_in(self.env.cr, keys, (*WAITING, "started")) if keys else ()
        at_work = {keys[key] for key in found}
        for channel in self:
            channel.is_fetching = channel.id in at_work

    @api.constrains("order_lag", "poll_minutes", "poll_overlap")
    def _check_times(self):
        for channel in self:
            if channel.order_lag < 0 or channel.poll_overlap < 0:
                raise ValidationError(self.env._("Times cannot be negative."))
            if channel.poll_minutes < 1:
                raise ValidationError(
                    self.env._("Orders are polled every minute at the most.")
                )

    @api.constrains("publish_minutes", "publish_times")
    def _check_publish_times(self):
        for channel in self:
            if channel.publish_minutes < 0:
                raise ValidationError(self.env._("Times cannot be negative."))
            try:
                windows.parse(channel.publish_times)
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%(text)s is no time of day: enter such as 06:00, 18:30.",
                        text=error,
                    )
                ) from error

    @api.constrains("mass_quantity", "scarce_quantity")
    def _check_mass(self):
        for channel in self:
            if channel.mass_quantity < 1 or channel.scarce_quantity < 0:
                raise ValidationError(
                    self.env._(
                        "A mass change is of one quantity at least, and a scarce "
                        "quantity is not negative."
                    )
                )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        channels = super().create(vals_list)
        channels._check_exception_owner()
        return channels

    def write(self, vals):
        if "company_id" in vals:
            self._check_company_fixed(vals["company_id"])
        result = super().write(vals)
        if vals.keys() & {"company_id", "exception_user_id"}:
            self._check_exception_owner()
        if "hold_horizon_days" in vals:
            self.env["channel.order"]._follow_horizon(self)
        return result

    # ------------------------------------------------------------- actions
    def action_test_connection(self):
        """Test, remember the outcome, and set what waited in motion again."""
        self.ensure_one()
        self._require_role("manager")
        self._require_connects()
        self._require_home()
        info = self._call_guarded(lambda: self._adapter()._test_connection(self))
        self.env["channel.outage"]._forget(self, "")
        self._remember_clock(info.clock)
        warnings = "; ".join(info.warnings)
        self._set_connection("ok", warnings or info.account_name)
        currency = self.env["res.currency"].with_context(active_test=False)
        currency = currency.search([("name", "=", info.currency)], limit=1)
        if self.state == "draft":
            self.currency_id = currency or self.currency_id
        self._learn_markets(info.markets)
        self.env["channel.exception"]._resolve_keys(self, ["auth", "configuration"])
        self._wake_all_jobs()
        self._wake("_job_poll")
        return self._notify_user(
            self.env._("Connected to %s", info.account_name),
            warnings,
            "warning" if warnings else "success",
        )

    def action_pause(self):
        self._require_role("operator")
        # sudo: who sees that something goes wrong may stop it, without owning settings
        self.sudo().filtered(lambda c: c.state == "live").state = "paused"

    def action_go_live(self):
        self._require_role("manager")
        for channel in self:
            channel._check_go_live()
            # sudo: the state is the buttons' to write
            channel.sudo().state = "live"
            self.env["channel.audit"]._log(
                "channel", channel, message=self.env._("%s went live", channel.name)
            )
            channel._wake("_job_observe", "_job_publish")

    def action_prepare(self):
        """Draft to paused: from here on orders come in and numbers are planned."""
        self._require_role("manager")
        for channel in self.filtered(lambda c: c.state == "draft"):
            if channel.connection_state != "ok":
                raise UserError(
                    self.env._("Test the connection of %s first.", channel.name)
                )
            if channel._capabilities().sells:
                channel._check_nodes_served()
            # sudo: state and time of connecting are the buttons' to write
            own = channel.sudo()
            own.state = "paused"
            own.connected_at = own.connected_at or own._get_channel_time()
            channel._wake("_job_webhooks", "_job_poll", "_job_observe")
            if channel._capabilities().node_stock:
                channel._wake("_job_mirror")
            channel._listen_again()

    def action_open_dead_letters(self):
        return self._open_own(
            "channel_dead_letter_action", search_default_group_cause=1
        )

    def action_fetch_nodes(self):
        """Ask the channel for its nodes, now."""
        self.ensure_one()
        self._require_role("manager")
        self._require("nodes")
        self._call_guarded(lambda: self.env["channel.catalogue"]._fetch_nodes(self))
        return self._notify_user(
            self.env._("%s nodes", len(self.node_ids)),
            self.env._("Set the warehouses of each node."),
            "success",
        )

    def action_fetch_listings(self):
        """Read the catalogue in the background; what is new is matched."""
        self.ensure_one()
        self._require_role("operator")
        self._require("push_levels")
        self._wake("_job_fetch_listings")
        return self._notify_user(
            self.env._("Fetching the catalogue of %s", self.name),
            self.env._("New listings appear page by page."),
            "info",
        )

    # ------------------------------------------------------------ business
    def _fixed_fields(self):
        """Its company stays from the moment that anything hangs on it: see below."""
        return super()._fixed_fields() - {"company_id"}

    def _check_company_fixed(self, company_id):
        """The records of a channel belong to its company and stay there: levels, holds,
        orders, and the warehouses of nodes.

        :raise ValidationError: it would be in another company than its channel
        """
        moved = self.filtered(lambda channel: channel.company_id.id != company_id)
        # sudo: also of what this user may not see; what is archived counts as well
        everything = self.env(su=True, context={"active_test": False})
        for model in ("channel.listing", "channel.order", "channel.node"):
            domain = [("channel_id", "in", moved.ids)]
            found = everything[model].search(domain, limit=1)
            if found:
                raise ValidationError(
                    self.env._(
                        "The company of %(channel)s cannot change once it has nodes, "
                        "listings or orders: connect the account as a new channel of "
                        "the other company.",
                        channel=found.channel_id.name,
                    )
                )

    def _check_exception_owner(self):
        # no constraint: those are checked with all rights
        if not self.env.su:
            for channel in self.filtered("exception_user_id"):
                channel._check_owner(channel.exception_user_id)

    def _check_owner(self, owner):
        """Owners of exceptions are notified of the content by mail.

        :raise UserError: a user who may not see the exceptions of this channel
        """
        # sudo: which companies a colleague works for
        companies = owner.sudo().company_ids.ids
        theirs = self.with_user(owner).with_context(allowed_company_ids=companies)
        exceptions = theirs.env["channel.exception"]
        if not (exceptions.has_access("read") and theirs.has_access("read")):
            raise UserError(
                self.env._(
                    "%(user)s may not see exceptions of %(channel)s: choose a "
                    "colleague who may.",
                    user=owner.name,
                    channel=self.name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_audit_trail(self):
        """Its trail stays, and names it."""
        self.env["channel.audit"]._refuse_deletion("channel_id", self)

    # ------------------------------------------------------------ dispatch
    def _adapter(self):
        """The behaviour of this channel's type: the one dispatch point."""
        self.ensure_one()
        return self.env[f"channel.adapter.{self.channel_type}"]

    def _capabilities(self):
        return self._adapter()._channel_capabilities(self)

    def _require(self, capability):
        """:raise UserError: this type of channel cannot do that"""
        if not getattr(self._capabilities(), capability):
            raise UserError(
                self.env._(
                    "%(channel)s is of type %(type)s, which cannot do that.",
                    channel=self.name,
                    type=self._fields["channel_type"].convert_to_export(
                        self.channel_type, self
                    ),
                )
            )

    def _require_connects(self):
        """:raise UserError: there is nothing to talk to"""
        if not self._capabilities().connectable:
            raise UserError(
                self.env._(
                    "%(channel)s is of type %(type)s, which has no connection.",
                    channel=self.name,
                    type=self._fields["channel_type"].convert_to_export(
                        self.channel_type, self
                    ),
                )
            )

    def _has_catalogue(self):
        """Whether there is a shop whose catalogue defines the listings, not the
        user."""
        can = self._capabilities()
        return can.push_levels or can.orders

    def _database_name(self):
        """Which database this is, also for a copy made behind Odoo's back."""
        # sudo: the uuid is a system parameter and no secret
        params = self.env["ir.config_parameter"].sudo()
        return database_identity(self.env.cr, params.get_param("database.uuid"))

    def _is_elsewhere(self):
        """Whether it was connected in another database than this one."""
        # sudo: home_database is shown to administrators only
        home = self.sudo().home_database
        return bool(home) and home not in (NEUTRALIZED, self._database_name())

    def _connect_here(self, reason):
        """A person vouches that the database has moved, and its channels with it."""
        here = self._database_name()
        # sudo: home_database is an administrator's to see; the caller has asked for the
        # role, and these are channels that the user may see
        for channel in self.sudo():
            self.env["channel.audit"]._log(
                "channel",
                channel,
                self.env._(
                    "%(channel)s now runs in the database %(here)s, previously in "
                    "%(there)s: %(reason)s",
                    channel=channel.name,
                    here=here,
                    there=channel.home_database,
                    reason=reason,
                ),
                data={"from": channel.home_database, "to": here, "reason": reason},
            )
            channel.home_database = here
        # orders first: what was sold in between is known before a number is sent
        self._wake("_job_poll")
        self._wake_all_jobs()

    def _is_connected(self):
        """Whether the connection is tested, and this is the database it belongs to."""
        self.ensure_one()
        # sudo: home_database is shown to administrators only
        home = self.sudo().home_database
        return (
            self.active
            and self.connection_state == "ok"
            and home == self._database_name()
        )

    def _may_talk(self):
        """Whether orders are asked for and anything may be sent just now."""
        return self.state != "draft" and self._is_connected()

    def _has_windows(self):
        """Whether quantities go out at agreed times, and not when they change."""
        return bool(self.publish_minutes or self.publish_times)

    def _get_publish_due(self, last):
        """When quantities may go out next; ``last`` itself where they go at any time.

        :param last: of the last document, aware
        :return: aware
        """
        times = windows.parse(self.publish_times)
        if times:
            # sudo: the contact of the company may be nobody's to see
            zone = ZoneInfo(self.company_id.sudo().partner_id.tz or "UTC")
            return windows.next_due(last, times, zone)
        return last + timedelta(minutes=self.publish_minutes)

    def _may_publish(self):
        return self._may_talk() and self.state == "live"

    def _asks_second_person(self):
        """Whether changes of its mappings are proposed and approved."""
        # sudo: a setting of the company that everybody is bound by
        return self.company_id.sudo().channel_change_approval

    def _learn_markets(self, markets):
        """Hook: the account's storefronts, as a connection test has found them.

        :param markets: tuple of schemas.MarketData
        """

    # ------------------------------------------------------------- buttons
    def _remember_clock(self, clock):
        """How far the channel's clock is ahead of ours, in seconds."""
        ahead = 0
        if clock:
            now = self.env["channel.intake"]._database_time()
            ahead = (clock - now).total_seconds()
            # more than a day is no clock: orders of all times would pass for old ones
            ahead = max(-DAY_SECONDS, min(DAY_SECONDS, ahead))
        with self._shared_state("clock") as state:
            state["ahead"] = ahead

    def _get_clock_lag(self):
        """How far the channel's clock is behind ours, in seconds; 0 where it is not."""
        return max(0, -self._get_clock_lead())

    def _get_clock_lead(self):
        """How far the channel's clock is ahead of ours, in seconds, negative where it
        is behind. It drifts: what it was when the transaction began is good enough."""
        return self._get_shared_state("clock", fresh=False).get("ahead", 0)

    def _get_channel_time(self):
        """Now by the channel's clock, naive UTC, as far as it has told."""
        now = self.env["channel.intake"]._database_time().replace(tzinfo=None)
        lead = self._get_clock_lead()
        return now.replace(microsecond=0) + timedelta(seconds=lead)

    def _get_our_time(self, moment, lead=None):
        """A time of the channel's clock by ours, naive UTC.

        :param moment: aware, or naive UTC
        :param lead: its ``_get_clock_lead``, for who asks about many moments
        """
        if lead is None:
            lead = self._get_clock_lead()
        if moment.tzinfo:
            moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
        return moment - timedelta(seconds=lead)

    def _require_home(self):
        """A channel belongs to the database that first connected it."""
        # sudo: home_database is shown to administrators only
        channel = self.sudo()
        if not channel.home_database:
            channel.home_database = self._database_name()
        self._refuse_elsewhere()

    def _refuse_elsewhere(self):
        """Buttons ask no channel in a copy either.

        :raise UserError: it was connected in another database, or this one neutralized
        """
        # sudo: home_database is shown to administrators only
        home = self.sudo().home_database
        if home and home != self._database_name():
            raise UserError(
                self.env._(
                    "%s was connected in another database and is disabled in this one. "
                    "In a copy for tests: create a new channel with environment Test. "
                    "If this database was moved here on purpose and the old one will "
                    "never run again, a manager confirms that under Channels > "
                    "Configuration > Database Move.",
                    self.name,
                )
            )

    def _check_go_live(self):
        if self.connection_state != "ok":
            raise UserError(self.env._("Test the connection of %s first.", self.name))
        if self._capabilities().push_levels:
            self._check_levels_ready()
        if not self.exception_user_id:
            raise UserError(
                self.env._(
                    "Choose an Exception Owner of %s first: otherwise no one is "
                    "notified when an order is blocked.",
                    self.name,
                )
            )

    def _check_levels_ready(self):
        """:raise UserError: there would be no number to publish"""
        if not self.node_ids.filtered("warehouse_ids"):
            raise UserError(
                self.env._("Give at least one node of %s a warehouse.", self.name)
            )
        mapped = [("channel_id", "=", self.id), ("state", "=", "mapped")]
        if not self.env["channel.listing"].search_count(mapped, limit=1):
            raise UserError(
                self.env._("Match at least one listing of %s first.", self.name)
            )

    def _check_nodes_served(self):
        """:raise UserError: orders would come in for which no warehouse ships"""
        if not self.node_ids.warehouse_ids:
            raise UserError(
                self.env._(
                    "Give at least one node of %s a warehouse first: stock for "
                    "incoming orders is held there.",
                    self.name,
                )
            )

    def _notify_user(self, title, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": title,
                "message": message or "",
                "type": kind,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
