"""Models by their own configuration: counted parameters against known totals, layers by kind, and refusals.

Fields of the models in SEEN were compared with the makers' config.json files (as ai-dynamo/aiconfigurator keeps
them, 095f58a); fields of the others, and totals, are written down from memory or are those of names and cards.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import UsageError
from pipelines.records.model_config import count_config
from pipelines.settings import Settings
from tests.conftest import Called


def decoder(width: int, layers: int, inner: int, heads: int, kv_heads: int, words: int, **more: Any) -> dict[str, Any]:
    """The configuration of a decoder, as Hugging Face writes it."""
    return {
        "model_type": "llama", "hidden_size": width, "num_hidden_layers": layers, "intermediate_size": inner,
        "num_attention_heads": heads, "num_key_value_heads": kv_heads, "vocab_size": words, "tie_word_embeddings": False, **more,
    }  # fmt: skip


def latent(width: int, layers: int, inner: int, heads: int, words: int, **more: Any) -> dict[str, Any]:
    """The configuration of a mixture of experts with latent attention."""
    return decoder(
        width, layers, inner, heads, heads, words, kv_lora_rank=512, qk_nope_head_dim=128, qk_rope_head_dim=64,
        v_head_dim=128, moe_layer_freq=1, **more,
    )  # fmt: skip


PUBLISHED: dict[str, tuple[dict[str, Any], float]] = {
    "llama-3.1-8b": (decoder(4096, 32, 14336, 32, 8, 128256), 8_030_261_248),
    "llama-3.1-70b": (decoder(8192, 80, 28672, 64, 8, 128256), 70_553_706_496),
    "llama-3.1-405b": (decoder(16384, 126, 53248, 128, 8, 128256), 405_853_388_800),
    "llama-3.2-1b": (decoder(2048, 16, 8192, 32, 8, 128256, tie_word_embeddings=True, head_dim=64), 1_235_814_400),
    "llama-2-7b": (decoder(4096, 32, 11008, 32, 32, 32000), 6_738_415_616),
    "llama-2-13b": (decoder(5120, 40, 13824, 40, 40, 32000), 13_015_864_320),
    "mistral-7b": (decoder(4096, 32, 14336, 32, 8, 32000, model_type="mistral", sliding_window=4096), 7_241_732_096),
    "mixtral-8x7b": (
        decoder(4096, 32, 14336, 32, 8, 32000, model_type="mixtral", num_local_experts=8, num_experts_per_tok=2),
        46_702_792_704,
    ),
    "mixtral-8x22b": (
        decoder(6144, 56, 16384, 48, 8, 32000, model_type="mixtral", num_local_experts=8, num_experts_per_tok=2),
        140_620_634_112,
    ),
    "qwen2.5-0.5b": (
        decoder(896, 24, 4864, 14, 2, 151936, model_type="qwen2", tie_word_embeddings=True),
        494_032_768,
    ),
    "qwen2.5-7b": (decoder(3584, 28, 18944, 28, 4, 152064, model_type="qwen2"), 7_615_616_512),
    "qwen2.5-72b": (decoder(8192, 80, 29568, 64, 8, 152064, model_type="qwen2"), 72_706_203_648),
    "qwen3-8b": (decoder(4096, 36, 12288, 32, 8, 151936, model_type="qwen3", head_dim=128), 8_190_735_360),
    "qwen3-32b": (decoder(5120, 64, 25600, 64, 8, 151936, model_type="qwen3", head_dim=128), 32_762_123_264),
    "qwen3-30b-a3b": (
        decoder(
            2048,
            48,
            6144,
            32,
            4,
            151936,
            model_type="qwen3_moe",
            head_dim=128,
            num_experts=128,
            num_experts_per_tok=8,
            moe_intermediate_size=768,
            decoder_sparse_step=1,
        ),
        30_532_122_624,
    ),
    "qwen3-235b-a22b": (
        decoder(
            4096,
            94,
            12288,
            64,
            4,
            151936,
            model_type="qwen3_moe",
            head_dim=128,
            num_experts=128,
            num_experts_per_tok=8,
            moe_intermediate_size=1536,
        ),
        235_093_634_560,
    ),
    "gemma-2-9b": (
        decoder(
            3584,
            42,
            14336,
            16,
            8,
            256000,
            model_type="gemma2",
            tie_word_embeddings=True,
            head_dim=256,
            sliding_window=4096,
        ),
        9_241_705_984,
    ),
    "gemma-2-27b": (
        decoder(
            4608,
            46,
            36864,
            32,
            16,
            256000,
            model_type="gemma2",
            tie_word_embeddings=True,
            head_dim=128,
            sliding_window=4096,
        ),
        27_227_128_320,
    ),
    "deepseek-v3": (
        latent(
            7168,
            61,
            18432,
            128,
            129280,
            model_type="deepseek_v3",
            moe_intermediate_size=2048,
            n_routed_experts=256,
            n_shared_experts=1,
            num_experts_per_tok=8,
            first_k_dense_replace=3,
            q_lora_rank=1536,
        ),
        671_026_419_200,
    ),
    "deepseek-v2-lite": (
        latent(
            2048,
            27,
            10944,
            16,
            102400,
            model_type="deepseek_v2",
            moe_intermediate_size=1408,
            n_routed_experts=64,
            n_shared_experts=2,
            num_experts_per_tok=6,
            first_k_dense_replace=1,
            q_lora_rank=None,
        ),
        15_706_484_224,
    ),
    "gpt-oss-120b": (
        decoder(
            2880,
            36,
            2880,
            64,
            8,
            201088,
            model_type="gpt_oss",
            head_dim=64,
            attention_bias=True,
            num_local_experts=128,
            num_experts_per_tok=4,
            sliding_window=128,
        ),
        116_829_156_672,
    ),
    "gpt-oss-20b": (
        decoder(
            2880,
            24,
            2880,
            64,
            8,
            201088,
            model_type="gpt_oss",
            head_dim=64,
            attention_bias=True,
            num_local_experts=32,
            num_experts_per_tok=4,
            sliding_window=128,
        ),
        20_914_757_184,
    ),
    "phi-2": (decoder(2560, 32, 10240, 32, 32, 51200, model_type="phi"), 2_779_683_840),
    "phi-4": (decoder(5120, 40, 17920, 40, 10, 100352, model_type="phi3"), 14_659_507_200),
    "falcon-7b": (
        {
            "model_type": "falcon",
            "hidden_size": 4544,
            "num_hidden_layers": 32,
            "num_attention_heads": 71,
            "vocab_size": 65024,
            "multi_query": True,
            "new_decoder_architecture": False,
        },
        6_921_720_704,
    ),
    "gpt2-xl": (
        {"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25, "n_positions": 1024, "vocab_size": 50257},
        1_557_611_200,
    ),
    "pythia-6.9b": (decoder(4096, 32, 16384, 32, 32, 50432, model_type="gpt_neox"), 6_857_302_016),
    "opt-6.7b": (
        {
            "model_type": "opt",
            "hidden_size": 4096,
            "num_hidden_layers": 32,
            "num_attention_heads": 32,
            "ffn_dim": 16384,
            "vocab_size": 50272,
            "max_position_embeddings": 2048,
            "word_embed_proj_dim": 4096,
        },
        6_658_473_984,
    ),
    "bloom-176b": (
        {
            "model_type": "bloom",
            "n_embed": 14336,
            "hidden_size": 14336,
            "n_layer": 70,
            "num_attention_heads": 112,
            "vocab_size": 250880,
        },
        176_247_271_424,
    ),
    "olmo-2-7b": (decoder(4096, 32, 11008, 32, 32, 100352, model_type="olmo2"), 7_298_617_344),
    "tinyllama-1.1b": (decoder(2048, 22, 5632, 32, 4, 32000), 1_100_048_384),
    "smollm2-1.7b": (decoder(2048, 24, 8192, 32, 32, 49152, tie_word_embeddings=True), 1_711_376_384),
    "bert-large": (
        decoder(
            1024,
            24,
            4096,
            16,
            16,
            30522,
            model_type="bert",
            max_position_embeddings=512,
            type_vocab_size=2,
            tie_word_embeddings=None,
        ),
        335_141_888,
    ),
    "qwen3-next-80b-a3b": (
        decoder(
            2048,
            48,
            5120,
            16,
            2,
            151936,
            model_type="qwen3_next",
            head_dim=256,
            full_attention_interval=4,
            linear_num_key_heads=16,
            linear_num_value_heads=32,
            linear_key_head_dim=128,
            linear_value_head_dim=128,
            linear_conv_kernel_dim=4,
            num_experts=512,
            num_experts_per_tok=10,
            moe_intermediate_size=512,
            shared_expert_intermediate_size=512,
            decoder_sparse_step=1,
        ),
        79_674_391_296,
    ),
    "nemotron-h-8b": (
        decoder(
            4096,
            52,
            21504,
            32,
            8,
            131072,
            model_type="nemotron_h",
            hybrid_override_pattern="M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M*-M-M-M-M-M-",
            head_dim=128,
            mamba_num_heads=128,
            mamba_head_dim=64,
            n_groups=8,
            ssm_state_size=128,
            conv_kernel=4,
        ),
        8_101_000_000,
    ),
    "starcoder2-15b": (
        decoder(6144, 40, 24576, 48, 4, 49152, model_type="starcoder2", use_bias=True, sliding_window=4096),
        15_957_889_024,
    ),
    "qwen3-0.6b": (
        decoder(1024, 28, 3072, 16, 8, 151936, model_type="qwen3", head_dim=128, tie_word_embeddings=True),
        0.6e9,
    ),
    "qwen3-coder-480b-a35b": (
        decoder(
            6144, 62, 8192, 96, 8, 151936, model_type="qwen3_moe", head_dim=128, num_experts=160, num_experts_per_tok=8,
            moe_intermediate_size=2560, decoder_sparse_step=1, shared_expert_intermediate_size=0,
        ),
        480e9,
    ),
    "minimax-m2.5": (
        decoder(
            3072, 62, 1536, 48, 8, 200064, model_type="minimax_m2", head_dim=128, num_local_experts=256,
            num_experts_per_tok=8, shared_intermediate_size=0,
        ),
        230e9,
    ),
    "llama-4-maverick": (
        decoder(
            5120, 48, 8192, 40, 8, 202048, model_type="llama4_text", head_dim=128, num_local_experts=128,
            num_experts_per_tok=1, interleave_moe_layer_step=2, intermediate_size_mlp=16384,
        ),
        400e9,
    ),
    "nemotron-h-56b": (
        decoder(
            8192, 118, 32768, 64, 8, 131072, model_type="nemotron_h", attention_head_dim=128, mamba_num_heads=256,
            mamba_head_dim=64, n_groups=8, ssm_state_size=256, conv_kernel=4,
            hybrid_override_pattern="M-M-M-M*-" + "M-M-M-M-M*-" * 9 + "M-M-M-M-M-",
        ),
        56e9,
    ),
    "nemotron-3-super-120b-a12b": (
        decoder(
            4096, 88, 2688, 32, 2, 131072, model_type="nemotron_h", head_dim=128, mamba_num_heads=128, mamba_head_dim=64,
            n_groups=8, ssm_state_size=128, conv_kernel=4, moe_intermediate_size=2688, moe_latent_size=1024,
            moe_shared_expert_intermediate_size=5376, n_routed_experts=512, n_shared_experts=1, num_experts_per_tok=22,
            hybrid_override_pattern="MEMEMEM*E" * 3 + "MEMEMEMEM*E" * 4 + "MEMEMEM*E" + "MEMEMEME",
        ),
        120e9,
    ),
}  # fmt: skip
"""Models -> the main fields of their configuration, and their parameters as published (by their weights or cards)."""


SEEN = {
    "llama-3.1-8b", "llama-3.1-70b", "llama-3.1-405b", "mixtral-8x7b", "mixtral-8x22b", "qwen3-8b", "qwen3-32b",
    "qwen3-30b-a3b", "qwen3-235b-a22b", "deepseek-v3", "gpt-oss-120b", "gpt-oss-20b", "qwen3-0.6b", "qwen3-coder-480b-a35b",
    "minimax-m2.5", "llama-4-maverick", "nemotron-h-56b", "nemotron-3-super-120b-a12b",
}  # fmt: skip
"""Models of which each field here was found in the maker's file; fields of the others are from memory."""


