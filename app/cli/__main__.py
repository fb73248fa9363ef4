"""`python -m app.cli` is `hebdo`, also where nothing was installed."""

from app.cli import main

main()
