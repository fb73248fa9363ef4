"""Where the microseconds of a message go: the sender's and the clerk's, by errand.

    python -m bench.profile [--readers 40000] [--database postgresql|sqlite]

py-spy looks at the sending process from outside (cProfile would double what it measures), in two
sends: once for what runs, once for what waits. Needs leave to look into a process (root, or
kernel.yama.ptrace_scope = 0). CPU, user and system, is the kernel's own count (/proc); py-spy shares
it out. Waiting for the GIL is what is left of the sender's time when its CPU, its waiting for a core,
its waiting for the relay and for the clerk are taken away.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench import parts, rounds, sinks
from bench.installation import Installation, Setup, installed

HERTZ = 200

SENDER, CLERK = "/emails/lines.py", "/tasks/clerks.py"
WAITING = "waiting for the relay, or for the clerk to bring more"

ERRANDS = (
    ("/emails/dkim.py", "", "sender: sign"),
    ("/emails/compose.py", "", "sender: compose"),
    ("/emails/skeletons.py", "", "sender: compose"),
    ("/tasks/addressees.py", "", "sender: compose"),
    ("/app/links.py", "", "sender: compose"),
    ("/tasks/journal.py", "", "sender: journal"),
    ("/emails/mouths.py", "", "sender: write to the wire (kernel)"),
    ("/emails/wire.py", "on_readable", "sender: read from the wire (kernel)"),
    ("/emails/answers.py", "", "sender: answers"),
    ("/app/core/ledger.py", "result", "sender: answers"),
    ("/emails/wire.py", "", "sender: protocol"),
    ("/tasks/senders.py", "", "sender: turns"),
    ("/emails/lines.py", "", "sender: loop"),
    ("/app/core/audiences.py", "", "clerk: who is wanted"),
    ("/app/core/ledger.py", "", "clerk: ledger"),
    ("/app/core/batches.py", "", "clerk: claims and leases"),
    ("/tasks/clerks.py", "_finished", "clerk: waiting for something to do"),
    ("/tasks/clerks.py", "", "clerk: the rest"),
)
"""File, function (any, when empty), errand. The innermost frame that fits decides."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One send under py-spy."""

    seconds: float
    """While the sending process was at it."""
    cpu: tuple[float, float]
    """Of the process, user and system, seconds."""
    sender_cpu: float
    """Of the sender's thread; waiting for a core, the next."""
    sender_queued: float
    samples: Counter[str]


def main() -> None:
    parser = argparse.ArgumentParser(description="Where the microseconds of a message go.")
    parser.add_argument("--readers", type=int, default=40_000)
    parser.add_argument(
        "--database", choices=[parts.POSTGRESQL, parts.SQLITE], default="postgresql"
    )
    asked = parser.parse_args()
    rounds.show(measure(asked.readers, asked.database))


def measure(readers: int, database: str = parts.POSTGRESQL) -> list[dict[str, object]]:
    spy = parts.program("py-spy", "make setup installs it")
    print(f"\nprofile, {database}: {readers:,} readers")
    with sinks.running(sinks.FAST) as sink, installed(Setup(readers, database), sink) as ours:
        child = sending(ours)
        running = watched(spy, ours, child, [])
        waiting = watched(spy, ours, child, ["--idle"])
    return told(database, readers, running, waiting)


def sending(ours: Installation) -> psutil.Process:
    """The process of the worker that a send costs most."""
    before = {one: sum(one.cpu_times()[:2]) for one in parts.family(ours.worker)}
    ours.send()
    return max(before, key=lambda one: sum(one.cpu_times()[:2]) - before[one])


def watched(spy: str, ours: Installation, child: psutil.Process, options: list[str]) -> Seen:
    with tempfile.TemporaryDirectory(prefix="hebdo-profile-") as name:
        stacks = Path(name) / "stacks"
        command = [spy, "record", "--pid", str(child.pid), "--rate", str(HERTZ), *options]
        watcher = subprocess.Popen(
            [*command, "--format", "raw", "--full-filenames", "--output", str(stacks)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        # It tells of itself first; looking begins a moment later.
        time.sleep(1)
        cpu, thread, began = child.cpu_times(), of_thread(child.pid), time.monotonic()
        ours.send()
        seconds = time.monotonic() - began
        after, thread_after = child.cpu_times(), of_thread(child.pid)
        watcher.send_signal(signal.SIGINT)
        _, said = watcher.communicate(timeout=60)
        if not stacks.exists():
            raise SystemExit(f"py-spy saw nothing: {said.strip()}")
        return Seen(
            seconds,
            (after.user - cpu.user, after.system - cpu.system),
            thread_after[0] - thread[0],
            thread_after[1] - thread[1],
            errands(stacks.read_text()),
        )


def of_thread(pid: int) -> tuple[float, float]:
    """Seconds on a core, and waiting for one, of a process's first thread (the sender's)."""
    on_core, queued, _ = Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()
    return int(on_core) / 1e9, int(queued) / 1e9


def errands(stacks: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        found[errand(stack.split(";"))] += int(count)
    return found


def errand(frames: list[str]) -> str:
    """What a stack (outermost frame first, `function (file:line)`) is about."""
    if "selectors.py" in frames[-1] and any(SENDER in one for one in frames):
        return WAITING
    for frame in reversed(frames):
        function, _, place = frame.rpartition(" (")
        file = place.rpartition(":")[0]
        for end, name, what in ERRANDS:
            if file.endswith(end) and name in ("", function.rpartition(".")[2]):
                return what
    return "neither: the worker itself"


def told(database: str, readers: int, running: Seen, waiting: Seen) -> list[dict[str, object]]:
    user, system = (seconds / readers * 1e6 for seconds in running.cpu)
    active = Counter({name: n for name, n in running.samples.items() if name != WAITING})
    print(f"CPU a message: {user + system:.0f} µs, {user:.0f} user and {system:.0f} system")
    figures: list[dict[str, object]] = []
    for name, count in active.most_common():
        cost = count / active.total() * (user + system)
        print(f"  {cost:6.1f} µs  {name}")
        figures.append(rounds.plain("profile_us", [cost], database=database, errand=name))
    for name, cost in waits(readers, waiting).items():
        print(f"  {cost:6.1f} µs  {name}")
        figures.append(rounds.plain("profile_wait_us", [cost], database=database, errand=name))
    kernel = {"user": round(user, 1), "system": round(system, 1)}
    return [*figures, rounds.plain("profile_cpu_us", [user + system], database=database, **kernel)]


def waits(readers: int, seen: Seen) -> dict[str, float]:
    """Microseconds a message in which the sender's thread stood still, and for what."""
    sender = {
        name: n for name, n in seen.samples.items() if name.startswith("sender") or name == WAITING
    }
    at_work = sum(sender.values()) / HERTZ
    relay = sender.get(WAITING, 0) / HERTZ
    gil = max(at_work - relay - seen.sender_cpu - seen.sender_queued, 0.0)
    each = 1e6 / readers
    return {
        f"the sender's thread {WAITING}": relay * each,
        "the sender's thread waiting for a core": seen.sender_queued * each,
        "the sender's thread waiting for the GIL (or for the journal's disk)": gil * each,
    }


if __name__ == "__main__":
    main()
