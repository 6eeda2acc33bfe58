"""How well models do on your own photos, compared with the data set that they were measured on.

    PYTHONPATH=. python bench/measure_photos.py FOLDER MODEL…

FOLDER holds `<emotion>/*`: whole photos, of which the largest face counts. Twenty photos give a
first idea; the interval shows how rough it is.
"""

import sys
from collections import Counter
from pathlib import Path

from fer import emotions
from fer.errors import ImageError
from fer.evaluation.intervals import wilson
from fer.images import SUFFIXES
from fer.inference.predictor import Predictor


def main(folder: Path, models: list[str]) -> None:
    """Measure and print."""
    photos = [
        (file, emotions.canonical(label.name))
        for label in sorted(folder.iterdir())
        if label.is_dir()
        for file in sorted(label.iterdir())
        if file.suffix.lower() in SUFFIXES
    ]
    for model in models:
        predictor = Predictor.load(model)
        right, judged, missed = 0, 0, 0
        wrong: Counter[str] = Counter()
        results = predictor.predict_many(file for file, _ in photos)
        for (file, label), result in zip(photos, results, strict=True):
            if isinstance(result, ImageError) or not result.faces:
                missed += 1
                print(f"no face: {file}", file=sys.stderr)
                continue
            judged += 1
            predicted = result.faces[0].emotion
            right += predicted == label
            if predicted != label:
                wrong[f"{label} → {predicted}"] += 1
        low, high = wilson(right, judged)
        print(
            f"{model}: {right} of {judged} right ({right / max(judged, 1):.1%}, 95 % interval "
            f"{low:.1%} to {high:.1%}), {missed} without a face; "
            + ", ".join(f"{names} {n}" for names, n in wrong.most_common())
        )


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2:])
