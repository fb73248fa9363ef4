"""`/healthz`: this process is alive. `/readyz`: the service can do its work, a sentence a check."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from app.api import door, readiness


@door.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 as long as this process answers; it asks nobody, so a database that is away restarts none."""
    return {"status": "ok"}


@door.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 when every check passes, else 503; JSON says which does not, and what that means."""
    checks = readiness.look()
    ready = all(check.ok for check in checks)
    return {
        "status": "ready" if ready else "not ready",
        "checks": {check.name: {"ok": check.ok, "says": check.says} for check in checks},
    }, (200 if ready else 503)
