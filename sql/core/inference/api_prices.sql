-- One row per open model that providers sell by the token: the list prices of standard requests over all providers that genai-prices knows.
-- key: model_id
-- column: model_id | Key of core.models, found by the name under which it is sold.
-- column: providers_count | Providers with a price.
-- column: input_usd_per_million_tokens | Median price of input tokens.
-- interval: output_usd_per_million_tokens | Median price of output tokens; bounds are the lowest and the highest.
-- column: source_id | Source of the prices.
with spellings as (
    select
        spelling,
        min(model_id) as model_id
    from (
        select
            plain_name(model_name) as spelling,
            model_id
        from core.model_shapes
        union
        select
            plain_name(model_id) as spelling,
            model_id
        from core.model_shapes
    ) as names
    group by spelling
),

listed as (
    select
        provider,
        record_no,
        input_usd_per_million_tokens,
        output_usd_per_million_tokens,
        unnest(list_distinct([bare_model_name(model), bare_model_name(model_name)])) as spelling
    from raw.genai_prices
    where
        variant is null
        and start_time is null
        and output_usd_per_million_tokens > 0
        and input_usd_per_million_tokens > 0
        and not regexp_matches(model, ':(free|batch)$')
),

offers as (
    select
        p.provider,
        s.model_id,
        p.input_usd_per_million_tokens,
        p.output_usd_per_million_tokens
    from listed as p
    inner join spellings as s on p.spelling = s.spelling
    qualify row_number() over (partition by p.provider, s.model_id order by p.record_no desc) = 1
)

select
    model_id,
    count(distinct provider) as providers_count,
    median(input_usd_per_million_tokens) as input_usd_per_million_tokens,
    min(output_usd_per_million_tokens) as output_usd_per_million_tokens_low,
    median(output_usd_per_million_tokens) as output_usd_per_million_tokens,
    max(output_usd_per_million_tokens) as output_usd_per_million_tokens_high,
    'genai_prices' as source_id
from offers
group by model_id
order by model_id
