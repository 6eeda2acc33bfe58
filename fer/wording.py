"""How counts, splits, shares and names are written, on pages, and in the terminal."""

from collections.abc import Mapping
from html import escape
from itertools import islice


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun; the plural ends in -s unless it is given.

    >>> counted(1, "face"), counted(1200, "photo"), counted(0, "person", "people")
    ('1 face', '1,200 photos', '0 people')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def not_read(reasons: Mapping[str, str], *, most: int = 50) -> str:
    """The files and subfolders that are not read, with what each is instead.

    >>> not_read({"notes.txt": "text", "clip.mov": "a video"})
    '2 files not read: notes.txt is text, clip.mov is a video.'
    >>> not_read({"a.txt": "text", "b.txt": "text"}, most=1)
    '2 files not read: a.txt is text, and 1 more.'
    >>> not_read({"a.txt": "text", "b": "a subfolder, which --recursive reads"})
    '1 file and 1 subfolder not read: a.txt is text, b is a subfolder, which --recursive reads.'
    """
    named = [f"{name} is {reason}" for name, reason in islice(reasons.items(), most)]
    more = [f"and {len(reasons) - most:,} more"] if len(reasons) > most else []
    folders = sum(reason.startswith("a subfolder") for reason in reasons.values())
    counts = {"file": len(reasons) - folders, "subfolder": folders}
    what = " and ".join(counted(number, noun) for noun, number in counts.items() if number)
    return f"{what} not read: {', '.join(named + more)}."


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_cell(text: str) -> str:
    """A text for a CSV file, which no spreadsheet takes for a formula and computes."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def from_cell(cell: str) -> str:
    """What `as_cell` made a cell of."""
    is_marked = cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA)
    return cell[1:] if is_marked else cell


def duration(seconds: float) -> str:
    """A stretch of time, in the largest unit that suits it.

    >>> duration(80), duration(400), duration(9000)
    ('80 s', '7 min', '2.5 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


_SPLITS = {"public_test": "PublicTest", "private_test": "PrivateTest", "": "no split"}


def split_name(split: str) -> str:
    """A split as people read it; faces may be in none if votes are the truth.

    >>> split_name("public_test"), split_name("train"), split_name("")
    ('PublicTest', 'train', 'no split')
    """
    return _SPLITS.get(split, split)


_DETECTORS = {"yunet": "YuNet", "mtcnn": "MTCNN"}


def detector_name(detector: str) -> str:
    """A face detector as people read it.

    >>> detector_name("yunet"), detector_name("none")
    ('YuNet', 'none')
    """
    return _DETECTORS.get(detector, detector)


def percent(share: float) -> str:
    """A confidence or another share of 0–1 in whole percent.

    Only all is 100% and only nothing is 0%; the camera's script writes shares in the same way.

    >>> percent(0.9998), percent(0.876), percent(0.004), percent(1), percent(0)
    ('>99%', '88%', '<1%', '100%', '0%')
    """
    if 0 < share < 0.01:
        return "<1%"
    return ">99%" if 0.99 < share < 1 else f"{100 * share:.0f}%"


def in_chart(name: str) -> str:
    """Escape a name that is not ours, such as a class, for Plotly, which reads HTML and TeX.

    >>> in_chart("<b>joy</b> $x$")
    '&lt;b&gt;joy&lt;/b&gt; &#36;x&#36;'
    """
    return escape(name).replace("$", "&#36;")


def p_value(chance: float, *, sign: str = "") -> str:
    """The p-value of a test; `sign` stands before it unless it is only known to be small.

    >>> p_value(0.0421), p_value(0.2, sign="= "), p_value(3e-8, sign="= ")
    ('0.042', '= 0.200', '< 0.001')
    """
    return "< 0.001" if chance < 0.001 else f"{sign}{chance:.3f}"


def signed(number: float, decimals: int = 0) -> str:
    """A difference with its sign, a real minus if it is negative.

    >>> signed(1200), signed(-15.54, 1), signed(0)
    ('+1,200', '−15.5', '0')
    """
    text = f"{number:+,.{decimals}f}".replace("-", "−")
    return text if any(digit in "123456789" for digit in text) else text[1:]
