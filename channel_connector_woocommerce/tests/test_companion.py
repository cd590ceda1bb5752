# SPDX-License-Identifier: AGPL-3.0-or-later
import json
import re
import shutil
import subprocess
from pathlib import Path
from unittest import skipUnless

from ..const import COMPANION, COMPANION_PROTOCOL
from .common import PureCase

PLUGIN = Path(__file__).parents[1] / "companion/wc-chansync/wc-chansync.php"
CASES = [
    # (item, what is shown, what follows: by how much to change, or a word)
    ({"delta": -3}, 1, -3),
    ({"delta": 0}, 1, 0),
    ({"quantity": 5, "compare": 7}, 7, -2),
    ({"quantity": 9, "compare": 7}, 7, 2),
    ({"quantity": 5, "compare": 7}, 6, "stale"),
    ({"quantity": 5, "compare": 7, "allow_less": True}, 6, -2),
    ({"quantity": 5, "compare": 7, "allow_less": True}, 8, "stale"),
    ({"quantity": 9, "compare": 7, "allow_less": True}, 6, "stale"),
    ({"quantity": 7, "compare": 7, "allow_less": True}, 6, "stale"),
    ({"quantity": 0, "compare": 3, "allow_less": True}, 2, "stale"),
    ({"quantity": 1, "compare": 4, "allow_less": True}, 3, -3),
    ({"quantity": "5", "compare": 7}, 7, "rejected"),
    ({"quantity": 2.5, "compare": 7}, 7, "rejected"),
    ({"quantity": None, "compare": 7}, 7, "rejected"),
    ({"delta": "1"}, 7, "rejected"),
    ({}, 7, "rejected"),
]
HARNESS = """
define( 'ABSPATH', __DIR__ );
function register_activation_hook() {}
function register_uninstall_hook() {}
function add_action() {}
require $argv[1];
$found = array();
foreach ( json_decode( $argv[2], true ) as list( $item, $now ) ) {
    $found[] = wc_chansync_delta( $item, $now );
}
echo json_encode( $found );
"""


class TestCompanion(PureCase):
    def test_its_namespace_is_one_that_woocommerce_looks_at_keys_for(self):
        text = PLUGIN.read_text()
        self.assertIn(f"'{COMPANION}'", text)
        self.assertTrue(COMPANION.startswith("wc-"))
        self.assertIn(f"'protocol' => {COMPANION_PROTOCOL}", text)

    def test_it_is_free_software_and_says_so(self):
        self.assertTrue(re.search(r"License: GPL-2\.0-or-later", PLUGIN.read_text()))

    @skipUnless(shutil.which("php"), "needs php")
    def test_it_is_valid_php(self):
        done = subprocess.run(
            ["php", "-l", str(PLUGIN)], capture_output=True, text=True, check=False
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @skipUnless(shutil.which("php"), "needs php")
    def test_what_it_does_with_each_item(self):
        pairs = json.dumps([[item, now] for item, now, _wanted in CASES])
        done = subprocess.run(
            ["php", "-r", HARNESS, "--", str(PLUGIN), pairs],
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertEqual(json.loads(done.stdout), [wanted for *_, wanted in CASES])
