import pytest

from server.domain.did_health import Figures, Verdict


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        (Figures(), Verdict.GOOD),
        (Figures(out=4, failed=4, blocked=4), Verdict.GOOD),
        (Figures(out=100, delivered=96, failed=4), Verdict.GOOD),
        (Figures(out=100, delivered=95, failed=5), Verdict.WATCH),
        (Figures(out=100, delivered=80, failed=20), Verdict.BAD),
        (Figures(out=1000, failed=1, blocked=1), Verdict.WATCH),
        (Figures(out=100, failed=10, blocked=10), Verdict.BAD),
        (Figures(out=50, opted_out=1), Verdict.GOOD),
        (Figures(out=200, opted_out=2), Verdict.WATCH),
        (Figures(out=160, opted_out=5), Verdict.BAD),
        (Figures(out=10, opted_out=4), Verdict.WATCH),
    ],
)
def test_a_number_is_judged_by_what_became_of_a_days_texts(figures: Figures, verdict: Verdict) -> None:
    assert figures.verdict is verdict
