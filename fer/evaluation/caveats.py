"""Leaks, votes, and the sentences that qualify a figure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from fer.evaluation.intervals import accuracy_of
from fer.evaluation.label_order import exchange
from fer.evaluation.predictions import PredictionTable
from fer.wording import counted, detector_name, percent

FEW_PHOTOS = 20
"""With fewer photos, a figure is a first impression only."""

AGREED = 0.8
"""People agree on a face if one choice has at least this share of the votes."""

_TRAINED_ON = ("train", "all")
_UNKNOWN = "The model's card does not name its training data, so it may have learnt these faces."
_LEARNT = "The model was trained on these faces, so the figure is too optimistic."
_OPTIMISTIC = (
    "The epoch and the temperature were chosen on these faces, so the figure is optimistic."
)


def is_test(figures: Mapping[str, Any]) -> bool:
    """Whether the model is known to have learnt nothing from the split of these figures."""
    is_other = figures["trained_on"] and not figures["trained_here"]
    return is_other or figures["split"] not in (*_TRAINED_ON, "validation")


def leak_free(table: PredictionTable) -> dict[str, Any]:
    """Accuracy without the faces of which training used an exact copy.

    Returns:
        `leaked` (faces skipped), and `accuracy_of` the others.
    """
    clean = table.frame[~table.frame["in_training"]]
    return {"leaked": len(table) - len(clean), **accuracy_of(clean["correct"])}


def votes(table: PredictionTable) -> dict[str, Any] | None:
    """Accuracy by what people voted; None if no face has votes.

    Returns:
        `images` (faces with votes); `majority_accuracy` against the single most voted choice, on
        the `majority_images` that have one which the model knows; `agreed_accuracy` on the
        `agreed_images` where people agree, and `disputed_accuracy` on the `disputed_images` where
        they do not; `given_accuracy` against the data set's own labels, on the `given_images`
        whose label the model knows; `label_is_majority`, the share of faces whose own label is
        their single most voted choice, of those that have one.
    """
    frame = table.frame
    given = frame["label_given"] if "label_given" in frame else frame["label"]
    voted = frame["agreement"].notna()
    if not voted.any():
        return None
    single = voted & (frame["majority"] != "")
    agreed = frame["agreement"] >= AGREED
    hit = frame["correct"]
    is_majority = (given == frame["majority"])[single]
    figures: dict[str, Any] = {
        "images": int(voted.sum()),
        "label_is_majority": float(is_majority.mean()) if len(is_majority) else None,
    }
    for name, rows in {
        "majority": (frame["predicted"] == frame["majority"])[
            single & frame["majority"].isin(table.labels)
        ],
        "agreed": hit[voted & agreed],
        "disputed": hit[voted & ~agreed],
        "given": (frame["predicted"] == given)[given.isin(table.labels)],
    }.items():
        figures.update({f"{name}_{key}": value for key, value in accuracy_of(rows).items()})
    return figures


def caveats(figures: Mapping[str, Any]) -> list[str]:
    """Sentences that qualify the figures of a table, the gravest first.

    Args:
        figures: From `fer.evaluation.figures.figures`.
    """
    sentences = []
    if "detector" in figures and figures["images"] < FEW_PHOTOS:
        sentences.append(
            f"With fewer than {FEW_PHOTOS} faces, the interval is too wide to judge a model."
        )
    if figures["trained_here"] and not is_test(figures):
        sentences.append(_OPTIMISTIC if figures["split"] == "validation" else _LEARNT)
    elif not figures["trained_on"] and "detector" not in figures:
        sentences.append(_UNKNOWN)
    if exchanged := exchange(np.array(figures["confusion_matrix"]), figures["labels"]):
        sentences.append(str(exchanged))
    if figures["synthetic"]:
        sentences.append("The faces are drawn, so the figure does not apply to photos of people.")
    sentences += [*_of_leaks(figures), *_of_training(figures), *_of_annotations(figures)]
    if "detector" in figures:
        sentences += _of_photos(figures)
    if figures["tta"] != "none":
        sentences.append(f"With test-time augmentation ({figures['tta'].replace('_', ' ')}).")
    sentences += _of_truth(figures)
    skipped = {
        "undecided": "on which the annotators made no single choice",
        "left_out": "of classes that the model lacks",
    }
    sentences += [
        f"Skipped: {counted(figures[key], 'face')} {reason}."
        for key, reason in skipped.items()
        if figures[key]
    ]
    return sentences


def _of_training(figures: Mapping[str, Any]) -> list[str]:
    """What the model learnt from, if that is another data set."""
    sentences = []
    if figures["trained_on_drawn"] and not figures["synthetic"]:
        sentences.append("The model was trained on drawn faces, so it is not made for photos.")
    elif figures["trained_on"] and not figures["trained_here"] and "detector" not in figures:
        sentences.append(
            f"The model was trained on another data set, {figures['trained_on']}; whether these "
            "faces are among its own was not checked."
        )
    is_fitted = figures["split"] == "validation" and figures["calibrated_on"] == figures["dataset"]
    if is_fitted and not figures["trained_here"]:
        sentences.append("The temperature was chosen on these faces.")
    return sentences


def _of_annotations(figures: Mapping[str, Any]) -> list[str]:
    by_hand = figures["by_hand"]
    if not by_hand:
        return []
    relabelled, excluded = by_hand["relabelled"], by_hand["excluded"]
    done = [f"{counted(relabelled, 'label')} set by hand"] if relabelled else []
    done += [f"{counted(excluded, 'face')} excluded by hand"] if excluded else []
    second = "no face remains"
    if by_hand["images"]:
        low, high = by_hand["accuracy_ci95"]
        second = (
            f"accuracy {by_hand['accuracy']:.1%} (95% interval {low:.1%} to {high:.1%}) on "
            f"{counted(by_hand['images'], 'face')}"
        )
    return [f"With {' and '.join(done)}: {second}. No other figure counts annotations."]


def _of_leaks(figures: Mapping[str, Any]) -> list[str]:
    clean = figures["leak_free"]
    if not clean["leaked"] or figures["split"] in _TRAINED_ON:
        return []
    without = (
        f"without them, accuracy is {clean['accuracy']:.1%} on {counted(clean['images'], 'face')}"
        if clean["images"]
        else "no face remains without them"
    )
    leaked = clean["leaked"]
    verb = "occurs" if leaked == 1 else "occur"
    return [f"{counted(leaked, 'face')} also {verb} in the training part; {without}."]


def _of_photos(figures: Mapping[str, Any]) -> list[str]:
    unanswered, several = figures["unanswered"], figures["several_faces"]
    sentences = []
    sentences.append(
        f"Mean confidence is {percent(figures['mean_confidence'])}, and "
        f"{figures['accuracy']:.1%} of the answers are right."
    )
    if unanswered:
        reasons = Counter(photo["reason"] for photo in unanswered)
        listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
        low, high = figures["accuracy_of_photos_ci95"]
        sentences.append(
            f"Without an answer: {len(unanswered):,} of {figures['photos']:,} photos ({listed}; "
            f"detector {detector_name(figures['detector'])}). If these count as wrong, accuracy is "
            f"{figures['accuracy_of_photos']:.1%} (95% interval {low:.1%} to {high:.1%})."
        )
    if several:
        sentences.append(f"Photos with several faces: {several:,}; the largest face counts.")
    if figures["copies"]:
        verb = "equals" if figures["copies"] == 1 else "equal"
        sentences.append(
            f"Copies: {counted(figures['copies'], 'face')} {verb} another one, as the same photo "
            "is there more than once; each counts."
        )
    measured = [label for label, row in figures["per_class"].items() if row["support"]]
    if absent := [label for label in figures["labels"] if label not in measured]:
        sentences.append(
            f"Not measured, as no photo of it has an answer: {', '.join(absent)}. Mean recall "
            f"covers {len(measured)} of {len(figures['labels'])} emotions."
        )
    return sentences


def _of_truth(figures: Mapping[str, Any]) -> list[str]:
    voted = figures["votes"]
    sentences = []
    if figures["truth"] == "votes":
        sentence = "Measured against the choice of most annotators, not the data set's own labels"
        if voted and voted["given_images"]:
            sentence += (
                f"; against those, accuracy is {voted['given_accuracy']:.1%} on "
                f"{voted['given_images']:,} of these faces"
            )
        sentences.append(f"{sentence}.")
    else:
        if figures["learnt_truth"] == "votes":
            sentences.append(
                "The model was trained on the choice of most annotators; this figure uses the "
                "data set's single label per face, which can differ."
            )
        if voted and voted["majority_images"]:
            sentences.append(
                "Measured against the data set's own labels; against the choice of most "
                f"annotators, accuracy is {voted['majority_accuracy']:.1%} on "
                f"{voted['majority_images']:,} faces."
            )
    if voted and voted["agreed_images"] and voted["disputed_images"]:
        sentences.append(
            f"Where at least {AGREED:.0%} of the annotators agree, accuracy is "
            f"{voted['agreed_accuracy']:.1%} on {voted['agreed_images']:,} faces; where they do "
            f"not, {voted['disputed_accuracy']:.1%} on {voted['disputed_images']:,}."
        )
    return sentences
