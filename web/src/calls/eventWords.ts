/** What an event says in a sentence, and which events mark the recording. Pure but for the texts. */

import { i18n, word } from '../shared/i18n'
import type { CallEvent } from '../shared/types'

const MARKED = new Set(['queue_joined', 'agent_ringing', 'agent_connected', 'call_held', 'call_resumed', 'call_transferred', 'agent_disconnected'])

export interface Mark {
  at: number
  kind: string
  title: string
}

/** Moments of the recording (seconds from its start) worth a mark. */
export function marks(events: CallEvent[]): Mark[] {
  const start = events.find((event) => event.kind === 'recording_started') ?? events[0]
  if (start === undefined) return []
  const zero = Date.parse(start.at)
  return events
    .filter((event) => MARKED.has(event.kind))
    .map((event) => ({ at: (Date.parse(event.at) - zero) / 1000, kind: event.kind, title: word(`event.${event.kind}`, event.kind) }))
    .filter((mark) => mark.at >= 0)
}

const KEY = /^[0-9*#]$/

/** What happened; a step that ended otherwise than by a key is no key pressed. */
export function eventTitle(event: CallEvent): string {
  const pressed = event.kind !== 'input_heard' || KEY.test(String(event.data.exit ?? ''))
  return pressed ? word(`event.${event.kind}`, event.kind.replaceAll('_', ' ')) : word('event.step_left', '')
}

type Names = Record<number, string>

function words(data: Record<string, unknown>, names: Names): Record<string, string> {
  const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
  const result = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(value)]))
  const agent = Number(data.agent_id)
  if (Number.isFinite(agent)) result.agent = names[agent] ?? `#${agent}`
  if (data.target_kind === 'agent') result.target = names[Number(data.target)] ?? text(data.target)
  if (data.node) result.node = word(`ivr.node.${text(data.node)}`, text(data.node).replaceAll('_', ' '))
  if (data.exit) result.exit = KEY.test(text(data.exit)) ? `[${text(data.exit)}]` : word(`ivr.exit.${text(data.exit)}`, text(data.exit))
  if (data.result) result.result = word(`queue_result.${text(data.result)}`, text(data.result))
  if (data.outcome) result.outcome = word(`ring_outcome.${text(data.outcome)}`, text(data.outcome))
  if (data.language) result.language = data.language === 'en' ? 'English' : '中文'
  for (const key of ['wait_s', 'ring_s', 'duration_s']) if (typeof data[key] === 'number') result[key] = (data[key] as number).toFixed(1)
  return result
}

/** The particulars of an event: who, where to, how long. Empty when its name says everything. */
export function particulars(event: CallEvent, names: Names, queueTitle: (name: string) => string, disposition: (code: string) => string): string {
  const key = `event_detail.${event.kind}`
  if (!i18n.global.te(key, 'zh-CN')) return ''
  const filled = words({ ...event.data, ...(event.pii ?? {}) }, names)
  if (filled.queue) filled.queue = queueTitle(filled.queue)
  if (filled.target && event.data.target_kind === 'queue') filled.target = queueTitle(filled.target)
  if (filled.code) filled.code = disposition(filled.code)
  return i18n.global
    .t(key, filled)
    .replace(/\{\w+\}/g, '')
    .replace(/(^[\s·]+)|([\s·]+$)/g, '')
    .replace(/·\s*·/g, '·')
}
