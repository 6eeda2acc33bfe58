"""The command line: a module for each group of commands, put together by `fer.cli.main`.

Heavy imports stay inside the functions: `predict` must not wait for what `train` needs, nor
`--help` for what either needs.
"""
