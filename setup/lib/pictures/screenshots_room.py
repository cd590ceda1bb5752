"""What a demo does not show of the control room: a till whose shelf is counted, a shop
that is told by hand, and days that are over."""

import time
import uuid

from demo import drills

BASE = "/odoo/action-channel_inventory_base."
RUNG, COUNTED = 2, 25
"""Units sold at a till, and those that are counted on its shelf before it closes."""
HANDFUL = 4
BOARDS = ("overview", "dashboard-business", "dashboard-technical", "hourly-metrics")
"""They tell of hours that are over, and a demo that lives for a minute has none."""
GERMAN = (
    "dashboard",
    "guide",
    "proof",
    "published-by-hand",
    "rollout",
    "shadow",
    "till-counts",
    "overview",
    "dashboard-business",
    "dashboard-technical",
)
# Who owns what, as a steering committee agrees on it: (domain, owner, other system).
OWNERS = (
    ("product", "odoo", ""),
    ("stock", "odoo", ""),
    ("shipment", "external", "Legacy ERP"),
    ("invoice", "odoo", ""),
    ("price", "external", "Price engine"),
)
HOURS = 20
# What happened did so up to that many hours ago, and all of it is counted anew.
AGE = (
    """
    UPDATE channel_publication_line line
       SET since = line.since - back, frozen_at = line.frozen_at - back
      FROM (SELECT id, make_interval(hours => 1 + id %% %(hours)s) AS back
              FROM channel_publication) publication
     WHERE publication.id = line.publication_id RETURNING line.id
    """,
    """
    UPDATE channel_publication
       SET create_date = create_date - back, sent_at = sent_at - back,
           acked_at = acked_at - back
      FROM (SELECT id AS same, make_interval(hours => 1 + id %% %(hours)s) AS back
              FROM channel_publication) aged
     WHERE id = same AND state = 'done' RETURNING id
    """,
    """
    UPDATE channel_inbox_event
       SET occurred_at = occurred_at - back, received_at = received_at - back,
           processed_at = processed_at - back
      FROM (SELECT id AS same, make_interval(hours => 1 + id %% %(hours)s) AS back
              FROM channel_inbox_event) aged
     WHERE id = same AND state = 'done' RETURNING id
    """,
    """
    UPDATE channel_order
       SET create_date = create_date - make_interval(hours => 1 + id %% %(hours)s)
    RETURNING id
    """,
    "DELETE FROM channel_shared_state WHERE key = 'metrics' RETURNING id",
)


