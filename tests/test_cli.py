"""The command line: what it does, what it says when refused, and the exit codes that scripts rely on."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask import Flask

from app.cli import cli
from app.core import (
    clock,
    corrections,
    editors,
    enrolments,
    searches,
    subscribers,
    suppressions,
    workers,
)
from app.extensions import db
from app.models import (
    Delivery,
    DeliveryState,
    Edition,
    EditionState,
    Editor,
    Installation,
    Issue,
    Notice,
    NoticeKind,
    Role,
    Subscription,
    SubscriptionState,
)
from app.settings import Settings
from tasks import journal
from tests.conftest import SECRET, create_database, database_url
from tests.people import edition, newsletter

Run = Callable[..., Result]

NEWSLETTER = (
    "newsletters", "add", "hebdo-test", "--name", "L'hebdo d'essai", "--sender-name", "La rédaction",
    "--sender-address", "redaction@hebdo.invalid", "--publisher", "Éditions d'essai",
    "--postal-address", "1 rue de l'Essai, 75001 Paris",
)  # fmt: skip

CONSENT = ("--confirmed", "--source", "Salon du livre", "--consented-at", "2026-03-14")

READERS = "address\nanna@example.org\nben@example.org\n"

ISSUE = """\
---
subject: "Où va l'IA ?"
preheader: "La semaine en bref"
number: 7
---

# À la Une

## Un modèle ouvert de plus

Il tient sur un ordinateur portable, et ses poids sont publics.

# Dans l'actu

## Une première brève

Elle est courte.

## Une deuxième brève

Elle l'est aussi.

## Une troisième brève

Et celle-ci de même.
"""


@pytest.fixture
def run(settings: Settings, flask_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("newsletters", "list")`: the command in an installation of this test's own."""
    environ = {
        "HEBDO_STATE_DIR": str(settings.state_dir),
        "HEBDO_SECRET_KEY": SECRET,
        "HEBDO_BASE_URL": settings.base_url,
        "HEBDO_SMTP_URL": f"smtp://{settings.relay.host}:{settings.relay.port}",
        "HEBDO_MAIL_FROM": settings.mail_from,
        "HEBDO_DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path) -> Result:
        # What the test looked at must not hold the database while the command writes.
        db.session.rollback()

        return CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="hebdo")

    return run


def ok(result: Result) -> Result:
    assert result.exit_code == 0, result.output
    return result


def refused(result: Result) -> str:
    """The sentence on stderr; a stack would be a fault of ours."""
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.stderr
    return result.stderr


