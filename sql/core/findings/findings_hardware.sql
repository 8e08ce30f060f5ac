-- One row per rate that is impossible for a chip, or on which two sources differ by the factor of 2:4 sparsity.
-- as: core.findings_counting
-- column: record_id | Key of the figure: table, chip and format.
-- column: expected | Bound, or what another source says.
with limits as (
    select
        assumed['sparsity_speedup_ratio'].value as sparsity,
        assumed['rounding_ratio'].value as rounding,
        assumed['most_vector_flop_per_s'].value as without_matrix_unit_flop_per_s
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'findings_hardware'
),

rates as (
    select
        'seeds.accelerator_peaks' as claim_source,
        a.accelerator_name as chip_name,
        p.number_format,
        p.is_tensor,
        p.peak_flop_per_s,
        p.source_id
    from seeds.accelerator_peaks as p
    inner join seeds.accelerators as a on p.accelerator_id = a.accelerator_id
    union all by name
    select
        chips.claim_source,
        trim(chips.hardware_name) as chip_name,
        'fp16' as number_format,
        chips.tensor_fp16_bf16_performance_flop_per_s is not null as is_tensor,
        greatest(
            chips.tensor_fp16_bf16_performance_flop_per_s, chips.fp16_half_precision_performance_flop_per_s,
            chips.fp32_single_precision_performance_flop_per_s
        ) as peak_flop_per_s,
        chips.source_id
    from (
        select
            'raw.epoch_hardware' as claim_source,
            'epoch_hardware' as source_id,
            *
        from raw.epoch_hardware
        union all by name
        select
            'raw.epoch_chips' as claim_source,
            'epoch_costs' as source_id,
            *
        from raw.epoch_chips
    ) as chips
)

select
    unnest(finding(
        'dense_against_sparse', p.record_id, p.claim_source, p.subject_name, p.value_a, p.value_b, 'FLOP/s, ' || p.field, 'warning',
        'One source gives the rate with 2:4 sparsity or with 16-bit accumulation; both double the dense rate.', [p.source_id, p.other_source_id]
    )) as finding
from core.paired_facts as p
cross join limits as l
where
    p.field like '%peak'
    and greatest(p.value_a / p.value_b, p.value_b / p.value_a) between l.sparsity / l.rounding and l.sparsity * l.rounding
union all
select
    unnest(finding(
        'peak_above_class', concat_ws('/', r.claim_source, r.chip_name, r.number_format), r.claim_source, r.chip_name, max(r.peak_flop_per_s),
        any_value(l.without_matrix_unit_flop_per_s), 'FLOP/s', 'error',
        'GFLOP/s was read as TFLOP/s, or the rate belongs to another chip. Cards without matrix units are far slower.', list(r.source_id)
    )) as finding
from rates as r
cross join limits as l
where
    r.peak_flop_per_s > l.without_matrix_unit_flop_per_s
    and (
        (not r.is_tensor and r.number_format in ('fp32', 'fp64'))
        or (regexp_matches(r.chip_name, '(?i)\bGTX\b|TITAN (X|Black)|Radeon (HD|R9|RX [45])') and r.number_format like '%fp%')
    )
group by r.claim_source, r.chip_name, r.number_format
order by all
