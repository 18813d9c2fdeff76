from pathlib import Path

from scripts.prove_decisions import prove


def test_no_decision_is_lost_or_doubled_however_often_its_writer_is_killed(database_url: str, tmp_path: Path) -> None:
    proof = prove(database_url, 10, tmp_path)
    assert (proof.kills, proof.lost, proof.doubled, proof.other_faults) == (10, 0, 0, ())
    assert proof.acknowledged == proof.stored > 0
    assert proof.in_the_middle > 0, "some kill has to hit a writer at work"
