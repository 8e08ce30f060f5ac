-- An uncertain positive quantity: its central value, and the shape of its logarithm. The shape is held twice: as how far
-- the bounds of the central 90 % lie from the centre (down, up; two half-widths, because many priors are skewed), and as
-- the first four cumulants of the logarithm over the central value (k1 … k4), which simply add when independent
-- quantities are multiplied. A prior is lognormal on each side of its central value, which is its median. The central
-- value of a result is the formula of the central values; `mid` is how far its median lies from that, on the logarithm.
-- A product is no wider than all its factors together (all_down, all_up).
-- Arguments are bound by a list of one element, so that a nested formula is written out once and not at every mention.

-- macro: difference_of_sides | Standard deviation above the median less that below, of the two-sided quantity whose logarithm has these cumulants.
-- equation: d = 2·√(k2/e)·sin(asin(k3·√(π·e/2)/√k2³)/3) with e = 1-5/(2π), from k3 = d·(3·k2 - d²·e)/√(2π) and k2 = s·t + d²·(π-1)/(2π)
-- units: cumulants of a natural logarithm -> natural logarithm
-- example: abs(difference_of_sides((two_sided(2, 1, 3)).k2, (two_sided(2, 1, 3)).k3) - 2 / 1.6448536269514722) < 1e-9
create or replace macro difference_of_sides(k2, k3) as list_transform(
    [{ 's': sqrt(k2::double), 'k3': k3::double, 'e': 1 - 5 / (2 * pi()) }],
    lambda q: case
        when q.s > 0
            then 2 * q.s / sqrt(q.e) * sin(asin(greatest(-1, least(1, q.k3 * sqrt(pi() * q.e / 2) / q.s ** 3))) / 3)
        else 0
    end
)[1];

-- macro: from_cumulants | The quantity whose logarithm has these cumulants: the mean of two approximations that err in opposite directions.
-- equation: Cornish-Fisher k1 + s·(z + (z²-1)·g/6 + (z³-3z)·h/24 - (2z³-5z)·g²/36), s² = k2, g = k3/s³, h = k4/s⁴; and two_sided of equal k1, k2, k3
-- units: central in any unit; cumulants of a natural logarithm
-- source: fisher_cornish_1960
-- example: abs(high_of(from_cumulants(2, 0, (ln(2) / 1.6448536) ** 2, 0, 0)) - 4) < 1e-6
create or replace macro from_cumulants(central, k1, k2, k3, k4) as list_transform(
    list_transform(
        [{
            'c': central::double,
            'k1': k1::double,
            'k2': k2::double,
            'k3': k3::double,
            'k4': k4::double,
            's': sqrt(k2::double),
            'd': difference_of_sides(k2, k3),
            'z': 1.6448536269514722::double
        }],
        lambda q: {
            'q': q,
            -- half the distance between the bounds, how far their middle lies above the median, and the median
            'half': (
                q.s * q.z
                + case
                    when q.s > 0
                        then (q.z ** 3 - 3 * q.z) * q.k4 / q.s ** 3 / 24 - (2 * q.z ** 3 - 5 * q.z) * q.k3 ** 2 / q.s ** 5 / 36
                    else 0
                end
                + q.z / 2 * sqrt(greatest(q.d ** 2, 4 * q.k2 - q.d ** 2 * (1 - 2 / pi())))
            ) / 2,
            'lean': (case when q.s > 0 then q.z ** 2 * q.k3 / q.k2 / 6 else 0 end + q.z / 2 * q.d) / 2,
            'mid': q.k1 - (case when q.s > 0 then q.k3 / q.k2 / 6 else 0 end + q.d / sqrt(2 * pi())) / 2
        }
    ),
    lambda r: {
        'central': r.q.c,
        'down': greatest(0, r.half - r.lean - r.mid),
        'mid': r.mid,
        'up': greatest(0, r.half + r.lean + r.mid),
        'k1': r.q.k1,
        'k2': r.q.k2,
        'k3': r.q.k3,
        'k4': r.q.k4
    }
)[1];

