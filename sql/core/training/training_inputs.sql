-- One row per training run: every input of its estimates with bounds, unit, kind and source. Null if it is not published.
-- key: training_run_id
-- column: active_params | Active parameters.
-- column: total_params | Total parameters.
-- column: training_tokens | Tokens processed.
-- column: training_examples | Examples processed.
-- column: forward_mac | Multiply-accumulates of one forward pass over one example.
-- column: accelerator_count | Accelerators in parallel.
-- column: dense_peak | Dense peak of one accelerator in the format trained in.
-- column: tdp | Rated power of one accelerator.
-- column: reported_flop | Published training FLOP of the run, or of the stage alone.
-- column: time_covers | Work that the published time covers.
-- column: is_time_usable | False if the published time cannot be paired with the FLOP (core.training_coverage).
-- column: reported_chip_hours | Published chip-hours.
-- column: reported_hours | Published wall-clock time.
-- column: reported_mfu | Published model FLOP utilisation.
-- column: stated_rent | Rental price that the developer states for the run.
-- column: flop_6nd_ratio | Assumed ratio of model FLOP to 6ND.
-- column: operation_count_ratio | Assumed ratio of model FLOP to the operation count.
-- column: chip_hours_ratio | Assumed ratio of chip-hours to count × duration.
-- column: assumed_mfu | Assumed utilisation.
-- column: rollout_ratio | Assumed tokens generated per token learned from in reinforcement learning.
-- column: scoring_passes | Assumed forward passes over each token besides learning in reinforcement learning.
-- column: rollout_mfu | Assumed utilisation of the 16-bit peak while answers are generated.
-- column: productive_time_ratio | Assumed share of the chip-hours in which a run progresses at the published utilisation; null if
--    none is published: an assumed utilisation already covers all chip-hours.
-- column: reported_flop_counting | How reported_flop was counted.
-- column: average_power_ratio | Assumed ratio of average to rated power.
-- column: server_power_ratio | Assumed ratio of server to accelerator power.
-- column: pue | Assumed power usage effectiveness.
-- column: cloud_price | Rental price of the accelerator in the year of the run, by core.rental_prices; if the accelerator is not published, a typical one.
-- column: cloud_price_method | Where that price comes from: a method of core.rental_prices, or typical.
-- column: chip_price | Purchase price of the accelerator when new; for a TPU, which is not sold, that of an equal GPU.
-- column: hardware_age | Age of the hardware when the run started.
-- column: server_cost_ratio | Assumed ratio of server to accelerator cost.
-- column: network_share | Assumed share of the network in the capital.
-- column: price_decline | Assumed decline of the value of hardware, orders of magnitude a year.
-- column: electricity_price | Industrial electricity price of country and year, else assumed.
-- column: grid_intensity | Carbon intensity of country and year, else assumed.
-- column: carbon_free_contract_share | Assumed share of electricity that carbon-free contracts cover.
-- column: embodied_kg_per_accelerator | Assumed emissions of making an accelerator.
-- column: embodied_kg_per_server | Assumed emissions of making a server without its accelerators.
-- column: embodied_lifetime_years | Assumed life over which these are spread.
-- column: fleet_utilisation | Assumed fleet utilisation: productive share of the hardware lifetime.
-- column: wue_onsite | Assumed water use on site.
-- column: wue_offsite | Assumed water use of electricity generation.
with published as (
    select
        training_run_id,
        first(figure order by boundary) filter (where quantity = 'training_flop') as reported_flop,
        first(counting order by boundary) filter (where quantity = 'training_flop') as reported_flop_counting,
        first(figure order by boundary) filter (where quantity = 'chip_hours') as reported_chip_hours,
        first(figure order by boundary) filter (where quantity = 'training_hours') as reported_hours,
        first(figure order by boundary) filter (where quantity = 'mfu') as reported_mfu,
        first(figure order by boundary) filter (where quantity = 'cloud_price_usd_per_chip_hour') as stated_rent
    from (
        select
            training_run_id,
            quantity,
            boundary,
            coalesce(counting, 'unstated') as counting,
            input(
                'published_' || quantity, value_low, value, value_high, unit, kind, source_id, locator, verified,
                'published figure ' || published_figure_id
            ) as figure
        from core.published_figures
        where is_first and training_run_id is not null
    ) as figures
    group by training_run_id
),

