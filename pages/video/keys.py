"""Keys of this page in the session state."""

EVERY = "video.every"
UPLOAD = "video.upload"
PATH = "video.path"
ANALYSIS = "video.analysis"
PAUSED = "video.paused"
MOMENT = "video.moment"
