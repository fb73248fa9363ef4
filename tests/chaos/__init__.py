"""What may die while an issue goes out, and what the ledger says afterwards, judged by an oracle.

The short form runs with all tests; `make chaos` sets HEBDO_CHAOS=long: more readers, more kills,
more seeds. The oracle is the relay: what it answered with a 250, and nothing else.
"""
