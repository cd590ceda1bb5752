# SPDX-License-Identifier: AGPL-3.0-or-later
import unittest

from ..tools.believe import Reading


class TestBelieve(unittest.TestCase):
    """Which readings are refused as a whole. No database."""

    def fault(self, **values):
        facts = {
            "known": 1000,
            "read": 1000,
            "nothing": 0,
            "differing": 0,
            "total": 1000,
            "expected": 5000,
            "shown": 5000,
        }
        return Reading(**{**facts, **values}).find_fault()

    def test_edits_of_a_person_are_believed(self):
        self.assertEqual(self.fault(differing=50, nothing=20), "")
        self.assertEqual(self.fault(read=980), "")
        self.assertEqual(self.fault(known=4, read=4, nothing=1, total=4), "")
        self.assertEqual(
            self.fault(known=1, read=1, nothing=1, differing=1, total=1), ""
        )
        # one slip of the keyboard is a difference like others
        self.assertEqual(self.fault(shown=5_000_000, differing=1), "")

    def test_faults(self):
        self.assertEqual(self.fault(read=979), "coverage")
        self.assertEqual(self.fault(known=10, read=5, total=5), "coverage")
        self.assertEqual(self.fault(nothing=201), "nothing")
        self.assertEqual(
            self.fault(known=3, read=3, nothing=3, differing=3, total=3), "nothing"
        )
        self.assertEqual(self.fault(differing=51), "differing")
        self.assertEqual(self.fault(known=9, read=9, total=9, differing=9), "differing")
        self.assertEqual(self.fault(shown=60_000, differing=10), "jump")
