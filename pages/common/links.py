"""What one page hands over to another."""

MODEL = "link.model"
"""Key in the session state of a model's name, which Train sets and the next page chooses."""

SNAPSHOT = "link.snapshot"
"""Key in the session state of a JPEG file, which Live took and Predict shows."""

EXAMPLE = "link.example"
"""Key in the session state of the emotion of a drawn face, which Home offers and Predict shows."""
