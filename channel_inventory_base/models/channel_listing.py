# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tools import SQL

from ..tools.inner import get_inner, inner

SMALLEST_FACTOR = 0.000001
# What a channel calls a listing, by which its orders and numbers find it, and whether
# it sells it. What people do not want to be sold they ignore.
IDENTITY = {"external_id", "stock_ref", "sku", "tracked", "active"}

KEYS = ("external_id", "sku")

# What a listing is bound to, and whether it is.
MAPPING = ("product_id", "uom_id", "pack_qty", "state")


class ChannelListing(models.Model):
    """One channel SKU bound to one Odoo product.

    One sold unit is ``pack_qty`` of ``uom_id``, together ``stock_factor`` stock units
    of the product: 12 for a case of twelve, 0.5 for half a metre.
    """

    _name = "channel.listing"
    _description = "Channel Listing"
    _inherit = [
        "channel.noted",
        "channel.guarded",
        "channel.wakes.planner",
        "channel.import",
    ]
    _order = "channel_id, sku, id"
    _check_company_auto = True
    _rec_names_search = ["sku", "title", "barcode", "external_id"]
    _wakes_when_made = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    active = fields.Boolean(default=True)
    external_id = fields.Char(
        required=True, help="The channel's id used by order lines (a variant id)."
    )
    stock_ref = fields.Char(
        help="The channel's id used by stock levels (an inventory item id)."
    )
    sku = fields.Char(string="SKU", index="btree_not_null")
    barcode = fields.Char()
    title = fields.Char()
    tracked = fields.Boolean(default=True, help="Whether the channel tracks its stock.")
    uncounted = fields.Boolean(
        string="Not Tracked in Odoo",
        compute="_compute_uncounted",
        store=True,
        help="Odoo does not track the product's stock, so no quantity is published.",
    )
    stopped = fields.Boolean(
        compute="_compute_stopped",
        store=True,
        help="Its product is archived, and the channel's policy is to stop selling it: "
        "0 is published.",
    )
    stock_listing_id = fields.Many2one(
        "channel.listing",
        string="Shares Stock Of",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Several listings share the stock of this one: it decreases when any of "
        "them is sold, and is the only quantity that is published.",
    )
    sharing_ids = fields.One2many(
        "channel.listing", "stock_listing_id", string="Shared By", readonly=True
    )
    sells_below_zero = fields.Boolean(
        string="Sells Out of Stock",
        readonly=True,
        help="The channel goes on selling it when its quantity is 0 (backorders): "
        "publishing 0 does not stop these sales.",
    )
    told_price = fields.Float(
        string="Price There",
        readonly=True,
        digits="Product Price",
        aggregator=None,
        help="Of one sold unit, in the channel's currency, as it is written there; "
        "empty where the channel does not tell.",
    )
    told_weight = fields.Float(
        string="Weight There (kg)",
        readonly=True,
        digits=(16, 6),
        aggregator=None,
        help="Of one sold unit; empty where the channel does not tell.",
    )
    channel_note = fields.Char(
        readonly=True, help="Particularities of its stock on the channel."
    )
    state = fields.Selection(
        [
            ("unmapped", "To match"),
            ("review", "To review"),
            ("mapped", "Matched"),
            ("ignored", "Ignored"),
            ("gone", "Deleted on the channel"),
        ],
        default="unmapped",
        required=True,
        index=True,
    )
    product_id = fields.Many2one(
        "product.product", index=True, check_company=True, ondelete="restrict"
    )
    suggested_product_id = fields.Many2one(
        "product.product", readonly=True, check_company=True, ondelete="set null"
    )
    match_reason = fields.Char(readonly=True)
    suggested_uom_id = fields.Many2one(
        "uom.uom",
        string="Suggested Packaging",
        readonly=True,
        ondelete="set null",
        help="The packaging of the product that has the listing's barcode.",
    )
    tells_pack = fields.Boolean(
        string="Pack Told by the Channel",
        readonly=True,
        help="The channel sells by units that are not always the product's own.",
    )
    told_pack = fields.Float(
        string="Stock Units Told",
        readonly=True,
        digits=(16, 6),
        aggregator=None,
        help="Stock units in one sold unit as told by the channel; 0 if unknown.",
    )
    uom_id = fields.Many2one(
        "uom.uom",
        string="Unit",
        compute="_compute_uom_id",
        store=True,
        readonly=False,
        help="The unit of one pack; the product's own unit when empty.",
    )
    pack_qty = fields.Float(
        string="Units per Sold Unit",
        default=1.0,
        digits=(16, 6),
        required=True,
        help="How many of the unit one sold unit contains: 12 for a case of twelve.",
    )
    stock_factor = fields.Float(
        string="Stock Units per Sold Unit",
        compute="_compute_stock_factor",
        store=True,
        digits=(16, 6),
        aggregator=None,
    )
    fractions = fields.Boolean(
        string="Sold in Fractions",
        help="Orders of 1.5 sold units are accepted: sold by weight, length or time. "
        "Otherwise they are blocked.",
    )
    level_ids = fields.One2many("channel.level", "listing_id")
    version_ids = fields.One2many(
        "channel.listing.version", "listing_id", readonly=True, copy=False
    )
    version_id = fields.Many2one(
        "channel.listing.version",
        readonly=True,
        copy=False,
        index="btree_not_null",
        string="Mapping in Effect",
    )
    proposal_id = fields.Many2one(
        "channel.listing.version",
        readonly=True,
        copy=False,
        index="btree_not_null",
        string="Proposed Mapping",
    )
    level_count = fields.Integer(compute="_compute_level_count")
    proposal_changes = fields.Char(related="proposal_id.changes")
    proposed_by_id = fields.Many2one(related="proposal_id.proposed_by_id")
    proposed_at = fields.Datetime(related="proposal_id.proposed_at")
    may_approve = fields.Boolean(related="proposal_id.may_approve")

    _external_uniq = models.UniqueIndex(
        "(channel_id, external_id)", "The channel has this listing already."
    )
    # all that the planner reads of a listing
    _product_mapped_idx = models.Index(
        "(product_id, channel_id) INCLUDE (id, stock_factor, active, tracked, "
        "uncounted, stopped) "
        "WHERE state = 'mapped'"
    )
    _pack_positive = models.Constraint(
        "CHECK (pack_qty > 0)", "A sold unit must contain a positive quantity."
    )

    @api.depends("sku", "title", "external_id")
    def _compute_display_name(self):
        for listing in self:
            words = [f"[{listing.sku}]" if listing.sku else "", listing.title or ""]
            listing.display_name = (
                " ".join(word for word in words if word) or listing.external_id
            )

    @api.depends("product_id")
    def _compute_uom_id(self):
        for listing in self:
            if not listing.uom_id or not listing._origin.product_id:
                listing.uom_id = listing.product_id.uom_id

    @api.depends("pack_qty", "uom_id.factor", "product_id.uom_id.factor")
    def _compute_stock_factor(self):
        for listing in self:
            listing.stock_factor = listing._get_stock_factor()

    def _get_stock_listing(self):
        """The listing whose figure goes down when this one is sold."""
        return self.stock_listing_id or self

    @api.depends("product_id.is_storable")
    def _compute_uncounted(self):
        for listing in self:
            listing.uncounted = bool(listing.product_id) and not listing._is_counted()

    @api.depends("product_id.active", "channel_id.archived_policy")
    def _compute_stopped(self):
        for listing in self:
            stops = listing.channel_id.archived_policy == "stop"
            is_archived = listing.product_id and not listing.product_id.active
            listing.stopped = bool(stops and is_archived)

    def _compute_level_count(self):
        counts = dict(
            self.env["channel.level"]._read_group(
                [("listing_id", "in", self.ids)], ["listing_id"], ["__count"]
            )
        )
        for listing in self:
            listing.level_count = counts.get(listing, 0)

    @api.constrains("state", "product_id", "uom_id", "pack_qty")
    def _check_mapping(self):
        for listing in self.filtered(lambda each: each.state == "mapped"):
            self.env["channel.shared.stock"]._check(listing)
            if not listing.product_id:
                raise ValidationError(
                    self.env._(
                        "%s needs a product to be matched.", listing.display_name
                    )
                )
            if listing._get_stock_factor() < SMALLEST_FACTOR:
                raise ValidationError(
                    self.env._(
                        "One sold unit of %s is less than a millionth of a stock unit.",
                        listing.display_name,
                    )
                )
            if not listing.uom_id._has_common_reference(listing.product_id.uom_id):
                raise ValidationError(
                    self.env._(
                        "%(unit)s cannot be converted to %(stock_unit)s, the unit of "
                        "%(product)s.",
                        unit=listing.uom_id.name,
                        stock_unit=listing.product_id.uom_id.name,
                        product=listing.product_id.display_name,
                    )
                )

    # ---------------------------------------------------------------- CRUD
    @api.model_create_multi
    def create(self, vals_list):
        # decided on what will be there, defaults of a context or a user included
        vals_list = [self._add_missing_default_values(vals) for vals in vals_list]
        proposals = []
        for vals in vals_list:
            channel = self.env["channel.channel"].browse(vals.get("channel_id"))
            asks = vals.get("state") == "mapped" and channel._asks_second_person()
            proposals.append({n: vals[n] for n in MAPPING if n in vals} if asks else {})
        listings = super().create(
            [
                dict(vals, state="review") if proposal else vals
                for vals, proposal in zip(vals_list, proposals, strict=True)
            ]
        )
        for listing, proposal in zip(listings, proposals, strict=True):
            if proposal:
                listing._propose_mapping(proposal)
        listings._record_versions()
        return listings

    def write(self, vals):
        # only what has been decided may say so
        decided = get_inner(self, "mapping_decided")
        is_mapping = not vals.keys().isdisjoint(MAPPING)
        asking = self.browse()
        if is_mapping and not decided:
            asking = self._find_asking(vals)
        rest = {name: value for name, value in vals.items() if name not in MAPPING}
        if asking and rest:
            super(ChannelListing, asking).write(rest)
            asking._on_written(rest)
        for listing in asking:
            listing._propose_mapping(vals)
        written = self - asking
        result = super(ChannelListing, written).write(vals)
        if written:
            written._on_written(vals)
        if is_mapping and decided != "version":
            written._record_versions()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_matched(self):
        """What it is matched to ends as any mapping does: by a version, and with a
        second person where the company asks for one."""
        if self.env.su:
            return
        for listing in self.filtered(lambda each: each.state == "mapped"):
            raise UserError(
                self.env._(
                    "%s is matched: ignore it before you delete it.",
                    listing.display_name,
                )
            )

    def _on_written(self, vals):
        if vals.keys() & {"product_id", "state", "pack_qty", "uom_id", "fractions"}:
            self._on_mapping_changed()
        if vals.get("active") or vals.get("tracked") or vals.get("state") == "mapped":
            self.env["channel.level.pending"]._retry_rejected(listings=self)

    # ------------------------------------------------------------- actions
    def action_accept(self):
        """Take the suggestion."""
        for listing in self:
            product = listing.product_id or listing.suggested_product_id
            if not product:
                raise UserError(
                    self.env._(
                        "There is no suggestion for %s: choose a product.",
                        listing.display_name,
                    )
                )
            listing._check_pack_known()
            listing.write({**listing._prepare_suggested_pack(), "state": "mapped"})

    def _take_packs(self, packs):
        """Orders tell packs of listings that nobody has matched yet.

        :param packs: channel's id of a listing -> stock units in one sold unit
        """
        if not packs:
            return
        for listing in self:
            pack = float(packs.get(listing.external_id, 0))
            is_open = listing.state in ("unmapped", "review") and not listing.product_id
            if pack and is_open and listing.told_pack != pack:
                # sudo: what the channel tells of its packs is not for people to write
                listing.sudo().write(
                    {"tells_pack": True, "told_pack": pack, "pack_qty": pack}
                )

    def _is_pack_open(self):
        """Whether nobody has said how many units one sold unit is: what the channel
        sells is not the product's own unit, and no person has chosen a product yet."""
        return (
            self.tells_pack
            and not self.told_pack
            and not self.suggested_uom_id
            and not self.product_id
        )

    def _check_pack_known(self):
        """:raise UserError: a person has to say which pack is sold"""
        if self._is_pack_open():
            raise UserError(
                self.env._(
                    "The channel does not tell how many units one sold unit of "
                    "%(listing)s is: choose the product, enter the units per sold "
                    "unit, then accept it.",
                    listing=self.display_name,
                )
            )

    def _prepare_suggested_pack(self):
        """Values of the mapping that is accepted: what a person has chosen, else the
        suggestion with its packaging."""
        if self.product_id:
            return {"product_id": self.product_id.id}
        values = {"product_id": self.suggested_product_id.id}
        if self.suggested_uom_id and not self.told_pack:
            values.update(uom_id=self.suggested_uom_id.id, pack_qty=1.0)
        return values

    def action_ignore(self):
        self.write({"state": "ignored"})

    def action_reopen(self):
        self.write({"state": "review"})

    def action_accept_suggested(self):
        """Accept every suggestion of a selection; tell how many have none."""
        open_listings = self.filtered(
            lambda each: each.state in ("unmapped", "review") and not each.proposal_id
        )
        ready = open_listings.filtered(
            lambda each: (
                (each.product_id or each.suggested_product_id)
                and not each._is_pack_open()
            )
        )
        ready.action_accept()
        proposed = ready.filtered("proposal_id")
        words = [
            self.env._("%s wait for approval by another person.", len(proposed))
            if proposed
            else "",
            self.env._(
                "%s have no suggestion, or no known pack: choose product and pack.",
                len(open_listings - ready),
            )
            if open_listings - ready
            else "",
        ]
        return self.env["channel.channel"]._notify_user(
            self.env._("%s listings matched", len(ready - proposed)),
            " ".join(filter(None, words)),
            "warning" if any(words) else "success",
        )

    def action_approve_mapping(self):
        self._require_proposal().action_approve()

    def action_reject_mapping(self):
        return self._require_proposal().action_reject()

    def action_withdraw_mapping(self):
        self._require_proposal().action_withdraw()

    # ------------------------------------------------------------ business
    def _is_counted(self):
        """Whether Odoo knows how much there is of its product; addons know more."""
        return self.product_id.is_storable

    def _get_stock_factor(self):
        """Stock units of the product in one sold unit."""
        unit = self.uom_id or self.product_id.uom_id
        stock_unit = self.product_id.uom_id
        if not unit or not stock_unit:
            return self.pack_qty
        return unit._compute_quantity(self.pack_qty, stock_unit, round=False)

    def _fixed_fields(self):
        """Orders and numbers find a listing by what the channel calls it: what it is
        matched to would mean nothing where people may change that."""
        fixed = super()._fixed_fields()
        if any(channel._has_catalogue() for channel in self.channel_id):
            fixed |= IDENTITY
        return fixed

    @api.model
    def _check_made_by_people(self, vals):
        result = super()._check_made_by_people(vals)
        channel = self.env["channel.channel"].browse(vals.get("channel_id"))
        if channel._has_catalogue() and not channel._capabilities().listings_by_hand:
            raise AccessError(
                self.env._(
                    "Listings of %s are created when they are fetched: press Fetch "
                    "Listings on the channel.",
                    channel.name,
                )
            )
        return result

    def _on_mapping_changed(self):
        """Lines that were not sold yet follow, and orders that waited for it are tried
        again."""
        # the version is what the lines name
        self._record_versions()
        self._end_renamed()
        self.env["channel.sold"]._follow_listings(self)
        self.env["channel.shared.stock"]._follow(self.stock_listing_id)
        mapped = self.filtered(lambda each: each.state == "mapped")
        if mapped:
            self.env["channel.order"]._retry_for_listings(mapped)

    @api.model
    def _follow_units(self, units):
        """These units, such as a pack of six, contain something else from now on."""
        # sudo: a setting has changed, no matter by which user
        listings = self.sudo().with_context(active_test=False)
        found = listings.search(
            [
                "|",
                ("uom_id", "child_of", units.ids),
                ("product_id.uom_id", "child_of", units.ids),
            ]
        )
        if found:
            self.env["channel.change"]._wake_planner()
            found._on_mapping_changed()

    # -------------------------------------------------------------- telling
    @api.model
    def _report_odd_products(self):
        """Tell of each channel which listings have a product that Odoo does not count,
        or that was archived; once for all of them, until there are none."""
        matched = [("state", "=", "mapped"), ("tracked", "=", True)]
        channels = self.env["channel.channel"].search([("state", "!=", "draft")])
        for channel in channels:
            own = [("channel_id", "=", channel.id), *matched]
            listings = self.with_context(active_test=False)
            self._report_uncounted(
                channel, listings.search([*own, ("uncounted", "=", True)])
            )
            self._report_archived(
                channel, listings.search([*own, ("product_id.active", "=", False)])
            )
            self._report_other_packs(channel)
            self.env["channel.shared.stock"]._report(channel)

    def _report_other_packs(self, channel):
        """The channel tells another pack than the listing is matched to: each number
        that it is shown, and each order, would be wrong by that factor."""
        told = self.with_context(active_test=False).search(
            [
                ("channel_id", "=", channel.id),
                ("state", "=", "mapped"),
                ("tells_pack", "=", True),
                ("told_pack", ">", 0),
            ]
        )
        others = told.filtered(
            lambda each: abs(each.told_pack - each.stock_factor) > SMALLEST_FACTOR
        )
        words = self.env._(
            "%(channel)s tells other packs for %(count)s listings than they are "
            "matched to: %(names)s",
            channel=channel.name,
            count=len(others),
            names=others._get_names_label(),
        )
        advice = self.env._(
            "Compare Units per Sold Unit of the listings with the channel, and correct "
            "the wrong side. Orders that name another pack are blocked."
        )
        self._report_listings(channel, "pack", others, words, advice)

    def _report_uncounted(self, channel, listings):
        words = self.env._(
            "%(channel)s: no quantity is published for %(count)s listings, since Odoo "
            "does not track their products: %(names)s",
            channel=channel.name,
            count=len(listings),
            names=listings._get_names_label(),
        )
        advice = self.env._(
            "Switch on Track Inventory on the products, or ignore the listings. The "
            "channel keeps its present quantities."
        )
        self._report_listings(channel, "uncounted", listings, words, advice)

    def _report_archived(self, channel, listings):
        policy = channel._fields["archived_policy"]
        label = dict(policy._description_selection(self.env))[channel.archived_policy]
        words = self.env._(
            "%(channel)s: the products of %(count)s listings are archived in Odoo "
            "(%(policy)s): %(names)s",
            channel=channel.name,
            count=len(listings),
            policy=label,
            names=listings._get_names_label(),
        )
        advice = self.env._(
            "Remove them from the channel and ignore the listings, or unarchive the "
            "products. Until then the channel's setting Archived Products applies."
        )
        self._report_listings(channel, "archived", listings, words, advice)

    def _report_renamed(self, product):
        """A SKU is what people on the channel go by: with another product's it may be
        another thing from now on, and is shipped as what it was matched to.

        :param product: whose internal reference the SKU is now
        """
        self.env["channel.exception"]._report(
            self.channel_id,
            "listing",
            self._get_renamed_key(),
            self.env._(
                "The channel has renamed %(listing)s: its SKU is the reference of "
                "%(other)s now, and it is still sold as %(product)s.",
                listing=self.display_name,
                other=product.display_name,
                product=self.product_id.display_name,
            ),
            self.env._(
                "If it is another product now, match the listing to it. If not, "
                "correct the SKU on the channel, or reopen and accept the listing."
            ),
            record=self,
        )

    def _end_renamed(self):
        """It is decided what they are, or their SKU is nobody else's any more."""
        exceptions = self.env["channel.exception"]
        for channel, listings in self.grouped("channel_id").items():
            keys = [listing._get_renamed_key() for listing in listings]
            exceptions._resolve_keys(channel, keys)

    def _get_renamed_key(self):
        return f"renamed:{self.id}"

    def _get_names_label(self):
        names = ", ".join(self[:5].mapped("display_name"))
        return f"{names}, …" if len(self) > 5 else names

    def _report_listings(self, channel, key, listings, words, advice):
        exceptions = self.env["channel.exception"]
        if not listings:
            exceptions._resolve_keys(channel, [key])
            return
        exceptions._report_once(channel, "listing", key, words, suggestion=advice)

    # -------------------------------------------------------------- import
    # Mappings from a file: channel and SKU say which listing, the rest what it is.
    @api.model
    def _named_fields(self):
        return ["channel_id", "product_id"]

    def _find_named(self, fields, data):
        fields, rows, problems = super()._find_named(fields, data)
        key = next((name for name in KEYS if name in fields), None)
        if not key or "channel_id/.id" not in fields or {"id", ".id"} & set(fields):
            return fields, rows, problems  # told by ids, or new ones
        rows = [dict(zip(fields, row, strict=True)) for row in rows]
        for number, row in enumerate(rows):
            channel_id = row.pop("channel_id/.id")
            value = row.pop(key).strip()
            row[".id"], problem = self._find_listing(channel_id, key, value)
            if channel_id is not False:  # or that has been told already
                problems += self._problem(number, key, problem)
            problems += self._match(number, row)
        fields = list(rows[0]) if rows else fields
        return fields, [list(row.values()) for row in rows], problems

    def _find_listing(self, channel_id, key, value):
        if not channel_id:
            return False, self.env._("Enter the channel of “%s”.", value)
        found = self.search(
            [("channel_id", "=", int(channel_id)), (key, "=", value)], limit=2
        )
        return self._one_of(found.ids, self._name, value)

    def _match(self, number, row):
        """Writing a product matches the listing to it."""
        if "state" in row or "product_id/.id" not in row:
            return []
        row["state"] = "mapped"
        if row["product_id/.id"]:
            return []
        return self._problem(
            number,
            "product_id",
            self.env._("Enter the product, or add a column State."),
        )

    # ------------------------------------------------------------- mapping
    # Changes of the mapping: each leaves a version, and some wait for a second person.
    #
    # Where the company asks for one, writing another product, unit, pack or state to a
    # matched listing, or matching it for the first time, writes a proposal instead,
    # however it is done: by a form, a list, an import or the automatic match. Until it
    # is approved the mapping in effect stays.
    def _record_versions(self):
        """Any change of these creates a version."""
        if not self:
            return
        self.flush_recordset()
        versions = self.env["channel.listing.version"]
        versions.flush_model()
        versions._record(SQL("SELECT unnest(%s)", self.ids), uid=self.env.uid)

    # ----------------------------------------------------------- proposals
    def _find_asking(self, vals):
        """Listings whose mapping would change by ``vals``, which requires approval."""
        return self.filtered(
            lambda listing: (
                listing.channel_id._asks_second_person()
                and listing._is_new_mapping(listing._merge_mapping(vals))
            )
        )

    def _merge_mapping(self, vals):
        """The mapping that is meant: what is, what is proposed, and ``vals``."""
        proposal = self.proposal_id
        values = {
            "product_id": (proposal or self).product_id.id,
            "uom_id": (proposal or self).uom_id.id,
            "pack_qty": (proposal or self).pack_qty,
            "state": proposal.listing_state or self.state,
        }
        values.update({name: vals[name] for name in MAPPING if name in vals})
        if not values["uom_id"]:
            product = self.env["product.product"].browse(values["product_id"])
            values["uom_id"] = product.uom_id.id
        return values

    def _is_new_mapping(self, values):
        """Whether that would change what counts, or what waits to count."""
        current = {name: values[name] for name in MAPPING[:3]}
        here = {
            "product_id": self.product_id.id,
            "uom_id": self.uom_id.id,
            "pack_qty": self.pack_qty,
        }
        was, is_to_be = self.state == "mapped", values["state"] == "mapped"
        changes = (was or is_to_be) and (was != is_to_be or current != here)
        return changes or bool(self.proposal_id)

    def _propose_mapping(self, vals):
        """Put the change up for approval, in the place of an earlier proposal.

        The row of the listing changes with each proposal: of two at the same moment
        one conflicts and is done again, on top of the other.
        """
        values = self._merge_mapping(vals)
        editors = self.proposal_id.editor_ids | self.env.user
        if self.proposal_id:
            self.proposal_id._end_proposal(self.env._("Replaced by another proposal"))
        meant = self.new(values, origin=self)
        if not self._is_new_mapping(values):
            return
        if values["state"] == "mapped":
            meant._check_mapping()
        # sudo: no user may write versions, a changed mapping makes one
        versions = self.env["channel.listing.version"].sudo()
        proposal = versions.create(
            {
                "listing_id": self.id,
                "channel_id": self.channel_id.id,
                "company_id": self.company_id.id,
                "number": max(self.version_ids.mapped("number"), default=0) + 1,
                "listing_state": values["state"],
                "product_id": values["product_id"],
                "uom_id": values["uom_id"],
                "pack_qty": values["pack_qty"],
                "stock_factor": meant._get_stock_factor(),
                "match_reason": meant.product_id == self.suggested_product_id
                and self.match_reason,
                # of what is added to a proposal the rest stays whose it was
                "editor_ids": [Command.set(editors.ids)],
            }
        )
        proposal._propose("activate")
        # sudo: no user may write the proposal of a listing, proposing does
        self.sudo().write({"proposal_id": proposal.id})

    def _put_in_effect(self, version):
        """Apply an approved proposal."""
        # sudo: the approval is what gives the right
        self.sudo().with_context(**inner(mapping_decided="version")).write(
            {
                "product_id": version.product_id.id,
                "uom_id": version.uom_id.id,
                "pack_qty": version.pack_qty,
                "state": version.listing_state,
                "version_id": version.id,
                "proposal_id": False,
            }
        )

    def _mark_gone(self):
        """The channel has decided, not a person."""
        # sudo: marks the write as one without approval
        gone = self.sudo().with_context(**inner(mapping_decided="channel"))
        gone.write({"state": "gone"})

    def _mark_back(self):
        """It is on the channel again, matched as before: orders that waited for it go
        on."""
        # sudo: marks the write as one without approval
        back = self.sudo().with_context(**inner(mapping_decided="channel"))
        if back:
            back.write({"state": "mapped"})

    # ----------------------------------------------------------- proposals
    def _require_proposal(self):
        for listing in self.filtered(lambda each: not each.proposal_id):
            raise UserError(
                self.env._(
                    "There is no proposal for %s any more.", listing.display_name
                )
            )
        return self.proposal_id
