"""Judging a title: order, steps, and what every verdict carries."""

from allocation.leases.facts import (
    Occupant,
    Step,
)  # fmt: skip
from allocation.leases.rules import RULES, judge
from intervalle.verdicts import Level, Verdict, blocking, soften_unconfirmed, to_justify
from premises.facts import Domain, OwnerKind, TitleCode
from tests.allocation.leases.lease_samples import QUIET, case, levels


def test_a_quiet_title_is_refused_nothing() -> None:
    assert [verdict for verdict in judge(QUIET) if verdict.level is not Level.INFO] == []


def test_every_verdict_has_an_article_a_source_a_sentence_and_a_way_out() -> None:
    seen = [
        verdict
        for code in TitleCode
        for domain in Domain
        for verdict in judge(
            case(
                title=code,
                domain=domain,
                step=Step.RUNNING,
                end=None,
                rent_cents=0,
                economic=True,
                occupant=Occupant.COMPANY,
                owner=OwnerKind.COMMUNE,
                circumstance="",
            )
        )
    ]
    assert len({verdict.id for verdict in seen}) >= 12
    for verdict in seen:
        assert verdict.article
        assert verdict.source
        assert verdict.message_fr.endswith(".")
        assert verdict.way_out_fr.endswith(".") or verdict.level is Level.INFO


def test_rules_of_a_later_step_say_nothing_earlier() -> None:
    assert levels(case(step=Step.SIGNATURE), "OCC-40") == []
    assert levels(case(step=Step.KEYS), "OCC-40") == [Level.BLOCK]
    assert len([rule for group in RULES.values() for rule in group]) == len(
        {rule for group in RULES.values() for rule in group}
    )


def test_verdicts_come_gravest_first() -> None:
    order = [verdict.level for verdict in judge(case(title=TitleCode.BAIL_COM, domain=Domain.PUBLIC, rent_cents=0))]
    assert order == sorted(order, key=[Level.BLOCK, Level.ALARM, Level.WARN, Level.INFO].index)


def test_unconfirmed_refusals_can_be_softened_and_the_others_not() -> None:
    refused = judge(case(title=TitleCode.BAIL_COM, domain=Domain.PUBLIC, rent_cents=0))
    softened = soften_unconfirmed(refused)
    assert {v.id for v in blocking(refused)} >= {"OCC-02", "OCC-09"}
    assert "OCC-02" not in {v.id for v in blocking(softened)}
    assert "OCC-02" in {v.id for v in to_justify(softened)}
    assert "OCC-09" in {v.id for v in blocking(softened)}


def test_a_verdict_is_a_value() -> None:
    one, other = (judge(case(evidence=False)) for _ in range(2))
    assert one == other
    assert all(isinstance(verdict, Verdict) for verdict in one)
