-- Kidney function: measured clearances, estimates from creatinine and cystatin C.
--
-- Formulas are computed in floating point and rounded outwards to 0.001. A result would have to lie within a billionth of
-- such a step to come out otherwise than by exact arithmetic.

-- DuBois, in m², of cm and kg in ten-millionths.
CREATE OR REPLACE TEMP MACRO surface(cm, kg) AS 0.007184 * pow(kg / 1e7, 0.425) * pow(cm / 1e7, 0.725);

-- The revised Lund-Malmö formula, of µmol/L and years in ten-millionths; the estimate is greatest at 0.438 / 0.0158 years.
CREATE OR REPLACE TEMP MACRO lmr18(male, creatinine, age) AS exp(
    CASE WHEN male THEN
        CASE WHEN creatinine < 1800000000 THEN 2.56 + 0.00968 * (180 - creatinine / 1e7)
            ELSE 2.56 - 0.926 * ln(creatinine / 180e7) END
    ELSE
        CASE WHEN creatinine < 1500000000 THEN 2.50 + 0.0121 * (150 - creatinine / 1e7)
            ELSE 2.50 - 0.926 * ln(creatinine / 150e7) END
    END - 0.0158 * (age / 1e7) + 0.438 * ln(age / 1e7));

CREATE OR REPLACE TEMP MACRO capa(cystatin, age) AS 130 * pow(cystatin / 1e7, -1.069) * pow(age / 1e7, -0.117) - 7;

CREATE OR REPLACE TEMP MACRO rounded_down(x) AS coalesce(CAST(floor(x * 1000) AS BIGINT) * 10000, -1000000000000000000);
CREATE OR REPLACE TEMP MACRO rounded_up(x) AS coalesce(CAST(ceil(x * 1000) AS BIGINT) * 10000, 1000000000000000000);

-- The ends of a positive quantity, widened to six places; null where there is none.
CREATE OR REPLACE TEMP MACRO least_end(low) AS CASE WHEN low >= 10
    AND low < 1000000000000000000 THEN low // 10 * 10 END;
CREATE OR REPLACE TEMP MACRO greatest_end(high) AS
    CASE WHEN high > 0 AND (high + 9) // 10 * 10 < 1000000000000000000 THEN (high + 9) // 10 * 10 END;

-- As kind, of the classes of this file.
CREATE TEMP TABLE kidney_kind AS
SELECT concept,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 0), 0) AS isa,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 1), 0) AS may,
    coalesce(bit_or(1::BIGINT << slot) FILTER (relation = 2), 0) AS apart
FROM (
    SELECT concept, slot, 0 AS relation FROM isa JOIN kidney_slot ON class = asked
    UNION ALL
    SELECT concept, slot, 1 FROM "overlaps" JOIN kidney_slot ON class = asked
    UNION ALL
    SELECT concept, slot, 2 FROM disjoint JOIN kidney_slot ON class = asked
) GROUP BY concept;

CREATE TEMP TABLE kidney AS
SELECT m.patient, m.record, m.low, m.high, d."from", d."to", k.isa, k.may, k.apart
FROM measurement m
JOIN kidney_kind k USING (concept)
JOIN dated d ON d.patient = m.patient AND d.record = m.record
WHERE (k.may & ({gfr MeasuredGFR} | {gfr MeasuredCreatinineClearance} | {gfr PlasmaClearanceGFR} | {gfr GFRByIohexolClearance}
    | {gfr GFRByCr51EDTAClearance})) > 0
    OR (k.isa & ({gfr BodyHeight} | {gfr BodyWeight} | {gfr CystatinC} | {gfr Creatinine})) > 0;

-- Height and weight, the latest, unless several may be and are not one and the same exact number.
CREATE TEMP TABLE body AS
SELECT patient,
    max(low) FILTER (height) AS cm_low, max(high) FILTER (height) AS cm_high,
    max(low) FILTER (NOT height) AS kg_low, max(high) FILTER (NOT height) AS kg_high
FROM (
    SELECT s.patient, s.height, min(low) AS low, max(high) AS high
    FROM (
        SELECT *, (isa & {gfr BodyHeight}) > 0
            AS height FROM kidney WHERE (isa & ({gfr BodyHeight} | {gfr BodyWeight})) > 0
    ) s
    JOIN (
        SELECT patient, (isa & {gfr BodyHeight}) > 0 AS height, max("from") AS newest
        FROM kidney WHERE (isa & ({gfr BodyHeight} | {gfr BodyWeight})) > 0 GROUP BY ALL
    ) n ON n.patient = s.patient AND n.height = s.height AND s."to" >= n.newest
    GROUP BY s.patient, s.height
    HAVING count(DISTINCT record) = 1 OR min(low) = max(high)
)
GROUP BY patient
HAVING count(*) = 2;

