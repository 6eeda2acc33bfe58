"""The one place for the version, paths and environment variables.

| variable            | meaning                                  | default                         |
|---------------------|------------------------------------------|---------------------------------|
| `FER_HOME`          | what this machine keeps: detectors, data | the user's data folder          |
| `FER_MODELS`        | folder of trained models                 | `models/` in a checkout, else   |
|                     |                                          | in FER_HOME, and those shipped  |
| `FER_MODEL`         | the model used when none is named        | the one chosen, or `ferplus`    |
| `FER_RUNS`          | folder of training runs                  | `runs/` in a checkout, else in  |
|                     |                                          | FER_HOME                        |
| `FER_ALLOWED_HOSTS` | names under which the app may be opened, | localhost, the machine's name   |
|                     | separated by commas: `fer.example.org`   | and addresses in numbers        |
| `FER_ADMINS`,       | who has which role after signing in:     | everybody who signs in is a     |
| `FER_EDITORS`,      | addresses, `*@example.org` or values of  | viewer                          |
| `FER_VIEWERS`       | `FER_ROLE_CLAIM`, separated by commas    |                                 |
| `FER_ROLE_CLAIM`    | the provider's claim that has roles or   | none: addresses decide          |
|                     | groups: `roles`, `realm_access.roles`    |                                 |
| `FER_DATA`          | a FER-2013 folder, for tests and bench/  | none                            |
| `FER_DATA_ROOTS`    | folders that the app may read data sets  | the user's home, and the folder |
|                     | from, separated as in PATH               | that holds the checkout         |
| `FER_DATABASE_URL`  | the database of corrections: SQLite      | `feedback.db` in FER_HOME       |
|                     | or PostgreSQL                            |                                 |
| `FER_STUDIES_URL`   | the database of studies of `fer tune`,   | `tuning.db` in FER_RUNS         |
|                     | PostgreSQL, for several machines         |                                 |
| `FER_FEEDBACK_DAYS` | days after which corrections are deleted | none: kept until deleted        |
| `FER_PROMOTION`     | `when-better`: a model that learnt from  | `by-hand`                       |
|                     | corrections is used once proven better   |                                 |
| `FER_API_…`         | the limits of the HTTP API               | `fer/serving/limits.py`         |
"""

import os
from pathlib import Path

import platformdirs

from fer.errors import ConfigError
from fer.files import write_text, writing
from fer.people import Action, require

VERSION = "0.2.0.dev0"
PACKAGE = Path(__file__).resolve().parent
SHIPPED_MODELS = ("fer2013", "ferplus")
"""Names of the models that come with the package, or with a checkout."""
MOST_FEEDBACK_DAYS = 36_500
"""A hundred years: what is far longer ago, no calendar has."""
PROMOTION_RULES = ("by-hand", "when-better")


def checkout() -> Path | None:
    """Folder of the checkout that the package runs from; None where pip installed it."""
    return PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else None


def _folder(variable: str, default: Path) -> Path:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().resolve() if value else default


def home() -> Path:
    """Folder for what this machine keeps between runs; it may not exist yet."""
    return _folder("FER_HOME", platformdirs.user_data_path("fer", appauthor=False))


def models_folder() -> Path:
    """Folder of new models, one sub-folder each; it may not exist yet."""
    return _folder("FER_MODELS", (checkout() or home()) / "models")


def models_folders() -> tuple[Path, ...]:
    """Folders to find models in, the one of new models first."""
    if os.environ.get("FER_MODELS", "").strip() or checkout():
        return (models_folder(),)
    return (models_folder(), PACKAGE / "_models")


def runs_folder() -> Path:
    """Folder that holds one sub-folder per training run; it may not exist yet."""
    return _folder("FER_RUNS", (checkout() or home()) / "runs")


def default_model() -> str:
    """Name of the model that is used when none is named."""
    chosen = os.environ.get("FER_MODEL", "").strip()
    if not chosen and default_model_file().is_file():
        # One that is damaged names no model, and the error of that names those that there are.
        chosen = default_model_file().read_text(encoding="utf-8", errors="replace").strip()
    return chosen or "ferplus"


def set_default_model(name: str) -> None:
    """Remember the model that is used when none is named; `FER_MODEL` takes precedence.

    Raises:
        NotAllowedError: If the one who acts may not manage models.
        ConfigError: If the disk refuses it.
    """
    require(Action.MANAGE_MODELS)
    with writing(home(), ConfigError):
        home().mkdir(parents=True, exist_ok=True)
        write_text(default_model_file(), name)


