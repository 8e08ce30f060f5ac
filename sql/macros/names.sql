-- Names: how different spellings of a name are matched.

-- macro: plain_name | A name without case, blanks and punctuation, for comparing spellings.
-- equation: lower case letters and digits only; a decimal point becomes the letter p, or 1.3B and 13B would be alike
-- units: none
-- example: plain_name('Llama 3.1-405B') = 'llama3p1405b'
create or replace macro plain_name(name) as regexp_replace(
    regexp_replace(lower(strip_accents(name)), '([0-9])\.([0-9])', '\1p\2', 'g'), '[^a-z0-9]', '', 'g'
);

-- macro: slug | A key made from a name.
-- equation: lower case, runs of other characters become one hyphen
-- units: none
-- example: slug(' NVIDIA Tesla P100 PCIe 12GB ') = 'nvidia-tesla-p100-pcie-12gb'
create or replace macro slug(name) as trim(regexp_replace(lower(strip_accents(name)), '[^a-z0-9.]+', '-', 'g'), '-');

-- macro: bare_model_name | Served name of a model, without owner and variant words, as plain_name.
-- equation: what follows the last slash, without -instruct, -it, -chat, -hf, number formats, dates of releases and the like
-- units: none
-- example: bare_model_name('Qwen/Qwen3-235B-A22B-Instruct-2507-FP8') = 'qwen3235ba22b' and bare_model_name('gemma-3-12b-it') = 'gemma312b'
create or replace macro bare_model_name(name) as plain_name(
    regexp_replace(
        regexp_replace(lower(name), '^.*/', ''),
        '[-_ ](17b[-_ ][0-9]+e|instruct|chat|it|hf|turbo|instant|versatile|preview|fp8|bf16|awq|batch|v1:0|2407|2411|2501|2507|0324|0528)\b', '', 'g'
    )
);

-- macro: bare_accelerator_name | Name of an accelerator without its vendor, as plain_name: drivers and shops print it with or without.
-- equation: without trademark signs and the vendor's name at the beginning
-- units: none
-- example: bare_accelerator_name('Tesla K80') = bare_accelerator_name('NVIDIA Tesla K80') and bare_accelerator_name('Apple M1') = 'm1'
create or replace macro bare_accelerator_name(name) as plain_name(
    regexp_replace(
        regexp_replace(lower(name), '\((r|tm)\)|®|™', ' ', 'g'), '^\s*(nvidia|amd|intel|apple|google|amazon|aws|huawei|qualcomm|raspberry pi ltd)\s+', ''
    )
);

-- macro: name_words | The words of a name, to compare names that list the same partners in another order.
-- equation: lower case letters and digits, cut at everything else
-- units: none
-- example: name_words('IBM+CoreWeave + NVIDIA') = ['ibm', 'coreweave', 'nvidia']
create or replace macro name_words(name) as string_split(trim(regexp_replace(lower(strip_accents(name)), '[^a-z0-9]+', ' ', 'g')), ' ');

-- macro: counted_name | Name of an accelerator of which there are several, as plain_name.
-- equation: without the words GPUs, chips, accelerators and cards, and the s of the plural
-- units: none
-- example: counted_name('B200s') = 'b200' and counted_name('NVIDIA H100 GPUs') = 'nvidiah100' and counted_name('Wormhole n300s') = 'wormholen300'
create or replace macro counted_name(name) as plain_name(
    regexp_replace(regexp_replace(name, '\s+(gpu|chip|accelerator|card|tpu)s?\s*$', '', 'i'), '([0-9])s\s*$', '\1', 'i')
);

-- macro: sister_name | What the names of the sizes of one model share.
-- equation: the name without its last word, where that word has a digit
-- units: none
-- example: sister_name('ResNet-152') = 'ResNet' and sister_name('Llama 3.3 70B') = 'Llama 3.3' and sister_name('Grok') is null
create or replace macro sister_name(name) as nullif(regexp_extract(name, '^(.*)[\s-]+[^\s-]*[0-9][^\s-]*$', 1), '');
