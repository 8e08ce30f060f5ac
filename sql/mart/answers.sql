-- One row per question that readers of the first document ask: an answer generated from our figures.
-- key: question_no
-- column: answer | The answer; every number in it comes from a figure.
-- column: figure_ids | Figures: keys of mart.figures, or table, key and column, separated by slashes.
-- warn: every_answer_is_complete | select * from mart.answers where answer is null or len(figure_ids) = 0
with rented as (
    select
        arg_min(a.accelerator_name, p.cloud_price_usd_per_chip_hour) as cheapest_name,
        min(p.cloud_price_usd_per_chip_hour) as cheapest_usd,
        arg_min(p.accelerator_id, p.cloud_price_usd_per_chip_hour) as cheapest_id,
        median(p.cloud_price_usd_per_chip_hour) as median_usd,
        count(*) as price_count
    from core.on_demand_prices as p
    inner join mart.accelerators as a on p.accelerator_id = a.accelerator_id
    where a.memory_bytes >= 24e9
),

tuning as (
    select
        median(f.training_flop_ratio) as ratio,
        count(*) as run_count
    from core.finetuning_ratios as f
    inner join core.training_runs as r on f.training_run_id = r.training_run_id
    where r.run_kind = 'finetuning'
),

served as (
    select
        i.usd_per_million_tokens_low,
        i.usd_per_million_tokens,
        i.usd_per_million_tokens_high,
        i.joule_per_token,
        i.facility_joule_per_token,
        i.model_name,
        'mart.inference_estimates/' || i.model_id || '/' || i.accelerator_id || '/' || i.number_format || '/' || i.batch_size
            as figure_stem
    from mart.inference_estimates as i
    where i.model_id = 'llama-3.1-8b' and i.accelerator_id = 'h100-sxm' and i.weight_bits = 16 and i.batch_size = 64
),

first_answer as (
    select
        1 as question_no,
        'Rent hardware, and start from a published model. The cheapest accelerator with 24 GB or more costs '
        || number_text(rented.cheapest_usd) || ' USD per hour on demand (' || rented.cheapest_name || '); the median over '
        || rented.price_count || ' accelerators is ' || number_text(rented.median_usd) || ' USD. The median over ' || tuning.run_count
        || ' fine-tuning runs is ' || number_text(100 * tuning.ratio) || ' % of the training FLOP of the base model. One million tokens of '
        || served.model_name || ' on a rented H100 cost ' || number_text(served.usd_per_million_tokens) || ' USD ('
        || number_text(served.usd_per_million_tokens_low) || ' to ' || number_text(served.usd_per_million_tokens_high)
        || ') with 64 parallel requests.' as answer,
        [
            'core.on_demand_prices/' || rented.cheapest_id || '/cloud_price_usd_per_chip_hour', 'core.measured_levers/finetuning-runs/factor',
            served.figure_stem || '/usd_per_million_tokens'
        ] as figure_ids
    from rented
    cross join tuning
    cross join served
),

vendors as (
    select
        count(*) filter (where a.vendor = 'NVIDIA') as nvidia_count,
        count(*) as run_count,
        max(s.training_flop) filter (where a.vendor <> 'NVIDIA') as other_flop,
        arg_max(s.model_name, s.training_flop) filter (where a.vendor <> 'NVIDIA' and s.training_flop is not null) as other_name,
        arg_max(s.training_run_id, s.training_flop) filter (where a.vendor <> 'NVIDIA' and s.training_flop is not null) as other_run,
        arg_max(a.accelerator_name, s.training_flop) filter (where a.vendor <> 'NVIDIA' and s.training_flop is not null) as other_chip
    from mart.training_summary as s
    inner join mart.accelerators as a on s.accelerator_id = a.accelerator_id
    where s.is_main_run
),

efficient as (
    select
        arg_max(accelerator_name, dense_16_bit_flop_per_joule) filter (where vendor <> 'NVIDIA') as other_name,
        arg_max(accelerator_id, dense_16_bit_flop_per_joule) filter (where vendor <> 'NVIDIA') as other_id,
        max(dense_16_bit_flop_per_joule) filter (where vendor <> 'NVIDIA')
        / max(dense_16_bit_flop_per_joule) filter (where vendor = 'NVIDIA') as ratio
    from mart.accelerators
    where segment = 'datacentre' and dense_16_bit_flop_per_joule is not null
),

