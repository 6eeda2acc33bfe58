"""A model whose network runs on all workers of a cluster, for data sets of ready faces."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from fer.inference.predictor import Predictor
from fer.models.model import Model
from fer.scaling.setup import Setup

_TASK = 512
"""Faces that a worker gets at a time: some tenths of a second of work, and 1 MB."""

_MOST = 64 * _TASK


@dataclass(frozen=True, kw_only=True)
class RayModel(Model):
    """A model like any other, while this process is connected to Ray.

    Attributes:
        setup: The model as every worker loads it.
    """

    setup: Setup
    most: int = _MOST

    @staticmethod
    def load(model: str, *, form: str = "original") -> "RayModel":
        """Load a model here, as `fer.models.load` does; workers load it once they get faces."""
        here = Predictor.load(model, detector="none", form=form)
        setup = Setup.loaded(here, model, form=form)
        return RayModel(**vars(here.model) | {"most": _MOST}, setup=setup)

    def uncalibrated(self, faces: np.ndarray) -> np.ndarray:
        """As `Model.uncalibrated`; a worker that dies is replaced.

        Raises:
            ModelError: If an answer is no number.
            ScalingError: If a worker has another model of that name.
        """
        import ray

        answer = ray.remote(num_cpus=1, max_retries=-1)(_answered)
        starts = range(0, len(faces), _TASK)
        parts = ray.get([answer.remote(self.setup, faces[at : at + _TASK]) for at in starts])
        return np.concatenate([np.empty((0, len(self.card.labels)), np.float32), *parts])


def _answered(setup: Setup, faces: np.ndarray) -> np.ndarray:
    return _loaded(setup).uncalibrated(faces)


@lru_cache(maxsize=1)
def _loaded(setup: Setup) -> Model:
    return setup.load().model
