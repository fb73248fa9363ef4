"""Measures, and asserts no time: every figure is a ratio within one run, beside its noise."""
