-- Treatments: one pass, one row a patient.

CREATE TEMP TABLE treated AS
SELECT t.patient,
    bool_or(NOT allowed) AS washout_open,
    bool_or(NOT allowed AND NOT surely_open) AS washout_unsure,
    bool_or(surely_open) AS not_washed_out,
    bool_or((isa & {is SystemicAntitumorTreatment}) > 0 AND (apart & {is SomatostatinAnalogue}) > 0
        AND "from" >= today) AS concomitant,
    bool_or(NOT ((apart & {is SystemicAntitumorTreatment}) > 0 OR (isa & {is SomatostatinAnalogue}) > 0
        OR "to" < today)) AS concomitant_open,
    bool_or(NOT systemic_out) AS systemic_open,
    bool_or(NOT systemic_out AND NOT systemic_in) AS systemic_unsure,
    bool_or(systemic_in) AS systemic_not_washed_out,
    -- within a year: surely; perhaps; and neither surely within nor surely before
    bit_or(CASE WHEN "from" >= year_ago THEN isa ELSE 0 END) AS within,
    bit_or(CASE WHEN "to" >= year_ago THEN may ELSE 0 END) AS may_be_within,
    bit_or(CASE WHEN "to" < year_ago THEN 0 WHEN "from" >= year_ago THEN may & ~isa ELSE may END) AS unsure_within,
    -- the same of the last four weeks
    bit_or(CASE WHEN "from" > four_weeks_ago THEN isa ELSE 0 END) AS recent,
    bit_or(CASE WHEN "to" > four_weeks_ago THEN may ELSE 0 END) AS may_be_recent,
    bit_or(CASE WHEN "to" <= four_weeks_ago THEN 0 WHEN "from" > four_weeks_ago THEN may & ~isa ELSE may END)
        AS unsure_recent,
    max("to") FILTER ((may & {is ExternalBeamRadiotherapy}) > 0) AS radiotherapy_to
FROM (
    SELECT t.patient, k.isa, k.may, k.apart, e."from", e."to", p.today, p.year_ago, p.four_weeks_ago,
        (k.apart & {is AntitumorTreatment}) > 0 OR (k.isa & {is SomatostatinAnalogue}) > 0 OR e."to" <= washout
            AS allowed,
        (k.isa & {is AntitumorTreatment}) > 0 AND (k.apart & {is SomatostatinAnalogue}) > 0 AND e."from" > washout
            AS surely_open,
        (k.apart & {is SystemicAntitumorTreatment}) > 0 OR e."to" <= washout AS systemic_out,
        (k.isa & {is SystemicAntitumorTreatment}) > 0 AND e."from" > washout AS systemic_in
    FROM treatment t
    JOIN kind k USING (concept)
    JOIN ended e ON e.patient = t.patient AND e.record = t.record
    JOIN person p ON p.patient = t.patient
) t
GROUP BY t.patient;
