"""What a demo does not show by itself: books, routing, parcels, refunds, dead letters.

Through the buttons and forms that people use. The first store invoices by delivery.
"""

from datetime import datetime, timezone

STEPS = 3
"""A delivery has no more than pick, pack and ship."""


class Scene:
    """``prepare`` before the shoppers come, ``play`` when there are orders."""

    def __init__(self, running):
        self.running, self.odoo = running, running.odoo
        self.channel_id = running.channels[0].id

    def prepare(self):
        bank = self.odoo.create(
            "account.journal", name="Card Payments", code="CARD", type="bank"
        )
        self.odoo.call(
            "channel.channel",
            "write",
            [self.channel_id],
            {
                "invoice_policy": "shipped",
                "payment_policy": "paid",
                "payment_journal_id": bank,
                "payment_map_ids": [(0, 0, {"gateway": "bogus", "journal_id": bank})],
                "reroute_confirmed": True,
                "duplicate_minutes": 10,
            },
        )
        self._make_routing_rules()
        self._report_from_3pl()

    def _make_routing_rules(self):
        houses = {
            code: each["id"] for code, each in self.running.company.warehouses.items()
        }
        europe = self.odoo.call(
            "res.country.group", "search", [["name", "ilike", "SEPA"]]
        )
        countries = []
        if europe:
            countries = self.odoo.call(
                "res.country.group", "read", europe, ["country_ids"]
            )
            countries = countries[0]["country_ids"][:6]
        for sequence, values in enumerate(
            (
                {
                    "name": "Big parcels of the west coast",
                    "zip_prefixes": "90, 91, 94",
                    "split": "together",
                    "candidate_ids": _candidates(
                        (houses["WEST"], 6), (houses["WH"], 11)
                    ),
                },
                {
                    "name": "Overseas from one place",
                    "country_ids": [(6, 0, countries)],
                    "split": "lines",
                    "split_cost": 9,
                    "split_limit": 20,
                    "candidate_ids": _candidates(
                        (houses["WH"], 18), (houses["EAST"], 21)
                    ),
                },
                {
                    "name": "Not to freight forwarders",
                    "zip_prefixes": "33166, 33172",
                    "outcome": "park",
                },
            ),
            start=1,
        ):
            self.odoo.create("channel.routing.rule", sequence=sequence, **values)

    def _report_from_3pl(self):
        house = self.odoo.create("stock.warehouse", name="3PL Ghent", code="3PL")
        self.odoo.call(
            "stock.warehouse", "write", [house], {"channel_authority": "external"}
        )
        products = [each["default_code"] for each in self.running.products[:9]]
        rows = [
            {"product": code, "on_hand": 12 + 5 * number, "damaged": number % 3}
            for number, code in enumerate(products)
        ]
        rows.append({"product": "NO-SUCH-SKU", "on_hand": 3})
        self.odoo.call(
            "channel.external.stock",
            "report",
            warehouse_id=house,
            as_of=datetime.now(timezone.utc).isoformat(),
            source="3PL",
            rows=rows,
        )

    # ------------------------------------------------------------------ play
    def play(self):
        """Ship three orders; one comes back and is paid back, one too generously."""
        orders = self.odoo.find(
            "channel.order",
            ["channel_id", "=", self.channel_id],
            ["stage", "=", "reserved"],
            fields=["sale_order_id"],
            limit=3,
            order="id",
        )
        shipped = [each["sale_order_id"][0] for each in orders]
        pickings = [self._ship(each, number) for number, each in enumerate(shipped)]
        self.running.wait(
            "parcels are told and invoiced", lambda: self._is_booked(shipped)
        )
        self._return(pickings[0])
        self._credit(shipped[0])
        self._credit(shipped[1], extra=500)
        self.running.wait("refunds are told", self._is_told)
        self.order_id = orders[0]["id"]
        self.running.wait("the order is fetched again", self._is_refunded)

    def _ship(self, sale_order_id, number):
        """Every step of the delivery. :return: the last transfer"""
        done = None
        for _step in range(STEPS):
            if not (picking := self._find_open(sale_order_id)):
                break
            values = {"carrier_tracking_ref": f"1Z999AA1012345678{number}"}
            self.odoo.call("stock.picking", "write", [picking], values)
            self.odoo.call(
                "stock.picking",
                "button_validate",
                [picking],
                context={"skip_backorder": True, "skip_sms": True},
            )
            done = picking
        return done

    def _find_open(self, sale_order_id):
        found = self.odoo.find(
            "stock.picking",
            ["sale_id", "=", sale_order_id],
            ["state", "=", "assigned"],
            limit=1,
        )
        return found[0]["id"] if found else None

    def _invoices(self, sale_order_ids):
        return self.odoo.find(
            "account.move",
            ["line_ids.sale_line_ids.order_id", "in", sale_order_ids],
            ["move_type", "=", "out_invoice"],
            ["state", "=", "posted"],
            fields=["journal_id"],
        )

    def _is_booked(self, sale_order_ids):
        return len(self._invoices(sale_order_ids)) >= len(sale_order_ids)

    def _is_told(self):
        waiting = self.odoo.find(
            "channel.message",
            ["channel_id", "=", self.channel_id],
            ["state", "not in", ["done", "dead", "void"]],
        )
        return not waiting

    def _is_refunded(self):
        return self.odoo.find("channel.refund", ["order_id", "=", self.order_id])

    def _return(self, picking_id):
        context = {"active_id": picking_id, "active_model": "stock.picking"}
        wizard = self.odoo.call(
            "stock.return.picking",
            "create",
            [{"picking_id": picking_id}],
            context=context,
        )
        lines = self.odoo.find(
            "stock.return.picking.line", ["wizard_id", "in", wizard], fields=["id"]
        )
        self.odoo.call(
            "stock.return.picking.line",
            "write",
            [lines[0]["id"]],
            {"quantity": 1},
        )
        action = self.odoo.call("stock.return.picking", "action_create_returns", wizard)
        self.odoo.call("stock.picking", "button_validate", [action["res_id"]])

    def _credit(self, sale_order_id, extra=0):
        """A credit note of the invoice; with ``extra`` it is more than was paid."""
        [invoice] = self._invoices([sale_order_id])
        context = {"active_model": "account.move", "active_ids": [invoice["id"]]}
        wizard = self.odoo.call(
            "account.move.reversal",
            "create",
            [{"journal_id": invoice["journal_id"][0]}],
            context=context,
        )
        action = self.odoo.call("account.move.reversal", "refund_moves", wizard)
        lines = self.odoo.find(
            "account.move.line",
            ["move_id", "=", action["res_id"]],
            ["display_type", "=", "product"],
            fields=["price_unit"],
        )
        if extra:
            price = lines[0]["price_unit"] + extra
            vals = {"invoice_line_ids": [(1, lines[0]["id"], {"price_unit": price})]}
            self.odoo.call("account.move", "write", [action["res_id"]], vals)
        self.odoo.call("account.move", "action_post", [action["res_id"]])


def _candidates(*pairs):
    return [
        (0, 0, {"warehouse_id": house, "cost": cost, "sequence": number})
        for number, (house, cost) in enumerate(pairs, start=1)
    ]
