/**
 * What the signed-in person may use, as GET /api/meta describes it: the one source of every drawn list, form and page.
 * Out: `useMeta()`. Asked once a session; `reloadMeta` after rights or dictionaries changed. Shapes: docs/crm.md.
 */

import { computed, shallowRef } from 'vue'

import { get } from '../shared/api'
import { language } from '../shared/i18n'
import { leadersFirst } from './order'
import type { Choice, FieldMeta, Meta, Thing, Words } from './thing'

export type * from './thing'

const NOTHING: Meta = { version: '', groups: [], dictionaries: {}, resources: {} }
const meta = shallowRef<Meta>(NOTHING)
let asked: Promise<void> | null = null

/** Asks once; a refusal is thrown and asked again at the next call. */
export function loadMeta(): Promise<void> {
  asked ??= get<Meta>('/api/meta').then(
    (answer) => void (meta.value = answer),
    (wrong: unknown) => {
      asked = null
      throw wrong
    },
  )
  return asked
}

export function reloadMeta(): Promise<void> {
  asked = null
  return loadMeta()
}

export function forgetMeta(): void {
  asked = null
  meta.value = NOTHING
}

/** The language's side of a title. */
export function say(words: Words | null | undefined): string {
  if (!words) return ''
  return language() === 'en' ? words.en || words.zh : words.zh || words.en
}

/** What can be chosen in a field; retired entries stay only for values that have them already. */
export function choicesOf(field: FieldMeta, held: unknown = undefined): Choice[] {
  const all = field.choices ?? meta.value.dictionaries[field.dictionary] ?? []
  const kept = Array.isArray(held) ? held : [held]
  return all.filter((one) => one.active !== false || kept.includes(one.value))
}

export function choiceWords(field: FieldMeta, value: unknown): string {
  const all = field.choices ?? meta.value.dictionaries[field.dictionary] ?? []
  const found = all.find((one) => one.value === value)
  return found ? say(found.title) : String(value ?? '')
}

/** A list of keys of another thing, chosen by name. */
export const pointsAtMany = (field: FieldMeta): boolean => field.kind === 'refs' || (field.resource !== '' && (field.kind === 'integers' || field.kind === 'strings'))

export const fieldOf = (thing: Thing, name: string): FieldMeta | undefined => thing.fields.find((one) => one.name === name)

const NUMERIC = new Set(['integer', 'number', 'decimal', 'money'])
export const isNumeric = (field: FieldMeta): boolean => NUMERIC.has(field.kind)

/** A group of fields that is called as the thing is: the page says so already. */
export const isOwnTitle = (thing: Thing, section: { title: Words }): boolean => say(section.title) === say(thing.title)

/** Where a thing's pages lie: patients have pages of their own. */
export const pageOf = (thing: Pick<Thing, 'path'>): string => (thing.path === 'patients' ? '/patients' : `/admin/${thing.path}`)

export const rowPage = (thing: Pick<Thing, 'path'>, id: unknown): string => `${pageOf(thing)}/${encodeURIComponent(String(id))}`

export function useMeta() {
  const things = computed(() => Object.values(meta.value.resources))
  const groups = computed(() =>
    meta.value.groups
      .map((group) => ({ ...group, things: leadersFirst(things.value.filter((one) => one.group === group.name && one.served && one.allowed.includes('read'))) }))
      .filter((group) => group.things.length > 0),
  )
  const byPath = (path: string): Thing | undefined => things.value.find((one) => one.path === path)
  const byName = (name: string): Thing | undefined => meta.value.resources[name]
  return { meta, things, groups, byPath, byName }
}
