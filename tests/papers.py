"""Pages as somebody finds them who sent a form with faults: what is told where, what is still written."""

from __future__ import annotations

from html.parser import HTMLParser

from tests import pages

CONTROLS = ("input", "select", "textarea", "fieldset")


class _Written(HTMLParser):
    """What stands in a page's fields, by name."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[str]] = {}
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "input" and "name" in at:
            if at.get("type") not in {"checkbox", "radio"} or "checked" in at:
                self._add(at["name"], at.get("value", ""))
        elif tag == "select":
            self._select = at["name"]
        elif tag == "option" and "selected" in at:
            self._add(self._select, at["value"])
        elif tag == "textarea":
            self._area = at.get("name", "")
            self._add(self._area, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # The page's own line end after the tag is none of the text.
            self.found[self._area][-1] = self.found[self._area][-1].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[self._area][-1] += data

    def _add(self, name: str, value: str) -> None:
        self.found.setdefault(name, []).append(value)


def written(page: str) -> dict[str, list[str]]:
    """What stands in the fields; of boxes and choices only what is ticked or chosen."""
    reading = _Written()
    reading.feed(page.replace("\r\n", "\n"))
    return reading.found


def faulty(page: str) -> list[str]:
    """The names of the fields that a fault stands at, in the order of the page.

    Each is told once, tied to its control for those who listen, and the first has the focus.
    """
    told = [each["id"] for each in pages.elements(page, "p") if "fault" in each.get("class", "")]
    assert len(told) == len(set(told)), told
    controls = [each for tag in CONTROLS for each in pages.elements(page, tag)]
    names = []
    for fault in told:
        tied = [one for one in controls if fault in one.get("aria-describedby", "").split()]
        assert tied, f"nothing is tied to {fault}"
        names.append(next((one["name"] for one in tied if "name" in one), tied[0].get("id", "")))
    focused = [one.get("name") for one in controls if "autofocus" in one]
    assert focused == names[:1], (focused, names)
    return names


def is_told_above(page: str) -> bool:
    """Whether a fault of no field is told above the form, where the focus goes."""
    return any(
        "summary" in each.get("class", "") and "autofocus" in each
        for each in pages.elements(page, "div")
    )
