/** What an entry of the timeline says, in the person's language. */

import { choiceWords, fieldOf, say, useMeta } from '../admin/meta'
import { dispositionWords } from '../shared/choices'
import { word } from '../shared/i18n'
import type { TimelineEntry } from './timeline'

const { byName } = useMeta()

export const kindWords = (kind: string): string => word(`timeline.${kind}`, '') || say(byName(kind)?.title) || kind

/** The title of a code that stands in a choice field of the entry's thing. */
function chosen(kind: string, names: string[], code: string): string {
  const thing = byName(kind)
  for (const name of names) {
    const field = thing && name ? fieldOf(thing, name) : undefined
    if (field?.choices?.some((one) => one.value === code)) return choiceWords(field, code)
  }
  return ''
}

export function titleWords(entry: TimelineEntry): string {
  if (entry.kind === 'call_record') return dispositionWords(entry.title) || word(`outcome.${entry.state}`, entry.state)
  if (entry.kind === 'voice_message') return word(`purpose.${entry.title}`, entry.title)
  if (entry.kind === 'callback_request' || entry.kind === 'text_message') return entry.title || kindWords(entry.kind)
  if (entry.kind === 'fee') return `¥ ${entry.title}`
  if (entry.kind === 'consent') return chosen('consent', ['purpose'], entry.title) || entry.title
  if (entry.kind === 'appointment') return [entry.department, entry.doctor].filter(Boolean).join(' ') || entry.title
  if (entry.kind === 'visit') return entry.title || [entry.department, entry.doctor].filter(Boolean).join(' ')
  return entry.title
}

export function stateWords(entry: TimelineEntry): string {
  if (entry.state === '') return ''
  if (entry.kind === 'call_record') return entry.title === '' ? '' : word(`outcome.${entry.state}`, entry.state)
  if (entry.kind === 'laboratory_result') return word('timeline_state.values', '').replace('#', entry.state)
  return word(`timeline_state.${entry.kind}.${entry.state}`, '') || chosen(entry.kind, [byName(entry.kind)?.state ?? '', 'state', 'kind', 'answer'], entry.state) || word(`visit.${entry.state}`, '') || word(`order.${entry.state}`, entry.state)
}

export function detailWords(entry: TimelineEntry): string {
  const text = entry.kind === 'consent' ? chosen('consent', ['proof'], entry.text) : entry.kind === 'visit' ? '' : entry.text
  if (entry.kind === 'appointment') return [entry.title && `№ ${entry.title}`, entry.text].filter(Boolean).join(' · ')
  const place = entry.kind === 'visit' && entry.title === '' ? [] : [entry.department, entry.doctor]
  return [text, ...place, entry.user].filter(Boolean).join(' · ')
}
