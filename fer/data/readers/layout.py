"""What each folder of images holds: its class and its part, from the names above it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from fer.data.class_names import understood
from fer.data.classes import Classes, own_name
from fer.data.parts import is_set_aside, part_within, parts_of, without_part

NO_CLASS = "not in a class folder"


class Place(NamedTuple):
    """What the images of one folder are.

    Attributes:
        class_name: The source's name of their class; "" if they have none.
        split: Their split; "" if no folder names it.
        reason: Why they are left out; "" if they are not.
    """

    class_name: str = ""
    split: str = ""
    reason: str = ""


def places(folders: Iterable[str], classes: Classes) -> dict[str, Place]:
    """What each folder of images holds, by its path.

    The last folder names the class, and the nearest one above it that names a part the split, as in
    `train/happy/`; or the part is below the class, as in `happy/train/`, or both are one folder, as
    in `train_happy/`. Folders of persons may be above a class or in it. Whatever stands beside a
    `train` and is no part itself is left out: nobody knows what it is for.

    Args:
        folders: Their paths from the root, "" or with a slash at the end.
        classes: What the names of classes mean.
    """
    paths = {folder: folder.split("/")[:-1] for folder in folders}
    beside = defaultdict(set)
    for names in paths.values():
        for depth, name in enumerate(names):
            beside[_above(names, depth)].add(name)
    parts = {above: parts_of(sorted(found)) for above, found in beside.items()}
    found = {folder: _place(names, beside, parts, classes) for folder, names in paths.items()}
    if any(place.split == "train" for place in found.values()):
        for folder, place in found.items():
            # It would be shared out among the parts; an unknown class is asked about.
            if not place.split and not place.reason and classes.label_of(place.class_name):
                found[folder] = Place(
                    reason=f"the folder '{folder[:-1]}' is in no part, unlike others"
                )
    return found


def _above(names: list[str], depth: int) -> str:
    return "".join(f"{name}/" for name in names[:depth])


def _place(
    names: list[str],
    beside: dict[str, set[str]],
    parts: dict[str, dict[str, str]],
    classes: Classes,
) -> Place:
    split = ""
    if aside := _set_aside(names, beside, classes):
        return Place(reason=f"the folder '{aside}' is set aside by its name")
    for depth, name in enumerate(names):
        known = parts[_above(names, depth)]
        if name in known:
            split = known[name]
        elif known and not split and "train" in known.values():
            listed = " and ".join(f"'{part}'" for part in sorted(known))
            path = _above(names, depth + 1)[:-1]
            return Place(reason=f"the folder '{path}' is no known part, but beside {listed}")
        elif known and not split and classes.is_certain(name):
            split = "train"  # class folders beside a test
    if not names:
        return Place(reason=NO_CLASS)
    *above, name = names
    if name not in parts[_above(names, len(above))]:
        return _in_class(names, split, parts, classes)
    if not _is_class(names[:-1], beside, parts, classes) or _above(names, len(names)) in beside:
        return Place(reason=NO_CLASS)
    return Place(above[-1], split)


def _set_aside(names: list[str], beside: dict[str, set[str]], classes: Classes) -> str:
    """The folder that is set aside: in a class, or beside others with classes in it; "" if none."""
    is_in_class = False
    for depth, name in enumerate(names):
        if classes.is_certain(name):
            is_in_class = True
        elif is_set_aside(name):
            others = [one for one in beside[_above(names, depth)] if not is_set_aside(one)]
            if is_in_class or (others and depth + 1 < len(names)):
                return _above(names, depth + 1)[:-1]
    return ""


def _in_class(
    names: list[str], split: str, parts: dict[str, dict[str, str]], classes: Classes
) -> Place:
    """The class that the last folder names, or that of which it is a group, such as a person."""
    *above, name = names
    if classes.is_certain(name):
        return Place(name, split)
    if (part := part_within(name)) and understood(rest := without_part(name)):
        return Place(rest, part)
    if not classes.keep_unknown and not own_name(name).isdecimal():
        for depth in reversed(range(len(above))):
            is_part = names[depth] in parts[_above(names, depth)]
            if not is_part and classes.is_certain(names[depth]):
                return Place(names[depth], split)
    return Place(name, split)


def _is_class(
    names: list[str],
    beside: dict[str, set[str]],
    parts: dict[str, dict[str, str]],
    classes: Classes,
) -> bool:
    """Whether a folder that holds nothing but parts is a class, and not just called `images`."""
    if not names:
        return False
    above = _above(names, len(names) - 1)
    if names[-1] in parts[above]:
        return False
    is_named = classes.is_certain(names[-1]) or own_name(names[-1]).isdecimal()
    return is_named or len(beside[above]) > 1
