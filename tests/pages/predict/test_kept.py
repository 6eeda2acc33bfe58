from pages.predict.analysis import Options, Settings
from pages.predict.kept import KeptPhotos

WITH_A = Settings("a", (1,), "yunet", Options(whole_if_no_face=False, min_face_px=20))
WITH_B = WITH_A._replace(model="b", files=(2,))


def answered_with_a() -> KeptPhotos:
    album = KeptPhotos()
    album.take_answers(WITH_A)
    album.answers.update({("photo", 1): "happy", ("photo", 2): "cannot_tell", ("photo", 3): None})
    return album


def test_with_another_model_only_the_emotions_of_the_same_faces_still_count() -> None:
    album = answered_with_a()
    album.take_answers(WITH_B)
    assert album.answers == {("photo", 1): "happy"}


def test_with_another_detector_a_number_is_another_face_and_no_answer_counts() -> None:
    for changed in (
        WITH_A._replace(detector="mtcnn"),
        WITH_A._replace(options=WITH_A.options._replace(min_face_px=48)),
    ):
        album = answered_with_a()
        album.take_answers(changed)
        assert album.answers == {}


def test_earlier_settings_bring_their_own_answers_back() -> None:
    album = answered_with_a()
    album.take_answers(WITH_B)
    album.answers[("photo", 1)] = "sad"
    album.answers[("photo", 3)] = "fear"
    album.take_answers(WITH_A)
    assert album.answers == {
        ("photo", 1): "happy", ("photo", 2): "cannot_tell", ("photo", 3): "fear",
    }  # fmt: skip


def test_answers_about_a_photo_that_is_removed_go_under_all_settings() -> None:
    album = answered_with_a()
    album.take_answers(WITH_B)
    album.remove("photo")
    album.take_answers(WITH_A)
    assert album.answers == {}
