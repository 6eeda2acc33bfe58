"""Keys of this page in the session state."""

EVERY = "video.every"
UPLOAD = "video.upload"
PATH = "video.path"
PAUSED = "video.paused"
MOMENT = "video.moment"
