"""The README of an artefact, written from its card (after Mitchell et al. 2019)."""

from fer.nets.card import ModelCard


def readme(card: ModelCard) -> str:
    """Markdown that says what the model is for, what it is not for, and what it measured."""
    rows = "\n".join(
        f"| {split} | {figures['images']:,} | {figures['accuracy']:.1%} "
        f"({figures['accuracy_ci95'][0]:.1%}–{figures['accuracy_ci95'][1]:.1%}) "
        f"| {figures['balanced_accuracy']:.1%} | {figures['macro_f1']:.3f} |"
        for split, figures in card.metrics.items()
    )
    per_class = "\n".join(
        f"| {split} | {label} | {row['support']:,} | {row['precision']:.2f} | {row['recall']:.2f} "
        f"| {row['f1']:.2f} |"
        for split, figures in card.metrics.items()
        if split != "validation"
        for label, row in figures["per_class"].items()
    )
    return f"""# {card.name}

A {card.config.get("architecture", "")} network that names the facial expression in a face crop:
{", ".join(card.labels)}. {card.parameters:,} parameters, {card.multiply_adds / 1e6:.0f} million
multiply-adds a face.

Input: uint8 0–255, shape (n, {card.height}, {card.width}, {card.channels}); scaling is inside the
network. Output: probabilities in the order above. `card.json` holds the whole contract.

## Figures

| split | n | accuracy (95 % Wilson interval) | balanced accuracy | macro F1 |
|---|---|---|---|---|
{rows}

`validation` picked the epoch, so it flatters; no other split was looked at in training.

| split | class | n | precision | recall | F1 |
|---|---|---|---|---|---|
{per_class}

## Data

{card.data.get("name")}: {card.data.get("split_rule")}.
Faces by split: {", ".join(f"{name} {n:,}" for name, n in card.data.get("splits", {}).items())}.
Fingerprint `{card.data.get("fingerprint", "")[:16]}`.

## Intended use, and what it must not be used for

For learning, research and playful demonstrations. It names what a face shows, as the people
who labelled the data saw it; it does not know what a person feels. It must not be used to
decide about people: not for hiring, policing, insurance, credit or diagnosis. The EU AI Act
(Regulation (EU) 2024/1689, Article 5(1)(f)) forbids emotion recognition at work and in schools.

Trained {card.created[:10]}, seed {card.config.get("seed")},
{card.training.get("epochs_run")} epochs in {card.training.get("seconds", 0) / 60:.0f} minutes.
"""
