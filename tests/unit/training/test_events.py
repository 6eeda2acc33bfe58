from fer.training.events import Measuring, Observer


def test_an_observer_that_overrides_nothing_lets_the_training_run() -> None:
    observer = Observer()
    observer.notify(Measuring())
    assert observer.should_stop() is False
