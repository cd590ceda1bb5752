import json

from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import mapper, queries
from ..lib import push


class ChannelAdapterShopify(models.AbstractModel):
    """Stock levels: reading what the shop shows, and setting it."""

    _inherit = "channel.adapter.shopify"

    @api.model
    def _fetch_levels(self, channel, refs):
        by_location = {}
        for ref in refs:
            by_location.setdefault(ref.node_ref, []).append(ref.stock_ref)
        rows = []
        with self._connected(channel) as client:
            for location, items in by_location.items():
                variables = {"items": items, "location": location}
                data = client.execute(queries.LEVELS, variables)
                rows += mapper.level_rows(data["nodes"], items, location)
        return [schemas.load(schemas.LevelState, row) for row in rows]

    @api.model
    def _prepare_push(self, channel, entries, reference):
        return push.freeze(entries, reference)

    @api.model
    def _push_levels(self, channel, payload, key):
        with self._connected(channel) as client:
            work = push.Push(
                payload,
                key,
                send=lambda content, key: self._send_quantities(client, content, key),
                activate=lambda *args: self._activate(client, *args),
            )
            results = work.run()
        return schemas.PushResult(
            tuple(schemas.LineResult(*self._explained(result)) for result in results),
            json.dumps(work.answers, separators=(",", ":")),
        )

    def _send_quantities(self, client, content, key):
        variables = {"input": content, "key": key}
        answer = client.execute(queries.SET_QUANTITIES, variables)
        return answer["inventorySetQuantities"]

    def _activate(self, client, item, location, key):
        """Stock an item at a location, as it was if it has been stocked there before.

        :return: Shopify's words where it refuses
        """
        variables = {"item": item, "location": location, "key": key}
        answer = client.execute(queries.ACTIVATE, variables)["inventoryActivate"]
        return "; ".join(error["message"] for error in answer["userErrors"])

    def _explained(self, result):
        """A refusal in words that lead somewhere, where Shopify's own do not."""
        line_id, status, code, message = result
        if status == "rejected":
            message = self._words_for_rejection(code, message)
        return line_id, status, code, message

    def _words_for_rejection(self, code, message):
        words = {
            "INVALID_ID": self.env._(
                "The listing or its node has no Shopify id: fetch listings and nodes."
            ),
            "INVALID_INVENTORY_ITEM": self.env._("The item is gone from Shopify."),
            "INVALID_LOCATION": self.env._(
                "The location is gone from Shopify, or closed."
            ),
            "NON_MUTABLE_INVENTORY_ITEM": self.env._(
                "The item is a bundle: its stock follows from its components. Ignore "
                "the listing."
            ),
            push.NOT_STOCKED: self.env._("It cannot be stocked there: %s", message),
        }
        return words.get(code) or message or code
