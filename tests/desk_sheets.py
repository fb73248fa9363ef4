"""The desk's forms that concern readers, in the table of `sheets`; and what else takes a POST."""

from __future__ import annotations

from app.core.comments import LONGEST_TEXT
from app.core.corrections import LONGEST as LONGEST_CORRECTION
from app.core.imprints import LONGEST as LONGEST_IMPRINT
from app.editor.forms import LONGEST_IMPORT
from tests.sheets import NO_ADDRESSES, Sheet

LETTER = "/editor/newsletters/essentiel-ia"
QUESTION = {"label": "Votre pays", "message": "Dites-le.", "hint": "En toutes lettres."}
RUBRIC = {"title": "Le mot de la fin", "least": "1", "most": "3"}
NO_COUNTS = ("many", "0", "-1", "1.5", "101")
IMPRINT = {
    "publisher": "Les Éditions du Marronnier",
    "postal_address": "12, rue des Imprimeurs\r\n75011 Paris",
    "phone": "01 02 03 04 05",
    "contact": "droits@hebdo.test",
    "director": "Jeanne Martin",
    "host": "Hébergeur SA",
    "host_address": "1, quai du Port\r\n13002 Marseille",
    "host_phone": "04 05 06 07 08",
}
SETTINGS = {
    "name": "L’essentiel",
    "language": "fr",
    "sender_name": "La rédaction",
    "sender_address": "lettre@hebdo.test",
    "accent": "#0b6e4f",
    "visibility": "public",
}
DESK = (
    Sheet(
        "editor.add_newsletter_question",
        f"{LETTER}/questions",
        f"{LETTER}/questions",
        {**QUESTION, "name": "pays", "kind": "text", "most": "60"},
        ("label", "name", "kind"),
        {"label": 200, "message": 200, "hint": 200},
        {
            "name": ("Pays", "1er", "é", "address", "ville", "x" * 41),
            "kind": ("poem",),
            "most": ("many", "0", "1001"),
        },
        frozenset({"kind"}),
        # The field is there by now.
        second=422,
    ),
    Sheet(
        "editor.change_newsletter_question",
        LETTER + "/questions/{question}",
        LETTER + "/questions/{question}",
        {**QUESTION, "most": "60"},
        ("label",),
        {"label": 200, "message": 200, "hint": 200},
        {"most": ("many", "0", "1001")},
    ),
    Sheet(
        "editor.add_newsletter_rubric",
        f"{LETTER}/rubrics",
        f"{LETTER}/rubrics",
        {**RUBRIC, "kind": "text", "anchor": "fin"},
        ("title", "kind", "anchor", "least", "most"),
        {"title": 200},
        {
            "kind": ("poem",),
            "anchor": ("Fin", "fin-2", "comments", "é", "x" * 41),
            "least": NO_COUNTS,
            "most": NO_COUNTS,
        },
        frozenset({"kind"}),
        # The rubric is there by now.
        second=422,
    ),
    Sheet(
        "editor.change_newsletter_rubric",
        LETTER + "/rubrics/{rubric}",
        LETTER + "/rubrics/{rubric}",
        RUBRIC,
        ("title", "least", "most"),
        {"title": 200},
        {"least": NO_COUNTS, "most": NO_COUNTS},
    ),
    Sheet(
        "editor.add_correction",
        "/editor/issues/{issue}/web",
        "/editor/issues/{issue}/corrections",
        {"anchor": "a-la-une-1", "text": "Le lac gèle à Annecy."},
        ("text",),
        {"text": LONGEST_CORRECTION},
        {"anchor": ("nowhere",)},
        frozenset({"anchor"}),
    ),
    Sheet(
        "editor.change_visibility",
        "/editor/issues/{issue}/web",
        "/editor/issues/{issue}/web",
        {"visibility": "unlisted"},
        ("visibility",),
        wrong={"visibility": ("secret",)},
        picked=frozenset({"visibility"}),
    ),
    Sheet(
        "editor.change_imprint",
        "/editor/imprint",
        "/editor/imprint",
        IMPRINT,
        tuple(IMPRINT),
        dict.fromkeys((*IMPRINT, "registration"), LONGEST_IMPRINT),
        {"contact": NO_ADDRESSES},
    ),
    Sheet(
        "editor.answer_comment",
        "/editor/comments/{comment}",
        "/editor/comments/{comment}",
        {"text": "Merci à vous."},
        ("text",),
        {"text": LONGEST_TEXT},
    ),
    Sheet(
        "editor.change_comment_rules",
        f"{LETTER}/comments",
        f"{LETTER}/comments",
        {"rule": "shown", "days": "30"},
        ("rule",),
        wrong={"rule": ("maybe",), "days": ("ten", "-1", "3651", "1.5")},
        picked=frozenset({"rule"}),
    ),
    Sheet(
        "editor.change_newsletter_embedding",
        f"{LETTER}/embedding",
        f"{LETTER}/embedding",
        {"origins": "https://www.hebdo.test"},
        wrong={"origins": ("www.hebdo.test/page", "javascript:alert(1)")},
    ),
    Sheet(
        "editor.change_newsletter",
        LETTER,
        LETTER,
        SETTINGS,
        ("name", "language", "sender_name", "sender_address", "visibility"),
        {"name": 200, "tagline": 200, "sender_name": 200, "publisher": 200, "description": 2000},
        {"sender_address": NO_ADDRESSES, "language": ("de",), "accent": ("green",)},
        frozenset({"language", "visibility"}),
    ),
    Sheet(
        "editor.invite_editor",
        "/editor/editors",
        "/editor/editors",
        {"name": "Nina", "address": "nina@hebdo.test", "role": "editor"},
        ("name", "address", "role"),
        {"name": 100},
        {"address": NO_ADDRESSES, "role": ("owner",)},
        frozenset({"role"}),
        # She is an editor by now.
        second=422,
    ),
    Sheet(
        "editor.read_issue",
        "/editor/issues/import",
        "/editor/issues/import",
        {"newsletter": "essentiel-ia", "text": "Un titre\r\n\r\nUne ligne."},
        ("newsletter",),
        {"text": LONGEST_IMPORT},
        {"newsletter": ("nowhere",), "text": ("a\x1bb", "a\ufffdb")},
        frozenset({"newsletter"}),
        second=200,
    ),
    Sheet("editor.change_newsletter_front", f"{LETTER}/front", f"{LETTER}/front", {"reminds": "y"}),
)

