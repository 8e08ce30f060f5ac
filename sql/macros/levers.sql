-- Levers: how a published factor carries over, and how factors combine.

-- macro: reached_factor | Factor that is reached elsewhere: what lies beyond 1, on the logarithm, times a ratio.
-- equation: factor ^ ratio
-- units: ratio, ratio -> ratio
-- example: reached_factor(4, 0.5) = 2 and reached_factor(0.25, 1) = 0.25
create or replace macro reached_factor(factor, reached_ratio) as factor ** reached_ratio;

-- macro: nominal_batch_of | The power of two that a batch was meant to be, where requests ran out before its end; else the batch.
-- equation: 2^round(log2 b) where that is within 7 %
-- units: requests at the same time -> the same
-- example: nominal_batch_of(7.96) = 8 and nominal_batch_of(95.7) = 95.7
create or replace macro nominal_batch_of(batch_size) as case
    when abs(log2(batch_size) - round(log2(batch_size))) < 0.1 then 2 ** round(log2(batch_size)) else batch_size
end;