second_answer as (
    select
        2 as question_no,
        'No. The accelerator is published for ' || v.run_count || ' models; ' || (v.run_count - v.nvidia_count)
        || ' of them were trained on chips from other vendors. The largest is ' || v.other_name || ' on ' || v.other_chip || ' ('
        || number_text(v.other_flop) || ' FLOP). In 16-bit FLOP per joule of rated power, the best data centre chip from another vendor, '
        || e.other_name || ', reaches ' || number_text(e.ratio) || ' times the best NVIDIA chip. But '
        || number_text(100 * v.nvidia_count / v.run_count) || ' % of the models were trained on NVIDIA chips.' as answer,
        [
            'mart.training_summary/' || v.other_run || '/training_flop',
            'mart.accelerators/' || e.other_id || '/dense_16_bit_flop_per_joule'
        ] as figure_ids
    from vendors as v
    cross join efficient as e
),

idle as (
    select
        median(mfu) as mfu,
        count(*) as run_count
    from mart.training_summary
    where mfu_method <> 'prior'
),

saving as (
    select
        arg_max(lever, factor) as lever,
        arg_max(efficiency_lever_id, factor) as lever_id,
        arg_max(factor_low, factor) as factor_low,
        max(factor) as factor,
        arg_max(factor_high, factor) as factor_high,
        arg_max(baseline, factor) as baseline
    from mart.efficiency_levers
    where kind = 'measured here' and metric = 'energy'
),

developing as (
    select
        value_low,
        value,
        value_high
    from core.claim_anchors
    where anchor_id = 'model-development'
),

third_answer as (
    select
        3 as question_no,
        coalesce(
            'Serving: idle hardware. ' || s.lever || ' cuts energy per token by a factor of ' || number_text(s.factor) || ' ('
            || number_text(s.factor_low) || ' to ' || number_text(s.factor_high) || '; ' || s.baseline
            || '), the largest factor that we measured. ',
            ''
        )
        || 'Training: low utilisation. Half of the ' || i.run_count || ' runs ran below '
        || number_text(100 * i.mfu) || ' % of peak. Development: failed and exploratory runs. All runs together use '
        || number_text(d.value) || ' times the compute of the final run (' || number_text(d.value_low) || ' to ' || number_text(d.value_high)
        || ').' as answer,
        list_filter(
            [
                'mart.efficiency_levers/' || s.lever_id || '/factor', 'mart.training_summary/all/mfu',
                'core.claim_anchors/model-development/development_multiplier'
            ],
            lambda name: name is not null -- noqa: RF02
        ) as figure_ids
    from saving as s
    cross join idle as i
    cross join developing as d
),

devices as (
    select
        f.model_name,
        f.accelerator_id,
        f.accelerator_name,
        m.largest_model_params,
        f.tokens_per_s_bound,
        'mart.device_fit/' || f.model_id || '/' || f.accelerator_id || '/' || f.number_format || '/tokens_per_s_bound' as figure_id
    from mart.device_fit as f
    inner join core.memory_limits as m on f.accelerator_id = m.accelerator_id and m.bits = 4
    where
        f.model_id = 'llama-3.1-8b' and f.number_format = 'int4' and f.fits
        and f.accelerator_id in ('raspberry-pi-5-8gb', 'apple-m4', 'rtx-4090')
),

fourth_answer as (
    select
        4 as question_no,
        'Yes, if the weights fit. Upper bounds for ' || any_value(model_name) || ' at 4 bits: '
        || string_agg(
            accelerator_name || ' ' || number_text(tokens_per_s_bound) || ' tokens per second (its memory fits up to '
            || amount_text(largest_model_params, 'parameter') || ')', '; '
            order by tokens_per_s_bound, accelerator_id
        ) || '.' as answer,
        list_concat(
            list(figure_id order by figure_id),
            list('core.memory_limits/' || accelerator_id || '/4/largest_model_params' order by accelerator_id)
        ) as figure_ids
    from devices
    having count(*) > 0
),

totals as (
    select
        quantity,
        run_group,
        value_low,
        value,
        value_high,
        run_count
    from mart.training_totals
    where scope_kind = 'all'
),

total as (
    select
        any_value(run_count) filter (where quantity = 'facility_energy_kwh' and run_group = 'pretraining') as run_count,
        any_value(value_low) filter (where quantity = 'facility_energy_kwh' and run_group = 'pretraining') as low_kwh,
        any_value(value) filter (where quantity = 'facility_energy_kwh' and run_group = 'pretraining') as energy_kwh,
        any_value(value_high) filter (where quantity = 'facility_energy_kwh' and run_group = 'pretraining') as high_kwh
    from totals
),

