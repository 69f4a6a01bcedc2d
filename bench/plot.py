#!/usr/bin/env python3
"""Draws a table of numbers as an SVG of lines, light or dark as the reader's page is.

usage: plot.py TABLE.tsv PICTURE.svg --x COLUMN --y COLUMN[,COLUMN…] [--by COLUMN] --title TEXT --x-title TEXT --y-title TEXT
               [--log x|y|xy] [--x-from VALUE]

The first line of the table names its columns. --by takes lines apart by the values of a column. --x-from: where the x axis
begins; points before it are left out.
"""
import argparse
import html
import itertools
import math

WIDTH, HEIGHT = 640, 380
LEFT, TOP, BOTTOM = 70, 46, 54
COLORS = ["#c2410c", "#2563eb", "#64748b", "#15803d", "#9333ea", "#0e7490", "#b45309", "#be185d", "#4d7c0f", "#475569",
          "#a21caf", "#92400e", "#1e3a8a"]
STYLE = """<style>
  text { font: 13px system-ui, sans-serif; fill: #1f2937 } .title { font-weight: 600; font-size: 15px }
  .ground { fill: #ffffff } .grid { stroke: #e5e7eb } .axis { stroke: #6b7280 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e5e7eb } .ground { fill: #0d1117 } .grid { stroke: #30363d } .axis { stroke: #8b949e }
  }
</style>"""


class Scale:
    """Values to places on an axis, with the marks to put there."""

    def __init__(self, values, begin, end, logarithmic, least=None):
        self.logarithmic = logarithmic
        if logarithmic:
            self.low, self.high = math.log(min(values) / 1.15), math.log(max(values) * 1.15)
        elif least is None:
            self.low, self.high = 0.0, max(values) * 1.06 or 1.0
        else:
            self.low, self.high = least, least + (max(values) - least) * 1.02
        self.begin, self.end = begin, end

    def place(self, value):
        v = math.log(value) if self.logarithmic else value
        return self.begin + (v - self.low) / (self.high - self.low) * (self.end - self.begin)

    def marks(self):
        if self.logarithmic:
            decades = range(math.floor(self.low / math.log(10)) - 1, math.ceil(self.high / math.log(10)) + 1)
            marks = [m * 10.0**d for d in decades for m in (1, 2, 5)]
            return [m for m in marks if self.low <= math.log(m) <= self.high]
        span = self.high - self.low
        step = 10 ** math.floor(math.log10(span / 4))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= 6)
        first = math.ceil(self.low / step - 1e-9)
        return [i * step for i in range(first, math.floor(self.high / step) + 1)]


def read(path):
    with open(path, encoding="utf-8") as table:
        names = table.readline().rstrip("\n").split("\t")
        return [dict(zip(names, line.rstrip("\n").split("\t"))) for line in table]


def lines_of(rows, args):
    """[(name, [(x, y)])]"""
    lines = {}
    for row in rows:
        for column in args.y.split(","):
            if row.get(column) and (args.x_from is None or float(row[args.x]) >= args.x_from):
                lines.setdefault(row[args.by] if args.by else column, []).append((float(row[args.x]), float(row[column])))
    return list(lines.items())


def draw(lines, args):
    points = [point for _, line in lines for point in line]
    right = WIDTH - 20 - 7 * max(len(name) for name, _ in lines)  # of the axes: names stand beside them
    x = Scale([p[0] for p in points], LEFT, right, "x" in args.log, args.x_from)
    y = Scale([p[1] for p in points], HEIGHT - BOTTOM, TOP, "y" in args.log)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
           f"<title>{html.escape(args.title)}</title>", STYLE, f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
           f'<text class="title" x="{LEFT}" y="24">{html.escape(args.title)}</text>']
    for mark in y.marks():
        at = y.place(mark)
        out.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}"/>')
        out.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{mark:g}</text>')
    for mark in sorted({p[0] for p in points}) if len({p[0] for p in points}) <= 8 else x.marks():
        at = x.place(mark)
        out.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{mark:g}</text>')
    out.append(f'<line class="axis" x1="{LEFT}" x2="{right}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>')
    out.append(f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{html.escape(args.x_title)}</text>')
    out.append(f'<text transform="translate(18 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">'
               f"{html.escape(args.y_title)}</text>")
    for (name, line), color in zip(lines, itertools.cycle(COLORS)):
        path = " ".join(f"{x.place(a):.1f},{y.place(b):.1f}" for a, b in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.5"/>')
        out += [f'<circle cx="{x.place(a):.1f}" cy="{y.place(b):.1f}" r="3.5" fill="{color}"/>' for a, b in line]
    # Names stand in the order of the lines' ends; those that would cover another move up.
    above = HEIGHT + 16.0
    for at, name, color in sorted(((y.place(line[-1][1]) + 4, name, color) for (name, line), color in zip(lines, itertools.cycle(COLORS))),
                                    reverse=True):
        above = min(at, above - 16)
        out.append(f'<text x="{right + 10}" y="{above:.1f}" style="fill: {color}">{html.escape(name)}</text>')
    return "\n".join(out + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("picture")
    for name in ("--x", "--y", "--title", "--x-title", "--y-title"):
        parser.add_argument(name, required=True)
    parser.add_argument("--by")
    parser.add_argument("--log", default="")
    parser.add_argument("--x-from", type=float)
    args = parser.parse_args()
    with open(args.picture, "w", encoding="utf-8") as picture:
        picture.write(draw(lines_of(read(args.table), args), args))


if __name__ == "__main__":
    main()
