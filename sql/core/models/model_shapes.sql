-- One row per model whose configuration is published: its parameters, and what its shape makes a token cost.
-- key: model_id
-- column: model_id | Key of core.models.
-- column: expert_params | Parameters in experts that a router chooses from; 0 without experts.
-- column: attention_kind | multi-head, grouped, multi-query, latent, sliding-window or hybrid.
-- column: window_attention_layers_count | Layers that attend to the last tokens only.
-- column: sliding_window_tokens | How many tokens those are.
-- column: cached_values_count | Numbers that one attention layer keeps of a token.
-- column: kv_cache_bytes_per_token | KV-cache memory per token at 16 bits.
-- column: recurrent_layers_count | Layers that keep a state of fixed size.
-- column: released_format | Number format of the weights in the developer's release, where it is not one of 16 bits.
-- column: released_weight_bits | Nominal bits of the weights in the developer's release.
-- column: source_id | Source of the shape.
-- check: experts_are_part_of_the_whole | select * from core.model_shapes where expert_params < 0 or expert_params > total_params
-- check: hidden_state_fits_heads | select * from core.model_shapes where kv_heads_count > attention_heads_count
select
    s.model_id,
    m.model_name,
    m.architecture,
    m.total_params,
    m.active_params,
    expert_params_of(m.total_params, m.active_params, s.experts_count, s.experts_per_token_count) as expert_params,
    s.layers_count,
    s.hidden_dimension,
    s.attention_heads_count,
    s.kv_heads_count,
    s.head_dimension,
    s.attention_kind,
    s.full_attention_layers_count,
    coalesce(s.window_attention_layers_count, 0) as window_attention_layers_count,
    s.sliding_window_tokens,
    s.kv_lora_dimension,
    s.rope_dimension,
    cached_values_of(s.kv_heads_count, s.head_dimension, s.kv_lora_dimension, s.rope_dimension, s.indexer_dimension)
        as cached_values_count,
    kv_cache_bytes_per_token_of(
        s.full_attention_layers_count,
        coalesce(s.window_attention_layers_count, 0),
        cached_values_of(s.kv_heads_count, s.head_dimension, s.kv_lora_dimension, s.rope_dimension, s.indexer_dimension),
        16
    ) as kv_cache_bytes_per_token,
    coalesce(s.recurrent_layers_count, 0) as recurrent_layers_count,
    s.recurrent_state_count,
    s.experts_count,
    s.experts_per_token_count,
    s.max_context_tokens,
    w.number_format as released_format,
    coalesce(nominal_bits_of(w.number_format), b.central::integer) as released_weight_bits,
    s.source_id,
    s.locator,
    s.verified,
    m.params_source_id
from seeds.model_shapes as s
inner join core.models as m on s.model_id = m.model_id
inner join seeds.assumptions as b on b.name = 'released_weight_bits'
left join seeds.released_weights as w on s.model_id = w.model_id
where m.total_params is not null and m.active_params is not null
order by s.model_id
