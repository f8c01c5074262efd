"""Plots as plain SVG: figures with their intervals, and a cumulative curve."""

import html
import math

WIDTH, LEFT, ROW, TOP = 760, 300, 20, 46
STYLE = ("<style>text{font:12px sans-serif;fill:#222}.t{font-weight:bold;font-size:14px}.s{fill:#666}"
         "@media(prefers-color-scheme:dark){text{fill:#ddd}.s{fill:#aaa}rect.b{fill:#181818}}</style>")


def page(height, title, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">', STYLE,
                      f'<rect class="b" width="{WIDTH}" height="{height}" fill="#fff"/>', f'<text class="t" x="12" y="22">{html.escape(title)}</text>', *parts, "</svg>", ""])


def scale_of(low, high, logarithmic):
    def place(value):
        if logarithmic:
            share = (math.log10(max(value, low)) - math.log10(low)) / (math.log10(high) - math.log10(low))
        else:
            share = (value - low) / (high - low)
        return LEFT + min(1, max(0, share)) * (WIDTH - LEFT - 90)
    return place


def dots(title, rows, target=None, low=0, high=1, logarithmic=False, ticks=None, tell="{:.1%}"):
    """rows: (name, figure, least, most); a dashed line stands at the target."""
    place, height = scale_of(low, high, logarithmic), TOP + ROW * len(rows) + 34
    foot = height - 30
    parts = []
    for tick in ticks or [low + (high - low) * i / 5 for i in range(6)]:
        parts += [f'<line x1="{place(tick):.1f}" x2="{place(tick):.1f}" y1="{TOP - 12}" y2="{foot}" stroke="#8884" />',
                  f'<text class="s" x="{place(tick):.1f}" y="{foot + 16}" text-anchor="middle">{tell.format(tick)}</text>']
    if target is not None:
        parts.append(f'<line x1="{place(target):.1f}" x2="{place(target):.1f}" y1="{TOP - 12}" y2="{foot}" stroke="#c33" stroke-dasharray="4 3"><title>target</title></line>')
    for i, (name, figure, least, most) in enumerate(rows):
        y = TOP + ROW * i
        parts += [f'<text x="{LEFT - 10}" y="{y + 4}" text-anchor="end">{html.escape(name[:46])}</text>',
                  f'<line x1="{place(least):.1f}" x2="{place(most):.1f}" y1="{y}" y2="{y}" stroke="#369" stroke-width="3" opacity=".45"/>',
                  f'<circle cx="{place(figure):.1f}" cy="{y}" r="4.5" fill="#369"/>',
                  f'<text x="{WIDTH - 80}" y="{y + 4}">{tell.format(figure)}</text>']
    return page(height, title, parts)


def curve(title, values, target, unit):
    """The share of values at or below each: a curve, with the target as a dashed line."""
    values, height = sorted(values), 300
    most = max(target, values[-1]) * 1.05

    def x(value):
        return 60 + value / most * (WIDTH - 100)

    def y(share):
        return 260 - share * 210
    points = " ".join(f"{x(v):.1f},{y((i + 1) / len(values)):.1f}" for i, v in enumerate(values))
    parts = [f'<polyline points="{x(0):.1f},{y(0):.1f} {points}" fill="none" stroke="#369" stroke-width="2"/>',
             f'<line x1="{x(target):.1f}" x2="{x(target):.1f}" y1="44" y2="260" stroke="#c33" stroke-dasharray="4 3"/>',
             f'<text class="s" x="{x(target) - 6:.1f}" y="56" text-anchor="end">target: p99 below {target} {unit}</text>']
    for share in (0, 0.5, 0.99):
        parts += [f'<line x1="60" x2="{WIDTH - 40}" y1="{y(share):.1f}" y2="{y(share):.1f}" stroke="#8884"/>', f'<text class="s" x="52" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>']
    for i in range(6):
        parts.append(f'<text class="s" x="{x(most * i / 5):.1f}" y="280" text-anchor="middle">{most * i / 5:.2f} {unit}</text>')
    return page(height, title, parts)
