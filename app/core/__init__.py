"""What we do: verbs over rows, one module per noun.

Owns: the rules. Plain typed functions that take and give rows and values.
Must not know: requests, forms, templates, Celery, SMTP. It never commits and never sends: only the
edge (a route, a task, a command) does, so that one press is one transaction.
"""
