"""The service's own rooms: what we keep (models), what we do (core), who comes in (doors).

This file wires them together and does nothing else.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.settings import Settings, load, make_state_dir

MAX_REQUEST_BYTES = 12 * 1024 * 1024
"""One picture of 10 MiB and its form; a greater request gets 413."""

MOST_FIELDS = 10_000
"""Of one form: the writing page sends ten a story, and an import may have made hundreds of stories, which
must be removed on that very page."""

BRIEFLY = {"socket_connect_timeout": 1, "socket_timeout": 1}
"""Seconds that a limit waits for the broker before this process counts alone."""


def create_app(settings: Settings | None = None) -> Flask:
    """Make the web app of one installation; reads the environment when given no settings."""
    settings = settings or load()
    flask_app = Flask(__name__)
    configure(flask_app, settings)
    guard_requests(flask_app)
    connect_extensions(flask_app)
    register_doors(flask_app)
    return flask_app


def configure(flask_app: Flask, settings: Settings) -> None:
    from app import database
    from app.links import Links

    flask_app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=database.options(settings.database_url),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_PARTS=MOST_FIELDS,
        SESSION_COOKIE_NAME="__Host-hebdo" if settings.is_https else "hebdo",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PREFERRED_URL_SCHEME="https" if settings.is_https else "http",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=True,
        RATELIMIT_STORAGE_URI=settings.redis_url,
        RATELIMIT_STORAGE_OPTIONS=BRIEFLY,
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Paris",
    )
    flask_app.extensions["hebdo.settings"] = settings
    flask_app.extensions["hebdo.links"] = Links(settings)
    make_state_dir(settings.state_dir)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        flask_app.wsgi_app = ProxyFix(flask_app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]


def guard_requests(flask_app: Flask) -> None:
    """First of all, so that what comes after may rest on it and what is refused costs little."""
    from app import caps, guards, lanes

    guards.register(flask_app)
    caps.register(flask_app)
    lanes.register(flask_app)


def connect_extensions(flask_app: Flask) -> None:
    from app import database, language, watermarks
    from app.extensions import babel, csrf, db, exchanges, keys, limiter, migrate

    db.init_app(flask_app)
    with flask_app.app_context():
        database.prepare(db.engine)
        flask_app.extensions["hebdo.watermark"] = watermarks.Watermark(db.engine)
    migrate.init_app(flask_app, db, directory=f"{flask_app.root_path}/migrations")
    csrf.init_app(flask_app)
    babel.init_app(flask_app, locale_selector=language.choose)
    language.register(flask_app)
    limiter.init_app(flask_app)
    keys.init_app(flask_app.extensions["hebdo.settings"])
    exchanges.init_app(flask_app.extensions["hebdo.settings"])


def register_doors(flask_app: Flask) -> None:
    from app import api, editor, errors, figures, logs, reader
    from app.core import autolinks

    logs.register(flask_app)
    errors.register(flask_app)
    flask_app.add_template_filter(autolinks.paragraphs)
    flask_app.add_template_filter(figures.figure)
    flask_app.register_blueprint(reader.door)
    reader.shelf.register(flask_app)
    flask_app.register_blueprint(editor.door)
    flask_app.register_blueprint(api.door)
