"""OpenDKIM as a judge without DNS: the library behind `opendkim-testmsg`, with keys from a file.

The command itself can ask nothing but a name server; its library reads them from a file when told
so (DKIM_QUERY_FILE), which needs no network and no rights.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from pathlib import Path

GOOD = 0
"""DKIM_STAT_OK; BADSIG is 1, NOSIG 2, NOKEY 3."""

_SET, _QUERY_METHOD, _QUERY_INFO = 1, 6, 7
_FROM_FILE = 1
"""From dkim.h: the operation, the options, and the value of the first."""


def library() -> str | None:
    return ctypes.util.find_library("opendkim")


def verdict(message: bytes, record_name: str, record: str, folder: Path) -> int:
    """What OpenDKIM says of the first signature, as its DKIM_STAT; `folder` may be written to."""
    keys = folder / "keys"
    keys.write_text(f"{record_name} {record}\n", encoding="ascii")
    judge = ctypes.CDLL(library())
    judge.dkim_init.restype = judge.dkim_verify.restype = ctypes.c_void_p
    room = ctypes.c_void_p(judge.dkim_init(None, None))
    method = ctypes.c_int(_FROM_FILE)
    path = ctypes.create_string_buffer(str(keys).encode(), 1024)
    for option, value in ((_QUERY_METHOD, method), (_QUERY_INFO, path)):
        size = ctypes.c_size_t(ctypes.sizeof(value))
        assert judge.dkim_options(room, _SET, option, ctypes.byref(value), size) == GOOD
    said = ctypes.c_int(-1)
    case = ctypes.c_void_p(judge.dkim_verify(room, b"case", None, ctypes.byref(said)))
    try:
        for step in (
            lambda: judge.dkim_chunk(case, message, ctypes.c_size_t(len(message))),
            lambda: judge.dkim_chunk(case, None, ctypes.c_size_t(0)),
        ):
            if found := step():
                return int(found)
        return int(judge.dkim_eom(case, None))
    finally:
        judge.dkim_free(case)
        judge.dkim_close(room)
