from fer.training.events import Event, FilesRead, Measuring, Observer, Observers


class Noting(Observer):
    def __init__(self, *, stop: bool = False) -> None:
        self.events: list[Event] = []
        self._stop = stop

    def notify(self, event: Event) -> None:
        self.events.append(event)

    def should_stop(self) -> bool:
        return self._stop


def test_each_of_several_observers_receives_every_event_in_order() -> None:
    one, other = Noting(), Noting()
    events = [FilesRead(done=1, planned=2), FilesRead(done=2, planned=2), Measuring()]
    for event in events:
        Observers(one, other).notify(event)
    assert one.events == other.events == events


def test_any_of_several_observers_ends_the_training() -> None:
    assert not Observers(Noting(), Observer()).should_stop()
    assert Observers(Noting(), Noting(stop=True)).should_stop()
