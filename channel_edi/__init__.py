# SPDX-License-Identifier: AGPL-3.0-or-later
from . import controllers
from . import models
from . import report
from . import wizards
