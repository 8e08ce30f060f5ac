"""A model from the ``config.json`` that it ships with on Hugging Face: parameters, cache and work by counting.

What belongs here: the names under which families keep the same thing, and the closed forms of their layers. What does
not: speed and memory (the SQL models do that from the counted shape).

Counted: decoders with full, grouped, multi-query, latent, sliding and linear attention, mixtures of experts with shared
experts, Mamba-2 hybrids, and encoders. A vision or audio tower is left out, and the answer says so.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError, shown

Config = Mapping[str, Any]

LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
WIDTH = ("hidden_size", "n_embd", "d_model", "word_embed_proj_dim")
HEADS = ("num_attention_heads", "n_head", "n_heads")
INNER = ("intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "mlp_hidden_size")
EXPERTS = ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts")
CHOSEN = ("num_experts_per_tok", "num_experts_per_token", "moe_top_k", "experts_per_token")
LONGEST = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "max_sequence_length")

UNGATED = {"gpt2", "gpt_neox", "opt", "bloom", "phi", "falcon", "starcoder2", "gpt_bigcode", "gptj", "bert", "roberta",
           "nemotron", "nemotron_h", "mpt"}  # fmt: skip
"""Families whose feed-forward network has two matrices; the others have a gate, and three."""
BIASED = {"gpt2", "gpt_neox", "opt", "bloom", "phi", "starcoder2", "gpt_bigcode", "bert", "roberta"}
"""Families with a bias on every matrix of a layer."""
QKV_BIASED = {"qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl", "glm4", "chatglm"}
TIED = {"gpt2", "opt", "bloom", "gemma", "gemma2", "gemma3", "gemma3_text", "falcon", "gpt_bigcode", "bert", "roberta", "cohere",
        "cohere2", "starcoder2", "mpt"}  # fmt: skip
"""Families that tie input and output embeddings unless the file says otherwise."""
POSITIONED = {"gpt2", "opt", "gpt_bigcode", "bert", "roberta"}
"""Families with learned positions."""
UNCOUNTED = ("block_configs", "compress_ratios", "global_head_dim", "hc_mult", "linear_attn_config", "o_lora_rank")
"""Fields that give layers another form than those counted here: a file with one is refused, not counted wrongly."""
TOWERS = ("vision_config", "audio_config", "visual")


@dataclass(frozen=True)
class Counted:
    """What the file implies: the columns of core.model_shapes, and embeddings apart."""

    model_type: str
    total_params: float
    active_params: float
    embedding_params: float
    layers_count: int
    hidden_dimension: int
    attention_heads_count: int
    kv_heads_count: int
    head_dimension: int
    attention_kind: str
    full_attention_layers_count: int
    window_attention_layers_count: int
    sliding_window_tokens: int | None
    kv_lora_dimension: int | None
    rope_dimension: int | None
    recurrent_layers_count: int
    recurrent_state_count: int | None
    experts_count: int | None
    experts_per_token_count: int | None
    max_context_tokens: int
    released_weight_bits: int
    left_out: tuple[str, ...]


def read_config(path: Path) -> Counted:
    """The counted model of a file that an option names; raises UsageError naming what is wrong with it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"--config {path}: cannot be read: {error.strerror}.") from error
    return parse_config(data, f"--config {path}")


def parse_config(data: bytes, name: str) -> Counted:
    """The counted model of the bytes of a file; ``name`` is what a message calls it."""
    try:
        raw = json.loads(data)
    except ValueError as error:
        raise UsageError(f"{name}: not JSON: {error}. Give the config.json of a model.") from error
    if not isinstance(raw, dict):
        raise UsageError(f"{name}: expected an object, as the config.json of a model has.")
    try:
        return count_config(raw, name)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{name}: not as a language model has it ({type(error).__name__}: {error}).") from error


