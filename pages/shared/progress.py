"""How a page words the progress of work that takes a while."""


def progress_text(noun: str, done: int, planned: int, elapsed_s: float) -> str:
    """Which piece is being worked on, and how long the rest takes if that is over a second.

    >>> progress_text("Photo", 2, 5, 4.0)
    'Photo 3 of 5, about 6 s left'
    """
    left_s = elapsed_s / done * (planned - done) if done else 0
    eta = f", about {duration(left_s)} left" if left_s > 1 else ""
    return f"{noun} {done + 1} of {planned}{eta}"


def duration(seconds: float) -> str:
    """A stretch of time, in the largest unit that suits it.

    >>> duration(80), duration(400), duration(9000)
    ('80 s', '7 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
