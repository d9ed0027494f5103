/**
 * The list of calls as every list has it: columns to choose, filters to keep, a file to take.
 * Out: its description in the form of a drawn thing, under names that saved views and exports know. Pure.
 */

import type { FieldMeta, Kind, Thing, Words } from '../admin/meta'
import { en, zh } from '../shared/texts'

export const FILTERS = ['q', 'from', 'to', 'queue', 'agent_id', 'patient_id', 'outcome', 'status', 'flow', 'flow_version', 'node', 'exit', 'left'] as const
export type Filter = (typeof FILTERS)[number]
export type Filters = Record<Filter, string>

const NAMES = {
  started_at: 'started', patient_id: 'caller', number: 'number', queue: 'queue', agent_id: 'agent', outcome: 'outcome', wait_s: 'waited', talk_s: 'talked', disposition: 'disposition', direction: 'direction', linkedid: 'id',
} as const
export type Column = keyof typeof NAMES

const texts = (language: unknown, key: string): string => String((language as { call: Record<string, string> }).call[key] ?? key)
export const titleOf = (column: Column): Words => ({ zh: texts(zh, NAMES[column]), en: texts(en, NAMES[column]) })
const NUMBERS: Column[] = ['wait_s', 'talk_s']
export const numeric = (column: Column): boolean => NUMBERS.includes(column)

function field(name: Column): FieldMeta {
  const kind: Kind = name === 'started_at' ? 'datetime' : 'string'
  return {
    name, title: titleOf(name), kind, section: '', required: false, readonly: true, write_once: false, write_only: false, list: true, detail: true, form: false, nullable: true, default: null, max_length: null, min: null,
    max: null, pattern: '', unit: null, hint: null, width: 'half', choices: null, dictionary: '', resource: '', mask: '', masked: false, sortable: false, operators: [], extra: false, whole: false, unique: false,
  }
}

const STANDARD: Column[] = ['started_at', 'patient_id', 'number', 'queue', 'agent_id', 'outcome', 'wait_s', 'talk_s', 'disposition']
export const COMPACT: Column[] = STANDARD.filter((name) => name !== 'agent_id')

export const CALLS: Thing = {
  name: 'call_record', path: 'call-records', title: { zh: '通话', en: 'Call' }, plural: { zh: '通话', en: 'Calls' }, group: 'calls', served: false, label: ['linkedid'], personal: true, versioned: false, removable: false,
  delete_needs_reason: false, allowed: ['read'], sections: [], fields: (Object.keys(NAMES) as Column[]).map(field), list_columns: STANDARD, sort: '-started_at', search: null, filters: [...FILTERS], related: [], state: '', moves: [],
  import_keys: [], panels: [],
}

export function filtersOf(query: Record<string, unknown>): Filters {
  return Object.fromEntries(FILTERS.map((name) => [name, typeof query[name] === 'string' ? query[name] : ''])) as Filters
}

export const filled = (filters: Partial<Filters>): Record<string, string> => Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''))

/** What a file of these calls is asked by; null when the list stands under a filter that files do not know. */
export function exportFilters(filters: Filters): Record<string, string> | null {
  const { from, to, queue, agent_id, patient_id, outcome, ...others } = filters
  if (Object.values(others).some((value) => value !== '')) return null
  return filled({ started_at__ge: from, started_at__le: to, queue, agent_id, patient_id, outcome } as Partial<Filters>)
}