def count_config(raw: Config, name: str = "config.json") -> Counted:
    """The counted model of a configuration."""
    text = raw.get("text_config") or raw.get("language_config") or raw.get("llm_config")
    config: dict[str, Any] = {**raw, **text} if isinstance(text, dict) else dict(raw)
    config["_name"] = name
    if unknown := [field for field in UNCOUNTED if config.get(field)]:
        raise UsageError(
            f"--config {name}: {', '.join(unknown)} give layers a form that is not counted here, so parameters and cache would "
            "be wrong. Give a model whose shape is known: --model."
        )
    family = str(config.get("model_type", ""))
    if blocks := _blocks(config):
        config.setdefault(LAYERS[0], len(blocks))
    layers, width, heads = (_whole(config, names) for names in (LAYERS, WIDTH, HEADS))
    kinds = _layer_kinds(config, family, layers)
    attention = (
        _latent_params(config, width, heads) if _is_latent(config) else _attention_params(config, family, width, heads)
    )
    mixers = {
        "full": attention,
        "window": attention,
        "linear": _linear_params(config, width),
        "mamba": _mamba_params(config, width),
    }
    norms = (4 if family in {"gemma2", "gemma3", "gemma3_text"} else 2) * width * (2 if family in BIASED else 1)
    total = active = 0.0
    for index, kind in enumerate(kinds):
        own = norms + mixers.get(kind, 0.0)
        stored, worked = _feed_forward(config, family, width, index) if _has_network(config, kind) else (0.0, 0.0)
        total, active = total + own + stored, active + own + worked
    embeddings, rest = _embedding_params(config, family, width)
    experts = _first(config, EXPERTS)
    recurrent = sum(kind in ("linear", "mamba") for kind in kinds)
    return Counted(
        model_type=family, total_params=total + embeddings + rest, active_params=active + embeddings + rest,
        embedding_params=embeddings, layers_count=layers, hidden_dimension=width, attention_heads_count=heads,
        kv_heads_count=_kv_heads(config, family, heads), head_dimension=_head_dimension(config, width, heads),
        attention_kind=_kind_in_words(config, family, heads, kinds),
        full_attention_layers_count=kinds.count("full"), window_attention_layers_count=kinds.count("window"),
        sliding_window_tokens=config.get("sliding_window") if "window" in kinds else None,
        kv_lora_dimension=config.get("kv_lora_rank"), rope_dimension=config.get("qk_rope_head_dim"),
        recurrent_layers_count=recurrent, recurrent_state_count=_state_numbers(config) if recurrent else None,
        experts_count=experts, experts_per_token_count=_first(config, CHOSEN) if experts else None,
        max_context_tokens=_first(config, LONGEST) or 4096, released_weight_bits=_bits(config),
        left_out=tuple(tower for tower in TOWERS if isinstance(raw.get(tower), dict)),
    )  # fmt: skip


# --- what the file says -----------------------------------------------------------------------------------------------


def _first(config: Config, names: tuple[str, ...]) -> int | None:
    for name in names:
        value = config.get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None


def _whole(config: Config, names: tuple[str, ...]) -> int:
    value = _first(config, names)
    if value is None:
        raise UsageError(
            f"{config['_name']}: {names[0]} is missing or not a whole number above zero"
            f" (got {shown(str(config.get(names[0])))}). Give the config.json of a language model."
        )
    return value


def _bits(config: Config) -> int:
    quantized = config.get("quantization_config") or {}
    method = str(quantized.get("quant_method", "")) + str(quantized.get("fmt", ""))
    if "fp4" in method or quantized.get("bits") == 4:
        return 4
    return 8 if "fp8" in method or quantized.get("bits") == 8 else 16


def _is_latent(config: Config) -> bool:
    return bool(config.get("kv_lora_rank"))


def _kv_heads(config: Config, family: str, heads: int) -> int:
    if family == "falcon" and not config.get("new_decoder_architecture") and config.get("multi_query", True):
        return 1
    if family == "gpt_bigcode" and config.get("multi_query", True):
        return 1
    return _first(config, ("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num")) or heads


def _head_dimension(config: Config, width: int, heads: int) -> int:
    return _first(config, ("head_dim", "attention_head_dim", "kv_channels")) or width // heads


