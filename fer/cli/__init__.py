"""The commands, a module each; `fer.cli` puts them together.

Heavy imports stay inside the functions: `predict` must not wait for what `train` needs.
"""