def default_model_file() -> Path:
    """The file that remembers the default model; it may not exist."""
    return home() / "default_model.txt"


def datasets_folder() -> Path:
    """Folder of the registered data sets, their indexes, pixels and annotations."""
    return home() / "datasets"


def data_roots() -> tuple[Path, ...]:
    """Folders under which the app, which others may reach, is allowed to read data sets."""
    named = [name for name in os.environ.get("FER_DATA_ROOTS", "").split(os.pathsep) if name]
    if named:
        return tuple(Path(name).expanduser().resolve() for name in named)
    roots = [Path.home().resolve()]
    if project := checkout():
        roots.append(project.parent)
    return tuple(root for root in roots if root != root.parent)


def allowed_hosts() -> tuple[str, ...]:
    """Names, in lower case, under which servers answer besides the machine's own.

    `*.` in front stands for all names below.
    """
    names = os.environ.get("FER_ALLOWED_HOSTS", "").lower().split(",")
    return tuple(name.strip() for name in names if name.strip())


def people_listed(role: str) -> frozenset[str]:
    """Who has a role by `FER_ADMINS`, `FER_EDITORS` or `FER_VIEWERS`, in lower case."""
    names = os.environ.get(f"FER_{role.upper()}S", "").lower().split(",")
    return frozenset(name.strip() for name in names if name.strip())


def role_claim() -> str:
    """The provider's claim that holds roles or groups; "" where addresses alone decide."""
    return os.environ.get("FER_ROLE_CLAIM", "").strip()


def app_file() -> Path:
    """The script that Streamlit runs."""
    return (checkout() or PACKAGE / "_app") / "streamlit_app.py"


def page_build() -> Path:
    """Folder of the page for the visitor's own browser, as `make web` builds it from `web/`.

    It may not exist: a wheel that is built without it has none.
    """
    return PACKAGE / "_web"


def predictions_folder() -> Path:
    """Folder of the models' answers for the faces of data sets, kept for reuse."""
    return home() / "predictions"


def feedback_folder() -> Path:
    """Folder of the accepted corrections, as the data set that they are."""
    return home() / "feedback"


def maps_folder() -> Path:
    """Folder of the maps of data sets' faces, one file for each model and data set."""
    return home() / "maps"


def photos_folder() -> Path:
    """Folder of the photos that people label on the Evaluate page, one subfolder per emotion."""
    return home() / "photos"


def detectors_folder() -> Path:
    """Folder of detector files that are not part of any package."""
    return home() / "detectors"


def database_url() -> str:
    """Where corrections are kept, as SQLAlchemy names a database."""
    if named := os.environ.get("FER_DATABASE_URL", "").strip():
        return named
    file = str(home() / "feedback.db").replace("%", "%25").replace("?", "%3F")
    return f"sqlite:///{file}"


def studies_url() -> str:
    """Where studies of better options are kept, as SQLAlchemy names it; "" for a file."""
    return os.environ.get("FER_STUDIES_URL", "").strip()


def feedback_days() -> int | None:
    """After how many days corrections are deleted; None where they are kept.

    Raises:
        ConfigError: If `FER_FEEDBACK_DAYS` is no whole number from 1 to `MOST_FEEDBACK_DAYS`.
    """
    named = os.environ.get("FER_FEEDBACK_DAYS", "").strip()
    if not named:
        return None
    digits = named.lstrip("0")
    if not named.isdecimal() or not digits or len(digits) > 9 or int(digits) > MOST_FEEDBACK_DAYS:
        raise ConfigError(
            f"FER_FEEDBACK_DAYS is '{named}'; expected a whole number of days from 1 to "
            f"{MOST_FEEDBACK_DAYS:,}, such as 365."
        )
    return int(digits)


def promotion_rule() -> str:
    """Who puts a model that learnt from corrections into use: one of `PROMOTION_RULES`.

    Raises:
        ConfigError: If `FER_PROMOTION` is none of them.
    """
    rule = os.environ.get("FER_PROMOTION", "").strip() or PROMOTION_RULES[0]
    if rule not in PROMOTION_RULES:
        raise ConfigError(
            f"FER_PROMOTION is '{rule}'; expected one of {', '.join(PROMOTION_RULES)}."
        )
    return rule