def people(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "people.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_command_has_help() -> None:
    without = [name for name, command in commands(cli, "hebdo") if not command.help]
    assert not without
    for name, command in commands(cli, "hebdo"):
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help or parameter.name == "language", (name, parameter.name)


def test_every_number_that_a_command_takes_has_bounds() -> None:
    bounded = 0
    for name, command in commands(cli, "hebdo"):
        for each in command.params:
            if isinstance(each.type, click.types.IntParamType | click.types.FloatParamType):
                where = (name, each.name)
                assert isinstance(each.type, click.IntRange | click.FloatRange), where
                assert each.type.min is not None, where
                assert each.type.max is not None or isinstance(each.type, click.FloatRange), where
                bounded += 1
    assert bounded > 15


@pytest.mark.parametrize(
    "command",
    [
        ("subscribers", "list", "--newsletter", "hebdo-test", "--limit", "-1"),
        ("suppressions", "list", "--limit", "-1"),
        ("suppressions", "list", "--limit", "9" * 20),
        ("suppressions", "list", "--after", "9" * 20),
        ("deliveries", "show", "9" * 20),
        ("issues", "pause", "9" * 20),
        ("issues", "send", "1", "--wait", "--timeout", "0"),
        ("deliveries", "resolve", "1", "--as", "again", "--subscriber", "9" * 20),
    ],
)
def test_a_number_out_of_bounds_is_refused_in_words(command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, command)
    assert result.exit_code == 2, result.output
    assert "is not in the range" in result.stderr


def test_the_lists_of_commands_fit_a_terminal_of_80_columns_unbroken() -> None:
    groups = [name for name, command in commands(cli, "hebdo") if isinstance(command, click.Group)]
    assert len(groups) > 5
    for name in groups:
        told = ok(CliRunner().invoke(cli, [*name.split()[1:], "--help"], prog_name="hebdo")).output
        _usage, *lines = told.splitlines()
        assert [each for each in lines if each.endswith("...")] == [], name


def commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            yield from commands(below, f"{name} {each}")


def test_all_missing_settings_are_told_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HEBDO_SECRET_KEY", "HEBDO_BASE_URL", "HEBDO_SMTP_URL", "HEBDO_MAIL_FROM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("HEBDO_STATE_DIR", str(tmp_path))
    said = refused(CliRunner().invoke(cli, ["newsletters", "list"]))
    for name in ("HEBDO_SECRET_KEY", "HEBDO_BASE_URL", "HEBDO_SMTP_URL", "HEBDO_MAIL_FROM"):
        assert name in said
    assert "REDIS_URL" in said
    assert "from the folder that var is in" in said
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    assert "folder" not in refused(CliRunner().invoke(cli, ["newsletters", "list"]))


def test_a_newsletter_is_added_and_listed(run: Run) -> None:
    ok(run(*NEWSLETTER))
    found = json.loads(ok(run("newsletters", "list", "--format", "json")).stdout)
    assert [(each["slug"], each["readers"]) for each in found] == [("hebdo-test", 0)]
    assert "L'hebdo d'essai" in ok(run("newsletters", "list")).stdout


def test_a_second_newsletter_of_the_same_slug_is_refused_in_words(run: Run) -> None:
    ok(run(*NEWSLETTER))
    assert "hebdo-test" in refused(run(*NEWSLETTER))


def test_a_faulty_newsletter_is_refused_field_by_field(run: Run) -> None:
    said = refused(run("newsletters", "add", "x", "--name", "X", "--sender-name", "X",
                       "--sender-address", "nowhere"))  # fmt: skip
    assert "sender_address" in said


def test_people_who_consented_are_imported_once(run: Run, tmp_path: Path) -> None:
    ok(run(*NEWSLETTER))
    file = people(
        tmp_path, "email;prénom\nAnna@Example.org;Anna\nbruno@example.org;\nno address;x\n"
    )
    first = ok(run("subscribers", "import", file, "--newsletter", "hebdo-test", *CONSENT))
    assert "line 4" in first.stdout
    again = json.loads(
        ok(
            run("subscribers", "import", file, "--newsletter", "hebdo-test", *CONSENT,
                "--format", "json")
        ).stdout
    )  # fmt: skip
    assert again["counts"] == {"already": 2, "invalid": 1}
    rows = db.session.query(Subscription).all()
    assert {each.state for each in rows} == {SubscriptionState.CONFIRMED}
    assert [each.consents[0].source for each in rows] == ["Salon du livre", "Salon du livre"]
    assert db.session.query(Notice).count() == 0


def test_an_import_without_the_word_confirmed_brings_nobody_in(run: Run, tmp_path: Path) -> None:
    ok(run(*NEWSLETTER))
    file = people(tmp_path, "email\nanna@example.org\n")
    said = refused(run("subscribers", "import", file, "--newsletter", "hebdo-test",
                       "--source", "x", "--consented-at", "2026-01-01"))  # fmt: skip
    assert "--confirmed" in said
    assert subscribers.find("anna@example.org") is None


def test_a_consent_from_the_future_brings_nobody_in(run: Run, tmp_path: Path) -> None:
    ok(run(*NEWSLETTER))
    said = refused(run("subscribers", "import", people(tmp_path, READERS), "--newsletter",
                       "hebdo-test", *CONSENT[:-1], "2062-03-14"))  # fmt: skip
    assert said.startswith("consented_at: Please give the day on which they consented")
    assert subscribers.find("anna@example.org") is None


def test_an_import_cannot_wake_a_suppressed_address(run: Run, tmp_path: Path) -> None:
    ok(run(*NEWSLETTER))
    ok(run("suppressions", "add", "Anna@example.org", "--note", "she phoned"))
    file = people(tmp_path, "address\nanna@example.org\n")
    told = ok(run("subscribers", "import", file, "--newsletter", "hebdo-test", *CONSENT)).stdout
    assert "suppressed" in told
    assert subscribers.find("anna@example.org") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name\nAnna\n", "address"),
        (b"email\n\xe9\xff@example.org\n", "UTF-8"),
        (b'email\n"open\n', "table"),
    ],
)
def test_a_file_that_is_no_table_of_people_is_refused_in_words(
    run: Run, tmp_path: Path, content: bytes, said: str
) -> None:
    ok(run(*NEWSLETTER))
    file = tmp_path / "odd.csv"
    file.write_bytes(content)
    assert said in refused(
        run("subscribers", "import", file, "--newsletter", "hebdo-test", *CONSENT)
    )


