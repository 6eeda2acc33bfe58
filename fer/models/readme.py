"""The README of a model, written from its card, as a model card (Mitchell et al. 2019)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fer.models.card import ModelCard
from fer.wording import counted, split_name

_USE = """\
For learning, research and playful demonstrations, on photos of people who agreed to it. It names
what a face shows, as the annotators of the data saw it; it does not know what a person feels.
It must not be used to decide about people: not for hiring, policing, insurance, credit or
diagnosis. The EU AI Act (Regulation (EU) 2024/1689, Article 5(1)(f)) forbids inferring emotions at
work and in education, except for medical or safety reasons."""

_LIMITS = """\
- It learned from single images that somebody chose and labelled, many of them acted. What the
  people in them felt is not known.
- The data records neither age, gender, skin colour nor origin, so it is not known how much the
  figures differ between groups; expect that they do.
- It is less accurate than these figures on turned, covered, blurred, dark and very small faces."""

_FER2013 = """\
The images of FER-2013 come from a web search (Goodfellow et al. 2013,
arXiv:1307.0414). Its publishers give no licence for the images themselves; they are for research,
and are not part of this model. The annotators' votes are those of FER+ (Barsoum
et al. 2016, MIT licence)."""


def readme(card: ModelCard) -> str:
    """Markdown: what the model is for, what it is not for, and its figures."""
    card = replace(
        card,
        metrics={split_name(split): row for split, row in card.metrics.items()},
        slices={split_name(split): rows for split, rows in card.slices.items()},
    )
    sections = {
        "Intended use, and what it must not be used for": _USE,
        "Labels and scale": _contract(card),
        "Figures": _figures(card),
        "Other data": _other_data(card),
        "By slice, the worst first": _slices(card),
        "Calibration": _calibration(card),
        "Forms": _forms(card),
        "Data": _data(card),
        "Limits": _LIMITS,
        "Remarks": "\n".join(f"- {remark}" for remark in card.remarks),
        "Training": _training(card),
    }
    parts = [f"## {title}\n\n{text}" for title, text in sections.items() if text]
    return "\n\n".join([_head(card), *parts]) + "\n"


def _head(card: ModelCard) -> str:
    kind = f"{name} network" if (name := card.config.get("architecture")) else "network"
    return f"""# {card.name}

A {kind} that names the facial expression in a face crop:
{", ".join(card.labels)}. {card.parameters:,} parameters, {card.multiply_adds / 1e6:.0f} million
multiply-adds a face.

Input: uint8 0–255, shape (n, {card.height}, {card.width}, {card.channels}); scaling is inside the
network. Output: probabilities in the order above. `card.json` holds the whole contract."""


def _contract(card: ModelCard) -> str:
    if card.is_unchecked:
        return f"""\
**Never checked on labelled faces.** This network was trained elsewhere. If its labels stand in
another order, or it expects other pixel values, its answers are wrong without a sign. Check it with
`python -m fer check {card.name} DATASET`."""
    found, scale = checked_text(card), card.contract.get("scale")
    expects = f" and expects values {scale}" if scale else ""
    return f"This network was trained elsewhere{expects}. {found}" if found else ""


def checked_text(card: ModelCard) -> str:
    """On what the labels and the scale of a network from elsewhere were checked; "" if never."""
    checked = card.contract.get("checked")
    if not checked:
        return ""
    drawn = "drawn " if checked.get("synthetic") else ""
    faces = counted(checked["images"], f"{drawn}validation face")
    return " ".join(
        [
            f"Its labels and scale were checked on {faces} of {checked['dataset']}: no other ones "
            f"fitted better, and {_share(checked)} of its answers were right.",
            *checked.get("limits", ()),
        ]
    )


def _figures(card: ModelCard) -> str:
    if not card.metrics:
        return ""
    by_votes = card.config.get("truth") == "votes"
    truth = "the single choice that most annotators made" if by_votes else "the data set's labels"
    tests = {split: row for split, row in card.metrics.items() if split != "validation"}
    heads = ("split", "n", "accuracy (95% Wilson interval)", "balanced accuracy", "macro F1")
    rows = [
        (split, f"{row['images']:,}", _share(row), f"{row['balanced_accuracy']:.1%}",
         f"{row['macro_f1']:.3f}")
        for split, row in card.metrics.items()
    ]  # fmt: skip
    scores = ("precision", "recall", "f1")
    class_rows = [
        (split, label, f"{one['support']:,}", *(f"{one[score]:.2f}" for score in scores))
        for split, row in tests.items()
        for label, one in row["per_class"].items()
    ]
    return "\n\n".join(
        [
            f"Measured against {truth}.",
            _table(heads, rows),
            "The epoch or the temperature was chosen on `validation`, so its figures are\n"
            "optimistic; the other splits had no part in training.",
            *(text for split, row in tests.items() for text in _caveats(split, row)),
            _table(("split", "class", "n", "precision", "recall", "F1"), class_rows),
        ]
    )


def _caveats(split: str, row: Mapping[str, Any]) -> Iterator[str]:
    clean, votes = row.get("leak_free") or {}, row.get("votes") or {}
    if clean.get("leaked") and clean.get("accuracy") is not None:
        yield (
            f"{clean['leaked']:,} faces of {split} also occur in the training data; "
            f"without them, accuracy is {clean['accuracy']:.1%} (n {clean.get('images', 0):,})."
        )
    by_hand = row.get("by_hand") or {}
    if by_hand.get("accuracy") is not None:
        yield (
            f"With the annotations set by hand in {split} ({by_hand.get('relabelled', 0):,} "
            f"labels, {by_hand.get('excluded', 0):,} exclusions), accuracy is "
            f"{by_hand['accuracy']:.1%} (n {by_hand.get('images', 0):,}); all other figures use "
            "the labels as given."
        )
    if None not in (votes.get("majority_accuracy"), votes.get("label_is_majority")):
        yield (
            f"Against the choice of most annotators, accuracy is {votes['majority_accuracy']:.1%} "
            f"(n {votes.get('majority_images', 0):,}); the data set's own label is that choice for "
            f"{votes['label_is_majority']:.1%} of the faces."
        )


def _other_data(card: ModelCard) -> str:
    rows = [
        (row["name"], f"{row['images']:,}", _share(row), f"{row['balanced_accuracy']:.1%}",
         f"{row['ece']:.1%}")
        for row in card.other_data
    ]  # fmt: skip
    if not rows:
        return ""
    heads = ("data", "n", "accuracy (95% Wilson interval)", "balanced accuracy", "ECE")
    return "\n\n".join([_table(heads, rows), *(str(row["how"]) for row in card.other_data)])


def _slices(card: ModelCard) -> str:
    rows = [
        (split, str(row["by"]), str(row["value"]), f"{row['images']:,}", _share(row))
        for split, slices in card.slices.items()
        for row in slices
    ]
    heads = ("split", "by", "value", "n", "accuracy (95% interval)")
    return _table(heads, rows) if rows else ""


def _calibration(card: ModelCard) -> str:
    record = card.calibration
    if not record:
        return ""
    tests = ", ".join(
        f"{row['ece']:.1%} on {split}"
        for split, row in card.metrics.items()
        if split != "validation" and "ece" in row
    )
    return f"""\
