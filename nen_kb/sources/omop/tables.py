"""The tables and columns of the OMOP Common Data Model 5.3 and 5.4 that are read, and what is lost without them.

Columns that only one of the two versions has (``procedure_end_date``, the episodes) are optional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PERSON: Final = "person"
CONCEPT, RELATIONSHIP, ANCESTOR = "concept", "concept_relationship", "concept_ancestor"


@dataclass(frozen=True)
class Table:
    """One table: which columns it must have, which it may have, and what nobody knows without it."""

    name: str
    key: str
    """The column that names a row."""
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    without: str = ""
    """What follows where the table is missing; empty if nothing worth telling does."""

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional


def _table(name: str, required: str, optional: str = "", without: str = "", key: str = "") -> Table:
    return Table(name, key or f"{name}_id", tuple(required.split()), tuple(optional.split()), without)


def _coded(stem: str) -> str:
    return f"{stem}_source_concept_id {stem}_source_value {stem}_type_concept_id"


CLINICAL: Final = {
    table.name: table
    for table in (
        _table(
            PERSON,
            "person_id gender_concept_id year_of_birth",
            "month_of_birth day_of_birth birth_datetime gender_source_value",
        ),
        _table(
            "condition_occurrence",
            "condition_occurrence_id person_id condition_concept_id condition_start_date",
            f"{_coded('condition')} condition_start_datetime condition_end_date condition_end_datetime "
            "condition_status_concept_id condition_status_source_value",
            "no diagnosis is known",
        ),
        _table(
            "drug_exposure",
            "drug_exposure_id person_id drug_concept_id drug_exposure_start_date",
            f"{_coded('drug')} drug_exposure_start_datetime drug_exposure_end_date verbatim_end_date stop_reason",
            "no drug is known",
        ),
        _table(
            "drug_era",
            "drug_era_id person_id drug_concept_id drug_era_start_date",
        ),
        _table(
            "procedure_occurrence",
            "procedure_occurrence_id person_id procedure_concept_id procedure_date",
            f"{_coded('procedure')} procedure_datetime procedure_end_date modifier_concept_id",
            "no procedure and no scan is known",
        ),
        _table(
            "device_exposure",
            "device_exposure_id person_id device_concept_id device_exposure_start_date",
            f"{_coded('device')} device_exposure_start_datetime device_exposure_end_date",
            "no device is known, such as radioactive spheres given into the liver",
        ),
        _table(
            "measurement",
            "measurement_id person_id measurement_concept_id measurement_date",
            f"{_coded('measurement')} measurement_datetime operator_concept_id value_as_number value_as_concept_id "
            "unit_concept_id unit_source_value range_low range_high value_source_value measurement_event_id "
            "meas_event_field_concept_id",
            "no laboratory value and no score is known",
        ),
        _table(
            "observation",
            "observation_id person_id observation_concept_id observation_date",
            f"{_coded('observation')} observation_datetime value_as_number value_as_string value_as_concept_id "
            "qualifier_concept_id qualifier_source_value unit_concept_id unit_source_value value_source_value "
            "observation_event_id obs_event_field_concept_id",
            "no answer, attestation or history is known",
        ),
        _table(
            "episode",
            "episode_id person_id episode_concept_id episode_start_date episode_object_concept_id",
            "episode_end_date episode_source_value episode_source_concept_id",
        ),
        _table("death", "person_id", "death_date death_datetime", key="person_id"),
        _table(
            "observation_period",
            "observation_period_id person_id observation_period_start_date observation_period_end_date",
        ),
    )
}
"""The tables with a ``person_id`` that are read, in the order in which they are."""

VOCABULARY: Final = {
    table.name: table
    for table in (
        _table(
            CONCEPT,
            "concept_id concept_name vocabulary_id concept_code",
            "domain_id concept_class_id",
            "concepts have no codes: only source values that carry their code system, and names, can be understood",
        ),
        _table(
            RELATIONSHIP,
            "concept_id_1 concept_id_2 relationship_id",
            "invalid_reason",
            "a code that is not standard is not led to its standard concept",
            key="concept_id_1",
        ),
        _table(
            ANCESTOR,
            "ancestor_concept_id descendant_concept_id min_levels_of_separation",
            "",
            "a code that the ontology lacks is not led to a class above it; the ontology's own hierarchy is used",
            key="descendant_concept_id",
        ),
    )
}

NOT_READ: Final = {
    "note": "free text",
    "note_nlp": "what a program read out of free text",
    "specimen": "specimens; their results stand in MEASUREMENT",
    "episode_event": "which events belong to an episode; the events are read from their own tables",
    "condition_era": "derived from CONDITION_OCCURRENCE",
    "dose_era": "derived from DRUG_EXPOSURE",
    "visit_occurrence": "visits: that a patient was seen does not say that a list is complete",
    "visit_detail": "parts of visits",
    "fact_relationship": "links between records",
    "survey_conduct": "that a questionnaire was filled in; its answers stand in OBSERVATION",
}
"""Tables that are only named in a note where they hold rows."""
