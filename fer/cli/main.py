"""The command line: `python -m fer COMMAND`."""

import os

import typer

from fer.cli import data, detectors, evaluate, models, predict, runs, train, tune

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # or it reports every missing GPU

app = typer.Typer(
    help="Facial emotion recognition on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (
    predict.predict,
    predict.video,
    train.train,
    tune.tune,
    evaluate.evaluate,
    evaluate.calibrate,
    models.models,
    models.export,
    models.save,
    models.adopt,
    models.architectures,
):
    app.command()(command)
app.add_typer(runs.app, name="runs")
app.add_typer(data.app, name="data")
app.add_typer(detectors.app, name="detectors")
