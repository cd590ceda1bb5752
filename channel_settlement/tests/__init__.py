# SPDX-License-Identifier: AGPL-3.0-or-later
from . import (
    test_deaths,
    test_gateway_csv,
    test_money,
    test_public_reports,
    test_reader_snapshot,
    test_sealed_entries,
    test_settlement,
    test_tours_settlement,
    test_translations,
)
