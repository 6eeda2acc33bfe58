"""Keys of this page in the session state."""

KEY = "corrections.key"
PAGE = "corrections.page"
GALLERY = "corrections.gallery"
OPEN = "corrections.open"
"""The id of the correction that is shown in full."""
DONE = "corrections.done"
"""What the last click did, in words."""
