"""Keys of this page in the session state."""

from pages.common.browser.state import BrowserState

BROWSER = BrowserState("evaluate")  # evaluate.page, evaluate.face

MODEL = "evaluate.model"
DATASET = "evaluate.data"
SPLIT = "evaluate.split"
TTA = "evaluate.tta"
UNIT = "evaluate.unit"
ORDER = "evaluate.order"
MATRIX = "evaluate.matrix"
TWIN = "evaluate.twin"
SHOW = "evaluate.show"
TRUE = "evaluate.true"
PREDICTED = "evaluate.predicted"
CONFIDENCE = "evaluate.confidence"
AGREEMENT = "evaluate.agreement"
LEAK = "evaluate.leak"
SLICE = "evaluate.slice"
SORT = "evaluate.sort"
FACE = BROWSER.face
BESIDE = "evaluate.beside"
REPORT_OTHER = "evaluate.report.other"
OCCLUSION = "evaluate.occlusion"
TAB = "evaluate.tab"
OTHER = "evaluate.other"
THRESHOLD = "evaluate.threshold"
