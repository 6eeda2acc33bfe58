"""Keys of this page in the session state."""

from pages.common.browser.state import BrowserState

BROWSER = BrowserState("dataset")  # dataset.page, dataset.face

NAME = "dataset.name"
CHOOSE = "dataset.choose"
UNKNOWN = "dataset.add.unknown"
VIEW = "dataset.view"
SPLIT = "dataset.split"
CLASS = "dataset.class"
OPINION = "dataset.people"
FINDING = "dataset.finding"
TEXT = "dataset.file"
SORT = "dataset.sort"
MAP_MODEL = "dataset.map.model"
MAP_CHART = "dataset.map.chart"
MAP_MARKED = "dataset.map.marked"
MAP_LABEL = "dataset.map.label"
MAP_AMONG = "dataset.map.among"
SEED = "dataset.seed"
