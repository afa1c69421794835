import { describe, expect, test } from 'vitest'
import { zeroSettings } from '../../../test/support/zero-cases.ts'
import { type ZeroConditionName, zeroConditions } from './conditions.ts'
import { examineServer } from './examine-server.ts'
import type { ServerFacts } from './read-facts.ts'

const fine: ServerFacts = {
  version: '18.4',
  versionNumber: 180_004,
  walLevel: 'logical',
  maxSlots: 10,
  usedSlots: 9,
  maxSenders: 10,
  usedSenders: 9,
  maxConnections: 97,
  usedConnections: 37,
  attached: false,
  role: 'postgres',
  superuser: true,
  mayReplicate: true,
  hostedSetting: null,
}

const cases: readonly (readonly [ZeroConditionName, Partial<ServerFacts>])[] = [
  ['server-version', { versionNumber: 140_011, version: '14.11' }],
  ['wal-level', { walLevel: 'replica' }],
  ['replication-slots', { usedSlots: 10 }],
  ['wal-senders', { usedSenders: 10 }],
  ['connections', { usedConnections: 38 }],
  ['role-replication', { mayReplicate: false }],
  ['role-publication', { superuser: false }],
]

describe('a server', () => {
  test('that has all that zero-cache needs is no finding', () => {
    expect(examineServer(fine, zeroSettings)).toEqual([])
  })

  test.each(cases)('%s: %o', (condition, facts) => {
    expect(examineServer({ ...fine, ...facts }, zeroSettings).map((own) => own.condition)).toEqual([condition])
  })

  test('every condition of servers has a case', () => {
    const names = Object.entries(zeroConditions).flatMap(([name, { from }]) => (from === 'server' ? [name] : []))
    expect(cases.map(([name]) => name).toSorted()).toEqual(names.toSorted())
  })

  test('that a zero-cache is attached to has its slot, sender and connections', () => {
    const facts = { ...fine, usedSlots: 10, usedSenders: 10, usedConnections: 97, attached: true }
    expect(examineServer(facts, zeroSettings)).toEqual([])
  })

  test('needs no superuser for a publication of its own', () => {
    expect(examineServer({ ...fine, superuser: false }, { ...zeroSettings, publication: 'zero_data' })).toEqual([])
  })

  test('of a hosting company has a setting of another name', () => {
    const [found] = examineServer(
      { ...fine, walLevel: 'replica', hostedSetting: 'rds.logical_replication' },
      zeroSettings,
    )
    expect(found?.remedy).toContain('Set rds.logical_replication to on')
  })
})
