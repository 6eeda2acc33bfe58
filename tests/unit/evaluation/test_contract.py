import re
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from fer.data import Dataset
from fer.errors import DatasetError, ModelError
from fer.evaluation import contract_search
from fer.evaluation.contract import ContractSearch
from fer.evaluation.contract_search import try_scales
from fer.models.pixel_scales import SCALES

LABELS = ("angry", "happy", "sad", "surprise")
SHADES = np.array([40.0, 95.0, 150.0, 205.0])


def shaded(
    *, faces: int = 400, channels: int = 1, labels: tuple[str, ...] = LABELS, split: str = ""
) -> Dataset:
    """Faces whose class is their brightness; in colour, blue is 30 darker and red 30 brighter."""
    rng = np.random.default_rng(1)
    targets = rng.integers(len(labels), size=faces)
    shades = SHADES[targets] + rng.normal(0, 15, faces)
    pixels = shades[:, None, None, None] + rng.normal(0, 12, (faces, 8, 8, channels))
    if channels == 3:
        pixels += np.array([30, 0, -30])
    index = pd.DataFrame(
        {
            "path": [f"{number}.png" for number in range(faces)],
            "label": np.array(labels)[targets],
            "split": split or "validation",
            "hash": [str(number) for number in range(faces)],
        }
    )
    return Dataset(
        name="shades",
        index=index,
        pixels=pixels.clip(0, 255).astype(np.uint8),
        labels=labels,
        split_rule="by hand",
    )


def network(scale: str, order: tuple[int, ...]) -> Callable[[np.ndarray], np.ndarray]:
    """Names a shade rightly if it gets its own scale; output j is the class `order[j]`."""
    mine = SCALES[scale]

    def outputs(values: np.ndarray) -> np.ndarray:
        shades = (values - np.array(mine.offset)) / np.array(mine.factor)
        shades = shades.mean(axis=(1, 2))
        blueness = shades[:, :1] - shades[:, -1:] if shades.shape[1] == 3 else 0
        wrong_way = np.maximum(blueness * (1 if mine.is_bgr else -1), 0)
        near: np.ndarray = -np.abs(shades.mean(axis=1, keepdims=True) - SHADES[list(order)])
        return near - wrong_way * np.arange(len(order))

    return outputs


def search(scale: str, order: tuple[int, ...], **more: object) -> ContractSearch:
    return try_scales(network(scale, order), shaded(**more), outputs=len(order))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scale", "channels"), [("0-1", 1), ("0-255", 1), ("-1-1", 3), ("imagenet", 3)]
)
def test_the_scale_and_the_order_of_labels_are_found(scale: str, channels: int) -> None:
    best = search(scale, (2, 0, 3, 1), channels=channels).fits()[0]
    assert best.scale == scale
    assert best.labels == ("sad", "angry", "surprise", "happy")
    assert best.accuracy > 0.9
    assert best.accuracy_ci95[0] < best.accuracy < best.accuracy_ci95[1]
    assert best.images == 200  # the half that had no part in the search


def test_blue_first_is_told_from_red_first() -> None:
    best = search("caffe-bgr", (0, 1, 2, 3), channels=3).fits()[0]
    assert best.scale == "caffe-bgr"


def test_grey_networks_are_not_tried_with_scales_for_colour() -> None:
    assert set(search("0-1", (0, 1, 2, 3)).answers) == {"0-1", "-1-1", "0-255", "per-image"}


def test_exchanged_labels_are_named_with_both_accuracies() -> None:
    found = search("0-1", (1, 0, 2, 3))
    [sentence] = found.objections("0-1", LABELS)
    assert "These labels look exchanged: with happy, angry, sad, surprise, accuracy is" in sentence
    assert f"with yours {found.fit('0-1', LABELS).accuracy:.1%} (200 faces)" in sentence


def test_a_wrong_scale_is_named_beside_the_one_that_fits() -> None:
    [sentence] = search("0-255", (0, 1, 2, 3)).objections("0-1", LABELS)
    assert sentence.startswith("The scale 0-255 fits better than 0-1: ")


def test_nothing_speaks_against_the_contract_that_fits() -> None:
    found = search("0-1", (0, 1, 2, 3))
    assert found.objections("0-1", LABELS) == []
    checked = found.checked("0-1", LABELS)
    assert (checked["dataset"], checked["synthetic"], checked["images"]) == ("shades", False, 200)


