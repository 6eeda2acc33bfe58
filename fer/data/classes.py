"""What a source's own names of classes mean, and the error for those that mean nothing."""

import hashlib
import json
import re
import shlex
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from fer import emotions
from fer.data.class_names import ORDERS, understood
from fer.data.decoding import read_image
from fer.errors import DatasetError, ImageError
from fer.wording import counted

LEFT_OUT = "of a class that is left out"
"""Why a face is skipped whose class is mapped to nothing."""

_NAMED = 12  # unknown classes in an error
_EXAMPLES = 6  # faces of each unknown class …
_SHOWN = 24  # … of so many classes
_EXAMPLE_PX = 96
_WHOLE = re.compile(r"0*(\d+)(?:\.0*)?")


@dataclass(frozen=True, kw_only=True)
class Classes:
    """What the names of classes mean that a source uses.

    Attributes:
        mapping: (name, label) of each class that has a given meaning, sorted; the label is ""
            for a class that is left out. `Classes.of` makes it.
        keep_unknown: Whether names that mean nothing become classes of their own.
    """

    mapping: tuple[tuple[str, str], ...] = ()
    keep_unknown: bool = False

    @classmethod
    def of(cls, mapping: Mapping[str, str | None] | None, *, keep_unknown: bool) -> "Classes":
        """Check a mapping from the source's names to emotions.

        Args:
            mapping: By the source's name: an emotion or an alias of one; None or "" to leave the
                class out; or the class's own name, to keep it as a class of its own.
            keep_unknown: Keep unknown names as classes of their own; a mapping may then lead to any
                name.

        Raises:
            DatasetError: If it leads to a name that is no emotion, or names a class twice.
        """
        meanings: dict[str, str] = {}
        for name, meaning in (mapping or {}).items():
            own = own_name(str(name))
            label = _meaning(str(name), meaning or "", keep_unknown=keep_unknown)
            if meanings.setdefault(own, label) != label:
                raise DatasetError(f"The class '{name}' is given two meanings. Give it one.")
        return cls(mapping=tuple(sorted(meanings.items())), keep_unknown=keep_unknown)

    @property
    def identity(self) -> str:
        """A text that differs for different meanings."""
        given = f" {json.dumps(self.mapping)}" if self.mapping else ""
        return f"{self.keep_unknown}{given}"

    @property
    def key(self) -> str:
        """A short text that differs for different meanings; "" for the usual ones."""
        if self == Classes():
            return ""
        return f"m{hashlib.blake2b(self.identity.encode(), digest_size=4).hexdigest()}"

    def label_of(self, name: str, codes: Mapping[str, str] | None = None) -> str:
        """The label for a source's name of a class; "" if it is unknown or left out.

        Args:
            name: As the source writes it.
            codes: What numbers mean by the format of the source itself, such as `{"0": "angry"}`.
                The mapping overrides it.
        """
        own = own_name(name)
        given = dict(self.mapping).get(own)
        if given is not None:
            return given
        name = (codes or {}).get(own, name)
        return understood(name) or (_custom(name) if self.keep_unknown else "")

    def is_certain(self, name: str) -> bool:
        """Whether a class of this name is known, and not just kept because it is unknown."""
        return own_name(name) in dict(self.mapping) or bool(understood(name))

    def leaves_out(self, name: str) -> bool:
        """Whether faces of this class are to be skipped, with `LEFT_OUT` as the reason."""
        return dict(self.mapping).get(own_name(name)) == ""


