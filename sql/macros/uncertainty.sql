-- An uncertain positive quantity is a triple: its central value (median), and how far its logarithm
-- reaches down and up to the bounds of the central 90 % (two half-widths, because many priors are skewed).
-- Bounds of products and quotients add in quadrature, each side for itself; that is exact for
-- symmetric factors and a close approximation for mildly skewed ones.

-- macro: uncertain | The triple of a quantity given by its 5th, 50th and 95th percentile.
-- equation: down = ln(central / low), up = ln(high / central)
-- units: any; all three alike
-- example: uncertain(1, 2, 4) = {'central': 2.0, 'down': ln(2), 'up': ln(2)}
create or replace macro uncertain(low, central, high) as
{ 'central': central::double, 'down': ln(central / low), 'up': ln(high / central) };

-- macro: exactly | The triple of a number that is known without error, such as a unit factor.
-- equation: down = up = 0
-- units: any
-- example: exactly(3600) = {'central': 3600.0, 'down': 0.0, 'up': 0.0}
create or replace macro exactly(x) as { 'central': x::double, 'down': 0.0::double, 'up': 0.0::double };

-- macro: low_of | Lower bound (5th percentile) of a triple.
-- equation: central · exp(-down)
-- units: those of the quantity
-- example: round(low_of(uncertain(1, 2, 4)), 12) = 1
create or replace macro low_of(a) as a.central * exp(-a.down);

-- macro: central_of | Central value (median) of a triple.
-- equation: central
-- units: those of the quantity
-- example: central_of(uncertain(1, 2, 4)) = 2
create or replace macro central_of(a) as a.central;

-- macro: high_of | Upper bound (95th percentile) of a triple.
-- equation: central · exp(up)
-- units: those of the quantity
-- example: round(high_of(uncertain(1, 2, 4)), 12) = 4
create or replace macro high_of(a) as a.central * exp(a.up);

-- macro: multiply | Product of two independent quantities.
-- equation: central a·b; half-widths in quadrature
-- units: unit of a times unit of b
-- example: round(high_of(multiply(uncertain(1, 2, 4), exactly(10))), 9) = 40
create or replace macro multiply(a, b) as {
    'central': a.central * b.central,
    'down': sqrt(a.down ** 2 + b.down ** 2),
    'up': sqrt(a.up ** 2 + b.up ** 2)
};

-- macro: divide | Quotient of two independent quantities: the divisor's sides are swapped.
-- equation: central a/b; half-widths in quadrature
-- units: unit of a over unit of b
-- example: round(low_of(divide(exactly(12), uncertain(1, 2, 6))), 9) = 2
create or replace macro divide(a, b) as {
    'central': a.central / b.central,
    'down': sqrt(a.down ** 2 + b.up ** 2),
    'up': sqrt(a.up ** 2 + b.down ** 2)
};

-- macro: add_up | Sum of two independent quantities.
-- equation: central a+b; distances from the centre to the bounds in quadrature
-- units: the one unit of a and b
-- example: round(high_of(add_up(exactly(3), uncertain(1, 2, 4))), 9) = 7
create or replace macro add_up(a, b) as uncertain(
    a.central + b.central - sqrt((a.central - low_of(a)) ** 2 + (b.central - low_of(b)) ** 2),
    a.central + b.central,
    a.central + b.central + sqrt((high_of(a) - a.central) ** 2 + (high_of(b) - b.central) ** 2)
);
