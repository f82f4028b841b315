"""An answer that several share."""

import threading
from itertools import count

from sightline.pipeline.shared_answer import SharedAnswer


def test_who_takes_an_older_answer_gets_the_one_of_before_and_who_does_not_a_new_one() -> None:
    answers, number = SharedAnswer[str, int](), count()

    told = [answers.get("tiles", within_s, lambda: next(number)) for within_s in (0, 5, 5, 0, 5)]

    assert told == [0, 0, 0, 1, 1]


def test_another_question_has_another_answer() -> None:
    answers = SharedAnswer[str, str]()

    assert [answers.get(key, 5, lambda key=key: key) for key in ("shop", "bakery", "shop")] == [  # type: ignore[misc]
        "shop",
        "bakery",
        "shop",
    ]


def test_an_answer_that_is_too_old_is_not_given() -> None:
    answers, number = SharedAnswer[str, int](), count()

    told = [answers.get("tiles", within_s, lambda: next(number)) for within_s in (5, -1, 5)]

    assert told == [0, 1, 1]


def test_of_many_who_ask_at_once_one_works_it_out() -> None:
    answers, number, together = SharedAnswer[str, int](), count(), threading.Barrier(8)
    told: list[int] = []

    def ask() -> None:
        together.wait()
        told.append(answers.get("tiles", 5, lambda: next(number)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert told == [0] * 8
