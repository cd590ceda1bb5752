# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from datetime import datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.channel_edi.lib import codec

from .common_warehouse import WarehouseCase, advice
from .test_adjustments import adjustment
from .test_counts import stock_report
from .test_receipts import receipt

EXAMPLES = int(os.environ.get("CHANNEL_EDI_EXAMPLES", "20"))
BEGIN = datetime(2026, 11, 30, 1, 0)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ship", "parts", "over", "receive", "lose", "find", "count", "steal"]
        ),
        st.integers(1, 3),
    ),
    min_size=1,
    max_size=7,
)


@tagged("-at_install", "post_install")
class TestInterleavings(WarehouseCase):
    """Whatever a warehouse does, and in whatever order and however often its documents
    come: when all have come, its numbers are Odoo's at any time, and they are not where
    goods have gone without a document."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse.channel_authority = "reported"
        cls.add_stock(cls.env, cls.product, cls.warehouse, 90)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(STEPS, st.randoms(use_true_random=False))
    def test_difference_is_zero_if_physical_stock_is_ours(self, steps, chance):
        with self.passing():
            self.run_life(steps, chance)

    def run_life(self, steps, chance):
        there, stolen, documents, seen = 100, 0, [], []
        for index, (step, units) in enumerate([*steps, ("count", 0)]):
            moment = BEGIN + timedelta(minutes=10 * index)
            there += self.get_change(step, units)
            stolen += units if step == "steal" else 0
            if step == "count":
                # how much has been stolen by then, which no document tells
                seen.append((moment, stolen))
            documents += self.make_documents(step, units, moment, index, there)
        posted = there + stolen
        late = [*documents, *chance.sample(documents, min(2, len(documents)))]
        chance.shuffle(late)
        for document, functional in late:
            self.tell(document, functional=functional)
        self.assertEqual(self.on_hand(), posted)
        self.compare(seen)

    @staticmethod
    def get_change(step, units):
        """What a step does to the stock that lies there."""
        changes = {"count": 0, "receive": units, "find": units}
        changes |= {"parts": -2 * units, "over": -units - 1}
        return changes.get(step, -units)

    def make_documents(self, step, units, moment, index, there):
        """The documents that tell of a step, each with its functional id."""
        if step == "steal":
            return []
        if step != "parts":
            return [self.make_document(step, units, moment, index, there)]
        # two trucks, each with its own
        name = self.delivery((self.product, 2 * units)).name
        trucks = (("BP", moment), ("CC", moment + timedelta(minutes=5)))
        return [
            (
                advice(
                    name,
                    (code, 2 * units, units, "EA", "SKU-1"),
                    shipment=f"S{index}{code}",
                    time=f"{left:%H%M}",
                ),
                "SW",
            )
            for code, left in trucks
        ]

    def make_document(self, step, units, moment, index, there):
        """The document that tells of a step, with its functional id."""
        time = f"{moment:%H%M}"
        if step == "over":
            name = self.delivery((self.product, units)).name
            line = ("CC", units, units + 1, "EA", "SKU-1")
            return advice(name, line, shipment=f"S{index}", time=time), "SW"
        if step == "ship":
            name = self.delivery((self.product, units)).name
            line = ("CC", units, units, "EA", "SKU-1")
            return advice(name, line, shipment=f"S{index}", time=time), "SW"
        if step == "receive":
            came = receipt(
                self.expected(units).name,
                (units, "EA", "SKU-1", "", {}),
                receipt_number=f"R{index}",
            )
            return [*came[:2], f"G62*09*20261130*8*{time}", *came[2:]], "RE"
        if step == "count":
            return stock_report(("SKU-1", there), number=f"C{index}", time=time), "IB"
        reason, sign = ("06", -1) if step == "lose" else ("56", 1)
        line = (reason, sign * units, "SKU-1")
        return adjustment(line, number=f"A{index}", time=time), "AW"

    def expected(self, units):
        supplier = self.env.ref("stock.stock_location_suppliers")
        places = {
            "location_id": supplier.id,
            "location_dest_id": self.warehouse.lot_stock_id.id,
        }
        move = {"product_id": self.product.id, "product_uom_qty": units, **places}
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.in_type_id.id,
                "move_ids": [(0, 0, move)],
                **places,
            }
        )
        picking.action_confirm()
        return picking

    def compare(self, seen):
        """Each count, as of its time, against what no document has told."""
        counts = self.env["channel.edi.document"].search(
            [("kind", "=", "846"), ("channel_id", "=", self.channel.id)]
        )
        compared = 0
        for document in counts:
            interchange = document.interchange_id
            [found] = next(codec.read(interchange._bytes())).documents
            report = codec.parse(found, self.agreement._get_options())
            stolen = dict(seen)[report.as_of.first.replace(tzinfo=None)]
            differences = self.env["channel.edi.counts"]._get_differences(
                document, report, self.warehouse
            )
            missing = [ours - theirs for theirs, ours in differences.values()]
            self.assertEqual(missing, [stolen] if stolen else [])
            compared += 1
        self.assertGreaterEqual(compared, len(seen))
