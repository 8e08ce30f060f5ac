-- One row per amount that a claim's subject states itself, quantity and boundary: the amount in other units, what an accelerator takes for
-- it, or what a given number of accelerators have together.
-- key: subject_spelling, quantity, boundary
-- column: subject_spelling | Subject of the claim, without case, blanks and punctuation.
-- column: subject_name | Subject as entered.
-- column: accelerator_id | Accelerator that does the work; null where the subject is an amount alone.
-- column: quantity | Quantity.
-- column: boundary | What the quantity includes.
-- interval: value | Its value.
-- column: unit | Unit of value.
-- column: formula | Formula in words.
-- column: inputs | Inputs with their values, bounds, units, kinds and sources.
with subjects as (
    select
        subject_spelling,
        any_value(subject) as subject_name,
        any_value(amount) as amount,
        any_value(amount_unit) as amount_unit,
        any_value(plain_name(workload_device)) as device
    from core.claims
    where amount > 0
    group by subject_spelling
),

names as (
    select
        plain_name(accelerator_id) as device,
        accelerator_id
    from core.accelerators
    union
    select
        plain_name(accelerator_name) as device,
        accelerator_id
    from core.accelerators
    union
    select
        plain_name(alias) as device,
        accelerator_id
    from seeds.accelerator_aliases
),

devices as (
    select
        device,
        min(accelerator_id) as accelerator_id
    from names
    group by device
),

work as (
    select
        s.subject_spelling,
        s.subject_name,
        a.accelerator_id,
        input('training_flop', null, s.amount, null, 'FLOP', 'given', 'compute_ledger', 'the subject of the claim') as flop,
        input(
            'dense_peak', null, max(p.peak_flop_per_s), null, 'FLOP/s', 'reported',
            arg_max(p.source_id, p.peak_flop_per_s), arg_max(p.locator, p.peak_flop_per_s), arg_max(p.verified, p.peak_flop_per_s)
        ) as peak,
        input('tdp', null, any_value(a.tdp_w), null, 'W', 'reported', any_value(a.source_id), any_value(a.locator), any_value(a.verified))
            as tdp
    from subjects as s
    inner join devices as d on s.device = d.device
    inner join core.accelerators as a on d.accelerator_id = a.accelerator_id
    inner join core.accelerator_peaks as p
        on a.accelerator_id = p.accelerator_id and p.number_format in ('bf16', 'fp16') and not p.is_sparse
    where s.amount_unit = 'FLOP'
    group by s.subject_spelling, s.subject_name, s.amount, a.accelerator_id
),

times as (
    select
        w.*,
        a.assumed['mfu'] as mfu,
        a.assumed['server_power_ratio'] as server_power_ratio,
        a.assumed['average_power_ratio'] as average_power_ratio,
        h.assumed['electricity_price_usd_per_kwh'] as electricity_price,
        chip_hours_from_flop(amount(w.flop), amount(w.peak), amount(a.assumed['mfu'])) as chip_hours
    from work as w
    inner join core.assumption_sets as a on w.accelerator_id = a.subject_id and a.subject_kind = 'accelerator'
    inner join core.assumption_sets as h on h.subject_kind = 'class' and h.subject_id = 'household'
),

energies as (
    select
        *,
        server_energy_kwh_of(chip_hours, amount(tdp), amount(server_power_ratio), amount(average_power_ratio)) as energy
    from times
    where tdp is not null
),

-- So many accelerators at their rated power; servers and buildings by the ratios that training runs use.
fleets as (
    select
        s.subject_spelling,
        s.subject_name,
        c.accelerator_id,
        input('accelerator_count', null, s.amount, null, '1', 'given', 'compute_ledger', 'the subject of the claim') as chips,
        input('tdp', null, c.tdp_w, null, 'W', 'reported', c.source_id, c.locator, c.verified) as tdp,
        input('memory', null, c.memory_bytes, null, 'byte', 'reported', c.source_id, c.locator, c.verified) as memory,
        input('release_price', null, c.release_price_usd, null, 'USD', 'reported', c.price_source_id) as price,
        input('dense_peak', null, c.dense_16_bit_flop_per_s, null, 'FLOP/s', 'reported', c.source_id, c.locator, c.verified) as peak,
        a.assumed['server_power_ratio'] as server_power_ratio,
        a.assumed['pue'] as pue
    from subjects as s
    inner join devices as d on s.device = d.device
    inner join core.accelerators as c on d.accelerator_id = c.accelerator_id
    inner join core.assumption_sets as a on c.accelerator_id = a.subject_id and a.subject_kind = 'accelerator'
    where s.amount_unit = 'count'
),

