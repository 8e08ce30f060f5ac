-- Names: how the same thing is recognised under different spellings.

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