def _layer_kinds(config: Config, family: str, layers: int) -> list[str]:
    """The mixer of each layer: full, window, linear, mamba, or none."""
    pattern = config.get("hybrid_override_pattern")
    if isinstance(pattern, str):
        return [{"M": "mamba", "*": "full"}.get(letter, "none") for letter in pattern]
    types = config.get("layer_types") or _blocks(config)
    if isinstance(types, list) and len(types) == layers:
        return [_type_in_words(str(one), config) for one in types]
    if interval := _first(config, ("full_attention_interval",)):
        return ["full" if (index + 1) % interval == 0 else "linear" for index in range(layers)]
    if not config.get("sliding_window") or config.get("use_sliding_window") is False:
        return ["full"] * layers
    period = _first(config, ("sliding_window_pattern",)) or {
        "gemma2": 2,
        "gemma3": 6,
        "gemma3_text": 6,
        "gpt_oss": 2,
    }.get(family)
    return ["full" if period and (index + 1) % period == 0 else "window" for index in range(layers)]


def _blocks(config: Config) -> list[str]:
    """The blocks of a hybrid whose feed-forward networks are layers of their own."""
    return [str(one) for one in config.get("layers_block_type") or []]


def _type_in_words(name: str, config: Config) -> str:
    if name in ("moe", "mlp"):
        return "none"
    if "mamba" in name:
        return "mamba"
    if "linear" in name:
        return "linear"
    return "window" if ("sliding" in name or "chunked" in name) and config.get("sliding_window", True) else "full"


def _kind_in_words(config: Config, family: str, heads: int, kinds: list[str]) -> str:
    if "linear" in kinds or "mamba" in kinds:
        return "hybrid"
    if _is_latent(config):
        return "latent"
    if "window" in kinds:
        return "sliding-window"
    kv_heads = _kv_heads(config, family, heads)
    return "multi-head" if kv_heads == heads else "multi-query" if kv_heads == 1 else "grouped"


# --- closed forms -----------------------------------------------------------------------------------------------------


def _attention_params(config: Config, family: str, width: int, heads: int) -> float:
    """Queries, keys, values and output, with their biases and norms."""
    each, kv_heads = _head_dimension(config, width, heads), _kv_heads(config, family, heads)
    queries, keys = heads * each, kv_heads * each
    gate = queries * width if family.startswith("qwen3_next") or family.startswith("qwen3_5") else 0
    matrices = width * (queries + 2 * keys) + queries * width + gate
    biased = (
        family in BIASED
        or bool(config.get("attention_bias"))
        or bool(config.get("use_bias"))
        or bool(config.get("bias"))
    )
    biases = queries + 2 * keys + width if biased else queries + 2 * keys if family in QKV_BIASED else 0
    own = {"qwen3": 2 * each, "qwen3_moe": 2 * each, "qwen3_next": 2 * each, "gemma3": 2 * each, "gemma3_text": 2 * each,
           "olmo2": queries + keys, "olmo3": queries + keys, "gpt_oss": heads}  # fmt: skip
    return matrices + biases + own.get(family, 0)


def _latent_params(config: Config, width: int, heads: int) -> float:
    """Multi-head latent attention: compressed queries, keys and values."""
    rope, latent = int(config["qk_rope_head_dim"]), int(config["kv_lora_rank"])
    plain, value = int(config["qk_nope_head_dim"]), int(config["v_head_dim"])
    rank = config.get("q_lora_rank")
    queries = width * rank + rank + rank * heads * (plain + rope) if rank else width * heads * (plain + rope)
    return float(queries + width * (latent + rope) + latent + latent * heads * (plain + value) + heads * value * width)


def _linear_params(config: Config, width: int) -> float:
    """Gated delta network: queries, keys, values, gate, two rates, a convolution and the output."""
    if not config.get("linear_num_value_heads"):
        return 0.0
    keys = int(config["linear_num_key_heads"]) * int(config["linear_key_head_dim"])
    heads = int(config["linear_num_value_heads"])
    values = heads * int(config["linear_value_head_dim"])
    convolution = (2 * keys + values) * int(config.get("linear_conv_kernel_dim", 4))
    inputs = width * (2 * keys + 2 * values + 2 * heads)
    return float(inputs + convolution + 2 * heads + int(config["linear_value_head_dim"]) + values * width)