-- macro: two_sided | The quantity that is lognormal on each side of its median, with these half-widths.
-- equation: moments of the logarithm m1 = (t-s)/√(2π), m2 = (s²+t²)/2, m3 = 2(t³-s³)/√(2π), m4 = 3(s⁴+t⁴)/2 with s = down/1.645, t = up/1.645
-- units: central in any unit; half-widths of a natural logarithm
-- example: (two_sided(2, 1, 1)).k1 = 0 and abs((two_sided(2, 1, 1)).k4) < 1e-12
create or replace macro two_sided(central, down, up) as list_transform(
    list_transform(
        [{ 'c': central::double, 'd': down::double, 'u': up::double, 's': (down)::double / 1.6448536269514722, 't': (up)::double / 1.6448536269514722 }],
        lambda q: {
            'c': q.c,
            'd': q.d,
            'u': q.u,
            'm1': (q.t - q.s) / sqrt(2 * pi()),
            'm2': (q.s ** 2 + q.t ** 2) / 2,
            'm3': 2 * (q.t ** 3 - q.s ** 3) / sqrt(2 * pi()),
            'm4': 1.5 * (q.s ** 4 + q.t ** 4)
        }
    ),
    lambda q: {
        'central': q.c,
        'down': q.d,
        'mid': 0.0::double,
        'up': q.u,
        'k1': q.m1,
        'k2': q.m2 - q.m1 ** 2,
        'k3': q.m3 - 3 * q.m1 * q.m2 + 2 * q.m1 ** 3,
        'k4': q.m4 - 4 * q.m1 * q.m3 - 3 * q.m2 ** 2 + 12 * q.m1 ** 2 * q.m2 - 6 * q.m1 ** 4,
        'all_down': q.d,
        'all_up': q.u
    }
)[1];

-- macro: uncertain | The quantity given by its 5th, 50th and 95th percentile.
-- equation: down = ln(central / low), up = ln(high / central)
-- units: any; all three alike
-- example: (uncertain(1, 2, 4)).down = ln(2) and (uncertain(1, 2, 4)).up = ln(2)
create or replace macro uncertain(low, central, high) as list_transform(
    [{ 'l': low::double, 'c': central::double, 'h': high::double }],
    lambda q: two_sided(q.c, ln(q.c / q.l), ln(q.h / q.c))
)[1];

-- macro: exactly | An exact quantity, such as a unit factor.
-- equation: no width
-- units: any
-- example: low_of(exactly(3600)) = 3600 and high_of(exactly(3600)) = 3600
create or replace macro exactly(x) as {
    'central': x::double,
    'down': 0.0::double,
    'mid': 0.0::double,
    'up': 0.0::double,
    'k1': 0.0::double,
    'k2': 0.0::double,
    'k3': 0.0::double,
    'k4': 0.0::double,
    'all_down': 0.0::double,
    'all_up': 0.0::double
};

-- macro: no_less_than | The quantity where all below a floor is impossible.
-- equation: low = max(low, floor), at most central; central and high as they are
-- units: the one unit of both
-- example: low_of(no_less_than(uncertain(1, 4, 8), 2)) = 2 and round(high_of(no_less_than(uncertain(1, 4, 8), 2)), 9) = 8
create or replace macro no_less_than(a, least_value) as list_transform(
    [{ 'a': a, 'least': least_value::double }],
    lambda q: two_sided(q.a.central, greatest(0, least(q.a.down, ln(q.a.central / q.least))), q.a.up)
)[1];

-- macro: low_of | Lower bound (5th percentile).
-- equation: central · exp(-down)
-- units: those of the quantity
-- example: round(low_of(uncertain(1, 2, 4)), 12) = 1
create or replace macro low_of(a) as list_transform([a], lambda q: q.central * exp(-q.down))[1];

-- macro: central_of | Central value.
-- equation: central
-- units: those of the quantity
-- example: central_of(uncertain(1, 2, 4)) = 2
create or replace macro central_of(a) as a.central;

-- macro: high_of | Upper bound (95th percentile).
-- equation: central · exp(up)
-- units: those of the quantity
-- example: round(high_of(uncertain(1, 2, 4)), 12) = 4
create or replace macro high_of(a) as list_transform([a], lambda q: q.central * exp(q.up))[1];

