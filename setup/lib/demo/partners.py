"""Trading partners of the demo: BigMart, a retailer, and Dock9, which keeps a warehouse
for us. Both exchange files with Odoo through an SFTP server of the sandbox.

BigMart buys what our stock documents show. Half of it is in Dock9's warehouse, which
picks and ships what Odoo tells it to, and reports that; Odoo books it.
"""

import time

from .processes import DemoError
from .rpc import Store

GOODS = 12
"""So many of the demo's products are sold to BigMart and kept by Dock9."""
PIECES = 120
CARRIER = "UPSN"
PLACES = {
    # known by its address, and by its code only
    "DC07": {
        "name": "BigMart DC 07",
        "street": "700 Depot Road",
        "city": "Joliet",
        "state": "IL",
        "zip": "60431",
    },
    "DC12": {"name": "BigMart DC 12"},
}
BY_CODE = "DC12"
SECONDS_BETWEEN_ORDERS = 12
SECONDS_TO_SHIP = 6
SECONDS_BETWEEN_COUNTS = 25
SECONDS_BETWEEN_LOOKS = 3
MINUTES_BETWEEN_NUMBERS = 1


class NoPartners:
    """Stores alone."""

    ids, channel_ids = {}, ()

    def __init__(self, *_all):
        pass

    def connect(self, wait):
        pass

    def shop(self):
        pass

    def stop_shopping(self):
        pass

    def step(self):
        pass

    def waiting(self):
        return []

    def compare(self):
        return []

    def count_documents(self):
        return {}


