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
    "feedback": ("Feedback", ":material/reviews:"),
    "corrections": ("My corrections", ":material/rate_review:"),
}
"""Each page's folder, which is also its path in the address, with its title and icon."""

NOT_IN_MENU = ("corrections",)
"""Pages that other pages lead to."""

FOR_REVIEWERS = ("feedback",)
"""Pages that show every face which people chose to keep."""
