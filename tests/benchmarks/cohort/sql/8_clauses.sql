-- One wide row a patient, and from it every clause.

CREATE TEMP TABLE judged AS
WITH wide AS (
    SELECT p.*, absent | (shut & ~recorded) AS never, absent | (shut & ~standing) AS none,
        h.* EXCLUDE (patient), c.patient IS NOT NULL AS compared, m.* EXCLUDE (patient), d.* EXCLUDE (patient),
        b.* EXCLUDE (patient), t.* EXCLUDE (patient),
        o.* EXCLUDE (patient), n.no_other_from, v.* EXCLUDE (patient)
    FROM person p
    LEFT JOIN history h ON h.patient = p.patient
    LEFT JOIN compared c ON c.patient = p.patient
    LEFT JOIN measured m ON m.patient = p.patient
    LEFT JOIN details d ON d.patient = p.patient
    LEFT JOIN marrow b ON b.patient = p.patient
    LEFT JOIN treated t ON t.patient = p.patient
    LEFT JOIN malignancies o ON o.patient = p.patient
    LEFT JOIN malignancy_denied n ON n.patient = p.patient
    LEFT JOIN overriding v ON v.patient = p.patient
), concepts AS (
    SELECT *,
        -- menopause: twelve months without menses
        coalesce(((present & {bit Postmenopausal}) > 0 OR (menses_by <= year_ago
            AND (menopause_denied // 2 > year_ago) IS NOT TRUE))
            AND (menses_to > year_ago) IS NOT TRUE, false) AS postmenopausal,
        (menses_from > year_ago) IS TRUE OR (absent & {bit Postmenopausal}) > 0 AS menstruating,
        (menses_from > two_years_ago) IS TRUE OR (absent & {bit Postmenopausal}) > 0 AS menses_within_two_years,
        coalesce((menses_by <= two_years_ago OR menopause_by <= year_ago)
            AND (menses_to > two_years_ago) IS NOT TRUE, false) AS two_years_without_menses,
        -- Cockcroft and Gault in thousandths of mL/min, rounded outwards
        CASE WHEN age_high < 1400000000 THEN CASE WHEN male THEN 100 WHEN female THEN 85 END
            * 884::HUGEINT * (1400000000 - age_high) * least_end(weight_low) * 1000
            // (720000000000::HUGEINT * greatest_end(creatinine_positive)) END AS clearance_least,
        CASE WHEN age_low < 1400000000 THEN (CASE WHEN male THEN 100 WHEN female THEN 85 END
            * 884::HUGEINT * (1400000000 - age_low) * greatest_end(weight_high) * 1000
            + 720000000000::HUGEINT * least_end(creatinine_low) - 1)
            // (720000000000::HUGEINT * least_end(creatinine_low)) END AS clearance_most,
        -- grade
        (grade_high <= 20000000) IS TRUE AND (high_index_to > grade_from) IS NOT TRUE AS low_grade_stated,
        (grade_low > 20000000) IS TRUE AND (low_ki67_to > grade_from) IS NOT TRUE AS high_grade_stated,
        (mitoses_low > 200000000) IS TRUE AND (low_grade_to > mitoses_from) IS NOT TRUE AS high_mitoses,
        (ki67_low > 200000000) IS TRUE AND (low_grade_to > ki67_from) IS NOT TRUE AS high_ki67,
        (ki67_high <= 200000000) IS TRUE AND (high_grade_to > ki67_from) IS NOT TRUE
            AND (mitoses_high > 200000000) IS NOT TRUE AS low_indices,
        enough IS TRUE OR (tumor_studied IS TRUE AND may_be_poorly IS NOT TRUE) AS differentiated_enough,
        carcinoma_studied IS TRUE OR poorly_studied IS TRUE AS poorly_here
    FROM wide
), sexes AS (
    SELECT *,
        male OR (female AND (postmenopausal OR (present & {bit PermanentlySterile}) > 0)) AS cannot_be_pregnant,
        (female AND ((present & {bit ChildbearingPotential}) > 0
            OR (menstruating AND (absent & {bit PermanentlySterile}) > 0))) AS of_childbearing_potential,
        (female AND ((menses_within_two_years AND (absent & {bit PermanentlySterile}) > 0
                AND (recorded & {bit BilateralTubalOcclusion}) = 0) OR (present & {bit ChildbearingPotential}) > 0))
            OR (male AND ((absent & {bit PermanentlySterile}) > 0
                OR (present & {bit PartnerOfChildbearingPotential}) > 0)) AS needs_contraception,
        (female AND (two_years_without_menses OR (present & {bit PermanentlySterile}) > 0
                OR (present & {bit BilateralTubalOcclusion}) > 0))
            OR (male AND (present & {bit PermanentlySterile}) > 0
                AND (absent & {bit PartnerOfChildbearingPotential}) > 0) AS needs_no_contraception,
        (low_grade_stated OR low_indices) AND differentiated_enough AS low_grade_and_differentiated
    FROM concepts
)
SELECT patient,
    -- ── START-NET ──
    status(age_low >= 180000000, age_high < 180000000) AS "START-NET I1",
    status((present & {bit WrittenInformedConsent}) > 0, (absent & {bit WrittenInformedConsent}) > 0) AS "START-NET I2",
    status((stays & {of ECOGPerformanceStatus}) > 0, (reaches & {of ECOGPerformanceStatus}) > 0) AS "START-NET I3",
    status((ever & {bit NeuroendocrineNeoplasm}) > 0 AND (ever & {bit HistologicallyConfirmed}) > 0,
        (absent & {bit HistologicallyConfirmed}) > 0 OR (never & {bit NeuroendocrineNeoplasm}) > 0) AS "START-NET I4a",
    status((present & ({bit LocallyAdvancedDisease} | {bit MetastaticDisease})) > 0,
        (absent & {bit LocallyAdvancedDisease}) > 0 AND (none & {bit MetastaticDisease}) > 0) AS "START-NET I4b",
    status((ever & ({bit NeuroendocrineTumor} | {bit WellDifferentiated})) > 0,
        (ever & {bit NeuroendocrineCarcinoma}) > 0 OR poorly OR (absent & {bit WellDifferentiated}) > 0)
            AS "START-NET I4c",
    status((present & {bit InoperableDisease}) > 0, (absent & {bit InoperableDisease}) > 0) AS "START-NET I4d",
    status(not_chromaffin, (conditions AND may_be_other_neoplasm IS NOT TRUE)
        OR (absent & {bit NeuroendocrineNeoplasm}) > 0) AS "START-NET I4e",
    status((reaches & {of Ga68DotaPeptidePET}) > 0, (stays & {of Ga68DotaPeptidePET}) > 0) AS "START-NET I5",
    status(progressed OR compared, (absent & {bit RadiologicalProgression}) > 0
        OR ((ever & {bit RadiologicalProgression}) > 0 AND progression_may_count IS NOT TRUE)) AS "START-NET I6a",
    status((present & {bit ProgressionConfirmedByMultidisciplinaryConference}) > 0,
        (absent & {bit ProgressionConfirmedByMultidisciplinaryConference}) > 0) AS "START-NET I6b",
    status((treatments AND washout_open IS NOT TRUE)
        OR ((absent & {bit AntitumorTreatment}) > 0 AND washout_unsure IS NOT TRUE), not_washed_out) AS "START-NET I7",
    status((present & {bit MeasurableDisease}) > 0 OR (some_measurable AND (NOT lesion_day_unsure OR all_measurable)),
        (absent & {bit MeasurableDisease}) > 0
            OR (imaging AND some_small AND all_small AND (recorded & {bit MeasurableDisease}) = 0)) AS "START-NET I8",
    status((present & {bit PRRTTreatmentOfChoice}) > 0, (absent & {bit PRRTTreatmentOfChoice}) > 0) AS "START-NET I9",
    status((reaches & {of AcceptedGFR}) > 0, (stays & {of AcceptedGFR}) > 0) AS "START-NET I10",
    status((reaches & {of Hemoglobin}) > 0, (stays & {of Hemoglobin}) > 0) AS "START-NET I11a",
    status((reaches & {of Platelets}) > 0, (stays & {of Platelets}) > 0) AS "START-NET I11b",
    status((reaches & {of Leukocytes}) > 0, (stays & {of Leukocytes}) > 0) AS "START-NET I11c",
    status((reaches & {of Neutrophils}) > 0, (stays & {of Neutrophils}) > 0) AS "START-NET I11d",
    status((stays & {of ASATTimesULN}) > 0, (reaches & {of ASATTimesULN}) > 0) AS "START-NET I11e",
    status((stays & {of ALATTimesULN}) > 0, (reaches & {of ALATTimesULN}) > 0) AS "START-NET I11f",
    status((stays & {of TotalBilirubinTimesULN}) > 0, (reaches & {of TotalBilirubinTimesULN}) > 0) AS "START-NET I11g",
    status((reaches & {of Albumin}) > 0, (stays & {of Albumin}) > 0) AS "START-NET I11h",
    status(cannot_be_pregnant OR (absent & {bit ChildbearingPotential}) > 0
        OR (present & {bit HighlyEffectiveContraception}) > 0,
        of_childbearing_potential AND (absent & {bit HighlyEffectiveContraception}) > 0) AS "START-NET I12",
    status((reaches & {of Pregnancy}) > 0 AND pregnancy_from >= ten_months_ago,
        (stays & {of Pregnancy}) > 0 OR cannot_be_pregnant) AS "START-NET E1a",
    status((present & {bit Breastfeeding}) > 0, male OR (absent & {bit Breastfeeding}) > 0) AS "START-NET E1b",
    status((ever & {bit PRRT}) > 0, (never & {bit PRRT}) > 0) AS "START-NET E2",
    status(concomitant, (treatments AND concomitant_open IS NOT TRUE)
        OR (absent & {bit SystemicAntitumorTreatment}) > 0) AS "START-NET E3",
    status((present & ({bit ContraindicationToCapecitabine} | {bit HypersensitivityToCapecitabineOrFluorouracil}
            | {bit SevereReactionToFluoropyrimidine} | {bit CompleteDPDDeficiency} | {bit Breastfeeding}
            | {bit SevereHepaticImpairment})) > 0
            OR ((reaches & {of Pregnancy}) > 0 AND pregnancy_from >= ten_months_ago)
            OR (reaches & {of SevereLeucopenia}) > 0 OR (reaches & {of SevereNeutropenia}) > 0
                OR (reaches & {of SevereThrombocytopenia}) > 0
            OR (clearance_most <= 29999) OR (recent & ({is Brivudine} | {is Sorivudine})) > 0,
        (absent & {bit ContraindicationToCapecitabine}) > 0
            OR ((none & ({bit HypersensitivityToCapecitabineOrFluorouracil} | {bit SevereReactionToFluoropyrimidine}
                    | {bit CompleteDPDDeficiency} | {bit SevereHepaticImpairment}))
                    = ({bit HypersensitivityToCapecitabineOrFluorouracil} | {bit SevereReactionToFluoropyrimidine}
                    | {bit CompleteDPDDeficiency} | {bit SevereHepaticImpairment})
                AND ((stays & {of Pregnancy}) > 0 OR cannot_be_pregnant) AND (male
                    OR (absent & {bit Breastfeeding}) > 0)
                AND (stays & {of SevereLeucopenia}) > 0 AND (stays & {of SevereNeutropenia}) > 0
                    AND (stays & {of SevereThrombocytopenia}) > 0
                AND clearance_least >= 30000
                AND (((absent & {bit Brivudine}) > 0 AND (coalesce(unsure_recent, 0) & {is Brivudine}) = 0)
                    OR (treatments AND (coalesce(may_be_recent, 0) & {is Brivudine}) = 0))
                AND (((absent & {bit Sorivudine}) > 0 AND (coalesce(unsure_recent, 0) & {is Sorivudine}) = 0)
                    OR (treatments AND (coalesce(may_be_recent, 0) & {is Sorivudine}) = 0)))) AS "START-NET E4",
    status((reaches & {of SSTRNegativeLesions}) > 0, (stays & {of SSTRNegativeLesions}) > 0) AS "START-NET E5",
    status((present & {bit OtherSeriousUncontrolledCondition}) > 0,
        (absent & {bit OtherSeriousUncontrolledCondition}) > 0) AS "START-NET E6",
    status((present & {bit UnwillingOrUnableToParticipate}) > 0,
        (absent & {bit UnwillingOrUnableToParticipate}) > 0) AS "START-NET E7",
    -- ── NCT05610826 ──
    status((ever & {bit PancreaticNeuroendocrineTumor}) > 0 AND (present & {bit LiverMetastases}) > 0,
        (never & {bit PancreaticNeuroendocrineTumor}) > 0 OR (none & {bit LiverMetastases}) > 0) AS "NCT05610826 I1",
    status(low_grade_and_differentiated, high_grade_stated OR high_ki67 OR high_mitoses OR poorly_here)
        AS "NCT05610826 I2",
    status((present & {bit Cytoreduction90PercentAchievable}) > 0 OR (reaches & {of ExpectedCytoreduction}) > 0,
        (absent & {bit Cytoreduction90PercentAchievable}) > 0 OR (stays & {of ExpectedCytoreduction}) > 0)
            AS "NCT05610826 I3",
    status((reaches & {of Ga68DotatatePETCT}) > 0, (stays & {of Ga68DotatatePETCT}) > 0) AS "NCT05610826 I4a",
    status((reaches & {of UptakeExtentOnGa68DotatatePETCT}) > 0,
        (stays & {of UptakeExtentOnGa68DotatatePETCT}) > 0) AS "NCT05610826 I4b",
    status(age_low >= 180000000, age_high < 180000000) AS "NCT05610826 I5",
    status(arm <> 2 OR (treatments AND systemic_open IS NOT TRUE)
        OR ((absent & {bit SystemicAntitumorTreatment}) > 0 AND systemic_open IS NOT TRUE)
        OR (arm = 2 AND (absent & {bit SystemicAntitumorTreatment}) > 0 AND systemic_unsure IS NOT TRUE),
        arm = 2 AND systemic_not_washed_out) AS "NCT05610826 I6",
    status(high_grade_stated OR high_mitoses OR high_ki67 OR poorly_here, low_grade_and_differentiated)
        AS "NCT05610826 E1",
    status((ever & {bit Y90Radioembolization}) > 0, (never & {bit Y90Radioembolization}) > 0) AS "NCT05610826 E2a",
    status((within & {is HepaticArterialEmbolization}) > 0,
        ((absent & {bit HepaticArterialEmbolization}) > 0
            AND (coalesce(unsure_within, 0) & {is HepaticArterialEmbolization}) = 0)
        OR ((shut & {bit HepaticArterialEmbolization}) > 0
            AND (coalesce(may_be_within, 0) & {is HepaticArterialEmbolization}) = 0)
        ) AS "NCT05610826 E2b",
    status((within & ({is Capecitabine} | {is Temozolomide})) > 0,
        (((absent & {bit Capecitabine}) > 0 AND (coalesce(unsure_within, 0) & {is Capecitabine}) = 0)
            OR ((shut & {bit Capecitabine}) > 0 AND (coalesce(may_be_within, 0) & {is Capecitabine}) = 0))
        AND (((absent & {bit Temozolomide}) > 0 AND (coalesce(unsure_within, 0) & {is Temozolomide}) = 0)
            OR ((shut & {bit Temozolomide}) > 0 AND (coalesce(may_be_within, 0) & {is Temozolomide}) = 0))
        ) AS "NCT05610826 E3",
    status((stays_other & {of Ga68DotatatePETCT}) > 0, (reaches_other & {of Ga68DotatatePETCT}) > 0)
        AS "NCT05610826 E4",
    status((reaches & {of LiverTumorBurden}) > 0, (stays & {of LiverTumorBurden}) > 0) AS "NCT05610826 E5",
    status((reaches & {of TotalBilirubin}) > 0 AND (reaches_other & {of TotalBilirubinTimesULN}) > 0,
        (stays & {of TotalBilirubin}) > 0 AND (stays_other & {of TotalBilirubinTimesULN}) > 0) AS "NCT05610826 E6a",
    status((reaches & {of INR}) > 0, (stays & {of INR}) > 0) AS "NCT05610826 E6b",
    status((stays_other & {of Albumin}) > 0 AND (stays & {of ProthrombinTimeInReferenceRange}) > 0,
        (reaches_other & {of Albumin}) > 0 OR (reaches & {of ProthrombinTimeInReferenceRange}) > 0)
            AS "NCT05610826 E6c",
    status((present & {bit Cirrhosis}) > 0, (none & {bit Cirrhosis}) > 0) AS "NCT05610826 E6d",
    status((present & {bit Ascites}) > 0, (none & {bit Ascites}) > 0) AS "NCT05610826 E6e",
    status((reaches & {of Creatinine}) > 0, (stays & {of Creatinine}) > 0) AS "NCT05610826 E7a",
    status((measured_decides AND (stays & {of ClearanceOverridingEstimate}) > 0)
            OR (clearance_most <= 49999 AND (measured_may_decide IS NOT TRUE
                OR (stays & {of ClearanceOverridingEstimate}) > 0)),
        (measured_decides AND (reaches & {of ClearanceOverridingEstimate}) > 0)
            OR (clearance_least >= 50000 AND (measured_may_decide IS NOT TRUE
                OR (reaches & {of ClearanceOverridingEstimate}) > 0))
        ) AS "NCT05610826 E7b",
    status((stays_other & {of Hemoglobin}) > 0, (reaches_other & {of Hemoglobin}) > 0) AS "NCT05610826 E8a",
    status((stays_other & {of Leukocytes}) > 0, (reaches_other & {of Leukocytes}) > 0) AS "NCT05610826 E8b",
    status((stays_other & {of Platelets}) > 0, (reaches_other & {of Platelets}) > 0) AS "NCT05610826 E8c",
    status((present & {bit BrainMetastases}) > 0 AND NOT may_be_stabilized,
        (none & {bit BrainMetastases}) > 0 OR ((present & {bit TreatedAndStableBrainMetastases}) > 0
            AND (brain_metastases_to > stabilized_from) IS NOT TRUE)) AS "NCT05610826 E9",
    status((present & {bit HeartFailure}) > 0 AND (reaches & {of NYHAClass}) > 0,
        (absent & {bit HeartFailure}) > 0 OR ((none & {bit HeartFailure}) > 0 AND nyha_from IS NULL)
            OR ((stays & {of NYHAClass}) > 0 AND (heart_failure_to > nyha_from) IS NOT TRUE)) AS "NCT05610826 E10",
    status((reaches & {of FastingGlucoseTimesULN}) > 0, (stays & {of FastingGlucoseTimesULN}) > 0) AS "NCT05610826 E11",
    "START-NET E1a" AS "NCT05610826 E12a",
    "START-NET E1b" AS "NCT05610826 E12b",
    status(needs_contraception AND (absent & {bit EffectiveNonHormonalContraception}) > 0,
        (present & {bit EffectiveNonHormonalContraception}) > 0 OR needs_no_contraception) AS "NCT05610826 E13",
    status(marrow_low_ever > 250000000,
        ((never & {bit ExternalBeamRadiotherapy}) > 0 AND (marrow_high_ever > 250000000) IS NOT TRUE)
            OR ((stays & {of IrradiatedBoneMarrow}) > 0 AND (radiotherapy_to > marrow_from) IS NOT TRUE
                AND may_have_exceeded IS NOT TRUE)) AS "NCT05610826 E14",
    status((present & {bit UrinaryIncontinence}) > 0, (none & {bit UrinaryIncontinence}) > 0) AS "NCT05610826 E15",
    status(other_malignancy, no_other_from >= coalesce(other_to, -1)
        OR (conditions AND malignancy_open IS NOT TRUE)) AS "NCT05610826 E16",
    status((absent & {bit WrittenInformedConsent}) > 0, (present & {bit WrittenInformedConsent}) > 0)
        AS "NCT05610826 E17",
    "NCT05610826 E7a" AS "NCT05610826 E18a",
    "NCT05610826 E7b" AS "NCT05610826 E18b"
FROM sexes;