class RoomScene:
    """``prepare`` before the shoppers come, ``play`` when there are orders, ``age``
    last: seals would tell that somebody has changed what they sealed."""

    def __init__(self, running):
        self.running, self.odoo = running, running.odoo
        self.product = running.products[1]

    def prepare(self):
        for domain, owner, system in OWNERS:
            row = self.odoo.create(
                "channel.ownership", domain=domain, owner=owner, system=system
            )
            self.odoo.call("channel.ownership", "action_activate", [row])
        self._open_till()

    def _open_till(self):
        """It books its stock when its session closes."""
        company = self.running.company.warehouses["WH"]
        [warehouse] = self.odoo.find(
            "stock.warehouse", ["id", "=", company["id"]], fields=["pos_type_id"]
        )
        bank = self.odoo.find_id("account.journal", ["type", "=", "bank"])
        self.card = self.odoo.create(
            "pos.payment.method", name="Card at Counter 1", journal_id=bank
        )
        self.till = self.odoo.create(
            "pos.config",
            name="Counter 1",
            picking_type_id=warehouse["pos_type_id"][0],
            payment_method_ids=[(6, 0, [self.card])],
        )
        own = self.odoo.find_id("res.company", ["id", "=", 1])
        self.odoo.call(
            "res.company",
            "write",
            [own],
            {"point_of_sale_update_stock_quantities": "closing"},
        )
        self.odoo.call("pos.config", "open_ui", [self.till])
        self.session = self.odoo.find_id(
            "pos.session",
            ["config_id", "=", self.till],
            ["state", "!=", "closed"],
        )
        self.odoo.call("pos.session", "set_opening_control", [self.session], 0, None)

    def play(self):
        self._ring()
        place = self.running.company.warehouses["WH"]["lot_stock_id"][0]
        self.running.company.count({(self.product["id"], place): COUNTED})
        self._tell_by_hand()

    def _ring(self):
        [product] = self.odoo.find(
            "product.product",
            ["id", "=", self.product["id"]],
            fields=["lst_price"],
        )
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        price = product["lst_price"]
        line = {
            "product_id": self.product["id"],
            "qty": RUNG,
            "price_unit": price,
            "price_subtotal": RUNG * price,
            "price_subtotal_incl": RUNG * price,
            "discount": 0,
            "tax_ids": [(6, 0, [])],
            "pack_lot_ids": [],
            "uuid": str(uuid.uuid4()),
        }
        payment = {
            "amount": RUNG * price,
            "name": moment,
            "payment_method_id": self.card,
        }
        order = {
            "amount_paid": RUNG * price,
            "amount_return": 0,
            "amount_tax": 0,
            "amount_total": RUNG * price,
            "company_id": 1,
            "date_order": moment,
            "fiscal_position_id": False,
            "pricelist_id": False,
            "lines": [(0, 0, line)],
            "name": "Order",
            "partner_id": False,
            "session_id": self.session,
            "payment_ids": [(0, 0, payment)],
            "user_id": self.odoo.find_id("res.users", ["login", "=", "admin"]),
            "uuid": str(uuid.uuid4()),
            "to_invoice": False,
            "state": "paid",
        }
        self.odoo.call("pos.order", "sync_from_ui", [order])

    def _tell_by_hand(self):
        """The API of a shop is gone: one file was uploaded, the next one waits."""
        shop = next(
            each
            for each in self.running.channels
            if each.assortment.name == "Outlet Store"
        )
        shop.store.post("faults", kind="http_503", rate=1)
        house = self.running.company.warehouses["EAST"]["lot_stock_id"][0]
        goods = [each["id"] for each in self.running.products[2 : 2 + 2 * HANDFUL]]
        try:
            self._count(goods[:HANDFUL], house, 4)
            drills.carry_quantities(self.odoo, shop)
            self._count(goods[HANDFUL:], house, 3)
            self.odoo.call("channel.channel", "action_export_quantities", [shop.id])
        finally:
            shop.store.delete("faults")

    def _count(self, goods, place, units):
        self.running.company.count({(each, place): units for each in goods})
        self.running.wait(
            "what was counted is planned",
            lambda: (
                not self.running.database.value("SELECT count(*) FROM channel_change")
            ),
        )

    def age(self):
        for query in AGE:
            self.running.database.rows(query, hours=HOURS)
        cron_id = self.odoo.ref("channel_inventory_base.cron_metric")
        self.odoo.call("ir.cron", "method_direct_trigger", [cron_id])


def screens(scene, page, press):
    """As ``screenshots.screens``.

    :param page: function that turns to a page of a form's notebook
    :param press: function that makes a script which presses a button
    """
    odoo = scene.odoo
    channel = scene.running.channels[0].id
    told = odoo.find_id("channel.exception", ["category", "=", "unknown_sku"])
    hand = f"{BASE}channel_hand_upload_action"
    upload = odoo.find_id("channel.hand.upload", ["state", "=", "uploaded"])
    legacy = "/odoo/action-channel_inventory_coexistence."
    return {
        "rollout": (f"{BASE}channel_channel_action/{channel}", page("rollout")),
        "published-by-hand": hand,
        "published-by-hand-file": f"{hand}/{upload}",
        "till-counts": "/odoo/action-channel_inventory_pos.channel_till_count_action",
        "guide": (
            f"{BASE}channel_exception_action/{told}",
            press("action_open_guide"),
        ),
        "ownership": f"{legacy}channel_ownership_action",
    }
