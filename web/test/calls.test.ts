import { describe, expect, it } from 'vitest'

import { CALLS, exportFilters, filled, filtersOf, numeric } from '../src/calls/callList'
import { eventTitle, marks } from '../src/calls/eventWords'
import type { CallEvent } from '../src/shared/types'

const event = (seq: number, kind: string, at: string, data: Record<string, unknown> = {}): CallEvent => ({ seq, kind, at, data, pii: {} }) as CallEvent

describe('the list of calls', () => {
  it('reads its filters from the address and forgets what it does not know', () => {
    const filters = filtersOf({ outcome: 'answered', from: '2026-11-22', nonsense: 'x', q: ['two'] })
    expect(filled(filters)).toEqual({ outcome: 'answered', from: '2026-11-22' })
  })
  it('is taken as a file under the same filters, and not where files do not know one', () => {
    expect(exportFilters(filtersOf({ from: '2026-11-01', to: '2026-11-22', queue: 'service_desk' }))).toEqual({ started_at__ge: '2026-11-01', started_at__le: '2026-11-22', queue: 'service_desk' })
    expect(exportFilters(filtersOf({ q: '张伟' }))).toBeNull()
    expect(exportFilters(filtersOf({ status: 'waiting' }))).toBeNull()
  })
  it('has a title in both languages for every column, and shows the common ones', () => {
    expect(CALLS.fields.every((one) => one.title.zh !== '' && one.title.en !== '' && one.title.zh !== one.title.en)).toBe(true)
    expect(CALLS.list_columns).not.toContain('linkedid')
    expect([numeric('wait_s'), numeric('queue')]).toEqual([true, false])
  })
})

describe('what happened in a call', () => {
  it('calls a key a key, and the end of a step its result', () => {
    expect(eventTitle(event(1, 'input_heard', '', { exit: '1' }))).toBe('按键')
    expect(eventTitle(event(2, 'input_heard', '', { exit: 'open' }))).toBe('结果')
    expect(eventTitle(event(3, 'something_new', ''))).toBe('something new')
  })
  it('marks the recording from its own start', () => {
    const told = [event(1, 'call_arrived', '2026-11-22T00:00:00Z'), event(2, 'recording_started', '2026-11-22T00:00:01Z'), event(3, 'agent_connected', '2026-11-22T00:00:11Z')]
    expect(marks(told).map((one) => [one.at, one.kind])).toEqual([[10, 'agent_connected']])
  })
})
