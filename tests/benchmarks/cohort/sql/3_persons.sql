-- One row a patient: days, sex, age, arm, declarations, answers.

CREATE TEMP TABLE closed AS
SELECT c.patient,
    bool_or(c.domain = {code conditions}) AS conditions,
    bool_or(c.domain = {code treatments}) AS treatments,
    bool_or(c.domain = {code imaging}) AS imaging
FROM complete c JOIN index_day i USING (patient)
WHERE c.day >= i.day  -- a declaration closes its domain up to its own day: completeness_tolerance is 0 days
GROUP BY c.patient;

CREATE TEMP TABLE person AS
SELECT p.patient, i.day AS today, greatest(s.day - 28, 1) AS washout,
    greatest(i.day - 28, 1) AS four_weeks_ago,
    months_before(i.day, 1) AS month_ago, months_before(i.day, 10) AS ten_months_ago,
    months_before(i.day, 12) AS year_ago, months_before(i.day, 24) AS two_years_ago,
    coalesce(x.word = {code Male}, false) AS male, coalesce(x.word = {code Female}, false) AS female,
    a.low AS age_low, a.high AS age_high, r.count AS arm,
    coalesce(c.conditions, false) AS conditions, coalesce(c.treatments, false) AS treatments,
    coalesce(c.imaging, false) AS imaging,
    coalesce(w.present, 0) AS present, coalesce(w.absent, 0) AS absent, coalesce(w.standing, 0) AS standing,
    coalesce(w.recorded, 0) AS recorded, coalesce(w.ever, 0) AS ever,
    w.progression_denied, w.menopause_denied, coalesce(w.may_be_stabilized, false) AS may_be_stabilized,
    w.brain_metastases_to,
    -- the classes that a complete record covers
    (CASE WHEN c.conditions THEN k.conditions ELSE 0 END) | (CASE WHEN c.treatments THEN k.treatments ELSE 0 END)
        | (CASE WHEN c.imaging THEN k.imaging ELSE 0 END) AS shut
FROM patient p
JOIN index_day i USING (patient)
JOIN planned_start s USING (patient)
LEFT JOIN sex x USING (patient)
LEFT JOIN age a USING (patient)
LEFT JOIN arm r ON r.patient = p.patient AND r.trial = {code NCT05610826}
LEFT JOIN closed c ON c.patient = p.patient
LEFT JOIN answers w ON w.patient = p.patient
CROSS JOIN covered k;

-- What else is asked of single findings; most findings are about none of it.
CREATE TEMP TABLE special AS
SELECT s.*, k.isa, k.may, k.apart, k.below FROM statement s JOIN kind k USING (concept);

CREATE TEMP TABLE history AS
SELECT s.patient,
    -- I6a: a progression in the window, or a younger one beside an older comparator; one that may count
    bool_or(what = 0 AND (isa & {is RadiologicalProgression}) > 0 AND "from" >= two_years_ago AND "to" <= month_ago
        AND since >= coalesce(progression_denied, -1) AND o.may_be_denied IS NOT TRUE) AS progressed,
    bool_or(what <> 1 AND (may & {is RadiologicalProgression}) > 0 AND "to" >= two_years_ago) AS progression_may_count,
    -- E9, E10
    max("from") FILTER (what = 0 AND (isa & {is TreatedAndStableBrainMetastases}) > 0) AS stabilized_from,
    max("to") FILTER (what = 0 AND (may & {is HeartFailure}) > 0) AS heart_failure_to,
    -- menses and menopause
    max("to") FILTER (what <> 1 AND (may & {is LastMenstruation}) > 0) AS menses_to,
    max("from") FILTER (what = 0 AND (isa & {is LastMenstruation}) > 0) AS menses_from,
    min("to") FILTER (what = 0 AND (isa & {is LastMenstruation}) > 0) AS menses_by,
    min("to") FILTER (what = 0 AND (isa & {is Postmenopausal}) > 0 AND since >= coalesce(menopause_denied, -1)
        AND o.may_be_denied IS NOT TRUE) AS menopause_by,
    -- I4e: neuroendocrine neoplasms that cannot be a pheochromocytoma, a paraganglioma
    bool_or(what = 0 AND (isa & {is NeuroendocrineNeoplasm}) > 0
        AND ((apart & {is Pheochromocytoma}) > 0 OR (absent & {bit Pheochromocytoma}) > 0)
        AND ((apart & {is Paraganglioma}) > 0 OR (absent & {bit Paraganglioma}) > 0)) AS not_chromaffin,
    bool_or((may & {is NeuroendocrineNeoplasm}) > 0
        AND (what = 2 OR (what = 0 AND (isa & ({is Pheochromocytoma} | {is Paraganglioma})) = 0)))
            AS may_be_other_neoplasm,
    -- differentiation
    bool_or(what = 0 AND (isa & {is PoorlyDifferentiated}) > 0 AND ours) AS poorly,
    bool_or(what = 0 AND (isa & {is PoorlyDifferentiated}) > 0 AND studied) AS poorly_studied,
    bool_or(what <> 1 AND (may & {is PoorlyDifferentiated}) > 0 AND may_be_studied) AS may_be_poorly,
    bool_or(what = 0 AND (isa & ({is WellDifferentiated} | {is ModeratelyDifferentiated})) > 0 AND studied) AS enough,
    bool_or(what = 0 AND (isa & {is NeuroendocrineTumor}) > 0 AND (isa & {is NeuroendocrineNeoplasm}) > 0
        AND (may & {is PancreaticNeuroendocrineTumor}) > 0) AS tumor_studied,
    bool_or(what = 0 AND (isa & {is NeuroendocrineCarcinoma}) > 0
        AND (may & {is PancreaticNeuroendocrineNeoplasm}) > 0) AS carcinoma_studied
