"""Make one model of several: the mean of their weights, with rare classes raised.

    PYTHONPATH=. python bench/average_models.py FER2013 --out NEW \
        --logit-adjustment 0.3 NEW=1

made `models/ferplus` of NEW, a network trained with `models/ferplus/config.toml`.

Networks that were fine-tuned from one another can be averaged weight by weight; the mean costs
no more than one of them and often does better than each (Wortsman et al. 2022, arXiv:2203.05482).
Class frequencies, for the logit adjustment (Menon et al. 2021), are the mean answer on the
validation part, which also sets the temperature. The card is the first model's, with its training
configuration, measured anew.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from fer import api, models
from fer.evaluation.figures import dataset_for
from fer.models.card import facts_of
from fer.nets.forward import compile_forward
from fer.training.network import adjust_logits


def main() -> None:
    """Average, adjust, calibrate, measure and export."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("data", help="the data set that they were trained on: a folder or a name")
    parser.add_argument("models", nargs="+", metavar="MODEL=WEIGHT")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--logit-adjustment", type=float, default=0.0)
    parser.add_argument("--split", default="public_test", help="what the forms are measured on")
    asked = parser.parse_args()
    shares = {name: float(weight) for name, _, weight in (m.partition("=") for m in asked.models)}
    loaded = [models.load(name) for name in shares]
    weights = [model.network.get_weights() for model in loaded]
    total = sum(shares.values())
    network, card = loaded[0].network, loaded[0].card
    network.set_weights(
        [
            sum(share / total * layer for share, layer in zip(shares.values(), layers, strict=True))
            for layers in zip(*weights, strict=True)
        ]
    )
    dataset = dataset_for(card, asked.data)
    faces = dataset.select("validation").pixels
    adjust_logits(network, compile_forward(network)(faces).mean(axis=0), asked.logit_adjustment)
    command = (
        f"PYTHONPATH=. python bench/average_models.py {dataset.name} --out NEW "
        f"--logit-adjustment {asked.logit_adjustment:g} {' '.join(asked.models)}"
    )
    card = replace(
        card,
        name=asked.out.resolve().name,
        training={"averaged": shares, "command": command},
        metrics={},
        slices={},
        calibration={},
        temperature=1.0,
        forms={},
        remarks=(),
        **facts_of(network),
    )
    models.save(network, card, asked.out)
    api.calibrate(asked.out, dataset)
    api.export(asked.out, dataset, asked.split)


if __name__ == "__main__":
    main()
