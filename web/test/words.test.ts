import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { alarms, countByState, isLarge, orderedAgents, totals } from '../src/board/figures'
import { columnsOf } from '../src/calls/waveformPaint'
import shell from '../src/locales/zh-CN.json'
import { dayStart, dayWords, duration, maskedPhone, moment, phone, secondsSince, share, wholeMoment } from '../src/shared/format'
import { en, zh } from '../src/shared/texts'
import type { BoardSnapshot } from '../src/shared/types'

const ZONE = 'Asia/Shanghai'
const NOW = Date.parse('2026-11-22T07:00:00Z')

/** What is English already needs words in Chinese only: what the server says, and the nodes and exits of flows, which are named in English words. */
const ENGLISH_ALREADY = /^(transfer\.(fault|what_is)|flow\.(exit|names))\./

function leaves(tree: object, above = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) => (typeof value === 'object' ? leaves(value as object, `${above}${key}.`) : [`${above}${key}`]))
}

describe('texts', () => {
  it('of one part never hide those of another', () => {
    const own = Object.keys(import.meta.glob<object>('../src/*/locale.zh.ts')).length
    const parts = Object.values(import.meta.glob<object>('../src/*/locale.zh.ts', { eager: true, import: 'default' }))
    const names = [...Object.keys(shell), ...parts.flatMap((part) => Object.keys(part))]
    expect(own).toBeGreaterThan(3)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
  it('are the same in both languages, with the same places to fill', () => {
    const shared = (tree: object): string[] => leaves(tree).filter((key) => !ENGLISH_ALREADY.test(key)).sort()
    expect(shared(en)).toEqual(shared(zh))
    const places = (tree: object): string[] => shared(tree).map((key) => [...String(key.split('.').reduce((at: any, step) => at[step], tree)).matchAll(/\{\w+\}/g)].map(String).sort().join())
    expect(places(en)).toEqual(places(zh))
  })
  it('exist for every key that the code names', () => {
    const known = new Set(leaves(zh))
    const root = join(import.meta.dirname, '../src')
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(vue|ts)$/.test(name))
    const used = files.flatMap((name) => [...readFileSync(join(root, name), 'utf8').matchAll(/\bt\('([a-z_.]+)'/g)].map((found) => found[1] as string))
    expect(used.length).toBeGreaterThan(150)
    expect(used.filter((key) => !known.has(key))).toEqual([])
  })
})

describe('format', () => {
  it.each([[0, '00:00'], [135, '02:15'], [3735, '1:02:15'], [-4, '00:00']])('%d s is %s', (seconds, text) => expect(duration(seconds)).toBe(text))
  it.each([
    ['13800138000', '138 0013 8000', '138****8000'],
    ['+8613800138000', '138 0013 8000', '138****8000'],
    ['+861062345678', '010 6234 5678', '010****5678'],
    ['95120', '95120', '95***20'],
    ['110', '110', '110'],
  ])('number %s', (number, whole, masked) => {
    expect(phone(number)).toBe(whole)
    expect(maskedPhone(number)).toBe(masked)
  })
  it('says the day in the zone of the hospital', () => {
    expect(moment('2026-11-22T06:05:00Z', ZONE, 'zh-CN', NOW)).toBe('今天 14:05')
    expect(moment('2026-11-21T15:59:00Z', ZONE, 'zh-CN', NOW)).toBe('昨天 23:59')
    expect(moment('2026-11-21T16:00:00Z', ZONE, 'en', NOW)).toBe('Today 00:00')
    expect(moment('2026-11-15T01:00:00Z', ZONE, 'zh-CN', NOW)).toBe('11-15 09:00')
    expect(moment('2025-11-15T01:00:00Z', ZONE, 'zh-CN', NOW)).toBe('2025-11-15')
    expect(moment('', ZONE, 'zh-CN', NOW)).toBe('')
  })
  it('says near days in words, and whole moments in the zone of the hospital', () => {
    expect(['2026-11-21', '2026-11-22', '2026-11-23', '2026-11-24'].map((day) => dayWords(day, ZONE, 'zh-CN', NOW))).toEqual(['昨天', '今天', '明天', '2026-11-24'])
    expect(dayWords('2026-11-22', ZONE, 'en', NOW)).toBe('Today')
    expect(dayWords('2026-11-22', 'UTC', 'zh-CN', Date.parse('2026-11-22T23:30:00Z'))).toBe('今天')
    expect(wholeMoment('2025-11-15T01:00:09Z', ZONE)).toBe('2025-11-15 09:00:09')
    expect(wholeMoment('', ZONE)).toBe('')
  })
  it.each([
    ['2026-11-22', ZONE, '2026-11-21T16:00:00.000Z'],
    ['2026-11-22', 'UTC', '2026-11-22T00:00:00.000Z'],
    ['2026-11-22', 'America/New_York', '2026-11-22T05:00:00.000Z'],
  ])('day %s in %s begins at %s', (day, zone, start) => expect(dayStart(day, zone)).toBe(start))
  it('shares and waits', () => {
    expect(share(93, 100)).toBe('93%')
    expect(share(0, 0)).toBe('–')
    expect(secondsSince('2026-11-22T06:59:00Z', NOW)).toBe(60)
    expect(secondsSince(null, NOW)).toBe(0)
  })
})

describe('the board', () => {
  const queue = { title_zh: '', title_en: '', today: { offered: 10, answered: 8, abandoned: 2, answered_in_level: 7 }, service_level_s: 20, wrap_up: 0, paused: 0 }
  const agent = (state: 'available' | 'talking' | 'offline', since: string) => ({ name: '', state, since, today: { answered: 0, talk_s: 0 } })
  const board = {
    at: '',
    queues: {
      a: { ...queue, waiting: 2, longest_since: '2026-11-22T06:55:00Z', available: 0, talking: 1 },
      b: { ...queue, waiting: 1, longest_since: '2026-11-22T06:59:50Z', available: 0, talking: 0 },
    },
    agents: { '1': agent('offline', '1'), '2': agent('available', '2'), '3': agent('talking', '5'), '4': agent('talking', '4') },
    calls: {},
    today: { calls: 0, answered: 0, abandoned: 0, self_served: 0, messages: 0, in_ivr: 0 },
    parts: { asterisk: 'ok', disk: '95 % used' },
  } as BoardSnapshot
  it('adds up, sorts by need, and raises what a person must see', () => {
    expect(totals(board)).toEqual({ waiting: 3, answeredInLevel: 14, offered: 20 })
    expect(countByState(board.agents)).toMatchObject({ talking: 2, available: 1, offline: 1, ringing: 0 })
    expect(orderedAgents(board.agents).map((one) => one.id)).toEqual(['4', '3', '2', '1'])
    expect(alarms(board, NOW).map((one) => one.key)).toEqual(['part-disk', 'wait-a', 'agent-b'])
  })
  it('stands closer in a large house', () => {
    const many = (n: number): never => Object.fromEntries(Array.from({ length: n }, (_, at) => [String(at), {}])) as never
    expect([isLarge(null), isLarge({ agents: many(12), queues: many(5) }), isLarge({ agents: many(13), queues: many(1) }), isLarge({ agents: many(1), queues: many(6) })]).toEqual([false, false, true, true])
  })
})

describe('the waveform', () => {
  it('keeps the loudest peak of each column', () => {
    expect(columnsOf([0.1, 0.9, 0.2, 0.3], 2)).toEqual([0.9, 0.3])
    expect(columnsOf([], 3)).toEqual([0, 0, 0])
    expect(columnsOf([0.5], 3)).toEqual([0.5, 0, 0])
  })
})
