from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

from ..const import SHORT_POLICIES

SMALLEST_FACTOR = 0.000001
# What a channel calls a listing, by which its orders and numbers find it, and whether
# it sells it. What people do not want to be sold they ignore.
IDENTITY = {"external_id", "stock_ref", "sku", "tracked", "active"}


# As it is indexed on products: what people type may differ in case and blanks.
PLAIN_SKU = SQL("lower(regexp_replace(default_code, '\\s', '', 'g'))")


class ChannelListing(models.Model):
    """One channel SKU bound to one Odoo product.

    One sold unit is ``pack_qty`` of ``uom_id``, together ``stock_factor`` stock units
    of the product: 12 for a case of twelve, 0.5 for half a metre.
    """

    _name = "channel.listing"
    _description = "Channel Listing"
    _inherit = ["channel.noted", "channel.guarded"]
    _order = "channel_id, sku, id"
    _rec_names_search = ["sku", "title", "barcode", "external_id"]
    _check_company_auto = True

    channel_id = fields.Many2one(
        "channel.channel", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(
        related="channel_id.company_id", store=True, index=True, precompute=True
    )
    active = fields.Boolean(default=True)
    external_id = fields.Char(
        required=True, help="The channel's id that order lines name (a variant id)."
    )
    stock_ref = fields.Char(
        help="The channel's id that stock levels name (an inventory item id)."
    )
    sku = fields.Char(index="btree_not_null")
    barcode = fields.Char()
    title = fields.Char()
    tracked = fields.Boolean(
        default=True, help="Whether the channel keeps a stock figure for it."
    )
    uncounted = fields.Boolean(
        string="Not Tracked in Odoo",
        compute="_compute_uncounted",
        store=True,
        help="Odoo keeps no quantity of the product, so no number is published.",
    )
    stopped = fields.Boolean(
        compute="_compute_stopped",
        store=True,
        help="Its product is archived, and the channel stops selling those: 0 is "
        "published.",
    )
    stock_listing_id = fields.Many2one(
        "channel.listing",
        string="Shares Stock Of",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="Several listings share the stock figure of this one: it goes down when "
        "any of them is sold, and is the only number that is published.",
    )
    sharing_ids = fields.One2many(
        "channel.listing", "stock_listing_id", string="Shared By", readonly=True
    )
    channel_note = fields.Char(
        readonly=True, help="What the channel makes special about its stock figure."
    )
    state = fields.Selection(
        [
            ("unmapped", "To match"),
            ("review", "To review"),
            ("mapped", "Matched"),
            ("ignored", "Ignored"),
            ("gone", "Gone from the channel"),
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
        help="Orders of 1.5 sold units are right: sold by weight, length or time. "
        "Otherwise they wait for a person.",
    )
    level_ids = fields.One2many("channel.level", "listing_id")
    short_policy = fields.Selection(
        SHORT_POLICIES,
        string="When Short",
        help="What happens to an order line when it is not in stock. Empty: what the "
        "product says, or the channel.",
    )

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
        "CHECK (pack_qty > 0)", "A sold unit contains more than nothing."
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

    @api.depends("pack_qty", "uom_id", "product_id.uom_id")
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

    def _is_counted(self):
        """Whether Odoo knows how much there is of its product; addons know more."""
        return self.product_id.is_storable

    @api.depends("product_id.active", "channel_id.archived_policy")
    def _compute_stopped(self):
        for listing in self:
            stops = listing.channel_id.archived_policy == "stop"
            is_archived = listing.product_id and not listing.product_id.active
            listing.stopped = bool(stops and is_archived)

    def _get_stock_factor(self):
        """Stock units of the product in one sold unit."""
        unit = self.uom_id or self.product_id.uom_id
        stock_unit = self.product_id.uom_id
        if not unit or not stock_unit:
            return self.pack_qty
        return unit._compute_quantity(self.pack_qty, stock_unit, round=False)

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

    def _fixed_fields(self):
        """Orders and numbers find a listing by what the channel calls it: what it is
        matched to would mean nothing where people may change that."""
        fixed = super()._fixed_fields()
        if any(channel._tells_what_it_sells() for channel in self.channel_id):
            fixed |= IDENTITY
        return fixed

    @api.model
    def _check_made_by_people(self, vals):
        result = super()._check_made_by_people(vals)
        channel = self.env["channel.channel"].browse(vals.get("channel_id"))
        if channel._tells_what_it_sells():
            raise AccessError(
                self.env._(
                    "Listings of %s are made when they are read from it: press Fetch "
                    "Listings on the channel.",
                    channel.name,
                )
            )
        return result

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"product_id", "state", "pack_qty", "uom_id", "fractions"}:
            self._on_mapping_changed()
        if vals.get("active") or vals.get("tracked") or vals.get("state") == "mapped":
            self.env["channel.level.pending"]._retry_rejected(listings=self)
        return result

    def _on_mapping_changed(self):
        """Lines that were not sold yet follow, and orders that waited for it are tried
        again."""
        # the version is what the lines name
        self._record_versions()
        self.env["channel.sold"]._follow_listings(self)
        self.env["channel.shared.stock"]._follow(self.stock_listing_id)
        mapped = self.filtered(lambda each: each.state == "mapped")
        if mapped:
            self.env["channel.order"]._retry_for_listings(mapped)

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
            self.env["channel.shared.stock"]._report(channel)

    def _report_uncounted(self, channel, listings):
        words = self.env._(
            "%(channel)s: no number is published for %(count)s listings, since Odoo "
            "does not track their products: %(names)s",
            channel=channel.name,
            count=len(listings),
            names=listings._words_for_names(),
        )
        advice = self.env._(
            "Switch on Track Inventory on the products, or ignore the listings. The "
            "channel goes on showing what it shows."
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
            names=listings._words_for_names(),
        )
        advice = self.env._(
            "Take them off the channel and ignore the listings, or unarchive the "
            "products. What is to happen meanwhile is a setting of the channel: "
            "Archived Products."
        )
        self._report_listings(channel, "archived", listings, words, advice)

    def _words_for_names(self):
        names = ", ".join(self[:5].mapped("display_name"))
        return f"{names}, …" if len(self) > 5 else names

    def _report_listings(self, channel, key, listings, words, advice):
        exceptions = self.env["channel.exception"]
        if not listings:
            exceptions._resolve_keys(channel, [key])
            return
        known = [("channel_id", "=", channel.id), ("key", "=", key)]
        known += [("state", "=", "open"), ("message", "=", words)]
        if not exceptions.search_count(known, limit=1):
            exceptions._report(channel, "listing", key, words, advice)

    # ------------------------------------------------------------- buttons
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
            listing.write({"product_id": product.id, "state": "mapped"})

    def action_ignore(self):
        self.write({"state": "ignored"})

    def action_reopen(self):
        self.write({"state": "review"})

    # ------------------------------------------------------------ matching
    def _suggest(self):
        """Suggest products by SKU, then by barcode, then by a SKU that differs in case
        or blanks, then by the name; one statement for any number.

        A match on both sides unique and by the exact SKU is accepted as it is;
        everything else waits for a person. Of two listings with one SKU each would show
        all of its stock: that is for a person to want.
        """
        # what others share the figure of is matched as they are
        ids = self.filtered(
            lambda each: each.state == "unmapped" and not each.sharing_ids
        ).ids
        if not ids:
            return
        rows = self.env.execute_query(self._suggestion_query(ids))
        by_reason = {}
        for listing_id, product_id, reason in rows:
            by_reason.setdefault((reason, product_id), []).append(listing_id)
        for (reason, product_id), listing_ids in by_reason.items():
            listings = self.browse(listing_ids)
            # sudo: what is suggested, and why, is not for people to write
            listings.sudo().write(
                {
                    "suggested_product_id": product_id,
                    "match_reason": self._words_for_match(reason),
                    "state": "review",
                }
            )
            if reason == "sku":
                # by nobody: whoever had the catalogue read may approve the match
                listings.with_user(SUPERUSER_ID).action_accept()

    def _words_for_match(self, reason):
        return {
            "sku": self.env._("Same SKU as the internal reference"),
            "barcode": self.env._("Same barcode"),
            "several": self.env._("Several products have this SKU or barcode"),
            "like": self.env._("The SKU differs in case or blanks only"),
            "name": self.env._("Same name"),
            "shared": self.env._(
                "Several listings of the channel have this SKU: each would show all of "
                "its stock"
            ),
        }[reason]

    def _suggestion_query(self, ids):
        """Rows (listing, product, reason): the best candidate of each listing."""
        self.env["product.product"].flush_model(["default_code", "barcode", "active"])
        self.flush_recordset(["sku", "barcode", "channel_id"])
        return SQL(
            """
            WITH candidate AS (
                SELECT listing.id AS listing_id, product.id AS product_id, 'sku' AS how
                  FROM channel_listing listing
                  JOIN product_product product ON product.default_code = listing.sku
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE listing.id = ANY(%(ids)s) AND product.active AND listing.sku > ''
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
                UNION ALL
                SELECT listing.id, product.id, 'barcode'
                  FROM channel_listing listing
                  JOIN product_product product ON product.barcode = listing.barcode
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE listing.id = ANY(%(ids)s) AND product.active
                   AND listing.barcode > ''
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
            ),
            exact AS (
                SELECT listing_id,
                       (array_agg(product_id ORDER BY how DESC, product_id))[1]
                           AS product_id,
                       CASE WHEN count(DISTINCT product_id) > 1 THEN 'several'
                            ELSE max(how) END AS how
                  FROM candidate GROUP BY listing_id
            ),
            guess AS (
                SELECT listing.id AS listing_id, product.id AS product_id, 'like' AS how
                  FROM channel_listing listing
                  JOIN product_product product ON %(plain_code)s = %(plain_sku)s
                 WHERE listing.id = ANY(%(ids)s) AND product.active
                   AND %(plain_sku)s > ''
                UNION ALL
                SELECT listing.id, product.id, 'name'
                  FROM channel_listing listing
                  JOIN product_template named
                    ON named.name ->> 'en_US' = listing.title AND named.active
                  JOIN product_product product ON product.product_tmpl_id = named.id
                 WHERE listing.id = ANY(%(ids)s) AND product.active
            ),
            likely AS (
                SELECT DISTINCT ON (guess.listing_id) guess.listing_id,
                       guess.product_id, how
                  FROM guess
                  JOIN channel_listing listing ON listing.id = guess.listing_id
                  JOIN product_product product ON product.id = guess.product_id
                  JOIN product_template template
                    ON template.id = product.product_tmpl_id
                 WHERE guess.listing_id NOT IN (SELECT listing_id FROM exact)
                   AND COALESCE(template.company_id, listing.company_id)
                       = listing.company_id
                 ORDER BY guess.listing_id, how, guess.product_id
            )
            SELECT exact.listing_id, exact.product_id,
                   CASE WHEN how = 'sku' AND EXISTS (
                             SELECT FROM channel_listing own
                               JOIN channel_listing twin
                                 ON twin.channel_id = own.channel_id
                                AND twin.sku = own.sku AND twin.id <> own.id
                                AND twin.active AND twin.stock_listing_id IS NULL
                                AND twin.state NOT IN ('ignored', 'gone')
                              WHERE own.id = exact.listing_id
                                AND own.stock_listing_id IS NULL)
                        THEN 'shared' ELSE how END
              FROM exact
            UNION ALL
            SELECT listing_id, product_id, how FROM likely
            """,
            ids=list(ids),
            plain_code=PLAIN_SKU,
            plain_sku=SQL("lower(regexp_replace(listing.sku, '\\s', '', 'g'))"),
        )
