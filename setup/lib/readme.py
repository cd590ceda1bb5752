"""Write README.rst and static/description/index.html of each addon from the fragments
in its ``readme`` folder and its manifest, in the form that OCA gives them.

    setup/lib/readme        what is not true any more is written anew, named, and exit 1

A hook of .pre-commit-config.yaml; it needs pypandoc-binary and docutils.
"""

import ast
import re
import sys
from html import escape
from pathlib import Path

import docutils.core
import pypandoc

REPO = Path(__file__).resolve().parents[2]
SECTIONS = (
    ("CONTEXT", "Use Cases / Context"),
    ("INSTALL", "Installation"),
    ("CONFIGURE", "Configuration"),
    ("USAGE", "Usage"),
    ("ROADMAP", "Known issues / Roadmap"),
    ("HISTORY", "Changelog"),
)
COLORS = {
    "Alpha": "red",
    "Beta": "yellow",
    "Production/Stable": "green",
    "Mature": "brightgreen",
}
HEAD = """\
..
   This file is made from the fragments in readme/ by setup/lib/readme:
   what is changed here will be overwritten.

"""
BADGES = """\
.. |badge1| image:: https://img.shields.io/badge/maturity-{status_badge}-{color}.png
    :target: https://odoo-community.org/page/development-status
    :alt: {status}
.. |badge2| image:: https://img.shields.io/badge/licence-AGPL--3-blue.png
    :target: https://www.gnu.org/licenses/agpl-3.0-standalone.html
    :alt: License: AGPL-3

|badge1| |badge2|
"""
CONTENTS = """\
**Table of contents**

.. contents::
   :local:
"""
BUGS = """\
Bugs are tracked on `GitHub Issues <{website}/issues>`_. Please look there first whether
yours has been reported already. What concerns security is reported as SECURITY.md at
the root of the repository asks for it.
"""
PAGE = """\
<div class="container" style="max-width: 60em">
<h1>{title}</h1>
{body}
</div>
"""
HTML_SETTINGS = {
    "embed_stylesheet": False,
    "initial_header_level": 2,
    "input_encoding": "unicode",
    "output_encoding": "unicode",
    "report_level": 2,
    "halt_level": 2,
    "syntax_highlight": "none",
    "xml_declaration": False,
    "toc_backlinks": False,
    "doctitle_xform": False,
    # a fragment that includes a file would publish what is on this machine
    "file_insertion_enabled": False,
    "raw_enabled": False,
}


def main(root=REPO):
    changed = [path for addon in addons(root) for path in renew(addon)]
    for path in changed:
        print(f"written anew: {path.relative_to(root)}")
    return bool(changed)


def addons(root):
    return sorted(path.parent for path in root.glob("*/__manifest__.py"))


def renew(addon):
    """Write what differs.

    :return: the paths of what did
    """
    text = readme(addon)
    made = {
        addon / "README.rst": text,
        addon / "static" / "description" / "index.html": page(addon, text),
    }
    for path, content in made.items():
        if not path.exists() or path.read_text() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
            yield path


def readme(addon):
    """:return: README.rst of the addon, as text"""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    status = manifest.get("development_status", "Beta")
    parts = [
        _titled(manifest["name"], "=", over=True) + "\n" + HEAD.rstrip(),
        BADGES.format(
            status=status,
            status_badge=status.replace("/", "%2F"),
            color=COLORS[status],
        ),
        fragment(addon, "DESCRIPTION"),
        CONTENTS,
    ]
    for name, title in SECTIONS:
        if text := fragment(addon, name):
            parts.append(_titled(title, "=") + "\n" + text)
    parts += [
        _titled("Bug Tracker", "=") + "\n" + BUGS.format(website=manifest["website"]),
        _titled("Credits", "="),
        _titled("Authors", "-") + "\n" + _bullets(manifest["author"].split(",")),
        _titled("Contributors", "-") + "\n" + fragment(addon, "CONTRIBUTORS"),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def fragment(addon, name):
    """A fragment as reStructuredText, its headings below that of its section."""
    path = addon / "readme" / f"{name}.md"
    if not path.exists():
        return ""
    text = path.read_text()
    shift = 2 - min(_heading_levels(text), default=2)
    converted = pypandoc.convert_text(
        text,
        "rst",
        format="gfm",
        extra_args=["--wrap=preserve", f"--shift-heading-level-by={shift}"],
    )
    return "\n".join(line.rstrip() for line in converted.splitlines())


def _heading_levels(text):
    """Of the headings of a Markdown text, code blocks left out.

    >>> list(_heading_levels("# A\\n```\\n# no heading\\n```\\n### B"))
    [1, 3]
    """
    text = re.sub(r"^( *)(```|~~~).*?^\1\2", "", text, flags=re.DOTALL | re.MULTILINE)
    for marks in re.findall(r"^(#+) ", text, re.MULTILINE):
        yield len(marks)


def page(addon, text):
    """:return: index.html, which Odoo shows under Apps"""
    manifest = ast.literal_eval((addon / "__manifest__.py").read_text())
    # the title is the page's, and the badges are for a repository
    body = text.split("|badge1| |badge2|", 1)[1]
    parts = docutils.core.publish_parts(
        body, writer="html4css1", settings_overrides=HTML_SETTINGS
    )
    return PAGE.format(title=escape(manifest["name"]), body=parts["body"].strip())


def _titled(title, mark, over=False):
    line = mark * len(title)
    return "\n".join([line] * over + [title, line, ""])


def _bullets(names):
    return "\n".join(f"- {name.strip()}" for name in names)


if __name__ == "__main__":
    sys.exit(main())
