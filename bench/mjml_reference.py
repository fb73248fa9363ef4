"""Holds our MJML engine against the official one: same template, same picture?

    npm ci --prefix bench/mjml-reference
    python -m bench.mjml_reference [--pictures FOLDER]

Renders the issue's MJML with both, draws both in Chromium at each width and in both lights, and
counts the pixels that differ. Prints a table, then one JSON line per figure; exits with 1 when
more than 1 % differ anywhere, with 2 when a part is missing.
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Route, sync_playwright

from emails import mjml, render, slots
from emails.values import IssueText
from tests.emails.samples import ISSUE

WIDTHS = (700, 375)
LIGHTS = ("light", "dark")
LIMIT = 0.01
REFERENCE = Path(__file__).parent / "mjml-reference"


@dataclass(frozen=True)
class Figure:
    figure: str
    width: int
    light: str
    value: float
    """Share of pixels that differ, 0 to 1."""
    pixels: int
    engine: str


def official_html(source: str) -> str:
    """What npm's mjml makes of the source; its complaints are errors."""
    done = subprocess.run(
        ["node", "render.mjs"], cwd=REFERENCE, input=source, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"the official engine refuses the template:\n{done.stderr}")
    return done.stdout


def engine_version() -> str:
    installed = REFERENCE / "node_modules" / "mjml" / "package.json"
    if not installed.exists() or not shutil.which("node"):
        print("npm's mjml is missing: npm ci --prefix bench/mjml-reference", file=sys.stderr)
        sys.exit(2)
    return f"mjml {json.loads(installed.read_text())['version']}"


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        yield browser
        browser.close()


def picture(browser: Browser, html: str, width: int, light: str) -> Image.Image:
    """The whole page as drawn; every picture in it is a grey card, nothing else is fetched."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if light == "dark" else "light",
        java_script_enabled=False,
    )
    page = context.new_page()
    page.route("**/*", _answer)
    page.set_content(html, wait_until="load")
    drawn = page.screenshot(full_page=True)
    context.close()
    return Image.open(io.BytesIO(drawn)).convert("RGB")


def _answer(route: Route) -> None:
    if route.request.resource_type != "image":
        route.abort()
        return
    card = io.BytesIO()
    Image.new("RGB", (1200, 750), (120, 130, 125)).save(card, "PNG")
    route.fulfill(body=card.getvalue(), content_type="image/png")


def differing(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """Share of differing pixels over the taller of the two, and how many pixels that is."""
    size = (max(one.width, other.width), max(one.height, other.height))
    grounds = [Image.new("RGB", size, colour) for colour in ((255, 0, 255), (0, 255, 0))]
    for ground, drawn in zip(grounds, (one, other), strict=True):
        ground.paste(drawn, (0, 0))
    bands = ImageChops.difference(*grounds).split()
    apart = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    pixels = size[0] * size[1]
    return (pixels - apart.histogram()[0]) / pixels, pixels


def compare(issue: IssueText, pictures: Path | None) -> list[Figure]:
    engine = engine_version()
    source = render.issue_mjml(issue)
    pages = {"ours": mjml.compile(source), "official": official_html(source)}
    figures = []
    with chromium() as browser:
        for width in WIDTHS:
            for light in LIGHTS:
                drawn = {
                    name: picture(browser, slots.close(html), width, light)
                    for name, html in pages.items()
                }
                if pictures:
                    for name, image in drawn.items():
                        image.save(pictures / f"{name}-{width}-{light}.png")
                share, pixels = differing(drawn["ours"], drawn["official"])
                figures.append(Figure("mjml_pixels_differing", width, light, share, pixels, engine))
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pictures", type=Path, help="a folder to keep the pictures in")
    asked = parser.parse_args()
    if asked.pictures:
        asked.pictures.mkdir(parents=True, exist_ok=True)
    figures = compare(ISSUE, asked.pictures)
    print(f"{'width':>6}  {'light':<6}  {'pixels':>9}  differing ({figures[0].engine})")
    for each in figures:
        print(f"{each.width:>6}  {each.light:<6}  {each.pixels:>9}  {each.value:.3%}")
    for each in figures:
        print(json.dumps(asdict(each)))
    return 1 if any(each.value > LIMIT for each in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
