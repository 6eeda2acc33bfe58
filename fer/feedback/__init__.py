"""Corrections that people send of a model's answers, by consent, and what becomes of them.

`records` are the facts, `consent` what people agree to, and `store` keeps them in a `database`.
"""
