"""Leaks, votes, and the sentences that qualify a figure."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from fer.evaluation.intervals import accuracy_of
from fer.evaluation.predictions import PredictionTable

FEW_PHOTOS = 20
"""With fewer photos, a figure is a first impression only."""

AGREED = 0.8
"""People agree on a face if one choice has at least this share of the votes."""

_TRAINED_ON = ("train", "all")


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
    split = figures["split"]
    sentences = []
    if figures["synthetic"]:
        sentences.append("The faces are drawn, so the figure does not apply to photos of people.")
    if split in _TRAINED_ON:
        sentences.append("The model was trained on these faces, so the figure is too optimistic.")
    elif split == "validation":
        sentences.append(
            "The epoch and the temperature were chosen on these faces, so the figure is optimistic."
        )
    sentences += _of_leaks(figures)
    if "detector" in figures:
        sentences += _of_photos(figures)
    if figures["tta"] != "none":
        sentences.append(f"With test-time augmentation ({figures['tta'].replace('_', ' ')}).")
    sentences += _of_truth(figures)
    skipped = {
        "undecided": "on which the annotators made no single choice",
        "left_out": "of classes that the model lacks",
        "excluded": "excluded by hand",
    }
    sentences += [
        f"Skipped: {figures[key]:,} faces {reason}."
        for key, reason in skipped.items()
        if figures[key]
    ]
    return sentences


def _of_leaks(figures: Mapping[str, Any]) -> list[str]:
    clean = figures["leak_free"]
    if not clean["leaked"] or figures["split"] in _TRAINED_ON:
        return []
    without = (
        f"without them, accuracy is {clean['accuracy']:.1%} on {clean['images']:,} faces"
        if clean["images"]
        else "no face remains without them"
    )
    return [f"{clean['leaked']:,} faces also occur in the training part; {without}."]


def _of_photos(figures: Mapping[str, Any]) -> list[str]:
    unanswered, several = figures["unanswered"], figures["several_faces"]
    sentences = []
    if figures["images"] < FEW_PHOTOS:
        sentences.append(
            f"With fewer than {FEW_PHOTOS} faces, the interval is too wide to judge a model."
        )
    sentences.append(
        f"Mean confidence is {figures['mean_confidence']:.1%}, and {figures['accuracy']:.1%} of "
        "the answers are right."
    )
    if unanswered:
        reasons = Counter(photo["reason"] for photo in unanswered)
        listed = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items())
        low, high = figures["accuracy_of_photos_ci95"]
        sentences.append(
            f"Without an answer: {len(unanswered):,} of {figures['photos']:,} photos ({listed}; "
            f"detector {figures['detector']}). If these count as wrong, accuracy is "
            f"{figures['accuracy_of_photos']:.1%} (95 % interval {low:.1%} to {high:.1%})."
        )
    if several:
        sentences.append(f"Photos with several faces: {several:,}; the largest face counts.")
    if figures["copies"]:
        sentences.append(
            f"Copies: {figures['copies']:,} faces equal another one, as the same photo is there "
            "more than once; each counts."
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
