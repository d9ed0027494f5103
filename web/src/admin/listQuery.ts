/** A list's question in three forms: the state of the page, the address bar, the server's parameters. Pure. */

import { dayStart, nextDay } from '../shared/format'
import type { FieldMeta, Thing } from './meta'

export interface ListState {
  q: string
  sort: string
  filters: Record<string, string>
  removed: boolean
}

export type Route = Record<string, string>
const OWN = new Set(['q', 'sort', 'removed'])

/** How a field is filtered: which control, with which operators. */
export type Control = 'choices' | 'range' | 'days' | 'yes_no' | 'has' | 'text' | 'none'

export function controlOf(field: FieldMeta): Control {
  const can = (operator: string): boolean => field.operators.includes(operator)
  if (field.operators.length === 0) return 'none'
  if (field.kind === 'boolean') return 'yes_no'
  if (field.kind === 'choice' || field.kind === 'ref') return 'choices'
  if (['strings', 'integers', 'refs'].includes(field.kind)) return 'has'
  if (['date', 'datetime'].includes(field.kind) && can('ge')) return 'days'
  if (can('ge')) return 'range'
  return 'text'
}

/** The key under which a text filter is sent: by part where the server can, whole for masked values. */
export function textKey(field: FieldMeta): string {
  const operator = field.masked ? 'eq' : (['contains', 'prefix', 'eq'].find((one) => field.operators.includes(one)) ?? 'eq')
  return operator === 'eq' ? field.name : `${field.name}__${operator}`
}

export const fieldNameOf = (key: string): string => key.split('__')[0] ?? key

export function fromRoute(query: Record<string, unknown>, thing: Thing): ListState {
  const words = Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
  const known = new Set(thing.fields.map((field) => field.name))
  return {
    q: String(query.q ?? ''),
    sort: typeof query.sort === 'string' ? query.sort : thing.sort,
    removed: query.removed === 'true',
    filters: Object.fromEntries(words.filter(([key]) => !OWN.has(key) && known.has(fieldNameOf(key)))),
  }
}

export function toRoute(state: ListState, thing: Thing): Route {
  const route: Route = { ...state.filters }
  if (state.q.trim() !== '') route.q = state.q.trim()
  if (state.sort !== thing.sort) route.sort = state.sort
  if (state.removed) route.removed = 'true'
  return route
}

/** Days of a moment field become instants of the hospital's zone; the last day counts whole. */
function instant(key: string, value: string, thing: Thing, zone: string): [string, string] {
  const field = thing.fields.find((one) => one.name === fieldNameOf(key))
  if (field?.kind !== 'datetime' || !/^\d{4}-\d\d-\d\d$/.test(value)) return [key, value]
  if (key.endsWith('__le')) return [`${field.name}__lt`, dayStart(nextDay(value), zone)]
  return [key, dayStart(value, zone)]
}

/** Of words nobody ordered otherwise the server says what fits best. */
export function toServer(state: ListState, thing: Thing, zone: string): Route {
  const filters = Object.entries(state.filters).map(([key, value]) => instant(key, value, thing, zone))
  const route = toRoute({ ...state, filters: Object.fromEntries(filters) }, thing)
  return state.q.trim() !== '' && state.sort === thing.sort ? route : { ...route, sort: state.sort }
}

/** The same filters with one changed; an empty value takes it away. */
export function withFilter(filters: Record<string, string>, key: string, value: string): Record<string, string> {
  const { [key]: _gone, ...rest } = filters
  return value === '' ? rest : { ...rest, [key]: value }
}

export const isAsked = (state: ListState): boolean => state.q.trim() !== '' || Object.keys(state.filters).length > 0

/** First click: down for moments, up for words; second: the other way; third: as the list stands by itself. */
export function nextSort(current: string, field: FieldMeta, standard: string): string {
  const down = ['date', 'datetime', 'integer', 'number', 'decimal', 'money'].includes(field.kind)
  const [first, second] = down ? [`-${field.name}`, field.name] : [field.name, `-${field.name}`]
  if (current === first) return second
  return current === second && standard !== second ? standard : first
}