largest as (
    select
        max(facility_energy_kwh) as energy_kwh,
        arg_max(model_name, facility_energy_kwh) as model_name,
        arg_max(training_run_id, facility_energy_kwh) as training_run_id
    from mart.training_summary
    where is_main_run and run_kind = 'pretraining' and facility_energy_kwh is not null
),

homes as (
    select value as home_year_kwh
    from core.claim_anchors
    where anchor_id = 'home-usa'
),

overtaking as (
    select
        median(tokens_at_break_even) as tokens,
        count(*) as model_count
    from mart.break_even
    where unit = 'kwh'
),

world as (
    select
        year,
        facility_energy_kwh_low,
        facility_energy_kwh,
        facility_energy_kwh_high,
        location_co2e_kg_low,
        location_co2e_kg,
        location_co2e_kg_high,
        embodied_co2e_kg
    from mart.installed_footprint
    where scope_kind = 'all'
    qualify year = max(year) over ()
),

known as (
    select
        a.share_low,
        a.share,
        a.share_high
    from mart.installed_accounts as a
    inner join world as w on a.year = w.year
    where a.account = 'both'
),

savings as (
    select
        string_agg(
            split_part(lever, ':', 1) || ' ' || number_text(100 * saved_fraction) || ' % of the '
            || if(quantity = 'location_co2e_kg', 'emissions', 'energy') || ' (' || number_text(100 * saved_fraction_low) || ' to '
            || number_text(100 * saved_fraction_high) || ')',
            '; '
            order by saved_fraction desc, lever_id asc
        ) as listed,
        list('mart.installed_levers/' || lever_id || '/saved_fraction' order by saved_fraction desc, lever_id asc) as figure_ids
    from mart.installed_levers
),

fifth_answer as (
    select
        5 as question_no,
        'The AI chips of the world whose sales are counted took ' || amount_text(w.facility_energy_kwh, 'kWh') || ' in ' || w.year || ' ('
        || joined_text(amount_text(w.facility_energy_kwh_low, 'kWh'), amount_text(w.facility_energy_kwh_high, 'kWh'))
        || '), the yearly electricity of ' || number_text(w.facility_energy_kwh / h.home_year_kwh)
        || ' US homes. Location-based emissions were ' || amount_text(w.location_co2e_kg, 'kg CO2e') || ' ('
        || joined_text(amount_text(w.location_co2e_kg_low, 'kg CO2e'), amount_text(w.location_co2e_kg_high, 'kg CO2e'))
        || '); the making of the hardware adds ' || amount_text(w.embodied_co2e_kg, 'kg CO2e') || '. '
        || coalesce(
            'A public account, of training runs or of tokens served, explains ' || number_text(100 * k.share) || ' % of the energy ('
            || number_text(100 * k.share_low) || ' to ' || number_text(100 * k.share_high) || '). ',
            ''
        )
        || 'Pretraining the ' || t.run_count || ' models with an energy figure took ' || amount_text(t.energy_kwh, 'kWh') || ' ('
        || joined_text(amount_text(t.low_kwh, 'kWh'), amount_text(t.high_kwh, 'kWh')) || '). The largest run, '
        || l.model_name || ', took ' || number_text(100 * l.energy_kwh / t.energy_kwh)
        || ' % of that. Serving overtakes training in energy after '
        || amount_text(o.tokens, 'token') || ' (median over ' || o.model_count
        || ' models). What each lever alone would save of the total: ' || s.listed || '. Savings do not add up.' as answer,
        list_concat(
            [
                'mart.installed_footprint/' || w.year || '/all/all/facility_energy_kwh', 'mart.installed_footprint/' || w.year || '/all/all/location_co2e_kg',
                'mart.installed_footprint/' || w.year || '/all/all/embodied_co2e_kg', 'mart.installed_accounts/' || w.year || '/both/share',
                'mart.training_summary/' || l.training_run_id || '/facility_energy_kwh',
                'mart.training_totals/facility_energy_kwh/pretraining/all/all/value', 'mart.break_even/all/tokens_at_break_even'
            ],
            s.figure_ids
        ) as figure_ids
    from world as w
    left join known as k on true
    cross join total as t
    cross join largest as l
    cross join homes as h
    cross join savings as s
    cross join overtaking as o
),

answers as (
    select * from first_answer
    union all
    select * from second_answer
    union all
    select * from third_answer
    union all
    select * from fourth_answer
    union all
    select * from fifth_answer
)

select
    q.question_no,
    q.question,
    a.answer,
    a.figure_ids
from core.questions as q
left join answers as a on q.question_no = a.question_no
order by q.question_no
