# SPDX-License-Identifier: AGPL-3.0-or-later
from . import channel_api_key_new
