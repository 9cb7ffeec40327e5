"""A patient as one line of JSON: what a cohort stores, and what a seal is made over.

Written out field by field, in the order of ``records``, because a cohort writes many patients: the form itself is
told in ``patient_json``, which reads it back.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from json.encoder import encode_basestring as _text

from nen_kb.facts.dates import Days, iso
from nen_kb.facts.records import Declaration, Finding, Imaging, Limit, Measurement, Origin, Patient, Treatment
from nen_kb.facts.values import Span


def to_text(patient: Patient) -> str:
    """The patient without spaces, every field of every record but the notes."""
    sex = "null" if patient.sex is None else _text(patient.sex.value)
    born = "null" if patient.born is None else _days(patient.born)
    start = "null" if patient.planned_start is None else f'"{_iso(patient.planned_start)}"'
    arms = _list(f"[{_text(trial)},{arm}]" for trial, arm in patient.arms)
    return (
        f'{{"id":{_text(patient.id)},"index_date":"{_iso(patient.index_date)}","sex":{sex},"born":{born},'
        f'"planned_start":{start},"arms":{arms},'
        f'"declarations":{_list(map(_declaration, patient.declarations))},'
        f'"findings":{_list(map(_finding, patient.findings))},'
        f'"measurements":{_list(map(_measurement, patient.measurements))},'
        f'"treatments":{_list(map(_treatment, patient.treatments))},'
        f'"imaging":{_list(map(_imaging, patient.imaging))},"assumed":{_list(map(_text, patient.assumed))}}}'
    )


def _declaration(record: Declaration) -> str:
    return (
        f'{{"id":{_text(record.id)},"domain":{_text(record.domain)},"as_of":"{_iso(record.as_of)}",'
        f'"origin":{_origin(record.origin)}}}'
    )


def _finding(record: Finding) -> str:
    about = "null" if record.about is None else _text(record.about)
    return (
        f'{{"id":{_text(record.id)},"concept":{_text(record.concept)},"presence":{_text(record.presence.value)},'
        f'"when":{_days(record.when)},"origin":{_origin(record.origin)},"about":{about},'
        f'"original":{_text(record.original)}}}'
    )


def _measurement(record: Measurement) -> str:
    return (
        f'{{"id":{_text(record.id)},"observable":{_text(record.observable)},"value":{_span(record.value)},'
        f'"original":{_text(record.original)},"when":{_days(record.when)},"origin":{_origin(record.origin)},'
        f'"upper":{_limit(record.upper)},"lower":{_limit(record.lower)},'
        f'"trouble":{_text(record.trouble)},"trouble_text":{_text(record.trouble_text)}}}'
    )


def _treatment(record: Treatment) -> str:
    return (
        f'{{"id":{_text(record.id)},"concept":{_text(record.concept)},"started":{_days(record.started)},'
        f'"ended":{_days(record.ended)},"origin":{_origin(record.origin)},"original":{_text(record.original)},'
        f'"end_known":{_flag(record.end_known)}}}'
    )


def _imaging(record: Imaging) -> str:
    return (
        f'{{"id":{_text(record.id)},"procedure":{_text(record.procedure)},"when":{_days(record.when)},'
        f'"origin":{_origin(record.origin)},"krenning":{_span(record.krenning)},"extent":{_span(record.extent)},'
        f'"original":{_text(record.original)}}}'
    )


def _origin(origin: Origin) -> str:
    return (
        f'{{"file":{_text(origin.file)},"path":{_text(origin.path)},"text":{_text(origin.text)},'
        f'"assumed":{_flag(origin.assumed)}}}'
    )


def _limit(limit: Limit | None) -> str:
    if limit is None:
        return "null"
    return f'{{"value":{_span(limit.value)},"original":{_text(limit.original)},"source":{_text(limit.source)}}}'


def _span(span: Span | None) -> str:
    return "null" if span is None else f"[{span.low},{span.high}]"


def _days(days: Days) -> str:
    return f'["{_iso(days.first)}","{_iso(days.last)}"]'


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _list(written: Iterable[str]) -> str:
    return f"[{','.join(written)}]"


_iso = lru_cache(maxsize=65_536)(iso)
