"""What runs on Ray: photos and videos on the cores of one machine or of many."""
