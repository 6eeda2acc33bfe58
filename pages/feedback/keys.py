"""Keys of this page in the session state."""

from pages.common.browser.state import BrowserState

BROWSER = BrowserState("feedback")  # feedback.page; a face is named by its correction's id

VIEW = "feedback.view"
REVIEWER = "feedback.reviewer"
STATUS = "feedback.status"
FINDING = "feedback.finding"
CONTRIBUTOR = "feedback.contributor"
VERDICT = "feedback.verdict"
PREDICTED = "feedback.model"
SORT = "feedback.sort"
SIZE = "feedback.size"
UNDO = "feedback.undo"
"""What the last decision changed, as `deciding.undo` needs it."""
MESSAGE = "feedback.message"
PERSON = "feedback.person"
REPLAY = "feedback.replay"
RUN = "feedback.run"
"""The id of the training that is shown."""
