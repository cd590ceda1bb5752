import json

from odoo import api, models

from odoo.addons.channel_inventory_base import schemas

from .. import errors, mapper
from ..const import API, COMPANION, NODE
from ..lib import answers, push

WRITTEN = "written"
MAX_WRITTEN = 500
"""So many products are remembered with the time of our last change."""


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
                shown = self._read_by_rest(channel, client, known)
        return [
            # what the shop has not, or keeps no figure of, shows nothing
            schemas.LevelState(ref.stock_ref, ref.node_ref, shown.get(ref.stock_ref))
            for ref in refs
            if ref.node_ref == NODE
        ]

    def _read_by_plugin(self, channel, client, known):
        if not known:
            return {}
        shared = {
            number for ref, (_parent, number) in known.items() if mapper.is_shared(ref)
        }
        wanted = {"ids": _join(number for _parent, number in known.values())}
        if shared:
            wanted["shared"] = _join(shared)
        try:
            answer = client.get(f"{COMPANION}/stock", **wanted)
        except errors.Misconfigured as error:
            if error.code != "NO_ROUTE":
                raise
            self._forget_companion(channel)
            return self._read_by_rest(channel, client, known)
        figures = push.read_plugin(answer)
        return {ref: figures.get(number) for ref, (_parent, number) in known.items()}

    def _read_by_rest(self, channel, client, known):
        """One request for all products, and one for the variations of each parent."""
        by_parent, written = {}, channel._get_shared_state(WRITTEN)
        for parent, number in known.values():
            by_parent.setdefault(parent, []).append(number)
        rows = []
        for parent, numbers in by_parent.items():
            route = f"{API}/products"
            if parent:
                route = f"{API}/products/{parent}/variations"
            rows += self._read_page(client, route, parent, numbers, written)
        return {row["stock_ref"]: row["available"] for row in rows}

    def _read_page(self, client, route, parent, numbers, written):
        try:
            items, _count, _pages = client.page(
                route,
                include=_join(numbers),
                status="any",
                _fields="id,manage_stock,stock_quantity,type,date_modified_gmt",
            )
        except errors.NotFound:
            # the parent is gone, and so are they
            return []
        answers.check_newer(items, written)
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
        if work.protocol == push.REST:
            self._remember_written(channel, work.answers)
        return schemas.PushResult(
            tuple(
                schemas.LineResult(line, status, code, self._words_for_result(code))
                for line, status, code in results
            ),
            json.dumps(work.answers, separators=(",", ":")),
        )

    def _remember_written(self, channel, answers_of_push):
        """When each product was changed by us, as the shop tells: what is read later
        and is older comes from a cache."""
        with channel._shared_state(WRITTEN) as state:
            for number, moment in push.moments(answers_of_push):
                state.pop(number, None)
                state[number] = moment
            for number in list(state)[:-MAX_WRITTEN]:
                del state[number]

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
            "PARENT": self.env._(
                "It shares the stock of its product now: fetch listings."
            ),
            "NOT_SHARED": self.env._(
                "It is no product with variations any more: fetch listings."
            ),
            "OLD_COMPANION": self.env._(
                "The companion plugin is too old for stock that variations share: "
                "update it to 1.1.0."
            ),
            "UNMANAGED": self._words_for_untracked("unmanaged"),
            "COMPANION_GONE": self.env._(
                "The companion plugin does not answer any more."
            ),
            "NO_VALUE": self.env._("The shop answered without a number."),
        }
        return words.get(code) or code


def _join(numbers):
    return ",".join(map(str, numbers))
