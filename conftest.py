# SPDX-License-Identifier: AGPL-3.0-or-later
"""What holds for all tests."""

from hypothesis import HealthCheck, settings

# A crowded machine says nothing about a test; pytest-timeout ends what hangs.
settings.register_profile(
    "crowded", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("crowded")
