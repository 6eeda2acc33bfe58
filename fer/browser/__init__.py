"""A model as a page that runs in the visitor's own browser."""
