-- Prices of an hour of an accelerator: moved from one year to another, and taken from similar accelerators.

-- macro: price_drift_of | How a rental price changes over some years: a random walk of its logarithm with a drift.
-- equation: change ^ years, bounds times spread ^ (± 1.645 · √|years|)
-- units: ratio of a price to that of a year before, ratio of one standard deviation in a year, years (negative: earlier) -> ratio
-- example: round(central_of(price_drift_of(0.9, 1.2, 2)), 9) = 0.81
create or replace macro price_drift_of(yearly_change_ratio, yearly_spread_ratio, years) as two_sided(
    yearly_change_ratio ** years,
    1.6448536269514722 * ln(yearly_spread_ratio) * sqrt(abs(years)),
    1.6448536269514722 * ln(yearly_spread_ratio) * sqrt(abs(years))
);

-- macro: price_of_peers | Rental price of an accelerator from what similar ones cost per unit of a measure: purchase price, peak or one.
-- equation: price = measure · median(price of a peer / measure of the peer)
-- units: any, USD per chip-hour per unit of it -> USD per chip-hour
-- example: round(price_of_peers(30000, 1.5e-4), 9) = 4.5
create or replace macro price_of_peers(measure, price_per_measure) as measure * price_per_measure;

-- macro: paid_price_of | Price that is paid for an hour: list prices on demand with the discounts of large customers and the surcharges of small ones.
-- equation: low = least(low, central · r_low), high = greatest(high, central · r_high), r the price paid ÷ median list price
-- units: USD per chip-hour, ratio -> USD per chip-hour
-- example: round(low_of(paid_price_of(uncertain(1, 2, 3), uncertain(0.4, 1, 1.2))), 9) = 0.8
create or replace macro paid_price_of(list_price, spread_ratio) as list_transform(
    [{ 'p': list_price, 's': spread_ratio }], lambda q: two_sided(q.p.central, greatest(q.p.down, q.s.down), greatest(q.p.up, q.s.up))
)[1];
