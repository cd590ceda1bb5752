# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row for each screen of this addon: those of levels and positions stand on the
base's."""


def make_rows(case):
    """:param case: a test case with a ``channel``"""
