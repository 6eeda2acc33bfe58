"""The pages of the app."""

SCREENS = {
    "home": ("Home", ":material/home:"),
    "predict": ("Predict", ":material/photo_camera:"),
    "live": ("Live", ":material/videocam:"),
    "video": ("Video", ":material/movie:"),
    "dataset": ("Data", ":material/dataset:"),
    "evaluate": ("Evaluate", ":material/query_stats:"),
    "models": ("Models", ":material/inventory_2:"),
    "train": ("Train", ":material/model_training:"),
}
"""Each page's folder, which is also its path in the address, with its title and icon."""
