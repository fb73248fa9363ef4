"""Facts about Hebdo, proved with real parts."""