The logits are divided by {card.temperature:.3f}, fitted on {record["images"]:,} validation faces:
the expected calibration error (15 bins of equal mass) went from {record["ece_before"]:.1%} to
{record["ece_after"]:.1%} there{"; it is " + tests if tests else ""}."""


def _forms(card: ModelCard) -> str:
    rows = [
        (form, f"`{row['file']}`", f"{row['bytes'] / 1e6:.2f} MB",
         f"{_share(row)}, {split_name(row['split'])}, n {row['images']:,}",
         _share(row, "balanced_accuracy"), f"{row['one_face_ms']:.2f} ms")
        for form, row in card.forms.items()
        if row.get("accuracy") is not None
    ]  # fmt: skip
    if not rows:
        return ""
    heads = (
        "form", "file", "size", "accuracy (95% interval)", "balanced accuracy (95% interval)",
        "one face",
    )  # fmt: skip
    note = "Times are medians on the machine that exported it; LiteRT used one core."
    return "\n\n".join([_table(heads, rows), *_differences(card), note])


def _differences(card: ModelCard) -> Iterator[str]:
    for form, row in card.forms.items():
        if form != card.original and {"same_answer", "largest_difference"} <= set(row):
            kind = "drawn " if row.get("synthetic") else ""
            yield (
                f"`{form}` gives {row['same_answer']:.1%} of the {row['images']:,} {kind}faces the "
                f"original's answer; a probability differs by {row['largest_difference']:.1e} at "
                "most."
            )


def _data(card: ModelCard) -> str:
    data = card.data
    if not data:
        return "It was trained elsewhere. What it was trained on is not recorded."
    parts = ", ".join(f"{split_name(name)} {n:,}" for name, n in data.get("splits", {}).items())
    known = f"\n\n{_FER2013}" if "fer2013" in str(data.get("name")).lower() else ""
    return f"""\
{data.get("name")}: {data.get("split_rule")}.
Faces by split: {parts}. Fingerprint `{str(data.get("fingerprint", ""))[:16]}`.{known}"""


def _training(card: ModelCard) -> str:
    by = " by `{}`".format(card.made_by.replace("`", "")) if card.made_by else ""
    if command := card.training.get("command"):
        return f"""\
{card.created[:10]}{by}: made from trained networks. To repeat it, in the project's folder, with the
data set registered under that name (`python -m fer data add`):
`{command}`"""
    if not card.config:
        return ""
    return f"""\
{card.created[:10]}{by}, seed {card.config.get("seed")}, {card.training.get("epochs_run")} epochs in
{card.training.get("seconds", 0) / 60:.0f} minutes. To repeat it, add the data set under that name
(`python -m fer data add`) and run this, with `THIS` for the folder of this file:
`python -m fer train {card.config.get("dataset")} --config THIS/config.toml --out NEW`"""


def _share(row: Mapping[str, Any], name: str = "accuracy") -> str:
    if name not in row:  # in a card of before
        return ""
    low, high = row[f"{name}_ci95"]
    return f"{row[name]:.1%} ({low:.1%}–{high:.1%})"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows))
