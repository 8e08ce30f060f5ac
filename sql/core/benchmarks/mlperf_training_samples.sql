-- One row per MLPerf Training result whose logs say how many samples were trained on: mean over its runs that succeeded.
-- key: mlperf_training_run_id
-- column: mlperf_training_run_id | Key of core.mlperf_training_runs.
-- column: samples_count | Samples trained on by the last evaluation, mean over the runs.
-- column: log_count | Runs that say it.
select
    concat_ws('/', 'mlperf training', r.round, r.submitter, r.system, r.benchmark) as mlperf_training_run_id,
    avg(
        case m.samples_logged_as
            when 'samples_count' then r.eval_samples_count
            when 'tokens in epoch_num' then r.eval_epoch_num / m.tokens_per_sample
        end
    ) as samples_count,
    count(*) as log_count
from raw.mlperf_training_results as r
inner join seeds.benchmark_models as m on m.suite = 'mlperf training' and r.benchmark = m.benchmark and m.samples_logged_as is not null
inner join core.mlperf_training_logs as l on r.round = l.round and r.member = l.member and l.is_success
where case m.samples_logged_as when 'samples_count' then r.eval_samples_count else r.eval_epoch_num end > 0
group by r.round, r.submitter, r.system, r.benchmark
order by r.round, r.submitter, r.system, r.benchmark
