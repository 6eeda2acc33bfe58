"""Keys of this page in the session state."""

MODEL = "live.model"
DETECTOR = "live.detector"
CAMERA = "live.camera"
STREAM = "live.stream"
SUMMARY = "live.summary"
