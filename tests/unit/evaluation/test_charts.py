from fer.evaluation.charts import coverage_chart, forms_chart, reliability_chart


def test_thresholds_that_no_face_reaches_are_not_drawn() -> None:
    curve = [
        {"threshold": 0.0, "coverage": 1.0, "accuracy": 0.5, "images": 4},
        {"threshold": 0.5, "coverage": 0.5, "accuracy": 1.0, "images": 2},
        {"threshold": 1.0, "coverage": 0.0, "accuracy": None, "images": 0},
    ]
    line, emphasised = coverage_chart(curve, threshold=1).data
    assert list(line.x) == [1.0, 0.5]
    assert list(emphasised.y) == [1.0]
    assert len(coverage_chart(curve, threshold=2).data) == 1


def test_the_reliability_chart_sets_accuracy_against_confidence() -> None:
    line = reliability_chart([{"confidence": 0.6, "accuracy": 0.5, "images": 7}]).data[1]
    assert (line.x, line.y, line.customdata) == ((0.6,), (0.5,), (7,))


def test_the_chart_of_forms_sets_both_figures_and_their_intervals_against_size() -> None:
    row = {
        "bytes": 800_000, "one_face_ms": 1.0, "accuracy": 0.8, "accuracy_ci95": [0.7, 0.85],
        "balanced_accuracy": 0.6, "balanced_accuracy_ci95": [0.5, 0.65],
    }  # fmt: skip
    accuracy, recall = forms_chart({"LiteRT": row}).data
    assert (accuracy.y, recall.y) == ((0.8,), (0.6,))
    assert abs((accuracy.x[0] + recall.x[0]) / 2 - 0.8) < 1e-9
    assert abs(recall.error_y.array[0] - 0.05) < 1e-9
    assert abs(recall.error_y.arrayminus[0] - 0.1) < 1e-9
    assert tuple(accuracy.customdata[0])[:3] == ("LiteRT", 0.8, 1.0)
