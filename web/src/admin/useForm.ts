/**
 * One row being written: what it was, what it is now, what is wrong with it.
 * In: a thing, the row or null for a new one. Out: reactive values and `save`, which sends only what changed. A stale edit that touches other fields
 * is joined and sent again by itself; a disputed one becomes `conflict`. Nothing typed is lost by a refusal.
 */

import { computed, ref, shallowRef } from 'vue'

import { Problem } from '../shared/api'
import { i18n } from '../shared/i18n'
import { problemWords } from '../shared/notify'
import { conflictOf, decided, type Conflict } from './conflict'
import { blank, byField, changes, faults, held, writable } from './formValues'
import { fieldOf, say, type Thing } from './meta'
import { addRow, changeRow, type Row, type Values } from './rowApi'

export function useForm(thing: Thing, row: Row | null, given: Values = {}) {
  const before = shallowRef<Values | null>(row ? held(thing, row) : null)
  const start = row ? held(thing, row) : blank(thing, given)
  const values = ref<Values>(structuredClone(start))
  const version = ref(row?.version)
  const errors = ref<Record<string, string>>({})
  const failure = ref('')
  const busy = ref(false)
  const conflict = shallowRef<Conflict | null>(null)
  const pristine = JSON.stringify(start)
  const dirty = computed(() => (before.value === null ? JSON.stringify(values.value) !== pristine : Object.keys(changes(thing, before.value, values.value)).length > 0))

  function words(found: Record<string, string>): Record<string, string> {
    return Object.fromEntries(Object.entries(found).map(([name, rule]) => [name, i18n.global.t(`admin.rule.${rule}`, limits(name))]))
  }
  function limits(name: string): Record<string, string> {
    const field = fieldOf(thing, name)
    return { title: say(field?.title), min: String(field?.min ?? ''), max: String(field?.max ?? ''), length: String(field?.max_length ?? '') }
  }

  function refused(wrong: unknown, sending: Values): void {
    conflict.value = conflictOf(wrong, sending)
    if (conflict.value) return
    const names = writable(thing, before.value === null).map((field) => field.name)
    errors.value = wrong instanceof Problem ? byField(wrong.errors, names, (name) => say(fieldOf(thing, name)?.title)) : {}
    failure.value = errors.value[''] || (Object.keys(errors.value).length > 0 ? i18n.global.t('admin.mend_fields') : problemWords(wrong))
  }

  async function send(sending: Values): Promise<Row> {
    if (row === null) return addRow(thing, sending)
    try {
      return await changeRow(thing, row.id, version.value, sending)
    } catch (wrong) {
      const stale = conflictOf(wrong, sending)
      if (stale === null || stale.disputed.length > 0) throw wrong
      return changeRow(thing, row.id, stale.current.version, sending)
    }
  }

  async function attempt(sending: Values): Promise<Row | null> {
    busy.value = true
    failure.value = ''
    try {
      return await send(sending)
    } catch (wrong) {
      refused(wrong, sending)
      return null
    } finally {
      busy.value = false
    }
  }

  /** The saved row, or null when something stands in the way (then `errors`, `failure` or `conflict` say what). */
  async function save(): Promise<Row | null> {
    errors.value = words(faults(thing, before.value === null, values.value))
    if (Object.keys(errors.value).length > 0) {
      failure.value = i18n.global.t('admin.mend_fields')
      return null
    }
    return attempt(changes(thing, before.value, values.value))
  }

  /** After the person has decided field by field; an empty choice keeps what the other one wrote. */
  async function settle(mine: Set<string>): Promise<Row | null> {
    const open = conflict.value
    if (open === null) return null
    conflict.value = null
    version.value = open.current.version
    const sending = decided(open, mine)
    return Object.keys(sending).length === 0 ? open.current : attempt(sending)
  }

  return { values, errors, failure, busy, dirty, conflict, save, settle }
}

export type RowForm = ReturnType<typeof useForm>
