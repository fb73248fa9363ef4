"""Mail, and nothing but mail: MJML, MIME, SMTP.

Owns: how an issue and a notice look, what bytes go over the wire, how a relay's answer is read.
Must not know: Flask, SQLAlchemy, Celery, `app`, `tasks`. Every mail can be made, shown and tested
without a database and without the web.
"""