@pytest.mark.parametrize("shape", ["table", "json"])
def test_an_import_that_breaks_off_says_who_is_in_already_and_may_be_run_again(
    run: Run, tmp_path: Path, shape: str
) -> None:
    ok(run(*NEWSLETTER))
    file = tmp_path / "long.csv"
    many = [f"reader-{n}@example.org" for n in range(1, enrolments.CHUNK + 300)]
    whole = "\n".join(["address", "no address", *many, "zoé@example.org"]).encode()
    file.write_bytes(whole.replace("é".encode(), b"\xe9"))
    broken = ("subscribers", "import", file, "--newsletter", "hebdo-test", *CONSENT)
    result = run(*broken, "--format", shape)
    said = refused(result)
    assert f"Line {len(many) + 3} is not UTF-8" in said
    assert "run it again" in said
    if shape == "json":
        counts = json.loads(result.stdout)["counts"]
        assert counts == {"added": enrolments.CHUNK - 1, "invalid": 1}
    else:
        assert f"added      {enrolments.CHUNK - 1:>10}" in result.stdout
        assert "line 2: no address (invalid)" in result.stdout
    assert db.session.query(Subscription).count() == enrolments.CHUNK - 1
    file.write_bytes(whole.replace("zoé".encode(), b"zoe"))
    told = json.loads(ok(run(*broken, "--format", "json")).stdout)
    assert told["counts"] == {
        "added": 301, "already": enrolments.CHUNK - 1, "invalid": 1
    }  # fmt: skip


