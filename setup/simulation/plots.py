"""Plots as SVG text: nothing to install, and readable in a page and in a repository."""

from html import escape

COLORS = (
    *("#875a7b", "#00a09d", "#d9822b", "#3b7dd8"),
    *("#c0392b", "#7f8c8d", "#27ae60", "#b7950b"),
)
INK, GRID = "#444", "#ddd"
WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 30, 34


class Plot:
    """Axes from 0 to ``most_x`` and from ``least_y`` to ``most_y``."""

    def __init__(self, title, most_x, most_y, least_y=0, x_words="", height=HEIGHT):
        self.height, self.most_x = height, most_x or 1
        self.least_y, self.most_y = least_y, max(most_y, least_y + 1)
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
            f' width="{WIDTH}" height="{height}" font-family="sans-serif"'
            f' font-size="11" fill="{INK}" role="img" aria-label="{escape(title)}">',
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            _text(LEFT, 14, title, weight="bold"),
        ]
        self._axes(x_words)
        self._names = 0

    def x(self, value):
        return LEFT + (WIDTH - LEFT - RIGHT) * value / self.most_x

    def y(self, value):
        part = (value - self.least_y) / (self.most_y - self.least_y)
        return self.height - BOTTOM - (self.height - TOP - BOTTOM) * part

    def _axes(self, words):
        for number in range(5):
            value = self.least_y + (self.most_y - self.least_y) * number / 4
            y = self.y(value)
            self.parts.append(
                f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
            )
            self.parts.append(_text(LEFT - 6, y + 4, _short(value), anchor="end"))
        self.parts.append(_text(WIDTH - RIGHT, self.height - 6, words, anchor="end"))

    def ticks(self):
        for number in range(6):
            value = self.most_x * number / 5
            self.parts.append(
                _text(self.x(value), self.height - 19, _short(value), anchor="middle")
            )

    def steps(self, points, color, width=1.5):
        """A line that keeps its value until the next point."""
        if not points:
            return
        (x, y), *rest = points
        path = f"M{self.x(x):.1f} {self.y(y):.1f}"
        for x, y in rest:
            path += f"H{self.x(min(x, self.most_x)):.1f}V{self.y(y):.1f}"
        path += f"H{self.x(self.most_x):.1f}"
        self.parts.append(
            f'<path d="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'
        )

    def bar(self, x, width, low, high, color):
        top, bottom = self.y(high), self.y(low)
        self.parts.append(
            f'<rect x="{self.x(x):.1f}" y="{top:.1f}" fill="{color}"'
            f' width="{self.x(width) - LEFT:.1f}" height="{max(0, bottom - top):.1f}"/>'
        )

    def label(self, x, words):
        self.parts.append(_text(self.x(x), self.height - 19, words, anchor="middle"))

    def name(self, words, color):
        """An entry of the legend."""
        x = LEFT + 150 + 95 * self._names
        self._names += 1
        self.parts.append(f'<rect x="{x}" y="20" width="9" height="4" fill="{color}"/>')
        self.parts.append(_text(x + 13, 26, words))

    def svg(self):
        return "\n".join([*self.parts, "</svg>"]) + "\n"


def _text(x, y, words, anchor="start", weight="normal"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(str(words))}</text>'
    )


def _short(value):
    return f"{value:.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"