CREATE TEMP TABLE creatinine AS
SELECT patient, record, low, high, "from", "to" FROM kidney WHERE (isa & {gfr Creatinine}) > 0;

CREATE TEMP TABLE clearance AS
SELECT k.*, b.patient IS NOT NULL AS sized,
    (isa & ({gfr PlasmaClearanceGFRIndexed} | {gfr GFRByGammaCameraIndexed} | {gfr MeasuredCreatinineClearanceIndexed})) > 0 AS indexed,
    (isa & ({gfr PlasmaClearanceGFRAbsolute} | {gfr GFRByGammaCameraAbsolute} | {gfr MeasuredCreatinineClearanceAbsolute})) > 0
        AS not_indexed,
    surface(least_end(cm_low), least_end(kg_low)) AS small, surface(greatest_end(cm_high), greatest_end(kg_high))
        AS large,
    CASE WHEN low > -1000000000000000000 THEN (low - (low % 10 + 10) % 10) / 1e7 END AS least,
    CASE WHEN high < 1000000000000000000 THEN (high + (10 - high % 10) % 10) / 1e7 END AS most,
    (isa & ({gfr GFRByIohexolClearance} | {gfr GFRByCr51EDTAClearance})) > 0 AS named,
    (may & ({gfr GFRByIohexolClearance} | {gfr GFRByCr51EDTAClearance})) > 0 AS may_be_named,
    (isa & {gfr MeasuredGFR}) > 0 AND (apart & {gfr GFRByIohexolClearance}) > 0
        AND (apart & {gfr GFRByCr51EDTAClearance}) > 0 AS by_other,
    (may & {gfr MeasuredGFR}) > 0 AND (isa & ({gfr GFRByIohexolClearance} | {gfr GFRByCr51EDTAClearance})) = 0
        AS may_be_other,
    (isa & ({gfr MeasuredCreatinineClearance} | {gfr PlasmaClearanceGFR})) > 0 AS confirms,
    (may & ({gfr MeasuredCreatinineClearance} | {gfr PlasmaClearanceGFR})) > 0 AND "to" >= coalesce(c.first, 0)
        AS may_confirm,
    "from" >= coalesce(c.last, 0) AS not_older
FROM kidney k
LEFT JOIN body b USING (patient)
LEFT JOIN (SELECT patient, max("from") AS first, max("to") AS last FROM creatinine GROUP BY patient) c USING (patient)
WHERE (may & ({gfr MeasuredGFR} | {gfr MeasuredCreatinineClearance} | {gfr PlasmaClearanceGFR} | {gfr GFRByIohexolClearance}
    | {gfr GFRByCr51EDTAClearance})) > 0;

-- NCT05610826: in mL/min.
CREATE TEMP TABLE overriding AS
SELECT patient, bool_or(confirms AND not_older) AS measured_decides, bool_or(may_confirm) AS measured_may_decide
FROM clearance
GROUP BY patient;

INSERT INTO graded
SELECT patient, {value ClearanceOverridingEstimate},
    CASE WHEN confirms AND not_indexed THEN low
        WHEN confirms AND indexed AND sized
            THEN rounded_down(least * CASE WHEN low >= 0 THEN small ELSE large END / 1.73)
        ELSE -1000000000000000000 END,
    CASE WHEN confirms AND not_indexed THEN high
        WHEN confirms AND indexed AND sized
            THEN rounded_up(most * CASE WHEN high >= 0 THEN large ELSE small END / 1.73)
        ELSE 1000000000000000000 END,
    "from", "to", NULL
FROM clearance
WHERE may_confirm;

-- START-NET: in mL/min/1.73 m². Whether another method counts is attested.
CREATE TEMP TABLE other_method AS
SELECT p.patient, (p.present & {bit GFRMethodEquallyAccurate}) > 0 AS attested,
    coalesce(max(a.may_until) > coalesce(max(a.denied), -1) OR max(a.doubted), false) AS may_count
FROM person p
JOIN (
    SELECT patient, max(until) FILTER (what = 0 AND (may & {is GFRMethodEquallyAccurate}) > 0) AS may_until,
        max(since) FILTER (what = 1 AND (below & {is GFRMethodEquallyAccurate}) > 0) AS denied,
        bool_or(what = 2 AND (may & {is GFRMethodEquallyAccurate}) > 0) AS doubted
    FROM special
    WHERE ((may | below) & {is GFRMethodEquallyAccurate}) > 0
    GROUP BY patient
) a ON a.patient = p.patient
GROUP BY ALL;

