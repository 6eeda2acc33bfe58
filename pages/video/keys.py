"""Keys of this page in the session state."""

EVERY = "video.every"
UPLOAD = "video.upload"
PATH = "video.path"
FILM = "video.film"
MOMENT = "video.moment"
