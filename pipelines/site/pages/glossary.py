"""Terms of the field in plain words, for the methods page and for links from quantities to their term."""

from __future__ import annotations

TERMS = {
    "accelerator": "A chip or card that does the arithmetic of AI models: a GPU, TPU or similar.",
    "active-parameters": "The parameters that take part in processing one token. In a mixture of experts they are a part of all.",
    "batch": "The sequences that a server processes together. A larger batch takes less energy per token but answers later.",
    "boundary": "What a figure includes: the chips, the servers around them, or the whole facility with cooling.",
    "chip-hour": "One accelerator in use for one hour.",
    "derived": "Calculated by our formula from inputs that each have a source.",
    "embodied-emissions": "Emissions of making the hardware. A run is attributed its share of the hardware's lifetime.",
    "estimated": "An estimate by a third party, neither measured nor published by the developer.",
    "facility-energy": "Electricity of the whole data centre for a run: server energy times PUE.",
    "flop": "Floating-point operation: one addition or multiplication. FLOP counts work; FLOP/s is a rate.",
    "hfu": "Hardware FLOP utilisation: like MFU, but recomputed operations count too.",
    "home-year": "The electricity that an average US home uses in a year, about 10,500 kWh.",
    "interval": "The range that holds the true value with 90 % probability: from the 5th to the 95th percentile.",
    "kv-cache": "Memory in which a model keeps what it computed for earlier tokens.",
    "location-based": "Emissions by the average electricity of the grid at the place of the data centre.",
    "market-based": "Emissions by the electricity that the operator bought under contract.",
    "measured": "Read from an instrument by whoever published the figure.",
    "memory-bandwidth": "How many bytes a second an accelerator can read from its memory. It limits the speed of one sequence.",
    "mfu": "Model FLOP utilisation: the share of the accelerators' dense peak that the model's own operations reach.",
    "mixture-of-experts": "A model of many sub-networks, of which each token uses a few.",
    "number-format": "How a number is stored: bf16 takes 16 bits, fp8 and int8 take 8, fp4 and int4 take 4.",
    "parameter": "A trained number of a model. More parameters need more memory and more operations per token.",
    "petaflop-day": "A day at 10¹⁵ FLOP/s: 8.64×10¹⁹ FLOP.",
    "pue": "Power usage effectiveness: electricity of the facility ÷ electricity of its computers. 1.1 is efficient.",
    "quantization": "Storing weights in fewer bits than they were trained in.",
    "rated-power": "The power that an accelerator is designed to draw at most (TDP).",
    "reported": "Published by the developer of the model or the vendor of the chip.",
    "sparsity": "Zeros that the hardware skips. Peaks with 2:4 sparsity are twice the dense peak and rarely reached.",
    "token": "A piece of text, about three quarters of an English word.",
    "training-run": "One training of a model from its start, or of one later stage such as fine-tuning.",
    "water": "Water evaporated for cooling on site and for generating the electricity.",
}
"""Key of a term -> what it means, in one or two sentences."""

NAMES = {
    "flop": "FLOP",
    "hfu": "HFU",
    "kv-cache": "KV cache",
    "mfu": "MFU",
    "petaflop-day": "PetaFLOP-day",
    "pue": "PUE",
}
"""Terms whose name is not their key with blanks."""

TERM_OF = {
    "training_flop": "flop", "petaflop_days": "petaflop-day", "chip_hours": "chip-hour", "mfu": "mfu", "hfu": "hfu",
    "chip_energy_kwh": "boundary", "server_energy_kwh": "boundary", "facility_energy_kwh": "facility-energy",
    "location_co2e_kg": "location-based", "market_co2e_kg": "market-based", "embodied_co2e_kg": "embodied-emissions",
    "water_l": "water", "training_tokens": "token", "total_params": "parameter", "active_params": "active-parameters",
    "throughput_flop_per_s": "flop", "tdp_w": "rated-power",
}  # fmt: skip
"""Public name of a quantity -> the term that explains it."""


def term_name(key: str) -> str:
    """A term as a heading.

    >>> term_name("mfu"), term_name("number-format")
    ('MFU', 'Number format')
    """
    return NAMES.get(key) or key.replace("-", " ").capitalize()
