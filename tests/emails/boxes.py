"""A postbox that tests fill with copies, and that remembers what became of each."""

from __future__ import annotations

from collections import deque

from emails.copies import Copy
from emails.values import Answer

DATA = b"Subject: x\r\n\r\nbonjour\r\n"


class Box:
    """Copies keyed 1, 2, 3 …, to reader-1@readers.invalid and so on."""

    def __init__(self, count: int, data: bytes = DATA) -> None:
        self.turns: deque[Copy] = deque()
        self.begun: list[object] = []
        self.answers: dict[object, Answer] = {}
        self.given_back: list[tuple[object, int]] = []
        """Key and tries, each time a copy came back."""
        self.trouble: list[Answer] = []
        self.stopping = False
        self.more_to_come = False
        self.add(count, data)

    def add(self, count: int, data: bytes = DATA) -> None:
        first = len(self.answers) + len(self.turns) + 1
        for number in range(first, first + count):
            address = f"reader-{number}@readers.invalid"
            self.turns.append(Copy(number, "retours@hebdo.test", address, data))

    def outcomes(self) -> dict[object, str]:
        return {key: answer.outcome.value for key, answer in sorted(self.answers.items(), key=str)}

    def take(self) -> Copy | None:
        return self.turns.popleft() if self.turns else None

    def begin(self, copy: Copy) -> bool:
        if self.stopping:
            return False
        self.begun.append(copy.key)
        return True

    def end(self, copy: Copy, answer: Answer) -> None:
        assert copy.key not in self.answers, "answered twice"
        self.answers[copy.key] = answer

    def give_back(self, copy: Copy, why: Answer) -> None:
        self.given_back.append((copy.key, copy.tries))
        self.turns.appendleft(copy)

    def waiting(self) -> int:
        return len(self.turns)

    def has_more(self) -> bool:
        return bool(self.turns) or self.more_to_come

    def is_stopping(self) -> bool:
        return self.stopping

    def trouble_opening(self, answer: Answer) -> None:
        self.trouble.append(answer)
        self.stopping = len(self.trouble) >= 3
