/** One row's page: its state, and the acts on it. A changed field stands on the screen at once and can be taken back for five seconds. */

import { computed, ref, shallowRef } from 'vue'

import { i18n } from '../shared/i18n'
import { problemWords, tellDone, tellProblem } from '../shared/notify'
import { conflictOf, decided, type Conflict } from './conflict'
import { byField } from './formValues'
import { fieldOf, say, type MoveMeta, type Thing } from './meta'
import { changeRow, moveRow, readRow, removeRow, restoreRow, type Row, type RowId, type Values } from './rowApi'
import { tellUndoable } from './undo'
import { Problem } from '../shared/api'

export function useRow(thing: Thing, id: RowId) {
  const row = shallowRef<Row | null>(null)
  const failure = ref('')
  const busy = ref(false)
  const conflict = shallowRef<Conflict | null>(null)
  const errors = ref<Record<string, string>>({})

  async function load(): Promise<void> {
    failure.value = ''
    try {
      row.value = await readRow(thing, id)
    } catch (wrong) {
      failure.value = problemWords(wrong)
    }
  }

  /** The answer of a change says less than the page: related rows stay. */
  function take(answer: Row): void {
    row.value = { ...(row.value ?? answer), ...answer }
  }

  function refused(wrong: unknown, values: Values): void {
    conflict.value = conflictOf(wrong, values)
    if (wrong instanceof Problem && wrong.status === 422) errors.value = byField(wrong.errors, thing.fields.map((field) => field.name))
    if (conflict.value === null && Object.keys(errors.value).length === 0) tellProblem(wrong)
  }

  async function send(values: Values): Promise<Row> {
    try {
      return await changeRow(thing, id, row.value?.version, values)
    } catch (wrong) {
      const stale = conflictOf(wrong, values)
      if (stale === null || stale.disputed.length > 0) throw wrong
      return changeRow(thing, id, stale.current.version, values)
    }
  }

  async function change(name: string, value: unknown): Promise<boolean> {
    const before = row.value
    if (before === null) return false
    errors.value = {}
    row.value = { ...before, [name]: value, _refs: { ...before._refs, ...(before._refs?.[name] ? { [name]: '…' } : {}) } }
    try {
      take(await send({ [name]: value }))
      tellUndoable(i18n.global.t('admin.changed', { title: say(fieldOf(thing, name)?.title) }), async () => take(await send({ [name]: before[name] })))
      return true
    } catch (wrong) {
      row.value = before
      refused(wrong, { [name]: value })
      return false
    }
  }

  async function settle(mine: Set<string>): Promise<void> {
    const open = conflict.value
    if (open === null) return
    conflict.value = null
    take(open.current)
    const values = decided(open, mine)
    if (Object.keys(values).length > 0) await send(values).then(take, (wrong: unknown) => refused(wrong, values))
  }

  async function move(one: MoveMeta, values: Values): Promise<Problem | null> {
    busy.value = true
    try {
      await moveRow(thing, id, row.value?.version, one.name, values)
      tellDone(say(one.title))
      await load()
      return null
    } catch (wrong) {
      if (wrong instanceof Problem && wrong.status === 422) return wrong
      tellProblem(wrong)
      if (wrong instanceof Problem && wrong.status === 409) await load()
      return null
    } finally {
      busy.value = false
    }
  }

  async function remove(reason: string, afterwards: () => void): Promise<Problem | null> {
    const gone = row.value
    if (gone === null) return null
    try {
      await removeRow(thing, gone, reason)
      const text = i18n.global.t('admin.removed', { title: gone._label })
      if (thing.removable) tellUndoable(text, () => restoreRow(thing, gone.id, gone.version === undefined ? undefined : gone.version + 1))
      else tellDone(text)
      afterwards()
      return null
    } catch (wrong) {
      if (wrong instanceof Problem) return wrong
      throw wrong
    }
  }

  async function restore(): Promise<void> {
    await restoreRow(thing, id, row.value?.version).then(take, tellProblem)
    await load()
  }

  const moves = computed(() => thing.moves.filter((one) => thing.allowed.includes(one.name) && (row.value?._moves ?? []).includes(one.name)))
  return { row, failure, busy, conflict, errors, moves, load, change, settle, move, remove, restore }
}
