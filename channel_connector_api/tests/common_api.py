# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from odoo.tests import HttpCase

from odoo.addons.channel_inventory_base.tests.common import ChannelSetup, take_in

from ..lib.document import PREFIX

EVERYTHING = {
    "may_read": True,
    "may_explain": True,
    "may_order": True,
    "may_hold": True,
}


class ApiSetup(ChannelSetup):
    """A channel of the type API with three SKUs at one node, and a key for all."""

    @classmethod
    def make_api_channel(cls, env, code="API", stocked=(10, 10, 10), **values):
        channel = cls.make_channel(
            env, code, name="Headless", channel_type="api", **values
        )
        warehouse = channel.node_ids.warehouse_ids
        for number, quantity in enumerate(stocked, 1):
            product = cls.make_product(env, number, quantity, warehouse)
            cls.make_listing(
                env,
                channel,
                product,
                number,
                external_id=f"SKU-{number}",
                stock_ref=f"SKU-{number}",
            )
        return channel

    @classmethod
    def make_key(cls, env, channel, days=30, **values):
        """:return: (record, the key in clear)"""
        values = {"name": "Shop", "rate": 10000, **EVERYTHING, **values}
        return env["channel.api.key"]._make(channel, values, days)

    @staticmethod
    def order_body(reference, *lines, **values):
        """:param lines: (sku, quantity)"""
        lines = lines or (("SKU-1", 2),)
        total = sum(10 * quantity for _sku, quantity in lines)
        return {
            "reference": reference,
            "currency": "USD",
            "total": f"{total}.00",
            "prices": "taxed",
            "lines": [
                {
                    "id": f"L{number}",
                    "sku": sku,
                    "quantity": quantity,
                    "unit_price": "10.00",
                }
                for number, (sku, quantity) in enumerate(lines, 1)
            ],
            "customer": {
                "id": "c-1",
                "name": "Ann Shopper",
                "email": "ann@example.com",
            },
            "shipping": {
                "name": "Ann Shopper",
                "street": "1 Main Street",
                "city": "Springfield",
                "zip": "62701",
                "state_code": "IL",
                "country_code": "US",
            },
            "payment": {"status": "paid", "gateway": "card"},
            **values,
        }


class ApiCase(ApiSetup, HttpCase):
    """Over HTTP; what jobs do is done by ``work``."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.channel = cls.make_api_channel(cls.env)
        cls.node = cls.channel.node_ids
        cls.warehouse = cls.node.warehouse_ids
        cls.listing = cls.channel.listing_ids.sorted("id")[0]
        cls.product = cls.listing.product_id
        cls.key, cls.token = cls.make_key(cls.env, cls.channel)
        cls.env.flush_all()

    # ------------------------------------------------------------ the jobs
    def publish(self):
        self.env.flush_all()
        self.env["channel.planner"]._run()
        self.env["channel.publisher"]._run(self.channel)
        self.env.invalidate_all()

    def work(self):
        self.env.flush_all()
        take_in(self.env, self.channel)
        self.env.invalidate_all()
        self.env["channel.messenger"]._run(self.channel)
        self.publish()

    def ship(self, ref, quantity=None):
        """A person sends the goods of an order, or so many of them."""
        picking = self.order(ref).sale_order_id.picking_ids.filtered(
            lambda each: each.state not in ("done", "cancel")
        )
        for move in picking.move_ids:
            move.quantity = quantity or move.product_uom_qty
            move.picked = True
        picking.with_context(cancel_backorder=False)._action_done()
        self.env.flush_all()
        return picking

    def order(self, ref):
        return self.env["channel.order"].search(
            [("channel_id", "=", self.channel.id), ("external_id", "=", ref)]
        )

    # ------------------------------------------------------------ requests
    def call(self, method, path, body=None, token=None, **headers):
        if body is not None and not isinstance(body, str | bytes):
            body = json.dumps(body)
        sent = {"Authorization": f"Bearer {token or self.token}", **headers}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        return self.url_open(PREFIX + path, data=body, headers=sent, method=method)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body, **more):
        return self.call("POST", path, body, **more)

    def good(self, response, *statuses):
        """:return: the data of an answer that is no refusal"""
        self.assertIn(response.status_code, statuses or (200, 201), response.text)
        return response.json()

    def refused(self, response, code):
        """:return: the problem"""
        found = response.json()
        self.assertEqual(found.get("code"), code, response.text)
        self.assertEqual(found["status"], response.status_code)
        self.assertEqual(
            response.headers["Content-Type"].partition(";")[0],
            "application/problem+json",
        )
        return found

    def available(self, sku="SKU-1"):
        found = self.good(self.get(f"/availability?sku={sku}"))
        return found["items"][0]["available"]

    def position(self, product=None):
        self.env.flush_all()
        self.env["channel.position"].invalidate_model()
        return self.env["channel.position"].search(
            [
                ("product_id", "=", (product or self.product).id),
                ("warehouse_id", "=", self.warehouse.id),
            ]
        )
