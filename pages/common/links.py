"""What one page hands over to another."""

SNAPSHOT = "link.snapshot"
"""Key in the session state of a JPEG file, which Live took and Predict shows."""
