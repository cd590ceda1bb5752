"""What a demo does not show of the apps: a reconciliation that finds something, a
payout on its way to the bank, stock held by a quotation, a legacy system in shadow."""

import contextlib
from datetime import datetime, timedelta, timezone

from demo.rpc import Refused

BASE = "/odoo/action-channel_inventory_base."
RAISED = 7
"""Units that a person adds in the shop."""
SOLD = 4
"""Units of the quotation that holds stock."""
GATEWAY = "shopify_payments"
PAID = 3
"""Orders that the store's own gateway is paid for."""
ACCOUNTS = {"fee": "expense", "reserve": "asset_current", "chargeback": "asset_current"}


class AppsScene:
    """``prepare`` before the shoppers come, ``play`` when there are orders."""

    def __init__(self, running):
        self.running, self.odoo = running, running.odoo
        self.channel = running.channels[0]
        self.product = running.products[0]

    def prepare(self):
        for number, (kind, account_type) in enumerate(ACCOUNTS.items()):
            account = self.odoo.create(
                "account.account",
                name=f"Card payments: {kind}",
                code=f"98{number}000",
                account_type=account_type,
            )
            self.odoo.create(
                "channel.settlement.account", kind=kind, account_id=account
            )
        bank = self.odoo.create(
            "account.journal", name="Shopify Payments", code="SPAY", type="bank"
        )
        values = {"gateway": GATEWAY, "journal_id": bank}
        self.odoo.call(
            "channel.channel",
            "write",
            [self.channel.id],
            {"payment_map_ids": [(0, 0, values)]},
        )
        for sku, _place in list(self._find_shown())[:PAID]:
            self.channel.store.post(
                "checkout", lines={sku: 1}, payment="paid", gateway=GATEWAY
            )

    def play(self):
        self._edit_in_the_shop()
        self._pay_out()
        self.quotation = self._hold_for_a_quotation()
        self.shadow_house = self._report_in_shadow()
        self.cut_over = self.odoo.create(
            "channel.cut.over", warehouse_id=self.shadow_house, authority="external"
        )
        self.running.wait("reconciliation has an end", self.run)
        self.running.wait("the payout is matched", self.settlement)

    def _edit_in_the_shop(self):
        """Somebody sets a number in the shop's own screen, and we look."""
        sku, place = next(self._find_shown())
        self.channel.store.post("inventory", sku=sku, location=place, delta=RAISED)
        self.channel.press("action_reconcile")

    def _find_shown(self):
        """What can be bought: pairs (SKU, place)."""
        return (key for key, number in self.channel.shown().items() if number > 0)

    def run(self):
        """:return: id of the latest run of levels by hand that has ended"""
        return self._latest(
            "channel.reconcile.run",
            ["channel_id", "=", self.channel.id],
            ["kind", "=", "levels"],
            ["state", "=", "done"],
        )

    def _pay_out(self):
        self.channel.store.post("payouts")
        # who may decide about money is asked for by name
        group = self.odoo.ref("channel_settlement.group_channel_accountant")
        me = self.odoo.find_id("res.users", ["login", "=", "admin"])
        self.odoo.call("res.users", "write", [me], {"group_ids": [(4, group)]})
        self.odoo.call("channel.settlement", "action_fetch", [])

    def settlement(self):
        """:return: id of the payout, once it is read and matched"""
        return self._latest(
            "channel.settlement",
            ["channel_id", "=", self.channel.id],
            ["state", "!=", "new"],
        )

    def _hold_for_a_quotation(self):
        partner = self.odoo.find("res.partner", ["is_company", "=", True], limit=1)
        line = {"product_id": self.product["id"], "product_uom_qty": SOLD}
        order = self.odoo.create(
            "sale.order", partner_id=partner[0]["id"], order_line=[(0, 0, line)]
        )
        self.odoo.call("sale.order", "action_channel_hold", [order])
        return order

    def _report_in_shadow(self):
        """Another system counts the East, too, and does not always agree."""
        house = self.odoo.find_id("stock.warehouse", ["code", "=", "EAST"])
        self.odoo.call("stock.warehouse", "write", [house], {"channel_compares": True})
        moment = datetime.now(timezone.utc) - timedelta(minutes=2)
        rows = [
            {
                "product": each["default_code"],
                "on_hand": 9 + number % 20,
                "allocated": number % 3,
            }
            for number, each in enumerate(self.running.products[:12])
        ]
        self.odoo.call(
            "channel.external.stock",
            "report",
            warehouse_id=house,
            as_of=moment.isoformat(),
            source="Legacy ERP",
            rows=rows,
        )
        return house

    def _latest(self, model, *conditions):
        with contextlib.suppress(Refused):
            found = self.odoo.find(model, *conditions, limit=1, order="id desc")
            return found and found[0]["id"]
        return None


def screens(scene, press):
    """As ``screenshots.screens``.

    :param press: function that makes a script which presses a button
    """
    recon = "/odoo/action-channel_reconciliation."
    money = "/odoo/action-channel_settlement."
    api = "/odoo/action-channel_connector_api."
    past = "/odoo/action-channel_inventory_history.channel_past_action"
    legacy = "/odoo/action-channel_inventory_coexistence."
    sold = "/odoo/action-channel_inventory_promise.channel_quote_hold_action"
    quotation = "/odoo/action-sale.action_quotations_with_onboarding"
    return {
        "reconcile-runs": f"{recon}channel_reconcile_run_action",
        "reconcile-run": f"{recon}channel_reconcile_run_action/{scene.run()}",
        "reconcile-differences": f"{recon}channel_reconcile_difference_action",
        "reconcile-days": f"{recon}channel_reconcile_day_action",
        "reconcile-policies": f"{recon}channel_reconcile_policy_action",
        "exposure": f"{recon}channel_exposure_action",
        "settlements": f"{money}channel_settlement_action",
        "settlement": f"{money}channel_settlement_action/{scene.settlement()}",
        "settlement-lines": f"{money}channel_settlement_line_match_action",
        "payments-not-settled": f"{money}channel_clearing_item_action",
        "order-margin": f"{money}channel_order_margin_action",
        "api-keys": f"{api}channel_api_key_action",
        "quotation": f"{quotation}/{scene.quotation}",
        "quotation-holds": sold,
        "at-date": past,
        "levels-at-date": (past, press("action_show_levels")),
        "positions-at-date": (past, press("action_show_positions")),
        "shadow": f"{legacy}channel_shadow_action",
        "cut-over": f"{legacy}channel_cut_over_action/{scene.cut_over}",
        "guides": f"{BASE}channel_guide_action",
    }
