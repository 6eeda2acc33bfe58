"""How a page words the progress of work that takes a while."""


def progress_text(noun: str, done: int, planned: int, elapsed_s: float) -> str:
    """Which piece is being worked on, and how long the rest takes if that is over a second.

    >>> progress_text("Photo", 2, 5, 4.0)
    'Photo 3 of 5, about 6 s left'
    """
    left_s = elapsed_s / done * (planned - done) if done else 0
    eta = f", about {left_s:.0f} s left" if left_s > 1 else ""
    return f"{noun} {done + 1} of {planned}{eta}"
