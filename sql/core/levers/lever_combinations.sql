-- One row per pair of lever families: whether their factors multiply. Those that act on the same thing overlap, and those of different
-- phases save different things, unless seeds.lever_exceptions says otherwise.
-- key: family, other_family
-- column: family | First family.
-- column: other_family | Second family, later in the alphabet.
-- column: combination | multiplies: both count in full; overlaps: their product is an upper bound; excludes: one or the other; separate: one saves
--    in training, the other in inference.
-- column: reason | Reason.
-- check: every_exception_is_of_a_pair | select * from seeds.lever_exceptions as e
--    anti join core.lever_combinations as c on e.family = c.family and e.other_family = c.other_family
-- check: every_family_is_described | select distinct family from seeds.efficiency_levers where family not in (select family from seeds.lever_families)
select
    a.family,
    b.family as other_family,
    coalesce(
        e.combination,
        case
            when a.phase <> b.phase and a.phase <> 'both' and b.phase <> 'both' then 'separate'
            when a.acts_on = b.acts_on then 'overlaps'
            else 'multiplies'
        end
    ) as combination,
    coalesce(
        e.reason,
        case
            when a.phase <> b.phase and a.phase <> 'both' and b.phase <> 'both'
                then 'One saves in ' || a.phase || ', the other in ' || b.phase || '.'
            when a.acts_on = b.acts_on then 'Both act on ' || a.acts_on || '.'
            else 'One acts on ' || a.acts_on || ', the other on ' || b.acts_on || '.'
        end
    ) as reason
from seeds.lever_families as a
inner join seeds.lever_families as b on a.family < b.family
left join seeds.lever_exceptions as e on a.family = e.family and b.family = e.other_family
order by a.family, b.family
