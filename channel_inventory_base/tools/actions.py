# SPDX-License-Identifier: AGPL-3.0-or-later
"""Actions that buttons return."""


def open_form(model, res_id, **values):
    """The action that shows one record on its form.

    :param values: what else the action says: its name, target or context
    """
    return {
        "type": "ir.actions.act_window",
        "res_model": model,
        "res_id": res_id,
        "view_mode": "form",
        **values,
    }
