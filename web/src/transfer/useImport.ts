/**
 * One import from the chosen file to its end.
 * In: a file, choices. Out: the server's view, refused rows, what went wrong in words. While the server works its progress is pushed, and the
 * whole view is asked for when the state changes. Must not guess: every shown figure is the server's.
 */

import { computed, ref, shallowRef } from 'vue'

import { get, post, Problem, send, withQuery } from '../shared/api'
import { useSession } from '../shared/session'
import type { TransferProgress } from '../shared/types'
import { WORKING, type ImportState, type ImportView, type ProblemRow } from './types'
import { useProgress } from './useProgress'

export function useImport(resource: string) {
  const { session } = useSession()
  const view = shallowRef<ImportView | null>(null)
  const problems = shallowRef<ProblemRow[]>([])
  const more = ref<string | null>(null)
  const failure = ref<unknown>(null)
  const busy = ref(false)
  const sent = ref(0)
  const progress = useProgress('imports', hear, ask)

  const working = computed(() => view.value !== null && WORKING.includes(view.value.state))

  async function settle(step: () => Promise<ImportView>): Promise<void> {
    busy.value = true
    failure.value = null
    try {
      await show(await step())
    } catch (wrong) {
      failure.value = wrong
    } finally {
      busy.value = false
    }
  }

  async function show(fresh: ImportView): Promise<void> {
    view.value = fresh
    const atWork = WORKING.includes(fresh.state)
    progress.follow(atWork ? fresh.id : 0)
    if (atWork) return
    if ((fresh.counts.refused ?? 0) > 0) await loadProblems()
    else problems.value = []
  }

  /** A pushed line of the import that is shown. One from before the wish is told apart by its state. */
  function hear(line: TransferProgress): void {
    const shown = view.value
    if (shown === null) return
    if (line.state === shown.state) view.value = { ...shown, rows_done: line.rows_done, rows_total: line.rows_total }
    else if (!WORKING.includes(line.state as ImportState)) void ask()
  }

  async function ask(): Promise<void> {
    const id = view.value?.id
    if (id === undefined) return
    try {
      const fresh = await get<ImportView>(`/api/imports/${id}`)
      if (view.value?.id === id) await show(fresh)
      failure.value = null
    } catch (wrong) {
      failure.value = wrong
    }
  }

  async function loadProblems(cursor: string | null = null): Promise<void> {
    if (view.value === null) return
    const page = await get<{ items: ProblemRow[]; next: string | null }>(withQuery(`/api/imports/${view.value.id}/problems`, { cursor, limit: 100 }))
    problems.value = cursor === null ? page.items : [...problems.value, ...page.items]
    more.value = page.next
  }

  const open = (id: number): Promise<void> => settle(() => get<ImportView>(`/api/imports/${id}`))
  const bring = (file: File): Promise<void> => settle(() => upload(file))
  const choose = (choices: Record<string, unknown>): Promise<void> => settle(() => send<ImportView>('PATCH', `/api/imports/${view.value?.id}`, choices))
  const step = (name: 'check' | 'run' | 'undo' | 'stop'): Promise<void> => settle(() => post<ImportView>(`/api/imports/${view.value?.id}/${name}`))

  function upload(file: File): Promise<ImportView> {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest()
      request.open('POST', withQuery('/api/imports', { resource, name: file.name.slice(-200) }))
      request.setRequestHeader('X-CSRF-Token', session.value?.csrf ?? '')
      request.setRequestHeader('Content-Type', 'application/octet-stream')
      request.upload.onprogress = (event) => (sent.value = event.total > 0 ? Math.round((100 * event.loaded) / event.total) : 0)
      request.onerror = () => fail(new Problem(0, 'no answer', ''))
      request.onload = () => {
        const body = JSON.parse(request.responseText || '{}') as ImportView & Problem & Record<string, unknown>
        if (request.status === 200) done(body)
        else fail(new Problem(request.status, body.title ?? '', body.detail ?? '', body.errors ?? [], 0, { ...body }))
      }
      request.send(file)
    })
  }

  function forget(): void {
    progress.follow(0)
    view.value = null
    problems.value = []
    failure.value = null
    sent.value = 0
  }

  return { view, problems, more, failure, busy, sent, working, open, bring, choose, step, loadProblems, forget }
}
