"""``setup/demo --drill NAME``: an incident, and the runbook followed through it.

*outage*: the API of a shop is gone for longer than the shop repeats its webhooks, which
the sandbox compresses to a minute, while its shoppers buy on. An operator carries
orders in and quantities out by hand, as ``docs/runbook.md`` tells; then the API is
back. In the end nothing may be lost or there twice, and the other shop must have
noticed nothing.
"""

import base64
import csv
import io
import json
import time

from . import check as demo_check
from . import store as demo_store
from .life import pace
from .processes import DemoError

ORDERS_A_MINUTE = 12
SECONDS_DOWN = 80
"""Longer than the minute for which the sandbox repeats webhooks."""
SECONDS_TO_TELL = 90
"""From the fall until the dashboard says so."""
BEHIND = 5.0
"""Seconds, at the 95th percentile: the numbers of the other shop meanwhile."""
TITLES = ("Id", "Name", "Created at", "Lineitem sku", "Lineitem quantity")


class Outage:
    """The shop that falls is the second one; the first one goes on."""

    cast = demo_store.Cast(demo_store.stores("Demo Store", "Outlet Store"))

    def __init__(self, demo, say):
        self.demo, self.odoo, self.say = demo, demo.odoo, say
        self.well, self.down = demo.channels

    def run(self):
        """:return: exit code; the summary is printed as the last line"""
        self.demo.furnish()
        for channel in self.demo.channels:
            self.say(f"connect {channel.assortment.name}")
            channel.connect(self.demo.wait)
        self.demo.shop(rate=ORDERS_A_MINUTE, count=2)
        pace(10, self.demo.check)
        began = self.demo.database.value("SELECT clock_timestamp() AT TIME ZONE 'UTC'")
        fell = time.monotonic()
        self._fall()
        told = self._wait_until_told(fell)
        brought, carried = self._work_by_hand()
        pace(max(0, SECONDS_DOWN - (time.monotonic() - fell)), self.demo.check)
        faults = self._judge_other(began)
        self._come_back()
        faults += [*demo_check.settle(self.demo), *self._list_left()]
        for each in faults:
            self.say(f"  {each}")
        summary = {
            "seconds_to_tell": round(told, 1),
            "orders_by_hand": brought,
            "quantities_by_hand": carried,
            "orders": self._count_orders(),
            "faults": len(faults),
        }
        print(json.dumps(summary), flush=True)
        return 1 if faults else 0

    # --- what happens -----------------------------------------------------------------

    def _fall(self):
        self.say(f"the API of {self.down.assortment.name} is gone")
        self.down.store.post("faults", kind="http_503", rate=1)
        self.down.store.post("webhook-faults", drop=1)

    def _come_back(self):
        self.demo.stop_shopping()
        self.say("the API is back")
        self.down.store.delete("faults")
        self.down.store.post("webhook-faults", drop=0)

    def _wait_until_told(self, fell):
        """:return: seconds until the dashboard says that the shop does not respond"""

        def is_told():
            [row] = self.odoo.find(
                "channel.channel", ["id", "=", self.down.id], fields=["failing_since"]
            )
            return row["failing_since"]

        self.demo.wait("the dashboard says so", is_told, SECONDS_TO_TELL)
        return time.monotonic() - fell

    # --- what an operator does --------------------------------------------------------

    def _work_by_hand(self):
        """The shop's orders come in, then its quantities go out, both as files.

        :return: (orders that were new, quantities uploaded)
        """
        self.down.store.post("shoppers/stop")
        before = self._count_orders()
        self._bring_orders()
        self.demo.wait(
            "the orders of the file hold their goods",
            lambda: not self._count_unread() and self._is_planned(),
        )
        brought = self._count_orders() - before
        carried = self._carry_quantities()
        self.down.store.post("shoppers/start", rate=ORDERS_A_MINUTE, count=2)
        if not brought:
            raise DemoError("no order came by hand: that proves nothing")
        return brought, carried

    def _bring_orders(self):
        """What the shop's own page exports."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(TITLES)
        for order in self.down.store.get("orders")["orders"]:
            head = order["id"], order["name"], order["created_at"]
            for line in order["line_items"]:
                writer.writerow((*head, line["sku"], line["quantity"]))
                # only the first row has what is of the order
                head = "", order["name"], ""
        wizard = self.odoo.create(
            "channel.order.upload",
            channel_id=self.down.id,
            name="orders_export.csv",
            data=base64.b64encode(text.getvalue().encode()).decode(),
        )
        self.odoo.call("channel.order.upload", "action_import", [wizard])

    def _carry_quantities(self):
        rows = carry_quantities(self.odoo, self.down)
        self.say(f"      {len(rows)} quantities were uploaded by hand")
        return len(rows)

    # --- what is looked at ------------------------------------------------------------

    def _count_orders(self):
        return self.demo.database.value(
            "SELECT count(*) FROM channel_order WHERE channel_id = %s", self.down.id
        )

    def _count_unread(self):
        return self.demo.database.value(
            "SELECT count(*) FROM channel_inbox_event "
            "WHERE channel_id = %s AND state = 'new'",
            self.down.id,
        )

    def _is_planned(self):
        return not self.demo.database.value("SELECT count(*) FROM channel_change")

    def _judge_other(self, began):
        """The numbers of the other shop went out as ever."""
        shown = {each for each, *_rest in self._list_levels(self.well)}
        taken = sorted(
            seconds
            for seconds, _tries, sku, node in demo_check.acknowledged(self.demo, began)
            if (sku, node) in shown
        )
        behind = demo_check.percentile(taken, 95)
        self.say(f"      meanwhile {len(taken)} numbers of the other, p95 {behind} s")
        if not taken or behind > BEHIND:
            return [f"the other shop's numbers took {behind} s, not {BEHIND} s"]
        return []

    def _list_levels(self, channel):
        rows = self.demo.database.rows(
            """
            SELECT listing.sku, node.name FROM channel_listing listing
              JOIN channel_node node ON node.channel_id = listing.channel_id
             WHERE listing.channel_id = %s
            """,
            channel.id,
        )
        return [(tuple(row),) for row in rows]

    def _list_left(self):
        """What should have ended with the outage. :return: list of words"""
        rows = self.demo.database.rows(
            """
            SELECT 'told by hand and not confirmed: level ' || level_id
              FROM channel_hand_upload_line WHERE state = 'told'
             UNION ALL
            SELECT 'still an outage: ' || message FROM channel_outage
             UNION ALL
            SELECT 'exception ' || category || ': ' || message
              FROM channel_exception
             WHERE state = 'open' AND category IN ('health', 'drift', 'malformed')
             UNION ALL
            SELECT 'not complete: ' || name FROM channel_order WHERE NOT complete
            """
        )
        return [words for [words] in rows]


def carry_quantities(odoo, channel):
    """Take the file that Odoo exports to the shop's own page. :return: its rows"""
    action = odoo.call("channel.channel", "action_export_quantities", [channel.id])
    [upload] = odoo.find(
        "channel.hand.upload", ["id", "=", action["res_id"]], fields=["data"]
    )
    text = base64.b64decode(upload["data"]).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    for row in rows:
        channel.store.post(
            "inventory",
            sku=row["SKU"],
            location=row["Location"],
            quantity=int(row["Quantity"]),
        )
    odoo.call("channel.hand.upload", "action_uploaded", [action["res_id"]])
    return rows


DRILLS = {"outage": Outage}
