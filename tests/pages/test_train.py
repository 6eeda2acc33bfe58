import json
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from fer import models, runs, settings
from fer.errors import DatasetError
from fer.models.card import read_card
from fer.nets.augmentation import Augmentation
from fer.runs import queue
from fer.runs.metrics import METRICS_FILE
from fer.runs.run import FIGURES_FILE, Run
from fer.training import tuning
from fer.training.config import PRESETS, TrainingConfig
from fer.training.events import EpochEnded
from pages.train import charts, keys, network, run_list
from pages.train.overview import overview


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Queued runs stay queued; each start of a worker is only noted."""
    started: list[str] = []
    monkeypatch.setattr(queue, "start_worker", lambda: started.append("worker"))
    return started


def a_run(name: str, run_state: str, *, epochs: int = 3) -> Run:
    run = runs.create(TrainingConfig(epochs=epochs), name=name, state=run_state)
    entries = [
        EpochEnded(
            epoch=number,
            epochs=epochs,
            loss=1 / number,
            accuracy=0.5,
            val_loss=1 / number,
            val_accuracy=0.2 * number,
            is_best=True,
            seconds=1.0,
            learning_rate=0.1,
            recall={"happy": 0.5, "sad": 1.0},
            confusion=[[1, 1], [0, 2]],
        )
        for number in (1, 2)
    ]
    step = {"kind": "step", "step": 1, "epoch": 1, "loss": 2.0, "accuracy": 0.1}
    rows = [step | {"learning_rate": 0.1}, *({"kind": "epoch", **vars(e)} for e in entries)]
    (run.folder / METRICS_FILE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    facts = {"finished_epochs": 2, "best_epoch": 2, "best_val_accuracy": 0.4}
    run.write_status(**{**run.stored_status(), **facts})
    return run


def words(page: AppTest) -> str:
    shown = [*page.markdown, *page.header, *page.subheader, *page.caption, *page.warning]
    return " ".join(element.value for element in shown)


def start_button(page: AppTest) -> Any:
    return next(button for button in page.button if button.key == "train.start")


def click(page: AppTest, key: str) -> AppTest:
    next(button for button in page.button if button.key == key).click()
    page.run()
    assert not page.exception
    return page


def test_a_page_without_runs_explains_how_to_start_one(train_page: AppTest) -> None:
    assert "Press Train" in train_page.info[0].value
    assert any("multiply-adds per face" in caption.value for caption in train_page.caption)


def test_train_queues_the_preset_and_starts_a_worker(
    train_page: AppTest, no_worker: list[str]
) -> None:
    click(train_page, "train.start")
    [run] = runs.list_runs()
    assert run.config() == PRESETS["quick"]
    assert run.status()["state"] == "queued"
    assert no_worker == ["worker"]
    assert "You can close this tab" in train_page.success[0].value


def test_a_second_run_is_queued_and_the_page_says_so(
    train_page: AppTest, no_worker: list[str]
) -> None:
    busy = runs.create(TrainingConfig(), name="the first", state="running")
    with busy.held():
        train_page.run()
        click(train_page, "train.start")
    assert "starts when “the first” has ended" in train_page.success[0].value.replace("\\", "")
    assert len(queue.waiting()) == 1


def test_an_option_under_advanced_applies_to_the_run(
    train_page: AppTest, no_worker: list[str]
) -> None:
    epochs = f"{keys.OPTION}.quick.epochs"
    erase = f"{keys.OPTION}.quick.augmentation.erase"
    train_page.number_input(key=epochs).set_value(5)
    train_page.number_input(key=erase).set_value(0.7)
    train_page.run()
    click(train_page, "train.start")
    config = runs.list_runs()[0].config()
    assert (config.epochs, config.augmentation.erase) == (5, 0.7)


@pytest.mark.parametrize("epochs", [99_999_999, -5])
def test_a_number_out_of_range_is_refused_with_a_sentence_and_cannot_be_trained(
    train_page: AppTest, epochs: int
) -> None:
    field = train_page.number_input(key=f"{keys.OPTION}.quick.epochs")
    field.set_value(epochs).run()
    assert start_button(train_page).disabled
    assert f"epochs is {epochs}; it must be 1 to 10000" in train_page.error[0].value.replace(
        "\\", ""
    )
    field.set_value(5).run()
    assert not start_button(train_page).disabled
    assert not train_page.error


def test_the_options_of_a_run_go_into_the_form_and_are_trained_again(
    train_page: AppTest, no_worker: list[str]
) -> None:
    first = a_run("mine", "finished", epochs=7)
    train_page.run()
    click(train_page, "train.again.run")
    assert train_page.number_input(key=f"{keys.OPTION}.loaded-1.epochs").value == 7
    click(train_page, "train.start")
    again = next(run for run in runs.list_runs() if run != first)
    assert replace(again.config(), options={}) == first.config()  # its size options are spelt out
    assert again.name == "mine 2"


def test_the_options_of_a_file_go_into_the_form_unless_it_is_wrong(train_page: AppTest) -> None:
    config = TrainingConfig(architecture="vgg", epochs=3, labels=("happy", "sad"))
    upload = train_page.file_uploader(key=keys.FILE)
    upload.upload("mine.toml", config.to_toml().encode()).run()
    assert not train_page.exception
    assert train_page.number_input(key=f"{keys.OPTION}.loaded-1.epochs").value == 3
    assert train_page.multiselect(key=f"{keys.OPTION}.loaded-1.labels").value == ["happy", "sad"]
    for text, reason in (
        ("epoch = 3", "Did you mean epochs"),
        ("epochs = 0", "it must be 1 to 10000"),
        ("epochs =", "cannot be read"),
        (f"labels = {'[' * 3000}{']' * 3000}", "cannot be read"),
        ('start_from = "gone"', "'gone', which is not among the models"),
        ('start_from = "/home/me/gone"', "a model by its folder, '/home/me/gone'"),
    ):
        train_page.file_uploader(key=keys.FILE).upload(f"{len(text)}.toml", text.encode()).run()
        assert not train_page.exception
        assert reason in train_page.error[0].value.replace("\\", "")


def test_notes_on_a_run_are_kept_and_listed(train_page: AppTest) -> None:
    run = a_run("mine", "finished")
    train_page.run()
    train_page.text_area(key=f"{keys.NOTES}.{run.id}").set_value("Twice the rate").run()
    assert run.notes == "Twice the rate"
    assert train_page.dataframe[-1].value["notes"].tolist() == ["Twice the rate"]


def test_notes_that_were_changed_in_another_tab_are_shown_or_else_kept_beside_the_new_ones(
    train_page: AppTest,
) -> None:
    run = a_run("mine", "finished")
    train_page.run()
    run.write_notes("Another tab")
    field = f"{keys.NOTES}.{run.id}"
    train_page.run()
    assert train_page.text_area(key=field).value == "Another tab"
    run.write_notes("Another tab again")
    train_page.text_area(key=field).set_value("This tab").run()
    assert run.notes == train_page.text_area(key=field).value == "Another tab again\n\nThis tab"
    assert "changed elsewhere" in train_page.error[0].value
    train_page.text_area(key=field).set_value("Both").run()
    assert run.notes == "Both"
    assert not train_page.error


def finished_with_model(name: str) -> Run:
    run = a_run(name, "finished")
    shutil.copytree(models.find("ferplus"), run.model_folder)
    return run


def test_a_finished_run_leads_to_evaluate_and_adds_its_model_first(
    train_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished_with_model("my run")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    train_page.run()
    next(one for one in train_page.button if one.key == "train.evaluate.run").click()
    train_page.run()
    assert models.list_models() == ["my-run"]
    assert train_page.title[0].value == "Where is it wrong?"


def test_a_model_that_was_added_is_named_beside_the_result_and_can_be_tried(
    train_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_with_model("my run")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    run.add_to_models("kept")
    train_page.run()
    assert "Added to the models as **kept**" in words(train_page)
    next(one for one in train_page.button if one.key == "train.try.run").click()
    train_page.run()
    assert models.list_models() == ["kept"]
    assert train_page.selectbox(key="predict.model").value == "kept"


@pytest.mark.parametrize("key", ["train.evaluate.run", "train.try.run"])
def test_a_model_that_cannot_be_added_is_an_error_and_the_page_stays(
    train_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    finished_with_model("my run")
    (tmp_path / "models").write_text("no folder")
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    train_page.run()
    click(train_page, key)
    assert "cannot be written" in train_page.error[0].value
    assert train_page.title[0].value == "Train a network"


def show_state(page: AppTest, state: str, **facts: object) -> str:
    """The page of a run in a state that a worker holds, in words."""
    run = a_run("my run", state)
    run.write_status(**run.stored_status() | facts)
    with run.held():
        page.run()
    assert not page.exception
    bars = [bar.proto.text for bar in page.get("progress")]
    labels = [button.label for button in page.button]
    return " | ".join([*bars, *labels, words(page)])


def test_a_paused_run_shows_no_running_clock(train_page: AppTest) -> None:
    shown = show_state(train_page, "paused", epoch=2, batch=3, batches=10, eta_s=None)
    assert "Epoch 2 of 3" in shown
    assert "left" not in shown
    assert "last update" not in shown


def test_a_run_that_is_starting_says_what_it_does(train_page: AppTest) -> None:
    assert "Loading Keras, for" in show_state(train_page, "starting")


def test_measuring_shows_its_progress_and_can_be_stopped(train_page: AppTest) -> None:
    shown = show_state(train_page, "measuring", measured=500, to_measure=2000, eta_s=9)
    assert "500 of 2,000 faces · about 9 s left" in shown
    assert "Stop measuring" in shown


def test_a_resumed_run_names_the_epoch_that_it_resumed_with(train_page: AppTest) -> None:
    facts = {"first_epoch": 2, "epoch": 2, "batches": 10}
    assert "resumed with epoch 2" in show_state(train_page, "running", **facts)


def test_a_run_that_early_stopping_has_ended_only_resumes_to_be_measured(
    train_page: AppTest,
) -> None:
    run = runs.create(TrainingConfig(epochs=30, early_stopping=3), state="failed")
    facts = {"finished_epochs": 9, "epochs": 30, "best_epoch": 7}
    run.write_status(**run.stored_status() | facts)
    train_page.run()
    assert "Resume continues with epoch 10 of 30" in words(train_page)
    run.write_status(**run.stored_status() | {"best_epoch": 6})
    train_page.run()
    assert "Early stopping ended it after epoch 9; Resume measures the model" in words(train_page)


def test_the_list_of_runs_has_the_test_figures_of_their_models(train_page: AppTest) -> None:
    run = a_run("my run", "finished")
    train_page.run()
    assert train_page.dataframe[-1].value["test accuracy"].isna().all()
    measured = {
        "accuracy": 0.7, "balanced_accuracy": 0.6, "images": 40, "accuracy_ci95": [0.6, 0.8],
        "ci95": {"balanced_accuracy": [0.5, 0.7]},
    }  # fmt: skip
    figures = {"validation": measured | {"accuracy": 0.9}, "test": measured}
    (run.folder / FIGURES_FILE).write_text(json.dumps(figures))
    train_page.run()
    row = train_page.dataframe[-1].value.iloc[0]
    assert (row["test accuracy"], row["mean recall"]) == (0.7, 0.6)


def test_a_class_without_a_validation_face_is_warned_about(train_page: AppTest) -> None:
    shown = show_state(train_page, "running", validation_counts={"happy": 3, "disgust": 0})
    assert "No validation face shows disgust" in shown


def test_every_option_of_a_configuration_is_in_the_form(train_page: AppTest) -> None:
    widgets = [
        *train_page.number_input, *train_page.selectbox, *train_page.multiselect, *train_page.toggle
    ]  # fmt: skip
    prefix = f"{keys.OPTION}.quick."
    shown = {widget.key.removeprefix(prefix) for widget in widgets if widget.key}
    varied = {f"augmentation.{field.name}" for field in fields(Augmentation)}
    elsewhere = {"dataset", "options", "augmentation"}  # above, by architecture, one by one
    plain = {field.name for field in fields(TrainingConfig)} - elsewhere
    assert plain | varied <= shown
    assert "simple.dropout" in shown


def test_a_run_shows_its_state_curves_recall_and_log(train_page: AppTest) -> None:
    run = a_run("my run", "running")
    (run.folder / "train.log").write_text("hello from the log")
    with run.held():
        train_page.run()
    assert not train_page.exception
    assert "🔵 running" in words(train_page)
    assert "last update" in words(train_page)
    assert "Recall on validation after epoch 2" in words(train_page)
    assert len(train_page.get("plotly_chart")) == 4
    assert any("hello from the log" in code.value for code in train_page.code)


def test_the_confusion_matrix_names_a_class_that_validation_lacks(train_page: AppTest) -> None:
    run = a_run("my run", "finished")
    run.write_status(**run.stored_status(), labels=["fear", "happy"])
    row = json.loads((run.folder / METRICS_FILE).read_text().splitlines()[-1])
    row |= {"recall": {"happy": 1.0}, "confusion": [[0, 0], [1, 2]]}
    with (run.folder / METRICS_FILE).open("a") as file:
        file.write(json.dumps(row | {"epoch": 3}) + "\n")
    train_page.run()
    assert not train_page.exception
    [matrix] = [
        json.loads(component.proto.json)
        for component in train_page.get("bidi_component")
        if component.proto.component_name.endswith("fer.matrix")
    ]
    assert matrix["labels"] == ["fear", "happy"]


def test_a_crashed_run_is_shown_as_such_and_can_be_resumed(
    train_page: AppTest, no_worker: list[str]
) -> None:
    run = a_run("poor run", "running")
    train_page.run()
    assert "💥 crashed" in words(train_page)
    assert "Resume continues with epoch 3 of 3" in words(train_page)
    assert "ended unexpectedly" in train_page.error[0].value
    click(train_page, "train.resume")
    assert run.status()["state"] == "queued"
    assert no_worker == ["worker"]


def test_stop_and_pause_are_requests_to_the_worker(train_page: AppTest) -> None:
    run = a_run("my run", "running")
    with run.held():
        train_page.run()
        click(train_page, "train.pause")
        assert run.requested() == "pause"
        click(train_page, "train.stop")
        assert run.requested() == "stop"


def test_two_chosen_runs_are_compared(train_page: AppTest) -> None:
    a_run("one", "finished", epochs=3)
    a_run("two", "finished", epochs=9)
    train_page.run()
    table = run_list.table_key(overview())
    train_page.session_state[table] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    train_page.run()
    assert not train_page.exception
    assert "Compared" in words(train_page)
    train_page.segmented_control(key=keys.CURVES).set_value("training").run()
    assert not train_page.exception
    differences = next(t.value for t in train_page.dataframe if "epochs" in t.value.index)
    assert differences.loc["epochs"].tolist() in (["3", "9"], ["9", "3"])


def test_the_filter_shows_only_the_runs_that_match(train_page: AppTest) -> None:
    a_run("alpha", "finished")
    a_run("beta", "stopped")
    train_page.run()
    train_page.text_input(key=keys.FILTER).set_value("ALP").run()
    assert train_page.dataframe[-1].value["name"].tolist() == ["alpha"]
    train_page.text_input(key=keys.FILTER).set_value("").run()
    train_page.multiselect(key=keys.STATES).set_value(["stopped"]).run()
    assert train_page.dataframe[-1].value["name"].tolist() == ["beta"]


def test_a_finished_run_offers_no_stop_and_no_resume(train_page: AppTest) -> None:
    a_run("done", "finished")
    train_page.run()
    keys = {button.key for button in train_page.button}
    assert not keys & {"train.stop", "train.resume", "train.pause"}


def test_equal_names_are_numbered() -> None:
    assert charts.distinct(["a", "b", "a"]) == ["a (1)", "b", "a (2)"]
    assert charts.distinct(["a", "a", "a (1)"]) == ["a (2)", "a (3)", "a (1)"]


def test_a_start_model_brings_its_own_size_options(train_page: AppTest) -> None:
    widths = [f"{keys.OPTION}.strong.resnet.{name}" for name in ("width", "view")]
    train_page.segmented_control(key=keys.PRESET).set_value("strong").run()
    shown = {box.key for box in train_page.number_input}
    assert set(widths) <= shown
    train_page.selectbox(key=f"{keys.OPTION}.strong.start_from").set_value("ferplus").run()
    assert not train_page.exception
    assert not set(widths) & {box.key for box in train_page.number_input}


def test_a_training_can_start_from_any_model(train_page: AppTest) -> None:
    options = train_page.selectbox(key=f"{keys.OPTION}.quick.start_from").options
    assert options == ["From scratch", *models.list_models()]


def test_a_start_model_or_teacher_that_was_removed_meanwhile_is_named_and_can_be_replaced(
    train_page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second"):
        shutil.copytree(models.find("ferplus"), tmp_path / "models" / name)
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    options = TrainingConfig(start_from="first").to_toml().encode()
    train_page.file_uploader(key=keys.FILE).upload("mine.toml", options).run()
    shutil.rmtree(tmp_path / "models" / "first")
    train_page.run()
    assert not train_page.exception
    assert "model 'first', which is not among" in train_page.error[0].value.replace("\\", "")
    assert start_button(train_page).disabled
    train_page.selectbox(key=f"{keys.OPTION}.loaded-1.start_from").set_value("second").run()
    assert not train_page.exception
    assert not start_button(train_page).disabled


def test_the_name_of_a_model_that_no_folder_can_have_is_refused_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    finished_with_model("mine")
    monkeypatch.setenv("FER_MODELS", str(tmp_path))
    adding = dialog("add")
    adding.text_input(key="train.model_name").set_value("n" * 300).run()
    click(adding, "train.add_now")
    assert "cannot be a model" in adding.error[0].value


def test_a_data_set_that_was_removed_after_its_faces_were_counted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_DATA_ROOTS", str(tmp_path))
    (tmp_path / "set").mkdir()
    config = TrainingConfig(dataset=str(tmp_path / "set"))
    assert network.faces_of(config).train is None
    (tmp_path / "set").rmdir()
    with pytest.raises(DatasetError, match="No data set at"):
        network.faces_of(config)


def dialog(name: str) -> AppTest:
    """A dialog about the newest run, opened; a page's own run would close it again."""
    script = f"from pages.train import actions, overview\nactions.{name}(overview.overview()[0])"
    return AppTest.from_string(script, default_timeout=60).run()


