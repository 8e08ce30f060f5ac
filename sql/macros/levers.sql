-- Techniques: how a published factor transfers, and how factors combine.

-- macro: reached_factor | Factor that others reach: the logarithm of the published factor times a ratio.
-- equation: factor ^ ratio
-- units: ratio, ratio -> ratio
-- example: reached_factor(4, 0.5) = 2 and reached_factor(0.25, 1) = 0.25
create or replace macro reached_factor(factor, reached_ratio) as factor ** reached_ratio;

-- macro: nominal_batch_of | The intended power of two of a batch, if requests ran out before its end; else the batch.
-- equation: 2^round(log2 b) where b is within that by the given ratio
-- units: requests at the same time, ratio -> requests at the same time
-- example: nominal_batch_of(7.96, 1.07) = 8 and nominal_batch_of(95.7, 1.07) = 95.7
create or replace macro nominal_batch_of(batch_size, nearness_ratio) as case
    when abs(log2(batch_size) - round(log2(batch_size))) < log2(nearness_ratio) then 2 ** round(log2(batch_size)) else batch_size
end;
