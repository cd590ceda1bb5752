# SPDX-License-Identifier: AGPL-3.0-or-later
from odoo.tests import BaseCase, tagged

from .. import verify
from ..lib import merkle

# Published with the reference implementation of RFC 6962 (certificate-transparency).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# (index, size) -> path
PATHS = {
    (0, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (5, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (2, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
}


@tagged("post_install", "-at_install")
class TestMerkle(BaseCase):
    """Sealing and verifying have a tree each: both are that of RFC 6962."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]

    def test_roots_are_the_published_ones(self):
        for size, wanted in enumerate(ROOTS):
            tree = verify.Tree()
            for leaf in LEAVES[:size]:
                tree.add(verify._leaf_hash(leaf))
            with self.subTest(size):
                self.assertEqual(merkle.root(self.hashes[:size]).hex(), wanted)
                self.assertEqual(tree.root().hex(), wanted)

    def test_paths_are_the_published_ones(self):
        for (index, size), wanted in PATHS.items():
            with self.subTest((index, size)):
                steps = merkle.path(self.hashes[:size], index)
                self.assertEqual([step.hex() for step in steps], list(wanted))

    def test_each_path_of_each_tree_leads_to_its_root_and_to_no_other(self):
        hashes = [merkle.leaf_hash(b"%d" % number) for number in range(40)]
        for size in range(1, 41):
            root = merkle.root(hashes[:size])
            for index in range(size):
                path = merkle.path(hashes[:size], index)
                found = verify.root_of_path(hashes[index], index, size, path)
                self.assertEqual(found, root, (index, size))
                for wrong in (
                    verify.root_of_path(hashes[index], index + 1, size, path),
                    verify.root_of_path(hashes[index - 1], index, size + 1, path),
                    verify.root_of_path(hashes[index], index, size, [*path, root]),
                ):
                    self.assertNotEqual(wrong, root, (index, size))

    def test_a_node_is_no_leaf(self):
        """Or a row could be made up that stands for two others."""
        left, right = self.hashes[:2]
        self.assertNotEqual(
            merkle.leaf_hash(left + right), merkle.root(self.hashes[:2])
        )