def test_an_export_can_be_read_back_and_runs_no_formula(run: Run, tmp_path: Path) -> None:
    ok(run(*NEWSLETTER))
    file = people(tmp_path, 'email,first_name\nanna@example.org,"=1+1"\n')
    ok(run("subscribers", "import", file, "--newsletter", "hebdo-test", *CONSENT))
    exported = ok(run("subscribers", "export", "--newsletter", "hebdo-test")).stdout
    rows = list(csv.DictReader(io.StringIO(exported)))
    assert [(row["address"], row["first_name"]) for row in rows] == [("anna@example.org", "'=1+1")]
    ok(run("subscribers", "export", "--newsletter", "hebdo-test", "--output", tmp_path / "out.csv"))
    assert "anna@example.org" in (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert (tmp_path / "out.csv").stat().st_mode & 0o777 == 0o600
    nowhere = tmp_path / "nowhere" / "out.csv"
    said = refused(run("subscribers", "export", "--newsletter", "hebdo-test", "--output", nowhere))
    assert f"{nowhere} cannot be written: No such file or directory." in said
    listed = ok(run("subscribers", "list", "--newsletter", "hebdo-test", "--format", "json")).stdout
    assert json.loads(listed)[0]["state"] == "confirmed"


def test_an_issue_is_imported_and_what_it_lacks_is_said(run: Run, tmp_path: Path) -> None:
    ok(run(*NEWSLETTER))
    file = tmp_path / "issue.md"
    file.write_text(ISSUE + "\n# Météo\n\nIl pleut.\n", encoding="utf-8")
    told = ok(run("issues", "import", file, "--newsletter", "hebdo-test", "--format", "json"))
    issue = json.loads(told.stdout)
    assert (issue["number"], issue["subject"]) == (7, "Où va l'IA ?")
    assert [each["rubric"] for each in issue["stories"]] == ["une", "actu", "actu", "actu"]
    assert "Il pleut." in issue["leftovers"]
    listed = json.loads(ok(run("issues", "list", "--format", "json")).stdout)
    assert [(each["number"], each["state"]) for each in listed] == [(7, "draft")]


def test_sending_twice_orders_once(run: Run, tmp_path: Path) -> None:
    issue_id = an_issue(run, tmp_path)
    ok(run("issues", "send", issue_id))
    again = ok(run("issues", "send", issue_id)).stdout
    assert f"Issue {issue_id} was ordered before: it is ordered." in again
    assert db.session.query(Edition).count() == 1


def test_an_issue_is_scheduled_and_taken_back(run: Run, tmp_path: Path) -> None:
    issue_id = an_issue(run, tmp_path)
    past = refused(run("issues", "send", issue_id, "--at", "2020-01-01T07:00"))
    assert past == "due: This moment is past.\n"
    due = (clock.now() + dt.timedelta(days=2)).astimezone(clock.PARIS)
    said = ok(run("issues", "send", issue_id, "--at", f"{due:%Y-%m-%d %H:%M}")).stdout
    assert f"goes out at {due:%Y-%m-%d %H:%M} (Paris)" in said
    assert db.session.query(Edition).one().state is EditionState.SCHEDULED
    shown = ok(run("deliveries", "show", issue_id)).stdout
    assert f"is scheduled for {due:%Y-%m-%d %H:%M} (Paris)." in shown
    assert "hebdo issues take-back" in refused(run("issues", "cancel", issue_id))
    assert "is a draft again" in ok(run("issues", "take-back", issue_id)).stdout
    assert "neither scheduled nor halted" in refused(run("issues", "take-back", issue_id))
    assert db.session.query(Edition).count() == 0


def test_an_issue_that_lacks_something_is_not_ordered_and_the_fault_is_named(
    run: Run, tmp_path: Path
) -> None:
    ok(run(*NEWSLETTER))
    file = tmp_path / "issue.md"
    file.write_text("---\nsubject: x\n---\n\n# Dans l'actu\n\n## a\n\nb\n", encoding="utf-8")
    ok(run("issues", "import", file, "--newsletter", "hebdo-test"))
    issue = db.session.query(Issue).one()
    assert "rubric-une" in refused(run("issues", "send", str(issue.id)))
    assert db.session.query(Edition).count() == 0


def test_waiting_in_vain_is_no_success(run: Run, tmp_path: Path) -> None:
    """No worker runs here: time runs out, and exit code 1 says that the ledger is not there yet."""
    issue_id = an_issue(run, tmp_path)
    result = run("issues", "send", issue_id, "--wait", "--timeout", "0.1")
    assert result.exit_code == 1
    assert "workers go on" in result.stderr


def test_an_order_that_nobody_will_send_for_now_says_why(run: Run, tmp_path: Path) -> None:
    issue_id = an_issue(run, tmp_path)
    assert "The issue goes out once one runs" in ok(run("issues", "send", issue_id)).stderr
    workers.seen("deliveries@here")
    db.session.commit()
    assert "runs" not in ok(run("issues", "send", issue_id)).stderr
    db.session.add(Installation(id=1, mark="elsewhere", place="another machine", pulse=0))
    db.session.commit()
    assert "hebdo db adopt" in ok(run("issues", "send", issue_id)).stderr
    db.session.query(Edition).one().state = EditionState.SENT
    db.session.commit()
    assert "adopt" not in ok(run("issues", "send", issue_id)).stderr


def test_a_subject_is_listed_as_readers_get_it_and_moments_say_that_they_are_utc(
    run: Run, tmp_path: Path
) -> None:
    issue_id = an_issue(run, tmp_path)
    named = "{{first_name|Bonjour}}, voici l'IA"
    db.session.query(Issue).one().subject = named
    db.session.commit()
    ok(run("issues", "send", issue_id))
    at = db.session.query(Edition).one().ordered_at.astimezone(dt.UTC)
    listed = ok(run("issues", "list")).stdout
    assert f"{at:%Y-%m-%d %H:%M} UTC" in listed
    assert "Bonjour, voici l'IA" in listed
    assert "{{" not in listed
    assert json.loads(ok(run("issues", "list", "--format", "json")).stdout)[0]["subject"] == named


def test_the_equation_of_an_issue_can_be_read_by_scripts(run: Run, tmp_path: Path) -> None:
    issue_id = an_issue(run, tmp_path)
    assert "draft" in refused(run("deliveries", "show", issue_id))
    ok(run("issues", "send", issue_id))
    told = json.loads(ok(run("deliveries", "show", issue_id, "--format", "json")).stdout)
    assert told["adds_up"] is True
    assert (told["state"], told["planned"], told["deliveries"]) == ("ordered", 0, [])
    assert "0 planned = 0 waiting" in ok(run("deliveries", "show", issue_id)).stdout


def test_copies_in_doubt_are_listed_and_resolved_by_a_file_that_names_them(
    run: Run, tmp_path: Path
) -> None:
    issue_id = an_issue(run, tmp_path)
    ok(
        run(
            "subscribers",
            "import",
            people(tmp_path, READERS),
            "--newsletter",
            "hebdo-test",
            *CONSENT,
        )
    )
    ok(run("issues", "send", issue_id))
    edition_id = db.session.query(Edition).one().id
    for one in db.session.query(Subscription):
        doubted = {"state": DeliveryState.IN_DOUBT, "answer": "=cut", "attempts": 1}
        moments = {"first_at": clock.now(), "at": clock.now()}
        db.session.add(
            Delivery(edition_id=edition_id, subscriber_id=one.subscriber_id, **doubted, **moments)
        )
    db.session.commit()
    listed = ok(
        run("deliveries", "list", issue_id, "--state", "in_doubt", "--format", "csv")
    ).stdout
    assert listed.count("in_doubt,0,,'=cut,") == 2
    told = json.loads(ok(run("deliveries", "list", issue_id, "--format", "json")).stdout)
    assert [each["address"] for each in told] == ["anna@example.org", "ben@example.org"]
    file = tmp_path / "told.csv"
    file.write_text("address\nBen@example.org\ncarl@example.org\n", encoding="utf-8")
    result = run("deliveries", "resolve", issue_id, "--as", "accepted", "--from", file)
    assert "1 copy in doubt: now accepted." in result.stdout
    assert "1 in the file match no copy in doubt:\n  carl@example.org" in refused(result)
    file.write_text(listed, encoding="utf-8")
    again = run("deliveries", "resolve", issue_id, "--as", "refused", "--from", file)
    assert "1 copy in doubt: now refused." in again.stdout
    assert [each.state for each in db.session.query(Delivery).order_by(Delivery.subscriber_id)] == [
        DeliveryState.REFUSED,
        DeliveryState.ACCEPTED,
    ]


def test_what_a_relay_refused_is_due_again_and_what_a_person_gave_up_is_not(
    run: Run, tmp_path: Path
) -> None:
    issue_id = an_issue(run, tmp_path)
    ok(
        run(
            "subscribers",
            "import",
            people(tmp_path, READERS),
            "--newsletter",
            "hebdo-test",
            *CONSENT,
        )
    )
    ok(run("issues", "send", issue_id))
    out = db.session.query(Edition).one()
    out.state = EditionState.SENT
    now = clock.now()
    moments = {"attempts": 1, "first_at": now, "at": now}
    for one, code in zip(db.session.query(Subscription), (550, 0), strict=True):
        refusal = Delivery(
            edition_id=out.id,
            subscriber_id=one.subscriber_id,
            state=DeliveryState.REFUSED,
            **moments,
        )
        refusal.code = code
        db.session.add(refusal)
    db.session.commit()
    assert "No copy is deferred." in ok(run("deliveries", "retry", issue_id)).stdout
    told = ok(run("deliveries", "retry", issue_id, "--refused")).stdout
    assert "1 refused copy is due now." in told
    db.session.expire_all()
    assert out.state is EditionState.PLANNED
    assert {each.code: each.state for each in db.session.query(Delivery)} == {
        550: DeliveryState.DEFERRED,
        0: DeliveryState.REFUSED,
    }


def an_issue(run: Run, tmp_path: Path) -> str:
    ok(run(*NEWSLETTER))
    file = tmp_path / "issue.md"
    file.write_text(ISSUE, encoding="utf-8")
    ok(run("issues", "import", file, "--newsletter", "hebdo-test"))
    return str(db.session.query(Issue).one().id)


def test_the_index_of_the_search_is_made_anew_with_stories_and_corrections(run: Run) -> None:
    out = edition(newsletter(), 12)
    note = corrections.add(out.issue, "", "C’était à Quimper.")
    searches.drop_note(out.id, note.id)
    db.session.commit()
    assert searches.look("quimper").total + searches.look("kilowattheures").total == 0
    assert "Indexed: 1" in ok(run("issues", "index")).stdout
    assert [each.is_correction for each in searches.look("quimper").found] == [True]
    assert [each.is_correction for each in searches.look("kilowattheures").found] == [False]


def test_an_issue_that_is_not_there_is_refused_in_words(run: Run) -> None:
    assert "no such issue" in refused(run("issues", "send", "99"))
    assert "no such issue" in refused(run("deliveries", "show", "99"))


def test_a_suppression_is_added_listed_and_lifted(run: Run) -> None:
    ok(run("suppressions", "add", "Anna@example.org", "--note", "asked by letter"))
    listed = json.loads(ok(run("suppressions", "list", "--format", "json")).stdout)
    assert [(each["address"], each["note"]) for each in listed] == [
        ("anna@example.org", "asked by letter")
    ]
    ok(run("suppressions", "lift", "anna@EXAMPLE.org"))
    assert suppressions.find("anna@example.org") is None
    assert "not suppressed" in refused(run("suppressions", "lift", "anna@example.org"))
    refused(run("suppressions", "add", "nobody"))


def test_an_editor_signs_in_with_the_password_that_the_terminal_showed(run: Run) -> None:
    shown = ok(run("editors", "add", "Lea@example.org", "--name", "Léa", "--role", "admin")).stdout
    assert editors.sign_in("lea@example.org", shown.split()[-1]) is not None
    renewed = ok(run("editors", "password", "lea@example.org")).stdout
    assert editors.sign_in("lea@example.org", shown.split()[-1]) is None
    assert editors.sign_in("lea@example.org", renewed.split()[-1]) is not None
    listed = json.loads(ok(run("editors", "list", "--format", "json")).stdout)
    assert [(each["address"], each["role"]) for each in listed] == [("lea@example.org", "admin")]


def test_an_editor_can_be_invited_and_reset_by_mail(run: Run) -> None:
    ok(run("editors", "add", "lea@example.org", "--name", "Léa", "--invite"))
    assert db.session.query(Editor).one().password_hash == ""
    assert "few minutes" in refused(run("editors", "password", "lea@example.org", "--mail"))
    ok(run("editors", "add", "max@example.org", "--name", "Max"))
    ok(run("editors", "password", "max@example.org", "--mail"))
    owed = [(each.kind, each.address) for each in db.session.query(Notice).order_by(Notice.id)]
    assert owed == [
        (NoticeKind.INVITATION, "lea@example.org"),
        (NoticeKind.PASSWORD_RESET, "max@example.org"),
    ]


def test_somebody_who_is_no_editor_gets_no_password(run: Run) -> None:
    assert "editors list" in refused(run("editors", "password", "max@example.org"))


def test_an_editor_gets_another_role_and_the_last_admin_keeps_hers(run: Run) -> None:
    ok(run("editors", "add", "lea@example.org", "--name", "Léa", "--role", "admin"))
    ok(run("editors", "add", "max@example.org", "--name", "Max"))
    assert "last admin" in refused(run("editors", "role", "lea@example.org", "contributor"))
    ok(run("editors", "role", "Max@example.org", "admin"))
    assert "had the role admin" in ok(run("editors", "role", "lea@example.org", "editor")).stdout
    assert "editors list" in refused(run("editors", "role", "nobody@example.org", "editor"))
    assert run("editors", "role", "max@example.org", "owner").exit_code == 2
    roles = {each.address: each.role for each in editors.listing()}
    assert roles == {"lea@example.org": Role.EDITOR, "max@example.org": Role.ADMIN}


def test_the_doctor_names_what_is_wrong_and_what_to_do(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert "ok  database" in result.stdout
    assert "NO  broker" in result.stdout
    assert "NO  relay" in result.stdout
    assert "HEBDO_SMTP_URL" in result.stdout
    checks = {
        each["check"]: each["ok"] for each in json.loads(run("doctor", "--format", "json").stdout)
    }
    assert {name for name, fine in checks.items() if fine} == {
        "settings",
        "database",
        "migrations",
        "notices",
        "installation",
        "limits",
        "journals",
        "media",
        # Of reserved domains, and a relay on this machine, there is nothing to be found wrong.
        "spf",
        "dkim",
        "dmarc",
        "tls",
    }
    assert "??  ptr" in result.stdout


def test_of_what_make_run_starts_the_doctor_asks_whether_it_runs(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = ("doctor", "--only", "broker", "--only", "workers", "--only", "relay")
    assert "make run" not in run(*only).stdout
    monkeypatch.setenv("HEBDO_INBOX_URL", "http://127.0.0.1:8025")
    told = run(*only).stdout
    assert told.count("Does `make run` (or `hebdo up`) still run?") == told.count("NO ") == 3


def test_the_doctor_says_when_no_worker_could_keep_a_journal(run: Run, settings: Settings) -> None:
    folder = settings.state_dir / journal.FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_bytes(b"")
    result = run("doctor", "--only", "journals")
    assert result.exit_code == 1
    assert f"NO  journals: No journal can be kept in {folder}: File exists." in result.stdout
    assert "HEBDO_STATE_DIR" in result.stdout
    folder.unlink()
    assert "ok  journals" in run("doctor", "--only", "journals").stdout
    assert [each.name for each in folder.iterdir()] == ["disk"]


def test_tables_that_are_missing_are_told_with_the_remedy(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    empty = f"sqlite:///{settings.state_dir / 'empty.sqlite'}"
    if not settings.is_sqlite:
        server, name = request.getfixturevalue("postgres"), f"empty_{uuid.uuid4().hex[:8]}"
        create_database(server, name)
        empty = database_url(server, name)
    monkeypatch.setenv("HEBDO_DATABASE_URL", empty)
    assert "hebdo db upgrade" in refused(run("newsletters", "list"))
    ok(run("db", "upgrade"))
    assert ok(run("newsletters", "list", "--format", "json")).stdout.strip() == "[]"


def test_a_database_that_does_not_answer_is_told_in_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEBDO_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/nothing")
    assert refused(run("newsletters", "list")).count("\n") == 1


def test_the_doctor_tells_the_limits_that_hold_over_all_workers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "No limit holds over all workers" in ok(run("doctor", "--only", "limits")).stdout
    monkeypatch.setenv("HEBDO_SMTP_SESSIONS", "4")
    monkeypatch.setenv("HEBDO_SMTP_RATE", "14")
    told = "at most 4 sessions, 0 in use; at most 14 messages a second, 0 of them taken"
    assert told in ok(run("doctor", "--only", "limits")).stdout
