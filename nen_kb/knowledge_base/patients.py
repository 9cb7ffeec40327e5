"""A patient described from Python, in the words of the case file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import patient_from_dict

Date = str | date
"""A day (``2026-11-20`` or a date), a month (``2026-11``) or a year (``2026``)."""


class PatientRecord:
    """One patient, record by record.  Every method checks what it is given and returns the record itself.

    Names are labels, synonyms, local names or codes of the ontology; values carry their unit
    (``"12.1 g/dL"``, ``"> 60 mL/min"``, ``"3-20 %"``); dates may be partial.  Each method raises
    PatientError with place and remedy for what it does not understand, and then keeps nothing of it.
    """

    def __init__(self, ontology: Ontology, data: dict[str, Any]) -> None:
        self._ontology = ontology
        self._data = data
        self._patient = self._read(data)

    @property
    def id(self) -> str:
        """The patient's id."""
        return self._patient.id

    @property
    def patient(self) -> Patient:
        """The patient as the engines will see her."""
        return self._patient

    def finding(
        self,
        concept: str,
        *,
        date: Date | Mapping[str, Date] | None = None,
        present: bool | None = True,
        about: str | None = None,
        source: str | None = None,
    ) -> PatientRecord:
        """A condition, assessment, attestation or state; ``present=False`` denies it, ``None`` leaves it in doubt."""
        if present not in (True, False, None):
            message = f"present is {present!r}, which is neither True, False nor None"
            raise PatientError(Problem(f"patient {self.id}", "finding", message, "Write present=False for a denial."))
        presence = "unknown" if present is None else "present" if present else "absent"
        return self._add("findings", concept=concept, presence=presence, date=date, about=about, source=source)

    def measurement(
        self,
        observable: str,
        value: str | int,
        *,
        date: Date | Mapping[str, Date] | None = None,
        upper_limit: str | int | None = None,
        lower_limit: str | int | None = None,
        source: str | None = None,
    ) -> PatientRecord:
        """Anything with a number; the limits are those of the same result's reference range."""
        return self._add(
            "measurements",
            observable=observable,
            value=value,
            date=date,
            upper_limit=upper_limit,
            lower_limit=lower_limit,
            source=source,
        )

    def treatment(
        self,
        agent: str,
        *,
        started: Date | Mapping[str, Date] | None = None,
        ended: Date | Mapping[str, Date] | None = None,
        ongoing: bool | None = None,
        date: Date | Mapping[str, Date] | None = None,
        source: str | None = None,
    ) -> PatientRecord:
        """A drug or procedure; ``date`` for something done in one day, ``ongoing`` for the index date."""
        return self._add(
            "treatments", agent=agent, started=started, ended=ended, ongoing=ongoing, date=date, source=source
        )

    def imaging(
        self,
        procedure: str,
        *,
        date: Date | Mapping[str, Date] | None = None,
        krenning: int | str | None = None,
        extent: str | None = None,
        source: str | None = None,
    ) -> PatientRecord:
        """A scan, with its Krenning score (0 to 4) and the extent of uptake (all, majority, minority, none)."""
        return self._add("imaging", procedure=procedure, date=date, krenning=krenning, extent=extent, source=source)

    def complete(self, domain: str, *, as_of: Date | None = None, source: str | None = None) -> PatientRecord:
        """Declare the record of ``conditions``, ``treatments`` or ``imaging`` complete as of a day (the index date)."""
        return self._add("complete", domain=domain, as_of=as_of, source=source)

    def randomised(self, trial: str, arm: int) -> PatientRecord:
        """The arm of a trial the patient was randomised to."""
        return self._replace({**self._data, "arms": {**self._data.get("arms", {}), trial: arm}})

    def _add(self, section: str, **entry: Any) -> PatientRecord:
        written = {key: _plain(value) for key, value in entry.items() if value is not None}
        return self._replace({**self._data, section: [*self._data.get(section, []), written]})

    def _replace(self, data: dict[str, Any]) -> PatientRecord:
        self._patient = self._read(data)
        self._data = data
        return self

    def _read(self, data: dict[str, Any]) -> Patient:
        return patient_from_dict(data, f"patient {data.get('id', '')}", self._ontology)


def case_data(
    patient_id: str,
    sex: str | None,
    born: Date | None,
    index_date: Date | None,
    planned_start: Date | None,
) -> dict[str, Any]:
    """The head of a case file."""
    head = {
        "case": 1,
        "id": patient_id,
        "sex": sex,
        "born": born,
        "index_date": index_date or date.today(),
        "planned_start": planned_start,
    }
    return {key: _plain(value) for key, value in head.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return value
