"""What was typed into a draft that somebody deleted meanwhile, as a text that makes a new one."""

from __future__ import annotations

from collections.abc import Iterator

from werkzeug.datastructures import MultiDict

from app.core import newsletters
from app.models import Newsletter, Rubric, RubricKind
from emails import typed

Form = MultiDict[str, str]


def newsletter_of(form: Form) -> Newsletter | None:
    """Whose rubrics the stories of this writing page stood in; None where it had no story."""
    numbers = {form.get(f"story-{each}-rubric") for each in form.getlist("story")}
    found = (each for each in newsletters.listing() if numbers & set(map(str, _ids(each))))
    return next(found, None)


def text_of(form: Form, newsletter: Newsletter | None) -> str:
    """Markdown as an import reads it, pictures by their names; empty where nothing was typed."""
    lines = [form.get("leftovers", "")]
    for rubric in newsletter.every_rubric if newsletter is not None else ():
        stories = [_story(form, rubric, each) for each in _stories(form, rubric)]
        lines += [f"## {rubric.title}", *stories] if any(stories) else []
    head = [typed.line(form.get(name, "")) for name in ("subject", "preheader")]
    body = "\n\n".join(filter(None, lines))
    if not body and not any(head):
        return ""
    return f"---\nsubject: {head[0]}\npreheader: {head[1]}\n---\n\n{body}\n"


def _ids(newsletter: Newsletter) -> list[int]:
    return [rubric.id for rubric in newsletter.every_rubric]


def _stories(form: Form, rubric: Rubric) -> Iterator[str]:
    """The numbers of the page's stories that stood in this rubric, in order."""
    for each in dict.fromkeys(form.getlist("story")):
        if form.get(f"story-{each}-rubric") == str(rubric.id):
            yield each


def _story(form: Form, rubric: Rubric, number: str) -> str:
    said = {
        name: typed.line(form.get(f"story-{number}-{name}", ""))
        for name in ("title", "link", "link_label", "image", "image_alt", "image_credit")
    }
    body = typed.paragraphs(form.get(f"story-{number}-body", "")).strip()
    if rubric.kind is RubricKind.LINKS:
        item = f"[{said['title']}]({said['link']})" if said["link"] else said["title"]
        return "\n  ".join(filter(None, (f"- {item}" if item else "", *body.split("\n"))))
    title = f"### {said['title']}" if said["title"] else ""
    link = f"[{said['link_label'] or said['link']}]({said['link']})" if said["link"] else ""
    picture = f'![{said["image_alt"]}]({said["image"]} "{said["image_credit"]}")'
    return "\n\n".join(filter(None, (title, body, picture if said["image"] else "", link)))
