# SPDX-License-Identifier: AGPL-3.0-or-later
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .case import LifeCase
from .machine import Life

EXAMPLES = int(os.environ.get("CHANNEL_LIFE_EXAMPLES", 5))
STEPS = int(os.environ.get("CHANNEL_LIFE_STEPS", 18))


class LifeContract(LifeCase):
    """Whatever happens in whatever order: in the end both sides agree, or a person has
    been told; and nothing is there twice.

    ``CHANNEL_LIFE_EXAMPLES`` and ``CHANNEL_LIFE_STEPS`` make it longer; the examples
    are other ones each time then.
    """

    def test_contract_both_sides_agree_whatever_happens(self):
        Life.case = self
        run_state_machine_as_test(
            Life,
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize="CHANNEL_LIFE_EXAMPLES" not in os.environ,
                suppress_health_check=list(HealthCheck),
                phases=(Phase.explicit, Phase.generate),
                database=None,
                print_blob=True,
            ),
        )
