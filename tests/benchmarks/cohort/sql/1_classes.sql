-- The hierarchy, filtered once to the few classes that the clauses ask about.
--
-- finding_slot(slot, class), value_slot, kind_slot and kidney_slot number those classes; hand.py fills them with every
-- class that these files name.  {code X} is the code of a name; {finding X}, {value X} and {kind X} are the number of a
-- class in its list, {bit X}, {of X} and {is X} two to the power of that; {gfr X} is such a bit of kidney_slot.

CREATE OR REPLACE TEMP MACRO months_before(day, months) AS
    greatest(1, CAST((DATE '0001-01-01' + (day - 1)) - to_months(months) AS DATE) - DATE '0001-01-01' + 1);

-- The status of a clause: 0 unknown, 1 met, 2 unmet, 3 conflicting.  What is null is not shown.
CREATE OR REPLACE TEMP MACRO status(met, unmet) AS
    CAST(CASE WHEN met THEN 1 ELSE 0 END + CASE WHEN unmet THEN 2 ELSE 0 END AS UTINYINT);

-- A contrary of a class, found, denies it or may deny it.
CREATE TEMP TABLE contrary (slot INT, class INT, denies BOOLEAN);
INSERT INTO contrary VALUES
    ({finding InoperableDisease}, {code OperableDisease}, true),
    ({finding MeasurableDisease}, {code NonMeasurableDisease}, true),
    ({finding LocallyAdvancedDisease}, {code LocalizedDisease}, true),
    ({finding Postmenopausal}, {code LastMenstruation}, false),
    ({finding Postmenopausal}, {code ChildbearingPotential}, false),
    ({finding PermanentlySterile}, {code ChildbearingPotential}, false),
    ({finding RadiologicalProgression}, {code StableDisease}, false),
    ({finding RadiologicalProgression}, {code PartialResponse}, false),
    ({finding RadiologicalProgression}, {code CompleteResponse}, false);

-- What a recorded class says about each class asked about.
CREATE TEMP TABLE finding_class AS
SELECT concept, slot, bool_or(sure) AS sure, bool_or(may) AS may, bool_or(denies) AS denies, bool_or(may_deny)
    AS may_deny
FROM (
    SELECT concept, slot, false AS sure, true AS may, false AS denies, false AS may_deny
    FROM "overlaps" JOIN finding_slot ON class = asked
    UNION ALL
    SELECT concept, slot, true, false, false, false FROM isa JOIN finding_slot ON class = asked
    UNION ALL
    SELECT concept, slot, false, false, false, true FROM "overlaps" JOIN contrary ON class = asked
    UNION ALL
    SELECT concept, slot, false, false, true, false FROM isa JOIN contrary ON class = asked AND denies
) GROUP BY concept, slot;

-- Whoever has not the class has none of these.
CREATE TEMP TABLE denied_class AS
SELECT asked AS concept, slot FROM isa JOIN finding_slot ON class = concept GROUP BY ALL;

CREATE TEMP TABLE value_class AS
SELECT concept, slot, bool_or(sure) AS sure
FROM (
    SELECT concept, slot, false AS sure FROM "overlaps" JOIN value_slot ON class = asked
    UNION ALL
    SELECT concept, slot, true FROM isa JOIN value_slot ON class = asked
) GROUP BY concept, slot;

-- Of each recorded class, as bits: what it surely is, may be, cannot be; of a denied class, what is denied with it.
CREATE TEMP TABLE kind AS
SELECT concept,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 0), 0) AS isa,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 1), 0) AS may,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 2), 0) AS apart,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 3), 0) AS below
FROM (
    SELECT concept, slot, 0 AS relation FROM isa JOIN kind_slot ON class = asked
    UNION ALL
    SELECT concept, slot, 1 FROM "overlaps" JOIN kind_slot ON class = asked
    UNION ALL
    SELECT concept, slot, 2 FROM disjoint JOIN kind_slot ON class = asked
    UNION ALL
    SELECT asked, slot, 3 FROM isa JOIN kind_slot ON class = concept
) GROUP BY concept;

-- Which of the classes asked about a declaration covers, as bits.
CREATE TEMP TABLE covered AS
SELECT
    coalesce(bit_or(1::BIGINT << slot) FILTER (domain = {code conditions}), 0) AS conditions,
    coalesce(bit_or(1::BIGINT << slot) FILTER (domain = {code treatments}), 0) AS treatments,
    coalesce(bit_or(1::BIGINT << slot) FILTER (domain = {code imaging}), 0) AS imaging
FROM in_domain JOIN finding_slot USING (class);
