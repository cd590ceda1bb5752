# SPDX-License-Identifier: AGPL-3.0-or-later
"""GS1-128 barcodes as SVG. No odoo in here.

Drawn from the widths of their bars: Odoo's own barcodes have no FNC1, which tells a
GS1-128 from any other Code 128.
"""

from reportlab.graphics.barcode.code128 import Code128

FNC1 = "\xf1"
"""How reportlab writes it."""
QUIET = 10
"""Modules of white on each side, as GS1 wants them."""


def gs1_128(*elements):
    """What is encoded: FNC1, then application identifiers with their values.

    :param elements: (application identifier, value); all but the last one of a fixed
        length
    """
    return FNC1 + "".join(f"{name}{value}" for name, value in elements)


def widths(data):
    """:return: widths of bars and spaces in modules, a bar first"""
    code = Code128(data, quiet=0)
    code.validate()
    code.encode()
    code.decompose()
    return [ord(each.lower()) - ord("a") + 1 for each in code.decomposed]


def svg(data, height=60):
    """A barcode of black bars, as wide as there is room for it.

    :param height: in modules
    :return: text
    """
    bars, place = [], QUIET
    for index, width in enumerate(widths(data)):
        if index % 2 == 0:
            bars.append(f'<rect x="{place}" y="0" width="{width}" height="{height}"/>')
        place += width
    box = f"0 0 {place + QUIET} {height}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" '
        'preserveAspectRatio="none" shape-rendering="crispEdges" '
        f'width="100%" height="100%">{"".join(bars)}</svg>'
    )
