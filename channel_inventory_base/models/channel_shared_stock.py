# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..db.flying import FLYING_LINE
from ..tools.inner import inner

MAPPING = ("product_id", "uom_id", "pack_qty")


class ChannelSharedStock(models.AbstractModel):
    """Listings that share one stock figure on the channel.

    A shop may count the variations of a product together. The figure is a listing of
    its own then (``stock_listing_id`` of the others): it is published, and what the
    channel deducts for any of the others counts there. One number can stand for several
    only where they are one product here, in the same pack: so it is matched as they
    are, and not at all where they differ.
    """

    _name = "channel.shared.stock"
    _description = "Stock Shared by Listings"

    # --------------------------------------------------------------- link
    @api.model
    def _link(self, channel, page):
        """Store which figure each listing of ``page`` has part in.

        :param page: list of ListingData, stored already
        :return: the figures that are shared by others than before
        """
        rows = self.env.execute_query(
            SQL(
                """
                WITH told (external_id, stock_of) AS (VALUES %s),
                before AS (
                    SELECT listing.id, listing.stock_listing_id AS old_id,
                           figure.id AS new_id
                      FROM told
                      JOIN channel_listing listing
                        ON listing.channel_id = %s
                       AND listing.external_id = told.external_id
                      LEFT JOIN channel_listing figure
                        ON figure.channel_id = listing.channel_id
                       AND figure.external_id = told.stock_of
                     WHERE listing.stock_listing_id IS DISTINCT FROM figure.id
                )
                UPDATE channel_listing listing SET stock_listing_id = before.new_id
                  FROM before WHERE before.id = listing.id
                RETURNING listing.id, before.old_id, before.new_id
                """,
                SQL(", ").join(
                    SQL("(%s, %s::varchar)", each.external_id, each.stock_of or None)
                    for each in page
                ),
                channel.id,
            )
        )
        listings = self.env["channel.listing"]
        listings.invalidate_model(["stock_listing_id", "sharing_ids"])
        self._doubt(listings.browse(new_id or id_ for id_, _old_id, new_id in rows))
        return listings.browse(sorted({i for row in rows for i in row[1:] if i}))

    def _doubt(self, listings):
        """What the channel shows of them was last known when something else counted:
        it is looked at before anything is compared with it."""
        self.env.execute_query(
            SQL(
                """
                UPDATE channel_level_remote remote
                   SET state = 'stale', seen_sum = NULL, seen_at = NULL
                  FROM channel_level level
                 WHERE level.id = remote.level_id AND level.listing_id = ANY(%s)
                   AND remote.state = 'known' AND NOT EXISTS (
                       SELECT FROM channel_publication_line line
                         JOIN channel_publication publication
                           ON publication.id = line.publication_id
                        WHERE line.level_id = remote.level_id
                          AND %s)
                RETURNING remote.id
                """,
                listings.ids,
                FLYING_LINE,
            )
        )
        self.env["channel.level.remote"].invalidate_model()

    # ------------------------------------------------------------- mapping
    @api.model
    def _follow(self, figures):
        """Match figures as all the listings are that share them, or not at all."""
        for figure in figures:
            if not figure.sharing_ids or figure.state in ("ignored", "gone"):
                continue
            mapping, problem = self._find_mapping(figure)
            state = "review" if problem else "mapped"
            values = {**mapping, "match_reason": problem, "state": state}
            now = figure._convert_to_write({name: figure[name] for name in values})
            changed = {n: value for n, value in values.items() if now[n] != value}
            if changed:
                # sudo: the mapping that it follows is what somebody has decided
                figure = figure.sudo().with_context(**inner(mapping_decided="sharing"))
                figure.write(changed)

    def _find_mapping(self, figure):
        """:return: (values of MAPPING that all have who share it, False or why there
        are none)"""
        sharing = self._sold(figure)
        if not sharing or any(each.state != "mapped" for each in sharing):
            return {}, self.env._(
                "Matched once all listings that share its stock are matched"
            )
        if self._is_of_different(figure):
            return {}, self.env._(
                "The listings that share its stock are different products or packs"
            )
        first = sharing[0]
        return first._convert_to_write({name: first[name] for name in MAPPING}), False

    def _sold(self, figure):
        return figure.sharing_ids.filtered(
            lambda each: each.active and each.state not in ("ignored", "gone")
        )

    def _is_of_different(self, figure):
        matched = self._sold(figure).filtered(lambda each: each.state == "mapped")
        return len({(each.product_id, each.stock_factor) for each in matched}) > 1

    @api.model
    def _check(self, figure):
        """:raise ValidationError: it is matched otherwise than what shares it"""
        if not figure.sharing_ids:
            return
        _mapping, problem = self._find_mapping(figure)
        first = self._sold(figure)[:1]
        same = (figure.product_id, figure.stock_factor) == (
            first.product_id,
            first.stock_factor,
        )
        if problem or not same:
            raise ValidationError(
                self.env._(
                    "%(listing)s is the stock of several listings together: %(names)s. "
                    "Match all of those to one product in the same pack, and it is "
                    "matched with them.",
                    listing=figure.display_name,
                    names=figure.sharing_ids._get_names_label(),
                )
            )

    # -------------------------------------------------------------- telling
    @api.model
    def _report(self, channel):
        shared = self.env["channel.listing"].search(
            [
                ("channel_id", "=", channel.id),
                ("sharing_ids", "!=", False),
                ("tracked", "=", True),
                ("state", "not in", ("mapped", "ignored", "gone")),
            ]
        )
        shared = shared.filtered(self._is_of_different)
        words = self.env._(
            "%(channel)s: no quantity is published for %(count)s listings, since the "
            "listings that share their stock are different products or packs in Odoo: "
            "%(names)s",
            channel=channel.name,
            count=len(shared),
            names=shared._get_names_label(),
        )
        advice = self.env._(
            "Match all listings that share stock to one product in the same pack, have "
            "the channel track each of them separately, or ignore the listing of the "
            "shared stock. The channel keeps its present quantities."
        )
        shared._report_listings(channel, "shared_stock", shared, words, advice)
