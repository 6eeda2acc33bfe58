"""The results of a video as rows and as JSON, the same from the command line and on the page."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fer.inference.answer import FaceAnswer, face_columns
from fer.inference.csv_log import as_csv, one_line
from fer.inference.frame_log import FrameFaces
from fer.inference.photo_rows import model_name
from fer.inference.predictor import Predictor
from fer.inference.timeline import Timeline


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What the results of a video come from.

    Attributes:
        file: The name of the video.
        model: Its name, and the first digits of its checksum.
        detector: The name of the detector.
        every: Every Nth frame was analysed.
        labels: Of the model.
    """

    file: str
    model: str
    detector: str
    every: int
    labels: tuple[str, ...]

    @staticmethod
    def of(file: str, predictor: Predictor, *, every: int) -> "Origin":
        """The origin of results of a video that is about to be analysed.

        Raises:
            DetectorError: If the predictor has no detector.
        """
        card = predictor.card
        return Origin(
            file=file,
            model=model_name(card),
            detector=predictor.detector.name,
            every=every,
            labels=tuple(card.labels),
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """Of the rows; those of one frame have the same `frame`."""
        return ("frame", "time_s", "model", "detector", *face_columns(self.labels))

    @property
    def shared(self) -> dict[str, str]:
        """What is in every row; only rows of the same origin can be resumed."""
        model = one_line(f"{self.model} {self.file} every {self.every}")
        return {"model": model, "detector": self.detector}

    def rows(self, frame: FrameFaces) -> list[dict[str, Any]]:
        """A row for each person on a frame; a frame without people has one without a face."""
        shared = {"frame": frame.number, "time_s": f"{frame.at_s:.3f}", **self.shared}
        return [shared | face.to_row() for face in frame.faces] or [shared]

    def csv(self, frames: Iterable[FrameFaces]) -> str:
        """All rows, as `analyse_to_csv` writes them."""
        return as_csv(self.columns, (row for frame in frames for row in self.rows(frame)))

    def json(self, frames: Iterable[FrameFaces], *, problem: str | None) -> Iterator[str]:
        """The results as JSON, in pieces, as a long video has hundreds of thousands of rows.

        It is an object of `file`, `model`, `detector`, `every`, `problem`, the `frames` with their
        `faces` as in `FaceAnswer.to_json`, and the `people` as in `Timeline.summary`.

        Args:
            frames: Of the video, as far as it was analysed.
            problem: Which part of the video could not be read; None if all of it was.
        """
        timeline = Timeline(self.labels)
        named = {
            "file": self.file, "model": self.model, "detector": self.detector,
            "every": self.every, "problem": problem,
        }  # fmt: skip
        yield f'{json.dumps(named)[:-1]},\n"frames": ['
        comma = ""
        for frame in frames:
            timeline.add(frame.at_s, frame.faces)
            faces = [face.to_json() for face in frame.faces]
            row = {"frame": frame.number, "time_s": round(frame.at_s, 3), "faces": faces}
            yield f"{comma}\n{json.dumps(row)}"
            comma = ","
        people = [self._person(row) for row in timeline.summary()]
        yield (f'],\n"people": {json.dumps(people)},\n"people_not_listed": {timeline.dropped}}}\n')

    def _person(self, row: dict[str, Any]) -> dict[str, Any]:
        shares = {label: row[f"p_{label}"] for label in self.labels}
        plain = {name: value for name, value in row.items() if not name.startswith("p_")}
        return plain | {"reliable": row["reliable"] == "true", "probabilities": shares}


def frames_in(rows: Iterable[dict[str, str]]) -> Iterator[FrameFaces]:
    """The frames of rows that were written as text."""
    for number, group in groupby(rows, key=lambda row: int(row["frame"])):
        same = list(group)
        faces = tuple(FaceAnswer.from_row(row) for row in same if row["face"])
        yield FrameFaces(number, float(same[0]["time_s"]), faces)
