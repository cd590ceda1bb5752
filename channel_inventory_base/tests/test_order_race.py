from psycopg2.errors import SerializationFailure

from odoo.tests import tagged

from .. import schemas
from .common_committed import CommittedCase
from .common_order import BERLIN, order_data, order_line


@tagged("post_install", "-at_install")
class TestOrderRace(CommittedCase):
    """Two orders of one customer at the same moment, each in its own transaction."""

    def setUp(self):
        super().setUp()
        customer = schemas.CustomerData(external_id="C-1", name="Erika Muster")
        with self.commit() as env:
            self.order_ids = [
                env["channel.order"]
                ._capture(
                    self.channel(env),
                    order_data(
                        order_line("variant-1", 1, "10.00", node="node-1"),
                        total="10.00",
                        external_id=name,
                        name=f"#{name}",
                        customer=customer,
                        shipping=BERLIN,
                    ),
                    name,
                )
                .id
                for name in ("1", "2")
            ]

    def _import(self, env, order_id):
        order = env["channel.order"].browse(order_id)
        order._import()
        return order

    def test_new_customer_is_one_contact(self):
        first, second = self.order_ids
        with self.assertRaises(SerializationFailure), self.commit() as late:
            late["channel.order"].browse(second).read(["name"])
            with self.commit() as env:
                self._import(env, first)
            self._import(late, second)
        with self.commit() as env:
            again = self._import(env, second)
            self.assertEqual(again.state, "imported")
            orders = env["channel.order"].browse(self.order_ids)
            self.assertEqual(len(orders.sale_order_id.partner_id), 1)
            self.assertEqual(len(orders.sale_order_id.partner_shipping_id), 1)

    def test_new_address_is_added_once(self):
        moved = schemas.AddressData(name="Erika", street="New 1", country_code="DE")
        with self.commit() as env:
            self._import(env, self.order_ids[0])
            moving = [
                env["channel.order"]
                ._capture(
                    self.channel(env),
                    order_data(
                        order_line("variant-1", 1, "10.00", node="node-1"),
                        total="10.00",
                        external_id=name,
                        name=f"#{name}",
                        customer=schemas.CustomerData(external_id="C-1"),
                        billing=BERLIN,
                        shipping=moved,
                    ),
                    name,
                )
                .id
                for name in ("3", "4")
            ]
        with self.assertRaises(SerializationFailure), self.commit() as late:
            late["channel.order"].browse(moving[1]).read(["name"])
            with self.commit() as env:
                self._import(env, moving[0])
            self._import(late, moving[1])
        with self.commit() as env:
            self._import(env, moving[1])
            orders = env["channel.order"].browse(moving)
            self.assertEqual(len(orders.sale_order_id.partner_shipping_id), 1)
            self.assertEqual(orders.sale_order_id.partner_shipping_id.street, "New 1")