powers as (
    select
        *,
        multiply(amount(chips), amount(tdp)) as rated
    from fleets
    where tdp is not null
),

fleet_points as (
    select
        subject_spelling,
        subject_name,
        accelerator_id,
        unnest([
            {
                'quantity': 'tdp_w', 'boundary': 'chip', 'value': rated, 'unit': 'W', 'formula': 'accelerator_count · tdp',
                'inputs': [chips, tdp]
            },
            {
                'quantity': 'tdp_w', 'boundary': 'server', 'value': multiply(rated, amount(server_power_ratio)), 'unit': 'W',
                'formula': 'accelerator_count · tdp · server_power_ratio', 'inputs': [chips, tdp, server_power_ratio]
            },
            {
                'quantity': 'tdp_w', 'boundary': 'facility', 'value': multiply(multiply(rated, amount(server_power_ratio)), amount(pue)),
                'unit': 'W', 'formula': 'accelerator_count · tdp · server_power_ratio · pue', 'inputs': [chips, tdp, server_power_ratio, pue]
            }
        ], max_depth := 2) as point
    from powers
    union all by name
    select
        subject_spelling,
        subject_name,
        accelerator_id,
        unnest(list_filter([
            {
                'quantity': 'memory_bytes', 'boundary': 'none', 'value': multiply(amount(chips), amount(memory)), 'unit': 'byte',
                'formula': 'accelerator_count · memory', 'inputs': [chips, memory]
            },
            {
                'quantity': 'release_price_usd', 'boundary': 'chip', 'value': multiply(amount(chips), amount(price)), 'unit': 'USD',
                'formula': 'accelerator_count · release_price', 'inputs': [chips, price]
            },
            {
                'quantity': 'dense_16_bit_flop_per_s', 'boundary': 'none', 'value': multiply(amount(chips), amount(peak)),
                'unit': 'FLOP/s', 'formula': 'accelerator_count · dense_peak', 'inputs': [chips, peak]
            }
        ], lambda point: point.value.central is not null), max_depth := 2) as point
    from fleets
),

points as (
    select
        subject_spelling,
        subject_name,
        null::varchar as accelerator_id,
        case when amount_unit = 'FLOP' then unnest(['flop_amount', 'training_flop']) end as quantity,
        'none' as boundary,
        exactly(amount) as value,
        amount_unit as unit,
        'as given in the subject' as formula,
        [input('amount', null, amount, null, amount_unit, 'given', 'compute_ledger', 'the subject of the claim')] as inputs
    from subjects
    where device is null and amount_unit = 'FLOP'
    union all by name
    select
        subject_spelling,
        subject_name,
        accelerator_id,
        unnest(['chip_hours', 'training_hours']) as quantity,
        'none' as boundary,
        chip_hours as value,
        unnest(['chip-hour', 'hour']) as unit,
        'training_flop / (3600 · dense_peak · mfu)' as formula,
        [flop, peak, mfu] as inputs
    from times
    union all by name
    select
        subject_spelling,
        subject_name,
        accelerator_id,
        unnest(['server_energy_kwh', 'energy_kwh']) as quantity,
        'server' as boundary,
        energy as value,
        'kWh' as unit,
        'training_flop / (3600 · dense_peak · mfu) · tdp / 1000 · server_power_ratio · average_power_ratio' as formula,
        [flop, peak, mfu, tdp, server_power_ratio, average_power_ratio] as inputs
    from energies
    union all by name
    select
        subject_spelling,
        subject_name,
        accelerator_id,
        'electricity_cost_usd' as quantity,
        'none' as boundary,
        multiply(energy, amount(electricity_price)) as value,
        'USD' as unit,
        'training_flop / (3600 · dense_peak · mfu) · tdp / 1000 · server_power_ratio · average_power_ratio '
        || '· electricity_price_usd_per_kwh' as formula,
        [flop, peak, mfu, tdp, server_power_ratio, average_power_ratio, electricity_price] as inputs
    from energies
    union all by name
    from fleet_points
)

select
    subject_spelling,
    subject_name,
    accelerator_id,
    quantity,
    boundary,
    low_of(value) as value_low,
    central_of(value) as value,
    high_of(value) as value_high,
    unit,
    formula,
    inputs
from points
order by subject_spelling, quantity, boundary