def test_a_run_is_renamed_and_deleted_only_once_it_is_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    run = a_run("old", "finished")
    renaming = dialog("rename")
    renaming.text_input(key="train.new_name").set_value("new name")
    click(renaming, "train.rename_now")
    assert run.name == "new name"
    deleting = dialog("delete")
    assert "“new name” is deleted for good" in words(deleting)
    assert run.folder.is_dir()
    next(button for button in deleting.button if button.key == "train.delete_now").click()
    deleting.run()
    assert not run.folder.exists()


def test_a_model_that_came_with_the_app_is_never_replaced_by_that_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    finished_with_model("mine")
    monkeypatch.delenv("FER_MODELS", raising=False)
    adding = dialog("add")
    adding.text_input(key="train.model_name").set_value("ferplus").run()
    assert ["came with the app" in one.value for one in adding.warning] == [True]
    assert next(one for one in adding.button if one.key == "train.add_now").disabled


def test_the_model_of_a_run_is_added_and_becomes_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FER_HOME", str(tmp_path / "home"))
    run = a_run("mine", "finished")
    shutil.copytree(models.find(None), run.model_folder)
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    adding = dialog("add")
    adding.checkbox(key="train.as_default").check()
    click(adding, "train.add_now")
    assert models.list_models() == ["mine"]
    assert settings.default_model() == "mine"
    card = read_card(run.model_folder / models.CARD_FILE)
    models.save_card(replace(card, temperature=3.0), run.model_folder)
    again = dialog("add")
    assert any("it will be replaced" in word.value for word in again.warning)
    click(again, "train.add_now")
    assert read_card(models.find("mine") / models.CARD_FILE).temperature == 3


def test_the_trials_of_a_study_are_listed_the_best_first(
    train_page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"trial": 0, "state": "pruned", "accuracy": 0.4, "epochs": 2, "learning_rate": 0.1},
        {"trial": 1, "state": "complete", "accuracy": 0.6, "epochs": 8, "learning_rate": 0.01},
    ]
    monkeypatch.setattr(tuning, "studies", lambda: ["study"])
    monkeypatch.setattr(tuning, "trials_of", lambda name: rows)
    a_run("a run", "finished")
    train_page.run()
    assert train_page.dataframe[-1].value["trial"].tolist() == [1, 0]


def test_a_run_whose_status_is_damaged_is_listed_as_crashed(train_page: AppTest) -> None:
    (a_run("damaged", "stopped").folder / "status.json").write_text("{")
    train_page.run()
    assert not train_page.exception
    [states] = [table.value["state"] for table in train_page.dataframe if "state" in table.value]
    assert states.tolist() == ["💥 crashed"]


def test_without_any_model_a_first_one_can_be_trained(
    app: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FER_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("FER_MODELS", str(tmp_path / "models"))
    app.run()
    app.switch_page("pages/train/page.py").run()
    assert not app.exception
    assert any("Train" in button.label for button in app.button)
