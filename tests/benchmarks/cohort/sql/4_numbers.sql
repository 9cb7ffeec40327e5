-- Numbers: everything that answers a question with one, and its day.

-- What may answer a question, but is too general, could be anything.
CREATE TEMP TABLE graded AS
SELECT m.patient, c.slot,
    CASE WHEN c.sure THEN m.low ELSE -1000000000000000000 END AS low,
    CASE WHEN c.sure THEN m.high ELSE 1000000000000000000 END AS high, d."from", d."to", m.concept
FROM measurement m
JOIN value_class c USING (concept)
JOIN dated d ON d.patient = m.patient AND d.record = m.record;

INSERT INTO graded
SELECT s.patient, c.slot,
    CASE c.slot
        WHEN {value SSTRNegativeLesions} THEN CASE WHEN c.sure AND u.high < 30000000 THEN 10000000 ELSE 0 END
        ELSE CASE WHEN NOT c.sure THEN -1000000000000000000
            WHEN c.slot = {value UptakeExtentOnGa68DotatatePETCT} THEN u.low ELSE s.low END END,
    CASE c.slot
        WHEN {value SSTRNegativeLesions} THEN CASE WHEN c.sure AND u.low >= 30000000 THEN 0 ELSE 10000000 END
        ELSE CASE WHEN NOT c.sure THEN 1000000000000000000
            WHEN c.slot = {value UptakeExtentOnGa68DotatatePETCT} THEN u.high ELSE s.high END END,
    d."from", d."to", s.concept
FROM scan s
JOIN (
    SELECT * FROM value_class
    UNION ALL
    SELECT concept, {value UptakeExtentOnGa68DotatatePETCT},
        sure FROM value_class WHERE slot = {value Ga68DotatatePETCT}
    UNION ALL
    SELECT concept, {value SSTRNegativeLesions}, sure FROM value_class WHERE slot = {value Ga68DotaPeptidePET}
) c USING (concept)
JOIN uptake_extent u ON u.patient = s.patient AND u.record = s.record
JOIN dated d ON d.patient = s.patient AND d.record = s.record;

INSERT INTO graded
SELECT patient, {value SSTRNegativeLesions},
    CASE WHEN what = 0 AND (isa & {is SSTRNegativeLesions}) > 0 THEN 10000000 ELSE 0 END,
    CASE WHEN what = 1 THEN 0 ELSE 10000000 END, "from", "to", concept
FROM special
WHERE (what <> 1 AND (may & {is SSTRNegativeLesions}) > 0) OR (what = 1 AND (below & {is SSTRNegativeLesions}) > 0);

INSERT INTO graded
SELECT s.patient, {value Pregnancy}, r.low, r.high, s."from", s."to", s.concept
FROM special s
CROSS JOIN (VALUES (10000000, 10000000), (0, 0), (0, 10000000)) r (low, high)
WHERE ((may | below) & ({is Pregnancy} | {is PregnancyTest} | {is NegativePregnancyTest} | {is PositivePregnancyTest})) > 0
    AND CASE
        WHEN r.low > 0 THEN what = 0 AND (isa & ({is Pregnancy} | {is PositivePregnancyTest})) > 0
        WHEN r.high = 0 THEN (what = 0 AND (isa & {is NegativePregnancyTest}) > 0)
            OR (what = 1 AND (below & {is Pregnancy}) > 0)
        ELSE (what = 1 AND (below & ({is NegativePregnancyTest} | {is PositivePregnancyTest})) > 0)
            OR (what = 0 AND (may & {is Pregnancy}) > 0 AND (isa & {is Pregnancy}) = 0)
            OR (what = 0 AND (may & {is PregnancyTest}) > 0
                AND (isa & ({is NegativePregnancyTest} | {is PositivePregnancyTest})) = 0)
            OR (what = 2 AND (may & ({is Pregnancy} | {is PregnancyTest})) > 0)
    END;

