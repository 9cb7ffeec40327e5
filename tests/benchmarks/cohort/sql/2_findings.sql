-- Findings: one pass to the answers about each class asked about, as bits of one row a patient.
--
-- Two numbers stand for the dates of a record: since = 2·from, one less if the day is not exact; until = 2·to, one more
-- if it is not.  B may be later than A where until(B) > since(A); B is certainly later than A, or of its exact day,
-- where since(B) >= until(A).  So each "nothing later says otherwise" is a comparison of two maxima.

-- 0 found, 1 ruled out, 2 doubtful.  ours: the record names no tumor, or one that is no pheochromocytoma or
-- paraganglioma; studied: no tumor, or one that could be the pancreatic one; may_be_studied: likewise, less surely.
CREATE TEMP TABLE statement AS
SELECT s.patient, s.record, s.concept, s.what, d."from", d."to",
    2 * d."from" - (d."from" < d."to")::INT AS since, 2 * d."to" + (d."from" < d."to")::INT AS until,
    coalesce((n.isa & {is NeuroendocrineNeoplasm}) > 0
        AND (n.apart & {is Pheochromocytoma}) > 0 AND (n.apart & {is Paraganglioma}) > 0, a.concept IS NULL) AS ours,
    coalesce((n.isa & {is NeuroendocrineNeoplasm}) > 0
        AND (n.may & {is PancreaticNeuroendocrineNeoplasm}) > 0, a.concept IS NULL) AS studied,
    coalesce((n.may & {is PancreaticNeuroendocrineNeoplasm}) > 0, a.concept IS NULL) AS may_be_studied
FROM (
    SELECT patient, record, concept, 0::TINYINT AS what FROM found
    UNION ALL
    SELECT patient, record, class, 1::TINYINT FROM ruled_out
    UNION ALL
    SELECT patient, record, concept, 2::TINYINT FROM doubtful
) s
JOIN dated d USING (patient, record)
LEFT JOIN about a USING (patient, record)
LEFT JOIN kind n ON n.concept = a.concept;

-- Findings whose very class a later record denies (or doubts), or denies for certain.
CREATE TEMP TABLE overturned AS
SELECT f.patient, f.record, true AS denied, bool_or(n.what = 1 AND n.since >= f.until) AS over,
    bool_or(n.until > f.since) AS may_be_denied
FROM statement n
JOIN isa i ON i.asked = n.concept
JOIN statement f ON f.patient = n.patient AND f.concept = i.concept AND f.what = 0
WHERE n.what > 0 AND (n.until > f.since OR (n.what = 1 AND n.since >= f.until))
GROUP BY f.patient, f.record;

CREATE TEMP TABLE answer AS
SELECT patient, slot,
    max(stated) AS stated,          -- surely it, and not denied itself: its since
    max(asserted) AS asserted,      -- may be it: its until
    max(standing) AS standing,      -- may be it and is not over itself: its until
    max(denied) AS denied,          -- surely denied: its since
    max(may_be_denied) AS may_be_denied,
    bool_or(ever) AS ever
FROM (
    SELECT s.patient, c.slot,
        CASE WHEN s.what = 0 AND c.sure AND NOT coalesce(o.may_be_denied, false) THEN s.since END AS stated,
        CASE WHEN c.may THEN s.until END AS asserted,
        CASE WHEN c.may AND NOT coalesce(o.over, false) THEN s.until END AS standing,
        CASE WHEN s.what = 0 AND c.denies THEN s.since END AS denied,
        CASE WHEN c.may_deny OR (s.what = 2 AND c.may) THEN s.until END AS may_be_denied,
        s.what = 0 AND c.sure
            AND (s.ours OR c.slot NOT IN ({finding HistologicallyConfirmed}, {finding WellDifferentiated})) AS ever
    FROM statement s
    JOIN finding_class c USING (concept)
    LEFT JOIN overturned o ON o.patient = s.patient AND o.record = s.record AND s.what = 0
    WHERE s.what <> 1
    UNION ALL
    SELECT s.patient, c.slot, NULL, NULL, NULL,
        CASE WHEN s.ours
            OR c.slot NOT IN ({finding HistologicallyConfirmed}, {finding WellDifferentiated}) THEN s.since END,
        s.until, false
    FROM statement s
    JOIN denied_class c USING (concept)
    WHERE s.what = 1
    UNION ALL
    SELECT t.patient, c.slot, NULL, CASE WHEN c.may THEN 2 * b."to" + (b."from" < b."to")::INT END,
        CASE WHEN c.may THEN 2147483647 END, NULL, NULL, c.sure
    FROM treatment t
    JOIN finding_class c USING (concept)
    JOIN started b USING (patient, record)
)
GROUP BY patient, slot;

CREATE TEMP TABLE answers AS
SELECT patient,
    coalesce(bit_or(1::BIGINT << slot) FILTER (stated >= coalesce(may_be_denied, -1)), 0) AS present,
    coalesce(bit_or(1::BIGINT << slot) FILTER (denied >= coalesce(asserted, -1)), 0) AS absent,
    coalesce(bit_or(1::BIGINT << slot) FILTER (standing > coalesce(denied, -1)), 0) AS standing,
    coalesce(bit_or(1::BIGINT << slot) FILTER (asserted IS NOT NULL), 0) AS recorded,
    coalesce(bit_or(1::BIGINT << slot) FILTER (ever), 0) AS ever,
    max(may_be_denied) FILTER (slot = {finding RadiologicalProgression}) AS progression_denied,
    max(may_be_denied) FILTER (slot = {finding Postmenopausal}) AS menopause_denied,
    coalesce(max(asserted) FILTER (slot = {finding TreatedAndStableBrainMetastases})
        > coalesce(max(denied) FILTER (slot = {finding TreatedAndStableBrainMetastases}), -1), false)
            AS may_be_stabilized,
    max(asserted) FILTER (slot = {finding BrainMetastases}) // 2 AS brain_metastases_to
FROM answer
GROUP BY patient;
