from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools import SQL

# What a listing is bound to, and whether it is.
MAPPING = ("product_id", "uom_id", "pack_qty", "state")


class ChannelListing(models.Model):
    """Changes of the mapping: each leaves a version, and some wait for a second person.

    Where the company asks for one, writing another product, unit, pack or state to a
    matched listing, or matching it for the first time, writes a proposal instead,
    however it is done: by a form, a list, an import or the automatic match. Until it is
    approved the mapping in effect stays.
    """

    _inherit = "channel.listing"

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
        if not vals.keys() & set(MAPPING):
            return super().write(vals)
        # only what has been decided may say so: a user cannot be superuser
        decided = self.env.su and self.env.context.get("mapping_decided")
        asking = self.browse() if decided else self._find_asking(vals)
        rest = {name: value for name, value in vals.items() if name not in MAPPING}
        if asking and rest:
            super(ChannelListing, asking).write(rest)
        for listing in asking:
            listing._propose_mapping(vals)
        result = super(ChannelListing, self - asking).write(vals)
        if decided != "version":
            (self - asking)._record_versions()
        return result

    def _record_versions(self):
        """Whoever changed these, and however: there is a version of it."""
        if not self:
            return
        self.flush_recordset()
        versions = self.env["channel.listing.version"]
        versions.flush_model()
        versions._record(SQL("SELECT unnest(%s)", self.ids), uid=self.env.uid)

    def _is_mapped_since(self, moment):
        """Whether another mapping may have been in effect at ``moment``."""
        present = self.version_id
        if self.state != "mapped" or not present.activated_at:
            return True
        return present.activated_at > moment

    # ----------------------------------------------------------- proposals
    def _find_asking(self, vals):
        """Those whose mapping would change by ``vals``, and must not without a second
        person."""
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
        # sudo: nobody may write versions, a changed mapping makes one
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
        # sudo: nobody may write the proposal of a listing, proposing does
        self.sudo().write({"proposal_id": proposal.id})

    def _put_in_effect(self, version):
        """What somebody else has approved."""
        # sudo: the approval is what gives the right
        self.sudo().with_context(mapping_decided="version").write(
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
        # sudo: marks the write as one that nobody has to approve
        self.sudo().with_context(mapping_decided="channel").write({"state": "gone"})
