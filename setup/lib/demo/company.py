"""Make the demo's database look like a distributor's: warehouses, stock, people."""

from . import store as demo_store

ROLES = ("user", "operator", "manager", "auditor")
# What each of them may do besides, to see sale orders and stock as people in that
# position do.
ALSO = {
    "user": ("sales_team.group_sale_salesman_all_leads", "stock.group_stock_user"),
    "operator": ("sales_team.group_sale_salesman_all_leads", "stock.group_stock_user"),
    "manager": ("sales_team.group_sale_manager", "stock.group_stock_manager"),
    "auditor": (),
}
VAT = 21.0
CAP = 40
"""No channel shows more of anything."""
INVENTORY = {"inventory_mode": True}


class Company:
    """The demo's company in Odoo. ``warehouses``: code -> id and stock location."""

    def __init__(self, odoo):
        self.odoo = odoo
        self.warehouses = {"WH": self._read_warehouse(["code", "=", "WH"])}

    def furnish(self, products):
        """Two more warehouses, stock everywhere, a tax, rules and users."""
        for name, code in (("East", "EAST"), ("West", "WEST")):
            warehouse_id = self.odoo.create("stock.warehouse", name=name, code=code)
            self.warehouses[code] = self._read_warehouse(["id", "=", warehouse_id])
        self._stock(products)
        self._make_rules()
        self._make_users()
        self._ask_nothing()
        self.tax_id = self._make_tax()

    def _read_warehouse(self, condition):
        fields = ["id", "lot_stock_id", "display_name"]
        return self.odoo.find("stock.warehouse", condition, fields=fields)[0]

    def _stock(self, products):
        # what has a lot cannot be counted without one
        plain = [each["id"] for each in products if each["tracking"] == "none"]
        places = {
            code: each["lot_stock_id"][0] for code, each in self.warehouses.items()
        }
        counted = {
            (product, places["EAST"]): 9 + index % 20
            for index, product in enumerate(plain)
        }
        for index, product in enumerate(plain[::2]):
            counted[product, places["WEST"]] = 6 + index % 11
        for product, owed in self._find_scarce(plain).items():
            counted[product, places["WH"]] = owed + 60
        self.count(counted)

    def _find_scarce(self, products):
        """Of which the main warehouse has less than its open deliveries need.

        :return: {product id: what those need}
        """
        found = self.odoo.find(
            "product.product",
            ["id", "in", products],
            fields=["qty_available", "outgoing_qty"],
            context={"warehouse_id": self.warehouses["WH"]["id"]},
        )
        return {
            each["id"]: each["outgoing_qty"]
            for each in found
            if each["qty_available"] - each["outgoing_qty"] < 10
        }

    def count(self, quantities):
        """Count shelves: {(product id, location id): quantity}."""
        quants = [
            {
                "product_id": product,
                "location_id": location,
                "inventory_quantity_auto_apply": quantity,
            }
            for (product, location), quantity in quantities.items()
        ]
        self.odoo.call("stock.quant", "create", quants, context=INVENTORY)

    def _make_rules(self):
        """For all channels; each channel has one of its own besides."""
        found = self.odoo.find(
            "product.product",
            ["default_code", "=", demo_store.PACK_OF],
            fields=["categ_id"],
        )
        category_id = found[0]["categ_id"][0]
        make_rule(self.odoo, kind="fixed", value=1)
        make_rule(self.odoo, kind="cap", value=CAP)
        make_rule(self.odoo, kind="threshold", value=1, categ_id=category_id)

    def propose_rules(self, operator, channel_ids):
        """What an operator has thought of, for a manager to look at and approve.

        :param operator: Rpc of somebody who may not approve it himself
        """
        group_id = self.odoo.create(
            "channel.allocation.group",
            name="Scarce goods",
            member_ids=[
                (0, 0, {"channel_id": channel_id, "weight": weight})
                # the first store splits its warehouses, the others have all in one
                for weight, channel_id in enumerate(reversed(channel_ids[1:]), start=1)
            ],
        )
        self.odoo.call("channel.allocation.group", "action_activate", [group_id])
        scarce = operator.create(
            "channel.rule",
            kind="exclusive",
            value=5,
            allocation_group_id=group_id,
            reason="The last five of anything were sold twice in November",
        )
        more_kept_back = operator.find_id(
            "channel.rule", ["kind", "=", "fixed"], ["state", "=", "active"]
        )
        operator.call("channel.rule", "write", [more_kept_back], {"value": 2})
        operator.call("channel.rule", "action_propose", [scarce, more_kept_back])
        operator.call(
            "channel.allocation.group", "write", [group_id], {"basis": "sales"}
        )
        operator.call("channel.allocation.group", "action_propose", [group_id])

    def _make_users(self):
        """Who works with channels lands on their dashboard; the worker in the warehouse
        has rights on stock and nothing else."""
        home = self.odoo.ref("channel_inventory_base.channel_channel_dashboard_action")
        for role in ROLES:
            groups = (f"channel_inventory_base.group_channel_{role}", *ALSO[role])
            self._make_user(role, groups, action_id=home)
        self._make_user("worker", ("stock.group_stock_user",))
        admin = self.odoo.find_id("res.users", ["login", "=", "admin"])
        self.odoo.call("res.users", "write", [admin], {"action_id": home})

    def _make_user(self, login, groups, **values):
        self.odoo.create(
            "res.users",
            name=f"Demo {login.capitalize()}",
            login=login,
            password=login,
            group_ids=[(4, self.odoo.ref(group)) for group in groups],
            **values,
        )

    def _ask_nothing(self):
        """No text message is offered with each delivery."""
        companies = [row["id"] for row in self.odoo.find("res.company")]
        values = {"stock_text_confirmation": False}
        self.odoo.call("res.company", "write", companies, values)

    def _make_tax(self):
        """European shoppers pay a tax that is in the price."""
        group = self.odoo.create("account.tax.group", name=f"VAT {VAT:g}%")
        return self.odoo.create(
            "account.tax",
            tax_group_id=group,
            name=f"VAT {VAT:g}% (in the price)",
            amount=VAT,
            amount_type="percent",
            type_tax_use="sale",
            price_include_override="tax_included",
        )


def make_rule(odoo, **terms):
    """:return: id of a rule that is in effect"""
    rule_id = odoo.create("channel.rule", **terms)
    odoo.call("channel.rule", "action_activate", [rule_id])
    return rule_id