FROM special s
JOIN person p ON p.patient = s.patient
LEFT JOIN overturned o ON o.patient = s.patient AND o.record = s.record
GROUP BY s.patient;

CREATE TEMP TABLE compared AS
SELECT DISTINCT s.patient
FROM special s
JOIN special c ON c.patient = s.patient AND c.what = 0 AND (c.isa & {is ProgressionComparatorScan}) > 0
    AND c."from" >= months_before(s."to", 24) AND c."to" <= months_before(s."from", 1)
JOIN person p ON p.patient = s.patient
LEFT JOIN overturned o ON o.patient = s.patient AND o.record = s.record
WHERE s.what = 0 AND (s.isa & {is RadiologicalProgression}) > 0 AND s."from" >= two_years_ago
    AND s.since >= coalesce(progression_denied, -1) AND o.may_be_denied IS NOT TRUE;

-- E16: what may be another malignancy, and the exceptions that may excuse one.
CREATE TEMP TABLE malignancy AS
SELECT s.patient, s.record, s.concept, s.what, s."from", s."to", coalesce(o.over, false) AS over,
    what = 0 AND (isa & {is MalignantNeoplasm}) > 0 AND (apart & {is PancreaticNeuroendocrineTumor}) > 0
        AND (apart & {is NonMelanomaSkinCancer}) > 0 AND (apart & {is CarcinomaInSituOfUterineCervix}) > 0
        AND o.may_be_denied IS NOT TRUE AS surely,
    (isa & {is MetastaticDisease}) = 0 AND (what = 2 OR ((apart & {is MalignantNeoplasm}) = 0
        AND (isa & ({is NonMelanomaSkinCancer} | {is CarcinomaInSituOfUterineCervix})) = 0
        AND NOT ((isa & {is NeuroendocrineNeoplasm}) > 0 AND (may & {is PancreaticNeuroendocrineTumor}) > 0))) AS other
FROM special s
LEFT JOIN overturned o ON o.patient = s.patient AND o.record = s.record
WHERE what <> 1 AND (may & {is MalignantNeoplasm}) > 0;

CREATE TEMP TABLE exception AS
WITH denial AS (
    SELECT s.patient, s.since, s."from", a.concept AS named
    FROM special s
    LEFT JOIN about a USING (patient, record)
    WHERE what = 1 AND (below & {is DefinitivelyTreatedMalignancyWithoutRecurrence}) > 0
)
SELECT s.patient, s.record, s."from", s."to", a.concept AS named,
    what = 0 AND (isa & {is DefinitivelyTreatedMalignancyWithoutRecurrence}) > 0 AS surely,
    what = 2 OR NOT (
        (s.until <= (SELECT max(since) FROM denial d WHERE d.patient = s.patient)
            AND EXISTS (SELECT 1 FROM denial d WHERE d.patient = s.patient AND d.named IS NULL))
        OR EXISTS (SELECT 1 FROM denial d JOIN isa i ON i.asked = d.named
            WHERE d.patient = s.patient AND i.concept = a.concept AND d."from" >= s."to")) IS TRUE AS may_hold
FROM special s
LEFT JOIN about a USING (patient, record)
WHERE what <> 1 AND (may & {is DefinitivelyTreatedMalignancyWithoutRecurrence}) > 0;

-- Exceptions whose words could mean either of two malignancies recorded by different names.
CREATE TEMP TABLE ambiguous AS
SELECT x.patient, x.record
FROM exception x
JOIN malignancy m ON m.patient = x.patient AND m.other AND m.what = 0
JOIN "overlaps" v ON v.concept = m.concept AND v.asked = x.named
GROUP BY x.patient, x.record
HAVING count(DISTINCT m.concept) > 1;

CREATE TEMP TABLE malignancies AS
SELECT m.patient,
    bool_or(surely AND may_be_excused IS NOT TRUE) AS other_malignancy,
    max("to") FILTER (other) AS other_to,
    bool_or(other AND NOT over AND NOT coalesce(by_name
        AND (present & {bit DefinitivelyTreatedMalignancyWithoutRecurrence}) > 0, false)
        AND NOT coalesce(unnamed AND several = 1
            AND (present & {bit DefinitivelyTreatedMalignancyWithoutRecurrence}) > 0, false)
        ) AS malignancy_open
FROM (
    SELECT m.*, count(*) FILTER (other) OVER (PARTITION BY m.patient) AS several FROM malignancy m
) m
JOIN person p ON p.patient = m.patient
LEFT JOIN (
    SELECT m.patient, m.record,
        bool_or(x.may_hold AND x."to" >= m."from" AND (x.named IS NULL OR v.asked IS NOT NULL)) AS may_be_excused,
        bool_or(x.surely AND x."from" >= m."to" AND i.asked IS NOT NULL AND a.record IS NULL) AS by_name,
        bool_or(x.surely AND x."from" >= m."to" AND x.named IS NULL) AS unnamed
    FROM malignancy m
    JOIN exception x ON x.patient = m.patient
    LEFT JOIN "overlaps" v ON v.concept = m.concept AND v.asked = x.named
    LEFT JOIN isa i ON i.concept = m.concept AND i.asked = x.named
    LEFT JOIN ambiguous a ON a.patient = x.patient AND a.record = x.record
    WHERE m.what = 0
    GROUP BY m.patient, m.record
) e ON e.patient = m.patient AND e.record = m.record AND m.what = 0
GROUP BY m.patient;

CREATE TEMP TABLE malignancy_denied AS
SELECT patient, max("from") AS no_other_from
FROM special
WHERE what = 1 AND (below & {is OtherMalignancy}) > 0
GROUP BY patient;
