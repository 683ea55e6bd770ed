import os
from itertools import starmap

import pytest

from tests.faults.soak.trend import FEWEST, Sample, sample, trend

FLAT = [Sample(second, 90.0, 30) for second in range(FEWEST)]


def test_what_stays_as_it_is_passes() -> None:
    found = trend(FLAT)

    assert (found.growth, found.descriptors) == (0, 0)
    assert found.complaints() == []


def test_what_fills_in_the_first_half_passes() -> None:
    assert trend([Sample(0, 60, 5), Sample(1, 80, 20), *FLAT[2:]]).complaints() == []


def test_noise_passes() -> None:
    megabytes = [90, 92, 89, 91, 90, 92, 89, 91, 90, 92]
    assert trend([Sample(second, each, 30) for second, each in enumerate(megabytes)]).complaints() == []


def test_memory_that_grows_all_the_time_is_found() -> None:
    found = trend([Sample(second * 60, 90 + second * 5, 30) for second in range(10)])

    assert found.megabytes_per_hour == pytest.approx(300)
    assert found.complaints() == ["memory grows by 17.4% in the second half (300.0 MB/h)"]


def test_descriptors_that_are_not_closed_are_found() -> None:
    found = trend(list(starmap(Sample, ((second, 90, 30 + second * 5) for second in range(10)))))

    assert found.complaints() == ["20 more descriptors than in the middle"]


def test_a_few_samples_are_not_taken_for_a_trend() -> None:
    with pytest.raises(ValueError, match="say nothing"):
        trend(FLAT[1:])


def test_samples_of_one_moment_are_not_taken_for_a_trend() -> None:
    with pytest.raises(ValueError, match="at once"):
        trend(FLAT[:1] * FEWEST)


def test_a_process_is_seen() -> None:
    found = sample(os.getpid(), 3)

    assert found.seconds == 3
    assert found.megabytes > 5
    assert found.descriptors >= 3
