"""The model and the detector, as every worker loads them."""

from dataclasses import dataclass

import cv2

from fer.errors import ScalingError
from fer.inference.photo_rows import names_of
from fer.inference.predictor import Predictor


@dataclass(frozen=True, kw_only=True)
class Setup:
    """The model and the detector that every worker loads for itself.

    Attributes:
        model: A model's name or folder.
        detector: A detector's name, or `none`.
        form: Which of the model's files to run.
        names: Both as results name them, `photo_rows.names_of`.
        labels: Of the model.
    """

    model: str
    detector: str
    form: str
    names: dict[str, str]
    labels: tuple[str, ...]

    def __hash__(self) -> int:
        return hash((self.model, self.detector, self.form))

    @staticmethod
    def of(model: str, *, detector: str = "auto", form: str = "auto") -> "Setup":
        """What this machine finds, as every other one must."""
        here = Predictor.load(model, detector=detector, form=form)
        return Setup.loaded(here, model, form=form)

    @staticmethod
    def loaded(here: Predictor, model: str, *, form: str) -> "Setup":
        """What was loaded by a model's name or folder, in a form."""
        return Setup(
            model=model,
            detector=here.detector_name,
            form=form,
            names=names_of(here),
            labels=here.card.labels,
        )

    def load(self) -> Predictor:
        """Model and detector, with one thread each: there is a worker for every core.

        Raises:
            ScalingError: If this machine has another model of that name.
        """
        cv2.setNumThreads(1)
        predictor = Predictor.load(self.model, detector=self.detector, form=self.form)
        if (found := names_of(predictor)) != self.names:
            raise ScalingError(
                f"A worker has {found['model']}; expected {self.names['model']}. Give every "
                "machine the same models, or a folder of models that all of them see."
            )
        return predictor
