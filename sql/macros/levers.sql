-- Levers: how a published factor carries over, and how factors combine.

-- macro: reached_factor | Factor that is reached elsewhere: what lies beyond 1, on the logarithm, times a ratio.
-- equation: factor ^ ratio
-- units: ratio, ratio -> ratio
-- example: reached_factor(4, 0.5) = 2 and reached_factor(0.25, 1) = 0.25
create or replace macro reached_factor(factor, reached_ratio) as factor ** reached_ratio;
