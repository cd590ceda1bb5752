"""The base without anything of Odoo's but Inventory: a database of its own."""

import os
import subprocess
from pathlib import Path

REPO = Path(__file__).parents[2]
ADDONS = ("channel_inventory_base", "channel_connector_shopify")
TESTS = (
    "channel_inventory_base/tests/test_planner.py",
    "channel_inventory_base/tests/test_publisher.py",
    "channel_inventory_base/tests/test_catalogue.py",
    "channel_inventory_base/tests/test_mapping.py",
    "channel_inventory_base/tests/test_exclusive.py",
    "channel_inventory_base/tests/test_observer.py",
    "channel_inventory_base/tests/test_alone.py",
    "channel_connector_shopify/tests/test_shop_alone.py",
)


def test_numbers_go_out_and_orders_are_held_without_sales(tmp_path):
    env = dict(
        os.environ,
        CHANNEL_MODULES="stock queue_job",
        CHANNEL_ADDONS=" ".join(ADDONS),
        CHANNEL_ALONE="1",
    )
    env.pop("CHANNEL_KEEP_TEMPLATE", None)
    report = tmp_path / "report.xml"
    done = subprocess.run(
        [REPO / "setup/test", *TESTS, "-q", f"--junitxml={report}"],
        cwd=REPO,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "test_shop_alone" in report.read_text()