USUAL = Classes()
"""Names mean what they usually do, and unknown ones are refused."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UnknownClass:
    """A class of a source that means nothing.

    Attributes:
        name: Its name in the source.
        faces: How many faces it has.
        examples: A few of them, grey (h, w) or RGB (h, w, 3), uint8, 96 px at most.
    """

    name: str
    faces: int
    examples: tuple[np.ndarray, ...]


class UnknownClassesError(DatasetError):
    """Classes that mean nothing.

    Its notes give the option of the command line and the argument in Python that map them.

    Attributes:
        classes: Each of them, in the order of their names.
    """

    def __init__(self, source: str, classes: Sequence[UnknownClass]) -> None:
        listed = [f"'{one.name}' ({counted(one.faces, 'face')})" for one in classes[:_NAMED]]
        listed += [f"{len(classes) - _NAMED} more"] if len(classes) > _NAMED else []
        super().__init__(
            f"'{source}' holds images of unknown classes: {', '.join(listed)}. Known: "
            f"{', '.join(emotions.ALL)}, and other names of these. Give each a meaning, leave it "
            "out, or keep it as a class of its own."
        )
        self.classes = tuple(classes)
        names = [one.name for one in classes]
        template = dict.fromkeys(names[:_NAMED], "EMOTION")
        ways = {
            f"If the numbers are as in {name}": each for name, each in usual_orders(names).items()
        }
        for when, mapping in {**ways, "Otherwise" if ways else "To map them": template}.items():
            option = ",".join(f"{name}={meaning}" for name, meaning in mapping.items())
            command = f"python -m fer data add {shlex.quote(source)}"
            self.add_note(f"{when}: {command} --classes {shlex.quote(option)}")
        self.add_note("There, NAME= leaves a class out, and NAME=NAME keeps it as its own class.")
        self.add_note(f"In Python: load_dataset({source!r}, classes={template})")

    def named(self, source: str) -> "UnknownClassesError":
        """The same error about a source as its user calls it."""
        return UnknownClassesError(source, self.classes)


def usual_orders(names: Sequence[str]) -> dict[str, dict[str, str]]:
    """What numbers may mean: a mapping by the name of each usual order that has all of them.

    The label is "" for what holds no emotion. Empty if a name is no number.
    """
    numbers = {name: own_name(name) for name in names}
    found = {}
    for order, (first, labels) in ORDERS.items():
        meanings = {str(first + place): label for place, label in enumerate(labels)}
        if meanings.keys() >= set(numbers.values()):
            found[order] = {name: meanings[number] for name, number in numbers.items()}
    return found


def unknown_classes(
    source: Path, names: Sequence[str], image: Callable[[int], str | np.ndarray]
) -> UnknownClassesError:
    """The error for unknown classes.

    Args:
        source: The folder or file.
        names: The source's name of the class of each face whose class is unknown, length n.
        image: Gives the image of each of these faces, from 0 to n - 1, as `Listing.image` does.
    """
    counts = sorted(Counter(names).items(), key=lambda item: _in_order(item[0]))
    rows: dict[str, list[int]] = {name: [] for name, _ in counts[:_SHOWN]}
    for row, name in enumerate(names):
        if name in rows and len(rows[name]) < _EXAMPLES:
            rows[name].append(row)
    found = [
        UnknownClass(name=name, faces=number, examples=_examples(rows.get(name, []), image))
        for name, number in counts
    ]
    return UnknownClassesError(str(source), found)


def own_name(name: str) -> str:
    """A source's name of a class, so that '0', '0.0' and ' 00' are one name."""
    plain = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    whole = _WHOLE.fullmatch(plain)
    return whole[1] if whole else plain


def _meaning(name: str, meaning: str, *, keep_unknown: bool) -> str:
    """The label that a name is mapped to; "" to leave it out."""
    if not meaning.strip():
        return ""
    if label := understood(meaning):
        return label
    if keep_unknown or own_name(meaning) == own_name(name):
        return _custom(meaning)
    raise DatasetError(
        f"The class '{name}' is mapped to '{meaning}', which is no known emotion. Known: "
        f"{', '.join(emotions.ALL)}. Map it to one of these, to nothing to leave it out, or to its "
        "own name to keep it as a class of its own."
    )


def _custom(name: str) -> str:
    return re.sub(r"\s+", "_", name.strip().lower())


def _in_order(name: str) -> tuple[bool, int, str]:
    """Numbers by their value, before all else."""
    own = own_name(name)
    return (False, int(own), "") if own.isdecimal() else (True, 0, own)


def _examples(
    rows: Sequence[int], image: Callable[[int], str | np.ndarray]
) -> tuple[np.ndarray, ...]:
    examples = []
    for row in rows:
        with suppress(ImageError):
            source = image(row)
            pixels = read_image(source) if isinstance(source, str) else source
            scale = _EXAMPLE_PX / max(pixels.shape[:2])
            if scale < 1:
                pixels = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            examples.append(pixels)
    return tuple(examples)
