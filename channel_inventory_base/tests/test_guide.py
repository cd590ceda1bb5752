# SPDX-License-Identifier: AGPL-3.0-or-later
import os
from pathlib import Path

from odoo.tests import TransactionCase, tagged

HEAD = """# Guides to exceptions

What **Channels > Operations > Guides** says, and *Guide* on each exception. Written by
`CHANNEL_WRITE_DOCS=1 setup/test channel_inventory_base/tests/test_guide.py`.
"""
SECTION = """
## {label}

{each.meaning}

- **First look.** {each.first_look}
- **What to do.** {each.remedy}
- **How to avoid it.** {each.prevention}
"""


@tagged("post_install", "-at_install")
class TestGuide(TransactionCase):
    def test_each_category_has_a_guide(self):
        categories = dict(self.env["channel.exception"]._fields["category"].selection)
        guides = self.env["channel.guide"].search([])
        self.assertEqual(set(guides.mapped("category")), set(categories))

    def test_an_exception_opens_its_guide(self):
        exception = self.env["channel.exception"].new({"category": "tax"})
        self.assertEqual(exception.guide_id.category, "tax")
        action = exception.action_open_guide()
        self.assertEqual(
            (action["res_model"], action["res_id"]),
            ("channel.guide", exception.guide_id.id),
        )
        self.assertEqual(action["name"], "Guide")

    def test_the_documented_guides_are_the_data(self):
        path = Path(__file__).parents[2] / "docs" / "exceptions.md"
        if not path.parent.exists():
            self.skipTest("installed without its documentation")
        labels = dict(self.env["channel.exception"]._fields["category"].selection)
        guides = self.env["channel.guide"].search([])
        wanted = HEAD + "".join(
            SECTION.format(each=each, label=labels[each.category])
            for each in guides.sorted(lambda each: list(labels).index(each.category))
        )
        if os.environ.get("CHANNEL_WRITE_DOCS"):
            path.write_text(wanted)
        self.assertEqual(path.read_text(), wanted)
