# SPDX-License-Identifier: AGPL-3.0-or-later
import logging
import time
import tracemalloc

from odoo.tests import tagged

from ..models.channel_audit_sealer import BATCH
from .common_seal import SealCase

_logger = logging.getLogger(__name__)
ROWS = BATCH + 10_000


@tagged("post_install", "-at_install")
class TestScale(SealCase):
    """Ratios within one run: machines differ."""

    def fill(self, count):
        self.env.cr.execute(
            """
            INSERT INTO channel_audit (at, channel_id, company_id, user_id, kind,
                                       res_model, res_id, trace, message, data)
            SELECT now() AT TIME ZONE 'UTC', %s, %s, 1, 'publication',
                   'channel.publication', number, md5(number::text),
                   '120 quantities published: 120 acknowledged', '{"acked": 120}'
              FROM generate_series(1, %s) AS number
            """,
            (self.channel.id, self.channel.company_id.id, count),
        )

    def test_a_large_batch_is_one_seal_and_memory_is_bounded(self):
        began = time.monotonic()
        self.fill(ROWS)
        written = time.monotonic() - began
        began = time.monotonic()
        self.assertEqual(self.sealer._seal_all(), ROWS)
        sealed = time.monotonic() - began
        self.assertEqual(self.seals.search([], limit=2).mapped("count")[1], BATCH)
        began = time.monotonic()
        report = self.verify()
        verified = time.monotonic() - began
        self.assertOnly(report)
        self.assertGreaterEqual(report.rows, ROWS)
        _logger.info(
            "%s rows: written in %.2f s, sealed in %.2f s, verified in %.2f s",
            ROWS,
            written,
            sealed,
            verified,
        )
        # less than a few times of what it takes to write them in one statement
        self.assertLess(sealed, 5 * written + 1)
        tracemalloc.start()
        self.verify()
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        self.assertLess(peak, 40_000_000, "pages, and not all rows, are in memory")
