from odoo import api, models

KEYS = ("external_id", "sku")


class ChannelListing(models.Model):
    """Mappings from a file: channel and SKU say which listing, the rest what it is."""

    _name = "channel.listing"
    _inherit = ["channel.listing", "channel.import"]

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
            return False, self.env._("Name the channel of “%s”.", value)
        found = self.search(
            [("channel_id", "=", int(channel_id)), (key, "=", value)], limit=2
        )
        return self._one_of(found.ids, self._name, value)

    def _match(self, number, row):
        """Who names a product means that the listing is matched to it."""
        if "state" in row or "product_id/.id" not in row:
            return []
        row["state"] = "mapped"
        if row["product_id/.id"]:
            return []
        return self._problem(
            number, "product_id", self.env._("Name the product, or add a column State.")
        )
