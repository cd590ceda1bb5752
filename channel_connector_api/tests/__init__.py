# SPDX-License-Identifier: AGPL-3.0-or-later
from . import test_contract
from . import test_demo_data
from . import test_headless
from . import test_http
from . import test_reports
from . import test_keys
from . import test_outsider
from . import test_race
from . import test_schema
from . import test_tours_api
from . import test_translations
from . import test_webhooks
