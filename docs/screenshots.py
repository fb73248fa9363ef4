"""Takes the README's pictures from a service of its own: `make pictures` (needs Chromium).

Starts `hebdo up` in a directory that is thrown away, sends the sample issue, and looks at the mail
and at the desk as people do. Each picture is reduced to 256 colours: under 300 kB.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.ports import free_port

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
LIMIT = 300_000
"""Bytes of one picture."""


@contextlib.contextmanager
def service(folder: Path) -> Iterator[str]:
    """A running service; what its terminal says when it is ready."""
    environ = {
        **os.environ,
        "HEBDO_STATE_DIR": str(folder / "var"),
        "HEBDO_PORT": str(free_port()),
        "HEBDO_INBOX_PORT": str(free_port()),
    }
    said = folder / "up.txt"
    hebdo = [sys.executable, "-m", "app.cli"]
    with said.open("w") as written:
        up = subprocess.Popen([*hebdo, "up"], cwd=ROOT, env=environ, stdout=written)
    try:
        while "Ctrl-C ends everything" not in said.read_text():
            if up.poll() is not None:
                raise SystemExit(said.read_text())
            time.sleep(0.2)
        send = [*hebdo, "issues", "send", "1", "--wait", "--yes"]
        subprocess.run(send, cwd=ROOT, env=environ, check=True)
        yield said.read_text()
    finally:
        up.terminate()
        up.wait()


def page_of(browser: Browser, scheme: str = "light") -> Page:
    context = browser.new_context(
        viewport={"width": 1200, "height": 1000},
        device_scale_factor=1.5,
        color_scheme="dark" if scheme == "dark" else "light",
        locale="en",
    )
    return context.new_page()


def sign_in(page: Page, said: str) -> None:
    found = re.search(r"Desk\s+(\S+)\s+(\S+)\s+password: (\S+)", said)
    assert found
    desk, address, password = found.groups()
    page.goto(desk)
    page.fill("[name=address]", address)
    page.fill("[name=password]", password)
    page.click("form button[type=submit], form button:not([type])")
    page.wait_for_url(re.compile("/editor/$"))


def take(page: Page, name: str) -> None:
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = FOLDER / f"{name}.png"
    picture.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > LIMIT:
        raise SystemExit(f"{path.name} has {size} bytes; {LIMIT} at the most")
    sys.stdout.write(f"{path.name}: {size // 1000} kB\n")


def take_all(browser: Browser, said: str) -> None:
    inbox = re.search(r"Inbox\s+(\S+)", said)
    assert inbox
    for scheme in ("light", "dark"):
        page = page_of(browser, scheme)
        page.set_viewport_size({"width": 760, "height": 1000})
        page.goto(f"{inbox[1]}messages/1/html")
        take(page, "mail" if scheme == "light" else "mail-dark")
    page = page_of(browser)
    sign_in(page, said)
    page.click("a[href$='/progress']")
    page.set_viewport_size({"width": 1200, "height": 600})
    take(page, "progress")
    page.set_viewport_size({"width": 1200, "height": 1000})
    open_draft(page)
    take(page, "desk")


def open_draft(page: Page) -> None:
    """The sample as a draft that can still be written: imported as an editor would."""
    page.goto(re.sub(r"/editor/.*", "/editor/issues/import", page.url))
    page.set_input_files("input[type=file]", ROOT / "app" / "samples" / "weekly.fr.md")
    page.click("main form button[type=submit], main form button:not([type])")
    page.click("main a.button")
    page.wait_for_load_state()


def run() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        service(Path(folder)) as said,
        sync_playwright() as playwright,
    ):
        path = os.environ.get("HEBDO_CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        take_all(browser, said)
        browser.close()


if __name__ == "__main__":
    run()