@pytest.mark.parametrize("model", PUBLISHED)
def test_counted_parameters_are_those_published(model: str) -> None:
    config, published = PUBLISHED[model]
    assert count_config(config).total_params == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(
    ("model", "active", "kind", "layers"),
    [
        ("mixtral-8x7b", 12.9e9, "grouped", (32, 0, 0)),
        ("deepseek-v3", 37.6e9, "latent", (61, 0, 0)),
        ("qwen3-235b-a22b", 22e9, "grouped", (94, 0, 0)),
        ("gpt-oss-120b", 5.7e9, "sliding-window", (18, 18, 0)),
        ("qwen3-next-80b-a3b", 3.9e9, "hybrid", (12, 0, 36)),
        ("nemotron-h-8b", 8.1e9, "hybrid", (4, 0, 24)),
        ("nemotron-3-super-120b-a12b", 12.7e9, "hybrid", (8, 0, 40)),
        ("qwen3-coder-480b-a35b", 35.4e9, "grouped", (62, 0, 0)),
        ("falcon-7b", 6.9e9, "multi-query", (32, 0, 0)),
        ("mistral-7b", 7.2e9, "sliding-window", (0, 32, 0)),
    ],
)
def test_active_parameters_and_layers_by_kind(
    model: str, active: float, kind: str, layers: tuple[int, int, int]
) -> None:
    counted = count_config(PUBLISHED[model][0])
    assert counted.active_params == pytest.approx(active, rel=0.02)
    assert counted.attention_kind == kind
    assert (
        counted.full_attention_layers_count, counted.window_attention_layers_count, counted.recurrent_layers_count
    ) == layers  # fmt: skip


