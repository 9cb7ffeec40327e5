-- The latest of each observable, one row a patient.
--
-- The candidates are the records than which none is certainly later.  Of one exact day each speaks for itself: the
-- greatest low end and the least high end decide.  Where a day is unsure their hull does: the least low end and the
-- greatest high end.

CREATE TEMP TABLE newest AS
SELECT patient, slot, max("from") AS newest FROM graded GROUP BY patient, slot;

-- positive is as high, without what is not above zero: for a formula that says nothing of such numbers.
CREATE TEMP TABLE latest AS
SELECT g.patient, g.slot,
    CASE WHEN bool_or("from" < "to") THEN min(low) ELSE max(low) END AS low,
    CASE WHEN bool_or("from" < "to") THEN max(high) ELSE min(high) END AS high,
    CASE WHEN bool_or("from" < "to") THEN max(high) ELSE min(high) FILTER (high > 0) END AS positive
FROM graded g
JOIN newest n ON n.patient = g.patient AND n.slot = g.slot AND g."to" >= n.newest
GROUP BY g.patient, g.slot;

-- Every limit the clauses set, in ten-millionths of the canonical unit: what the low end must reach, what the high end
-- must stay below, and a second of each.  Above 90 g/L is 900000001 or more, at most 90 g/L is below that.
CREATE TEMP TABLE limits (slot INT, reach BIGINT, stay BIGINT, reach_other BIGINT, stay_other BIGINT);
INSERT INTO limits VALUES
    ({value ECOGPerformanceStatus}, 10000001, 10000001, NULL, NULL),
    ({value Hemoglobin}, 900000001, 900000001, 805700000, 800000000),
    ({value Platelets}, 1000000001, 1000000001, 750000000, 750000000),
    ({value Leukocytes}, 30000001, 30000001, 20000000, 20000000),
    ({value Neutrophils}, 15000001, 15000001, NULL, NULL),
    ({value ASATTimesULN}, 30000000, 30000000, NULL, NULL),
    ({value ALATTimesULN}, 30000000, 30000000, NULL, NULL),
    ({value TotalBilirubin}, 513000001, 513000001, NULL, NULL),
    ({value TotalBilirubinTimesULN}, 20000000, 20000000, 30000001, 30000001),
    ({value Albumin}, 250000001, 250000001, 300000000, 300000000),
    ({value INR}, 15000001, 15000001, NULL, NULL),
    ({value ProthrombinTimeInReferenceRange}, 10000000, 10000000, NULL, NULL),
    ({value FastingGlucoseTimesULN}, 20000001, 20000001, NULL, NULL),
    ({value Creatinine}, 1502800001, 1500000001, NULL, NULL),
    ({value ExpectedCytoreduction}, 900000000, 900000000, NULL, NULL),
    ({value LiverTumorBurden}, 500000001, 500000001, NULL, NULL),
    ({value NYHAClass}, 20000000, 20000000, NULL, NULL),
    ({value IrradiatedBoneMarrow}, NULL, 250000001, NULL, NULL),
    ({value Ga68DotaPeptidePET}, 30000000, 30000000, NULL, NULL),
    ({value Ga68DotatatePETCT}, 30000000, 10000001, 10000000, 10000000),
    ({value UptakeExtentOnGa68DotatatePETCT}, 20000000, 20000000, NULL, NULL),
    ({value SSTRNegativeLesions}, 10000000, 10000000, NULL, NULL),
    ({value Pregnancy}, 10000000, 10000000, NULL, NULL),
    ({value AcceptedGFR}, 500000001, 500000001, NULL, NULL),
    ({value ClearanceOverridingEstimate}, 500000000, 500000000, NULL, NULL),
    ({value SevereLeucopenia}, 10000000, 10000000, NULL, NULL),
    ({value SevereNeutropenia}, 10000000, 10000000, NULL, NULL),
    ({value SevereThrombocytopenia}, 10000000, 10000000, NULL, NULL),
    ({value BodyWeight}, NULL, NULL, NULL, NULL);

-- A bit for each observable that reaches its limit, or stays below it.
CREATE TEMP TABLE measured AS
SELECT patient,
    bit_or(CASE WHEN low >= reach THEN 1::BIGINT << slot ELSE 0 END) AS reaches,
    bit_or(CASE WHEN high < stay THEN 1::BIGINT << slot ELSE 0 END) AS stays,
    bit_or(CASE WHEN low >= reach_other THEN 1::BIGINT << slot ELSE 0 END) AS reaches_other,
    bit_or(CASE WHEN high < stay_other THEN 1::BIGINT << slot ELSE 0 END) AS stays_other,
    max(low) FILTER (slot = {value BodyWeight}) AS weight_low,
    max(positive) FILTER (slot = {value BodyWeight}) AS weight_high,
    max(low) FILTER (slot = {value Creatinine}) AS creatinine_low,
    max(positive) FILTER (slot = {value Creatinine}) AS creatinine_positive
