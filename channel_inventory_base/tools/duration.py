# SPDX-License-Identifier: AGPL-3.0-or-later
"""How long something takes, in words. No odoo in here."""


def format_duration(env, seconds):
    """Whole minutes below a day, whole hours beyond.

    :param env: has ``_``, the translation of a text with its values
    """
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return env._("%(days)s d %(hours)s h", days=days, hours=hours)
    if hours:
        return env._("%(hours)s h %(minutes)s min", hours=hours, minutes=rest)
    return env._("%s min", minutes)