def test_a_check_names_the_labels_that_too_few_faces_have() -> None:
    found = search("0-1", (0, 1, 2, 3), faces=90)
    checked = found.checked("0-1", LABELS)
    few, learnt = checked["limits"]
    assert few.startswith("Of ")
    assert "too few to check" in few
    assert learnt.startswith("The network may have learnt these faces")
    named = [label for label in (*LABELS, "fear") if label in found.limits((*LABELS, "fear"))[0]]
    assert "fear" in named
    assert search("0-1", (0, 1, 2, 3)).limits(LABELS) == [learnt]


def made(**answers: np.ndarray) -> ContractSearch:
    """A search on faces of two classes, of which each scale names some rightly."""
    targets = np.arange(len(next(iter(answers.values())))) // 2 % 2
    return ContractSearch(
        dataset="made", synthetic=False, classes=("happy", "sad"), targets=targets,
        answers={scale: np.where(right, targets, 1 - targets) for scale, right in answers.items()},
        outputs=2,
    )  # fmt: skip


def halves(first: float, second: float, *, faces: int = 400) -> np.ndarray:
    """Which answers are right, by their share in each half, evenly over the faces."""
    right = np.zeros(faces, bool)
    for start, share in enumerate((first, second)):
        place = np.arange(faces // 2)
        right[start::2] = (place * 7919 % (faces // 2)) < share * (faces // 2)
    return right


def test_the_half_that_ranks_the_scales_does_not_measure_the_best_one() -> None:
    """A scale that is best on the first half by luck gets its accuracy from the second."""
    found = made(lucky=halves(0.9, 0.6), true=halves(0.8, 0.8))
    best, other = found.fits()
    assert (best.scale, best.rank, best.accuracy) == ("lucky", 0.9, 0.6)
    assert (other.scale, other.accuracy) == ("true", 0.8)
    assert found.checked("lucky", best.labels) == {}


@pytest.mark.parametrize(
    ("faces", "best", "other", "is_decided"),
    [
        (1200, 0.9, 0.6, True),
        (1200, 0.9, 0.9, True),  # the same answers: the choice does not matter
        (1200, 0.9, 0.89, True),  # a lead that is certain, though small
        (40, 0.9, 0.8, False),
        (40, 0.9, 0.9, False),
        (40, 0.9, 0.5, True),
    ],
)
def test_scales_within_the_interval_of_the_best_one_are_not_decided_on(
    faces: int, best: float, other: float, is_decided: bool
) -> None:
    one, two = halves(best, best, faces=faces), halves(other, other, faces=faces)
    found = made(one=one, two=two)
    labels = found.fits()[0].labels
    doubts = found.doubts(labels)
    assert (doubts == []) == is_decided
    assert bool(found.checked("one", labels)) == is_decided
    if doubts:
        assert f"{faces // 2} faces cannot decide on the scale: one came first" in doubts[0]
        assert re.search(r"over two \(-[\d.]+% to \+[\d.]+%\) is uncertain", doubts[0])


def test_the_scales_that_are_left_are_named_the_best_first() -> None:
    found = made(
        one=halves(0.9, 0.8, faces=80), worse=halves(0.9, 0.2, faces=80),
        two=halves(0.8, 0.7, faces=80), three=halves(0.7, 0.75, faces=80),
    )  # fmt: skip
    assert [fit.scale for fit in found.left()] == ["one", "two", "three"]
    assert "so one, two and three are left." in found.doubts()[0]
    assert [fit.scale for fit in made(one=halves(0.9, 0.9), two=halves(0.6, 0.6)).left()] == ["one"]


def first(right: int, of: int, answer: int) -> list[int]:
    """An answer to the first of some faces; the others get the other one."""
    return [answer] * right + [1 - answer] * (of - right)


def test_what_fits_nothing_is_told_where_the_network_lacks_a_class_of_the_data() -> None:
    """The best scale is no better than chance, though with its labels another one would be."""
    best = [first(18, 20, 0), first(18, 20, 1), first(15, 30, 1)]
    best_measured = [first(20, 20, 0), first(5, 20, 1), first(15, 30, 1)]
    other = [first(20, 20, 0), first(20, 20, 1), first(24, 30, 1)]
    other_measured = [first(15, 20, 0), first(14, 20, 1), first(24, 30, 1)]
    found = ContractSearch(
        dataset="made", synthetic=False, classes=("angry", "happy", "sad"),
        targets=np.repeat([0, 1, 2], [20, 20, 30]).repeat(2), outputs=2,
        answers={
            name: np.stack([np.concatenate(half) for half in halves], axis=1).ravel()
            for name, halves in {
                "best": (best, best_measured), "other": (other, other_measured),
            }.items()
        },
    )  # fmt: skip
    [fit, _] = found.fits()
    assert (fit.scale, fit.is_above_chance) == ("best", False)
    assert found.objections(fit.scale, fit.labels) == []
    assert found.nothing_fits().startswith(
        "No scale and no order of labels fits: the best has 62.5%"
    )


def test_an_order_of_labels_most_of_which_have_few_faces_is_not_decided_on() -> None:
    found = search("0-1", (0, 1, 2, 3), faces=48)
    assert "24 faces cannot decide on the order of the labels" in found.doubts(LABELS)[-1]
    assert found.checked("0-1", LABELS) == {}


def test_labels_that_no_face_tells_keep_their_places() -> None:
    known = ("angry", "fear", "sad", "disgust")
    found = search("0-1", (0, 1, 2, 3), labels=("angry", "happy", "sad"))
    assert found.fits(known)[0].labels == known


def test_a_contract_with_an_objection_is_not_checked() -> None:
    assert search("0-1", (1, 0, 2, 3)).checked("0-1", LABELS) == {}


def test_a_network_that_knows_nothing_fits_no_contract() -> None:
    rng = np.random.default_rng(0)
    found = try_scales(lambda values: rng.random((len(values), 4)), shaded(), outputs=4)
    [sentence] = found.objections("0-1", LABELS)
    assert "No scale and no order of labels fits" in sentence
    assert found.doubts() == []
    assert not found.fits()[0].is_above_chance


def test_the_half_that_finds_the_order_does_not_measure_it() -> None:
    """On the faces that choose it, an order of noise is better than chance."""
    rng = np.random.default_rng(3)
    answers = rng.integers(4, size=100)
    found = ContractSearch(
        dataset="noise", synthetic=False, classes=LABELS, targets=rng.integers(4, size=100),
        answers={"0-1": answers}, outputs=4,
    )  # fmt: skip
    [fit] = found.fits()
    order = [LABELS.index(label) for label in fit.labels]
    on_first_half = (np.array(order)[answers[::2]] == found.targets[::2]).mean()
    assert fit.accuracy < on_first_half


def test_an_output_that_the_data_lacks_gets_a_name_of_its_own() -> None:
    found = try_scales(
        lambda values: np.pad(network("0-1", (0, 1, 2, 3))(values), ((0, 0), (1, 0)),
                              constant_values=-1e9),
        shaded(), outputs=5,
    )  # fmt: skip
    assert found.fits()[0].labels == ("disgust", *LABELS)
    assert found.fits((*LABELS, "contempt"))[0].labels == ("contempt", *LABELS)


def test_faces_of_a_class_that_the_network_lacks_are_left_out() -> None:
    found = try_scales(network("0-1", (0, 1, 2)), shaded(), outputs=3)
    fit = found.fits(LABELS[:3])[0]
    assert fit.labels == LABELS[:3]
    assert fit.images < 200
    assert fit.accuracy > 0.9


def test_classes_of_another_kind_are_an_objection() -> None:
    [sentence] = search("0-1", (0, 1, 2, 3)).objections("0-1", ("a", "b", "c", "d"))
    assert "none of the classes a, b, c, d" in sentence


@pytest.mark.parametrize("split", ["test", "public_test", "train"])
def test_only_validation_faces_are_used(split: str) -> None:
    with pytest.raises(DatasetError, match="0 validation faces"):
        search("0-1", (0, 1, 2, 3), split=split)


def test_progress_counts_the_faces_of_all_scales() -> None:
    seen: list[tuple[int, int]] = []
    try_scales(
        network("0-1", (0, 1, 2, 3)), shaded(faces=100), outputs=4,
        progress=lambda done, planned: seen.append((done, planned)),
    )  # fmt: skip
    assert seen[-1] == (400, 400)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_large_data_set_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract_search, "FACES", 60)
    assert len(search("0-1", (0, 1, 2, 3)).targets) == 60


def test_outputs_of_another_shape_are_an_error() -> None:
    with pytest.raises(ModelError, match=r"expected \(48, 3\), one number a class"):
        try_scales(network("0-1", (0, 1, 2, 3)), shaded(), outputs=3)