-- macro: multiply | Product of two independent quantities.
-- equation: central a·b; cumulants of the logarithms add; no side wider than those of both together
-- units: unit of a times unit of b
-- example: round(high_of(multiply(uncertain(1, 2, 4), exactly(10))), 9) = 40
create or replace macro multiply(a, b) as list_transform(
    list_transform(
        [{ 'a': a, 'b': b }],
        lambda q: {
            'p': from_cumulants(q.a.central * q.b.central, q.a.k1 + q.b.k1, q.a.k2 + q.b.k2, q.a.k3 + q.b.k3, q.a.k4 + q.b.k4),
            'known': case when q.a.k2 = 0 then q.b when q.b.k2 = 0 then q.a end, -- a factor without width changes no shape
            'all_down': q.a.all_down + q.b.all_down,
            'all_up': q.a.all_up + q.b.all_up
        }
    ),
    lambda q: {
        'central': q.p.central,
        'down': coalesce(q.known.down, least(q.p.down, q.all_down)),
        'mid': coalesce(q.known.mid, q.p.mid),
        'up': coalesce(q.known.up, least(q.p.up, q.all_up)),
        'k1': q.p.k1,
        'k2': q.p.k2,
        'k3': q.p.k3,
        'k4': q.p.k4,
        'all_down': q.all_down,
        'all_up': q.all_up
    }
)[1];

-- macro: scaled | An uncertain quantity times an exact number: its shape stays. Worked out faster than multiply with exactly.
-- equation: (a · k, down, up)
-- units: any, number -> units of the product
-- example: central_of(scaled(uncertain(1, 2, 8), 3)) = 6 and high_of(scaled(uncertain(1, 2, 8), 3)) = 3 * high_of(uncertain(1, 2, 8))
create or replace macro scaled(a, factor) as list_transform(
    [{ 'a': a, 'f': factor::double }],
    lambda q: {
        'central': q.a.central * q.f,
        'down': q.a.down,
        'mid': q.a.mid,
        'up': q.a.up,
        'k1': q.a.k1,
        'k2': q.a.k2,
        'k3': q.a.k3,
        'k4': q.a.k4,
        'all_down': q.a.all_down,
        'all_up': q.a.all_up
    }
)[1];

-- macro: reciprocal | Reciprocal of a quantity: its bounds change places.
-- equation: 1/a; the odd cumulants change sign
-- units: one over the unit of a
-- example: round(low_of(reciprocal(uncertain(1, 2, 4))), 12) = 0.25
create or replace macro reciprocal(a) as list_transform(
    [a],
    lambda q: {
        'central': 1 / q.central,
        'down': q.up,
        'mid': -q.mid,
        'up': q.down,
        'k1': -q.k1,
        'k2': q.k2,
        'k3': -q.k3,
        'k4': q.k4,
        'all_down': q.all_up,
        'all_up': q.all_down
    }
)[1];

-- macro: exchanged | A product in which one independent factor takes the place of another.
-- equation: a · now / was; squares of the half-widths of was are taken away, and those of now added, each side for itself
-- units: those of the quantity, if both factors have one unit
-- example: abs(high_of(exchanged(multiply(uncertain(1, 2, 4), uncertain(1, 3, 9)), uncertain(1, 3, 9), uncertain(1, 2, 4))) - 4 * 2 ** sqrt(2)) < 1e-6
create or replace macro exchanged(a, was, now) as list_transform(
    [{ 'a': a, 'w': was, 'n': now }],
    lambda q: two_sided(
        q.a.central * q.n.central / q.w.central,
        sqrt(greatest(0, q.a.down ** 2 - q.w.down ** 2) + q.n.down ** 2),
        sqrt(greatest(0, q.a.up ** 2 - q.w.up ** 2) + q.n.up ** 2)
    )
)[1];

-- macro: divide | Quotient of two independent quantities.
-- equation: a · (1/b)
-- units: unit of a over unit of b
-- example: round(low_of(divide(exactly(12), uncertain(1, 2, 6))), 9) = 2
create or replace macro divide(a, b) as multiply(a, reciprocal(b));

