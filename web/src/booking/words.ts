/** How booking says days, times, money and refusals. Pure but for the language that is set. */

import { Problem } from '../shared/api'
import { i18n, language } from '../shared/i18n'
import { problemWords } from '../shared/notify'

const DAY_MS = 86_400_000

/** The zh or en value of `name_zh` / `name_en` and their like. */
export function said(thing: object, name: string): string {
  const values = thing as Record<string, unknown>
  const [zh, en] = [String(values[`${name}_zh`] ?? ''), String(values[`${name}_en`] ?? '')]
  return language() === 'en' ? en || zh : zh
}

/** 08:00:00 -> 08:00. */
export const clock = (time: string): string => time.slice(0, 5)

/** 5000 -> ¥50; 2550 -> ¥25.50. */
export function price(fen: number): string {
  return `¥${fen % 100 === 0 ? fen / 100 : (fen / 100).toFixed(2)}`
}

function asDate(day: string): Date {
  return new Date(`${day}T12:00:00Z`)
}

/** The moment as the hospital's clock shows it, 2026-11-24 08:05: such texts compare as the moments do. */
export function clockIn(zone: string, at: number): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' }).format(at)
}

/** 周二, Tue. */
export function weekday(day: string): string {
  return new Intl.DateTimeFormat(language() === 'en' ? 'en-GB' : 'zh-CN', { weekday: 'short', timeZone: 'UTC' }).format(asDate(day))
}

/** 11-24 周二, Tue 24 Nov. */
export function dayWords(day: string): string {
  if (language() === 'en') return new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' }).format(asDate(day))
  return `${day.slice(5)} ${weekday(day)}`
}

export function plusDays(day: string, days: number): string {
  return new Date(asDate(day).getTime() + days * DAY_MS).toISOString().slice(0, 10)
}

/** Why booking was refused, in the language of the page; the server's own words for what has none. */
export function refusal(wrong: unknown): string {
  const code = refusalCode(wrong)
  const key = `booking.refused.${code}`
  if (code === '' || !i18n.global.te(key)) return problemWords(wrong)
  const number = /\b\d{8}\b/.exec(wrong instanceof Problem ? wrong.detail : '')?.[0] ?? ''
  return i18n.global.t(key, { number }).replace(/（）|\(\)/, '').replace(/ {2,}/g, ' ')
}

/** The code of the broken rule, "" when it is no rule of booking. */
export function refusalCode(wrong: unknown): string {
  if (!(wrong instanceof Problem) || wrong.title !== 'booking refused') return ''
  const kind = (wrong as { body?: { type?: unknown } }).body?.type
  return typeof kind === 'string' ? kind : ''
}
