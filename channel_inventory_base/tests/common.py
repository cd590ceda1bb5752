# SPDX-License-Identifier: AGPL-3.0-or-later
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo.tests import TransactionCase, new_test_user

from ..models.channel_channel import ChannelChannel
from .fake_channel import FakeChannel


class ChannelSetup:
    """A channel with a node, a product with stock, and a listing for it.

    Mixed into cases with an open transaction and into those that commit.
    """

    @classmethod
    def make_channel(cls, env, code="CHT", **values):
        # conditions of the database that a test must not depend on
        env = env(context=dict(env.context, tracking_disable=True))
        warehouse = cls.make_warehouse(env, code)
        channel = env["channel.channel"].create(
            {
                "name": "Fake",
                "currency_id": env.ref("base.USD").id,
                "state": "live",
                "connection_state": "ok",
                "home_database": env["channel.channel"]._database_name(),
                "order_lag": 0,
                "node_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Node 1",
                            "external_id": "node-1",
                            "warehouse_ids": [(6, 0, warehouse.ids)],
                        },
                    )
                ],
                **values,
            }
        )
        return channel

    @classmethod
    def make_warehouse(cls, env, code):
        return env["stock.warehouse"].create({"name": f"Channel {code}", "code": code})

    @classmethod
    def make_product(cls, env, number=1, quantity=0, warehouse=None, **values):
        if "taxes_id" in env["product.product"]._fields:
            # those of the company would be more than the channel charges
            values.setdefault("taxes_id", False)
        product = env["product.product"].create(
            {
                "name": f"Product {number}",
                "default_code": f"SKU-{number}",
                "is_storable": True,
                "list_price": 10,
                **values,
            }
        )
        if quantity:
            cls.add_stock(env, product, warehouse, quantity)
        return product

    @classmethod
    def add_stock(cls, env, product, warehouse, quantity, location=None):
        env["stock.quant"]._update_available_quantity(
            product, location or warehouse.lot_stock_id, quantity
        )

    @classmethod
    def make_listing(cls, env, channel, product, number=1, **values):
        return env["channel.listing"].create(
            {
                "channel_id": channel.id,
                "external_id": f"variant-{number}",
                "stock_ref": f"item-{number}",
                "sku": f"SKU-{number}",
                "product_id": product.id,
                "state": "mapped",
                **values,
            }
        )

    @classmethod
    def make_rule(cls, env, kind, value, **terms):
        """A rule that is in effect."""
        rule = env["channel.rule"].create({"kind": kind, "value": value, **terms})
        rule.action_activate()
        return rule

    @classmethod
    def make_group(cls, env, channels, name="Web", weight=1, **values):
        """A draft of an allocation group."""
        return env["channel.allocation.group"].create(
            {
                "name": name,
                "member_ids": [
                    (0, 0, {"channel_id": each.id, "weight": weight})
                    for each in channels
                ],
                **values,
            }
        )

    @classmethod
    def make_user(cls, env, role, login=None):
        groups = f"channel_inventory_base.group_channel_{role}"
        return new_test_user(env, login or f"channel_{role}", groups=groups)

    @classmethod
    def make_known(cls, env, level, shown):
        """Pretend that the channel was seen to show ``shown`` sold units."""
        env["channel.level.remote"].create(
            {
                "level_id": level.id,
                "channel_id": level.channel_id.id,
                "state": "known",
                "base_qty": shown,
                "base_deducted": 0,
            }
        )


def take_in(env, channel):
    """What the jobs do between an event and its sale order, one after the other."""
    intake = env["channel.intake"]
    intake._run(channel)
    if channel._may_talk() and intake._fetch(channel):
        intake._run(channel)


@contextmanager
def fake_adapter(fake):
    """Every channel speaks to ``fake`` while the block runs."""
    with (
        patch.object(ChannelChannel, "_adapter", lambda self: fake),
        patch.object(
            ChannelChannel, "_capabilities", lambda self: fake._capabilities()
        ),
    ):
        yield fake


class ChannelCase(ChannelSetup, TransactionCase):
    """10 of product 1 in stock, one listing, one node; nothing planned yet."""

    use_fake = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls._registry_patched:  # tests over HTTP are in it already
            cls.registry_enter_test_mode_cls()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_channel(cls.env)
        cls.node = cls.channel.node_ids
        cls.warehouse = cls.node.warehouse_ids
        cls.product = cls.make_product(cls.env, 1, 10, cls.warehouse)
        cls.listing = cls.make_listing(cls.env, cls.channel, cls.product)
        cls.env.flush_all()

    def setUp(self):
        super().setUp()
        self.fake = FakeChannel()
        if self.use_fake:
            context = fake_adapter(self.fake)
            context.__enter__()
            self.addCleanup(context.__exit__, None, None, None)

    @contextmanager
    def passing(self):
        """What happens in the block is forgotten at its end."""
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    # ------------------------------------------------------------ actions
    def rule(self, kind, value, **terms):
        """A rule that is in effect."""
        return self.make_rule(self.env, kind, value, **terms)

    def plan(self):
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env.invalidate_all()

    def publish(self):
        self.env.flush_all()
        self.env["channel.publisher"]._run(self.channel)
        self.env.invalidate_all()

    def intake(self):
        self.env.flush_all()
        take_in(self.env, self.channel)
        self.env.invalidate_all()

    def poll(self):
        self.env.flush_all()
        self.env["channel.intake"]._poll(self.channel)
        self.env.invalidate_all()

    def observe(self):
        self.env.flush_all()
        self.env["channel.observer"]._run(self.channel)
        self.env.invalidate_all()

    def capture(self, name):
        """Store and capture an order of the fake channel, without importing it."""
        event = self.fake.event(name)
        self.env["channel.inbox.event"]._store(self.channel, [event], "webhook")
        self.env["channel.intake"]._capture_next(self.channel)
        self.env.invalidate_all()
        return self.order(name)

    # -------------------------------------------------------------- looks
    @property
    def level(self):
        return self.env["channel.level"].search([("listing_id", "=", self.listing.id)])

    @property
    def position(self):
        self.env.flush_all()
        self.env["channel.position"].invalidate_model()
        return self.env["channel.position"].search(
            [
                ("product_id", "=", self.product.id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )

    def order(self, name):
        return self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", name)]
        )

    def go_live(self, shown=0):
        """Plan, and know what the channel shows."""
        self.plan()
        self.make_known(self.env, self.level, shown)
        self.fake.levels["item-1", "node-1"] = shown
        self.env["channel.level.pending"]._add(self.level)

    def later(self, seconds):
        """Shift what the observer has seen into the past."""
        for remote in self.env["channel.level.remote"].search(
            [("seen_at", "!=", False)]
        ):
            remote.seen_at -= timedelta(seconds=seconds)
        self.env.flush_all()
