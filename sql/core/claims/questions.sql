-- One row per question of a document that the ledger answers.
-- key: question_no
-- column: document_id | Document that asks it.
select
    question_no,
    question,
    source_id as document_id
from seeds.questions
order by question_no
