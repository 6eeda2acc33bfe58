"""The report as one HTML page that needs nothing else."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import cv2
import numpy as np

from fer import emotions
from fer.evaluation.caveats import notes
from fer.evaluation.comparison import verdict
from fer.models.card import ModelCard

_LISTED = 50
_SIDE = 320
_HEAT_PX = 128

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


def html(full: dict[str, Any], card: ModelCard) -> str:
    """The report as one page, from what `fer.evaluation.report.full_figures` gives.

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
<h2>Accuracy by confidence</h2><p><small>What abstaining below a confidence buys.</small></p>
{_coverage(full["coverage"])}
<h2>Slices, the worst first</h2>{_slices(full["slices"])}
<h2>Where it looks</h2>{_attention(full["attention"], card)}
<h2>Likely label errors</h2>{_label_errors(full["label_errors"])}
{_comparison(full.get("comparison"))}
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


def _coverage(curve: Sequence[dict[str, Any]]) -> str:
    rows = [
        (f"{row['threshold']:.0%}", f"{row['coverage']:.1%}", f"{row['accuracy']:.1%}")
        for row in curve[::10]
        if row["images"]
    ]
    return _table(("“not sure” below", "faces answered", "accuracy on these"), rows)


def _attention(attention: Mapping[str, Any], card: ModelCard) -> str:
    if not attention:
        return "<p>The network has no places to show.</p>"
    figures = "".join(
        f'<figure style="margin: 0"><img width="{_HEAT_PX}" height="{_HEAT_PX}" '
        f'alt="Where the network looks for {escape(label)}" '
        f'src="{_heat_uri(np.array(mean["heat"]), card.framing)}">'
        f"<figcaption>{emotions.describe(label).symbol} {escape(label)} ({mean['images']:,})"
        "</figcaption></figure>"
        for label, mean in attention.items()
    )
    return (
        "<p><small>Mean Grad-CAM over faces of the class that it named rightly, bright where it "
        "looks. The circles are where the eyes are on average.</small></p>"
        f'<div class="row">{figures}</div>'
    )


def _heat_uri(heat: np.ndarray, framing: Mapping[str, Any]) -> str:
    large = cv2.resize(heat.clip(0, 1), (_HEAT_PX, _HEAT_PX), interpolation=cv2.INTER_LINEAR)
    colors = cv2.applyColorMap((255 * large).astype(np.uint8), cv2.COLORMAP_INFERNO)
    if {"eyes_x", "eyes_y", "span"} <= framing.keys():
        for side in (-0.5, 0.5):
            place = (framing["eyes_x"] + side * framing["span"], framing["eyes_y"])
            x, y = (round(_HEAT_PX * float(part)) for part in place)
            cv2.circle(colors, (x, y), _HEAT_PX // 14, (255, 255, 255), 1, cv2.LINE_AA)
    encoded = cv2.imencode(".png", colors)[1].tobytes()
    return f"data:image/png;base64,{base64.b64encode(encoded).decode()}"


def _comparison(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    rows = [
        (f"{emotions.describe(label).symbol} {label}", *(f"{count:+,}" for count in counts))
        for label, counts in zip(found["labels"], found["matrix_difference"], strict=True)
    ]
    first, second = escape(found["first"]), escape(found["second"])
    return f"""<h2>Comparison with {second}</h2><p>{escape(verdict(found))}</p>
<p>Only {first} is right: {found["only_first"]:,} faces; only {second}: {found["only_second"]:,};
both: {found["both"]:,}; neither: {found["neither"]:,}.</p>
<p><small>Confusion matrix of {second} minus that of {first}:</small></p>
{_table(("true", *found["labels"]), rows)}"""


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