CREATE TEMP TABLE relative AS
SELECT c.patient, "from", "to", may_be_named, coalesce(may_count, false) AND may_be_other AS may_be_other,
    indexed OR (not_indexed AND sized) AS known, named, by_other AND coalesce(attested, false) AS by_other,
    CASE WHEN indexed THEN low
        ELSE rounded_down(least * 1.73 / CASE WHEN low >= 0 THEN large ELSE small END) END AS low,
    CASE WHEN indexed THEN high
        ELSE rounded_up(most * 1.73 / CASE WHEN high >= 0 THEN small ELSE large END) END AS high
FROM clearance c
LEFT JOIN other_method o USING (patient);

INSERT INTO graded
SELECT patient, {value AcceptedGFR},
    CASE WHEN known AND (named OR by_other) THEN low ELSE -1000000000000000000 END,
    CASE WHEN known AND (named OR by_other) THEN high ELSE 1000000000000000000 END, "from", "to", NULL
FROM relative
WHERE (known AND (named OR by_other)) OR (may_be_named AND NOT (named AND known)) OR (may_be_other
    AND NOT (by_other AND known));

-- A creatinine and a cystatin C that may be at most seven days apart, and surely are.
CREATE TEMP TABLE pair AS
SELECT c.patient, c.record AS one, y.record AS other, c.low AS c_low, c.high AS c_high, y.low AS y_low, y.high
    AS y_high,
    c."from" AS c_from, c."to" AS c_to, y."from" AS y_from, y."to" AS y_to,
    y."from" >= greatest(c."to" - 7, 1) AND c."from" >= greatest(y."to" - 7, 1) AS close
FROM kidney y
JOIN creatinine c ON c.patient = y.patient
    AND y."to" >= greatest(c."from" - 7, 1) AND c."to" >= greatest(y."from" - 7, 1)
WHERE (y.isa & {gfr CystatinC}) > 0;

INSERT INTO graded
WITH estimate AS (
    SELECT e.*, p.male, p.age_low, p.age_high,
        close AND (p.male OR p.female) AND p.age_low IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM pair n WHERE n.patient = e.patient AND n.other = e.other AND n.one <> e.one
                AND n.c_to > e.c_from)
            AND NOT EXISTS (SELECT 1 FROM pair n WHERE n.patient = e.patient AND n.one = e.one AND n.other <> e.other
                AND n.y_to > e.y_from) AS computable,
        least_end(p.age_low) AS young, greatest_end(p.age_high) AS old
    FROM (
        SELECT *, least(c_to, y_to) AS "to",
            max(c_from) FILTER (close) OVER (PARTITION BY patient, other) AS newest_one,
            max(y_from) FILTER (close) OVER (PARTITION BY patient, one) AS newest_other
        FROM pair
    ) e
    JOIN person p ON p.patient = e.patient
    LEFT JOIN (
        SELECT patient, max("from") AS newest FROM relative WHERE may_be_named OR may_be_other GROUP BY patient
    ) m ON m.patient = e.patient
    WHERE c_to >= coalesce(newest_one, 0) AND y_to >= coalesce(newest_other, 0) AND (m.newest >= e."to") IS NOT TRUE
), ends AS (
    SELECT *,
        CASE WHEN age_low >= 180000000 AND old IS NOT NULL
            THEN least(lmr18(male, greatest_end(c_high), young), lmr18(male, greatest_end(c_high), old)) END
                AS lmr_least,
        CASE WHEN age_low >= 180000000
            THEN lmr18(male, least_end(c_low), CASE WHEN young > 277215180 THEN young WHEN old <= 277215180 THEN old
                ELSE 1e7 * 0.438 / 0.0158 END) END AS lmr_most,
        capa(greatest_end(y_high), old) AS capa_least, capa(least_end(y_low), young) AS capa_most
    FROM estimate
)
SELECT patient, {value AcceptedGFR},
    CASE WHEN computable AND lmr_least IS NOT NULL AND capa_least IS NOT NULL
        THEN (rounded_down(lmr_least) + rounded_down(capa_least)) // 2 ELSE -1000000000000000000 END,
    CASE WHEN computable AND lmr_most IS NOT NULL AND capa_most IS NOT NULL
        THEN (rounded_up(lmr_most) + rounded_up(capa_most)) // 2 ELSE 1000000000000000000 END,
    least(c_from, y_from), "to", NULL
FROM ends;
