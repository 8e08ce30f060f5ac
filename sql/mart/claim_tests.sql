-- One row per claim and boundary: our value for the claim's subject within that boundary, and the verdict by the rules in docs/methods.md.
-- A quantity named without its boundary is tested against each boundary by itself; place 1 is the one that matches the claim best.
-- All numbers are in the unit that the quantity is tested in. If the subject is a class, the interval is that of its median (5th percentile
-- of the lower bounds, median, 95th percentile of the upper bounds), or of the tested member, depending on the scope of the claim.
-- key: document_id, claim_id, boundary
-- column: boundary | What the figures include; none where there is no boundary, both for water on site and of generation.
-- column: member_kind | Kind of the members of the class, or of the subject.
-- column: is_class | True if the subject is a class.
-- column: claimed_low | Lower end of what the claim allows, with room for rounding.
-- column: claimed_high | Upper end of what the claim allows, with room for rounding.
-- column: member_count | Members of the class that have the figure; 1 for a single subject.
-- column: within_count | Members whose central value is inside the claim.
-- interval: computed | Our value.
-- column: unit | Unit of the claimed and calculated numbers.
-- column: ratio | Our value ÷ claimed value; for a range ÷ geometric mean of its bounds.
-- column: decisive_name | Member that a claim about some or every member is tested on; null for others.
-- column: kind | Kind of the figure of a single subject: measured, reported, estimated, derived or assumed; null for others.
-- column: published_figure_id | Published figure of the subject within this boundary that the claim repeats: of the makers first, else null.
-- column: is_published_by_makers | True if the developer measured or reported that figure; null where there is none.
-- column: is_doubted | True if a finding of mart.consistency_findings says that it is wrong; null where there is none.
-- column: verdict | supported, partly, contradicted or unsupported; untestable if the claim gives no number.
-- column: place | 1 for the boundary that matches best: the most favourable verdict, that of a published figure that the claim repeats, a stated
--    boundary, the nearest value.
-- column: boundary_count | Boundaries that the claim is tested against.
-- column: figure_ids | Figures behind the verdict.
with rules as (
    select
        assumed['claim_about_ratio'].low as about_low,
        assumed['claim_about_ratio'].high as about_high,
        assumed['claim_widest_ratio'].value as widest
    from core.assumption_sets
    where subject_kind = 'class' and subject_id = 'all'
),

points as (
    select
        subject_kind,
        subject_id,
        subject_name,
        quantity,
        boundary,
        value_low,
        value,
        value_high,
        kind,
        figure_id
    from mart.audit_points
    union all
    select
        'workload' as subject_kind,
        subject_spelling as subject_id,
        subject_name,
        quantity,
        boundary,
        value_low,
        value,
        value_high,
        'derived' as kind,
        concat_ws('/', 'core.claim_workloads', subject_spelling, quantity, nullif(boundary, 'none')) as figure_id
    from core.claim_workloads
),

expanded as (
    select
        m.subject_spelling,
        m.quantity,
        m.subject_kind = 'class' as is_class,
        coalesce(c.subject_kind, m.subject_kind) as subject_kind,
        coalesce(c.subject_id, m.subject_id) as subject_id
    from mart.claim_subjects as m
    left join mart.audit_members as c on m.subject_kind = 'class' and m.subject_id = c.claim_class_id
    where m.meaning_count = 1
),

evidence as (
    select
        e.subject_spelling,
        e.quantity,
        p.boundary,
        any_value(e.is_class) as is_class,
        any_value(e.subject_kind) as member_kind,
        min(e.subject_id) as subject_id,
        count(distinct e.subject_id) as member_count,
        quantile_cont(p.value_low, 0.05) as typical_low,
        median(p.value) as typical,
        quantile_cont(p.value_high, 0.95) as typical_high,
        any_value(p.kind) as kind,
        list(
            { 'name': p.subject_name, 'low': p.value_low, 'value': p.value, 'high': p.value_high, 'figure_id': p.figure_id }
            order by p.value, p.figure_id
        ) as members,
        list_sort(list_distinct(list(p.figure_id))) as figure_ids
    from expanded as e
    inner join points as p on e.subject_kind = p.subject_kind and e.subject_id = p.subject_id and e.quantity = p.quantity
    group by e.subject_spelling, e.quantity, p.boundary
),