def test_blocks_may_be_listed_instead_of_spelt() -> None:
    """Newer hybrids list their blocks, without a number of layers."""
    spelt = PUBLISHED["nemotron-3-super-120b-a12b"][0]
    words = {"M": "mamba", "E": "moe", "*": "attention"}
    listed = {key: value for key, value in spelt.items() if key not in ("hybrid_override_pattern", "num_hidden_layers")}
    blocks = [words[letter] for letter in spelt["hybrid_override_pattern"]]
    assert count_config(listed | {"layers_block_type": blocks}) == count_config(spelt)


@pytest.mark.parametrize("field", ["block_configs", "compress_ratios", "global_head_dim", "linear_attn_config"])
def test_layers_of_a_form_that_is_not_counted_are_refused(field: str) -> None:
    with pytest.raises(UsageError, match=f"{field} give layers a form that is not counted"):
        count_config(PUBLISHED["llama-3.1-8b"][0] | {field: [1]})


def test_a_tower_is_named_as_left_out() -> None:
    text = PUBLISHED["qwen2.5-7b"][0]
    counted = count_config({"model_type": "qwen2_5_vl", "text_config": text, "vision_config": {"depth": 32}})
    assert counted.left_out == ("vision_config",)
    assert counted.total_params == pytest.approx(7.6e9, rel=0.01)


