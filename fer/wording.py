"""Numbers in sentences: how counts and shares are written, on pages and in the terminal."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun; the plural ends in -s unless it is given.

    >>> counted(1, "face"), counted(1200, "photo"), counted(0, "person", "people")
    ('1 face', '1,200 photos', '0 people')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def percent(share: float) -> str:
    """A confidence or another share of 0–1 in whole percent.

    Only all is 100 % and only nothing is 0 %; the camera's script writes shares in the same way.

    >>> percent(0.9998), percent(0.876), percent(0.004), percent(1), percent(0)
    ('>99 %', '88 %', '<1 %', '100 %', '0 %')
    """
    if 0 < share < 0.01:
        return "<1 %"
    return ">99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"
