"""The mail exactly as it will go out: the bytes that would be sent, read back and shown.

The HTML stands at an address of its own, in a frame without scripts, under its own policy.
"""

from __future__ import annotations

from flask import flash, g, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import addresses, clock, editions, editors, issues, notices, reasons
from app.core.errors import Invalid
from app.editor import door
from app.editor.forms import Proof
from app.extensions import _, db, limiter, settings
from app.forms import own_token
from app.models import Issue, NoticeKind
from emails import compose, render
from emails.compose import Reading
from emails.errors import MailError
from emails.values import Addressee, IssueText
from tasks import nudges, texts

SAMPLE = Addressee(
    address="camille@example.invalid",
    first_name="Camille",
    token="preview",  # noqa: S106 - opens nothing; the real one is each reader's own
    message_id="preview@example.invalid",
    return_path="preview@example.invalid",
)


@door.get("/issues/<int:issue_id>/preview")
def preview(issue_id: int) -> ResponseReturnValue:
    return _page(issues.get(issue_id), Proof(address=g.editor.address))


@door.get("/issues/<int:issue_id>/preview/mail")
def preview_mail(issue_id: int) -> ResponseReturnValue:
    """The mail's HTML for the sandboxed frame; styles inline, pictures our own, nothing else."""
    try:
        reading = _read(_text(issues.get(issue_id)))
    except MailError as odd:
        raise Invalid(
            _("This issue cannot be printed: %(why)s.", why=reasons.said(str(odd)))
        ) from odd
    response = make_response(reading.html)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src 'self' data: {settings().base_url}; "
        "style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    )
    return response


@door.post("/issues/<int:issue_id>/proof")
@limiter.limit("30 per hour")
@own_token
def send_proof(issue_id: int) -> ResponseReturnValue:
    """Order a proof of the issue as it stands now, to any address; a contributor's to her own."""
    issue = issues.get(issue_id)
    form = Proof()
    if form.validate_on_submit():
        with form.blaming():
            address = addresses.read(form.address.data)
    if form.errors:
        return _page(issue, form), 422
    if not editors.may_send(g.editor) and address.key != g.editor.address:
        form.blame({"address": _("A contributor sends proofs to her own address only.")})
        return _page(issue, form), 403
    notice = notices.order(
        NoticeKind.PROOF,
        address.written,
        newsletter=issue.newsletter,
        source=editions.freeze(_text(issue)),
    )
    db.session.commit()
    nudges.notice(notice.id)
    flash(_("A proof is on its way to %(address)s.", address=address.written))
    return redirect(url_for("editor.preview", issue_id=issue.id), 303)


def _page(issue: Issue, form: Proof) -> str:
    text = _text(issue)
    reading, trouble = None, None
    try:
        reading = _read(text)
    except MailError as odd:
        trouble = reasons.said(str(odd))
    return render_template(
        "editor/preview.html",
        issue=issue,
        text=text,
        reading=reading,
        trouble=trouble,
        form=form,
        may_send=editors.may_send(g.editor),
    )


def _text(issue: Issue) -> IssueText:
    """A draft as it stands; an ordered issue as it was frozen."""
    edition = editions.of_issue(issue)
    return editions.thaw(edition.source) if edition is not None else texts.of_issue(issue)


def _read(text: IssueText) -> Reading:
    """Printed, composed and filled by the functions that send, then read back from the bytes."""
    skeleton = compose.compile_issue(render.print_issue(text), text.masthead, clock.now())
    return compose.read(skeleton.fill(SAMPLE).data)
