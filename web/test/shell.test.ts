import { describe, expect, it, vi } from 'vitest'

vi.mock('element-plus', () => ({ ElMessage: vi.fn(), ElNotification: vi.fn() }))

import { readIn } from '../src/calls/readKnowledge'
import { entryOf } from '../src/shell/place'
import { newIn, type Waiting, type WaitingItem } from '../src/shell/useBell'

const ENTRIES = ['/desk', '/calls', '/patients', '/tasks', '/knowledge', '/admin']

describe('the navigation marks', () => {
  it.each([
    ['/desk', '/desk'],
    ['/patients/7', '/patients'],
    ['/import/patient', '/patients'],
    ['/import/patient/12', '/patients'],
    ['/import/doctor', '/admin'],
    ['/admin/to-dos/3/edit', '/tasks'],
    ['/admin/knowledge-articles', '/knowledge'],
    ['/admin/users', '/admin'],
    ['/callsign', ''],
  ])('%s under %s', (path, entry) => expect(entryOf(path, ENTRIES)).toBe(entry))
  it('what is there when an entry of its own is not', () => expect(entryOf('/admin/to-dos', ['/admin'])).toBe('/admin'))
})

const item = (id: string, level = ''): WaitingItem => ({ kind: 'to_do', id, title: 't', at: null, level, patient_id: null })
const waiting = (...items: WaitingItem[]): Waiting => ({ total: items.length, overdue: 0, counts: {}, items })

describe('what a bell tells', () => {
  it('is nothing when the page opens', () => expect(newIn(null, waiting(item('1')))).toEqual([]))
  it('is what came', () => expect(newIn(waiting(item('1')), waiting(item('1'), item('2'))).map((one) => one.id)).toEqual(['2']))
  it('is what has become late, once', () => {
    expect(newIn(waiting(item('1')), waiting(item('1', 'overdue'))).map((one) => one.id)).toEqual(['1'])
    expect(newIn(waiting(item('1', 'overdue')), waiting(item('1', 'overdue')))).toEqual([])
  })
})

describe('what was read in a call', () => {
  const event = (seq: number, version: number, kind = 'knowledge_read') => ({ seq, kind, at: `2026-11-22T01:0${seq}:00Z`, data: { agent_id: 4, entry: 'article', entry_id: 9, version, title: '胃镜' }, pii: null })
  it('is told once a version, as it was opened first', () =>
    expect(readIn([event(1, 1, 'agent_connected'), event(2, 1), event(3, 1), event(4, 2)] as never).map((one) => [one.version, one.at])).toEqual([[1, '2026-11-22T01:02:00Z'], [2, '2026-11-22T01:04:00Z']]))
})
