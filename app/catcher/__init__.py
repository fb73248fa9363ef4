"""The local mail catcher behind the inbox page: takes every mail, delivers none.

Owns: an SMTP server and a page on loopback, the files in `var/inbox`.
Must not know: rows, other doors. It never runs outside `hebdo up`; `hebdo selftest` borrows the SMTP
side for its sink.
"""