electricity as (
    select
        r.training_run_id,
        arg_min(
            {
                'price': p.price_usd_per_kwh, 'source_id': p.source_id, 'locator': p.locator, 'verified': p.verified,
                'basis': p.country || ' ' || p.year || ', ' || p.consumer
            },
            (abs(p.year - r.training_year), p.consumer <> 'industrial', -p.year, p.consumer)
        ) as nearest
    from core.training_runs as r
    inner join seeds.electricity_prices as p on r.training_country = p.country
    where abs(p.year - r.training_year) <= 3
    group by r.training_run_id
),

grid as (
    select
        r.training_run_id,
        arg_min(
            {
                'intensity': g.intensity_kg_co2e_per_kwh, 'source_id': g.source_id, 'locator': g.locator,
                'verified': g.verified, 'basis': 'grid of ' || g.place || ' ' || g.year
            },
            (abs(g.year - r.training_year), -g.year, g.source_id)
        ) as nearest
    from core.training_runs as r
    inner join seeds.grid_carbon as g on r.training_country = g.place and g.basis = 'location'
    where abs(g.year - r.training_year) <= 5 and g.intensity_kg_co2e_per_kwh > 0
    group by r.training_run_id
)

select
    r.training_run_id,
    input(
        'active_params', null, r.active_params, null, 'parameter', 'reported', r.model_source_id, r.model_locator,
        r.model_verified
    ) as active_params,
    input(
        'total_params', null, r.total_params, null, 'parameter', 'reported', r.model_source_id, r.model_locator,
        r.model_verified
    ) as total_params,
    input(
        'training_tokens', null, r.training_tokens, null, 'token', 'reported', r.run_source_id, r.run_locator,
        r.run_verified
    ) as training_tokens,
    input(
        'training_examples', null, r.training_examples, null, 'example', 'reported', r.run_source_id, r.run_locator,
        r.run_verified
    ) as training_examples,
    input(
        'forward_mac', null, r.forward_mac_per_example, null, 'MAC/example', 'reported', r.run_source_id, r.run_locator,
        r.run_verified
    ) as forward_mac,
    input(
        'accelerator_count', null, r.accelerator_count, null, '1', 'reported', r.hardware_source_id,
        r.hardware_locator, r.hardware_verified
    ) as accelerator_count,
    input(
        'dense_peak', null, r.dense_peak_flop_per_s, null, 'FLOP/s', 'reported', r.peak_source_id, r.peak_locator,
        r.peak_verified, r.accelerator_id || ' in ' || r.number_format
    ) as dense_peak,
    input(
        'tdp', null, r.tdp_w, null, 'W', 'reported', r.accelerator_source_id, r.accelerator_locator,
        r.accelerator_verified, r.accelerator_id
    ) as tdp,
    p.reported_flop,
    p.reported_chip_hours,
    p.reported_hours,
    v.time_covers,
    v.is_time_usable,
    p.reported_mfu,
    p.stated_rent,
    a.assumed['flop_6nd_ratio'] as flop_6nd_ratio,
    a.assumed['operation_count_ratio'] as operation_count_ratio,
    a.assumed['chip_hours_ratio'] as chip_hours_ratio,
    a.assumed['mfu'] as assumed_mfu,
    a.assumed['rollout_ratio'] as rollout_ratio,
    a.assumed['scoring_passes'] as scoring_passes,
    a.assumed['rollout_mfu'] as rollout_mfu,
    case when p.reported_mfu is not null then a.assumed['productive_time_ratio'] end as productive_time_ratio,
    p.reported_flop_counting,
    a.assumed['average_power_ratio'] as average_power_ratio,
    a.assumed['server_power_ratio'] as server_power_ratio,
    a.assumed['pue'] as pue,
    coalesce(
        input(
            'cloud_price_usd_per_chip_hour', c.paid_usd_per_chip_hour_low, c.price_usd_per_chip_hour, c.paid_usd_per_chip_hour_high,
            'USD/chip-hour', case when c.method like 'peers%' then 'assumed' else 'reported' end, c.source_id, c.locator, c.verified, c.basis
        ),
        input(
            'cloud_price_usd_per_chip_hour', t.paid_usd_per_chip_hour_low, t.price_usd_per_chip_hour, t.paid_usd_per_chip_hour_high,
            'USD/chip-hour', 'assumed', 'compute_ledger', 'docs/methods.md, prices', 'seen',
            'accelerator not published: median of ' || t.accelerator_count || ' data centre accelerators of that time'
        )
    ) as cloud_price,
    coalesce(c.method, 'typical') as cloud_price_method,
    coalesce(
        input(
            'chip_price', b.price_usd * a.assumed['chip_price_spread_ratio'].low, b.price_usd, b.price_usd * a.assumed['chip_price_spread_ratio'].high, 'USD',
            'reported', b.source_id, b.locator, b.verified,
            'median of prices seen for ' || r.accelerator_id || ' (' || b.quote_count || '); the earliest shown'
        ),
        named_input('chip_price', a.assumed['tpu_equivalent_price_usd'])
    ) as chip_price,
    h.hardware_age,
    a.assumed['server_cost_ratio'] as server_cost_ratio,
    a.assumed['network_cost_share'] as network_share,
    a.assumed['hardware_price_decline_per_year'] as price_decline,
    coalesce(
        input(
            'electricity_price_usd_per_kwh', e.nearest.price * a.assumed['electricity_price_spread_ratio'].low, e.nearest.price,
            e.nearest.price * a.assumed['electricity_price_spread_ratio'].high, 'USD/kWh', 'reported', e.nearest.source_id,
            e.nearest.locator, e.nearest.verified, e.nearest.basis
        ),
        a.assumed['electricity_price_usd_per_kwh']
    ) as electricity_price,
    coalesce(
        input(
            'grid_intensity_kg_co2e_per_kwh', g.nearest.intensity * a.assumed['grid_intensity_spread_ratio'].low, g.nearest.intensity,
            g.nearest.intensity * a.assumed['grid_intensity_spread_ratio'].high, 'kg CO2e/kWh', 'reported', g.nearest.source_id,
            g.nearest.locator, g.nearest.verified, g.nearest.basis
        ),
        a.assumed['grid_intensity_kg_co2e_per_kwh']
    ) as grid_intensity,
    a.assumed['carbon_free_contract_share'] as carbon_free_contract_share,
    a.assumed['embodied_kg_per_accelerator'] as embodied_kg_per_accelerator,
    a.assumed['embodied_kg_per_server'] as embodied_kg_per_server,
    a.assumed['embodied_lifetime_years'] as embodied_lifetime_years,
    a.assumed['fleet_utilisation'] as fleet_utilisation,
    a.assumed['wue_onsite_l_per_kwh'] as wue_onsite,
    a.assumed['wue_offsite_l_per_kwh'] as wue_offsite
from core.training_runs as r
inner join core.assumption_sets as a on r.training_run_id = a.subject_id and a.subject_kind = 'training_run'
left join published as p on r.training_run_id = p.training_run_id
inner join core.training_coverage as v on r.training_run_id = v.training_run_id
inner join core.hardware_ages as h on r.training_run_id = h.training_run_id
left join core.rental_prices as c on r.accelerator_id = c.accelerator_id and r.training_year = c.year
left join core.typical_rental_prices as t on r.accelerator_id is null and r.training_year = t.year
left join core.purchase_prices as b on r.accelerator_id = b.accelerator_id
left join electricity as e on r.training_run_id = e.training_run_id
left join grid as g on r.training_run_id = g.training_run_id
order by r.training_run_id
