"""The figures of a model's card as a table."""

from collections.abc import Mapping
from html import escape
from typing import Any

from fer.models.card import ModelCard


def figures_html(card: ModelCard, measured: Mapping[str, Mapping[str, Any]]) -> str:
    """A table of figures by what they were measured on, and of those that a card has of other data.

    None of them stands alone: each accuracy has its interval, the mean recall and the calibration
    error beside it.
    """
    measured = {**measured}
    measured |= {row["name"]: row for row in card.other_data}
    rows = "".join(
        f"<tr><th scope=row>{escape(name)}, {row['images']:,} faces</th>"
        f"<td>{_cell(row, 'accuracy')}</td><td>{_cell(row, 'balanced_accuracy')}</td>"
        f"<td>{_cell(row, 'ece')}</td></tr>"
        for name, row in measured.items()
    )
    if not is_measured_elsewhere(card):
        rows += "<tr><th scope=row>Another data set</th><td colspan=3>not measured yet</td></tr>"
    return (
        "<table class=fer-figures><thead><tr><td></td><th scope=col>Accuracy</th>"
        "<th scope=col>Mean recall</th><th scope=col>Calibration error</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def _cell(row: Mapping[str, Any], name: str) -> str:
    """A figure over its interval, as far as the card has them."""
    if row.get(name) is None:
        return "–"
    interval = row.get("accuracy_ci95") if name == "accuracy" else row.get("ci95", {}).get(name)
    low_to_high = "<small>{:.1%} to {:.1%}</small>".format(*interval) if interval else ""
    return f"<b>{row[name]:.1%}</b>{low_to_high}"


def is_measured_elsewhere(card: ModelCard) -> bool:
    """Whether the card has figures on a data set other than the model's own."""
    return any(row["dataset"] != card.data.get("name") for row in card.other_data)