bounded as (
    select
        c.document_id,
        c.claim_id,
        c.comparison,
        c.scope,
        c.base_unit,
        e.*,
        claim_bounds(c.comparison, c.claimed_low * c.unit_ratio, c.claimed_high * c.unit_ratio, r.about_low, r.about_high) as bounds,
        case c.comparison
            when 'at least' then c.claimed_low when 'at most' then c.claimed_high
            when 'about' then c.claimed_low
            when 'range' then case when c.claimed_low > 0 then sqrt(c.claimed_low * c.claimed_high) else c.claimed_high end
        end * c.unit_ratio as claimed_centre,
        r.widest
    from core.claims as c
    cross join rules as r
    inner join evidence as e on c.subject_spelling = e.subject_spelling and c.measured_quantity = e.quantity
    where c.problem is null
),

sorted as (
    select
        *,
        case
            when is_class and scope <> 'typical' and comparison <> 'none'
                then
                    case
                        when comparison in ('at least', 'at most')
                            then
                                case when (comparison = 'at least') = (scope = 'some') then members[-1] else members[1] end
                        else
                            list_sort(
                                list_transform(
                                    members,
                                    lambda m: {
                                        'distance': case when scope = 'some' then 1 else -1 end
                                        * abs(ln(greatest(m.value, 1e-300) / greatest(claimed_centre, 1e-300))),
                                        'name': m.name, 'low': m.low, 'value': m.value, 'high': m.high, 'figure_id': m.figure_id
                                    }
                                )
                            )[1]::struct(name varchar, low double, value double, high double, figure_id varchar)
                    end
        end as decisive
    from bounded
),

computed as (
    select
        *,
        coalesce(decisive.low, typical_low) as low,
        coalesce(decisive.value, typical) as central,
        coalesce(decisive.high, typical_high) as high,
        len(list_filter(members, lambda m: m.value between bounds.low and bounds.high)) as within_count,
        case when claimed_centre > 0 then coalesce(decisive.value, typical) / claimed_centre end as ratio
    from sorted
),

doubts as (
    select
        subject_name,
        list_distinct(flatten(list(source_ids))) as source_ids
    from mart.consistency_findings
    where severity = 'error' and claim_source = 'seeds.published_figures'
    group by subject_name
),

judged as (
    select
        *,
        case
            when comparison = 'none' then 'untestable'
            else claim_verdict(
                low, central, high, bounds.low, bounds.high,
                case when is_class and decisive is null then 'infinity'::double else widest end -- the spread of a class is no ignorance
            )
        end as verdict
    from computed
),

-- Published figures that test nothing, because our own estimate is preferred: a claim may repeat one.
repeated as (
    select
        j.document_id,
        j.claim_id,
        j.boundary,
        arg_min(
            {
                'published_figure_id': f.figure_id,
                'is_published_by_makers': f.inputs[1].kind in ('measured', 'reported'),
                'is_doubted': coalesce(list_has_any(d.source_ids, f.source_ids), false)
            },
            (f.inputs[1].kind not in ('measured', 'reported'), abs(ln(f.value / j.claimed_centre)), f.figure_id)
        ) as figure
    from judged as j
    inner join mart.figures as f
        on
            j.member_kind = f.subject_kind
            and j.subject_id = f.subject_id
            and j.boundary = f.boundary
            and j.quantity in (f.quantity, f.boundary || '_' || f.quantity)
            and f.method = 'published'
            and not f.is_preferred
            and f.value between j.bounds.low and j.bounds.high
    left join doubts as d on f.subject_name = d.subject_name
    where j.comparison = 'about' and not j.is_class and j.claimed_centre > 0
    group by j.document_id, j.claim_id, j.boundary
)

select
    j.document_id,
    j.claim_id,
    j.boundary,
    j.member_kind,
    j.is_class,
    case when isfinite(j.bounds.low) then j.bounds.low end as claimed_low,
    case when isfinite(j.bounds.high) then j.bounds.high end as claimed_high,
    j.member_count,
    j.within_count,
    j.low as computed_low,
    j.central as computed,
    j.high as computed_high,
    j.base_unit as unit,
    j.ratio,
    j.decisive.name as decisive_name,
    case when not j.is_class then j.kind end as kind,
    r.figure.published_figure_id,
    r.figure.is_published_by_makers,
    r.figure.is_doubted,
    j.verdict,
    row_number() over (
        partition by j.document_id, j.claim_id
        order by
            list_position(['supported', 'partly', 'unsupported', 'contradicted', 'untestable'], j.verdict),
            coalesce(r.figure.is_published_by_makers::int, -1) desc,
            j.boundary = 'unstated',
            abs(ln(j.ratio)) nulls last,
            j.boundary
    ) as place,
    count(*) over (partition by j.document_id, j.claim_id) as boundary_count,
    case when j.decisive is not null then [j.decisive.figure_id] else j.figure_ids end as figure_ids
from judged as j
left join repeated as r on j.document_id = r.document_id and j.claim_id = r.claim_id and j.boundary = r.boundary
order by j.document_id, j.claim_id, j.boundary
