"""An author's hand on her comment, by the signed links of the mails about it: take it back, be told no
more of answers.

Like every button behind a mailed link these carry no CSRF token: the link's own cannot be guessed.
Looking changes nothing; pressing twice is the same as once; of a comment that is gone it is said kindly.
"""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app import language
from app.core import comments
from app.core.errors import NotFound
from app.extensions import _, csrf, db, links
from app.models import Comment, CommentState
from app.reader import door


@door.get("/comments/<token>")
def own_comment(token: str) -> ResponseReturnValue:
    """Her comment, and one button."""
    return _page(_find(token), token)


@door.post("/comments/<token>")
def withdraw_comment(token: str) -> ResponseReturnValue:
    found = _find(token)
    if found is not None:
        comments.withdraw(found)
    db.session.commit()
    return _page(None, token)


@door.get("/comments/<token>/quiet")
def quiet_comment(token: str) -> ResponseReturnValue:
    """What she is told of, and one button."""
    return _page(_find(token), token, "reader/quiet_comment.html")


@door.post("/comments/<token>/quiet")
def quieten_comment(token: str) -> ResponseReturnValue:
    found = _find(token)
    if found is not None:
        comments.quieten(found)
    db.session.commit()
    db.session.expire_all()
    return _page(_find(token), token, "reader/quiet_comment.html")


def _find(token: str) -> Comment | None:
    """Her comment, None when nothing is left of it. Raises NotFound, in kind words, for a cut link."""
    comment_id = links().read_comment_token(token)
    if comment_id is None:
        raise NotFound(
            _(
                "This link is not whole: mail programs sometimes cut long ones in two. Please open it"
                " from the mail again."
            )
        )
    found = comments.find(comment_id)
    return found if found is not None and found.state is not CommentState.WITHDRAWN else None


def _page(comment: Comment | None, token: str, template: str = "reader/own_comment.html") -> str:
    if comment is None:
        return render_template("reader/comment_gone.html")
    language.suggest(comment.language)
    return render_template(
        template, newsletter=comment.issue.newsletter, comment=comment, token=token
    )


for view in (withdraw_comment, quieten_comment):
    csrf.exempt(view)
