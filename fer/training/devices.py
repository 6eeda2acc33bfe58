"""Training on several devices of one machine: each of them works on a share of every batch."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from fer.errors import ConfigError
from fer.importing import install_command


class SharedBatches(keras.distribution.DataParallel):
    """The same weights on every device, and each batch shared out among them.

    Keras would share out the batches themselves, and cannot share the last one of an epoch unless
    it divides. So every device gets the whole batch, a few kilobytes a face, and keeps its share
    of what the first layer makes of it: of one that does not divide, the last device has less.
    """

    def get_data_layout(self, data_shape: tuple[int, ...]) -> keras.distribution.TensorLayout:
        return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)

    def get_tensor_layout(self, path: str) -> keras.distribution.TensorLayout:
        return keras.distribution.TensorLayout([self.batch_dim_name], self.device_mesh)


def check_devices(count: int) -> None:
    """Check that training can be shared by so many devices here.

    Raises:
        ConfigError: If it cannot.
    """
    if count < 1:
        raise ConfigError(f"devices is {count}; it must be 1 or more.")
    if count == 1:
        return
    backend = keras.backend.backend()
    if backend != "jax":
        raise ConfigError(
            f"Training on {count} devices needs Keras on JAX; it runs on {backend}. Set "
            f"KERAS_BACKEND=jax, after {install_command('jax')}, or leave devices at 1."
        )
    found = keras.distribution.list_devices()
    if count > len(found):
        raise ConfigError(
            f"devices is {count}, and JAX finds {len(found)}: {', '.join(found)}. Ask for as many "
            "or fewer. For a trial, XLA_FLAGS=--xla_force_host_platform_device_count="
            f"{count} makes so many of the processor, which is no faster."
        )


@contextmanager
def shared_by(count: int) -> Iterator[None]:
    """Build, train and run networks on so many devices inside; a checkpoint fits any number.

    Whatever the number, a step is made of `batch_size` faces in all, so that neither the learning
    rate nor any other option depends on it, and results are equal but for rounding.

    Raises:
        ConfigError: As `check_devices` does.
    """
    check_devices(count)
    if count == 1:
        yield
        return
    with SharedBatches(devices=keras.distribution.list_devices()[:count]).scope():
        yield
