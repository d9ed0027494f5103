import { describe, expect, it } from 'vitest'

import { backoffMs, receive, type TopicState } from '../src/shared/liveTopic'
import { mergePatch } from '../src/shared/mergePatch'

describe('merge patch', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a', 'b'], ['c', 'd'], ['c', 'd']],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('of RFC 7386: %j with %j is %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected)
  })

  it('changes neither argument', () => {
    const target = { a: { b: 1 } }
    mergePatch(target, { a: { b: 2 } })
    expect(target).toEqual({ a: { b: 1 } })
  })
})

describe('a live topic', () => {
  const snapshot: TopicState = { n: 41, data: { waiting: 3 }, stale: false }

  it('begins with a snapshot', () => {
    expect(receive(undefined, { type: 'snapshot', topic: 'board', n: 41, data: { waiting: 3 } }).state).toEqual(snapshot)
  })
  it('applies the next change', () => {
    const { state, resync } = receive(snapshot, { type: 'change', topic: 'board', n: 42, data: { waiting: 4 } })
    expect(state).toEqual({ n: 42, data: { waiting: 4 }, stale: false })
    expect(resync).toBe(false)
  })
  it('asks for a snapshot after a gap, once, and waits for it', () => {
    const gap = receive(snapshot, { type: 'change', topic: 'board', n: 44, data: { waiting: 9 } })
    expect(gap.resync).toBe(true)
    expect(gap.state?.data).toEqual({ waiting: 3 })
    const after = receive(gap.state, { type: 'change', topic: 'board', n: 45, data: { waiting: 9 } })
    expect(after.resync).toBe(false)
    expect(after.state?.data).toEqual({ waiting: 3 })
    expect(receive(after.state, { type: 'snapshot', topic: 'board', n: 50, data: {} }).state?.stale).toBe(false)
  })
  it('ignores a repeated change and a change before any snapshot', () => {
    expect(receive(snapshot, { type: 'change', topic: 'board', n: 41, data: { waiting: 9 } }).state).toEqual(snapshot)
    expect(receive(undefined, { type: 'change', topic: 'board', n: 1, data: {} }).state).toBeUndefined()
  })
  it('reconnects sooner at first, never later than 12.5 s', () => {
    expect(backoffMs(0, 0.5)).toBe(500)
    expect(backoffMs(20, 1)).toBe(12_500)
  })
})
