"""The schema of every curated CSV under ``seeds/``: one class a file, one typed field a column.

What belongs here: names, types, ranges and descriptions of curated columns. What does not: reading
files (``quarantine.py``), arithmetic (``sql/``). The description of a field becomes the comment of
the DuckDB column; its unit is the suffix of its name (``units.py``).

Every row of every table names its source, where in the source the fact stands, and how the entry
was checked. An empty cell means "not known" and becomes NULL; it is never a zero.
"""

from __future__ import annotations

from pipelines.seeds.benchmarks import (
    BenchmarkModels,
    BenchmarkResults,
    EnergyMeasurements,
    InferencexModels,
    LocalSpeeds,
    MlperfRounds,
    MlperfTrainingRules,
    PublishedServing,
    ServingWorkloads,
)
from pipelines.seeds.claims import ClaimClasses, ClaimNames, ClaimQuantities, Claims, ClaimUnits, Questions
from pipelines.seeds.fact import Fact
from pipelines.seeds.hardware import AcceleratorAliases, AcceleratorPeaks, Accelerators, DriverMemory
from pipelines.seeds.installed import (
    ChipCounts,
    ChipKinds,
    ChipTotals,
    IndependentTotals,
    OwnerSites,
    ServedTokens,
)
from pipelines.seeds.levers import EfficiencyLevers, LeverCases, LeverExceptions, LeverFamilies
from pipelines.seeds.models import (
    Corrections,
    ModelAliases,
    Models,
    ModelShapes,
    PublishedFigures,
    ReleasedWeights,
    TrainingRuns,
)
from pipelines.seeds.prices_and_places import (
    Assumptions,
    CloudPrices,
    CountryOutlines,
    ElectricityPrices,
    EmbodiedCarbon,
    GridCarbon,
    PurchasePrices,
    SiteEfficiency,
    SiteScenarios,
)

SEED_FILES: dict[str, type[Fact]] = {
    "hardware/accelerators.csv": Accelerators,
    "hardware/accelerator_peaks.csv": AcceleratorPeaks,
    "hardware/accelerator_aliases.csv": AcceleratorAliases,
    "hardware/driver_memory.csv": DriverMemory,
    "models/models.csv": Models,
    "models/model_aliases.csv": ModelAliases,
    "models/model_shapes.csv": ModelShapes,
    "models/released_weights.csv": ReleasedWeights,
    "models/training_runs.csv": TrainingRuns,
    "models/published_figures.csv": PublishedFigures,
    "benchmarks/benchmark_results.csv": BenchmarkResults,
    "benchmarks/benchmark_models.csv": BenchmarkModels,
    "benchmarks/mlperf_rounds.csv": MlperfRounds,
    "benchmarks/mlperf_training_rules.csv": MlperfTrainingRules,
    "benchmarks/energy_measurements.csv": EnergyMeasurements,
    "benchmarks/inferencex_models.csv": InferencexModels,
    "benchmarks/local_speeds.csv": LocalSpeeds,
    "benchmarks/serving_workloads.csv": ServingWorkloads,
    "benchmarks/published_serving.csv": PublishedServing,
    "prices/cloud_prices.csv": CloudPrices,
    "prices/purchase_prices.csv": PurchasePrices,
    "prices/electricity_prices.csv": ElectricityPrices,
    "environment/grid_carbon.csv": GridCarbon,
    "environment/country_outlines.csv": CountryOutlines,
    "environment/site_efficiency.csv": SiteEfficiency,
    "environment/embodied_carbon.csv": EmbodiedCarbon,
    "levers/efficiency_levers.csv": EfficiencyLevers,
    "levers/lever_families.csv": LeverFamilies,
    "levers/lever_exceptions.csv": LeverExceptions,
    "levers/lever_cases.csv": LeverCases,
    "sites/site_scenarios.csv": SiteScenarios,
    "installed/chip_kinds.csv": ChipKinds,
    "installed/chip_counts.csv": ChipCounts,
    "installed/chip_totals.csv": ChipTotals,
    "installed/owner_sites.csv": OwnerSites,
    "installed/independent_totals.csv": IndependentTotals,
    "installed/served_tokens.csv": ServedTokens,
    "claims/claims.csv": Claims,
    "claims/questions.csv": Questions,
    "claims/claim_classes.csv": ClaimClasses,
    "claims/claim_names.csv": ClaimNames,
    "claims/claim_quantities.csv": ClaimQuantities,
    "claims/claim_units.csv": ClaimUnits,
    "assumptions.csv": Assumptions,
    "corrections.csv": Corrections,
}
"""Every curated file and its schema; the table is named like the file."""


REFERENCES: tuple[tuple[str, str, str, str], ...] = (
    ("accelerator_peaks", "accelerator_id", "accelerators", "accelerator_id"),
    ("accelerator_aliases", "accelerator_id", "accelerators", "accelerator_id"),
    ("driver_memory", "accelerator_id", "accelerators", "accelerator_id"),
    ("training_runs", "model_id", "models", "model_id"),
    ("models", "base_model_id", "models", "model_id"),
    ("model_aliases", "model_id", "models", "model_id"),
    ("model_shapes", "model_id", "models", "model_id"),
    ("released_weights", "model_id", "models", "model_id"),
    ("training_runs", "accelerator_id", "accelerators", "accelerator_id"),
    ("published_figures", "subject_id_of_run", "training_runs", "training_run_id"),
    ("published_figures", "accelerator_id", "accelerators", "accelerator_id"),
    ("benchmark_results", "accelerator_id", "accelerators", "accelerator_id"),
    ("energy_measurements", "accelerator_id", "accelerators", "accelerator_id"),
    ("local_speeds", "model_id", "models", "model_id"),
    ("local_speeds", "accelerator_id", "accelerators", "accelerator_id"),
    ("benchmark_models", "model_id", "models", "model_id"),
    ("published_serving", "model_id", "models", "model_id"),
    ("published_serving", "accelerator_id", "accelerators", "accelerator_id"),
    ("inferencex_models", "model_id", "models", "model_id"),
    ("cloud_prices", "accelerator_id", "accelerators", "accelerator_id"),
    ("purchase_prices", "accelerator_id", "accelerators", "accelerator_id"),
    ("embodied_carbon", "accelerator_id", "accelerators", "accelerator_id"),
    ("site_scenarios", "accelerator_id", "accelerators", "accelerator_id"),
    ("chip_kinds", "accelerator_id", "accelerators", "accelerator_id"),
    ("chip_kinds", "server_class", "assumptions", "applies_to"),
    ("chip_counts", "chip_id", "chip_kinds", "chip_id"),
    ("chip_counts", "owner", "owner_sites", "owner"),
    ("claims", "unit", "claim_units", "unit"),
)
"""(table, column, referenced table, referenced column): a value must exist in what it refers to."""