def _mamba_params(config: Config, width: int) -> float:
    """Mamba-2: input projection, convolution, rates, norm and output."""
    heads = _first(config, ("mamba_num_heads", "mamba_n_heads"))
    if heads is None:
        return 0.0
    inner = heads * (_first(config, ("mamba_head_dim", "mamba_d_head")) or 64)
    groups = (_first(config, ("n_groups", "mamba_n_groups")) or 1) * (
        _first(config, ("ssm_state_size", "mamba_d_state")) or 128
    )
    channels = inner + 2 * groups
    kernel = _first(config, ("conv_kernel", "mamba_d_conv")) or 4
    return float(width * (inner + channels + heads) + channels * (kernel + 1) + 3 * heads + inner + inner * width)


def _state_numbers(config: Config) -> int:
    """Numbers that one recurrent layer keeps per sequence."""
    if config.get("linear_num_value_heads"):
        return int(config["linear_num_value_heads"] * config["linear_key_head_dim"] * config["linear_value_head_dim"])
    heads = _first(config, ("mamba_num_heads", "mamba_n_heads")) or 0
    return (
        heads
        * (_first(config, ("mamba_head_dim", "mamba_d_head")) or 64)
        * (_first(config, ("ssm_state_size", "mamba_d_state")) or 128)
    )


def _has_network(config: Config, kind: str) -> bool:
    """Whether a layer has a feed-forward network: with a pattern of layers, only those that are no mixer."""
    apart = isinstance(config.get("hybrid_override_pattern"), str) or not {"moe", "mlp"}.isdisjoint(_blocks(config))
    return kind == "none" if apart else True


def _feed_forward(config: Config, family: str, width: int, index: int) -> tuple[float, float]:
    """Parameters of a layer's feed-forward network: stored, and at work on a token."""
    matrices = 2 if family in UNGATED or config.get("hybrid_override_pattern") else 3
    latent = _first(config, ("moe_latent_size",))
    inner = _first(config, INNER) or 4 * width
    if family in {"llama4_text", "llama4"}:
        inner = _first(config, ("intermediate_size_mlp",)) or inner
    dense = float(matrices * width * inner + (width + inner if family in BIASED else 0))
    experts = _first(config, EXPERTS)
    if experts is None or not _is_sparse(config, index):
        return dense, dense
    each = _first(config, ("moe_intermediate_size", "moe_ffn_hidden_size")) or _first(config, INNER) or 4 * width
    one = float(matrices * (latent or width) * each + (2 * each + width if family == "gpt_oss" else 0))
    shared = _shared_params(config, family, width, each, matrices) + (2 * width * latent if latent else 0)
    router = width * experts + (experts if family in {"gpt_oss", "deepseek_v3", "kimi_k2", "glm4_moe"} else 0)
    chosen = _first(config, CHOSEN) or 1
    return experts * one + shared + router, chosen * one + shared + router


def _is_sparse(config: Config, index: int) -> bool:
    if index < int(config.get("first_k_dense_replace") or 0) or index in (config.get("mlp_only_layers") or []):
        return False
    listed = config.get("moe_layers")
    if isinstance(listed, list) and listed:
        return index in listed
    step = _first(config, ("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq")) or 1
    return (index + 1) % step == 0


def _shared_params(config: Config, family: str, width: int, each: int, matrices: int) -> float:
    size = _first(config, ("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size"))
    if size:
        gate = width if family.startswith(("qwen2_moe", "qwen3_next", "qwen3_5")) else 0
        return float(matrices * width * size + gate)
    count = _first(config, ("n_shared_experts", "num_shared_experts")) or (1 if family.startswith("llama4") else 0)
    return float(matrices * width * each * count)


def _embedding_params(config: Config, family: str, width: int) -> tuple[float, float]:
    """Embeddings, input and output, and what a model has beside layers and embeddings."""
    words = _whole(config, ("vocab_size", "padded_vocab_size"))
    tied = config.get("tie_word_embeddings")
    tied = family in TIED if tied is None else bool(tied)
    positions = (_first(config, LONGEST) or 0) * width if family in POSITIONED else 0
    encoder = family in {"bert", "roberta"}
    head = 0 if tied or encoder else words * width
    rest = width * (2 if family in BIASED else 1) + (
        width * (width + 1) + int(config.get("type_vocab_size", 2)) * width if encoder else 0
    )
    return float(words * width + head + positions), float(rest)
