"""A report to share: one HTML file that needs nothing else, and the same figures as JSON."""

import json
import tempfile
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from fer import emotions
from fer.data import Dataset
from fer.errors import FerError
from fer.evaluation.calibration import coverage_curve, reliability
from fer.evaluation.honesty import notes
from fer.evaluation.label_errors import label_errors
from fer.evaluation.predictions import PredictionTable
from fer.evaluation.slices import picture_facts, slice_figures
from fer.nets.card import ModelCard

_LISTED = 50
_SIDE = 320

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { font-family: Georgia, serif; line-height: 1.2; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
th, td { padding: 0.3rem 0.7rem; text-align: right; border-bottom: 1px solid #8884; }
th:first-child, td:first-child, td.text { text-align: left; }
td.right { background: rgb(0 114 178 / var(--share)); }
td.wrong { background: rgb(213 94 0 / var(--share)); }
.warning { border-left: 5px solid #D55E00; padding-left: 0.75rem; }
svg { max-width: 100%; height: auto; } svg text { font-size: 12px; fill: currentColor; }
.row { display: flex; flex-wrap: wrap; gap: 2rem; } small { opacity: 0.8; }
"""


def full_figures(
    table: PredictionTable, dataset: Dataset, figures: dict[str, Any]
) -> dict[str, Any]:
    """The figures of `evaluate` with everything else that a report holds.

    Returns:
        Further `reliability`, `coverage`, `slices` (the worst first) and `label_errors` (the
        likeliest first: `path`, `label`, `predicted`, `label_quality`).
    """
    doubt = table.frame[["path", "label", "predicted"]].join(label_errors(table))
    doubted = doubt[doubt["label_issue"]].sort_values("label_quality").drop(columns="label_issue")
    confidence = table.frame["confidence"].to_numpy()
    correct = table.frame["correct"].to_numpy(bool)
    facts = picture_facts(dataset, table.frame["row"].to_numpy())
    return {
        **figures,
        "reliability": reliability(confidence, correct),
        "coverage": coverage_curve(confidence, correct),
        "slices": slice_figures(table, facts),
        "label_errors": doubted.to_dict("records"),
    }


def check_target(file: Path) -> None:
    """Refuse a place where no report can be written, before work is spent on it.

    Raises:
        FerError: If it is a folder, its folder is missing, or its name does not end in `.html`.
    """
    if file.suffix.lower() not in (".html", ".htm"):
        raise FerError(f"The report '{file}' must end in .html; its JSON is written beside it.")
    if file.is_dir() or not file.parent.is_dir():
        raise FerError(
            f"No report can be written to '{file}'. Give a file in a folder that is there."
        )


def write_report(full: dict[str, Any], card: ModelCard, file: Path) -> None:
    """Write the HTML, and the JSON of the same name beside it.

    Raises:
        FerError: If they cannot be written.
    """
    check_target(file)
    try:
        for target, text in ((file, html(full, card)), (file.with_suffix(".json"), as_json(full))):
            with tempfile.TemporaryDirectory(dir=file.parent, prefix=".report-") as folder:
                made = Path(folder) / target.name
                made.write_text(text, encoding="utf-8")
                made.replace(target)
    except OSError as error:
        raise FerError(f"The report cannot be written to '{file}': {error}.") from error


def as_json(full: dict[str, Any]) -> str:
    """The figures as readable JSON text."""
    return json.dumps(full, indent=2, ensure_ascii=False, default=float) + "\n"


def html(full: dict[str, Any], card: ModelCard) -> str:
    """The report as one page: figures, matrix, classes, calibration, slices, label errors.

    It shows no face: a report is for sharing, and the faces are somebody's.
    """
    low, high = full["accuracy_ci95"]
    title = f"{full['model']} on {full['dataset']}, split {full['split']}"
    grave = full["split"] in ("train", "all", "validation") or full["leak_free"]["leaked"]
    said = "".join(f"<li>{escape(sentence)}</li>" for sentence in notes(full))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head><body>
<h1>{escape(title)}</h1>
<p><strong>Accuracy {full["accuracy"]:.1%}</strong> (95 % interval {low:.1%} to {high:.1%}) on
{full["images"]:,} faces.</p>
<ul class="{"warning" if grave else ""}">{said}</ul>
<h2>Figures</h2>{_figures_table(full)}
<h2>Confusion matrix</h2><p><small>Rows are the true emotion, columns the predicted one.</small></p>
{_matrix(full)}
<h2>Classes</h2>{_classes(full)}
<h2>Calibration</h2><p>Temperature {full["temperature"]:.3f}; expected calibration error
{full["ece"]:.1%} in 15 bins of equally many faces.</p>
<div class="row">{_plot("Reliability: accuracy by confidence",
       [(row["confidence"], row["accuracy"]) for row in full["reliability"]], diagonal=True)}
{_plot("Accuracy by the share of faces that is answered",
       [(row["coverage"], row["accuracy"]) for row in full["coverage"] if row["images"]])}</div>
<h2>Slices, the worst first</h2>{_slices(full["slices"])}
<h2>Likely label errors</h2>{_label_errors(full["label_errors"])}
<h2>Model</h2><p>{escape(card.name)}: {card.parameters:,} parameters, trained
{escape(card.created[:10])} on {escape(str(card.data.get("name")))}
(fingerprint <code>{escape(str(card.data.get("fingerprint", ""))[:16])}</code>), network
<code>{escape(card.model_sha256[:16])}</code>, seed {escape(str(card.config.get("seed")))}.</p>
</body></html>
"""  # fmt: skip


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells that begin with `<td` are taken as they are; all others are text."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in header)
    body = "".join(
        "<tr>"
        + "".join(c if c.startswith("<td") else f"<td>{escape(c)}</td>" for c in row)
        + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{head}</tr>{body}</table></div>'


def _figures_table(full: dict[str, Any]) -> str:
    names = {
        "balanced_accuracy": "Balanced accuracy", "macro_f1": "Macro F1",
        "weighted_f1": "Weighted F1", "top2_accuracy": "Top-2 accuracy",
        "kappa": "Cohen's kappa", "matthews": "Matthews", "roc_auc": "ROC AUC",
        "log_loss": "Log loss (nats)", "brier": "Brier score", "ece": "ECE",
    }  # fmt: skip
    rows = []
    for key, name in names.items():
        interval = full["ci95"].get(key)
        value = "–" if full[key] is None else f"{full[key]:.4f}"
        rows.append((name, value, f"{interval[0]:.4f} to {interval[1]:.4f}" if interval else "–"))
    return _table(("figure", "value", "95 % interval (bootstrap)"), rows)


def _matrix(full: dict[str, Any]) -> str:
    rows = []
    for i, (label, counts) in enumerate(zip(full["labels"], full["confusion_matrix"], strict=True)):
        total = sum(counts) or 1
        cells = [
            f'<td class="{"right" if i == j else "wrong"}" style="--share: {count / total:.2f}">'
            f"{count:,}<br><small>{count / total:.0%}</small></td>"
            for j, count in enumerate(counts)
        ]
        rows.append((f"{emotions.describe(label).symbol} {label}", *cells))
    return _table(("true", *full["labels"]), rows)


def _classes(full: dict[str, Any]) -> str:
    rows = [
        (
            label,
            f"{row['support']:,}",
            *(f"{row[key]:.3f}" for key in ("precision", "recall", "f1")),
        )
        for label, row in full["per_class"].items()
    ]
    return _table(("class", "faces", "precision", "recall", "F1"), rows)


def _slices(slices: Sequence[dict[str, Any]]) -> str:
    if not slices:
        return "<p>No slice has 20 faces.</p>"
    rows = [
        (
            f"{row['by']}: {row['value']}",
            f"{row['images']:,}",
            f"{row['accuracy']:.1%}",
            "{:.1%} to {:.1%}".format(*row["accuracy_ci95"]),
        )
        for row in slices
    ]
    return _table(("slice", "faces", "accuracy", "95 % interval"), rows)


def _label_errors(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return "<p>None was found.</p>"
    shown = [
        (row["path"], row["label"], row["predicted"], f"{row['label_quality']:.3f}")
        for row in rows[:_LISTED]
    ]
    more = f"<p>The first {_LISTED} of {len(rows):,}.</p>" if len(rows) > _LISTED else ""
    header = ("file", "label", "model says", "chance that the label is right")
    return more + _table(header, shown)


def _plot(title: str, points: Sequence[tuple[float, float]], *, diagonal: bool = False) -> str:
    """A line through points of 0–1 by 0–1, as SVG."""
    edge, end = 44, _SIDE - 18
    size = end - edge

    def place(x: float, y: float) -> str:
        return f"{edge + x * size:.1f},{end - edge + 10 - y * (size - 10):.1f}"

    line = " ".join(place(x, y) for x, y in points)
    dots = "".join(
        '<circle r="3" fill="#0072B2" cx="{}" cy="{}"/>'.format(*place(x, y).split(","))
        for x, y in points
    )
    ticks = "".join(
        f'<text x="{edge + t * size:.0f}" y="{end - 6}" text-anchor="middle">{t:.0%}</text>'
        f'<text x="{edge - 4}" y="{float(place(0, t).split(",")[1]) + 4:.0f}" text-anchor="end">'
        f"{t:.0%}</text>"
        for t in (0, 0.5, 1)
    )
    ideal = (
        f'<polyline points="{place(0, 0)} {place(1, 1)}" stroke="#8888" stroke-dasharray="4" '
        'fill="none"/>'
        if diagonal
        else ""
    )
    return f"""<figure style="margin: 0"><figcaption>{escape(title)}</figcaption>
<svg width="{_SIDE}" viewBox="0 0 {_SIDE} {_SIDE}" role="img" aria-label="{escape(title)}">
<polyline points="{place(0, 1)} {place(0, 0)} {place(1, 0)}" stroke="#8888" fill="none"/>{ideal}
<polyline points="{line}" stroke="#0072B2" stroke-width="2" fill="none"/>
{dots if diagonal else ""}{ticks}</svg></figure>"""
