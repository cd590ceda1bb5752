# SPDX-License-Identifier: AGPL-3.0-or-later
import json

from lxml import etree

from odoo.tests import TransactionCase, tagged

XML_IDS = ("dashboard_business", "dashboard_technical")


def chains(node):
    """All models and the fields that a dashboard reads of them."""
    if isinstance(node, dict):
        model = node.get("model") or node.get("metaData", {}).get("resModel")
        if model:
            yield model, node
        for value in node.values():
            yield from chains(value)
    elif isinstance(node, list):
        for value in node:
            yield from chains(value)


@tagged("post_install", "-at_install")
class TestDashboards(TransactionCase):
    """A dashboard is data: what it names has to be there, whatever is installed."""

    def test_everything_that_is_named_is_there(self):
        for xml_id in XML_IDS:
            dashboard = self.env.ref(f"channel_inventory_dashboard.{xml_id}")
            data = json.loads(dashboard.spreadsheet_data)
            found = list(chains(data))
            self.assertGreater(len(found), 4)
            for model, node in found:
                with self.subTest(f"{xml_id}: {model}: {node.get('name')}"):
                    self._check_fields(self.env[model], node, data)

    def _check_fields(self, records, node, data):
        meta = node.get("metaData", {})
        names = [each["fieldName"] for each in node.get("measures", [])]
        names += [each["fieldName"] for each in node.get("rows", [])]
        names += [each["fieldName"] for each in node.get("columns", [])]
        names += [name.split(":")[0] for name in meta.get("groupBy", [])]
        names += [meta["measure"]] if meta else []
        names += [each["chain"] for each in node.get("fieldMatching", {}).values()]
        for name in names:
            self.assertIn(name, {*records._fields, "__count"})
        # a domain that makes no sense raises
        domain = node.get("domain") or node.get("searchParams", {}).get("domain", [])
        records.search_count(domain)
        self.assertTrue(self.env.ref(node["actionXmlId"]))
        filters = {each["id"] for each in data["globalFilters"]}
        self.assertLessEqual(set(node.get("fieldMatching", {})), filters)

    def test_money_of_several_currencies_is_converted_before_it_is_added(self):
        """A spreadsheet writes the currency of the reader's company beside a sum,
        whatever was added up."""
        for xml_id in XML_IDS:
            dashboard = self.env.ref(f"channel_inventory_dashboard.{xml_id}")
            data = json.loads(dashboard.spreadsheet_data)
            for pivot in data["pivots"].values():
                fields = self.env[pivot["model"]]._fields
                for measure in pivot["measures"]:
                    name = measure["fieldName"]
                    if name in fields and fields[name].type == "monetary":
                        with self.subTest(f"{xml_id}: {pivot['name']}: {name}"):
                            self.assertEqual(measure["aggregator"], "sum_currency")
                            self.assertEqual(measure["id"], f"{name}:sum_currency")

    def test_money_of_lists_and_pivots_is_converted_before_it_is_added(self):
        """odoo/odoo#30215: amounts of several currencies were added up. Odoo converts
        them where a view has their currency, and the currency can be asked for."""
        views = self.env["ir.ui.view"].search(
            [
                ("type", "in", ("list", "pivot", "graph")),
                ("model", "=like", "channel.%"),
            ]
        )
        checked = set()
        for view in views:
            fields, arch = self.env[view.model]._fields, etree.fromstring(view.arch)
            for node in arch.iter("field"):
                field = fields.get(node.get("name"))
                if field is None or field.type != "monetary":
                    continue
                if not (node.get("sum") or node.get("type") == "measure"):
                    continue
                records, currency = self.env[view.model], field.get_currency_field
                with self.subTest(f"{view.name}: {field.name}"):
                    records._read_group([], [], [f"{field.name}:sum_currency"])
                    if view.type == "list":
                        named = {each.get("name") for each in arch.iter("field")}
                        self.assertIn(currency(records), named)
                checked.add(field)
        self.assertGreater(len(checked), 2)

    def test_menus_and_figures_are_there(self):
        for xml_id in XML_IDS:
            dashboard = self.env.ref(f"channel_inventory_dashboard.{xml_id}")
            data = json.loads(dashboard.spreadsheet_data)
            figures = {
                figure["id"] for sheet in data["sheets"] for figure in sheet["figures"]
            }
            self.assertEqual(set(data["chartOdooMenusReferences"]), figures)
            for menu in data["chartOdooMenusReferences"].values():
                self.assertTrue(self.env.ref(menu))

    def test_no_graph_of_hours_shows_an_example(self):
        """Odoo's example data know days and no hours: before the first hour is over the
        page would be an error."""
        views = self.env["ir.ui.view"].search(
            [("type", "in", ("graph", "pivot")), ("model", "=like", "channel.%")]
        )
        self.assertIn("channel.metric", views.mapped("model"))
        for view in views:
            arch = etree.fromstring(view.arch)
            if arch.get("sample"):
                with self.subTest(view.name):
                    self.assertFalse(arch.xpath("//field[@interval='hour']"))

    def test_the_figures_are_made_again_when_their_tables_went(self):
        """An addon that is uninstalled drops its tables, and what stands on them."""
        self.env.cr.execute("DROP VIEW channel_report_figure")
        self.env.registry.check_tables_exist(self.env.cr)
        figures = self.env["channel.report.figure"]
        self.assertFalse(figures.search_count([("id", "<", 0)]))
