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

from pipelines.records.fields import filled, nullable
from pipelines.records.raw_tables import RawDay, RawDayPrecision, RawNumber, RawRow, RawText, RemoteFile, remote_csv


class EpochModelRow(RawRow):
    """A model as Epoch AI describes it. Subclasses say which file holds it and which columns that file lacks."""

    source_id = "epoch_models"
    key: ClassVar[tuple[str, ...]] = (
        "model", "organization", "publication_date", "link", "parameters_params", "training_compute_flop",
    )  # fmt: skip
    volatile = frozenset({"citations_count"})

    model: RawText = filled("Name of the model.", "Model", "System")
    organization: RawText | None = nullable("Organizations that made it, split by commas.", "Organization")
    publication_date: RawDay | None = nullable("Date of publication.", "Publication date")
    publication_date_precision: RawDayPrecision | None = nullable(
        "What publication_date names: a day, a month or a year.", "Publication date"
    )
    domain: RawText | None = nullable("Domains, split by commas.", "Domain")
    task: RawText | None = nullable("Tasks, split by commas.", "Task")
    parameters_params: RawNumber | None = nullable(
        "Parameters, a count; all of them for a mixture of experts.", "Parameters"
    )
    parameters_notes: RawText | None = nullable("Notes on the parameters; active ones are here.", "Parameters notes")
    training_compute_flop: RawNumber | None = nullable(
        "Training compute, floating-point operations.", "Training compute (FLOP)"
    )
    training_compute_notes: RawText | None = nullable("How the training compute was found.", "Training compute notes")
    training_dataset: RawText | None = nullable("Training datasets, split by commas.", "Training dataset")
    training_dataset_notes: RawText | None = nullable("Notes on the training dataset.", "Training dataset notes")
    training_dataset_size: RawText | None = nullable(
        "Size of the training dataset in the domain's datapoints (tokens, images ...), one number or several split "
        "by commas. What the number counts changed with the name of the column: datapoints, then gradients, then a "
        "total.",
        "Training dataset size (total)",
        "Training dataset size (gradients)",
        "Training dataset size (datapoints)",
        "(DEPRECATED) Training dataset size (datapoints)",
    )
    dataset_size_notes: RawText | None = nullable("Notes on the size of the dataset.", "Dataset size notes")
    confidence: RawText | None = nullable(
        "Confidence of the entry: Confident, Likely, Speculative, Unknown ...", "Confidence"
    )
    link: RawText | None = nullable("Addresses of the sources, one a line.", "Link")
    reference: RawText | None = nullable("Title of the publication.", "Reference")
    citations_count: RawNumber | None = nullable("Citations, a count.", "Citations")
    authors: RawText | None = nullable("Authors of the publication.", "Authors")
    organization_categorization: RawText | None = nullable(
        "Kind of each organization, split by commas: Industry, Academia ...",
        "Organization categorization",
        "Organization categorization (from Organization)",
    )
    country_of_organization: RawText | None = nullable(
        "Country of each organization, split by commas.", "Country (of organization)", "Country (from Organization)"
    )
    notability_criteria: RawText | None = nullable("Why the model counts as notable.", "Notability criteria")
    notability_criteria_notes: RawText | None = nullable("Notes on notability.", "Notability criteria notes")
    epochs: RawNumber | None = nullable("Passes over the training dataset, a number.", "Epochs")
    training_time_hours: RawNumber | None = nullable("Wall-clock training time, hours.", "Training time (hours)")
    training_time_notes: RawText | None = nullable("Notes on the training time.", "Training time notes")
    training_hardware: RawText | None = nullable(
        "Names of the accelerators, split by commas; names as in raw.epoch_hardware.", "Training hardware"
    )
    hardware_quantity_count: RawNumber | None = nullable("Accelerators used, a count.", "Hardware quantity")
    hardware_utilization_mfu: RawNumber | None = nullable(
        "Model FLOP utilization, a ratio. Files of 2024 and 2025 call it hardware utilization only.",
        "Hardware utilization (MFU)",
        "Hardware utilization",
    )
    hardware_utilization_hfu: RawNumber | None = nullable(
        "Hardware FLOP utilization, a ratio.", "Hardware utilization (HFU)"
    )
    training_compute_cost_2023_usd: RawNumber | None = nullable(
        "Cost of the training compute, US dollars of 2023.", "Training compute cost (2023 USD)"
    )
    training_compute_cost_cloud_usd: RawNumber | None = nullable(
        "Cost of the training compute at cloud prices, US dollars; the header names no year.",
        "Training compute cost (cloud)",
    )
    training_compute_cost_upfront_usd: RawNumber | None = nullable(
        "Cost of buying the training hardware, US dollars; the header names no year.", "Training compute cost (upfront)"
    )
    hardware_acquisition_cost_usd: RawNumber | None = nullable(
        "Cost of acquiring the hardware, US dollars; zero means that it is not known.", "Hardware acquisition cost"
    )
    compute_cost_notes: RawText | None = nullable("Notes on the cost.", "Compute cost notes")
    training_power_draw_w: RawNumber | None = nullable(
        "Power draw of the training hardware, watts.", "Training power draw (W)"
    )
    base_model: RawText | None = nullable("Models it was derived from, split by commas.", "Base model")
    finetune_compute_flop: RawNumber | None = nullable(
        "Compute of the fine-tuning alone, floating-point operations.", "Finetune compute (FLOP)"
    )
    finetune_compute_notes: RawText | None = nullable("Notes on the fine-tuning compute.", "Finetune compute notes")
    batch_size: RawNumber | None = nullable("Batch size in the domain's datapoints, a count.", "Batch size")
    batch_size_notes: RawText | None = nullable("Notes on the batch size.", "Batch size notes")
    model_accessibility: RawText | None = nullable("How the model can be had.", "Model accessibility")
    training_code_accessibility: RawText | None = nullable(
        "How the training code can be had.", "Training code accessibility"
    )
    inference_code_accessibility: RawText | None = nullable(
        "How the inference code can be had.", "Inference code accessibility"
    )
    accessibility_notes: RawText | None = nullable("Licence and address of the model.", "Accessibility notes")
    numerical_format: RawText | None = nullable("Number formats of training, split by commas.", "Numerical format")
    frontier_model: RawText | None = nullable(
        "True where the model was at the frontier of training compute, else empty.", "Frontier model"
    )
    open_model_weights: RawText | None = nullable("Yes or No: whether its weights are open.", "Open model weights?")


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

    training_compute_lower_bound_flop: RawNumber | None = nullable(
        "Least training compute that the publisher thinks possible, floating-point operations.",
        "Training compute lower bound",
    )
    training_compute_upper_bound_flop: RawNumber | None = nullable(
        "Most training compute that the publisher thinks possible, floating-point operations.",
        "Training compute upper bound",
    )
    training_compute_estimation_method: RawText | None = nullable(
        "How the training compute was found, split by commas.", "Training compute estimation method"
    )
    training_chip_hours: RawNumber | None = nullable(
        "Hours of all accelerators together, chip-hours.", "Training chip-hours"
    )
    approach: RawText | None = nullable("Approaches of the training, split by commas.", "Approach")
    utilization_notes: RawText | None = nullable("Notes on the utilization.", "Utilization notes")
    last_modified: RawText | None = nullable("When the entry was last changed, as spelled.", "Last modified")
    post_training_compute_flop: RawNumber | None = nullable(
        "Compute of the training after the pretraining, floating-point operations.", "Post-training compute (FLOP)"
    )
    post_training_compute_notes: RawText | None = nullable("How that compute was found.", "Post-training compute notes")
    foundation_model: RawText | None = nullable("True where others build on it, else empty.", "Foundation model")
    training_cloud_compute_vendor: RawText | None = nullable(
        "Whose cloud it was trained in.", "Training cloud compute vendor"
    )
    training_data_center: RawText | None = nullable("Data center that it was trained in.", "Training data center")
    hugging_face_developer_id: RawText | None = nullable(
        "Name of its developer on Hugging Face.", "Hugging Face developer id"
    )


FILES: tuple[RemoteFile, ...] = (
    remote_csv(EpochModels, "https://epoch.ai/data/notable_ai_models.csv", earlier=EpochEarlierModels),
    remote_csv(EpochLargeModels, "https://epoch.ai/data/large_scale_ai_models.csv"),
    remote_csv(EpochAllModels, "https://epoch.ai/data/all_ai_models.csv"),
)
"""What this connector fetches."""