class Partners:
    """:cvar owner: login of the owner of exceptions
    :param start: function (seed) that starts the sandbox and returns the address of
    its control interface"""

    owner = "operator"

    def __init__(self, odoo, database, company, products, start):
        self.odoo, self.database, self.company = odoo, database, company
        plain = [each for each in products if each["tracking"] == "none"]
        self.goods = plain[:GOODS]
        self.store = Store(start(_make_seed(self.goods)))
        self.sftp = self.store.get("state")["sftp"]
        # {name in the sandbox: id of the channel}
        self.ids = {}
        self.buys, self._count, self._places_linked = False, 0, False
        self._bought_at = self._looked_at = self._counted_at = 0.0

    @property
    def channel_ids(self):
        return sorted(self.ids.values())

    # --- setting up ------------------------------------------------------------

    def connect(self, wait):
        """As a manager would: contacts, agreements, mailboxes, a warehouse."""
        self.connect_warehouse()
        self._connect_bigmart([self.house["id"]])
        wait("BigMart has the first stock document", self.shows_numbers)

    def connect_warehouse(self):
        """Dock9, live; BigMart may come later."""
        self._make_warehouse()
        self._connect_dock9()

    def begin_retailer(self):
        """BigMart, with its agreement and products, not live yet."""
        self._connect_bigmart([self.house["id"]], live=False)

    def _make_warehouse(self):
        house = self.odoo.create("stock.warehouse", name="Dock9 Atlanta", code="D9ATL")
        [found] = self.odoo.find(
            "stock.warehouse",
            ["id", "=", house],
            fields=["id", "lot_stock_id", "view_location_id", "display_name"],
        )
        self.house = found
        stock = found["lot_stock_id"][0]
        self.company.count({(each["id"], stock): PIECES for each in self.goods})
        self.odoo.create(
            "stock.location",
            name="Damaged",
            location_id=found["view_location_id"][0],
            own_stock_state="damaged",
        )

    def _connect_dock9(self, live=True):
        self._make("dock9", "Dock9", "warehouse", ("940",), street="8 Terminal Way")
        self.odoo.call(
            "stock.warehouse",
            "write",
            [self.house["id"]],
            {
                "edi_channel_id": self.ids["dock9"],
                "edi_carrier": CARRIER,
                "channel_authority": "reported",
            },
        )
        self._press("dock9", "action_prepare")
        if live:
            self._press("dock9", "action_go_live")

    def _connect_bigmart(self, warehouse_ids, live=True, **settings):
        agreement = self._make(
            "bigmart",
            "BigMart",
            "retailer",
            ("855", "856", "846"),
            street="702 Main Street",
            sscc_prefix="10614141",
            carrier_code=CARRIER,
        )
        channel = self.ids["bigmart"]
        self.odoo.call(
            "channel.channel",
            "write",
            [channel],
            {
                "confirm_policy": "always",
                "charges_no_tax": True,
                "send_acceptances": True,
                "send_shipments": True,
                "publish_minutes": MINUTES_BETWEEN_NUMBERS,
                **settings,
            },
        )
        self.odoo.create(
            "channel.node",
            channel_id=channel,
            name="All that BigMart gets",
            external_id="1",
            warehouse_ids=[(6, 0, warehouse_ids)],
        )
        wizard = self.odoo.create(
            "channel.edi.products",
            channel_id=channel,
            product_ids=[(6, 0, [each["id"] for each in self.goods])],
        )
        self.odoo.call("channel.edi.products", "action_add", [wizard])
        self._press("bigmart", "action_prepare")
        if live:
            self._press("bigmart", "action_go_live")
        return agreement

    def _make(self, partner, name, role, told, street, **values):
        """Channel, contact, mailbox and agreement; tested. :return: the agreement"""
        config = self.store.get(f"{partner}/config")
        operator = self.odoo.find_id("res.users", ["login", "=", self.owner])
        channel = self.odoo.create(
            "channel.channel",
            name=name,
            channel_type="edi",
            edi_role=role,
            poll_minutes=1,
            exception_user_id=operator,
        )
        self.ids[partner] = channel
        usa = self.odoo.find_id("res.country", ["code", "=", "US"])
        contact = self.odoo.create(
            "res.partner",
            name=name,
            is_company=True,
            street=street,
            city="Bentonville",
            zip="72712",
            country_id=usa,
        )
        mailbox = self.odoo.create(
            "channel.edi.mailbox",
            name=f"{name} SFTP",
            channel_id=channel,
            kind="sftp",
            host="127.0.0.1",
            port=self.sftp["port"],
            username=config["user"],
            incoming="/out",
            outgoing="/in",
            ready_when="named",
        )
        # the server shows its key; a manager compares it with the partner's letter
        values_of_box = {"host_key": self.sftp["host_key"], "password": "sandbox"}
        self.odoo.call("channel.edi.mailbox", "write", [mailbox], values_of_box)
        self.odoo.call("channel.edi.mailbox", "action_test", [mailbox])
        (their_qualifier, their_id), (our_qualifier, our_id) = (
            config["identity"],
            config["us"],
        )
        agreement = self.odoo.create(
            "channel.edi.agreement",
            name=name,
            channel_id=channel,
            partner_id=contact,
            mailbox_id=mailbox,
            their_qualifier=their_qualifier,
            their_id=their_id,
            our_qualifier=our_qualifier,
            our_id=our_id,
            their_group_id=config["group"],
            our_group_id=config["us_group"],
            group_version=config["version"],
            tz=config["zone"],
            document_ids=[(0, 0, {"direction": "out", "kind": kind}) for kind in told],
            **values,
        )
        self._press(partner, "action_test_connection")
        return agreement

    def _press(self, partner, action):
        return self.odoo.call("channel.channel", action, [self.ids[partner]])

    # --- living ----------------------------------------------------------------

    def shop(self):
        self.buys = True

    def stop_shopping(self):
        self.buys = False

    def step(self):
        """What is due by now. :return: what, in words; None for nothing"""
        now = time.monotonic()
        if now - self._looked_at > SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            self.look()
            self._link_places()
        if now - self._counted_at > SECONDS_BETWEEN_COUNTS:
            self._counted_at = now
            self.store.post("dock9/do/report")
        if self.buys and now - self._bought_at > SECONDS_BETWEEN_ORDERS:
            self._bought_at = now
            return self._buy()
        return None

    def _buy(self):
        """By an address, every third time by the code of a place."""
        self._count += 1
        place = {"ship_to": BY_CODE} if self._count % 3 == 0 else {}
        try:
            self.store.post("bigmart/do/buy", **place)
        except DemoError as error:
            # the shops may have bought it all
            return f"BigMart: {error}"
        return "BigMart has ordered"

    def look(self):
        """An operator looks for new files; Odoo does so by itself once a minute."""
        boxes = self.odoo.find(
            "channel.edi.mailbox", ["channel_id", "in", self.channel_ids]
        )
        for box in boxes:
            self.odoo.call("channel.edi.mailbox", "action_receive", [box["id"]])

    def _link_places(self):
        """An operator tells once which contact is the place that orders name."""
        orders = self.odoo.find(
            "channel.order",
            ["channel_id", "=", self.ids["bigmart"]],
            ["state", "=", "blocked"],
        )
        if self._places_linked or not orders:
            return
        self._places_linked = True
        action = self.odoo.call("channel.order", "action_link_place", [orders[0]["id"]])
        usa = self.odoo.find_id("res.country", ["code", "=", "US"])
        place = PLACES["DC07"]
        contact = self.odoo.create(
            "res.partner",
            name=PLACES[BY_CODE]["name"],
            street="12 Harbor Drive",
            city=place["city"],
            zip=place["zip"],
            country_id=usa,
        )
        wizard = action["res_id"]
        values = {"partner_id": contact}
        self.odoo.call("channel.place.link", "write", [wizard], values)
        self.odoo.call("channel.place.link", "action_confirm", [wizard])

    def shows_numbers(self):
        shown = self.store.get("bigmart/truth")["shown"]
        return any(each for each in shown.values())

    # --- what is told ----------------------------------------------------------

    def waiting(self):
        """:return: list of words: what waits in a folder, in Odoo or on its way"""
        partners = self.store.get("state")["partners"]
        found = [f"files for {name}" for name, each in partners.items() if each["out"]]
        rows = self.database.rows(
            """
            SELECT what, count(*) FROM (
                SELECT 'files to read' AS what FROM channel_edi_file
                 WHERE state = 'new'
                UNION ALL
                SELECT 'documents ' || CASE WHEN state IN ('new', 'ready', 'framed')
                                            THEN state ELSE 'not acknowledged' END
                  FROM channel_edi_document
                 WHERE state IN ('new', 'ready', 'framed') OR ack_state = 'awaiting'
                UNION ALL
                SELECT 'interchanges ' || state FROM channel_edi_interchange
                 WHERE direction = 'out' AND state IN ('ready', 'sending')
                UNION ALL
                SELECT 'events' FROM channel_inbox_event
                 WHERE channel_id = ANY(%(ids)s) AND state = 'new'
                UNION ALL
                SELECT 'orders to import' FROM channel_order
                 WHERE channel_id = ANY(%(ids)s) AND state = 'captured'
            ) found GROUP BY what ORDER BY what
            """,
            ids=self.channel_ids,
        )
        return [*found, *(f"{count} {what} of partners" for what, count in rows)]

    def count_documents(self):
        """:return: {kind: how many were processed or sent}"""
        return dict(
            self.database.rows(
                """
                SELECT kind, count(*) FROM channel_edi_document
                 WHERE state IN ('done', 'sent') GROUP BY 1 ORDER BY 1
                """
            )
        )

    def compare(self):
        """What differs between the partners' own records and Odoo's, in words."""
        truth = self.store.get("truth")
        return [
            *self._compare_stock(truth["dock9"]["stock"]),
            *self._compare_numbers(truth["bigmart"]["shown"]),
            *self._compare_orders(truth["bigmart"]["orders"]),
            *self._list_charges(),
            *self._list_stuck(),
        ]

    def _compare_stock(self, stock):
        rows = self.database.rows(
            """
            SELECT product.default_code, sum(quant.quantity)
              FROM stock_quant quant
              JOIN product_product product ON product.id = quant.product_id
              JOIN stock_location place ON place.id = quant.location_id
              JOIN stock_location house ON house.id = %s
             WHERE place.parent_path LIKE house.parent_path || '%%'
             GROUP BY 1
            """,
            self.house["view_location_id"][0],
        )
        ours = {sku: int(quantity) for sku, quantity in rows}
        return [
            f"Dock9 has {each['total']} of {sku}, Odoo {ours.get(sku, 0)}"
            for sku, each in stock.items()
            if each["total"] != ours.get(sku, 0)
        ]

    def _compare_numbers(self, shown):
        rows = self.database.rows(
            """
            SELECT listing.sku, level.target
              FROM channel_level level
              JOIN channel_listing listing ON listing.id = level.listing_id
             WHERE level.channel_id = %s
            """,
            self.ids["bigmart"],
        )
        return [
            f"BigMart: {sku} shows {shown[sku]}, Odoo {target}"
            for sku, target in rows
            if shown[sku] != target
        ]

    def _compare_orders(self, orders):
        rows = self.database.rows(
            """
            SELECT known.name, known.state, sale.state
              FROM channel_order known
              LEFT JOIN sale_order sale ON sale.channel_order_id = known.id
             WHERE known.channel_id = %s
            """,
            self.ids["bigmart"],
        )
        found = {}
        for name, *states in rows:
            found.setdefault(name, []).append(states)
        problems = []
        for po, order in orders.items():
            copies = found.pop(po, [])
            if copies != [["imported", "sale"]]:
                problems.append(f"BigMart: order {po} is in Odoo as {copies}")
            elif not order["answered"]:
                problems.append(f"BigMart: order {po} was not answered")
        return problems + [f"BigMart has no order {name}" for name in found]

    def _list_charges(self):
        return [
            f"{partner} charges for {each['rule']}: {each['document']} {each['reason']}"
            for partner in self.ids
            for each in self.store.get(f"{partner}/ledger")["entries"]
        ]

    def _list_stuck(self):
        rows = self.database.rows(
            """
            SELECT kind || ' ' || COALESCE(business_key, '') || ': '
                   || COALESCE(error, ack_state, state)
              FROM channel_edi_document
             WHERE state IN ('held', 'parked', 'refused', 'dead')
                OR ack_state IN ('overdue', 'rejected', 'unclear')
            """
        )
        return [f"document {words}" for [words] in rows]


def _make_seed(goods):
    return {
        "bigmart": {
            "settings": {"lead_days": 0},
            "items": [
                {
                    "sku": each["default_code"],
                    "title": each["name"],
                    "price": f"{each['lst_price']:.2f}",
                    **_barcode(each),
                }
                for each in goods
            ],
            "places": PLACES,
        },
        "dock9": {
            "settings": {
                "pick_seconds": SECONDS_TO_SHIP,
                "ship_seconds": 0,
                # trucks are on the road for longer than anybody looks
                "transit_hours": 1000,
                "report_at": None,
            },
            "articles": [
                {
                    "sku": each["default_code"],
                    "title": each["name"],
                    "quantity": PIECES,
                    **_barcode(each),
                }
                for each in goods
            ],
        },
    }


def _barcode(product):
    """The sandbox makes one up where a product has none."""
    return {"upc": product["barcode"]} if product["barcode"] else {}
