/** What a form holds, what changed in it, and which refusal stands beside which field. Pure. */

import type { FieldError } from '../shared/api'
import { ruleWords } from '../shared/rules'
import type { FieldMeta, Thing } from './meta'
import type { Row, Values } from './rowApi'

/** The fields a person fills in: when adding all writable ones, when changing those that may still change. */
export function writable(thing: Thing, adding: boolean): FieldMeta[] {
  return thing.fields.filter((field) => field.form && !field.readonly && !field.extra && (adding || !(field.write_once || field.add_only)) && field.name !== thing.state)
}

const LISTS = new Set(['strings', 'integers', 'refs'])

/** Money that is stored in fen is typed in yuan. */
const inFen = (field: FieldMeta): boolean => field.kind === 'money' && field.whole

/** A stored value as a control shows it. */
export function typed(field: FieldMeta, value: unknown): unknown {
  return inFen(field) && typeof value === 'number' ? String(value / 100) : value
}

export function blank(thing: Thing, given: Values = {}): Values {
  const values = Object.fromEntries(writable(thing, true).map((field) => [field.name, typed(field, field.default) ?? (LISTS.has(field.kind) ? [] : field.kind === 'boolean' ? false : null)]))
  return { ...values, ...given }
}

export function held(thing: Thing, row: Row): Values {
  return Object.fromEntries(writable(thing, false).map((field) => [field.name, typed(field, row[field.name]) ?? (LISTS.has(field.kind) ? [] : null)]))
}

const NUMBERS = new Set(['integer', 'number'])

/** A control's value as the server wants it. */
export function sent(field: FieldMeta, value: unknown): unknown {
  if (typeof value !== 'string') return value
  const text = field.kind === 'text' || field.kind === 'html' ? value : value.trim()
  if (text === '') return field.nullable || !['string', 'text', 'html', 'phone', 'email', 'url', 'color'].includes(field.kind) ? null : ''
  if (inFen(field) && /^-?\d+(\.\d{1,2})?$/.test(text)) return Math.round(Number(text) * 100)
  if (NUMBERS.has(field.kind) && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text
}

export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null) || (a === '' && b === null) || (a === null && b === '')

/** What must be sent: of a new row everything filled in, of an old one what differs. */
export function changes(thing: Thing, before: Values | null, now: Values): Values {
  const fields = writable(thing, before === null)
  const wanted = fields.filter((field) => (before === null ? now[field.name] !== null && now[field.name] !== '' : !same(sent(field, before[field.name]), sent(field, now[field.name]))))
  const given = before === null ? Object.keys(now).filter((name) => !fields.some((field) => field.name === name)) : []
  return { ...Object.fromEntries(given.map((name) => [name, now[name]])), ...Object.fromEntries(wanted.map((field) => [field.name, sent(field, now[field.name])])) }
}

const empty = (value: unknown): boolean => value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0)

/** What is never shown, such as a password, is kept as it is when it is left empty. */
export const isNeeded = (field: FieldMeta, adding: boolean): boolean => field.required && (adding || !field.write_only)

/** Faults that need no server: key -> name of the rule. */
export function faults(thing: Thing, adding: boolean, now: Values): Record<string, string> {
  const found: Record<string, string> = {}
  for (const field of writable(thing, adding)) {
    const value = now[field.name]
    if (empty(value)) {
      if (isNeeded(field, adding) && field.kind !== 'boolean') found[field.name] = 'required'
      continue
    }
    const rule = brokenRule(field, value)
    if (rule !== '') found[field.name] = rule
  }
  return found
}

function brokenRule(field: FieldMeta, value: unknown): string {
  const text = String(value).trim()
  if (['integer', 'number', 'decimal', 'money'].includes(field.kind)) {
    if (inFen(field) && /\.\d{3,}$/.test(text)) return 'fen'
    if (!/^-?\d+(\.\d+)?$/.test(text) || (field.kind === 'integer' && text.includes('.'))) return 'number'
    if (field.min !== null && Number(text) < field.min) return 'min'
    if (field.max !== null && Number(text) > field.max) return 'max'
  }
  if (typeof value === 'string' && field.max_length !== null && [...text].length > field.max_length) return 'max_length'
  return ''
}

/** The server's errors by field, in the reader's language; what belongs to no field of the form stands under '', with the name of its field. */
export function byField(errors: FieldError[], names: string[], titleOf: (name: string) => string = () => ''): Record<string, string> {
  const found: Record<string, string> = {}
  for (const error of errors) {
    const name = names.find((one) => error.field === one || error.field.startsWith(`${one}.`)) ?? ''
    const words = ruleWords(error, name === '' ? titleOf(error.field) : '')
    found[name] = found[name] ? `${found[name]} ${words}` : words
  }
  return found
}
