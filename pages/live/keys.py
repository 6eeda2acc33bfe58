"""Keys of this page in the session state."""

MODEL = "live.model"
DETECTOR = "live.detector"
CAMERA = "live.camera"
STREAM = "live.stream"
"""The predictor and the stream that takes the camera's next frames."""
SESSION = "live.session"
"""The stream whose session is shown: the one that was started last, open or closed. It is on the
visitor's shelf, too."""
CHART = "live.chart"
