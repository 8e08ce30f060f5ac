"""Epoch AI's tables of AI models: notable models, large-scale models and all models.

What belongs here: the columns of a model record, whichever of Epoch's files it stands in, and the names
that the files of different months gave them. What does not: cleaning, splitting cells that hold several
values, choosing between sources.

* Dates are ISO days; a month or a year alone is its first day, and publication_date_precision says so.
* The size of the training dataset is text: some cells hold two numbers, and its unit is the domain's.
* Zero acquisition cost is kept as zero, though the publisher means that it is not known.
* Abstracts are left out: they are the authors' prose.

Names of models are unique in the published files, but nothing promises it: an older export of the
same table holds two entries of one model that differ in compute. So the key has the figures in it, and a
second entry counts as a duplicate only where they are equal too.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from pipelines.records.raw_tables import RawDay, RawDayPrecision, RawNumber, RawRow, RawText, RemoteFile, remote_csv


class EpochModelRow(RawRow):
    """A model as Epoch AI describes it. Subclasses say which file holds it and which columns that file lacks."""

    source_id = "epoch_models"
    key: ClassVar[tuple[str, ...]] = (
        "model", "organization", "publication_date", "link", "parameters_params", "training_compute_flop",
    )  # fmt: skip
    volatile = frozenset({"citations_count"})
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        "model": ("Model", "System"),
        "organization": ("Organization",),
        "publication_date": ("Publication date",),
        "publication_date_precision": ("Publication date",),
        "domain": ("Domain",),
        "task": ("Task",),
        "parameters_params": ("Parameters",),
        "parameters_notes": ("Parameters notes",),
        "training_compute_flop": ("Training compute (FLOP)",),
        "training_compute_notes": ("Training compute notes",),
        "training_dataset": ("Training dataset",),
        "training_dataset_notes": ("Training dataset notes",),
        "training_dataset_size": (
            "Training dataset size (total)",
            "Training dataset size (gradients)",
            "Training dataset size (datapoints)",
            "(DEPRECATED) Training dataset size (datapoints)",
        ),
        "dataset_size_notes": ("Dataset size notes",),
        "confidence": ("Confidence",),
        "link": ("Link",),
        "reference": ("Reference",),
        "citations_count": ("Citations",),
        "authors": ("Authors",),
        "organization_categorization": (
            "Organization categorization",
            "Organization categorization (from Organization)",
        ),
        "country_of_organization": ("Country (of organization)", "Country (from Organization)"),
        "notability_criteria": ("Notability criteria",),
        "notability_criteria_notes": ("Notability criteria notes",),
        "epochs": ("Epochs",),
        "training_time_hours": ("Training time (hours)",),
        "training_time_notes": ("Training time notes",),
        "training_hardware": ("Training hardware",),
        "hardware_quantity_count": ("Hardware quantity",),
        "hardware_utilization_mfu": ("Hardware utilization (MFU)", "Hardware utilization"),
        "hardware_utilization_hfu": ("Hardware utilization (HFU)",),
        "training_compute_cost_2023_usd": ("Training compute cost (2023 USD)",),
        "training_compute_cost_cloud_usd": ("Training compute cost (cloud)",),
        "training_compute_cost_upfront_usd": ("Training compute cost (upfront)",),
        "hardware_acquisition_cost_usd": ("Hardware acquisition cost",),
        "compute_cost_notes": ("Compute cost notes",),
        "training_power_draw_w": ("Training power draw (W)",),
        "base_model": ("Base model",),
        "finetune_compute_flop": ("Finetune compute (FLOP)",),
        "finetune_compute_notes": ("Finetune compute notes",),
        "batch_size": ("Batch size",),
        "batch_size_notes": ("Batch size notes",),
        "model_accessibility": ("Model accessibility",),
        "training_code_accessibility": ("Training code accessibility",),
        "inference_code_accessibility": ("Inference code accessibility",),
        "accessibility_notes": ("Accessibility notes",),
        "numerical_format": ("Numerical format",),
        "frontier_model": ("Frontier model",),
        "open_model_weights": ("Open model weights?",),
    }

    model: RawText = Field(description="Name of the model.")
    organization: RawText | None = Field(default=None, description="Organizations that made it, split by commas.")
    publication_date: RawDay | None = Field(default=None, description="Date of publication.")
    publication_date_precision: RawDayPrecision | None = Field(
        default=None, description="What publication_date names: a day, a month or a year."
    )
    domain: RawText | None = Field(default=None, description="Domains, split by commas.")
    task: RawText | None = Field(default=None, description="Tasks, split by commas.")
    parameters_params: RawNumber | None = Field(
        default=None, description="Parameters, a count; all of them for a mixture of experts."
    )
    parameters_notes: RawText | None = Field(default=None, description="Notes on the parameters; active ones are here.")
    training_compute_flop: RawNumber | None = Field(
        default=None, description="Training compute, floating-point operations."
    )
    training_compute_notes: RawText | None = Field(default=None, description="How the training compute was found.")
    training_dataset: RawText | None = Field(default=None, description="Training datasets, split by commas.")
    training_dataset_notes: RawText | None = Field(default=None, description="Notes on the training dataset.")
    training_dataset_size: RawText | None = Field(
        default=None,
        description="Size of the training dataset in the domain's datapoints (tokens, images ...), one number or "
        "several split by commas. What the number counts changed with the name of the column: datapoints, then "
        "gradients, then a total.",
    )
    dataset_size_notes: RawText | None = Field(default=None, description="Notes on the size of the dataset.")
    confidence: RawText | None = Field(
        default=None, description="Confidence of the entry: Confident, Likely, Speculative, Unknown ..."
    )
    link: RawText | None = Field(default=None, description="Addresses of the sources, one a line.")
    reference: RawText | None = Field(default=None, description="Title of the publication.")
    citations_count: RawNumber | None = Field(default=None, description="Citations, a count.")
    authors: RawText | None = Field(default=None, description="Authors of the publication.")
    organization_categorization: RawText | None = Field(
        default=None, description="Kind of each organization, split by commas: Industry, Academia ..."
    )
    country_of_organization: RawText | None = Field(
        default=None, description="Country of each organization, split by commas."
    )
    notability_criteria: RawText | None = Field(default=None, description="Why the model counts as notable.")
    notability_criteria_notes: RawText | None = Field(default=None, description="Notes on notability.")
    epochs: RawNumber | None = Field(default=None, description="Passes over the training dataset, a number.")
    training_time_hours: RawNumber | None = Field(default=None, description="Wall-clock training time, hours.")
    training_time_notes: RawText | None = Field(default=None, description="Notes on the training time.")
    training_hardware: RawText | None = Field(
        default=None, description="Names of the accelerators, split by commas; names as in raw.epoch_hardware."
    )
    hardware_quantity_count: RawNumber | None = Field(default=None, description="Accelerators used, a count.")
    hardware_utilization_mfu: RawNumber | None = Field(
        default=None,
        description="Model FLOP utilization, a ratio. Files of 2024 and 2025 call it hardware utilization only.",
    )
    hardware_utilization_hfu: RawNumber | None = Field(default=None, description="Hardware FLOP utilization, a ratio.")
    training_compute_cost_2023_usd: RawNumber | None = Field(
        default=None, description="Cost of the training compute, US dollars of 2023."
    )
    training_compute_cost_cloud_usd: RawNumber | None = Field(
        default=None,
        description="Cost of the training compute at cloud prices, US dollars; the header names no year.",
    )
    training_compute_cost_upfront_usd: RawNumber | None = Field(
        default=None, description="Cost of buying the training hardware, US dollars; the header names no year."
    )
    hardware_acquisition_cost_usd: RawNumber | None = Field(
        default=None, description="Cost of acquiring the hardware, US dollars; zero means that it is not known."
    )
    compute_cost_notes: RawText | None = Field(default=None, description="Notes on the cost.")
    training_power_draw_w: RawNumber | None = Field(
        default=None, description="Power draw of the training hardware, watts."
    )
    base_model: RawText | None = Field(default=None, description="Models it was derived from, split by commas.")
    finetune_compute_flop: RawNumber | None = Field(
        default=None, description="Compute of the fine-tuning alone, floating-point operations."
    )
    finetune_compute_notes: RawText | None = Field(default=None, description="Notes on the fine-tuning compute.")
    batch_size: RawNumber | None = Field(default=None, description="Batch size in the domain's datapoints, a count.")
    batch_size_notes: RawText | None = Field(default=None, description="Notes on the batch size.")
    model_accessibility: RawText | None = Field(default=None, description="How the model can be had.")
    training_code_accessibility: RawText | None = Field(default=None, description="How the training code can be had.")
    inference_code_accessibility: RawText | None = Field(default=None, description="How the inference code can be had.")
    accessibility_notes: RawText | None = Field(default=None, description="Licence and address of the model.")
    numerical_format: RawText | None = Field(default=None, description="Number formats of training, split by commas.")
    frontier_model: RawText | None = Field(
        default=None, description="True where the model was at the frontier of training compute, else empty."
    )
    open_model_weights: RawText | None = Field(default=None, description="Yes or No: whether its weights are open.")


class EpochModels(EpochModelRow):
    """One row per notable AI model, as published by Epoch AI."""

    table = "epoch_models"
    min_rows = 500
    # What at least one file published from mid-2024 to mid-2026 lacks.
    optional = frozenset({
        "publication_date_precision", "task", "training_dataset_notes", "hardware_utilization_hfu",
        "training_compute_cost_cloud_usd", "training_compute_cost_upfront_usd", "hardware_acquisition_cost_usd",
        "training_power_draw_w", "training_code_accessibility", "inference_code_accessibility",
        "accessibility_notes", "numerical_format", "frontier_model", "open_model_weights",
    })  # fmt: skip


class EpochEarlierModels(EpochModels):
    """One row per notable AI model in each earlier snapshot that was accepted: what Epoch AI published before."""

    table = "epoch_earlier_models"
    key = ()


class EpochLargeModels(EpochModelRow):
    """One row per large-scale AI model, as published by Epoch AI."""

    table = "epoch_large_models"
    min_rows = 200
    optional = frozenset({
        "publication_date_precision", "organization_categorization", "notability_criteria",
        "notability_criteria_notes", "epochs", "hardware_utilization_mfu", "hardware_utilization_hfu",
        "training_compute_cost_2023_usd", "training_compute_cost_cloud_usd", "training_compute_cost_upfront_usd",
        "hardware_acquisition_cost_usd", "compute_cost_notes", "training_power_draw_w", "batch_size",
        "batch_size_notes", "inference_code_accessibility", "numerical_format", "frontier_model",
        "open_model_weights",
    })  # fmt: skip


class EpochAllModels(EpochModelRow):
    """One row per AI model, as published by Epoch AI: its widest list."""

    table = "epoch_all_models"
    source_id = "epoch_all_models"
    min_rows = 1_000
    volatile = EpochModelRow.volatile | {"last_modified"}
    optional = EpochModels.optional | {
        "training_dataset", "inference_code_accessibility", "compute_cost_notes", "approach", "last_modified",
        "training_compute_estimation_method", "utilization_notes", "post_training_compute_flop",
        "post_training_compute_notes", "foundation_model", "training_cloud_compute_vendor", "training_data_center",
        "hugging_face_developer_id",
    }  # fmt: skip
    headers: ClassVar[dict[str, tuple[str, ...]]] = {
        **EpochModelRow.headers,
        "training_compute_lower_bound_flop": ("Training compute lower bound",),
        "training_compute_upper_bound_flop": ("Training compute upper bound",),
        "training_compute_estimation_method": ("Training compute estimation method",),
        "training_chip_hours": ("Training chip-hours",),
        "approach": ("Approach",),
        "utilization_notes": ("Utilization notes",),
        "last_modified": ("Last modified",),
        "post_training_compute_flop": ("Post-training compute (FLOP)",),
        "post_training_compute_notes": ("Post-training compute notes",),
        "foundation_model": ("Foundation model",),
        "training_cloud_compute_vendor": ("Training cloud compute vendor",),
        "training_data_center": ("Training data center",),
        "hugging_face_developer_id": ("Hugging Face developer id",),
    }

    training_compute_lower_bound_flop: RawNumber | None = Field(
        default=None,
        description="Least training compute that the publisher thinks possible, floating-point operations.",
    )
    training_compute_upper_bound_flop: RawNumber | None = Field(
        default=None, description="Most training compute that the publisher thinks possible, floating-point operations."
    )
    training_compute_estimation_method: RawText | None = Field(
        default=None, description="How the training compute was found, split by commas."
    )
    training_chip_hours: RawNumber | None = Field(
        default=None, description="Hours of all accelerators together, chip-hours."
    )
    approach: RawText | None = Field(default=None, description="Approaches of the training, split by commas.")
    utilization_notes: RawText | None = Field(default=None, description="Notes on the utilization.")
    last_modified: RawText | None = Field(default=None, description="When the entry was last changed, as spelled.")
    post_training_compute_flop: RawNumber | None = Field(
        default=None, description="Compute of the training after the pretraining, floating-point operations."
    )
    post_training_compute_notes: RawText | None = Field(default=None, description="How that compute was found.")
    foundation_model: RawText | None = Field(default=None, description="True where others build on it, else empty.")
    training_cloud_compute_vendor: RawText | None = Field(default=None, description="Whose cloud it was trained in.")
    training_data_center: RawText | None = Field(default=None, description="Data center that it was trained in.")
    hugging_face_developer_id: RawText | None = Field(
        default=None, description="Name of its developer on Hugging Face."
    )


FILES: tuple[RemoteFile, ...] = (
    remote_csv(EpochModels, "https://epoch.ai/data/notable_ai_models.csv", earlier=EpochEarlierModels),
    remote_csv(EpochLargeModels, "https://epoch.ai/data/large_scale_ai_models.csv"),
    remote_csv(EpochAllModels, "https://epoch.ai/data/all_ai_models.csv"),
)
"""What this connector fetches."""
