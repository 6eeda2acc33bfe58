import subprocess
import sys

AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from fer.faces.mtcnn import Mtcnn
from fer import models

with ThreadPoolExecutor() as pool:
    for made in [pool.submit(make) for make in (models.load, Mtcnn, models.load)]:
        made.result()
"""


def test_threads_that_need_keras_at_once_all_get_the_whole_of_it() -> None:
    subprocess.run([sys.executable, "-c", AT_ONCE], check=True, capture_output=True, text=True)
