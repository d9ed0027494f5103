/** The colour of a state's or a grade's word; the word is always there, so the colour only helps. Red is for what somebody must mend. */

import type { FieldMeta, Thing } from './thing'

const TONES: Record<string, string> = {
  new: 'warn', open: 'warn', pending: 'warn', applied: 'warn', waiting: 'warn', absent: 'warn', no_show: 'warn', no_gateway: 'warn', paused: 'warn', suspended: 'warn',
  short: 'warn', cleaning: 'warn', maintenance: 'warn',
  planned: 'blue', handling: 'blue', in_progress: 'blue', doing: 'blue', calling: 'blue', accepted: 'blue', assigned: 'blue', booked: 'blue', held: 'blue', lead: 'blue',
  prospect: 'blue', candidate: 'blue', contact: 'blue', contacted: 'blue', needs: 'blue', inviting: 'blue', invited: 'blue', occupied: 'blue', on_order: 'blue',
  review: 'violet', negotiating: 'violet', negotiation: 'violet', proposal: 'violet', qualified: 'violet', offered: 'violet',
  done: 'good', active: 'good', approved: 'good', published: 'good', won: 'good', resolved: 'good', answered: 'good', attended: 'good', arrived: 'good', finished: 'good',
  signed: 'good', converted: 'good', taken: 'good', told: 'good', paid: 'good', sent: 'good', free: 'good', in_use: 'good', available: 'good',
  overdue: 'alarm', escalated: 'alarm', failed: 'alarm', unreachable: 'alarm', stopped: 'alarm', broken: 'alarm', out: 'alarm',
  draft: '', closed: '', rejected: '', refused: '', lost: '', dropped: '', declined: '', listed: '', expired: '', lapsed: '', ended: '', withdrawn: '', blocked: '', refunded: '',
  cancelled: '', retired: '', archived: '',
  'clinic_session.open': 'good', 'event.held': 'good',
}
const STATES = new Set(['state', 'stock'])

/** Only what stands out has a colour; the ordinary grade is plain text. */
const GRADES: Record<string, string> = {
  urgent: 'alarm', critical: 'alarm', red: 'alarm', purple: 'alarm', high: 'warn', important: 'warn', positive: 'warn', orange: 'warn', yellow: 'warn', 'flag.low': 'warn',
}
const GRADED = new Set(['urgency', 'priority', 'level', 'flag', 'risk'])

/** The tag's colour; null: no tag. */
export function toneOf(thing: Pick<Thing, 'name' | 'state'>, field: Pick<FieldMeta, 'name' | 'kind'>, value: unknown): string | null {
  const code = String(value)
  if (field.name === thing.state || (field.kind === 'choice' && STATES.has(field.name))) return TONES[`${thing.name}.${code}`] ?? TONES[code] ?? 'accent'
  if (field.kind === 'choice' && GRADED.has(field.name)) return GRADES[`${field.name}.${code}`] ?? GRADES[code] ?? null
  return null
}

const TERMS = new Set(['due_at', 'next_review_on', 'next_service_on'])
const AT_WORK = new Set(['active', 'in_use'])

/** Past its term while the work is still open: somebody must act. */
export function isOverdue(thing: Pick<Thing, 'name' | 'state'>, field: Pick<FieldMeta, 'name' | 'kind'>, row: Record<string, unknown>, now: number, today: string): boolean {
  const term = row[field.name]
  if (!TERMS.has(field.name) || typeof term !== 'string' || (field.kind === 'date' ? term >= today : Date.parse(term) >= now)) return false
  const state = String(row[thing.state || 'state'] ?? 'active')
  const tone = TONES[`${thing.name}.${state}`] ?? TONES[state]
  return AT_WORK.has(state) || (tone !== 'good' && tone !== '')
}
