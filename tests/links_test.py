#!/usr/bin/env python3
"""Follows every relative link of the documents and fails on one that leads nowhere: a page that moved, a heading that was
renamed. Links to the web are left alone."""

import re
import sys
from pathlib import Path

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^\s*(```|~~~)")


def prose(text):
    """The numbered lines outside of code blocks."""
    fenced = False
    for number, line in enumerate(text.splitlines(), start=1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchor(heading):
    """As the usual renderers name a heading: lower case, marks dropped, blanks to dashes."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def check(root, pages):
    anchors = {}

    def anchors_of(page):
        if page not in anchors:
            headings = (re.match(r"#+ (.*)", line) for _, line in prose(page.read_text()))
            anchors[page] = {anchor(match[1]) for match in headings if match}
        return anchors[page]

    findings = []
    for page in pages:
        for number, line in prose(page.read_text()):
            for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
                target = match[1] or match[2]
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, heading = target.partition("#")
                file = (page.parent / name).resolve() if name else page
                here = f"{page.relative_to(root)}:{number}"
                if not file.exists():
                    findings.append(f"{here}: {name} is not there")
                elif heading and file.suffix == ".md" and heading not in anchors_of(file):
                    findings.append(f"{here}: {name or page.name} has no heading #{heading}")
    return findings


def main():
    root = Path(__file__).resolve().parent.parent
    pages = sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "examples").rglob("*.md")])
    findings = check(root, pages)
    print("\n".join(findings) or f"{len(pages)} pages: every link leads somewhere")
    return 1 if findings or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
