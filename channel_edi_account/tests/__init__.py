# SPDX-License-Identifier: AGPL-3.0-or-later
from . import test_flow_invoices
from . import test_invoices
from . import test_invoices_race
from . import test_reported
from . import test_tours_invoices
from . import test_translations
