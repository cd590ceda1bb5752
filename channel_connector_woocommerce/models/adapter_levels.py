import json

from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import errors, mapper
from ..const import API, COMPANION, NODE
from ..lib import push


class ChannelAdapterWoocommerce(models.AbstractModel):
    """Stock levels: reading what the shop shows, and setting it."""

    _inherit = "channel.adapter.woocommerce"

    # ------------------------------------------------------------- reading
    @api.model
    def _fetch_levels(self, channel, refs):
        wanted = {ref.stock_ref: mapper.split_ref(ref.stock_ref) for ref in refs}
        known = {ref: found for ref, found in wanted.items() if found}
        with self._connected(channel) as client:
            if self._site(channel).get("companion"):
                shown = self._read_by_plugin(channel, client, known)
            else:
                shown = self._read_by_rest(client, known)
        return [
            # what the shop has not, or keeps no figure of, shows nothing
            schemas.LevelState(ref.stock_ref, ref.node_ref, shown.get(ref.stock_ref))
            for ref in refs
            if ref.node_ref == NODE
        ]

    def _read_by_plugin(self, channel, client, known):
        numbers = ",".join(str(number) for _parent, number in known.values())
        if not numbers:
            return {}
        try:
            answer = client.get(f"{COMPANION}/stock", ids=numbers)
        except errors.Misconfigured as error:
            if error.code != "NO_ROUTE":
                raise
            self._forget_companion(channel)
            return self._read_by_rest(client, known)
        figures = push.read_plugin(answer)
        return {ref: figures.get(number) for ref, (_parent, number) in known.items()}

    def _read_by_rest(self, client, known):
        """One request for all products, and one for the variations of each parent."""
        by_parent = {}
        for parent, number in known.values():
            by_parent.setdefault(parent, []).append(number)
        rows = []
        for parent, numbers in by_parent.items():
            route = f"{API}/products"
            if parent:
                route = f"{API}/products/{parent}/variations"
            rows += self._read_page(client, route, parent, numbers)
        return {row["stock_ref"]: row["available"] for row in rows}

    def _read_page(self, client, route, parent, numbers):
        try:
            items, _count, _pages = client.page(
                route,
                include=",".join(map(str, numbers)),
                status="any",
                _fields="id,manage_stock,stock_quantity,type",
            )
        except errors.NotFound:
            # the parent is gone, and so are they
            return []
        return [mapper.level(raw, parent) for raw in items]

    # ------------------------------------------------------------- writing
    @api.model
    def _prepare_push(self, channel, entries, reference):
        companion = self._site(channel).get("companion")
        return push.freeze(entries, push.PLUGIN if companion else push.REST)

    @api.model
    def _push_levels(self, channel, payload, key):
        with self._connected(channel) as client:
            work = push.Push(
                payload,
                key,
                lambda route, body, **params: client.change(
                    "POST", route, body, **params
                ),
            )
            try:
                results = work.run()
            except errors.Misconfigured as error:
                if error.code != "NO_ROUTE" or work.protocol != push.PLUGIN:
                    raise
                # an earlier attempt may have been carried out: look before going on
                self._forget_companion(channel)
                results = work.all("stale", "COMPANION_GONE")
        return schemas.PushResult(
            tuple(
                schemas.LineResult(line, status, code, self._words_for_result(code))
                for line, status, code in results
            ),
            json.dumps(work.answers, separators=(",", ":")),
        )

    def _words_for_result(self, code):
        words = {
            "INVALID_ID": self.env._(
                "The listing has no WooCommerce id: fetch listings."
            ),
            "GONE": self.env._("The product was deleted in the shop: fetch listings."),
            "VARIABLE": self.env._(
                "It has become a variable product, whose variations have the stock: "
                "fetch listings and match them."
            ),
            "VARIATION": self.env._(
                "It has become a variation of another product: fetch listings."
            ),
            "PARENT": self._words_for_untracked("parent"),
            "UNMANAGED": self._words_for_untracked("unmanaged"),
            "COMPANION_GONE": self.env._(
                "The companion plugin does not answer any more."
            ),
            "OTHER_VALUE": self.env._("The shop answered with another number."),
        }
        return words.get(code) or code
