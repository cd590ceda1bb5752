# SPDX-License-Identifier: AGPL-3.0-or-later
from . import models, wizards
from .hooks import post_init_hook, uninstall_hook
