/** When something in the bell is due: a day for what has no hour, else the moment. */

import { moment } from '../shared/format'
import { language } from '../shared/i18n'

const DAYS = new Set(['corporate_agreement', 'partner_agreement', 'corporate_reminder', 'corporate_visit', 'member'])

/** 2026-12-01 is written 12-01 within its year. What was just given to somebody has the moment in which it was given. */
export function bellWhen(item: { kind: string; level: string; at: string | null }, zone: string, now: number): string {
  if (item.at === null) return ''
  if (!DAYS.has(item.kind) || item.level === 'new') return moment(item.at, zone, language(), now)
  const day = item.at.slice(0, 10)
  return day.slice(0, 4) === new Date(now).toISOString().slice(0, 4) ? day.slice(5) : day
}
