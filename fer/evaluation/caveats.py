"""Figures that say how much of another figure to believe: leaks, and what people thought."""

from collections.abc import Mapping
from typing import Any

from fer.evaluation.intervals import wilson
from fer.evaluation.predictions import PredictionTable

AGREED = 0.8
"""People agree on a face where one choice has at least this share of the votes."""


def leak_free(table: PredictionTable) -> dict[str, Any]:
    """Accuracy without the faces of which training used an exact copy.

    Returns:
        `leaked` (faces left out), `images` (faces that remain), `accuracy` and `accuracy_ci95`
        on those, None where none remains.
    """
    clean = table.frame[~table.frame["in_training"]]
    return {"leaked": len(table) - len(clean), **_share(clean["correct"])}


def votes(table: PredictionTable) -> dict[str, Any] | None:
    """Accuracy by what people voted; None where no face has votes.

    Returns:
        `images` (faces with votes); `majority_accuracy` against the single most voted choice and
        `majority_images`, the faces where there is one that the model knows; `agreed_accuracy`
        on the label where people agree and `agreed_images`; `disputed_accuracy` and
        `disputed_images` where they do not; `given_accuracy` against the data set's own labels
        and `given_images`, the faces whose label the model knows; `label_is_majority`, the share
        of faces whose own label is their single most voted choice, of those that have one.
    """
    frame = table.frame
    given = frame["label_given"] if "label_given" in frame else frame["label"]
    voted = frame["agreement"].notna()
    if not voted.any():
        return None
    single = voted & (frame["majority"] != "")
    agreed = frame["agreement"] >= AGREED
    hit = frame["correct"]
    figures: dict[str, Any] = {
        "images": int(voted.sum()),
        "label_is_majority": float((given == frame["majority"])[single].mean())
        if single.any()
        else None,
    }
    for name, rows in {
        "majority": (frame["predicted"] == frame["majority"])[
            single & frame["majority"].isin(table.labels)
        ],
        "agreed": hit[voted & agreed],
        "disputed": hit[voted & ~agreed],
        "given": (frame["predicted"] == given)[given.isin(table.labels)],
    }.items():
        figures.update({f"{name}_{key}": value for key, value in _share(rows).items()})
    return figures


def notes(figures: Mapping[str, Any]) -> list[str]:
    """What one must know to believe the figures of `evaluate`, in sentences, gravest first."""
    said = []
    clean, voted = figures["leak_free"], figures["votes"]
    if figures["synthetic"]:
        said.append("The faces are drawn: the figure says nothing about photos of people.")
    if figures["split"] in ("train", "all"):
        said.append("The model was trained on these faces, so the figure flatters.")
    elif figures["split"] == "validation":
        said.append("These faces picked the epoch and the temperature, so the figure flatters.")
    if clean["leaked"] and figures["split"] not in ("train", "all"):
        without = (
            f"the accuracy without them is {clean['accuracy']:.1%} on {clean['images']:,} faces"
            if clean["images"]
            else "no face remains without them"
        )
        said.append(f"{clean['leaked']:,} faces stand in the training part too; {without}.")
    if figures["tta"] != "none":
        said.append(f"With test-time augmentation ({figures['tta'].replace('_', ' ')}).")
    if figures["truth"] == "label" and figures["learnt_truth"] == "votes":
        said.append(
            "The model learnt what most of several annotators chose; here the data set's one label "
            "a face is taken for right, which may be another."
        )
    if figures["truth"] == "votes":
        said.append(
            "Measured against what most annotators chose, not against the data set's own labels"
            + (
                f"; against those: {voted['given_accuracy']:.1%} on {voted['given_images']:,} "
                "of these faces."
                if voted and voted["given_images"]
                else "."
            )
        )
    elif voted and voted["majority_images"]:
        said.append(
            "Measured against the data set's own labels; against what most annotators chose: "
            f"{voted['majority_accuracy']:.1%} on {voted['majority_images']:,} faces."
        )
    if voted and voted["agreed_images"] and voted["disputed_images"]:
        said.append(
            f"Where at least {AGREED:.0%} of the annotators agree: "
            f"{voted['agreed_accuracy']:.1%} on {voted['agreed_images']:,} faces; "
            f"where they do not: {voted['disputed_accuracy']:.1%} on {voted['disputed_images']:,}."
        )
    if figures["undecided"]:
        said.append(
            f"Left out: {figures['undecided']:,} faces without a single choice of the annotators."
        )
    if figures["left_out"]:
        said.append(f"Left out: {figures['left_out']:,} faces of classes that the model lacks.")
    if figures["excluded"]:
        said.append(f"Left out: {figures['excluded']:,} faces that were excluded by hand.")
    return said


def _share(correct: Any) -> dict[str, Any]:
    n = len(correct)
    return {
        "images": n,
        "accuracy": float(correct.mean()) if n else None,
        "accuracy_ci95": wilson(int(correct.sum()), n) if n else None,
    }