BUTTONS = {
    "reader.confirm": "one button behind a mailed link",
    "reader.ask_again": "one button behind a mailed link",
    "reader.leave": "one button, and the mail programs' one-click",
    "reader.come_back": "one button behind a mailed link",
    "reader.confirm_address": "one button behind a mailed link",
    "reader.stay": "one button behind a mailed link",
    "reader.withdraw_comment": "one button behind a mailed link",
    "reader.quieten_comment": "one button behind a mailed link",
    "reader.keep": "one button of her page",
    "reader.send_link": "one button of her page",
    "reader.go_on": "one button of her page",
    "reader.leave_one": "one button of her page",
    "reader.erase": "one button of her page",
    "editor.decide_comments": "buttons beside comments",
    "editor.undo_comments": "one button",
    "editor.ask_for_comment_mail": "one button",
    "editor.close_comments": "one button",
    "editor.remove_correction": "one button",
    "editor.move_newsletter_question": "one button",
    "editor.remove_newsletter_question": "one button",
    "editor.move_newsletter_rubric": "one button",
    "editor.retire_newsletter_rubric": "one button",
    "editor.bring_back_newsletter_rubric": "one button",
    "editor.remove_editor": "one button",
    "editor.change_role": "a choice of roles and one button",
    "editor.cancel_edition": "one button",
    "editor.pause_edition": "one button",
    "editor.resume_edition": "one button",
    "editor.take_back_issue": "one button",
    "editor.begin_edition": "one button",
    "editor.retry_deferred": "one button",
    "editor.retry_refused": "one button",
    "editor.resolve_doubt": "buttons beside a delivery",
    "editor.order_issue": "one button",
    "editor.delete_issue": "one button",
    "editor.sign_out": "one button",
}
"""What takes a press and no words: nothing there can be missing, blank or too long."""

ELSEWHERE = {
    "api.sign_up": "tests/api/test_subscriptions.py: JSON has faults of its own",
    "editor.save_issue": "tests/editor/test_issues.py: a page that keeps whatever was written",
    "editor.create_issue": "tests/editor/test_issues.py",
    "editor.send_proof": "tests/editor/test_previews.py",
    "editor.begin_session": "tests/editor/test_guard.py",
    "editor.order_link": "tests/editor/test_keeping.py",
    "editor.set_password": "tests/editor/test_keeping.py",
}
"""Forms whose faults are told in tests of their own."""

TOKENS_ELSEWHERE = frozenset(
    (
        *("editor.save_issue", "editor.send_proof"),
        *("editor.begin_session", "editor.order_link", "editor.set_password"),
        "editor.sign_out",
    )
)
"""Of these and of the buttons, those that check their own token: tests/editor/test_stale.py lets it grow
stale, and tests/editor/test_guard.py forges the one of the sign-out."""