INSERT INTO graded
SELECT s.patient, {value RecordedWHOGrade}, r.low, r.high, s."from", s."to", s.concept
FROM (
    SELECT *, (isa & {is NeuroendocrineNeoplasm}) > 0 AND (may & {is PancreaticNeuroendocrineTumor}) > 0
        AS neoplasm_studied
    FROM special
    WHERE what <> 1 AND ((may & {is HistologicGrade}) > 0
        OR (isa & ({is NeuroendocrineTumorG1} | {is NeuroendocrineTumorG2} | {is NeuroendocrineTumorG3})) > 0)
) s
CROSS JOIN (VALUES (10000000, 10000000), (20000000, 20000000), (30000000, 30000000), (10000000, 30000000)) r (low, high)
WHERE CASE
    WHEN r.high = 10000000 THEN what = 0 AND (((isa & {is WHOGrade1}) > 0 AND studied)
        OR ((isa & {is NeuroendocrineTumorG1}) > 0 AND neoplasm_studied))
    WHEN r.high = 20000000 THEN what = 0 AND (((isa & {is WHOGrade2}) > 0 AND studied)
        OR ((isa & {is NeuroendocrineTumorG2}) > 0 AND neoplasm_studied))
    WHEN r.low = 30000000 THEN what = 0 AND (((isa & {is WHOGrade3}) > 0 AND studied)
        OR ((isa & {is NeuroendocrineTumorG3}) > 0 AND neoplasm_studied))
    ELSE (what = 0 AND (isa & {is HistologicGrade}) > 0 AND may_be_studied
            AND (NOT studied OR (isa & ({is WHOGrade1} | {is WHOGrade2} | {is WHOGrade3})) = 0))
        OR (what = 2 AND (may & {is HistologicGrade}) > 0 AND may_be_studied)
        OR (what = 2
            AND (isa & ({is NeuroendocrineTumorG1} | {is NeuroendocrineTumorG2} | {is NeuroendocrineTumorG3})) > 0)
    END;

-- Severe cytopenias: as conditions, and by their counts. Leukocytes above 3.0 × 10⁹/L show one absent and lower ones
-- leave it open; neutrophils below 1.5 and platelets below 100 × 10⁹/L show one present.
INSERT INTO graded
SELECT s.patient, r.slot, CASE WHEN what = 0 AND (isa & r.kind) > 0 THEN 10000000 ELSE 0 END,
    CASE WHEN what = 1 THEN 0 ELSE 10000000 END, s."from", s."to", s.concept
FROM special s
JOIN (VALUES ({value SevereLeucopenia}, {is SevereLeucopenia}), ({value SevereNeutropenia}, {is SevereNeutropenia}),
    ({value SevereThrombocytopenia}, {is SevereThrombocytopenia})) r (slot, kind)
    ON (what <> 1 AND (may & r.kind) > 0) OR (what = 1 AND (below & r.kind) > 0)
WHERE ((may | below) & ({is SevereLeucopenia} | {is SevereNeutropenia} | {is SevereThrombocytopenia})) > 0;

INSERT INTO graded
SELECT patient,
    CASE slot WHEN {value Leukocytes} THEN {value SevereLeucopenia}
        WHEN {value Neutrophils} THEN {value SevereNeutropenia} ELSE {value SevereThrombocytopenia} END,
    CASE WHEN (slot = {value Neutrophils} AND high < 15000000) OR (slot = {value Platelets} AND high < 1000000000)
        THEN 10000000 ELSE 0 END,
    CASE WHEN (slot = {value Leukocytes} AND low <= 30000000) OR (slot = {value Neutrophils} AND low < 15000000)
        OR (slot = {value Platelets} AND low < 1000000000) THEN 10000000 ELSE 0 END,
    "from", "to", concept
FROM graded
WHERE slot IN ({value Leukocytes}, {value Neutrophils}, {value Platelets});