FROM latest JOIN limits USING (slot)
GROUP BY patient;

-- What clauses ask of the candidates beyond their latest value: grade against indices, lesions, dates.
CREATE TEMP TABLE details AS
WITH few AS (
    SELECT * FROM graded
    WHERE slot IN ({value RecordedWHOGrade}, {value Ki67Index}, {value MitoticCount}, {value LesionDiameter},
        {value NYHAClass}, {value IrradiatedBoneMarrow}, {value Pregnancy})
)
SELECT patient,
    -- highest of the latest day: the greatest low end and the greatest high end, the least low end where a day is unsure
    CASE WHEN bool_or("from" < "to") FILTER (slot = {value RecordedWHOGrade})
        THEN min(low) FILTER (slot = {value RecordedWHOGrade}) ELSE max(low) FILTER (slot = {value RecordedWHOGrade}) END AS grade_low,
    max(high) FILTER (slot = {value RecordedWHOGrade}) AS grade_high,
    min("from") FILTER (slot = {value RecordedWHOGrade}) AS grade_from,
    max("to") FILTER (slot = {value RecordedWHOGrade} AND low <= 20000000) AS low_grade_to,
    max("to") FILTER (slot = {value RecordedWHOGrade} AND high > 20000000) AS high_grade_to,
    CASE WHEN bool_or("from" < "to") FILTER (slot = {value Ki67Index})
        THEN min(low) FILTER (slot = {value Ki67Index}) ELSE max(low) FILTER (slot = {value Ki67Index}) END AS ki67_low,
    max(high) FILTER (slot = {value Ki67Index}) AS ki67_high,
    min("from") FILTER (slot = {value Ki67Index}) AS ki67_from,
    CASE WHEN bool_or("from" < "to") FILTER (slot = {value MitoticCount})
        THEN min(low) FILTER (slot = {value MitoticCount}) ELSE max(low) FILTER (slot = {value MitoticCount}) END
            AS mitoses_low,
    max(high) FILTER (slot = {value MitoticCount}) AS mitoses_high,
    min("from") FILTER (slot = {value MitoticCount}) AS mitoses_from,
    -- the limit of grade 2 is 20 % and 20 mitoses per 2 mm²
    max("to") FILTER (slot IN ({value Ki67Index}, {value MitoticCount}) AND high > 200000000) AS high_index_to,
    max("to") FILTER (slot = {value Ki67Index} AND low <= 200000000) AS low_ki67_to,
    -- lesions: measurable from 15 mm on, a non-nodal one from 10 mm; too small below 10 mm, a node below 15 mm
    bool_or("from" < "to") FILTER (slot = {value LesionDiameter}) AS lesion_day_unsure,
    bool_or(measurable) FILTER (slot = {value LesionDiameter}) AS some_measurable,
    bool_and(measurable) FILTER (slot = {value LesionDiameter}) AS all_measurable,
    bool_or(small) FILTER (slot = {value LesionDiameter}) AS some_small,
    bool_and(small) FILTER (slot = {value LesionDiameter}) AS all_small,
    min("from") FILTER (slot = {value NYHAClass}) AS nyha_from,
    min("from") FILTER (slot = {value IrradiatedBoneMarrow}) AS marrow_from,
    max(newest) FILTER (slot = {value Pregnancy}) AS pregnancy_from
FROM (
    SELECT c.*, n.newest, low >= 150000000 OR (low >= 100000000 AND (k.isa & {is LongestLesionDiameter}) > 0)
        AS measurable,
        high < 100000000 OR (high < 150000000 AND (k.isa & {is LymphNodeShortAxis}) > 0) AS small
    FROM few c
    JOIN (SELECT patient, slot, max("from") AS newest FROM few GROUP BY patient, slot) n
        ON n.patient = c.patient AND n.slot = c.slot AND c."to" >= n.newest
    LEFT JOIN kind k USING (concept)
)
GROUP BY patient;

-- The share of irradiated bone marrow, at any time.
CREATE TEMP TABLE marrow AS
SELECT patient, max(low) AS marrow_low_ever, max(high) AS marrow_high_ever,
    max("to") > min("from") FILTER (high > 250000000) AS may_have_exceeded
FROM graded
WHERE slot = {value IrradiatedBoneMarrow}
GROUP BY patient;
