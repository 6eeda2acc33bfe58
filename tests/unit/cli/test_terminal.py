import os
import signal

import pytest
import typer

from fer.cli import terminal
from fer.errors import ConfigError


def test_a_name_that_looks_like_markup_or_an_emoji_is_printed_as_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table = terminal.make_table("[b]name[/b]")
    table.add_row("[red]run[/red]")
    terminal.out.print(table)
    terminal.out.print(terminal.styled("[bold]", "bold"), "[/nothing] :smile:")
    shown = capsys.readouterr().out
    assert "[b]name[/b]" in shown
    assert "[red]run[/red]" in shown
    assert shown.splitlines()[-1] == "[bold] [/nothing] :smile:"


def test_a_long_line_is_left_to_the_terminal_to_break(capsys: pytest.CaptureFixture[str]) -> None:
    path = "/a long way/" * 30
    terminal.out.print(f"Written to {path}.")
    assert capsys.readouterr().out == f"Written to {path}.\n"


def test_a_table_truncates_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    name = "".join(f"{number:03}" for number in range(100))
    table = terminal.make_table("run", "state")
    table.add_row(name, "finished")
    terminal.out.print(table)
    cells = [line.split("│") for line in capsys.readouterr().out.splitlines() if "│" in line]
    assert "".join(cell[1].strip() for cell in cells) == name
    assert "".join(cell[2].strip() for cell in cells) == "finished"


def test_a_bar_appears_with_its_first_report_and_follows_the_others() -> None:
    with terminal.progress() as bar:
        count = terminal.Counter(bar, "faces")
        assert bar.tasks == []
        count(1, 4)
        [task] = bar.tasks
        assert (task.description, task.completed, task.total) == ("faces", 1, 4)
        count(3, 4, "the last faces")
        assert (task.description, task.completed) == ("the last faces", 3)


def test_a_bar_of_unknown_length_has_no_end() -> None:
    with terminal.progress() as bar:
        terminal.Counter(bar, "frames")(7, 0)
        assert (bar.tasks[0].completed, bar.tasks[0].total) == (7, None)


def test_the_first_interrupt_asks_to_stop_and_the_second_one_interrupts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with terminal.stop_on_interrupt("Stopping soon.") as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        assert capsys.readouterr().err == "Stopping soon.\n"
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_deliberate_error_is_a_sentence_and_a_bug_keeps_its_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as left, terminal.plain_errors():
        raise ConfigError("epochs is [0]; it must be 1 to 10000.")
    assert left.value.exit_code == 1
    assert capsys.readouterr().err == "Error: epochs is [0]; it must be 1 to 10000.\n"
    with pytest.raises(ZeroDivisionError), terminal.plain_errors():
        raise ZeroDivisionError


def test_messages_of_an_import_are_shown_only_where_it_breaks(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with terminal.quiet_imports():
        os.write(2, b"a note")
    assert capfd.readouterr().err == ""

    def broken() -> None:
        with terminal.quiet_imports():
            os.write(2, b"why it broke")
            raise ImportError

    with pytest.raises(ImportError):
        broken()
    assert capfd.readouterr().err == "why it broke"