-- macro: add_up | Sum of two independent quantities.
-- equation: central a+b; distances from the medians to the bounds in quadrature, each side for itself
-- units: the one unit of a and b
-- example: round(high_of(add_up(exactly(3), uncertain(1, 2, 4))), 9) = 7
create or replace macro add_up(a, b) as list_transform(
    list_transform(
        list_transform(
            [{ 'a': a, 'b': b }],
            lambda q: {
                'c': q.a.central + q.b.central,
                'ma': q.a.central * exp(q.a.mid),
                'mb': q.b.central * exp(q.b.mid),
                'la': q.a.central * exp(-q.a.down),
                'lb': q.b.central * exp(-q.b.down),
                'ha': q.a.central * exp(q.a.up),
                'hb': q.b.central * exp(q.b.up)
            }
        ),
        lambda q: {
            'c': q.c,
            'm': q.ma + q.mb,
            'l': q.ma + q.mb - sqrt((q.ma - q.la) ** 2 + (q.mb - q.lb) ** 2),
            'h': q.ma + q.mb + sqrt((q.ha - q.ma) ** 2 + (q.hb - q.mb) ** 2)
        }
    ),
    lambda q: list_transform(
        [{
            'x': two_sided(q.c, greatest(0, ln(q.m / q.l)), greatest(0, ln(q.h / q.m))),
            'mid': ln(q.m / q.c),
            'down': greatest(0, ln(q.c / q.l)),
            'up': greatest(0, ln(q.h / q.c))
        }],
        lambda r: {
            'central': r.x.central,
            'down': r.down,
            'mid': r.mid,
            'up': r.up,
            'k1': r.x.k1 + r.mid,
            'k2': r.x.k2,
            'k3': r.x.k3,
            'k4': r.x.k4,
            'all_down': r.down,
            'all_up': r.up
        }
    )[1]
)[1];

-- macro: complement_of | One minus a share: the rest.
-- equation: 1 - a; the bounds change places
-- units: share -> share
-- example: round(high_of(complement_of(uncertain(0.12, 0.19, 0.25))), 9) = 0.88
create or replace macro complement_of(a) as list_transform(
    [a],
    lambda q: uncertain(1 - q.central * exp(q.up), 1 - q.central, 1 - q.central * exp(-q.down))
)[1];

-- macro: share_of | Share of a part in the total; the part is counted once.
-- equation: a / (a + rest) = 1 / (1 + rest / a)
-- units: a and rest alike -> share
-- example: round(central_of(share_of(uncertain(1, 2, 4), exactly(6))), 12) = 0.25 and high_of(share_of(uncertain(1, 2, 4), exactly(6))) < 1
create or replace macro share_of(a, rest) as reciprocal(add_up(exactly(1), divide(rest, a)));

-- macro: odds_of | Ratio of a share to the rest.
-- equation: a / (1 - a)
-- units: share -> ratio
-- example: round(high_of(odds_of(uncertain(0.1, 0.2, 0.5))), 9) = 1
create or replace macro odds_of(a) as list_transform(
    [{ 'l': low_of(a), 'c': central_of(a), 'h': high_of(a) }],
    lambda q: uncertain(q.l / (1 - q.l), q.c / (1 - q.c), q.h / (1 - q.h))
)[1];

-- macro: t_quantile_95 | 95th percentile of Student's t, by its expansion about the normal one (Abramowitz and Stegun, 26.7.5).
-- equation: t = z + (z³+z)/(4v) + (5z⁵+16z³+3z)/(96v²) + (3z⁷+19z⁵+17z³-15z)/(384v³), z = 1.645
-- units: degrees of freedom, at least 3 -> pure number
-- example: abs(t_quantile_95(4) - 2.13185) < 0.005 and abs(t_quantile_95(20) - 1.72472) < 1e-4
create or replace macro t_quantile_95(freedom) as list_transform(
    [{ 'z': 1.6448536269514722::double, 'v': freedom::double }],
    lambda q:
    q.z
    + (q.z ** 3 + q.z) / (4 * q.v)
    + (5 * q.z ** 5 + 16 * q.z ** 3 + 3 * q.z) / (96 * q.v ** 2)
    + (3 * q.z ** 7 + 19 * q.z ** 5 + 17 * q.z ** 3 - 15 * q.z) / (384 * q.v ** 3)
)[1];
