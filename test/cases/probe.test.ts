import { describe, test } from 'vitest'
import { expectCase } from '../support/case-outcome.ts'
for (const [kind, d] of [['serial', describe], ['concurrent', describe.concurrent]] as const)
d(kind, () => {
  for (let i=0;i<6;i++) test('case '+i, async () => { const s=performance.now(); try { await expectCase({ sqlite: `create table t(id integer primary key, v text); insert into t values (1,'a'),(5,'b')`, tables: { t: [[1,'a'],[5,'b']] }, columns: {t: 'id bigint identity, v text'}, constraints: {t: ['PRIMARY KEY (id)']}, then: { "insert into t(v) values ('c') returning id": [[6]] } }) } finally { console.log(kind, i, Math.round(performance.now()-s)) } })
})