def test_a_model_is_served_by_its_own_file(built: Settings, called_ledger: Called, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(PUBLISHED["llama-3.1-8b"][0] | {"max_position_embeddings": 131072}))
    case = ("--device", "h100-sxm", "--users", "8", "--number-format", "bf16", "--format", "json")
    own = called_ledger("estimate", "--inference", "--config", str(file), *case, home=built.home)
    known = called_ledger("estimate", "--inference", "--model", "llama-3.1-8b", *case, home=built.home)
    assert (own.returncode, known.returncode) == (0, 0), own.stderr + known.stderr
    by_file, by_name = (
        {row["quantity"]: row["value"] for row in json.loads(done.stdout)["figures"]} for done in (own, known)
    )
    assert by_file["kv_cache_bytes_per_token"] == by_name["kv_cache_bytes_per_token"] == 131_072
    assert by_file["tokens_per_s"] == pytest.approx(by_name["tokens_per_s"], rel=0.01)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ('{"hidden_size": 4096}', "num_hidden_layers is missing or not a whole number above zero"),
        ('{"num_hidden_layers": -2}', "num_hidden_layers is missing or not a whole number above zero"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_words(
    text: str, message: str, built: Settings, called_ledger: Called, tmp_path: Path
) -> None:
    file = tmp_path / "config.json"
    file.write_text(text)
    done = called_ledger("estimate", "--inference", "--config", str(file), "--device", "h100-sxm", home=built.home)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
